/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* From a hash to the numbers of flows that may have it: open addressing with linear probing, at most half full. A slot
 * holds a number of 24 bits and the hash's top eight, so that a wrong flow is looked at one time in 256. */

#define FLOW_NUMBER_MASK UINT32_C(0xffffff)

struct flow_index {
        uint32_t *slots; /* 0: empty */
        uint64_t mask;
};

static inline uint32_t flow_index_slot(uint64_t hash, uint32_t number) {
        return ((uint32_t) (hash >> 32) & ~FLOW_NUMBER_MASK) | number;
}

static inline int flow_index_may_be(uint32_t slot, uint64_t hash) {
        return (slot ^ flow_index_slot(hash, 0)) <= FLOW_NUMBER_MASK;
}

/* The first number that may have the hash; 0: none has. */
static inline uint32_t flow_index_guess(const struct flow_index *x, uint64_t hash) {
        uint64_t i = hash & x->mask;
        uint32_t tag = flow_index_slot(hash, 0), number = x->slots[i] ^ tag;

        while (__builtin_expect(number > FLOW_NUMBER_MASK, false)) {
                if (number == tag)
                        return 0;
                i = (i + 1) & x->mask;
                number = x->slots[i] ^ tag;
        }
        return number;
}

/* `slots`: a power of two. */
int flow_index_init(struct flow_index *index, uint64_t slots);
void flow_index_done(struct flow_index *index);
/* There must be room. */
void flow_index_insert(struct flow_index *index, uint64_t hash, uint32_t number);
/* `hash_of` gives the hash of a number in the index. */
void flow_index_remove(struct flow_index *index, uint64_t hash, uint32_t number,
                       uint64_t (*hash_of)(const void *userdata, uint32_t number), const void *userdata);
