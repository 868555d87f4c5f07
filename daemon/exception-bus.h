/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "daemon/method-bus.h"

/* MuteAlerts, UnmuteAlerts and ListExceptions of the manager. */

int exception_bus_parse_mute(struct method_call *call, sd_bus_error *error);
int exception_bus_mute(struct method_call *call, sd_bus_error *error);
int exception_bus_parse_unmute(struct method_call *call, sd_bus_error *error);
int exception_bus_unmute(struct method_call *call, sd_bus_error *error);
int exception_bus_list(struct method_call *call, sd_bus_error *error);
