/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The composition: frames are decoded and dissected into facts, facts and source addresses go to the inventory, and
 * what changes there goes to the detectors and to whoever listens. Once a second of packet time everything that
 * depends on time is done; the frame that starts a new second brings it about, so that a replay does the same as the
 * live traffic did. */

#include "engine/engine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/detect/detection.h"
#include "engine/detect/model.h"
#include "engine/flow/contact.h"
#include "engine/flow/flow-frame.h"
#include "engine/flow/flow-hash.h"
#include "engine/inventory/sightings.h"
#include "engine/packet/decoder.h"
#include "engine/proto/phrases.h"
#include "engine/proto/session-wanted.h"

#define TICK NSEC_PER_SEC
/* Frames of several interfaces, queues and processors come mixed: a backend may hold some back for a second. That is
 * no clock that goes backwards. */
#define CLOCK_SLACK (2 * NSEC_PER_SEC)
#define EXTERNAL_MAX 64

struct interface_set {
        uint32_t members[EXTERNAL_MAX];
        size_t n;
};

struct engine {
        struct engine_config config;
        struct engine_ops ops;
        struct packet_decoder *decoder;
        struct session_table *sessions;
        const struct session_wanted *wanted; /* of them */
        struct datagram_table *datagrams;
        struct duplicates *duplicates;
        struct numbering *numbering;
        struct phrases *phrases;     /* of dissectors; sessions and datagrams have their own */
        struct flow_hash_secret secret; /* of the tables of sessions, contacts and flows */
        struct flow_table *flows;    /* NULL: not wanted */
        struct flow_observation *const *place; /* of the next observation: the table's, or `own_place` without one */
        struct flow_observation own, *own_place;
        struct packet_counters plain;/* of frames that needed no decoder */
        struct inventory *inventory; /* NULL: facts alone are wanted */
        struct sightings *sightings;
        struct sightings_pairs *pairs; /* of them */
        struct peer_names *names;
        struct detection *detection; /* NULL: alerts are not wanted */
        struct model *model;
        struct contact_table *contacts;
        struct interface_set external_presence; /* whose backends count themselves */
        struct engine_counters counters;
        uint64_t now, next_tick;
        uint64_t earliest; /* frame; 0: none yet */
};

void engine_config_default(struct engine_config *config) {
        *config = (struct engine_config) {
                .detect = true,
                .settle = 20 * NSEC_PER_SEC,
                .first_alert_id = 1,
                .sessions_max = 8192,
                .session_buffer_max = 16 * 1024 * 1024,
        };
        detect_settings_default(&config->detect_settings);
        inventory_config_default(&config->inventory);
        flow_table_config_default(&config->flow_table);
}

static void device_added(void *userdata, const struct device *device) {
        struct engine *e = userdata;

        if (e->ops.device_added)
                e->ops.device_added(e->ops.userdata, device);
        if (e->detection)
                detection_device_changed(e->detection, device, UINT32_MAX, MAX(e->now, device->last_seen));
}

static void device_changed(void *userdata, const struct device *device, uint32_t changes) {
        struct engine *e = userdata;

        if (e->ops.device_changed)
                e->ops.device_changed(e->ops.userdata, device, changes);
        if (e->detection)
                detection_device_changed(e->detection, device, changes, MAX(e->now, device->last_seen));
}

static void device_removed(void *userdata, const struct device *device, uint64_t successor) {
        struct engine *e = userdata;

        if (e->ops.device_removed)
                e->ops.device_removed(e->ops.userdata, device, successor);
        if (e->detection)
                detection_device_removed(e->detection, device);
}

static void count_traffic(void *userdata, const struct device *device, const struct device_traffic *traffic, uint64_t ts) {
        struct engine *e = userdata;

        if (e->ops.traffic)
                e->ops.traffic(e->ops.userdata, device, traffic, ts);
}

static void network_added(void *userdata, const struct network *network) {
        struct engine *e = userdata;

        if (e->ops.network_added)
                e->ops.network_added(e->ops.userdata, network);
}

static void network_changed(void *userdata, const struct network *network) {
        struct engine *e = userdata;

        if (e->ops.network_changed)
                e->ops.network_changed(e->ops.userdata, network);
}

static void alert_raised(void *userdata, const struct alert *alert) {
        struct engine *e = userdata;

        if (e->ops.alert)
                e->ops.alert(e->ops.userdata, alert);
}

static void alert_changed(void *userdata, const struct alert *alert, uint32_t changes) {
        struct engine *e = userdata;

        if (e->ops.alert_changed)
                e->ops.alert_changed(e->ops.userdata, alert, changes);
}

/* As it is now; for detectors. */
static bool find_flow(void *userdata, const struct contact *c, struct flow_record *ret) {
        struct engine *e = userdata;
        struct flow_endpoint ends[2] = { { .ip = c->source, .port = c->source_port },
                                         { .ip = c->destination, .port = c->destination_port } };

        return e->flows && flow_table_find(e->flows, ends, c->protocol, c->vlan, c->inner_vlan, ret);
}

static int make_detection(struct engine *e) {
        struct alert_ledger_ops ops = { alert_raised, alert_changed, e };
        struct detection_config config = {
                .inventory = e->inventory,
                .names = e->names,
                .settings = e->config.detect_settings,
                .settle = e->config.settle,
                .learning_until = e->config.learning_until,
                .first_alert_id = e->config.first_alert_id,
                .find_flow = find_flow,
                .userdata = e,
        };
        int r = contact_table_new(&e->contacts, e->config.hash_seed);

        return r < 0 ? r : detection_new(&e->detection, &config, &ops);
}

static int make_knowledge(struct engine *e) {
        struct inventory_ops ops = {
                .device_added = device_added,
                .device_changed = device_changed,
                .device_removed = device_removed,
                .traffic = count_traffic,
                .network_added = network_added,
                .network_changed = network_changed,
                .userdata = e,
        };
        struct inventory_config config = e->config.inventory;
        int r;

        config.hash_seed = e->config.hash_seed;
        r = inventory_new(&e->inventory, &config, &ops);
        if (r >= 0)
                r = sightings_new(&e->sightings, e->config.hash_seed);
        if (r >= 0)
                e->pairs = sightings_pairs(e->sightings);
        if (r >= 0)
                r = peer_names_new(&e->names, PEER_NAMES_MAX, e->config.hash_seed);
        if (r >= 0 && e->config.detect)
                r = make_detection(e);
        return r;
}

static void flow_ended(void *userdata, const struct flow_record *record) {
        struct engine *e = userdata;

        if (e->ops.flow)
                e->ops.flow(e->ops.userdata, record);
        if (e->detection)
                detection_record(e->detection, record);
}

static void flow_over(void *userdata, const struct flow_summary *summary) {
        struct engine *e = userdata;

        if (e->detection)
                detection_flow(e->detection, summary);
}

static bool flow_matters(void *userdata, uint64_t bytes, uint64_t first) {
        struct engine *e = userdata;

        if (e->detection && detection_wants_records(e->detection))
                return true;
        return e->ops.flow && (!e->ops.flow_matters || e->ops.flow_matters(e->ops.userdata, bytes, first));
}

static void flow_begun(void *userdata, const struct flow_observation *first) {
        struct engine *e = userdata;
        struct contact contact;

        if (e->detection && contact_from_first(first, &contact))
                detection_contact(e->detection, &contact);
}

static int make_flows(struct engine *e) {
        bool watched = e->config.detect && !e->config.dissect_only;
        struct flow_table_ops ops = { flow_ended, e, flow_matters, watched ? flow_begun : NULL, watched ? flow_over : NULL };
        int r;

        e->own_place = &e->own;
        e->place = &e->own_place;
        if (!e->config.flows)
                return 0;
        e->config.flow_table.seed = e->config.hash_seed;
        r = flow_table_new(&e->flows, &e->config.flow_table, &ops);
        if (r >= 0)
                e->place = flow_table_place(e->flows);
        return r;
}

int engine_new(struct engine **ret, const struct engine_config *config, const struct engine_ops *ops) {
        struct engine *e = calloc(1, sizeof *e);
        int r;

        if (!e)
                return -ENOMEM;
        e->config = *config;
        e->config.flows |= config->flows_only;
        e->config.dissect_only |= config->flows_only;
        e->ops = *ops;
        e->secret = flow_hash_secret_make(config->hash_seed);
        r = packet_decoder_new(&e->decoder);
        if (r >= 0)
                r = session_table_new(&e->sessions, config->sessions_max, config->session_buffer_max, config->hash_seed);
        if (r >= 0)
                r = datagram_table_new(&e->datagrams, config->hash_seed);
        if (r >= 0)
                r = numbering_new(&e->numbering, config->hash_seed);
        if (r >= 0)
                r = phrases_new(&e->phrases, config->hash_seed);
        if (r >= 0)
                r = duplicates_new(&e->duplicates, config->duplicate_window, config->hash_seed);
        if (r >= 0) {
                session_table_limit(e->sessions, config->session_bytes_max);
                e->wanted = session_table_wanted(e->sessions);
        }
        if (r >= 0)
                r = make_flows(e);
        if (r >= 0 && !e->config.dissect_only)
                r = make_knowledge(e);
        if (r < 0) {
                engine_free(e);
                return r;
        }
        *ret = e;
        return 0;
}

struct engine *engine_free(struct engine *e) {
        if (!e)
                return NULL;
        detection_free(e->detection);
        model_free(e->model);
        contact_table_free(e->contacts);
        inventory_free(e->inventory);
        sightings_free(e->sightings);
        peer_names_free(e->names);
        session_table_free(e->sessions);
        datagram_table_free(e->datagrams);
        duplicates_free(e->duplicates);
        numbering_free(e->numbering);
        phrases_free(e->phrases);
        flow_table_free(e->flows);
        packet_decoder_free(e->decoder);
        free(e);
        return NULL;
}

static void tick(struct engine *e, bool flush) {
        if (e->flows)
                flow_table_advance(e->flows, e->now);
        if (e->inventory) {
                sightings_drain(e->sightings, e->inventory);
                inventory_advance(e->inventory, e->now);
                if (e->detection)
                        detection_advance(e->detection, e->now, flush);
        }
        e->next_tick = e->now > UINT64_MAX - TICK ? UINT64_MAX : e->now - e->now % TICK + TICK;
}

static void set_time(struct engine *e, uint64_t now) {
        e->now = MAX(e->now, now);
        if (e->now >= e->next_tick)
                tick(e, false);
}

/* A frame of a time before another's. */
static void note_older(struct engine *e, uint64_t now, uint64_t ts) {
        if (now - ts > CLOCK_SLACK)
                e->counters.clock_backwards++;
        if (ts > 0)
                e->earliest = MIN(e->earliest, ts);
}

static void take_fact(void *userdata, const struct fact *fact) {
        struct engine *e = userdata;

        e->counters.facts++;
        if (e->ops.fact)
                e->ops.fact(e->ops.userdata, fact);
        if (e->names && peer_names_are_told_by(fact->kind))
                peer_names_take_fact(e->names, fact);
        if (e->detection)
                detection_fact(e->detection, fact);
        if (e->inventory)
                inventory_take_fact(e->inventory, fact);
}

static bool set_holds(const struct interface_set *set, uint32_t ifindex) {
        for (size_t i = 0; i < set->n; i++)
                if (set->members[i] == ifindex)
                        return true;
        return false;
}

static void set_change(struct interface_set *set, uint32_t ifindex, bool member) {
        size_t i = 0;

        while (i < set->n && set->members[i] != ifindex)
                i++;
        if (member && i == set->n && i < EXTERNAL_MAX)
                set->members[set->n++] = ifindex;
        else if (!member && i < set->n)
                set->members[i] = set->members[--set->n];
}

static inline bool counts_addresses(const struct engine *e, const struct frame *frame) {
        return e->inventory && !set_holds(&e->external_presence, frame->ifindex);
}

/* `destination`: zero where there is none. */
static _noinline_ void count_addresses(struct engine *e, const struct frame *frame, uint16_t vlan, const struct mac_address *source,
                                       const struct mac_address *destination) {
        if (counts_addresses(e, frame))
                e->counters.sightings_dropped += sightings_count_frame(e->sightings, frame, vlan, source, destination);
}

/* The same, without a call where the two were heard before. */
static inline void count_ends(struct engine *e, const struct frame *frame, const struct flow_observation *o) {
        struct sightings_ends ends = sightings_ends_make(o->link_addresses, o->rest >> 12 & 0xfff);

        if (counts_addresses(e, frame) && !sightings_count_again(e->pairs, frame, &ends))
                e->counters.sightings_dropped += sightings_count_ends(e->sightings, frame, &ends);
}

static bool counts_flow(const struct engine *e, const struct frame *frame) {
        return e->flows && !frame->flow_counted;
}

static void count_flow(struct engine *e, const struct packet *packet) {
        if (flow_observation_from_packet(packet, flow_table_next(e->flows)))
                flow_table_add(e->flows);
}

/* A frame that no decoder sees. */
static inline void count_plain(struct engine *e, const struct frame *frame) {
        e->plain.frames++;
        e->plain.bytes += frame->length;
        e->plain.truncated += frame->length > frame->captured;
}

/* Nearly all frames of a LAN that are not IP. */
static bool is_arp(const struct frame *frame) {
        return frame->linktype == LINK_ETHERNET && frame->captured >= 14 && load_be16(frame->data + 12) == TYPE_ARP;
}

static void decode_flow(struct engine *e, const struct frame *frame) {
        struct packet packet;

        if (is_arp(frame)) {
                count_plain(e, frame);
                return;
        }
        packet_decode(e->decoder, frame, &packet);
        count_flow(e, &packet);
}

/* The table keeps its own time: there is no tick. */
static void follow_clock(struct engine *e, uint64_t ts) {
        if (ts < e->now)
                note_older(e, e->now, ts);
        else
                e->now = ts;
}

static void feed_flow(struct engine *e, const struct frame *frame) {
        if (e->earliest == 0)
                e->earliest = frame->ts;
        follow_clock(e, frame->ts);
        if (flow_observation_from_frame(frame, flow_table_next(e->flows))) {
                count_plain(e, frame);
                flow_table_add(e->flows);
        } else {
                decode_flow(e, frame);
        }
}

/* Flows and nothing else: most frames need no decoder. */
static void feed_flows(struct engine *e, struct frame_run *run) {
        struct flow_intake intake = { 0 };
        struct frame frame;

        while (frame_run_next(run, &frame)) {
                /* Newer ones that the table left are not for the short way. */
                if (frame.ts < e->now || intake.frames == 0) {
                        feed_flow(e, &frame);
                } else {
                        e->now = frame.ts;
                        decode_flow(e, &frame);
                }
                intake.latest = e->now;
                flow_table_add_run(e->flows, run, &intake);
                e->now = intake.latest;
        }
        e->plain.frames += intake.frames;
        e->plain.bytes += intake.bytes;
        e->plain.truncated += intake.truncated;
}

static bool may_read_datagram(const uint8_t *frame, uint32_t captured, const struct flow_observation *o) {
        struct cursor data = cursor_make(frame + o->data, captured - o->data);

        return datagram_may_be_known(data) || dissectors_may_know_datagram(o->rest >> 48, o->rest >> 32 & 0xffff, data);
}

bool engine_may_read_datagram(const struct frame *frame, const struct flow_observation *o) {
        return may_read_datagram(frame->data, frame->captured, o);
}

/* What the short way does for a frame. From 0 on: the same as SHORT_COUNTED, of a packet that is this kind of contact. */
enum short_way {
        SHORT_NOTHING = -3, /* it is not for it */
        SHORT_DONE = -2,    /* it counts the packet for its flow and its addresses, and there is no more to be had of it */
        SHORT_COUNTED = -1, /* there may be more */
};

/* Not of the frame as a whole: what is pointed to leaves its registers. */
static _noinline_ int look_closer(struct engine *e, const uint8_t *frame, uint32_t captured, const struct flow_observation *o) {
        int contact = e->detection ? contact_kind_of(e->contacts, o) : -1;
        bool settled;

        if (contact >= 0)
                return contact;
        settled = o->flags & OBSERVATION_TCP ? session_table_is_settled(e->sessions, o) : !may_read_datagram(frame, captured, o);
        return settled ? SHORT_DONE : SHORT_COUNTED;
}

/* What is to be done of a packet that was read; of nearly all without a call. */
static _always_inline_ int look(struct engine *e, const struct frame *frame, const struct flow_observation *o) {
        if (!(o->news & (NEWS_OF_ACK | NEWS_OF_DATA)))
                return look_closer(e, frame->data, frame->captured, o);
        return session_wanted_is_settled(e->wanted, o) || session_table_pass(e->sessions, o) ? SHORT_DONE : SHORT_COUNTED;
}

/* `o` is what was read of the frame. */
static _always_inline_ void take_read(struct engine *e, const struct frame *frame, struct flow_observation *o, int way) {
        if (way == SHORT_DONE)
                count_plain(e, frame);
        else if (o->tcp_flags & TCP_SYN)
                session_table_fetch(e->sessions, o);
        count_ends(e, frame, o);
        if (counts_flow(e, frame))
                flow_table_add_hashed(e->flows);
}

/* For what nearly all packets are: somewhere in the middle of a flow whose beginning was read. */
static _always_inline_ int feed_shortly(struct engine *e, const struct frame *frame) {
        struct flow_observation *o = *e->place;
        int way;

        if (!flow_frame_read(frame, true, o) && !flow_frame_read_any(frame, o))
                return SHORT_NOTHING;
        flow_hash_set(&e->secret, o);
        way = look(e, frame, o);
        take_read(e, frame, o, way);
        return way;
}

static bool detectors_want(const struct engine *e, struct fact *head) {
        static const enum fact_kind kinds[] = { FACT_TCP_SYN_SIG, FACT_TCP_RAW_SIG };
        bool want = false;

        for (size_t i = 0; e->detection && i < ELEMENTSOF(kinds) && !want; i++) {
                head->kind = kinds[i];
                want = detection_wants(e->detection, head);
        }
        return want;
}

/* Who forwards, or makes addresses up, sends SYNs in the name of so many that their signatures are nobody's, as nearly all of a
 * flood are: they need not be read. */
static bool pass_signatures(struct engine *e, const struct packet *packet) {
        struct fact head;
        unsigned n;

        if (e->ops.fact || !e->inventory)
                return false;
        n = dissectors_count_signatures(packet, &head);
        if (n == 0 || !inventory_is_nobodys(e->inventory, &head) || detectors_want(e, &head))
                return false;
        dissectors_pass_signatures(n, e->counters.dissectors);
        inventory_pass_facts(e->inventory, n);
        e->counters.facts += n;
        return true;
}

static void feed_segment(struct engine *e, const struct packet *packet, const struct fact_sink *sink) {
        session_table_feed(e->sessions, packet, sink);
        /* Dissectors read of TCP how connections begin. */
        if (!(packet->tcp_flags & TCP_SYN))
                return;
        numbering_feed(e->numbering, packet, sink);
        if (!pass_signatures(e, packet))
                dissectors_run(packet, sink, e->phrases, e->counters.dissectors);
}

static void take_contact(struct engine *e, const struct packet *packet, bool again, int way) {
        struct contact contact;

        if (way >= 0)
                contact_set(&contact, packet, (enum contact_kind) way);
        else if (way != SHORT_NOTHING || again || !e->detection || !contact_from_packet(e->contacts, packet, &contact))
                return;
        detection_contact(e->detection, &contact);
}

/* `again`: the packet was there before, on the other side of a router. */
static _noinline_ void feed_decoded(struct engine *e, const struct frame *frame, bool again, int way) {
        struct fact_sink sink = { take_fact, e };
        struct packet packet;
        int r;

        r = packet_decode(e->decoder, frame, &packet);
        if (way == SHORT_NOTHING && packet.flags & PACKET_HAS_MAC)
                count_addresses(e, frame, packet.vlan, &packet.link_source, &packet.link_destination);
        if (way == SHORT_NOTHING && !again && counts_flow(e, frame))
                count_flow(e, &packet);
        if (r <= 0)
                return;
        take_contact(e, &packet, again, way);
        if (packet.layer == LAYER_TCP)
                feed_segment(e, &packet, &sink);
        else if (packet.layer != LAYER_UDP || !datagram_table_feed(e->datagrams, &packet, &sink))
                dissectors_run(&packet, &sink, e->phrases, e->counters.dissectors);
}

static _always_inline_ bool feed_all(struct engine *e, const struct frame *frame) {
        enum duplicate copy = DUPLICATE_NONE;
        int way;

        if (frame->ts < e->now)
                note_older(e, e->now, frame->ts);
        else if (e->earliest == 0)
                e->earliest = frame->ts;
        set_time(e, frame->ts);
        if (e->config.duplicate_window > 0)
                copy = duplicates_check(e->duplicates, frame);
        if (copy == DUPLICATE_EXACT) {
                count_plain(e, frame);
                return false;
        }
        way = copy == DUPLICATE_ROUTED ? SHORT_NOTHING : feed_shortly(e, frame);
        if (way != SHORT_DONE)
                feed_decoded(e, frame, copy == DUPLICATE_ROUTED, way);
        return way != SHORT_DONE;
}

bool engine_feed_frame(struct engine *e, const struct frame *frame) {
        if (!e->config.flows_only)
                return feed_all(e, frame);
        feed_flow(e, frame);
        return false;
}

/* May what feed_run() leaves out be left out? */
static bool is_plain_run(const struct engine *e, const struct frame_run *run) {
        return !run->share && run->linktype == LINK_ETHERNET && e->flows && e->inventory && !set_holds(&e->external_presence, 0) &&
               e->config.duplicate_window == 0 && e->earliest > 0;
}

/* Its observation was read, and is next in the flow table. */
static _noinline_ void feed_read(struct engine *e, const struct frame *frame, int way) {
        take_read(e, frame, *e->place, way);
        if (way != SHORT_DONE)
                feed_decoded(e, frame, false, way);
}

static _noinline_ void feed_unread(struct engine *e, const struct frame *frame) {
        feed_all(e, frame);
}

/* The frame of a run as one that can be pointed to. */
static _always_inline_ struct frame spill(const struct frame *frame) {
        return (struct frame) {
                .ts = frame->ts,
                .number = frame->number,
                .linktype = LINK_ETHERNET,
                .captured = frame->captured,
                .length = frame->length,
                .data = frame->data,
        };
}

/* Another of a flow between ends that were heard in this interval. False: not so, and nothing is counted. */
static _always_inline_ bool feed_again(struct engine *e, const struct frame *frame, const struct flow_observation *o) {
        struct sightings_ends ends = sightings_ends_make(o->link_addresses, 0);

        if (!sightings_count_again(e->pairs, frame, &ends))
                return false;
        flow_table_add_hashed(e->flows);
        return true;
}

/* As feed_all() of each frame of a plain run. Of those that only add to what is known, which are most, all that is needed stays
 * in registers. */
static void feed_run(struct engine *e, struct frame_run *from) {
        struct frame_run run = *from;
        struct frame frame;

        run.linktype = LINK_ETHERNET; /* as the compiler is to know */
        for (; frame_run_peek_own(&run, &frame); run.next = frame.data + frame.captured, run.number++) {
                struct flow_observation *o = *e->place;
                int way;

                if (frame.ts < e->now || frame.ts >= e->next_tick || !flow_frame_read(&frame, true, o)) {
                        struct frame spilled = spill(&frame);

                        feed_unread(e, &spilled);
                        continue;
                }
                e->now = frame.ts;
                flow_hash_set(&e->secret, o);
                way = look(e, &frame, o);
                if (way == SHORT_DONE && feed_again(e, &frame, o)) {
                        count_plain(e, &frame);
                } else {
                        struct frame spilled = spill(&frame);

                        feed_read(e, &spilled, way);
                }
        }
        from->next = run.next;
        from->number = run.number;
}

void engine_feed_run(struct engine *e, struct frame_run *run) {
        struct frame frame;

        if (e->config.flows_only)
                feed_flows(e, run);
        else if (is_plain_run(e, run))
                feed_run(e, run);
        else
                while (frame_run_next(run, &frame))
                        feed_all(e, &frame);
}

void engine_feed_sighting(struct engine *e, const struct sighting *sighting) {
        if (!e->inventory)
                return;
        set_time(e, sighting->last);
        inventory_take_sighting(e->inventory, sighting);
}

void engine_set_external_presence(struct engine *e, uint32_t ifindex, bool external) {
        set_change(&e->external_presence, ifindex, external);
}

void engine_feed_flow_delta(struct engine *e, const struct flow_delta *delta) {
        struct contact contacts[CONTACTS_OF_DELTA_MAX];
        size_t n;

        if (!e->flows)
                return;
        set_time(e, MAX(delta->directions[0].last, delta->directions[1].last));
        flow_table_add_delta(e->flows, delta);
        n = e->detection ? contacts_from_delta(e->contacts, delta, contacts) : 0;
        for (size_t i = 0; i < n; i++)
                detection_contact(e->detection, &contacts[i]);
}

void engine_advance(struct engine *e, uint64_t now) {
        set_time(e, now);
}

uint64_t engine_next_deadline(const struct engine *e) {
        uint64_t next = e->flows ? flow_table_next_deadline(e->flows) : UINT64_MAX;

        if (!e->inventory)
                return next;
        next = MIN(next, sightings_is_empty(e->sightings) ? UINT64_MAX : e->next_tick);
        next = MIN(next, inventory_next_deadline(e->inventory));
        if (e->detection)
                next = MIN(next, detection_next_deadline(e->detection));
        return MAX(next, e->next_tick);
}

uint64_t engine_now(const struct engine *e) {
        return e->now;
}

uint64_t engine_earliest(const struct engine *e) {
        return e->earliest;
}

void engine_flush(struct engine *e) {
        struct fact_sink sink = { take_fact, e };

        session_table_finish(e->sessions, &sink);
        if (e->flows) {
                /* Its time is that of flows' packets: the capture may have gone on. */
                flow_table_advance(e->flows, e->now);
                flow_table_flush(e->flows);
        }
        tick(e, true);
        /* What the detectors marked. */
        if (e->inventory)
                inventory_advance(e->inventory, e->now);
}

struct inventory *engine_inventory(struct engine *e) {
        return e->inventory;
}

const struct peer_names *engine_peer_names(const struct engine *e) {
        return e->names;
}

int engine_for_each_flow(struct engine *e, uint64_t since,
                         int (*take)(void *userdata, const struct flow_record *record), void *userdata) {
        return e->flows ? flow_table_for_each(e->flows, since, take, userdata) : 0;
}

void engine_set_learning_until(struct engine *e, uint64_t until) {
        e->config.learning_until = until;
        if (e->detection)
                detection_set_learning_until(e->detection, until);
}

void engine_set_duplicate_window(struct engine *e, uint64_t window) {
        e->config.duplicate_window = window;
        duplicates_set_window(e->duplicates, window);
}

void engine_set_settle(struct engine *e, uint64_t settle) {
        e->config.settle = settle;
        if (e->detection)
                detection_set_settle(e->detection, settle);
}

void engine_set_model(struct engine *e, struct model *model) {
        if (e->detection)
                detection_set_model(e->detection, model);
        model_free(e->model);
        e->model = model;
}

struct model *engine_take_model(struct engine *e) {
        struct model *model = TAKE_PTR(e->model);

        if (e->detection)
                detection_set_model(e->detection, NULL);
        return model;
}

void engine_set_detect_settings(struct engine *e, const struct detect_settings *settings) {
        e->config.detect_settings = *settings;
        if (e->detection)
                detection_set_settings(e->detection, settings);
}

struct alert_ledger *engine_alert_ledger(struct engine *e) {
        return e->detection ? detection_ledger(e->detection) : NULL;
}

int engine_set_flows(struct engine *e, bool wanted, const struct flow_table_config *config) {
        if (e->flows)
                flow_table_flush(e->flows);
        e->flows = flow_table_free(e->flows);
        e->config.flows = wanted;
        e->config.flow_table = *config;
        return make_flows(e);
}

void engine_get_counters(const struct engine *e, struct engine_counters *ret) {
        *ret = e->counters;
        ret->packet = *packet_decoder_counters(e->decoder);
        ret->packet.frames += e->plain.frames;
        ret->packet.bytes += e->plain.bytes;
        ret->packet.truncated += e->plain.truncated;
        if (e->flows)
                flow_table_get_counters(e->flows, &ret->flows);
        session_table_get_counters(e->sessions, &ret->sessions);
        datagram_table_get_counters(e->datagrams, &ret->datagrams);
        ret->duplicates = *duplicates_counters(e->duplicates);
        ret->numbering = *numbering_counters(e->numbering);
        if (e->names)
                peer_names_get_counters(e->names, &ret->names);
        if (e->detection)
                detection_get_counters(e->detection, &ret->detection);
        if (e->inventory)
                inventory_get_counters(e->inventory, &ret->inventory);
}

static void add_counters(struct dissector_counters *sum, const struct dissector_counters *more) {
        sum->packets += more->packets;
        sum->facts += more->facts;
        sum->malformed += more->malformed;
}

/* A dissector has a row for each of its numbers: those of one name count together, where the first of them stands. */
static bool sum_rows(const struct engine_counters *counters, size_t i, struct protocol_total *ret) {
        size_t n;
        const struct dissector *rows = dissectors_get(&n);

        *ret = (struct protocol_total) { .name = rows[i].name };
        for (size_t j = 0; j < n; j++) {
                if (strcmp(rows[j].name, rows[i].name) != 0)
                        continue;
                if (j < i)
                        return false;
                add_counters(&ret->counters, &counters->dissectors[j]);
        }
        return true;
}

bool engine_counters_next_protocol(const struct engine_counters *counters, size_t *position, struct protocol_total *ret) {
        size_t n_rows, n_sessions, n_datagrams, i;
        const struct session_parser *const *sessions = session_parsers_get(&n_sessions);
        const struct datagram_parser *const *datagrams = datagram_parsers_get(&n_datagrams);

        dissectors_get(&n_rows);
        while (*position < n_rows)
                if (sum_rows(counters, (*position)++, ret))
                        return true;
        i = (*position)++ - n_rows;
        if (i < n_sessions)
                *ret = (struct protocol_total) { sessions[i]->name, counters->sessions.parsers[i] };
        else if (i - n_sessions < n_datagrams)
                *ret = (struct protocol_total) { datagrams[i - n_sessions]->name,
                                                 counters->datagrams.parsers[i - n_sessions] };
        else
                return false;
        return true;
}

void engine_remember(struct engine *e, bool all, lesson_take_fn take, void *userdata) {
        if (e->detection)
                detection_remember(e->detection, all, take, userdata);
}

bool engine_recall(struct engine *e, const struct lesson *lesson, uint64_t now) {
        return e->detection && detection_recall(e->detection, lesson, now);
}

void engine_forget(struct engine *e, const struct mac_address *mac) {
        if (e->detection)
                detection_forget(e->detection, mac);
}
