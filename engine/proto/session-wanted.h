/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/flow/flow-observation.h"

/* What of recent connections is still wanted, by hash: most segments belong to one of which nothing is. Overwritten freely:
 * who finds nothing here asks the session itself. Inline, because each packet asks. */

#define SESSION_WANTED_SLOTS 16384 /* a power of two */

/* In place of the lowest bits of a hash: of a session, or of a connection without one. */
enum session_wanted_bits {
        WANTED_DATA = 1 << 0,         /* << side: the bytes that it sends */
        WANTED_ACKNOWLEDGED = 1 << 2, /* << side: what of its bytes the other one acknowledges */
        WANTED_BITS = 15,
};

struct session_wanted {
        uint64_t slots[SESSION_WANTED_SLOTS]; /* 0: none */
};

static inline size_t session_wanted_place(uint64_t hash) {
        return (hash >> 4) % SESSION_WANTED_SLOTS;
}

static inline uint64_t *session_wanted_slot(struct session_wanted *wanted, uint64_t hash) {
        return &wanted->slots[session_wanted_place(hash)];
}

static inline void session_wanted_fetch(const struct session_wanted *wanted, uint64_t hash) {
        __builtin_prefetch(&wanted->slots[session_wanted_place(hash)], 1);
}

/* What is wanted of the connection; false: it is not known. */
static inline bool session_wanted_get(const struct session_wanted *wanted, uint64_t hash, unsigned *ret) {
        uint64_t slot = wanted->slots[session_wanted_place(hash)];

        *ret = slot & WANTED_BITS;
        return ((slot ^ hash) & ~(uint64_t) WANTED_BITS) == 0;
}

/* Is nothing wanted of a segment, which neither begins nor ends its connection? */
static inline bool session_wants_nothing(unsigned wanted, const struct flow_observation *o) {
        return wanted == 0 || ((o->payload == 0 || !(wanted & (unsigned) WANTED_DATA << o->direction)) &&
               !(wanted & (unsigned) WANTED_ACKNOWLEDGED << !o->direction));
}

/* Would session_table_feed() have nothing to do with this segment? Neither SYN, FIN nor RST is set. */
static inline bool session_wanted_is_settled(const struct session_wanted *wanted, const struct flow_observation *o) {
        unsigned bits;

        return session_wanted_get(wanted, o->hash, &bits) && session_wants_nothing(bits, o);
}
