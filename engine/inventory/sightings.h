/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <string.h>

#include "common/macro.h"
#include "engine/inventory/inventory.h"
#include "engine/packet/frame.h"

/* Counts who sends and who is sent to, by interface, VLAN and MAC, for one short interval: a probe or two of a small
 * table a frame. The inventory gets the sums. */

struct sightings;

/* `seed`: see struct engine_config. */
int sightings_new(struct sightings **ret, uint64_t seed);
struct sightings *sightings_free(struct sightings *sightings);
DEFINE_CLEANUP(struct sightings *, sightings_free)

/* Who a frame is from and to, as an Ethernet frame begins; zero: there is none. */
struct sightings_ends {
        uint64_t first; /* the destination, and of the source two bytes */
        uint64_t last;  /* the rest of it, the VLAN above, and SIGHTINGS_AWAKE */
#define SIGHTINGS_AWAKE (UINT64_C(1) << 63)
};

static inline struct sightings_ends sightings_ends_make(const uint8_t link_addresses[static 12], uint16_t vlan) {
        struct sightings_ends ends;
        uint32_t last;

        memcpy(&ends.first, link_addresses, sizeof ends.first);
        memcpy(&last, link_addresses + sizeof ends.first, sizeof last);
        ends.last = last | (uint64_t) vlan << 32 | SIGHTINGS_AWAKE;
        return ends;
}

/* What passed from one end to another since it was added to their sums. */
struct sightings_pair {
        struct sightings_ends ends; /* asleep: not heard in this interval */
        uint64_t ts, order, packets, bytes; /* ts, order: of its last frame, among all */
        struct sightings_slot *sender, *receiver; /* NULL: a group, or zero, which is not counted */
        uint32_t ifindex;
};

/* Nearly all frames are between the same few pairs of addresses: a hundred of a home, few of which are to have one place. */
#define SIGHTINGS_PAIRS 1024

struct sightings_pairs {
        uint64_t multiplier; /* odd */
        uint64_t frames;
        struct sightings_pair pairs[SIGHTINGS_PAIRS];
};

/* Where the pair stands, if it does. */
static inline struct sightings_pair *sightings_pair_of(struct sightings_pairs *pairs, const struct sightings_ends *ends) {
        _Static_assert(SIGHTINGS_PAIRS == 1 << 10, "ten bits");
        return &pairs->pairs[(ends->first + 3 * ends->last) * pairs->multiplier >> 54];
}

static inline void sightings_pair_add(struct sightings_pairs *pairs, struct sightings_pair *pair, const struct frame *frame) {
        pair->ts = frame->ts;
        pair->order = ++pairs->frames;
        pair->packets++;
        pair->bytes += frame->length;
}

struct sightings_pairs *sightings_pairs(struct sightings *sightings);

/* Counts a frame of a pair that was met before. False: nothing is counted, sightings_count_ends() has to. */
static inline bool sightings_count_again(struct sightings_pairs *pairs, const struct frame *frame,
                                         const struct sightings_ends *ends) {
        struct sightings_pair *pair = sightings_pair_of(pairs, ends);

        if (pair->ends.first != ends->first || pair->ends.last != ends->last || pair->ifindex != frame->ifindex)
                return false;
        sightings_pair_add(pairs, pair, frame);
        return true;
}

/* Both ends of a frame, but for groups and what is zero. Returns how many of them found no room. */
unsigned sightings_count_ends(struct sightings *sightings, const struct frame *frame, const struct sightings_ends *ends);
unsigned sightings_count_frame(struct sightings *sightings, const struct frame *frame, uint16_t vlan,
                               const struct mac_address *source, const struct mac_address *destination);

bool sightings_is_empty(const struct sightings *sightings);
/* Tells all sums, in the order in which the addresses came, and starts anew. */
void sightings_tell(struct sightings *sightings, void (*tell)(void *userdata, const struct sighting *sighting), void *userdata);
/* Hands all sums to `inventory`, in the order in which the addresses came, and starts anew. */
void sightings_drain(struct sightings *sightings, struct inventory *inventory);
