/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A hash set without deletion of single entries: a flush empties it, or puts back what it did not get to. */

#include "daemon/store-dirty.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS_MIN 64
#define SLOTS_KEPT 1024 /* an empty set gives its memory back above this */

static size_t slot_of(const struct store_dirty *dirty, uint64_t id) {
        /* Fibonacci hashing; ids that count up and ids that are random both spread. */
        return (size_t) ((id * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & (dirty->n_slots - 1);
}

void store_dirty_done(struct store_dirty *dirty) {
        free(dirty->slots);
        *dirty = (struct store_dirty) { 0 };
}

static struct store_dirty_entry *find_slot(const struct store_dirty *dirty, uint64_t id) {
        size_t i = slot_of(dirty, id);

        while (dirty->slots[i].id != 0 && dirty->slots[i].id != id)
                i = (i + 1) & (dirty->n_slots - 1);
        return &dirty->slots[i];
}

static int grow(struct store_dirty *dirty) {
        struct store_dirty next = { .n = dirty->n, .n_slots = dirty->n_slots ? dirty->n_slots * 2 : SLOTS_MIN };

        next.slots = calloc(next.n_slots, sizeof *next.slots);
        if (!next.slots)
                return -ENOMEM;
        for (size_t i = 0; i < dirty->n_slots; i++)
                if (dirty->slots[i].id != 0)
                        *find_slot(&next, dirty->slots[i].id) = dirty->slots[i];
        free(dirty->slots);
        *dirty = next;
        return 0;
}

int store_dirty_add(struct store_dirty *dirty, uint64_t id, uint32_t changes) {
        struct store_dirty_entry *entry;

        if (id == 0)
                return -EINVAL;
        if (dirty->n >= dirty->n_slots / 4 * 3) {
                int r = grow(dirty);

                if (r < 0)
                        return r;
        }
        entry = find_slot(dirty, id);
        if (entry->id == 0) {
                entry->id = id;
                dirty->n++;
        }
        entry->changes |= changes;
        return 0;
}

/* Rows are kept in the order of signed numbers. */
static int compare_rows(const void *a, const void *b) {
        int64_t x = (int64_t) ((const struct store_dirty_entry *) a)->id;
        int64_t y = (int64_t) ((const struct store_dirty_entry *) b)->id;

        return (x > y) - (x < y);
}

int store_dirty_sorted(const struct store_dirty *dirty, struct store_dirty_entry **ret) {
        struct store_dirty_entry *entries = malloc((dirty->n + 1) * sizeof *entries);
        size_t n = 0;

        if (!entries)
                return -ENOMEM;
        for (size_t i = 0; i < dirty->n_slots; i++)
                if (dirty->slots[i].id != 0)
                        entries[n++] = dirty->slots[i];
        qsort(entries, n, sizeof *entries, compare_rows);
        *ret = entries;
        return 0;
}

void store_dirty_keep(struct store_dirty *dirty, const struct store_dirty_entry *entries, size_t n) {
        if (n == 0 && dirty->n_slots > SLOTS_KEPT) {
                store_dirty_done(dirty);
                return;
        }
        if (dirty->n_slots > 0)
                memset(dirty->slots, 0, dirty->n_slots * sizeof *dirty->slots);
        for (size_t i = 0; i < n; i++)
                *find_slot(dirty, entries[i].id) = entries[i];
        dirty->n = n;
}
