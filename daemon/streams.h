/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "common/macro.h"

/* Data on its way to clients through pipes, as fast as each reads. What waits is bounded, for each client
 * and for all, and given up when its reader stands still: nobody can make the service keep memory for him. */

#define STREAMS_MAX 8
#define STREAMS_PER_PEER 2
#define STREAMS_BYTES_MAX (128u << 20)
#define STREAMS_STALL (30 * USEC_PER_SEC)

struct streams;

/* `stall`: usec that a reader may stand still. */
int streams_new(struct streams **ret, sd_event *event, uint64_t stall);
struct streams *streams_free(struct streams *streams);
DEFINE_CLEANUP(struct streams *, streams_free)

/* -EUSERS: no more can start for `peer`, or for anybody, now. */
int streams_admit(const struct streams *streams, const char *peer);
/* Sends what is in the file `fd`, which is taken over in any case, to the pipe whose end to read from is returned, the
 * caller's. `peer` is who is charged. -EUSERS as above; -ENOBUFS: too much waits already; -ENOMEM, -errno. */
int streams_send(struct streams *streams, const char *peer, int fd);

size_t streams_count(const struct streams *streams);
