/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Hash slots without tombstones: what stands behind a hole moves up, so that looking up never gets slower. */

#include "engine/flow/flow-index.h"

#include <errno.h>

#include "engine/flow/flow-pool.h"

int flow_index_init(struct flow_index *x, uint64_t slots) {
        x->slots = flow_memory_map_dense(slots * sizeof *x->slots);
        x->mask = slots - 1;
        return x->slots ? 0 : -ENOMEM;
}

void flow_index_done(struct flow_index *x) {
        flow_memory_unmap(x->slots, (x->mask + 1) * sizeof *x->slots);
        x->slots = NULL;
}

void flow_index_insert(struct flow_index *x, uint64_t hash, uint32_t number) {
        uint64_t i = hash & x->mask;

        while (x->slots[i] != 0)
                i = (i + 1) & x->mask;
        x->slots[i] = flow_index_slot(hash, number);
}

void flow_index_remove(struct flow_index *x, uint64_t hash, uint32_t number,
                       uint64_t (*hash_of)(const void *userdata, uint32_t number), const void *userdata) {
        uint64_t hole = hash & x->mask;

        while ((x->slots[hole] & FLOW_NUMBER_MASK) != number)
                hole = (hole + 1) & x->mask;
        for (uint64_t i = (hole + 1) & x->mask; x->slots[i] != 0; i = (i + 1) & x->mask) {
                uint64_t home = hash_of(userdata, x->slots[i] & FLOW_NUMBER_MASK) & x->mask;

                /* Would it still be found from its home, were it in the hole? */
                if (((i - home) & x->mask) < ((i - hole) & x->mask))
                        continue;
                x->slots[hole] = x->slots[i];
                hole = i;
        }
        x->slots[hole] = 0;
}
