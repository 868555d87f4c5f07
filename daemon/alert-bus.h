/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <systemd/sd-bus.h>

#include "daemon/manager.h"
#include "daemon/method-bus.h"

/* Alerts in messages. Whom a device was in contact with is not for everybody on the bus: signals, which all hear, say
 * what happened and to which device; the rest tells ListAlerts to who may inspect traffic. */

/* Appends the a{sv} of ListAlerts; `in_full`: with peer, details, and its own message. 0 or -errno. */
int alert_bus_append(sd_bus_message *m, const struct alert *alert, bool in_full);
/* ListAlerts: what it is asked for, and the reply. */
int alert_bus_parse_list(struct method_call *call, sd_bus_error *error);
int alert_bus_list(struct method_call *call, sd_bus_error *error);

int alert_bus_emit_raised(sd_bus *bus, const struct alert *alert);
int alert_bus_emit_changed(sd_bus *bus, const struct alert *alert);
int alert_bus_emit_acknowledged(sd_bus *bus, const uint64_t *ids, size_t n);
