/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cli/top/top-list.h"
#include "common/json-text.h"

/* Devices as rows. */

#define TOP_DEVICE_HISTORY 24

struct top_device {
        struct top_row row;
        const char *name, *type, *vendor, *model, *os, *ip, *mac, *network, *hostname, *presence; /* in `text` */
        char *text;
        uint64_t last_seen; /* us since the epoch */
        uint64_t bytes, packets; /* both ways, since it is known */
        uint64_t bits_per_second, packets_per_second;
        uint64_t counted;   /* us, monotonic: when bytes and packets were read */
        uint32_t history[TOP_DEVICE_HISTORY]; /* kbit/s, oldest first */
        size_t n_history;
        bool self, gateway, trusted;
};

extern const struct top_kind top_devices;

/* From records as device_from_message() gives them. `before`: the rows of the last picture, in any order, which rates
 * and histories go on from; `counted`: us, monotonic. The caller owns `*ret`. -ENOMEM. */
int top_devices_from_records(struct json_object *records, struct top_list *before, uint64_t counted,
                             struct top_row ***ret, size_t *ret_n);
