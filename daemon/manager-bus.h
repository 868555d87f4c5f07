/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <systemd/sd-bus.h>

#include "daemon/manager.h"
#include "daemon/method-bus.h"

/* The connection, the Manager object, and the object manager of the whole tree. */

extern const struct method manager_methods[];
extern const sd_bus_vtable manager_vtable[];

/* Opens the bus and takes the name, before anything is touched that another instance may be using. Calls wait
 * until the loop runs. -EEXIST: the name is taken; -EPERM: the bus does not allow it; says so in the log. */
int manager_bus_connect(struct manager *manager);
/* Puts all objects on the bus and the bus on the loop. */
int manager_bus_register(struct manager *manager);
/* Does the bus not take what is said? Signals are held back then. */
bool manager_bus_is_congested(const struct manager *manager);
/* The callbacks of changes.h. */
extern const struct changes_ops manager_bus_changes;
