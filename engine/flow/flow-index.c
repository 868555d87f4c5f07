/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Hash slots without tombstones: what stands behind a hole moves up, so that looking up never gets slower. */

#include "engine/flow/flow-index.h"

#include <errno.h>
#include <stdlib.h>

#include "engine/flow/flow-pool.h"

/* What is smaller is ordinary memory. */
#define LARGE (512 * 1024)

int flow_index_init(struct flow_index *x, uint64_t slots) {
        size_t size = slots * sizeof *x->slots;

        x->slots = size < LARGE ? calloc(1, size) : flow_memory_map_dense(size);
        x->mask = slots - 1;
        return x->slots ? 0 : -ENOMEM;
}

void flow_index_done(struct flow_index *x) {
        size_t size = (x->mask + 1) * sizeof *x->slots;

        if (size < LARGE)
                free(x->slots);
        else
                flow_memory_unmap(x->slots, size);
        x->slots = NULL;
}

void flow_index_insert(struct flow_index *x, uint64_t hash, uint32_t number) {
        flow_index_put(x, flow_index_find_empty(x, hash), number);
}

/* The first of the slots in use that stand in a row before `place`, or the sixteenth; any where none stands behind it. */
static uint64_t begin_of_row(const struct flow_index *x, uint64_t place) {
        if (x->slots[(place + 1) & x->mask] == 0)
                return place;
        for (unsigned i = 0; i < FLOW_INDEX_STEPS && x->slots[(place - 1) & x->mask] != 0; i++)
                place = (place - 1) & x->mask;
        return place;
}

void flow_index_remove(struct flow_index *x, uint64_t hash, uint32_t number,
                       uint64_t (*hash_of)(const void *userdata, uint32_t number), const void *userdata) {
        uint64_t hole = hash & x->mask, begin;

        while ((x->slots[hole] & FLOW_NUMBER_MASK) != number)
                hole = (hole + 1) & x->mask;
        begin = begin_of_row(x, hole);
        for (uint64_t i = (hole + 1) & x->mask; x->slots[i] != 0; i = (i + 1) & x->mask) {
                uint64_t distance = x->slots[i] / FLOW_INDEX_STEP, ahead = (i - hole) & x->mask;

                /* What stands 16 places from home has all of these before it in its row. */
                if (((i - begin) & x->mask) >= FLOW_INDEX_STEPS)
                        distance = (i - hash_of(userdata, x->slots[i] & FLOW_NUMBER_MASK)) & x->mask;
                /* Would it still be found from its home, were it in the hole? */
                if (distance < ahead)
                        continue;
                x->slots[hole] = x->slots[i] - (uint32_t) ahead * FLOW_INDEX_STEP;
                hole = i;
        }
        x->slots[hole] = 0;
}
