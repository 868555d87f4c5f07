/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "engine/engine.h"

/* The flows of the service: what goes on now, what ended lately, and how fast each of them is. Rates and what each
 * flow moved are taken by a round over the flow table every FLOWS_INTERVAL, and only when there was traffic: a quiet
 * network costs nothing.
 *
 * Memory: 48 bytes for each flow in the table, and for each that ended lately its record, some 300 bytes; both only as
 * far as they are used. */

#define FLOWS_INTERVAL (10 * NSEC_PER_SEC)
#define FLOWS_RECENT_MAX 8192

struct flows;

/* What a flow moved since it was told of last, by its direction. */
struct flow_moved {
        uint64_t packets[2], bytes[2];
};

struct flows_ops {
        /* Every packet of every flow is in just one of these. `ts`: ns since the epoch, when the round was made. */
        void (*moved)(void *userdata, const struct flow_record *record, const struct flow_moved *moved, uint64_t ts);
        void *userdata;
};

struct flows_counters {
        uint64_t recent; /* ended flows that are remembered */
};

/* `flows_max`: of the engine's flow table. */
int flows_new(struct flows **ret, uint32_t flows_max, const struct flows_ops *ops);
struct flows *flows_free(struct flows *flows);
DEFINE_CLEANUP(struct flows *, flows_free)

/* A flow ended. */
void flows_take_ended(struct flows *flows, const struct flow_record *record);
/* There was traffic: a round is due within FLOWS_INTERVAL. */
void flows_touch(struct flows *flows, uint64_t now);
/* When flows_round() is next due, ns since the epoch; UINT64_MAX: not before there is traffic. */
uint64_t flows_deadline(const struct flows *flows);
/* When what the next round tells of began. */
uint64_t flows_begin(const struct flows *flows);
void flows_round(struct flows *flows, struct engine *engine, uint64_t now);

/* Active flows and those that ended lately, each with its rate, into `top`. `device`: of either end; 0: all. 0, or
 * -ENOMEM. */
int flows_query(struct flows *flows, struct engine *engine, const struct flow_filter *filter, uint64_t device,
                uint64_t now, struct flow_top *top);
/* All of these, those that ended first; a negative answer of `take` ends it and is returned. */
int flows_for_each(struct flows *flows, struct engine *engine,
                   int (*take)(void *userdata, const struct flow_record *record), void *userdata);
void flows_get_counters(const struct flows *flows, struct flows_counters *ret);
