/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "daemon/method-bus.h"

/* Flows in messages: ListFlows() of org.lanscope1.Manager. */

/* Flows a call gives: unless it says otherwise, and at most. */
#define FLOWS_DEFAULT 1000u
#define FLOWS_MAX 10000u

int flow_bus_parse_list(struct method_call *call, sd_bus_error *error);
int flow_bus_list(struct method_call *call, sd_bus_error *error);
