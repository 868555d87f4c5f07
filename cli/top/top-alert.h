/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cli/top/top-record.h"

/* Alerts as rows: records as alert_from_bus() gives them. There are 1000 at most. */

extern const struct top_kind top_alerts;

/* The caller owns `*ret`. -ENOMEM. */
int top_alerts_from_records(struct json_object *records, struct top_row ***ret, size_t *ret_n);
