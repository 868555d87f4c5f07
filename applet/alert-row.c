/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A row shows one alert at a time; the list view hands it another when it scrolls. */

#include "applet/alert-row.h"

#include <glib/gi18n.h>

#include "applet/alert-details.h"
#include "applet/alert-sentence.h"
#include "applet/alert-wording.h"
#include "applet/plain-text.h"
#include "applet/wording.h"

struct _LanscopeAlertRow {
        GtkBox parent_instance;
        LanscopeAlert *alert;
        gulong changed;
        gboolean expanded;

        GtkImage *icon;
        GtkLabel *title;
        GtkLabel *message;
        GtkLabel *about;
        GtkLabel *details;
        GtkWidget *acknowledge;
        GtkMenuButton *more;
};

G_DEFINE_FINAL_TYPE(LanscopeAlertRow, lanscope_alert_row, GTK_TYPE_BOX)

static void show_severity(LanscopeAlertRow *self, LanscopeSeverity severity) {
        static const struct {
                const char *icon, *class;
        } rows[] = {
                [LANSCOPE_SEVERITY_INFO] = { "dialog-information-symbolic", "accent" },
                [LANSCOPE_SEVERITY_WARNING] = { "dialog-warning-symbolic", "warning" },
                [LANSCOPE_SEVERITY_CRITICAL] = { "dialog-error-symbolic", "error" },
        };

        gtk_image_set_from_icon_name(self->icon, rows[severity].icon);
        gtk_widget_set_tooltip_text(GTK_WIDGET(self->icon), wording_severity(severity));
        gtk_accessible_update_property(GTK_ACCESSIBLE(self->icon), GTK_ACCESSIBLE_PROPERTY_LABEL, wording_severity(severity), -1);
        for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
                if (i == (size_t) severity)
                        gtk_widget_add_css_class(GTK_WIDGET(self->icon), rows[i].class);
                else
                        gtk_widget_remove_css_class(GTK_WIDGET(self->icon), rows[i].class);
}

static void append_part(GString *line, const char *part) {
        g_string_append_printf(line, "%s%s", line->len > 0 ? " · " : "", part);
}

static void show_about(LanscopeAlertRow *self, const LanscopeAlertInfo *info) {
        g_autofree char *ago = wording_ago(info->last ? info->last : info->time, (guint64) g_get_real_time());
        g_autofree char *name = plain_text(info->name);
        GString *line = g_string_new(NULL);

        if (*name)
                append_part(line, name);
        append_part(line, ago);
        if (info->count > 1) {
                g_autofree char *times =
                        g_strdup_printf(ngettext("%lu time", "%lu times", (gulong) info->count), (gulong) info->count);

                append_part(line, times);
        }
        if (info->state == LANSCOPE_ALERT_ACTIVE)
                append_part(line, _("goes on"));
        else if (info->state == LANSCOPE_ALERT_RESOLVED)
                append_part(line, _("is over"));
        if (info->acknowledged)
                append_part(line, _("acknowledged"));
        gtk_label_set_text(self->about, line->str);
        g_string_free(line, TRUE);
}

static void show_details(LanscopeAlertRow *self) {
        const LanscopeAlertInfo *info;
        g_autofree char *words = NULL, *first = NULL, *text = NULL;

        gtk_widget_set_visible(GTK_WIDGET(self->details), self->expanded && self->alert);
        if (!self->expanded || !self->alert)
                return;
        info = lanscope_alert_info(self->alert);
        words = alert_details_in_words(info->details);
        first = wording_time(info->first ? info->first : info->time);
        /* Translators: since when an alert goes on; below it follow details. */
        text = g_strdup_printf(_("Found first: %s\n%s"), first, words);
        gtk_label_set_text(self->details, text);
}

static void append_action(GMenu *menu, const char *label, const char *action, guint64 id) {
        g_autoptr(GMenuItem) item = g_menu_item_new(label, NULL);

        g_menu_item_set_action_and_target(item, action, "t", id);
        g_menu_append_item(menu, item);
}

/* Only when it is asked for: a popover is dearer than the rest of the row. */
static void on_popup(GtkMenuButton *button, void *data) {
        const LanscopeAlertInfo *info = lanscope_alert_info(LANSCOPE_ALERT_ROW(data)->alert);
        g_autoptr(GMenu) menu = g_menu_new();

        if (!g_str_equal(info->device, "/")) {
                g_autoptr(GMenuItem) item = g_menu_item_new(_("Show _Device"), NULL);

                g_menu_item_set_action_and_target(item, "app.show-device", "s", info->device);
                g_menu_append_item(menu, item);
        }
        append_action(menu, _("This Is _Normal…"), "alerts.normal", info->id);
        append_action(menu, _("_Mute for a While…"), "alerts.mute", info->id);
        gtk_menu_button_set_menu_model(button, G_MENU_MODEL(menu));
}

/* The list's item is what is focused and read out: it has the words of the row. */
static void describe(LanscopeAlertRow *self, LanscopeSeverity severity) {
        GtkWidget *item = gtk_widget_get_parent(GTK_WIDGET(self));
        g_autofree char *text = g_strdup_printf("%s: %s. %s", wording_severity(severity), gtk_label_get_text(self->title),
                                                gtk_label_get_text(self->message));

        if (item)
                gtk_accessible_update_property(GTK_ACCESSIBLE(item), GTK_ACCESSIBLE_PROPERTY_LABEL, text, -1);
}

static void show(LanscopeAlertRow *self) {
        const LanscopeAlertInfo *info = lanscope_alert_info(self->alert);
        g_autofree char *message = alert_sentence(info);

        show_severity(self, info->severity);
        gtk_label_set_text(self->title, wording_alert(info->kind));
        gtk_label_set_text(self->message, message);
        describe(self, info->severity);
        show_about(self, info);
        show_details(self);
        /* In this order: an action that wants a target is looked for when its name is set. */
        gtk_actionable_set_action_target(GTK_ACTIONABLE(self->acknowledge), "t", info->id);
        gtk_actionable_set_action_name(GTK_ACTIONABLE(self->acknowledge), "alerts.acknowledge");
        gtk_widget_set_visible(self->acknowledge, !info->acknowledged);
}

void lanscope_alert_row_bind(LanscopeAlertRow *self, LanscopeAlert *alert) {
        g_clear_signal_handler(&self->changed, self->alert);
        g_set_object(&self->alert, alert);
        if (!alert)
                return;
        self->changed = g_signal_connect_swapped(alert, "changed", G_CALLBACK(show), self);
        show(self);
}

void lanscope_alert_row_set_expanded(LanscopeAlertRow *self, gboolean expanded) {
        self->expanded = expanded;
        show_details(self);
}

void lanscope_alert_row_refresh(LanscopeAlertRow *self) {
        if (self->alert)
                show_about(self, lanscope_alert_info(self->alert));
}

GtkWidget *lanscope_alert_row_new(void) {
        return g_object_new(LANSCOPE_TYPE_ALERT_ROW, NULL);
}

static void lanscope_alert_row_dispose(GObject *object) {
        lanscope_alert_row_bind(LANSCOPE_ALERT_ROW(object), NULL);
        G_OBJECT_CLASS(lanscope_alert_row_parent_class)->dispose(object);
}

static void lanscope_alert_row_init(LanscopeAlertRow *self) {
        gtk_widget_init_template(GTK_WIDGET(self));
        gtk_menu_button_set_create_popup_func(self->more, on_popup, self, NULL);
}

static void lanscope_alert_row_class_init(LanscopeAlertRowClass *klass) {
        GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);

        G_OBJECT_CLASS(klass)->dispose = lanscope_alert_row_dispose;
        gtk_widget_class_set_template_from_resource(widget_class, "/org/lanscope/Applet/alert-row.ui");
        gtk_widget_class_bind_template_child(widget_class, LanscopeAlertRow, icon);
        gtk_widget_class_bind_template_child(widget_class, LanscopeAlertRow, title);
        gtk_widget_class_bind_template_child(widget_class, LanscopeAlertRow, message);
        gtk_widget_class_bind_template_child(widget_class, LanscopeAlertRow, about);
        gtk_widget_class_bind_template_child(widget_class, LanscopeAlertRow, details);
        gtk_widget_class_bind_template_child(widget_class, LanscopeAlertRow, acknowledge);
        gtk_widget_class_bind_template_child(widget_class, LanscopeAlertRow, more);
}
