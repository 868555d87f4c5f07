/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* The set of ids that wait to be written, each with what changed. 16 bytes an entry, so that marking ten
 * thousand devices costs less than copying one of them. */

struct store_dirty_entry {
        uint64_t id; /* never 0 */
        uint32_t changes;
};

struct store_dirty {
        struct store_dirty_entry *slots; /* open addressing; id 0: free */
        size_t n, n_slots;               /* n_slots is 0 or a power of two, at most 3/4 are taken */
};

void store_dirty_done(struct store_dirty *dirty);

/* -EINVAL for id 0; -ENOMEM. Nothing is changed on failure. */
int store_dirty_add(struct store_dirty *dirty, uint64_t id, uint32_t changes);

/* All entries, in the order of their rows. `*ret` is the caller's. */
int store_dirty_sorted(const struct store_dirty *dirty, struct store_dirty_entry **ret);

/* Forgets all but these, which must be some of its own. */
void store_dirty_keep(struct store_dirty *dirty, const struct store_dirty_entry *entries, size_t n);
