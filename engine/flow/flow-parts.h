/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "engine/flow/flow-pool.h"
#include "engine/flow/flow-table.h"

/* The inside of a flow table, for flow-delta.c. */

struct flow_parts {
        uint32_t number;
        struct flow_entry *entry;
        struct flow_more *more;
        struct flow_analysis *analysis; /* NULL: not TCP, or not wanted */
};

/* Finds or begins the flow of `o`, which is the first packet as far as that is known; nothing is counted. The time
 * may lie in the past. `opened`: when the SYN came, ns, if `o` is one; else 0. Valid until the next call on the table. */
void flow_table_reach(struct flow_table *table, struct flow_observation *o, uint64_t opened, struct flow_parts *ret);
/* Moves the flow on as a segment with o's flags, payload and direction does. Neither counts nor analyses it. */
void flow_table_step(struct flow_table *table, const struct flow_parts *parts, const struct flow_observation *o);
/* The history gets this letter for segments of that direction. */
void flow_table_note(const struct flow_parts *parts, unsigned direction, enum flow_letter letter);
/* Adds to the table's totals. */
void flow_table_count(struct flow_table *table, uint64_t packets, uint64_t bytes);
