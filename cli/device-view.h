/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdint.h>

#include "cli/screen.h"
#include "common/json-text.h"

/* Devices, as records, for people. `now` (us since the epoch) makes times relative; 0: they are told as
 * they are. `networks`: an object of id -> record, or NULL. All return 0 or -ENOMEM. */

/* Sorts a list of devices: "name", "ip", ... as --sort has them. */
int devices_sort(struct json_object *devices, const char *by, bool reverse);

int devices_print(const struct screen *screen, const struct options *options, struct json_object *devices,
                  struct json_object *networks, uint64_t now);
/* All that is known of one. */
int device_print_card(const struct screen *screen, struct json_object *device, struct json_object *networks, uint64_t now);
/* Why it is what it is: `reasons` as record_from_reasons() has them. */
void device_print_reasons(const struct screen *screen, struct json_object *device, struct json_object *reasons);

/* "12 devices, 9 online, the first of 99"; `all`: how many there are with those that are left out. */
void devices_print_total(struct json_object *devices, size_t all);
