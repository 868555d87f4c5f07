/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "applet/tray-menu.h"

#include <glib/gi18n.h>
#include <gtk/gtk.h>
#include <libdbusmenu-glib/dbusmenu-glib.h>

#include "applet/tray-text.h"

/* A row that does something. */
struct row {
        DbusmenuMenuitem *item;
        const char *action;
        GVariant *target; /* NULL: none */
        GActionGroup *actions;
};

struct tray_menu {
        DbusmenuServer *server;
        DbusmenuMenuitem *root;
        DbusmenuMenuitem *summary, *devices_head, *alerts_head, *alerts_line;
        struct row open, devices[TRAY_MENU_DEVICES], alerts[TRAY_MENU_ALERTS], all_alerts;
        struct row pause_hour, pause_tomorrow, resume, quit;
};

static void set_text(DbusmenuMenuitem *item, const char *text) {
        g_autofree char *label = tray_label(text);

        dbusmenu_menuitem_property_set(item, DBUSMENU_MENUITEM_PROP_LABEL, label);
}

static void set_visible(DbusmenuMenuitem *item, gboolean visible) {
        dbusmenu_menuitem_property_set_bool(item, DBUSMENU_MENUITEM_PROP_VISIBLE, visible);
}

static void on_row_activated(DbusmenuMenuitem *item G_GNUC_UNUSED, guint when G_GNUC_UNUSED, struct row *row) {
        g_action_group_activate_action(row->actions, row->action, row->target);
}

static DbusmenuMenuitem *add_item(struct tray_menu *menu) {
        DbusmenuMenuitem *item = dbusmenu_menuitem_new();

        dbusmenu_menuitem_child_append(menu->root, item);
        g_object_unref(item); /* the root has it */
        return item;
}

static DbusmenuMenuitem *add_line(struct tray_menu *menu) {
        DbusmenuMenuitem *item = add_item(menu);

        dbusmenu_menuitem_property_set(item, DBUSMENU_MENUITEM_PROP_TYPE, DBUSMENU_CLIENT_TYPES_SEPARATOR);
        return item;
}

/* Text that nobody can click. */
static DbusmenuMenuitem *add_head(struct tray_menu *menu, const char *text) {
        DbusmenuMenuitem *item = add_item(menu);

        set_text(item, text);
        dbusmenu_menuitem_property_set_bool(item, DBUSMENU_MENUITEM_PROP_ENABLED, FALSE);
        return item;
}

static void add_row(struct tray_menu *menu, struct row *row, GActionGroup *actions, const char *action, const char *text) {
        row->item = add_item(menu);
        row->action = action;
        row->actions = actions;
        set_text(row->item, text);
        g_signal_connect(row->item, DBUSMENU_MENUITEM_SIGNAL_ITEM_ACTIVATED, G_CALLBACK(on_row_activated), row);
}

static void row_set(struct row *row, const struct tray_menu_row *content) {
        g_clear_pointer(&row->target, g_variant_unref);
        if (content) {
                row->target = g_variant_ref(content->target);
                set_text(row->item, content->label);
        }
        set_visible(row->item, content != NULL);
}

static void fill(struct tray_menu *menu, GActionGroup *actions) {
        menu->summary = add_head(menu, "");
        add_row(menu, &menu->open, actions, "show-window", _("Open Lanscope"));
        menu->alerts_line = add_line(menu);
        menu->alerts_head = add_head(menu, _("Alerts"));
        for (unsigned i = 0; i < TRAY_MENU_ALERTS; i++)
                add_row(menu, &menu->alerts[i], actions, "show-alert", "");
        add_row(menu, &menu->all_alerts, actions, "show-alerts", _("All Alerts"));
        add_line(menu);
        menu->devices_head = add_head(menu, _("Newest Devices"));
        for (unsigned i = 0; i < TRAY_MENU_DEVICES; i++)
                add_row(menu, &menu->devices[i], actions, "show-device", "");
        add_line(menu);
        add_row(menu, &menu->pause_hour, actions, "pause-hour", _("Pause Notifications for an Hour"));
        add_row(menu, &menu->pause_tomorrow, actions, "pause-until-tomorrow", _("Pause Notifications until Tomorrow"));
        add_row(menu, &menu->resume, actions, "resume-notifications", "");
        add_line(menu);
        add_row(menu, &menu->quit, actions, "quit", _("Quit"));
}

struct tray_menu *tray_menu_new(const char *path, GActionGroup *actions) {
        struct tray_menu *menu = g_new0(struct tray_menu, 1);

        menu->server = dbusmenu_server_new(path);
        menu->root = dbusmenu_menuitem_new();
        fill(menu, actions);
        tray_menu_set_devices(menu, NULL, 0);
        tray_menu_set_alerts(menu, NULL, 0);
        tray_menu_set_paused(menu, NULL);
        if (gtk_widget_get_default_direction() == GTK_TEXT_DIR_RTL)
                dbusmenu_server_set_text_direction(menu->server, DBUSMENU_TEXT_DIRECTION_RTL);
        dbusmenu_server_set_root(menu->server, menu->root);
        return menu;
}

static void row_clear(struct row *row) {
        g_signal_handlers_disconnect_by_data(row->item, row);
        g_clear_pointer(&row->target, g_variant_unref);
}

struct tray_menu *tray_menu_free(struct tray_menu *menu) {
        struct row *single[] = { &menu->open, &menu->all_alerts, &menu->pause_hour, &menu->pause_tomorrow, &menu->resume,
                                 &menu->quit };

        for (gsize i = 0; i < G_N_ELEMENTS(single); i++)
                row_clear(single[i]);
        for (unsigned i = 0; i < TRAY_MENU_DEVICES; i++)
                row_clear(&menu->devices[i]);
        for (unsigned i = 0; i < TRAY_MENU_ALERTS; i++)
                row_clear(&menu->alerts[i]);
        g_object_unref(menu->server);
        g_object_unref(menu->root);
        g_free(menu);
        return NULL;
}

void tray_menu_set_summary(struct tray_menu *menu, const char *summary) {
        set_text(menu->summary, summary);
}

void tray_menu_set_devices(struct tray_menu *menu, const struct tray_menu_row *rows, unsigned n) {
        for (unsigned i = 0; i < TRAY_MENU_DEVICES; i++)
                row_set(&menu->devices[i], i < n ? &rows[i] : NULL);
        set_visible(menu->devices_head, n > 0);
}

void tray_menu_set_alerts(struct tray_menu *menu, const struct tray_menu_row *rows, unsigned n) {
        for (unsigned i = 0; i < TRAY_MENU_ALERTS; i++)
                row_set(&menu->alerts[i], i < n ? &rows[i] : NULL);
        set_visible(menu->alerts_line, n > 0);
        set_visible(menu->alerts_head, n > 0);
        set_visible(menu->all_alerts.item, n > 0);
}

void tray_menu_set_paused(struct tray_menu *menu, const char *until) {
        set_visible(menu->pause_hour.item, !until);
        set_visible(menu->pause_tomorrow.item, !until);
        set_visible(menu->resume.item, until != NULL);
        if (until) {
                /* Translators: %s is a time, or a day and a time */
                g_autofree char *text = g_strdup_printf(_("Resume Notifications (paused until %s)"), until);

                set_text(menu->resume.item, text);
        }
}
