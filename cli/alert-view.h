/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdint.h>

#include "cli/screen.h"
#include "common/json-text.h"

/* Alerts, as records, for people. `now` as for devices. 0 or -ENOMEM. */
int alerts_print(const struct screen *screen, const struct options *options, struct json_object *alerts, uint64_t now);
