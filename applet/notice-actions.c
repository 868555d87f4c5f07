/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The user may be asked for a password once, for what was clicked; what follows from it is not worth a second one. */

#include "applet/notice-actions.h"

#include <glib/gi18n.h>

#define ASK_FLAGS (G_DBUS_CALL_FLAGS_NO_AUTO_START | G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION)
#define FOLLOW_FLAGS G_DBUS_CALL_FLAGS_NO_AUTO_START

/* A click, until the service answered it. */
struct click {
        LanscopeClient *client;
        GCancellable *cancellable;
        char *subject;
        GVariant *alerts; /* "at" */
        notice_action_done done;
        void *userdata;
};

static GVariant *alert_ids(const struct notice *notice) {
        GVariantBuilder builder = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("at"));

        for (unsigned i = 0; i < notice->n_alerts; i++)
                g_variant_builder_add(&builder, "t", notice->alerts[i].id);
        return g_variant_ref_sink(g_variant_builder_end(&builder));
}

static struct click *click_new(LanscopeClient *client, const struct notice *notice, GCancellable *cancellable,
                               notice_action_done done, void *userdata) {
        struct click *click = g_new(struct click, 1);

        *click = (struct click){ g_object_ref(client), g_object_ref(cancellable), g_strdup(notice->subject),
                                 alert_ids(notice),    done,                      userdata };
        return click;
}

static void click_free(struct click *click) {
        g_object_unref(click->client);
        g_object_unref(click->cancellable);
        g_free(click->subject);
        g_variant_unref(click->alerts);
        g_free(click);
}

/* The service answered what was clicked. */
static void click_answered(struct click *click, GError *error) {
        LanscopeBusManager *manager = lanscope_client_get_manager(click->client);

        if (error)
                g_dbus_error_strip_remote_error(error);
        if (!g_cancellable_is_cancelled(click->cancellable)) {
                if (!error && manager)
                        lanscope_bus_manager_call_acknowledge_alerts(manager, click->alerts, FOLLOW_FLAGS, -1, NULL, NULL,
                                                                     NULL);
                click->done(click->subject, error, click->userdata);
        }
        click_free(click);
}

static void click_failed(struct click *click) {
        g_autoptr(GError) error = g_error_new_literal(G_IO_ERROR, G_IO_ERROR_NOT_CONNECTED, _("The service does not run."));

        click_answered(click, error);
}

static void on_trusted(GObject *proxy, GAsyncResult *result, void *data) {
        g_autoptr(GError) error = NULL;

        lanscope_bus_device_call_set_trusted_finish(LANSCOPE_BUS_DEVICE(proxy), result, &error);
        click_answered(data, error);
}

static const LanscopeAlertInfo *notice_alert_info(const struct notice *notice) {
        return lanscope_alert_info(LANSCOPE_ALERT(notice->alerts[notice->worst].object));
}

/* Waits for as long as somebody looks for the password. */
void notice_action_trust(LanscopeClient *client, const struct notice *notice, GCancellable *cancellable,
                         notice_action_done done, void *userdata) {
        struct click *click = click_new(client, notice, cancellable, done, userdata);
        g_autoptr(LanscopeBusDevice) proxy = lanscope_client_device_proxy(client, notice_alert_info(notice)->device);

        if (!proxy)
                click_failed(click);
        else
                lanscope_bus_device_call_set_trusted(proxy, TRUE, ASK_FLAGS, G_MAXINT, cancellable, on_trusted, click);
}

gboolean notice_can_be_muted(const LanscopeAlertInfo *alert) {
        return !g_str_equal(alert->device, "/") || *alert->peer;
}

static GVariant *exception_of(const LanscopeAlertInfo *alert) {
        GVariantBuilder builder = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE_VARDICT);

        g_variant_builder_add(&builder, "{sv}", "Kind", g_variant_new_string(alert->kind));
        if (g_str_equal(alert->device, "/"))
                g_variant_builder_add(&builder, "{sv}", "Peer", g_variant_new_string(alert->peer));
        else
                g_variant_builder_add(&builder, "{sv}", "Device", g_variant_new_object_path(alert->device));
        return g_variant_builder_end(&builder);
}

static void on_muted(GObject *proxy, GAsyncResult *result, void *data) {
        g_autoptr(GError) error = NULL;

        lanscope_bus_manager_call_mute_alerts_finish(LANSCOPE_BUS_MANAGER(proxy), NULL, result, &error);
        click_answered(data, error);
}

void notice_action_mute(LanscopeClient *client, const struct notice *notice, GCancellable *cancellable,
                        notice_action_done done, void *userdata) {
        struct click *click = click_new(client, notice, cancellable, done, userdata);
        LanscopeBusManager *manager = lanscope_client_get_manager(client);

        if (!manager)
                click_failed(click);
        else
                lanscope_bus_manager_call_mute_alerts(manager, exception_of(notice_alert_info(notice)), ASK_FLAGS, G_MAXINT,
                                                      cancellable, on_muted, click);
}
