/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Brings the parts together: the policy says what, the board says when, the text says how, the service shows it. */

#include "applet/notifier.h"

#include <glib/gi18n.h>

#include "applet/icon-names.h"
#include "applet/notice-actions.h"
#include "applet/notice-board.h"
#include "applet/notice-policy.h"
#include "applet/notice-service.h"
#include "applet/notice-text.h"
#include "applet/tray-text.h"

#define RELEASE_LOOK_SECONDS 300
#define SUMMARY_KEY "summary" /* subjects are object paths, or have a blank inside */

struct notifier {
        LanscopeApplication *application; /* not referenced: it owns us */
        LanscopeClient *client;
        GSettings *settings;
        struct notice_policy policy;
        char **silent_kinds;
        struct notice_board *board;
        struct notice_service *service;
        GCancellable *cancellable; /* of what was clicked */
        guint timer;
        GPtrArray *held; /* LanscopeAlert: came in quiet hours or during a pause, the oldest first */
        guint release;   /* source: when these may be over */
};

static gint64 now_msec(void) {
        return g_get_monotonic_time() / 1000;
}

static gboolean on_timer(void *data);

/* Sets the alarm clock to what the board waits for. */
static void notifier_schedule(struct notifier *notifier) {
        gint64 next = notice_board_next(notifier->board);

        g_clear_handle_id(&notifier->timer, g_source_remove);
        if (next >= 0)
                notifier->timer = g_timeout_add((guint) CLAMP(next - now_msec(), 0, G_MAXINT), on_timer, notifier);
}

static gboolean on_timer(void *data) {
        struct notifier *notifier = data;

        notifier->timer = 0;
        notice_board_run(notifier->board, now_msec());
        notifier_schedule(notifier);
        return G_SOURCE_REMOVE;
}

static void read_settings(struct notifier *notifier) {
        struct notice_policy *policy = &notifier->policy;

        g_strfreev(notifier->silent_kinds);
        notifier->silent_kinds = g_settings_get_strv(notifier->settings, "silent-kinds");
        policy->silent_kinds = (const char *const *) notifier->silent_kinds;
        policy->show = g_settings_get_boolean(notifier->settings, "show-notifications");
        policy->minimum_severity = g_settings_get_enum(notifier->settings, "minimum-severity");
        policy->new_devices = g_settings_get_boolean(notifier->settings, "notify-new-devices");
        policy->returned_devices = g_settings_get_boolean(notifier->settings, "notify-returned-devices");
        policy->quiet_hours = g_settings_get_boolean(notifier->settings, "quiet-hours");
        policy->quiet_from = g_settings_get_uint(notifier->settings, "quiet-from");
        policy->quiet_until = g_settings_get_uint(notifier->settings, "quiet-until");
        policy->critical_passes = g_settings_get_boolean(notifier->settings, "critical-passes");
        policy->paused_until = g_settings_get_int64(notifier->settings, "paused-until");
}

static void release_later(struct notifier *notifier);

static struct notice_time time_now(void) {
        g_autoptr(GDateTime) local = g_date_time_new_now_local();

        return (struct notice_time){
                .now = g_date_time_to_unix(local),
                .minute = (unsigned) (g_date_time_get_hour(local) * 60 + g_date_time_get_minute(local)),
        };
}

/* --- what alerts do to the board */

/* One live notification for each of these. */
static char *subject_of(const LanscopeAlertInfo *info) {
        if (!g_str_equal(info->device, "/"))
                return g_strdup(info->device);
        return g_strdup_printf("%s %s", info->kind, info->peer);
}

/* As severe as it was when we last considered it: counts that go up are no news. */
static GQuark told_severity(void) {
        return g_quark_from_static_string("lanscope-told-severity");
}

static struct notice_alert row_of(LanscopeAlert *alert) {
        const LanscopeAlertInfo *info = lanscope_alert_info(alert);

        return (struct notice_alert){ .id = info->id, .severity = info->severity, .kind = info->kind, .object = G_OBJECT(alert) };
}

static void post(struct notifier *notifier, LanscopeAlert *alert) {
        g_autofree char *subject = subject_of(lanscope_alert_info(alert));
        const struct notice_alert row = row_of(alert);

        notice_board_add(notifier->board, subject, &row, now_msec());
        notifier_schedule(notifier);
}

/* Of more than are listed in the window the oldest is not told of. */
static void hold(struct notifier *notifier, LanscopeAlert *alert) {
        if (g_ptr_array_find(notifier->held, alert, NULL))
                return;
        if (notifier->held->len >= LANSCOPE_ALERTS_MAX)
                g_ptr_array_remove_index(notifier->held, 0);
        g_ptr_array_add(notifier->held, g_object_ref(alert));
        release_later(notifier);
}

static void consider(struct notifier *notifier, LanscopeAlert *alert) {
        const LanscopeAlertInfo *info = lanscope_alert_info(alert);
        const struct notice_time now = time_now();

        g_object_set_qdata(G_OBJECT(alert), told_severity(), GINT_TO_POINTER(info->severity + 1));
        if (info->acknowledged)
                return;
        if (notice_policy_allows(&notifier->policy, info->kind, info->severity, &now))
                post(notifier, alert);
        else if (notice_policy_holds(&notifier->policy, info->kind, info->severity, &now))
                hold(notifier, alert);
}

static void on_alert_raised(LanscopeClient *client G_GNUC_UNUSED, LanscopeAlert *alert, struct notifier *notifier) {
        consider(notifier, alert);
}

static void on_alert_changed(LanscopeClient *client G_GNUC_UNUSED, LanscopeAlert *alert, struct notifier *notifier) {
        int told = GPOINTER_TO_INT(g_object_get_qdata(G_OBJECT(alert), told_severity())) - 1;

        if (told >= 0 && (int) lanscope_alert_info(alert)->severity <= told) {
                notice_board_touch(notifier->board, now_msec());
                notifier_schedule(notifier);
        } else if (told >= 0 || lanscope_alert_info(alert)->severity == LANSCOPE_SEVERITY_CRITICAL) {
                consider(notifier, alert);
        }
}

/* Acknowledged, or the stranger is trusted: there is nothing left to tell. */
static gboolean is_done(const struct notice_alert *alert, void *userdata) {
        const struct notifier *notifier = userdata;
        const LanscopeAlertInfo *info = lanscope_alert_info(LANSCOPE_ALERT(alert->object));
        LanscopeDevice *device;

        if (info->acknowledged)
                return TRUE;
        device = lanscope_device_store_lookup(lanscope_client_get_devices(notifier->client), info->device);
        return device && lanscope_device_info(device)->trusted && g_str_equal(info->kind, "new_device");
}

/* Tells what was held back and still matters: one alert as if it came now, more of them as one summary. */
static void release_held(struct notifier *notifier) {
        GPtrArray *held = notifier->held;

        for (guint i = held->len; i-- > 0;) {
                const struct notice_alert row = row_of(held->pdata[i]);

                if (is_done(&row, notifier))
                        g_ptr_array_remove_index(held, i);
        }
        for (guint i = 0; i < held->len && held->len > 1; i++) {
                const struct notice_alert row = row_of(held->pdata[i]);

                notice_board_add_held(notifier->board, &row, now_msec());
        }
        if (held->len == 1)
                post(notifier, held->pdata[0]);
        g_ptr_array_set_size(held, 0);
        notifier_schedule(notifier);
}

static gboolean on_release(void *data) {
        struct notifier *notifier = data;

        notifier->release = 0;
        release_later(notifier);
        return G_SOURCE_REMOVE;
}

/* Now, or at the end of the quiet time; but the clock may be set, and a computer may sleep. */
static void release_later(struct notifier *notifier) {
        const struct notice_time now = time_now();
        gint64 left = notice_policy_held_for(&notifier->policy, &now);

        g_clear_handle_id(&notifier->release, g_source_remove);
        if (notifier->held->len == 0)
                return;
        if (left > 0)
                notifier->release = g_timeout_add_seconds((guint) MIN(left, RELEASE_LOOK_SECONDS), on_release, notifier);
        else
                release_held(notifier);
}

static void on_settings(struct notifier *notifier) {
        read_settings(notifier);
        release_later(notifier);
}

static void review(struct notifier *notifier) {
        notice_board_review(notifier->board, is_done, notifier, now_msec());
        notifier_schedule(notifier);
}

static void on_devices_updated(LanscopeDeviceStore *store G_GNUC_UNUSED, guint changes, struct notifier *notifier) {
        if (changes & LANSCOPE_CHANGED_TRUST)
                review(notifier);
        if (changes & (LANSCOPE_CHANGED_NAME | LANSCOPE_CHANGED_CLASS | LANSCOPE_CHANGED_ADDRESSES)) {
                notice_board_touch(notifier->board, now_msec());
                notifier_schedule(notifier);
        }
}

static void on_unacknowledged(struct notifier *notifier) {
        if (lanscope_client_is_ready(notifier->client) &&
            lanscope_client_get_unacknowledged_alerts(notifier->client) == 0)
                notice_board_drop_summary(notifier->board);
        notifier_schedule(notifier);
}

/* --- what the board shows */

static void add_button(struct notice_text *text, const char *action, const char *label) {
        text->buttons[text->n_buttons++] = (struct notice_button){ action, label };
}

static const char *icon_of(LanscopeSeverity severity) {
        return severity == LANSCOPE_SEVERITY_INFO ? LANSCOPE_ICON : LANSCOPE_ICON_ALERT;
}

static void on_show(const struct notice *notice, void *userdata) {
        struct notifier *notifier = userdata;
        const LanscopeAlertInfo *info = lanscope_alert_info(LANSCOPE_ALERT(notice->alerts[notice->worst].object));
        LanscopeDevice *device = lanscope_device_store_lookup(lanscope_client_get_devices(notifier->client), info->device);
        const LanscopeDeviceInfo *known = device ? lanscope_device_info(device) : NULL;
        g_autofree char *title = notice_title(info, known);
        g_autofree char *body = notice_body(info, known, notice->n_alerts - 1 + notice->more);
        struct notice_text text = {
                .title = title,
                .body = body,
                .icon = icon_of(info->severity),
                .severity = info->severity,
        };

        add_button(&text, "default", _("Show"));
        if (known && !known->trusted && info->severity != LANSCOPE_SEVERITY_CRITICAL)
                add_button(&text, "trust", _("Trust"));
        add_button(&text, "show", _("Show"));
        if (notice_can_be_muted(info))
                add_button(&text, "mute", _("Mute This"));
        notice_service_show(notifier->service, notice->subject, &text);
}

static void on_show_summary(const struct notice_summary *summary, void *userdata) {
        struct notifier *notifier = userdata;
        g_autofree char *title = notice_summary_title(summary);
        g_autofree char *body = notice_summary_body(summary);
        struct notice_text text = {
                .title = title,
                .body = body,
                .icon = icon_of(summary->worst),
                .severity = summary->worst,
        };

        add_button(&text, "default", _("Show"));
        add_button(&text, "show", _("Show"));
        notice_service_show(notifier->service, SUMMARY_KEY, &text);
}

static void on_close(const char *subject, void *userdata) {
        struct notifier *notifier = userdata;

        notice_service_close(notifier->service, subject ?: SUMMARY_KEY);
}

/* --- what the user does */

/* `token` is what the desktop gives so that a window may come to the front. */
static void show(struct notifier *notifier, const char *action, GVariant *parameter, const char *token) {
        GtkWindow *window;

        g_action_group_activate_action(G_ACTION_GROUP(notifier->application), action, parameter);
        window = gtk_application_get_active_window(GTK_APPLICATION(notifier->application));
        if (!window || !token)
                return;
        gtk_window_set_startup_id(window, token);
        gtk_window_present(window);
}

static void show_subject(struct notifier *notifier, const struct notice *notice, const char *token) {
        const LanscopeAlertInfo *info = lanscope_alert_info(LANSCOPE_ALERT(notice->alerts[notice->worst].object));

        if (g_str_equal(info->kind, "new_device") && !g_str_equal(info->device, "/"))
                show(notifier, "show-device", g_variant_new_string(info->device), token);
        else
                show(notifier, "show-alert", g_variant_new_uint64(info->id), token);
}

/* Says in the place of the click why nothing came of it. */
static void on_action_done(const char *subject, const GError *error, void *userdata) {
        struct notifier *notifier = userdata;
        g_autofree char *reason = NULL;
        struct notice_text text = { .title = _("That Did Not Work"), .icon = LANSCOPE_ICON, .severity = LANSCOPE_SEVERITY_WARNING };

        if (!error)
                return;
        reason = lanscope_quote(error->message, NOTICE_MESSAGE_MAX);
        text.body = reason;
        notice_service_show(notifier->service, subject, &text);
}

static void on_action(const char *key, const char *action, const char *token, void *userdata) {
        struct notifier *notifier = userdata;
        const struct notice *notice = notice_board_get(notifier->board, key);

        if (g_str_equal(key, SUMMARY_KEY))
                show(notifier, "show-alerts", NULL, token);
        else if (!notice)
                return;
        else if (g_str_equal(action, "trust"))
                notice_action_trust(notifier->client, notice, notifier->cancellable, on_action_done, notifier);
        else if (g_str_equal(action, "mute"))
                notice_action_mute(notifier->client, notice, notifier->cancellable, on_action_done, notifier);
        else
                show_subject(notifier, notice, token);
}

static void on_closed(const char *key, void *userdata) {
        struct notifier *notifier = userdata;

        notice_board_closed(notifier->board, g_str_equal(key, SUMMARY_KEY) ? NULL : key);
        notifier_schedule(notifier);
}

/* --- a pause, as actions of the application, so that tray, window and scripts have the same */

static void pause_hour(GSimpleAction *action G_GNUC_UNUSED, GVariant *parameter G_GNUC_UNUSED, void *data) {
        struct notifier *notifier = data;

        g_settings_set_int64(notifier->settings, "paused-until", g_get_real_time() / G_USEC_PER_SEC + 3600);
}

static void pause_until_tomorrow(GSimpleAction *action G_GNUC_UNUSED, GVariant *parameter G_GNUC_UNUSED, void *data) {
        struct notifier *notifier = data;
        g_autoptr(GDateTime) now = g_date_time_new_now_local();

        g_settings_set_int64(notifier->settings, "paused-until", tray_tomorrow(now));
}

static void resume(GSimpleAction *action G_GNUC_UNUSED, GVariant *parameter G_GNUC_UNUSED, void *data) {
        struct notifier *notifier = data;

        g_settings_reset(notifier->settings, "paused-until");
}

static const GActionEntry actions[] = {
        { .name = "pause-hour", .activate = pause_hour },
        { .name = "pause-until-tomorrow", .activate = pause_until_tomorrow },
        { .name = "resume-notifications", .activate = resume },
};

static void listen(struct notifier *notifier) {
        LanscopeClient *client = notifier->client;

        g_signal_connect_swapped(notifier->settings, "changed", G_CALLBACK(on_settings), notifier);
        g_signal_connect(client, "alert-raised", G_CALLBACK(on_alert_raised), notifier);
        g_signal_connect(client, "alert-changed", G_CALLBACK(on_alert_changed), notifier);
        g_signal_connect_swapped(client, "notify::unacknowledged-alerts", G_CALLBACK(on_unacknowledged), notifier);
        g_signal_connect_swapped(lanscope_client_get_alerts(client), "updated", G_CALLBACK(review), notifier);
        g_signal_connect(lanscope_client_get_devices(client), "updated", G_CALLBACK(on_devices_updated), notifier);
}

struct notifier *notifier_new(LanscopeApplication *application) {
        struct notifier *notifier = g_new0(struct notifier, 1);
        const struct notice_board_ops board_ops = { on_show, on_show_summary, on_close, notifier };
        const struct notice_service_ops service_ops = { on_action, on_closed, notifier };

        notifier->application = application;
        notifier->client = g_object_ref(lanscope_application_get_client(application));
        notifier->settings = g_object_ref(lanscope_application_get_settings(application));
        notifier->cancellable = g_cancellable_new();
        notifier->held = g_ptr_array_new_with_free_func(g_object_unref);
        notifier->board = notice_board_new(&board_ops);
        notifier->service = notice_service_new(g_application_get_application_id(G_APPLICATION(application)), &service_ops);
        read_settings(notifier);
        g_action_map_add_action_entries(G_ACTION_MAP(application), actions, G_N_ELEMENTS(actions), notifier);
        listen(notifier);
        return notifier;
}

struct notifier *notifier_free(struct notifier *notifier) {
        if (!notifier)
                return NULL;
        for (gsize i = 0; i < G_N_ELEMENTS(actions); i++)
                g_action_map_remove_action(G_ACTION_MAP(notifier->application), actions[i].name);
        g_cancellable_cancel(notifier->cancellable);
        g_signal_handlers_disconnect_by_data(lanscope_client_get_devices(notifier->client), notifier);
        g_signal_handlers_disconnect_by_data(lanscope_client_get_alerts(notifier->client), notifier);
        g_signal_handlers_disconnect_by_data(notifier->client, notifier);
        g_signal_handlers_disconnect_by_data(notifier->settings, notifier);
        g_clear_handle_id(&notifier->timer, g_source_remove);
        g_clear_handle_id(&notifier->release, g_source_remove);
        g_ptr_array_unref(notifier->held);
        notice_service_free(notifier->service);
        notice_board_free(notifier->board);
        g_object_unref(notifier->cancellable);
        g_object_unref(notifier->settings);
        g_object_unref(notifier->client);
        g_strfreev(notifier->silent_kinds);
        g_free(notifier);
        return NULL;
}
