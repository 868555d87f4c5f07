/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cli/top/top-list.h"
#include "common/json-text.h"

/* Flows as rows. There are as many as were asked for, so a row keeps its whole record: that of ListFlows, with the keys
 * that it has on the bus. */

struct top_flow {
        struct top_row row;
        struct json_object *record;
};

extern const struct top_kind top_flows;

/* The caller owns `*ret`. -ENOMEM. */
int top_flows_from_records(struct json_object *records, struct top_row ***ret, size_t *ret_n);

/* The order to ask ListFlows for, so that those that the list shows first are among the answer. */
const char *top_flows_sort(const struct top_list *list);

/* An end of a flow for people: what it is called and its port. `end` is "Initiator" or "Responder". */
void top_flow_format_end(struct json_object *record, const char *end, struct strbuf *b);
/* us since the epoch. */
uint64_t top_flow_last_seen(const struct top_row *row);
