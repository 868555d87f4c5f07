/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/* lanscoped.service, through systemd's D-Bus. Only for what a person asked for: polkit may ask for a password. */

/* `connection` is the system bus. The callback has the connection as its source. */
void service_unit_start(GDBusConnection *connection, GCancellable *cancellable, GAsyncReadyCallback callback, void *data);
void service_unit_stop(GDBusConnection *connection, GCancellable *cancellable, GAsyncReadyCallback callback, void *data);
/* systemd took it on; the bus name says when it is done. FALSE: `error` says, to a person, what failed. */
gboolean service_unit_finish(GDBusConnection *connection, GAsyncResult *result, GError **error);
