/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A hash table of pointers that does not know its keys: several items may have one hash, and the caller compares.
 * Open addressing with linear probing; grows by itself, so its size is bounded by what is put in. */

struct hash_index {
        struct hash_index_slot {
                uint64_t hash;
                void *item; /* NULL: empty */
        } *slots;
        size_t size; /* a power of two, or 0 */
        size_t count;
};

void hash_index_clear(struct hash_index *index);
int hash_index_add(struct hash_index *index, uint64_t hash, void *item); /* -ENOMEM */
/* Does nothing if it is not in there. */
void hash_index_remove(struct hash_index *index, uint64_t hash, const void *item);

/* The items of `hash`, one by one: start with *position = 0. NULL behind the last. Inline, for everybody looks things up. */
static inline void *hash_index_next(const struct hash_index *index, uint64_t hash, size_t *position) {
        const struct hash_index_slot *slot;

        if (index->size == 0)
                return NULL;
        for (size_t i = (hash + *position) & (index->size - 1); (slot = &index->slots[i])->item; i = (i + 1) & (index->size - 1)) {
                (*position)++;
                if (slot->hash == hash)
                        return slot->item;
        }
        return NULL;
}
