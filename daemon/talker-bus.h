/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "daemon/method-bus.h"

/* ListTalkers() of org.lanscope1.Manager. */

int talker_bus_parse(struct method_call *call, sd_bus_error *error);
int talker_bus_list(struct method_call *call, sd_bus_error *error);
