/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "engine/flow/heavy-hitters.h"

/* Who moves most right now: devices, and whoever they talk to by address, in the last round of flows.h. Out of any number
 * of addresses, those who moved at least 1 / TALKERS_PLACES of all are among them, in 110 kB. */

#define TALKERS_PLACES 1024
#define TALKERS_TOLD_MAX 256

struct talker {
        uint64_t device;              /* 0: none of here, known by its address */
        struct ip_address address;    /* without a device */
        struct heavy_amounts amounts; /* in the round */
        uint64_t error;               /* bytes that it may have moved beside, at most */
        uint64_t rate;                /* bit/s, both ways */
};

struct talkers;

/* `seed`: of the hash. */
int talkers_new(struct talkers **ret, uint64_t seed);
struct talkers *talkers_free(struct talkers *talkers);
DEFINE_CLEANUP(struct talkers *, talkers_free)

/* Somebody sent amounts->bytes[0] and got [1]. `device`: 0 for none. */
void talkers_add(struct talkers *talkers, uint64_t device, const struct ip_address *address,
                 const struct heavy_amounts *amounts);
/* The round that began at `begin` is over (ns since the epoch). */
void talkers_turn(struct talkers *talkers, uint64_t begin, uint64_t now);
/* Those of the last round, the most bytes first; none when that is longer ago than two rounds take. Valid until the next
 * turn. */
const struct talker *talkers_get(const struct talkers *talkers, uint64_t now, size_t *ret_n);

struct talkers_counters {
        uint64_t known;     /* have a place */
        uint64_t displaced; /* had to leave for somebody new */
};
void talkers_get_counters(const struct talkers *talkers, struct talkers_counters *ret);
