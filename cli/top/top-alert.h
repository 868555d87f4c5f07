/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cli/top/top-list.h"
#include "common/json-text.h"

/* Alerts as rows. There are 1000 at most: a row keeps its whole record. */

struct top_alert {
        struct top_row row;
        struct json_object *record; /* as alert_from_bus() gives it */
};

extern const struct top_kind top_alerts;

/* The caller owns `*ret`. -ENOMEM. */
int top_alerts_from_records(struct json_object *records, struct top_row ***ret, size_t *ret_n);
