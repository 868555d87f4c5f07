/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <systemd/sd-bus.h>

#include "daemon/manager.h"
#include "daemon/method-bus.h"

/* org.lanscope1.Device objects. */

extern const struct method device_methods[];
extern const sd_bus_vtable device_vtable[];

int device_bus_register(struct manager *manager);
/* Property signals for enum device_change. */
void device_bus_emit_changed(struct manager *manager, uint64_t id, uint32_t changes);
