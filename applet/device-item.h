/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/* A device as the service tells of it. A mirror: nothing here changes but by what comes over the bus. */

typedef enum {
        LANSCOPE_PRESENCE_OFFLINE,
        LANSCOPE_PRESENCE_IDLE,
        LANSCOPE_PRESENCE_ONLINE,
} LanscopePresence;

/* What an update touched; whoever sorts or filters looks at what matters to it. */
typedef enum {
        LANSCOPE_CHANGED_NAME = 1 << 0,
        LANSCOPE_CHANGED_CLASS = 1 << 1, /* type, category, vendor, model, operating system, confidence */
        LANSCOPE_CHANGED_ADDRESSES = 1 << 2,
        LANSCOPE_CHANGED_PRESENCE = 1 << 3,
        LANSCOPE_CHANGED_TRUST = 1 << 4,
        LANSCOPE_CHANGED_NETWORK = 1 << 5,
        LANSCOPE_CHANGED_OTHER = 1 << 6, /* notes, services, times, counters */
        LANSCOPE_CHANGED_EVIDENCE = 1 << 7, /* not kept here: read it with lanscope_bus_device's Get */
} LanscopeChanges;

/* The properties of org.lanscope1.Device. Strings are never NULL, lists end with NULL; times are microseconds since the
 * epoch. Text is as it was heard: show it by plain_text() or as text that is not markup. */
typedef struct {
        char *path, *id;
        char **addresses, **ipv4, **ipv6;
        char *vendor, *hostname, *label, *notes, *name;
        char *type, *category, *model, *os;
        char *network; /* object path */
        char **services;
        guint32 confidence;
        LanscopePresence presence;
        gboolean type_is_set, trusted, randomized, self, gateway;
        guint64 first_seen, last_seen;
        guint64 packets_sent, bytes_sent, packets_received, bytes_received;
} LanscopeDeviceInfo;

#define LANSCOPE_TYPE_DEVICE (lanscope_device_get_type())
G_DECLARE_FINAL_TYPE(LanscopeDevice, lanscope_device, LANSCOPE, DEVICE, GObject)

/* Signal "changed" (guint LanscopeChanges): after an update, bundled: at most once per LANSCOPE_FLUSH_MSEC.
 * Signal "gone": the service no longer knows it. */

LanscopeDevice *lanscope_device_new(const char *path);

/* Owned by the device, valid until the main loop runs again. */
const LanscopeDeviceInfo *lanscope_device_info(LanscopeDevice *self);

/* Lower case, or what the language calls equal, compares with strcmp(). */
const char *lanscope_device_sort_key(LanscopeDevice *self);
/* Does the name, an address, the vendor or anything else that is shown of it contain `folded`, a g_utf8_casefold()ed text? */
gboolean lanscope_device_matches(LanscopeDevice *self, const char *folded);

/* Takes over what an a{sv} of properties holds, and returns what that changed. Unknown keys and wrong types are passed
 * over: a newer service may say more. For the store of devices; emits nothing. */
LanscopeChanges lanscope_device_update(LanscopeDevice *self, GVariant *properties);
