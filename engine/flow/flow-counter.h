/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "common/macro.h"
#include "engine/flow/flow-delta.h"
#include "engine/flow/flow-observation.h"

/* Sums packets up for a flow table that is elsewhere: a thread counts for itself, and tells from time to time what has
 * come since. Sums in, told to flow_table_add_delta(), are what the packets themselves would have been. */

struct flow_counter;

struct flow_counter_ops {
        /* Takes over a delta. False: there is no room for it now; it will be told again, with what comes until then. */
        bool (*delta)(void *userdata, const struct flow_delta *delta);
        /* A flow has to give way, and its delta must be taken: waits for room. */
        void (*last_delta)(void *userdata, const struct flow_delta *delta);
        void *userdata;
};

/* `flows_max`: up to 2^24 - 1. The one that was silent for long, or nearly, gives way to one more. */
int flow_counter_new(struct flow_counter **ret, uint32_t flows_max, uint64_t seed, const struct flow_counter_ops *ops);
struct flow_counter *flow_counter_free(struct flow_counter *counter);
DEFINE_CLEANUP(struct flow_counter *, flow_counter_free)

/* What the direction of a packet had sent before it, since the connection or the flow began. */
struct flow_counter_before {
        uint64_t packets;
        uint64_t payload; /* TCP: bytes of data, those sent again counted again */
};

/* Counts in what flow_observation_from_frame() gave; `o->hash` is used up. */
void flow_counter_add(struct flow_counter *counter, struct flow_observation *o, struct flow_counter_before *ret);

/* Tells all that was not told yet. False: not all was taken. */
bool flow_counter_tell(struct flow_counter *counter);
bool flow_counter_is_told(const struct flow_counter *counter);
/* Flows that had to give way. */
uint64_t flow_counter_evicted(const struct flow_counter *counter);
