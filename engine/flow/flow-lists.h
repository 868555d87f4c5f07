/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "engine/flow/flow-index.h"
#include "engine/flow/flow-pool.h"

/* Lists of flows, linked both ways through the pool, so that a flow leaves its list without anybody knowing which it is.
 * Each list is a ring through a head of its own, which is numbered like a flow behind all that there can be. */

#define FLOW_LISTS 8192
#define FLOW_LISTS_BASE (FLOW_NUMBER_MASK - FLOW_LISTS + 1) /* the first head's number */

enum { FLOW_NEXT, FLOW_PREVIOUS };

struct flow_lists {
        struct flow_more *more;
        uint32_t heads[FLOW_LISTS][2];
};

static inline uint32_t *flow_lists_link(struct flow_lists *l, uint32_t number, unsigned side) {
        return number >= FLOW_LISTS_BASE ? &l->heads[number - FLOW_LISTS_BASE][side] : &l->more[number].links[side];
}

/* The upper bits are somebody else's. */
static inline void flow_link_set(uint32_t *link, uint32_t to) {
        *link = (*link & ~FLOW_NUMBER_MASK) | to;
}

static inline void flow_lists_set(struct flow_lists *l, uint32_t number, unsigned side, uint32_t to) {
        flow_link_set(flow_lists_link(l, number, side), to);
}

static inline uint32_t flow_lists_get(const struct flow_lists *l, uint32_t number, unsigned side) {
        return *flow_lists_link((struct flow_lists *) l, number, side) & FLOW_NUMBER_MASK;
}

/* All empty. `pool` must have its memory, and outlives the lists. */
static inline void flow_lists_init(struct flow_lists *l, const struct flow_pool *pool) {
        l->more = pool->more;
        for (uint32_t i = 0; i < FLOW_LISTS; i++)
                l->heads[i][FLOW_NEXT] = l->heads[i][FLOW_PREVIOUS] = FLOW_LISTS_BASE + i;
}

/* 0: the list is empty. */
static inline uint32_t flow_lists_first(const struct flow_lists *l, uint32_t list) {
        uint32_t number = l->heads[list][FLOW_NEXT];

        return number >= FLOW_LISTS_BASE ? 0 : number;
}

/* The one behind `number`, which is in a list or was when the list was taken; 0: it is the last. */
static inline uint32_t flow_lists_next(const struct flow_lists *l, uint32_t number) {
        uint32_t next = flow_lists_get(l, number, FLOW_NEXT);

        return next >= FLOW_LISTS_BASE ? 0 : next;
}

/* Takes all of them out at once: returns the first, flow_lists_next() has the others. */
static inline uint32_t flow_lists_take(struct flow_lists *l, uint32_t list) {
        uint32_t first = flow_lists_first(l, list);

        l->heads[list][FLOW_NEXT] = l->heads[list][FLOW_PREVIOUS] = FLOW_LISTS_BASE + list;
        return first;
}

static inline void flow_lists_append(struct flow_lists *l, uint32_t list, uint32_t number) {
        uint32_t head = FLOW_LISTS_BASE + list, last = l->heads[list][FLOW_PREVIOUS];
        uint32_t *links = l->more[number].links; /* no head's, which need not be asked */

        flow_link_set(&links[FLOW_PREVIOUS], last);
        flow_link_set(&links[FLOW_NEXT], head);
        flow_lists_set(l, last, FLOW_NEXT, number);
        l->heads[list][FLOW_PREVIOUS] = number;
}

static inline void flow_lists_remove(struct flow_lists *l, uint32_t number) {
        uint32_t next = flow_lists_get(l, number, FLOW_NEXT), previous = flow_lists_get(l, number, FLOW_PREVIOUS);

        flow_lists_set(l, previous, FLOW_NEXT, next);
        flow_lists_set(l, next, FLOW_PREVIOUS, previous);
}
