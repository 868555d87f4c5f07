/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "engine/flow/flow-observation.h"
#include "engine/flow/flow-record.h"
#include "engine/packet/frame-run.h"

/* Who talks to whom, and how much. Packets go in as observations, flows come out as records when they end. Time is the
 * observations' own and never goes back. The same observations give the same records, in the same order, whatever is
 * batched.
 *
 * Memory grows with use and has a hard limit: 120 bytes a flow (IPv6: 152), 200 more with the analysis, and index
 * space. When the limit is reached the flow seen least recently (to the second) gives way. Connections that wait for
 * their first answer have a smaller limit of their own, the oldest goes, so that a flood of SYNs pushes out nothing
 * but SYNs. */

#define FLOW_TABLE_MAX ((UINT32_C(1) << 23) - 4097) /* flows: numbers of 24 bits name two families of them, and lists */

struct flow_table;

struct flow_timeouts { /* ns without a packet after which a flow is over */
        uint64_t opening;     /* TCP before it is established */
        uint64_t established; /* TCP */
        uint64_t closing;     /* TCP after a FIN of one side */
        uint64_t closed;      /* TCP after both or a reset: stray segments still belong to it */
        uint64_t datagrams;   /* UDP and all other protocols */
        uint64_t messages;    /* ICMP */
};

struct flow_table_config {
        uint32_t flows_max;     /* at least 1, at most FLOW_TABLE_MAX */
        uint32_t unanswered_max;/* connections opened within the last `opening` that may wait for an answer */
        bool analysis;          /* round trips, retransmissions … of TCP */
        uint64_t seed;          /* of the hash: random for live traffic */
        struct flow_timeouts timeouts;
};

struct flow_table_ops {
        void (*flow)(void *userdata, const struct flow_record *record); /* ended */
        void *userdata;
        /* Is one to be told that moved so many bytes both ways and began then? NULL: all are. To make a record takes longer than to ask. */
        bool (*matters)(void *userdata, uint64_t bytes, uint64_t first);
        /* One begins with a TCP segment that opens nothing, or is of a protocol other than TCP, UDP, ICMP and SCTP: its first
         * packet; of a delta (flow-delta.h) flags and lengths are not known. Must not change the table. */
        void (*begun)(void *userdata, const struct flow_observation *first);
        /* Each that ended, whether it matters or not; behind `flow`. */
        void (*over)(void *userdata, const struct flow_summary *summary);
};

struct flow_counters {
        uint64_t packets, bytes;  /* of all flows */
        uint64_t created, active;
        uint64_t ended[_FLOW_END_MAX];
        uint64_t unanswered_evicted; /* part of those evicted */
        uint64_t clock_backwards; /* packets older than one before; they count at the time of that one */
};

void flow_table_config_default(struct flow_table_config *config);
/* -EINVAL, -ENOMEM. `ops` is copied. */
int flow_table_new(struct flow_table **ret, const struct flow_table_config *config, const struct flow_table_ops *ops);
struct flow_table *flow_table_free(struct flow_table *table);

/* Where the next observation goes; flow_table_add() takes it. May be filled in and not added. */
struct flow_observation *flow_table_next(struct flow_table *table);
/* Where the table keeps that, for who asks for each packet. */
struct flow_observation *const *flow_table_place(const struct flow_table *table);
void flow_table_add(struct flow_table *table);
/* As flow_table_add(), of one whose hash was made with the table's seed. */
void flow_table_add_hashed(struct flow_table *table);
/* What frames came to. */
struct flow_intake {
        uint64_t latest; /* their time, ns; to begin with that of the frames before */
        uint64_t frames, bytes, truncated; /* adds up */
};

/* Reads frames, by the short way of flow_observation_from_frame(), and takes them in: all up to the first that is not for
 * the short way, or is older than one before it. That is then next in `run`, if it has one. */
void flow_table_add_run(struct flow_table *table, struct frame_run *run, struct flow_intake *intake);
/* Works off what waits, and ends flows that are idle at `now` (ns since the epoch). */
void flow_table_advance(struct flow_table *table, uint64_t now);
/* When flow_table_advance() next has work to do; UINT64_MAX: never. */
uint64_t flow_table_next_deadline(const struct flow_table *table);
/* Ends all flows. */
void flow_table_flush(struct flow_table *table);
/* For tables that share a limit, whose own is not reached. How many connections wait for an answer; when the flow that has
 * to give way next was seen last, or opened if it waits (UINT64_MAX: there is none); and that it does. `unanswered`: of those
 * that wait alone, of which some may be found to have been answered, and stay. */
uint32_t flow_table_unanswered(const struct flow_table *table);
uint64_t flow_table_oldest(struct flow_table *table, bool unanswered);
void flow_table_evict(struct flow_table *table, bool unanswered);
/* Packets and bytes of observations that wait are counted; flows that they begin or end are not yet. */
void flow_table_get_counters(const struct flow_table *table, struct flow_counters *ret);
/* The flow of two ends, in any order, as it is now; ICMP as in struct flow_endpoint. False: there is none. */
bool flow_table_find(struct flow_table *table, const struct flow_endpoint endpoints[2], uint8_t protocol, uint16_t vlan,
                     uint16_t inner_vlan, struct flow_record *ret);
/* Calls `take`, in no particular order, for each flow that has not ended and had a packet at `since` (ns) or later; an
 * answer that is not 0 ends it and is returned. The table must not be changed meanwhile. */
int flow_table_for_each(struct flow_table *table, uint64_t since,
                        int (*take)(void *userdata, const struct flow_record *record), void *userdata);
