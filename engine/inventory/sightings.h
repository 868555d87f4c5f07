/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>

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

/* Both ends of a frame, but for groups and what is zero. Returns how many of them found no room. */
unsigned sightings_count_frame(struct sightings *sightings, const struct frame *frame, uint16_t vlan,
                               const struct mac_address *source, const struct mac_address *destination);

bool sightings_is_empty(const struct sightings *sightings);
/* Tells all sums, in the order in which the addresses came, and starts anew. */
void sightings_tell(struct sightings *sightings, void (*tell)(void *userdata, const struct sighting *sighting), void *userdata);
/* Hands all sums to `inventory`, in the order in which the addresses came, and starts anew. */
void sightings_drain(struct sightings *sightings, struct inventory *inventory);
