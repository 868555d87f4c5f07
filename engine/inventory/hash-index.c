/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The hash table of the inventory. Deletion moves later items of a probe run back (Knuth, TAOCP 3, 6.4, algorithm
 * R), so that there are no tombstones to clean up and look-ups stay short. */

#include "engine/inventory/hash-index.h"

#include <errno.h>
#include <stdlib.h>

#define SIZE_MIN 64

void hash_index_clear(struct hash_index *index) {
        free(index->slots);
        *index = (struct hash_index) {};
}

static void insert(struct hash_index *index, uint64_t hash, void *item) {
        size_t i = hash & (index->size - 1);

        while (index->slots[i].item)
                i = (i + 1) & (index->size - 1);
        index->slots[i] = (struct hash_index_slot) { hash, item };
}

static int grow(struct hash_index *index) {
        struct hash_index bigger = { .size = index->size ? index->size * 2 : SIZE_MIN, .count = index->count };

        bigger.slots = calloc(bigger.size, sizeof *bigger.slots);
        if (!bigger.slots)
                return -ENOMEM;
        for (size_t i = 0; i < index->size; i++)
                if (index->slots[i].item)
                        insert(&bigger, index->slots[i].hash, index->slots[i].item);
        free(index->slots);
        *index = bigger;
        return 0;
}

int hash_index_add(struct hash_index *index, uint64_t hash, void *item) {
        if ((index->count + 1) * 4 > index->size * 3) {
                int r = grow(index);

                if (r < 0)
                        return r;
        }
        insert(index, hash, item);
        index->count++;
        return 0;
}

/* Fills the hole at `hole` with whatever of the run behind it may stand there. */
static void close_hole(struct hash_index *index, size_t hole) {
        size_t mask = index->size - 1;

        for (size_t i = (hole + 1) & mask; index->slots[i].item; i = (i + 1) & mask) {
                size_t home = index->slots[i].hash & mask;

                if (((i - home) & mask) < ((i - hole) & mask))
                        continue;
                index->slots[hole] = index->slots[i];
                hole = i;
        }
        index->slots[hole] = (struct hash_index_slot) {};
}

void hash_index_remove(struct hash_index *index, uint64_t hash, const void *item) {
        if (index->size == 0)
                return;
        for (size_t i = hash & (index->size - 1); index->slots[i].item; i = (i + 1) & (index->size - 1))
                if (index->slots[i].hash == hash && index->slots[i].item == item) {
                        close_hole(index, i);
                        index->count--;
                        return;
                }
}
