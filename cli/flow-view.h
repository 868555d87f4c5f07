/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cli/bus.h"
#include "cli/screen.h"

/* Flows of the service: as records, with the keys that 'analyze --flows' has, and as a table for people. */

/* The flows that the filters in `options` let through, in its order. Failures are said. */
int bus_list_flows(sd_bus *bus, const struct options *options, struct json_object **ret);

/* -ENOMEM. `now`: us since the epoch. */
int flows_print(const struct screen *screen, const struct options *options, struct json_object *flows, uint64_t now);
