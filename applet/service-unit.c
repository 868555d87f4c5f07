/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.freedesktop.systemd1.Manager, two methods of it. */

#include "applet/service-unit.h"

#define UNIT "lanscoped.service"
#define TIMEOUT_MSEC (120 * 1000) /* a person looks for the password meanwhile */

static void call(GDBusConnection *connection, const char *method, GCancellable *cancellable, GAsyncReadyCallback callback,
                 void *data) {
        g_dbus_connection_call(connection, "org.freedesktop.systemd1", "/org/freedesktop/systemd1",
                               "org.freedesktop.systemd1.Manager", method, g_variant_new("(ss)", UNIT, "replace"),
                               G_VARIANT_TYPE("(o)"), G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION, TIMEOUT_MSEC, cancellable,
                               callback, data);
}

void service_unit_start(GDBusConnection *connection, GCancellable *cancellable, GAsyncReadyCallback callback, void *data) {
        call(connection, "StartUnit", cancellable, callback, data);
}

void service_unit_stop(GDBusConnection *connection, GCancellable *cancellable, GAsyncReadyCallback callback, void *data) {
        call(connection, "StopUnit", cancellable, callback, data);
}

gboolean service_unit_finish(GDBusConnection *connection, GAsyncResult *result, GError **error) {
        g_autoptr(GVariant) reply = g_dbus_connection_call_finish(connection, result, error);

        if (!reply && error)
                g_dbus_error_strip_remote_error(*error);
        return reply != NULL;
}
