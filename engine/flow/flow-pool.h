/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/address.h"
#include "engine/flow/flow-tcp.h"

/* The memory of a flow table: flows by number, in arrays that take up as much as is used of them. What every packet
 * touches is one cache line; the rest stands apart. */

enum flow_entry_bits {
        ENTRY_INITIATOR_HIGH = 1 << 0, /* the initiator is the higher end */
        ENTRY_INITIATOR_KNOWN = 1 << 1,
        ENTRY_FIRST_HIGH = 1 << 2,     /* the first packet came from the higher end */
        ENTRY_FIN_HIGH = 1 << 3,       /* the first FIN came from the higher end */
        ENTRY_IS_TCP = 1 << 4,
        ENTRY_ALONE = 1 << 5,          /* its analysis has not begun: a packet each way at most, none to be analysed */
        ENTRY_WAITS = 1 << 6,          /* in the list of those that wait for their first answer */
        ENTRY_EARLY = 1 << 7,          /* still in the ring of connections that open: its turn comes sooner than it must */
};

/* By direction: [0] sent by the lower end. Low words of counters; high ones are in struct flow_more. */
struct flow_entry {
        uint64_t addresses, rest; /* key, as in struct flow_observation */
        uint64_t last[2];
        uint32_t bytes[2], packets[2];
        struct {
                uint16_t shortest, longest;
        } lengths[2];
        uint8_t tcp_flags[2];
        uint8_t letters[2]; /* bits of enum flow_letter: those in the history */
        uint8_t settled[2]; /* packets that need no look any more: see flow_frame_news() */
        uint8_t state;      /* enum flow_state */
        uint8_t bits;       /* enum flow_entry_bits */
};

struct flow_more {
        /* Of a direction that no packet went nothing; while ENTRY_ALONE of that which the first packet did not go nothing,
         * or what flow-table.c keeps of a lone SYN. */
        uint64_t first[2];
        /* A one, then four bits a letter: enum flow_letter * 2 + direction. The sixteenth pushes the one out. */
        uint64_t history;
        uint32_t links[2]; /* in its list (flow-lists.h), 24 bits; above them the packets' high words */
        uint16_t bytes_high[2];
        struct mac_address macs[2];
};

_Static_assert(sizeof(struct flow_entry) == 64, "one cache line");
_Static_assert(sizeof(struct flow_more) == 48, "");

static inline uint32_t flow_more_packets_high(const struct flow_more *m, unsigned direction) {
        return m->links[direction] >> 24;
}

/* Up to 255; nobody counts 2^40 packets. */
static inline void flow_more_set_packets_high(struct flow_more *m, unsigned direction, uint32_t high) {
        m->links[direction] = (m->links[direction] & UINT32_C(0xffffff)) | high << 24;
}

struct flow_ends {
        uint8_t bytes[2][16];
};

#define FLOW_POOL_AHEAD 16 /* flows that begin soon; their memory was not looked at for long, or never */

/* Numbers of IPv4 flows are 1 to `limit`, those of IPv6 `limit` more, so that one array holds both and no look-up
 * has to ask which it is. */
struct flow_pool {
        struct flow_entry *entries;
        struct flow_more *more;
        struct flow_ends *ends;         /* IPv6 alone, by number - limit */
        struct flow_analysis *analyses; /* NULL: no analysis */
        uint32_t limit;
        uint32_t fresh[2];              /* by family: numbers from here on were never used */
        uint32_t free[2];               /* list of numbers given back */
};

int flow_pool_init(struct flow_pool *pool, uint32_t limit, bool analysis);
void flow_pool_done(struct flow_pool *pool);
/* There must be one left: fewer than `limit` in use. */
static inline uint32_t flow_pool_take(struct flow_pool *p, bool ipv6) {
        uint32_t number = p->free[ipv6];

        if (number == 0) {
                number = p->fresh[ipv6]++;
                __builtin_prefetch(&p->entries[number + FLOW_POOL_AHEAD], 1);
                __builtin_prefetch(&p->more[number + FLOW_POOL_AHEAD], 1);
                return number;
        }
        p->free[ipv6] = p->more[number].links[0];
        return number;
}

/* The entry then has a key that no packet has. */
void flow_pool_give(struct flow_pool *pool, uint32_t number);
/* The numbers in use, one by one: start with 0. 0: that was the last. */
uint32_t flow_pool_next(const struct flow_pool *pool, uint32_t number);
/* All numbers at once. */
void flow_pool_reset(struct flow_pool *pool);

/* Zeroed memory that costs nothing until it is touched; NULL: none to be had. In huge pages behind the first few
 * megabytes, so that a small table stays small; or from the start, where all of it is used at once. */
void *flow_memory_map(size_t size);
void *flow_memory_map_dense(size_t size);
void flow_memory_unmap(void *memory, size_t size);
