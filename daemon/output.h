/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "daemon/configuration.h"
#include "daemon/eve.h"
#include "daemon/flow-lines.h"
#include "daemon/record-log.h"

/* What the service appends to files, as one JSON object a line: flows as they end, with the columns of
 * 'lanscopectl analyze --flows'; alerts as they are raised; statistics at an interval; and events (daemon/eve.h), which a
 * program may also take from a socket. None unless configured. */

struct output;

struct output_ops {
        /* Writes the object of one line of statistics. */
        void (*statistics)(void *userdata, FILE *f);
        /* What time it is for events that wait, ns since the epoch; NULL: time passes with packets alone, as in a replay. */
        uint64_t (*now)(void *userdata);
        /* As in eve.h; NULL: none has a name. */
        const char *(*interface)(void *userdata, uint32_t ifindex);
        void *userdata;
};

struct output_counters {
        uint64_t lines_written, lines_dropped, files_rotated, failures;
        uint64_t events, events_early, events_cut, events_failed; /* see eve.h */
        uint64_t events_sent, events_dropped, readers;            /* of all sockets: lines, lines, times that there was one */
};

/* Programs that a bus client reads events by, at a time: of all, and of one client. */
#define OUTPUT_READERS_MAX 8
#define OUTPUT_READERS_PER_PEER 2

/* `inventory` and `names` are the engine's, which must outlive it; NULL: not known. */
int output_new(struct output **ret, sd_event *event, const struct config *config, const struct inventory *inventory,
               const struct peer_names *names, const struct output_ops *ops);
struct output *output_free(struct output *output);
DEFINE_CLEANUP(struct output *, output_free)

/* Of these, `output` may be NULL: there is none. */

/* The engine is another from now on: tells what waits, and knows devices and names from there. */
void output_set_knowledge(struct output *output, const struct inventory *inventory, const struct peer_names *names);
/* To the file of flows alone. */
void output_flow(struct output *output, const struct flow_lines *lines, const struct flow_record *record);
void output_alert(struct output *output, const struct alert *alert);
/* NULL: no events are wanted. Else the caller gives it flows, facts and devices. */
struct eve *output_events(struct output *output);
/* Events of these types (EVE_MASK()) for whoever has the other end of the socket that is returned, the caller's, until it is
 * closed or the output is made anew; `peer` is who is charged. -EUSERS: there are too many; -ENOMEM, -errno. */
int output_open_reader(struct output *output, const char *peer, uint32_t types);
/* Nothing more of what was read last will come; call it before the loop sleeps. */
void output_settle(struct output *output);
/* The end of a capture: all events that wait are told. */
void output_flush_events(struct output *output);
/* Since output_new(). */
void output_get_counters(const struct output *output, struct output_counters *ret);
