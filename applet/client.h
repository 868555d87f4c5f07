/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "applet/alert-store.h"
#include "applet/device-store.h"
#include "dbus/lanscope-bus.h"

/* What lanscoped says, kept up to date. Never waits: all is asked for and arrives later. Comes back by itself when the
 * service restarts or the system bus goes away. It never makes the bus start the service: whether it runs is the
 * administrator's business. */

typedef enum {
        LANSCOPE_STATE_CONNECTING,    /* nothing known yet */
        LANSCOPE_STATE_NO_BUS,        /* no system bus; tried again */
        LANSCOPE_STATE_NOT_INSTALLED, /* the bus knows nobody who could give us the service */
        LANSCOPE_STATE_NOT_RUNNING,   /* installed, but nobody has the name */
        LANSCOPE_STATE_NO_PERMISSION, /* runs, but we may not ask it */
        LANSCOPE_STATE_FAILED,        /* runs, but does not answer as it should: lanscope_client_get_failure() */
        LANSCOPE_STATE_LOADING,       /* runs, its devices are on their way */
        LANSCOPE_STATE_STOPPED,       /* runs and answers, but captures nothing */
        LANSCOPE_STATE_EMPTY,         /* captures, and has no devices yet */
        LANSCOPE_STATE_CAPTURING,     /* all is well */
} LanscopeState;

#define LANSCOPE_TYPE_CLIENT (lanscope_client_get_type())
G_DECLARE_FINAL_TYPE(LanscopeClient, lanscope_client, LANSCOPE, CLIENT, GObject)

/* Properties with notify: "state" (int, LanscopeState), "manager" (LanscopeBusManager, NULL while it does not run),
 * "online-count", "device-count", "unacknowledged-alerts" (uint; 0 while it does not run).
 * Signal "device-added" (LanscopeDevice): the service heard of a device it did not know.
 * Signal "alert-raised" (LanscopeAlert), "alert-changed" (LanscopeAlert).
 * Neither is emitted for what a first load or a restart of the service brings. */

/* Takes up the connection at once. */
LanscopeClient *lanscope_client_new(void);

LanscopeState lanscope_client_get_state(LanscopeClient *self);
/* In LANSCOPE_STATE_FAILED what went wrong, else "". */
const char *lanscope_client_get_failure(LanscopeClient *self);
/* Does the service run and answer, so that devices and alerts are what it says now? Else they are what it said last. */
gboolean lanscope_client_is_ready(LanscopeClient *self);

/* GListModels of LanscopeDevice and LanscopeAlert, the same objects for the client's whole life. Borrowed. */
LanscopeDeviceStore *lanscope_client_get_devices(LanscopeClient *self);
LanscopeAlertStore *lanscope_client_get_alerts(LanscopeClient *self);
/* GListModel of LanscopeBusNetwork, proxies with their properties. Borrowed. */
GListModel *lanscope_client_get_networks(LanscopeClient *self);
/* What to call the network at an object path: "" while that is not known. Borrowed, until the main loop runs again. */
const char *lanscope_client_network_name(LanscopeClient *self, const char *path);

/* For methods and properties of the service; NULL while it does not run. Borrowed. */
LanscopeBusManager *lanscope_client_get_manager(LanscopeClient *self);
/* For methods of one device; holds no properties and costs no round trip. NULL while the service does not run. */
LanscopeBusDevice *lanscope_client_device_proxy(LanscopeClient *self, const char *path);
/* The system bus; NULL while there is none. Borrowed. */
GDBusConnection *lanscope_client_get_connection(LanscopeClient *self);

guint lanscope_client_get_online_count(LanscopeClient *self);
guint lanscope_client_get_device_count(LanscopeClient *self);
guint lanscope_client_get_unacknowledged_alerts(LanscopeClient *self);

/* Asks anew, where it failed or was refused. */
void lanscope_client_retry(LanscopeClient *self);
