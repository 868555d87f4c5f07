/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>

#include "common/macro.h"
#include "engine/inventory/inventory.h"
#include "engine/packet/frame.h"

/* Counts who sends and who is sent to, by interface, VLAN and MAC, for one short interval: a probe or two of a small
 * table a frame. The inventory gets the sums. */

struct sightings;

struct sightings_key {
        uint32_t ifindex;
        uint16_t vlan;
        struct mac_address mac;
};

/* `seed`: see struct engine_config. */
int sightings_new(struct sightings **ret, uint64_t seed);
struct sightings *sightings_free(struct sightings *sightings);
DEFINE_CLEANUP(struct sightings *, sightings_free)

/* A frame of `bytes` on the wire. False: the table is full for this interval, nothing was counted. */
bool sightings_count_sent(struct sightings *sightings, const struct sightings_key *key, uint64_t now, uint32_t bytes);
bool sightings_count_received(struct sightings *sightings, const struct sightings_key *key, uint64_t now, uint32_t bytes);

/* Both ends of a frame, but for groups and what is zero. Returns how many of them found no room. */
static inline unsigned sightings_count_frame(struct sightings *sightings, const struct frame *frame, uint16_t vlan,
                                             const struct mac_address *source, const struct mac_address *destination) {
        struct sightings_key key = { frame->ifindex, vlan, *source };
        unsigned dropped = 0;

        if (!mac_is_group(&key.mac) && !mac_is_zero(&key.mac))
                dropped += !sightings_count_sent(sightings, &key, frame->ts, frame->length);
        key.mac = *destination;
        if (!mac_is_group(&key.mac) && !mac_is_zero(&key.mac))
                dropped += !sightings_count_received(sightings, &key, frame->ts, frame->length);
        return dropped;
}

bool sightings_is_empty(const struct sightings *sightings);
/* Tells all sums, in the order in which the addresses came, and starts anew. */
void sightings_tell(struct sightings *sightings, void (*tell)(void *userdata, const struct sighting *sighting), void *userdata);
/* Hands all sums to `inventory`, in the order in which the addresses came, and starts anew. */
void sightings_drain(struct sightings *sightings, struct inventory *inventory);
