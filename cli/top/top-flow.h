/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cli/top/top-record.h"

/* Flows as rows: records of ListFlows, with the keys that they have on the bus. */

extern const struct top_kind top_flows;

/* The caller owns `*ret`. -ENOMEM. */
int top_flows_from_records(struct json_object *records, struct top_row ***ret, size_t *ret_n);

/* The order to ask ListFlows for, so that those that the list shows first are among the answer. */
const char *top_flows_sort(const struct top_list *list);

/* The first word of a filter that is an IP address. False: none is. */
bool top_flows_address(const char *filter, char ret[static TOP_FILTER_MAX]);

/* An end of a flow for people: what it is called and its port. `end` is "Initiator" or "Responder". */
void top_flow_format_end(struct json_object *record, const char *end, struct strbuf *b);
/* us since the epoch. */
uint64_t top_flow_last_seen(const struct top_row *row);
