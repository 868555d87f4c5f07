/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <systemd/sd-bus.h>

#include "common/json-text.h"

/* Dictionaries from the bus as the records that lanscopectl prints, with the keys of daemon/records.h. What
 * a dictionary has no entry for is left out. NULL: no memory. The caller owns the result, which may share
 * values with its source. */
struct json_object *evidence_from_bus(struct json_object *evidence);
struct json_object *exception_from_bus(struct json_object *exception);
struct json_object *alert_from_bus(struct json_object *alert);
struct json_object *network_from_bus(struct json_object *properties);
/* The list that Explain() returns. */
struct json_object *reasons_from_bus(struct json_object *reasons);

/* A device from the a{sv} that comes next in a message. Read straight, for there may be thousands. -errno. */
int device_from_message(sd_bus_message *message, struct json_object **ret);
