/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "applet/device-item.h"

/* All devices of the service, as a GListModel of LanscopeDevice in no stated order. What comes over the bus is taken in
 * at once, but told in bundles, LANSCOPE_FLUSH_MSEC apart at least: however much the network does, whoever shows the list
 * has work that many times a second at most. */

#define LANSCOPE_FLUSH_MSEC 100

#define LANSCOPE_TYPE_DEVICE_STORE (lanscope_device_store_get_type())
G_DECLARE_FINAL_TYPE(LanscopeDeviceStore, lanscope_device_store, LANSCOPE, DEVICE_STORE, GObject)

/* Signal "device-added" (LanscopeDevice): seen for the first time while we watched, and in the model by now. What a
 * load brings is not "added".
 * Signal "updated" (guint LanscopeChanges): devices that are in the model changed; all of a bundle, or-ed. Whoever keeps
 * them sorted must sort them anew before the handler returns: after it, others may come in. */

LanscopeDeviceStore *lanscope_device_store_new(void);

/* NULL: not known. Borrowed. */
LanscopeDevice *lanscope_device_store_lookup(LanscopeDeviceStore *self, const char *path);

/* A load: begin, take each page of ListDevices (an aa{sv}), end. Devices that no page and no signal named since begin
 * are gone. Those that stay are the same objects as before. */
void lanscope_device_store_begin_load(LanscopeDeviceStore *self);
void lanscope_device_store_load(LanscopeDeviceStore *self, GVariant *devices);
void lanscope_device_store_end_load(LanscopeDeviceStore *self);

/* What the signals of the service say. A change of a device that is not known is passed over: its page is yet to come. */
void lanscope_device_store_add(LanscopeDeviceStore *self, const char *path, GVariant *properties);
void lanscope_device_store_change(LanscopeDeviceStore *self, const char *path, GVariant *properties, const char **invalidated);
void lanscope_device_store_remove(LanscopeDeviceStore *self, const char *path);
void lanscope_device_store_clear(LanscopeDeviceStore *self);
