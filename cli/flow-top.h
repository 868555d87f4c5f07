/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stddef.h>

#include "engine/flow/flow-record.h"

/* The flows with the most bytes of all that were offered, in memory for just so many. */

struct flow_top {
        struct flow_record *records; /* a heap, the least on top, until flow_top_sort() */
        size_t n, limit;
};

int flow_top_init(struct flow_top *top, size_t limit);
void flow_top_done(struct flow_top *top);
void flow_top_offer(struct flow_top *top, const struct flow_record *record);
/* The most bytes first; nothing may be offered after. */
void flow_top_sort(struct flow_top *top);
