/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <systemd/sd-bus.h>

#include "daemon/manager.h"

/* org.lanscope1.Network objects. They have no methods. */

extern const sd_bus_vtable network_vtable[];

int network_bus_register(struct manager *manager);
void network_bus_emit_changed(struct manager *manager, uint64_t id);
