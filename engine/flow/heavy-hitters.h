/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdint.h>

#include "common/address.h"
#include "common/macro.h"

/* Who moves most, out of any number, in memory for just so many: Space-Saving (A. Metwally, D. Agrawal, A. El Abbadi,
 * "Efficient computation of frequent and top-k elements in data streams", 2005), with bytes for weights. Whoever is new
 * when all places are taken gets that of the one who moved least, and could have moved as much unseen: that is its
 * `error`.
 *
 * With k places, of which all together moved W bytes since the last turn:
 *   - whoever moved more than W / k is among them;
 *   - `bytes` of each are exact since it came in, and at most `error` <= W / k are missing;
 *   - the sum of bytes + error over all places is W, and bytes alone are exact for whoever had its place at the turn.
 * The same additions give the same places; nothing that only asks changes them.
 *
 * Memory: 104 bytes a place, all at once. An addition takes O(log k). */

#define HEAVY_HITTERS_MAX 65536 /* places */

struct heavy_key {
        uint64_t words[3];
};

static inline struct heavy_key heavy_key_of_address(const struct ip_address *ip) {
        struct heavy_key key = { { 0, 0, ip->family } };

        memcpy(key.words, ip->bytes, sizeof ip->bytes);
        return key;
}

struct ip_address heavy_key_to_address(const struct heavy_key *key);

/* By direction: [0] what it sent, [1] what it got. */
struct heavy_amounts {
        uint64_t bytes[2], packets[2];
};

struct heavy_hitter {
        struct heavy_key key;
        struct heavy_amounts amounts; /* since it has its place, or since the last turn */
        uint64_t error;               /* bytes, both ways: what it may have moved before, at most */
};

struct heavy_hitters;

/* `places`: 1 to HEAVY_HITTERS_MAX. `seed`: of the hash, random where keys come from the network. -EINVAL, -ENOMEM. */
int heavy_hitters_new(struct heavy_hitters **ret, uint32_t places, uint64_t seed);
struct heavy_hitters *heavy_hitters_free(struct heavy_hitters *hitters);
DEFINE_CLEANUP(struct heavy_hitters *, heavy_hitters_free)

void heavy_hitters_add(struct heavy_hitters *hitters, const struct heavy_key *key, const struct heavy_amounts *amounts);

/* The most bytes first, of equals the smaller key; at most `n` into `ret`, those without any left out. How many. */
size_t heavy_hitters_get(const struct heavy_hitters *hitters, struct heavy_hitter *ret, size_t n);
/* Begins to count anew. Whoever has a place keeps it until somebody else needs it. */
void heavy_hitters_turn(struct heavy_hitters *hitters);

struct heavy_counters {
        uint64_t bytes;    /* all that was added since the last turn: W */
        uint64_t displaced;/* lost their place, ever */
        uint32_t places, taken;
};
void heavy_hitters_get_counters(const struct heavy_hitters *hitters, struct heavy_counters *ret);
