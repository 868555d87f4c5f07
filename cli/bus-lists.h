/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cli/bus.h"

/* Records of whole lists from the service. Failures are said, and returned as negative errno. */

/* All devices that the filters in `options` let through, and those networks that they are in (an object of
 * id -> record; `ret_networks` may be NULL). */
int bus_list_devices(sd_bus *bus, const struct options *options, struct json_object **ret, struct json_object **ret_networks);
/* The networks of a list of devices. */
int bus_list_networks(sd_bus *bus, struct json_object *devices, struct json_object **ret);
/* Exceptions out of the reply to ListExceptions. */
int bus_read_exceptions(sd_bus_message *reply, struct json_object **ret);
int bus_list_alerts(sd_bus *bus, const struct options *options, struct json_object **ret);
/* One alert. There is none: -ENOENT, which is not said. */
int bus_get_alert(sd_bus *bus, uint64_t id, struct json_object **ret);

/* One device; evidence included. */
int bus_get_device(sd_bus *bus, const char *path, struct json_object **ret);
