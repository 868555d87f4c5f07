/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cli/top/top-record.h"

/* Who moves most as rows: records of ListTalkers, with the keys that they have on the bus. */

extern const struct top_kind top_talkers;

/* The caller owns `*ret`. -ENOMEM. */
int top_talkers_from_records(struct json_object *records, struct top_row ***ret, size_t *ret_n);
