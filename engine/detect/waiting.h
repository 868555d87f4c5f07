/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "engine/detect/detector.h"

/* Messages of a detector that wait until it is known of which network they are (link_is_known()), and are judged then in the order
 * in which they came. Bounded: of too many the first is judged as it is; what says the same as one that waits is not kept. */

#define WAITING_MAX 8

/* Every message begins with this. */
struct heard {
        uint64_t ts;
        uint32_t ifindex;
        uint16_t vlan;
};

struct waiting_ops {
        size_t size; /* of a message */
        void (*judge)(void *state, struct detect_host *host, const void *message);
        bool (*says_again)(const void *a, const void *b); /* on the same link */
};

struct waiting {
        const struct waiting_ops *ops;
        unsigned char *messages;
        size_t n;
        uint64_t looked; /* when it was looked whether they can be judged */
};

int waiting_init(struct waiting *waiting, const struct waiting_ops *ops); /* -ENOMEM */
void waiting_done(struct waiting *waiting);

/* `message` is copied; NULL: there is none. Judges what can be judged. */
void waiting_take(struct waiting *waiting, void *state, struct detect_host *host, const void *message, uint64_t now);
/* Judges all. */
void waiting_flush(struct waiting *waiting, void *state, struct detect_host *host, uint64_t now);
/* When to look again; UINT64_MAX: nothing waits. */
uint64_t waiting_next_deadline(const struct waiting *waiting);
