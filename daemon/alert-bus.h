/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <systemd/sd-bus.h>

#include "daemon/manager.h"

/* Alerts in messages. */

/* Appends the a{sv} of ListAlerts and AlertRaised. 0 or -errno. */
int alert_bus_append(sd_bus_message *m, const struct alert *alert);
/* An upper bound of the bytes that this takes. */
size_t alert_bus_size(const struct alert *alert);

int alert_bus_emit_raised(sd_bus *bus, const struct alert *alert);
int alert_bus_emit_changed(sd_bus *bus, const struct alert *alert);
int alert_bus_emit_acknowledged(sd_bus *bus, const uint64_t *ids, size_t n);
