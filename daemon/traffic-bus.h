/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "daemon/method-bus.h"

/* GetTraffic() of org.lanscope1.Manager. */

int traffic_bus_parse(struct method_call *call, sd_bus_error *error);
int traffic_bus_get(struct method_call *call, sd_bus_error *error);
