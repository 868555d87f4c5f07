/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "engine/detect/detection.h"
#include "engine/fact.h"
#include "engine/flow/flow-delta.h"
#include "engine/flow/flow-query.h"
#include "engine/flow/flow-table.h"
#include "engine/inventory/inventory.h"
#include "engine/inventory/peer-names.h"
#include "engine/packet/duplicates.h"
#include "engine/packet/frame-run.h"
#include "engine/packet/packet.h"
#include "engine/proto/datagram.h"
#include "engine/proto/dissector.h"
#include "engine/proto/numbering.h"
#include "engine/proto/session.h"

/* The composition: frames in, events out. One thread, no clock: time comes with the frames, and
 * engine_advance() says what time it is when there are none. Capture files and live traffic go through
 * the very same calls. */

struct engine;

struct engine_config {
        struct inventory_config inventory;
        bool dissect_only;       /* facts alone: no inventory, no detectors (analyze --facts) */
        bool flows;              /* keep a flow table; off by default */
        bool flows_only;         /* no facts, no inventory, no detectors: the fastest way to the flows (analyze --flows) */
        bool detect;             /* raise alerts */
        struct detect_settings detect_settings;
        uint64_t settle;         /* ns that a new device may take to say its name; default 20 s */
        uint64_t learning_until; /* ns since the epoch: devices first seen before are known, not new */
        uint64_t first_alert_id; /* the next alert's id; at least 1 */
        uint32_t sessions_max;      /* TCP connections followed at a time; default 8192 */
        size_t session_buffer_max;  /* bytes that they may hold together; default 16 MiB */
        uint32_t session_bytes_max; /* read of each direction; default 0: all. See session_table_limit() */
        /* Of all hash tables that peers fill: random for live traffic, so that nobody can aim at one bucket; 0 for
         * capture files, so that every run does the same. */
        uint64_t hash_seed;
        struct flow_table_config flow_table; /* its seed is hash_seed */
        /* ns; default 0: every frame counts. Else the copies that a mirror port brings within this time count once: what
         * is there twice between the same addresses is nothing new, and what is there again behind a router counts for
         * the traffic of its addresses, but not for flows and detectors. Not with flows_only. What a backend counted
         * itself (sightings, flow deltas) is taken as it is. */
        uint64_t duplicate_window;
};

/* Any of them may be NULL. */
struct engine_ops {
        void (*fact)(void *userdata, const struct fact *fact);
        void (*device_added)(void *userdata, const struct device *device);
        void (*device_changed)(void *userdata, const struct device *device, uint32_t changes);
        void (*device_removed)(void *userdata, const struct device *device, uint64_t successor);
        /* The device's frames; see struct inventory_ops. */
        void (*traffic)(void *userdata, const struct device *device, const struct device_traffic *traffic, uint64_t ts);
        void (*network_added)(void *userdata, const struct network *network);
        void (*network_changed)(void *userdata, const struct network *network);
        void (*alert)(void *userdata, const struct alert *alert);
        void (*alert_changed)(void *userdata, const struct alert *alert, uint32_t changes); /* enum alert_change */
        void (*flow)(void *userdata, const struct flow_record *record); /* ended */
        /* Is one of interest that moved so many bytes both ways and began then? NULL: all are. Who has the largest alone told
         * spares the record of each that is none of them. */
        bool (*flow_matters)(void *userdata, uint64_t bytes, uint64_t first);
        void *userdata;
};

struct engine_counters {
        struct packet_counters packet;
        struct inventory_counters inventory;
        struct dissector_counters dissectors[DISSECTOR_MAX];
        struct session_counters sessions;
        struct datagram_counters datagrams;
        struct flow_counters flows;
        struct peer_names_counters names;
        struct detection_counters detection;
        struct duplicates_counters duplicates;
        struct numbering_counters numbering;
        uint64_t facts;
        uint64_t sightings_dropped; /* source addresses beyond what one interval may hold */
        uint64_t clock_backwards; /* frames over 2 s older than one before them, or than engine_advance() said */
};

/* What one protocol gave, whichever part reads it. */
struct protocol_total {
        const char *name;
        struct dissector_counters counters;
};

/* All protocols, one by one: start with *position = 0. False behind the last. */
bool engine_counters_next_protocol(const struct engine_counters *counters, size_t *position, struct protocol_total *ret);

void engine_config_default(struct engine_config *config);
int engine_new(struct engine **ret, const struct engine_config *config, const struct engine_ops *ops);
struct engine *engine_free(struct engine *engine);

/* False: it was no more than another packet of a flow of which nobody wants the bytes any more, or a copy. */
bool engine_feed_frame(struct engine *engine, const struct frame *frame);
/* All frames of `run`, which is empty then; they are read in place. Of a shared run that is lost or changes meanwhile those before
 * that, and the others are still in it. */
void engine_feed_run(struct engine *engine, struct frame_run *run);
/* Could a parser read the datagram, by its ports or by its first bytes? `o` is what flow_observation_from_frame() read.
 * Keeps nothing: any thread may ask. */
bool engine_may_read_datagram(const struct frame *frame, const struct flow_observation *o);
/* Source addresses that a backend counted itself (the eBPF presence map). A backend that hands over
 * every frame does not call it: the engine counts those itself. */
void engine_feed_sighting(struct engine *engine, const struct sighting *sighting);
/* Frames from a backend that counts presence in the kernel must not be counted twice. */
void engine_set_external_presence(struct engine *engine, uint32_t ifindex, bool external);

/* What the packets of a flow came to, counted by a backend itself; its frames are marked (frame.flow_counted). */
void engine_feed_flow_delta(struct engine *engine, const struct flow_delta *delta);

/* It is `now` (ns since the epoch), or at least not earlier. */
void engine_advance(struct engine *engine, uint64_t now);
/* When engine_advance() is next needed; UINT64_MAX: never. */
uint64_t engine_next_deadline(const struct engine *engine);
/* The latest time that the engine was told of. */
uint64_t engine_now(const struct engine *engine);
/* The time of the earliest frame; 0: there was none. */
uint64_t engine_earliest(const struct engine *engine);
/* End of a capture: everything that waits (for a hole to be filled, for a new device to settle) is told now. */
void engine_flush(struct engine *engine);

struct inventory *engine_inventory(struct engine *engine);
/* What contacted addresses are called; NULL with dissect_only. */
const struct peer_names *engine_peer_names(const struct engine *engine);
/* All flows that have not ended; see flow_table_for_each(). */
int engine_for_each_flow(struct engine *engine, uint64_t since,
                         int (*take)(void *userdata, const struct flow_record *record), void *userdata);
void engine_set_learning_until(struct engine *engine, uint64_t until);
/* Another flow table, or none. The flows of the one before end. -errno: there is none now. */
int engine_set_flows(struct engine *engine, bool wanted, const struct flow_table_config *config);
/* For devices that are new from now on. */
void engine_set_duplicate_window(struct engine *engine, uint64_t window);
void engine_set_settle(struct engine *engine, uint64_t settle);
struct model;
/* Takes a model over (engine/detect/model.h), in place of one before; NULL: none. */
void engine_set_model(struct engine *engine, struct model *model);
/* Gives it back; the engine has none then. */
struct model *engine_take_model(struct engine *engine);
void engine_set_detect_settings(struct engine *engine, const struct detect_settings *settings);
/* What detectors have learned (lesson.h): what changed since the last time, or all of it; one that was kept, before the first frame
 * (false: no detector wants it; what it says of later than `now` is taken for now); and the end of what is about one device. */
void engine_remember(struct engine *engine, bool all, lesson_take_fn take, void *userdata);
bool engine_recall(struct engine *engine, const struct lesson *lesson, uint64_t now);
void engine_forget(struct engine *engine, const struct mac_address *mac);
/* For exceptions; NULL where alerts are not wanted. */
struct alert_ledger *engine_alert_ledger(struct engine *engine);
void engine_get_counters(const struct engine *engine, struct engine_counters *ret);
