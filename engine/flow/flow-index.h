/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* From a hash to the numbers of flows that may have it: open addressing with linear probing, at most half full. A slot
 * holds a number of 24 bits, four bits of the hash, and how far it is from home (where the hash sends it), modulo 16: so
 * nobody need look at a flow to know whether it may move up, and what has another home is not taken for what is looked
 * for. Of what has the same home one in 16 is. */

#define FLOW_NUMBER_MASK UINT32_C(0xffffff)
#define FLOW_INDEX_STEP (UINT32_C(1) << 28) /* one place further from home */
#define FLOW_INDEX_STEPS 16

struct flow_index {
        uint32_t *slots; /* 0: empty */
        uint64_t mask;
};

/* Where a hash may be, and what stands there above the number. */
struct flow_probe {
        uint64_t place;
        uint32_t tag;
};

static inline struct flow_probe flow_index_probe(const struct flow_index *x, uint64_t hash) {
        return (struct flow_probe) { hash & x->mask, (uint32_t) (hash >> 36) & (FLOW_INDEX_STEP - 1) & ~FLOW_NUMBER_MASK };
}

/* Has the place where a hash is at home come in. */
static inline void flow_index_fetch(const struct flow_index *x, uint64_t hash) {
        __builtin_prefetch(&x->slots[hash & x->mask]);
}

static inline void flow_index_step(const struct flow_index *x, struct flow_probe *p) {
        p->place = (p->place + 1) & x->mask;
        p->tag += FLOW_INDEX_STEP;
}

/* The first number from there on that may have the hash; 0: none has. */
static inline uint32_t flow_index_find(const struct flow_index *x, struct flow_probe *p) {
        uint32_t number = x->slots[p->place] ^ p->tag;

        while (__builtin_expect(number > FLOW_NUMBER_MASK, false)) {
                if (number == p->tag)
                        return 0;
                flow_index_step(x, p);
                number = x->slots[p->place] ^ p->tag;
        }
        return number;
}

/* The same, of one that most likely is at home. */
static inline uint32_t flow_index_guess(const struct flow_index *x, struct flow_probe *p) {
        uint32_t number = x->slots[p->place] ^ p->tag;

        return __builtin_expect(number <= FLOW_NUMBER_MASK, true) ? number : flow_index_find(x, p);
}

/* The probe that has come to `place`. */
static inline struct flow_probe flow_index_probe_at(const struct flow_index *x, uint64_t hash, uint32_t place) {
        struct flow_probe p = flow_index_probe(x, hash);

        return (struct flow_probe) { place, p.tag + (place - (uint32_t) p.place) * FLOW_INDEX_STEP };
}

/* The first empty place for a hash. There must be room. */
static inline struct flow_probe flow_index_find_empty(const struct flow_index *x, uint64_t hash) {
        struct flow_probe p = flow_index_probe(x, hash);

        while (x->slots[p.place] != 0)
                flow_index_step(x, &p);
        return p;
}

/* Where flow_index_find_empty() ended, or flow_index_find() in vain. */
static inline void flow_index_put(struct flow_index *x, struct flow_probe p, uint32_t number) {
        x->slots[p.place] = p.tag | number;
}

/* `slots`: a power of two. */
int flow_index_init(struct flow_index *index, uint64_t slots);
void flow_index_done(struct flow_index *index);
/* There must be room. */
void flow_index_insert(struct flow_index *index, uint64_t hash, uint32_t number);
/* `hash_of` gives the hash of a number in the index; it is asked for where many stand in a row. */
void flow_index_remove(struct flow_index *index, uint64_t hash, uint32_t number,
                       uint64_t (*hash_of)(const void *userdata, uint32_t number), const void *userdata);
