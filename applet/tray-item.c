/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Follows the StatusNotifierItem specification of freedesktop.org as its hosts live it: they ask for a name of the form
 * org.kde.StatusNotifierItem-PID-N, read properties after a New... signal, and forget all items when they restart. */

#include "applet/tray-item.h"

#include <glib/gi18n.h>
#include <unistd.h>

#include "applet/status-notifier.h"

#define ITEM_PATH "/StatusNotifierItem"
#define WATCHER_NAME "org.kde.StatusNotifierWatcher"
#define WATCHER_PATH "/StatusNotifierWatcher"

struct tray_item {
        GDBusConnection *session;
        SnStatusNotifierItem *skeleton;
        struct tray_item_ops ops;
        char *name;
        char *token; /* for the next click */
        guint owned, watch;
        gboolean has_name, has_watcher;
};

/* Nothing depends on the answer: a tray that does not want us says so to nobody's use. */
static void register_item(struct tray_item *item) {
        if (item->has_name && item->has_watcher)
                g_dbus_connection_call(item->session, WATCHER_NAME, WATCHER_PATH, WATCHER_NAME, "RegisterStatusNotifierItem",
                                       g_variant_new("(s)", item->name), NULL, G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, NULL,
                                       NULL, NULL);
}

static void on_name_acquired(GDBusConnection *session G_GNUC_UNUSED, const char *name G_GNUC_UNUSED, void *data) {
        struct tray_item *item = data;

        item->has_name = TRUE;
        register_item(item);
}

static void on_watcher_appeared(GDBusConnection *session G_GNUC_UNUSED, const char *name G_GNUC_UNUSED,
                                const char *owner G_GNUC_UNUSED, void *data) {
        struct tray_item *item = data;

        item->has_watcher = TRUE;
        register_item(item);
}

static void on_watcher_vanished(GDBusConnection *session G_GNUC_UNUSED, const char *name G_GNUC_UNUSED, void *data) {
        struct tray_item *item = data;

        item->has_watcher = FALSE;
}

static gboolean on_activate(SnStatusNotifierItem *skeleton, GDBusMethodInvocation *invocation, int x G_GNUC_UNUSED,
                            int y G_GNUC_UNUSED, struct tray_item *item) {
        g_autofree char *token = g_steal_pointer(&item->token);

        sn_status_notifier_item_complete_activate(skeleton, invocation);
        item->ops.activate(token, item->ops.userdata);
        return TRUE;
}

static gboolean on_secondary_activate(SnStatusNotifierItem *skeleton, GDBusMethodInvocation *invocation, int x G_GNUC_UNUSED,
                                      int y G_GNUC_UNUSED, struct tray_item *item) {
        g_autofree char *token = g_steal_pointer(&item->token);

        sn_status_notifier_item_complete_secondary_activate(skeleton, invocation);
        item->ops.activate_second(token, item->ops.userdata);
        return TRUE;
}

/* A host that shows no menus of others asks the item to do it; where it has none of its own, a click opens the window. */
static gboolean on_context_menu(SnStatusNotifierItem *skeleton, GDBusMethodInvocation *invocation, int x G_GNUC_UNUSED,
                                int y G_GNUC_UNUSED, struct tray_item *item) {
        g_autofree char *token = g_steal_pointer(&item->token);

        sn_status_notifier_item_complete_context_menu(skeleton, invocation);
        item->ops.activate(token, item->ops.userdata);
        return TRUE;
}

static gboolean on_scroll(SnStatusNotifierItem *skeleton, GDBusMethodInvocation *invocation, int delta G_GNUC_UNUSED,
                          const char *orientation G_GNUC_UNUSED, struct tray_item *item G_GNUC_UNUSED) {
        sn_status_notifier_item_complete_scroll(skeleton, invocation);
        return TRUE;
}

static gboolean on_token(SnStatusNotifierItem *skeleton, GDBusMethodInvocation *invocation, const char *token,
                         struct tray_item *item) {
        g_free(item->token);
        item->token = g_strdup(token);
        sn_status_notifier_item_complete_provide_xdg_activation_token(skeleton, invocation);
        return TRUE;
}

static SnStatusNotifierItem *skeleton_new(struct tray_item *item, const char *id, const char *menu) {
        SnStatusNotifierItem *skeleton = sn_status_notifier_item_skeleton_new();

        g_object_set(skeleton, "category", "SystemServices", "id", id, "title", _("Lanscope"), "status", "Active", "menu", menu,
                     "icon-theme-path", "", NULL);
        g_signal_connect(skeleton, "handle-activate", G_CALLBACK(on_activate), item);
        g_signal_connect(skeleton, "handle-secondary-activate", G_CALLBACK(on_secondary_activate), item);
        g_signal_connect(skeleton, "handle-context-menu", G_CALLBACK(on_context_menu), item);
        g_signal_connect(skeleton, "handle-scroll", G_CALLBACK(on_scroll), item);
        g_signal_connect(skeleton, "handle-provide-xdg-activation-token", G_CALLBACK(on_token), item);
        return skeleton;
}

struct tray_item *tray_item_new(GDBusConnection *session, const char *id, const char *menu, const struct tray_item_ops *ops) {
        struct tray_item *item = g_new0(struct tray_item, 1);

        item->session = g_object_ref(session);
        item->ops = *ops;
        item->name = g_strdup_printf("org.kde.StatusNotifierItem-%i-1", (int) getpid());
        item->skeleton = skeleton_new(item, id, menu);
        tray_item_set(item, TRAY_ABSENT, "");
        g_dbus_interface_skeleton_export(G_DBUS_INTERFACE_SKELETON(item->skeleton), session, ITEM_PATH, NULL);
        item->owned = g_bus_own_name_on_connection(session, item->name, G_BUS_NAME_OWNER_FLAGS_NONE, on_name_acquired, NULL,
                                                   item, NULL);
        item->watch = g_bus_watch_name_on_connection(session, WATCHER_NAME, G_BUS_NAME_WATCHER_FLAGS_NONE,
                                                     on_watcher_appeared, on_watcher_vanished, item, NULL);
        return item;
}

struct tray_item *tray_item_free(struct tray_item *item) {
        if (!item)
                return NULL;
        g_bus_unwatch_name(item->watch);
        g_bus_unown_name(item->owned);
        g_dbus_interface_skeleton_unexport(G_DBUS_INTERFACE_SKELETON(item->skeleton));
        g_signal_handlers_disconnect_by_data(item->skeleton, item);
        g_object_unref(item->skeleton);
        g_object_unref(item->session);
        g_free(item->name);
        g_free(item->token);
        g_free(item);
        return NULL;
}

static void set_tip(SnStatusNotifierItem *skeleton, const char *tip) {
        GVariant *value = g_variant_ref_sink(g_variant_new("(s@a(iiay)ss)", "", g_variant_new_array(G_VARIANT_TYPE("(iiay)"), NULL, 0),
                                                           _("Lanscope"), tip));
        GVariant *before = sn_status_notifier_item_get_tool_tip(skeleton);

        if (!before || !g_variant_equal(before, value)) {
                sn_status_notifier_item_set_tool_tip(skeleton, value);
                sn_status_notifier_item_emit_new_tool_tip(skeleton);
        }
        g_variant_unref(value);
}

void tray_item_set(struct tray_item *item, TrayLook look, const char *tip) {
        const char *icon = tray_icon(look), *status = look == TRAY_ALERT ? "NeedsAttention" : "Active";

        if (g_strcmp0(sn_status_notifier_item_get_icon_name(item->skeleton), icon) != 0) {
                /* Some hosts have no icon of their own for attention. */
                sn_status_notifier_item_set_icon_name(item->skeleton, icon);
                sn_status_notifier_item_set_attention_icon_name(item->skeleton, icon);
                sn_status_notifier_item_emit_new_icon(item->skeleton);
                sn_status_notifier_item_emit_new_attention_icon(item->skeleton);
        }
        if (g_strcmp0(sn_status_notifier_item_get_status(item->skeleton), status) != 0) {
                sn_status_notifier_item_set_status(item->skeleton, status);
                sn_status_notifier_item_emit_new_status(item->skeleton, status);
        }
        set_tip(item->skeleton, tip);
}
