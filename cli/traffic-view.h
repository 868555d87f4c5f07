/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cli/bus.h"
#include "cli/screen.h"

/* History of traffic: as a record, and for people. */

/* Of the device at `path`, NULL for all. Failures are said. */
int bus_get_traffic(sd_bus *bus, const struct options *options, const char *path, struct json_object **ret);

/* -ENOMEM. */
int traffic_print(const struct screen *screen, const struct options *options, struct json_object *traffic,
                  bool one_device);
