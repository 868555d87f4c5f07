/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Looks at the client twice a second at most, however much happens, and not at all while nothing does. */

#include "applet/tray.h"

#include <glib/gi18n.h>

#include "applet/alert-wording.h"
#include "applet/notice-text.h"
#include "applet/tray-item.h"
#include "applet/tray-menu.h"
#include "applet/tray-text.h"

#define REFRESH_MSEC 500
#define MENU_PATH "/org/lanscope/Applet/TrayMenu"
#define LABEL_MAX 48 /* characters */

struct tray {
        LanscopeApplication *application; /* not referenced: it owns us */
        LanscopeClient *client;
        GSettings *settings;
        struct tray_item *item; /* NULL: not wanted */
        struct tray_menu *menu;
        guint refresh; /* source */
        guint unpause; /* source: a pause ends */
};

static void activate(struct tray *tray, const char *action) {
        g_action_group_activate_action(G_ACTION_GROUP(tray->application), action, NULL);
}

static void raise_window(struct tray *tray, const char *token) {
        GtkWindow *window = gtk_application_get_active_window(GTK_APPLICATION(tray->application));

        if (!window || !token)
                return;
        gtk_window_set_startup_id(window, token);
        gtk_window_present(window);
}

static void on_activate(const char *token, void *userdata) {
        struct tray *tray = userdata;

        activate(tray, "show-window");
        raise_window(tray, token);
}

static void on_activate_second(const char *token, void *userdata) {
        struct tray *tray = userdata;

        activate(tray, "show-alerts");
        raise_window(tray, token);
}

/* --- what there is to show */

static LanscopeDevice *device_at(GListModel *devices, guint i) {
        g_autoptr(LanscopeDevice) device = g_list_model_get_item(devices, i);

        return device; /* the model holds it */
}

/* The `max` devices that were seen first last, newest first. */
static unsigned newest_devices(GListModel *devices, LanscopeDevice **newest, unsigned max) {
        unsigned n = 0;

        for (guint i = 0; i < g_list_model_get_n_items(devices); i++) {
                LanscopeDevice *device = device_at(devices, i);
                guint64 seen = lanscope_device_info(device)->first_seen;
                unsigned at = n < max ? n++ : max;

                for (; at > 0 && lanscope_device_info(newest[at - 1])->first_seen < seen; at--)
                        if (at < max)
                                newest[at] = newest[at - 1];
                if (at < max)
                        newest[at] = device;
        }
        return n;
}

static void refresh_devices(struct tray *tray) {
        GListModel *devices = G_LIST_MODEL(lanscope_client_get_devices(tray->client));
        LanscopeDevice *newest[TRAY_MENU_DEVICES];
        struct tray_menu_row rows[TRAY_MENU_DEVICES];
        unsigned n = newest_devices(devices, newest, TRAY_MENU_DEVICES);

        for (unsigned i = 0; i < n; i++) {
                const LanscopeDeviceInfo *info = lanscope_device_info(newest[i]);

                rows[i].label = lanscope_quote(info->name, LABEL_MAX);
                rows[i].target = g_variant_ref_sink(g_variant_new_string(info->path));
        }
        tray_menu_set_devices(tray->menu, rows, n);
        for (unsigned i = 0; i < n; i++) {
                g_free(rows[i].label);
                g_variant_unref(rows[i].target);
        }
}

static char *alert_label(const LanscopeAlertInfo *info) {
        g_autofree char *name = lanscope_quote(info->name, LABEL_MAX);

        if (!*info->name)
                return g_strdup(wording_alert(info->kind));
        return g_strdup_printf(_("%s: %s"), wording_alert(info->kind), name);
}

/* Adds rows of alerts that are severe, or of those that are not; returns how many there are of them. */
static unsigned add_alerts(struct tray *tray, gboolean severe, struct tray_menu_row *rows, unsigned *n) {
        GListModel *alerts = G_LIST_MODEL(lanscope_client_get_alerts(tray->client));
        unsigned found = 0;

        for (guint i = 0; i < g_list_model_get_n_items(alerts); i++) {
                g_autoptr(LanscopeAlert) alert = g_list_model_get_item(alerts, i);
                const LanscopeAlertInfo *info = lanscope_alert_info(alert);

                if (info->acknowledged || (info->severity > LANSCOPE_SEVERITY_INFO) != severe)
                        continue;
                found++;
                if (*n == TRAY_MENU_ALERTS)
                        continue;
                rows[*n].label = alert_label(info);
                rows[(*n)++].target = g_variant_ref_sink(g_variant_new_uint64(info->id));
        }
        return found;
}

/* The severe ones first, the newest of them first. Are there any? */
static gboolean refresh_alerts(struct tray *tray) {
        struct tray_menu_row rows[TRAY_MENU_ALERTS];
        unsigned n = 0;
        gboolean severe = add_alerts(tray, TRUE, rows, &n) > 0;

        add_alerts(tray, FALSE, rows, &n);
        tray_menu_set_alerts(tray->menu, rows, n);
        while (n-- > 0) {
                g_free(rows[n].label);
                g_variant_unref(rows[n].target);
        }
        return severe;
}

/* --- the pause */

static void schedule(struct tray *tray);

static gboolean on_unpause(void *data) {
        struct tray *tray = data;

        tray->unpause = 0;
        schedule(tray);
        return G_SOURCE_REMOVE;
}

/* When the pause ends, as text; NULL: there is none. */
static char *pause_end(struct tray *tray) {
        gint64 until = g_settings_get_int64(tray->settings, "paused-until");
        g_autoptr(GDateTime) now = g_date_time_new_now_local();
        g_autoptr(GDateTime) end = g_date_time_new_from_unix_local(until);
        gint64 left = until - g_date_time_to_unix(now);

        g_clear_handle_id(&tray->unpause, g_source_remove);
        if (!end || left <= 0)
                return NULL;
        /* Clocks are set and computers sleep: look again before long. */
        tray->unpause = g_timeout_add_seconds((guint) MIN(left, 60), on_unpause, tray);
        if (g_date_time_get_day_of_year(end) == g_date_time_get_day_of_year(now))
                return g_date_time_format(end, "%H:%M");
        return g_date_time_format(end, _("%A %H:%M"));
}

static void refresh_status(struct tray *tray, gboolean severe) {
        g_autofree char *until = pause_end(tray);
        const struct tray_status status = {
                .state = lanscope_client_get_state(tray->client),
                .online = lanscope_client_get_online_count(tray->client),
                .devices = lanscope_client_get_device_count(tray->client),
                .alerts = lanscope_client_get_unacknowledged_alerts(tray->client),
                .severe = severe,
                .paused = until != NULL,
        };
        g_autofree char *summary = tray_summary(&status, FALSE), *tip = tray_summary(&status, TRUE);

        tray_item_set(tray->item, tray_look(&status), tip);
        tray_menu_set_summary(tray->menu, summary);
        tray_menu_set_paused(tray->menu, until);
}

static gboolean on_refresh(void *data) {
        struct tray *tray = data;

        tray->refresh = 0;
        if (tray->item) {
                refresh_devices(tray);
                refresh_status(tray, refresh_alerts(tray));
        }
        return G_SOURCE_REMOVE;
}

static void schedule(struct tray *tray) {
        if (tray->item && !tray->refresh)
                tray->refresh = g_timeout_add(REFRESH_MSEC, on_refresh, tray);
}

/* --- life */

static void appear(struct tray *tray, GDBusConnection *session) {
        const struct tray_item_ops ops = { on_activate, on_activate_second, tray };
        GApplication *application = G_APPLICATION(tray->application);

        tray->menu = tray_menu_new(MENU_PATH, G_ACTION_GROUP(application));
        tray->item = tray_item_new(session, g_application_get_application_id(application), MENU_PATH, &ops);
        on_refresh(tray);
}

static void disappear(struct tray *tray) {
        tray->item = tray_item_free(tray->item);
        tray->menu = tray_menu_free(tray->menu);
}

static void on_settings(struct tray *tray) {
        GDBusConnection *session = g_application_get_dbus_connection(G_APPLICATION(tray->application));
        gboolean wanted = session && g_settings_get_boolean(tray->settings, "show-tray-item");

        if (wanted && !tray->item)
                appear(tray, session);
        else if (!wanted && tray->item)
                disappear(tray);
        schedule(tray);
}

static void listen(struct tray *tray) {
        GObject *const sources[] = {
                G_OBJECT(lanscope_client_get_devices(tray->client)),
                G_OBJECT(lanscope_client_get_alerts(tray->client)),
        };

        for (gsize i = 0; i < G_N_ELEMENTS(sources); i++) {
                g_signal_connect_swapped(sources[i], "updated", G_CALLBACK(schedule), tray);
                g_signal_connect_swapped(sources[i], "items-changed", G_CALLBACK(schedule), tray);
        }
        g_signal_connect_swapped(tray->client, "notify", G_CALLBACK(schedule), tray);
        g_signal_connect_swapped(tray->settings, "changed::show-tray-item", G_CALLBACK(on_settings), tray);
        g_signal_connect_swapped(tray->settings, "changed::paused-until", G_CALLBACK(schedule), tray);
}

struct tray *tray_new(LanscopeApplication *application) {
        struct tray *tray = g_new0(struct tray, 1);

        tray->application = application;
        tray->client = g_object_ref(lanscope_application_get_client(application));
        tray->settings = g_object_ref(lanscope_application_get_settings(application));
        listen(tray);
        on_settings(tray);
        return tray;
}

struct tray *tray_free(struct tray *tray) {
        if (!tray)
                return NULL;
        g_signal_handlers_disconnect_by_data(lanscope_client_get_devices(tray->client), tray);
        g_signal_handlers_disconnect_by_data(lanscope_client_get_alerts(tray->client), tray);
        g_signal_handlers_disconnect_by_data(tray->client, tray);
        g_signal_handlers_disconnect_by_data(tray->settings, tray);
        g_clear_handle_id(&tray->refresh, g_source_remove);
        g_clear_handle_id(&tray->unpause, g_source_remove);
        if (tray->item)
                disappear(tray);
        g_object_unref(tray->settings);
        g_object_unref(tray->client);
        g_free(tray);
        return NULL;
}
