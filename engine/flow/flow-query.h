/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stddef.h>

#include "engine/flow/flow-record.h"

/* Some flows out of many: which ones, in what order, and no more than so many. */

struct flow_item {
        struct flow_record record;
        uint64_t rate; /* bit/s, both ways */
        bool active;
};

struct flow_filter {
        struct ip_address address; /* of either end: in this prefix; family 0: any */
        uint8_t prefix_length;
        int port;                  /* of either end, not of ICMP; -1: any */
        int protocol;              /* -1: any */
        enum flow_state state;     /* _FLOW_STATE_MAX: any */
        int active;                /* 1: only such, 0: only others, -1: either */
};
#define FLOW_FILTER_ALL \
        ((struct flow_filter) { .port = -1, .protocol = -1, .state = _FLOW_STATE_MAX, .active = -1 })

bool flow_filter_matches(const struct flow_filter *filter, const struct flow_record *record, bool active);
/* "192.0.2.7", "192.0.2.0/24", "2001:db8::/32". -EINVAL. */
int flow_filter_parse_address(const char *text, struct flow_filter *ret);

enum flow_sort { FLOW_SORT_BYTES, FLOW_SORT_RATE, FLOW_SORT_RTT, FLOW_SORT_RETRANSMISSIONS, FLOW_SORT_LAST,
                 _FLOW_SORT_MAX };
const char *flow_sort_to_string(enum flow_sort sort);
enum flow_sort flow_sort_from_string(const char *s); /* _FLOW_SORT_MAX: there is none */

/* The greatest of all that were offered, in memory for just so many. */
struct flow_top {
        struct flow_item *items; /* a heap, the least on top, until flow_top_sort() */
        size_t n, limit, room;
        enum flow_sort sort;
};

/* `limit` is at least 1; memory grows up to it. */
void flow_top_init(struct flow_top *top, size_t limit, enum flow_sort sort);
void flow_top_done(struct flow_top *top);
/* May a flow be one of them that moved so many bytes both ways and began then? The later one of two that moved as many comes
 * behind, as most of a flood do. */
bool flow_top_has_room(const struct flow_top *top, uint64_t bytes, uint64_t first);
/* -ENOMEM. */
int flow_top_offer(struct flow_top *top, const struct flow_item *item);
/* The same of a flow without a rate. */
int flow_top_offer_record(struct flow_top *top, const struct flow_record *record);
/* The greatest first; nothing may be offered after. */
void flow_top_sort(struct flow_top *top);
