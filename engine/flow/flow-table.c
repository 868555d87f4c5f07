/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The flow table. Observations wait in a batch while the memory that they will touch is on its way, and are then taken
 * in one by one: found or created, counted, moved through the states of TCP. Most packets bring nothing new to their
 * flow but a packet more; which ones that are each flow knows (flow_entry.settled), and such are only counted.
 *
 * Which flows are old is known from lists by the second in which a flow was last looked at, a ring of them for each
 * timeout. A packet does not move its flow; when a list's turn comes, flows that had packets since go where they belong
 * now, and a flow whose state has a shorter timeout changes rings at once. Whether a flow was idle for too long is decided
 * when its next packet comes, so that nothing depends on when lists are walked. Connections that nobody answered yet
 * stand in a list of their own, by age. */

#include "engine/flow/flow-table.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "common/macro.h"
#include "engine/flow/flow-frame.h"
#include "engine/flow/flow-hash.h"
#include "engine/flow/flow-index.h"
#include "engine/flow/flow-lists.h"
#include "engine/flow/flow-parts.h"

#define BATCH 32
#define RING 1024               /* lists of one timeout; a power of two */
#define AHEAD 8                 /* observations; by then the rest of a flow has come in */
#define FETCHED 1024            /* bytes ahead in a run of frames */
#define MANY 16384              /* flows, whose less used part is no longer in the cache */
#define INDEX_START 8192
#define GROW_BY 4               /* times as large */
#define GROW_AHEAD 16
#define RINGS_MAX 6
#define LATENESS 10             /* ticks by which flows that are over may be ended too late, while there is no traffic */

#ifdef FLOW_TABLE_LOOKS_AT_ALL  /* for tests: the short way must make no difference */
#define LOOKS_AT_ALL true
#else
#define LOOKS_AT_ALL false
#endif

enum { LIST_UNANSWERED, LIST_RINGS };

/* The lists of flows that have one timeout, by tick. Times in ticks. */
struct ring {
        uint64_t age;    /* at which a list has its turn */
        uint64_t walked; /* the last list that had it */
        uint64_t oldest; /* no list before this one holds a flow */
};

struct flow_table {
        struct flow_observation batch[BATCH];
        struct flow_observation *place; /* in the batch, for the next one; those before it wait */
        struct flow_index index;
        bool moved;                /* something in it, since the batch was fetched */
        struct flow_pool pool;
        struct flow_hash_secret secret;
        uint64_t now, next_tick;   /* ns */
        uint64_t newest;           /* now, or the time of the last observation that waits */
        uint64_t tick, tick_length;/* tick = now / tick_length */
        uint64_t tick_begun;       /* ns */
        uint64_t idle[_FLOW_STATE_MAX]; /* timeouts by state */
        uint64_t shortest_idle;    /* of them */
        uint64_t recent;           /* a flow seen after this is over at no time of this tick */
        struct ring rings[RINGS_MAX];
        unsigned n_rings;
        uint8_t ring_of[_FLOW_STATE_MAX];
        struct flow_lists lists;
        uint32_t n_unanswered;
        struct flow_table_config config;
        struct flow_table_ops ops;
        struct flow_counters counters;
};

_Static_assert(LIST_RINGS + RINGS_MAX * RING <= FLOW_LISTS, "");
_Static_assert(sizeof(struct flow_analysis) > 128 && sizeof(struct flow_analysis) <= 256, "adapt fetch_flow()");
_Static_assert(2 * FLOW_TABLE_MAX + 1 < FLOW_LISTS_BASE, "");

void flow_table_config_default(struct flow_table_config *config) {
        *config = (struct flow_table_config) {
                .flows_max = 1 << 20,
                .unanswered_max = 1 << 17,
                .analysis = true,
                .timeouts = {
                        .opening = 60 * NSEC_PER_SEC,
                        .established = 600 * NSEC_PER_SEC,
                        .closing = 60 * NSEC_PER_SEC,
                        .closed = 10 * NSEC_PER_SEC,
                        .datagrams = 120 * NSEC_PER_SEC,
                        .messages = 60 * NSEC_PER_SEC,
                },
        };
}

static inline struct flow_entry *entry_of(const struct flow_table *t, uint32_t number) {
        return &t->pool.entries[number];
}

static inline uint32_t number_of(const struct flow_table *t, const struct flow_entry *entry) {
        return (uint32_t) (entry - t->pool.entries);
}

static inline struct flow_more *more_of(const struct flow_table *t, uint32_t number) {
        return &t->pool.more[number];
}

static inline struct flow_analysis *analysis_of(const struct flow_table *t, uint32_t number) {
        return &t->pool.analyses[number];
}

static inline bool is_ipv6(const struct flow_table *t, uint32_t number) {
        return number > t->pool.limit;
}

static inline struct flow_ends *ends_of(const struct flow_table *t, uint32_t number) {
        return &t->pool.ends[number - t->pool.limit];
}

static uint64_t hash_of(const void *userdata, uint32_t number) {
        const struct flow_table *t = userdata;
        const struct flow_entry *e = entry_of(t, number);

        if (is_ipv6(t, number))
                return flow_hash_ipv6(&t->secret, ends_of(t, number)->bytes[0], ends_of(t, number)->bytes[1], e->rest);
        return flow_hash_ipv4(&t->secret, e->addresses, e->rest);
}

static uint64_t first_seen(const struct flow_entry *e, const struct flow_more *m) {
        return m->first[!!(e->bits & ENTRY_FIRST_HIGH)];
}

static uint64_t last_seen(const struct flow_entry *e) {
        return MAX(e->last[0], e->last[1]);
}

static bool is_idle(const struct flow_table *t, const struct flow_entry *e, uint64_t now) {
        return now - last_seen(e) > t->idle[e->state];
}

static uint32_t list_of(unsigned ring, uint64_t tick) {
        return LIST_RINGS + ring * RING + (uint32_t) (tick & (RING - 1));
}

/* Into the list where a flow in that state belongs, which is none that had its turn. */
static inline void place_as(struct flow_table *t, uint32_t number, enum flow_state state, uint64_t tick) {
        unsigned i = t->ring_of[state];
        struct ring *ring = &t->rings[i];

        tick = MAX(tick, ring->walked + 1);
        ring->oldest = MIN(ring->oldest, tick);
        flow_lists_append(&t->lists, list_of(i, tick), number);
}

static void place(struct flow_table *t, uint32_t number, uint64_t tick) {
        struct flow_entry *e = entry_of(t, number);

        e->bits &= (uint8_t) ~ENTRY_EARLY;
        place_as(t, number, (enum flow_state) e->state, tick);
}

static void place_by_age(struct flow_table *t, uint32_t number) {
        uint64_t last = last_seen(entry_of(t, number));

        place(t, number, last >= t->tick_begun && last <= t->now ? t->tick : last / t->tick_length);
}

/* Of one that waits for its first answer. */
static void stop_waiting(struct flow_table *t, uint32_t number) {
        entry_of(t, number)->bits &= (uint8_t) ~ENTRY_WAITS;
        flow_lists_remove(&t->lists, number);
        t->n_unanswered--;
}

/* The ring of flows that are over after `timeout`; equal ones share it. */
static uint8_t ring_for(struct flow_table *t, uint64_t timeout) {
        uint64_t age = timeout / t->tick_length + (timeout % t->tick_length > 0) + 1;
        uint8_t i = 0;

        while (i < t->n_rings && t->rings[i].age != age)
                i++;
        if (i == t->n_rings)
                t->rings[t->n_rings++] = (struct ring) { .age = age, .oldest = UINT64_MAX };
        return i;
}

static void set_timeouts(struct flow_table *t, const struct flow_timeouts *o) {
        const uint64_t timeouts[] = { o->opening, o->established, o->closing, o->closed, o->datagrams, o->messages };
        uint64_t longest = 0;

        for (size_t i = 0; i < ELEMENTSOF(timeouts); i++)
                longest = MAX(longest, timeouts[i]);
        /* The ring must reach from the oldest flow to now, with room for both ends. */
        t->tick_length = MAX(NSEC_PER_SEC, longest / (RING - 4) + 1);
        for (size_t i = 0; i < ELEMENTSOF(t->idle); i++)
                t->idle[i] = o->opening;
        t->idle[FLOW_UNKNOWN] = t->idle[FLOW_ESTABLISHED] = o->established;
        t->idle[FLOW_FIN_WAIT] = t->idle[FLOW_CLOSING] = o->closing;
        t->idle[FLOW_CLOSED] = t->idle[FLOW_RESET] = o->closed;
        t->idle[FLOW_DATAGRAMS] = o->datagrams;
        t->idle[FLOW_MESSAGES] = o->messages;
        t->shortest_idle = UINT64_MAX;
        for (size_t i = 0; i < ELEMENTSOF(t->idle); i++) {
                t->shortest_idle = MIN(t->shortest_idle, t->idle[i]);
                t->ring_of[i] = ring_for(t, t->idle[i]);
        }
}

int flow_table_new(struct flow_table **ret, const struct flow_table_config *config, const struct flow_table_ops *ops) {
        struct flow_table *t;
        int r;

        if (config->flows_max == 0 || config->flows_max > FLOW_TABLE_MAX)
                return -EINVAL;
        t = calloc(1, sizeof *t);
        if (!t)
                return -ENOMEM;
        t->place = t->batch;
        t->config = *config;
        t->ops = *ops;
        t->secret = flow_hash_secret_make(config->seed);
        set_timeouts(t, &config->timeouts);
        r = flow_index_init(&t->index, INDEX_START);
        if (r >= 0)
                r = flow_pool_init(&t->pool, config->flows_max, config->analysis);
        if (r < 0) {
                flow_table_free(t);
                return r;
        }
        flow_lists_init(&t->lists, &t->pool);
        *ret = t;
        return 0;
}

struct flow_table *flow_table_free(struct flow_table *t) {
        if (!t)
                return NULL;
        flow_index_done(&t->index);
        flow_pool_done(&t->pool);
        free(t);
        return NULL;
}

/* What `e` is, as `reason` where it did not end by itself. */
static enum flow_end end_of(const struct flow_entry *e, enum flow_end reason) {
        if (e->state == FLOW_RESET)
                return FLOW_END_RST;
        if (e->state == FLOW_CLOSED || e->state == FLOW_CLOSING)
                return FLOW_END_FIN;
        return reason;
}

static void record_history(const struct flow_entry *e, const struct flow_more *m, char *ret) {
        /* By whether the initiator is the higher end, and code. */
        static const char letters[2][2 * _LETTER_MAX + 1] = { "SsHhAaDdFfRrTtWw", "sShHaAdDfFrRtTwW" };
        bool high = e->bits & ENTRY_INITIATOR_HIGH, full = (e->letters[0] & e->letters[1]) == UINT8_MAX;
        unsigned n = full ? 2 * _LETTER_MAX : (63 - (unsigned) __builtin_clzll(m->history)) / 4;

        if (n > 0 && high != !!(e->bits & ENTRY_FIRST_HIGH))
                *ret++ = '^';
        while (n-- > 0)
                *ret++ = letters[high][m->history >> 4 * n & 15];
        *ret = '\0';
}

static uint64_t bytes_of(const struct flow_entry *e, const struct flow_more *m, unsigned i) {
        return (uint64_t) m->bytes_high[i] << 32 | e->bytes[i];
}

/* What record_x() do not set is zero already. */
static void record_direction(const struct flow_entry *e, const struct flow_more *m, unsigned i,
                             struct flow_direction *ret) {
        ret->packets = (uint64_t) flow_more_packets_high(m, i) << 32 | e->packets[i];
        ret->bytes = bytes_of(e, m, i);
        /* A lone packet is the first and the last. */
        ret->first = e->last[i] == 0 || e->bits & ENTRY_ALONE ? e->last[i] : m->first[i];
        ret->last = e->last[i];
        ret->shortest = e->lengths[i].longest > 0 ? e->lengths[i].shortest : 0;
        ret->longest = e->lengths[i].longest;
        ret->tcp_flags = e->tcp_flags[i];
}

static void record_analysis(const struct flow_analysis *a, unsigned initiator, struct flow_record *ret) {
        for (unsigned i = 0; i < 2; i++) {
                const struct flow_half *half = &a->half[i ^ initiator];

                ret->directions[i].retransmissions = half->retransmissions;
                ret->directions[i].out_of_order = half->out_of_order;
                ret->directions[i].duplicate_acks = half->duplicate_acks;
                ret->directions[i].zero_windows = half->zero_windows;
        }
        ret->rtt = (struct flow_rtt) {
                .handshake = a->handshake * NSEC_PER_USEC,
                .responder = flow_analysis_answered(a, initiator, initiator) * NSEC_PER_USEC,
                .initiator = flow_analysis_answered(a, !initiator, initiator) * NSEC_PER_USEC,
                .last = a->last * NSEC_PER_USEC,
                .minimum = a->minimum * NSEC_PER_USEC,
                .average = a->average_by_8 * NSEC_PER_USEC / 8,
                .samples = a->samples,
        };
}

static void record_pauses(const struct flow_analysis *a, unsigned initiator, struct flow_record *ret) {
        for (unsigned i = 0; i < 2; i++) {
                const struct flow_half *half = &a->half[i ^ initiator];

                ret->directions[i].pause_squares = half->pause_squares;
                ret->directions[i].pause_longest = half->pause_longest * NSEC_PER_USEC;
                ret->pauses_known &= half->pause_squares < UINT64_MAX;
        }
}

static void record_endpoint(struct flow_table *t, uint32_t number, unsigned i, struct flow_endpoint *ret) {
        const struct flow_entry *e = entry_of(t, number);
        uint32_t v4 = htobe32((uint32_t) (i == 0 ? e->addresses >> 32 : e->addresses));

        if (is_ipv6(t, number)) {
                ret->ip.family = AF_INET6;
                memcpy(ret->ip.bytes, ends_of(t, number)->bytes[i], sizeof ret->ip.bytes);
        } else {
                ret->ip.family = AF_INET;
                memcpy(ret->ip.bytes, &v4, sizeof v4);
        }
        ret->port = (uint16_t) (e->rest >> (i == 0 ? 48 : 32));
        /* Whoever has no address yet sends from the unspecified one: that flow is many devices'. */
        ret->mac = ip_is_unspecified(&ret->ip) ? (struct mac_address) {} : more_of(t, number)->macs[i];
}

static unsigned initiator_of(const struct flow_entry *e) {
        return !!(e->bits & ENTRY_INITIATOR_HIGH);
}

static uint8_t protocol_of(const struct flow_entry *e) {
        return (uint8_t) (e->rest >> 24);
}

static void record_endpoints(struct flow_table *t, uint32_t number, struct flow_endpoint ret[static 2]) {
        const struct flow_entry *e = entry_of(t, number);

        for (unsigned i = 0; i < 2; i++)
                record_endpoint(t, number, i ^ initiator_of(e), &ret[i]);
        if (protocol_of(e) == IPPROTO_ICMP || protocol_of(e) == IPPROTO_ICMPV6) {
                ret[0].port = (uint16_t) (e->rest >> 48);
                ret[1].port = (uint16_t) (e->rest >> 32);
        }
}

static void make_summary(struct flow_table *t, uint32_t number, struct flow_summary *ret) {
        const struct flow_entry *e = entry_of(t, number);
        const struct flow_more *m = more_of(t, number);
        unsigned initiator = initiator_of(e);

        *ret = (struct flow_summary) {
                .bytes = { bytes_of(e, m, initiator), bytes_of(e, m, !initiator) },
                .last = last_seen(e),
                .protocol = protocol_of(e),
        };
        record_endpoints(t, number, ret->endpoints);
}

static void make_record(struct flow_table *t, uint32_t number, enum flow_end reason, struct flow_record *ret) {
        const struct flow_entry *e = entry_of(t, number);
        const struct flow_more *m = more_of(t, number);
        unsigned initiator = initiator_of(e);

        *ret = (struct flow_record) {
                .first = first_seen(e, m),
                .last = last_seen(e),
                .number = number,
                .vlan = e->rest >> 12 & 0xfff,
                .inner_vlan = e->rest & 0xfff,
                .protocol = protocol_of(e),
                .state = (enum flow_state) e->state,
                .end = reason == _FLOW_END_MAX ? _FLOW_END_MAX : end_of(e, reason),
                .initiator_known = e->bits & ENTRY_INITIATOR_KNOWN,
        };
        record_endpoints(t, number, ret->endpoints);
        for (unsigned i = 0; i < 2; i++)
                record_direction(e, m, i ^ initiator, &ret->directions[i]);
        record_history(e, m, ret->history);
        if (!t->config.analysis)
                return;
        ret->pauses_known = true;
        ret->analysed = e->bits & ENTRY_IS_TCP;
        /* Of lone packets there is nothing to be told. */
        if (e->bits & ENTRY_ALONE)
                return;
        record_pauses(analysis_of(t, number), initiator, ret);
        if (e->bits & ENTRY_IS_TCP)
                record_analysis(analysis_of(t, number), initiator, ret);
}

static bool is_told(struct flow_table *t, uint32_t number) {
        const struct flow_entry *e = entry_of(t, number);
        const struct flow_more *m = more_of(t, number);

        return t->ops.flow &&
               (!t->ops.matters || t->ops.matters(t->ops.userdata, bytes_of(e, m, 0) + bytes_of(e, m, 1), first_seen(e, m)));
}

static void end_flow(struct flow_table *t, uint32_t number, enum flow_end reason) {
        t->counters.ended[end_of(entry_of(t, number), reason)]++;
        t->counters.active--;
        if (is_told(t, number)) {
                struct flow_record record;

                make_record(t, number, reason, &record);
                t->ops.flow(t->ops.userdata, &record);
        }
        if (t->ops.over) {
                struct flow_summary summary;

                make_summary(t, number, &summary);
                t->ops.over(t->ops.userdata, &summary);
        }
}

/* Ends a flow that is in no list. */
static void remove_flow(struct flow_table *t, uint32_t number, enum flow_end reason) {
        end_flow(t, number, reason);
        t->moved = true;
        flow_index_remove(&t->index, hash_of(t, number), number, hash_of, t);
        flow_pool_give(&t->pool, number);
}

/* A flow that was taken out of its list: ended if it is idle, else put where it belongs. */
static void review(struct flow_table *t, uint32_t number) {
        if (is_idle(t, entry_of(t, number), t->now))
                remove_flow(t, number, FLOW_END_IDLE);
        else
                place_by_age(t, number);
}

static void walk_list(struct flow_table *t, uint32_t list) {
        uint32_t next;

        for (uint32_t number = flow_lists_take(&t->lists, list); number > 0; number = next) {
                next = flow_lists_next(&t->lists, number);
                __builtin_prefetch(entry_of(t, next));
                __builtin_prefetch(more_of(t, next), 1);
                review(t, number);
        }
}

static uint64_t opened_at(struct flow_table *t, uint32_t number) {
        return first_seen(entry_of(t, number), more_of(t, number));
}

static void review_unanswered(struct flow_table *t) {
        uint32_t number;

        while ((number = flow_lists_first(&t->lists, LIST_UNANSWERED)) > 0 &&
               t->now - opened_at(t, number) > t->config.timeouts.opening) {
                stop_waiting(t, number);
                review(t, number);
        }
}

static void walk_ring(struct flow_table *t, unsigned i) {
        struct ring *ring = &t->rings[i];
        uint64_t due = t->tick > ring->age ? t->tick - ring->age : 0, from = MAX(ring->walked + 1, ring->oldest);

        /* After a leap in time each list once will do. */
        if (from <= due && due - from >= RING)
                from = due - (RING - 1);
        for (; from <= due; from++) {
                ring->walked = from;
                walk_list(t, list_of(i, from));
        }
        ring->walked = MAX(ring->walked, due);
        ring->oldest = MAX(ring->oldest, due + 1);
}

/* Time has come to a new tick: all lists that have reached their age have their turn. */
static void walk(struct flow_table *t) {
        t->tick = t->now / t->tick_length;
        t->tick_begun = t->tick * t->tick_length;
        t->next_tick = t->tick >= UINT64_MAX / t->tick_length ? UINT64_MAX : (t->tick + 1) * t->tick_length;
        t->recent = t->next_tick > t->shortest_idle ? t->next_tick - t->shortest_idle : 0;
        review_unanswered(t);
        for (unsigned i = 0; i < t->n_rings; i++)
                walk_ring(t, i);
}

/* The flow of one ring that was seen least recently, and in ring->oldest its tick; 0: the ring is empty. */
static uint32_t find_oldest_in(struct flow_table *t, unsigned i) {
        struct ring *ring = &t->rings[i];
        uint32_t number;

        for (; ring->oldest <= t->tick; ring->oldest++)
                while ((number = flow_lists_first(&t->lists, list_of(i, ring->oldest))) > 0) {
                        if (last_seen(entry_of(t, number)) / t->tick_length <= ring->oldest)
                                return number;
                        flow_lists_remove(&t->lists, number);
                        place_by_age(t, number);
                }
        return 0;
}

/* The flow that was seen least recently, to the tick, of those in rings; 0: none is. */
static uint32_t find_oldest(struct flow_table *t) {
        uint64_t oldest = UINT64_MAX;
        uint32_t found = 0;

        for (unsigned i = 0; i < t->n_rings; i++) {
                uint32_t number = find_oldest_in(t, i);

                if (number == 0 || t->rings[i].oldest >= oldest)
                        continue;
                found = number;
                oldest = t->rings[i].oldest;
        }
        return found;
}

static bool is_unanswered(const struct flow_entry *e) {
        return e->state == FLOW_SYN_SENT && (e->packets[0] == 0 || e->packets[1] == 0);
}

/* Takes the oldest connection that waits for an answer out of its list: 0 if none does. What was answered meanwhile
 * leaves the list on the way. */
static uint32_t take_unanswered(struct flow_table *t) {
        uint32_t number;

        while ((number = flow_lists_first(&t->lists, LIST_UNANSWERED)) > 0) {
                stop_waiting(t, number);
                if (is_unanswered(entry_of(t, number)))
                        return number;
                place_by_age(t, number);
        }
        return 0;
}

static void evict_unanswered(struct flow_table *t) {
        uint32_t number = take_unanswered(t);

        if (number == 0)
                return;
        t->counters.unanswered_evicted++;
        remove_flow(t, number, FLOW_END_EVICTED);
}

static void evict(struct flow_table *t) {
        uint32_t waiting = flow_lists_first(&t->lists, LIST_UNANSWERED), number = find_oldest(t);

        if (number == 0 || (waiting > 0 && opened_at(t, waiting) < last_seen(entry_of(t, number)))) {
                waiting = take_unanswered(t);
                if (waiting > 0) {
                        t->counters.unanswered_evicted++;
                        remove_flow(t, waiting, FLOW_END_EVICTED);
                        return;
                }
                number = find_oldest(t);
        }
        flow_lists_remove(&t->lists, number);
        remove_flow(t, number, FLOW_END_EVICTED);
}

/* A larger index, filled in the order of the flows in memory; its slots are fetched some flows ahead. */
static int grow_index(struct flow_table *t) {
        struct flow_index grown;
        struct {
                uint64_t hash;
                uint32_t number;
        } ahead[GROW_AHEAD] = { 0 };
        uint32_t number = 0;
        int r = flow_index_init(&grown, (t->index.mask + 1) * GROW_BY);

        if (r < 0)
                return r;
        for (uint64_t i = 0, rest = GROW_AHEAD; rest > 0; i++) {
                uint64_t hash = 0;

                number = rest == GROW_AHEAD ? flow_pool_next(&t->pool, number) : 0;
                if (number > 0)
                        hash = hash_of(t, number);
                else
                        rest--;
                if (ahead[i % GROW_AHEAD].number > 0)
                        flow_index_insert(&grown, ahead[i % GROW_AHEAD].hash, ahead[i % GROW_AHEAD].number);
                ahead[i % GROW_AHEAD].hash = hash;
                ahead[i % GROW_AHEAD].number = number;
                __builtin_prefetch(&grown.slots[hash & grown.mask], 1);
        }
        flow_index_done(&t->index);
        t->index = grown;
        t->moved = true;
        return 0;
}

/* Who began is what a SYN or a question says, and else who was seen first. */
static uint8_t first_bits(const struct flow_observation *o) {
        bool answer = o->flags & OBSERVATION_ANSWERS, known = true;

        if (o->flags & OBSERVATION_TCP) {
                known = o->tcp_flags & TCP_SYN;
                answer = known && o->tcp_flags & TCP_ACK;
        }
        return (uint8_t) ((o->direction ^ answer ? ENTRY_INITIATOR_HIGH : 0) | (known ? ENTRY_INITIATOR_KNOWN : 0) |
                          (o->direction ? ENTRY_FIRST_HIGH : 0) | (o->flags & OBSERVATION_TCP ? ENTRY_IS_TCP : 0));
}

static enum flow_state first_state(const struct flow_observation *o) {
        uint8_t protocol = (uint8_t) (o->rest >> 24);

        if (o->flags & OBSERVATION_TCP)
                return flow_tcp_first_state(o->tcp_flags);
        return protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6 ? FLOW_MESSAGES : FLOW_DATAGRAMS;
}

/* Everything but the first packet's own part, and in no list. */
static _always_inline_ void begin(struct flow_table *t, uint32_t number, const struct flow_observation *o, enum flow_state state,
                                  uint8_t bits) {
        uint8_t settled = t->config.analysis || o->flags & OBSERVATION_TCP ? 0 : NEWS_NEVER;
        struct flow_entry *e = entry_of(t, number);
        struct flow_more *m = more_of(t, number);
        size_t d = o->direction;

        *e = (struct flow_entry) {
                .addresses = o->addresses,
                .rest = o->rest,
                .lengths = { { .shortest = UINT16_MAX }, { .shortest = UINT16_MAX } },
                .settled = { settled, settled },
                .state = (uint8_t) state,
                .bits = (uint8_t) (bits | (t->config.analysis ? ENTRY_ALONE : 0)),
        };
        *m = (struct flow_more) { .history = 1 };
        m->first[d] = o->ts;
        m->macs[d] = o->link_source;
        m->macs[!d] = o->link_destination;
        t->counters.created++;
        t->counters.active++;
}

/* Do the packets that begin such flows tell nobody? */
static bool begins_in_silence(const struct flow_observation *o) {
        uint8_t protocol = (uint8_t) (o->rest >> 24);

        if (o->flags & OBSERVATION_TCP)
                return !(o->tcp_flags & TCP_SYN);
        return protocol != IPPROTO_UDP && protocol != IPPROTO_ICMP && protocol != IPPROTO_ICMPV6 && protocol != IPPROTO_SCTP;
}

/* Has flows go, or the index grow, where one more needs it, which waits for an answer or does not. False: nothing had to. */
static inline bool make_room(struct flow_table *t, bool waits) {
        bool one_must_go = waits && t->n_unanswered >= t->config.unanswered_max;

        if (!one_must_go && t->counters.active < t->config.flows_max && t->counters.active * 2 <= t->index.mask)
                return false;
        if (one_must_go)
                evict_unanswered(t);
        if (t->counters.active >= t->config.flows_max)
                evict(t);
        /* Without memory for a larger index flows make room as at the limit. */
        if (t->counters.active * 2 > t->index.mask && grow_index(t) < 0 &&
            t->counters.active * 8 > t->index.mask * 7)
                evict(t);
        return true;
}

/* `slot`: where it was looked for in vain. */
static _always_inline_ uint32_t create(struct flow_table *t, const struct flow_observation *o, struct flow_probe slot) {
        enum flow_state state = first_state(o);
        bool waits = state == FLOW_SYN_SENT;
        uint32_t number;

        if (make_room(t, waits))
                slot = flow_index_find_empty(&t->index, o->hash);
        number = flow_pool_take(&t->pool, o->flags & OBSERVATION_IPV6);
        flow_index_put(&t->index, slot, number);
        if (o->flags & OBSERVATION_IPV6)
                memcpy(ends_of(t, number)->bytes, o->ends, sizeof o->ends);
        begin(t, number, o, state, (uint8_t) (first_bits(o) | (waits ? ENTRY_WAITS : 0)));
        if (waits) {
                flow_lists_append(&t->lists, LIST_UNANSWERED, number);
                t->n_unanswered++;
        } else {
                place_as(t, number, state, t->tick);
        }
        if (t->ops.begun && begins_in_silence(o))
                t->ops.begun(t->ops.userdata, o);
        return number;
}

/* Of the eight bytes from `i` on of one end's address: 0 if they are the same. */
static inline uint64_t end_differs(const struct flow_ends *ends, const struct flow_observation *o, size_t end,
                                   size_t i) {
        uint64_t a, b;

        memcpy(&a, ends->bytes[end] + i, sizeof a);
        memcpy(&b, o->ends[end] + i, sizeof b);
        return a ^ b;
}

static inline bool same_ends(const struct flow_ends *ends, const struct flow_observation *o) {
        return (end_differs(ends, o, 0, 0) | end_differs(ends, o, 0, 8) | end_differs(ends, o, 1, 0) |
                end_differs(ends, o, 1, 8)) == 0;
}

static inline bool is_flow(struct flow_table *t, uint32_t number, const struct flow_observation *o) {
        const struct flow_entry *e = entry_of(t, number);

        if (e->addresses != o->addresses || e->rest != o->rest)
                return false;
        return !(o->flags & OBSERVATION_IPV6) || same_ends(ends_of(t, number), o);
}

/* 0: there is none, and `ret_slot` is where it would be. */
static inline uint32_t find(struct flow_table *t, const struct flow_observation *o, struct flow_probe *ret_slot) {
        struct flow_probe probe = flow_index_probe(&t->index, o->hash);
        uint32_t number;

        for (; (number = flow_index_find(&t->index, &probe)) > 0; flow_index_step(&t->index, &probe))
                if (is_flow(t, number, o))
                        return number;
        *ret_slot = probe;
        return 0;
}

/* The same of one of a batch. What was looked for in vain when the batch was fetched is still missing, if nothing has come to
 * its place since, nor gone from those before it. */
static inline uint32_t find_fetched(struct flow_table *t, const struct flow_observation *o, struct flow_probe *ret_slot) {
        if (LOOKS_AT_ALL || o->entry != entry_of(t, 0) || t->moved || t->index.slots[o->slot] != 0)
                return find(t, o, ret_slot);
        *ret_slot = flow_index_probe_at(&t->index, o->hash, o->slot);
        return 0;
}

/* Ends the flow and begins another in its place. */
static _noinline_ void begin_again(struct flow_table *t, uint32_t number, const struct flow_observation *o, enum flow_end reason) {
        end_flow(t, number, reason);
        if (entry_of(t, number)->bits & ENTRY_WAITS)
                stop_waiting(t, number);
        else
                flow_lists_remove(&t->lists, number);
        begin(t, number, o, first_state(o), first_bits(o));
        place(t, number, t->tick);
}

/* What a flow that was met with a SYN keeps of it, in place of when the answer came, until its analysis begins: scans and
 * floods are nothing but SYNs and resets, and an analysis is larger than all else of a flow. */
#define LONE_SYN (UINT64_C(1) << 63)

/* Has the packet, of a flow whose analysis has not begun, nothing for one? There is no pause before the first packet of a
 * direction, and flow_analysis_take() reads nothing in a reset. */
static inline bool is_lone(const struct flow_entry *e, const struct flow_observation *o) {
        return e->last[o->direction] == 0 && (!(o->flags & OBSERVATION_TCP) || o->tcp_flags & TCP_RST);
}

/* False: the segment has more to tell. */
static bool keep_lone_segment(struct flow_more *m, const struct flow_observation *o) {
        if (o->tcp_flags & TCP_RST)
                return true;
        if ((o->tcp_flags & (TCP_SYN | TCP_ACK | TCP_FIN | TCP_RST)) != TCP_SYN || o->payload > 0)
                return false;
        m->first[!o->direction] = LONE_SYN | (uint64_t) o->window << 32 | o->sequence;
        return true;
}

/* Of a flow of which nothing but lone packets came yet. */
static _noinline_ void begin_analysis(struct flow_table *t, uint32_t number) {
        struct flow_entry *e = entry_of(t, number);
        struct flow_more *m = more_of(t, number);
        bool high = e->bits & ENTRY_FIRST_HIGH;
        uint64_t syn = m->first[!high];

        memset(analysis_of(t, number), 0, sizeof(struct flow_analysis));
        e->bits &= (uint8_t) ~ENTRY_ALONE;
        m->first[!high] = e->last[!high];
        if (!(e->bits & ENTRY_IS_TCP))
                e->settled[0] = e->settled[1] = NEWS_NEVER;
        if (syn & LONE_SYN) {
                struct flow_observation o = { .ts = m->first[high], .sequence = (uint32_t) syn, .window = (uint16_t) (syn >> 32),
                                              .tcp_flags = TCP_SYN, .direction = high };

                flow_analysis_take(analysis_of(t, number), &o, true);
        }
}

/* Is a SYN known of the end that sends this one? */
static bool knows_syn(const struct flow_table *t, uint32_t number, const struct flow_observation *o) {
        bool from_initiator = o->direction == !!(entry_of(t, number)->bits & ENTRY_INITIATOR_HIGH);

        return t->config.analysis && from_initiator && flow_analysis_saw_syn(analysis_of(t, number));
}

/* Does this SYN open another connection between the same ports? Its sequence number tells, where the first one's is
 * known: a refused client that tries again with the same one has not given up. */
static bool is_reuse(const struct flow_table *t, uint32_t number, const struct flow_observation *o) {
        if (knows_syn(t, number, o))
                return analysis_of(t, number)->initial != o->sequence;
        return entry_of(t, number)->state >= FLOW_FIN_WAIT;
}

static void add_letters(struct flow_entry *e, struct flow_more *m, uint8_t letters, unsigned direction) {
        unsigned fresh = letters & ~e->letters[direction];

        e->letters[direction] |= letters;
        for (; fresh > 0; fresh &= fresh - 1)
                m->history = m->history << 4 | ((unsigned) __builtin_ctz(fresh) * 2 + direction);
}

/* A flow met midway learns who began from a SYN that comes late. */
static void learn_initiator(struct flow_entry *e, const struct flow_observation *o) {
        bool high = o->direction ^ !!(o->tcp_flags & TCP_ACK);

        if (e->bits & ENTRY_INITIATOR_KNOWN)
                return;
        e->bits = (uint8_t) ((e->bits & ~ENTRY_INITIATOR_HIGH) | (high ? ENTRY_INITIATOR_HIGH : 0) | ENTRY_INITIATOR_KNOWN);
}

/* The state was `before`: true if the ring that the flow is in comes round soon enough. Most connections are over so soon
 * after they opened that they need not leave that ring meanwhile. */
static bool may_stay(struct flow_table *t, struct flow_entry *e, uint8_t before) {
        uint8_t opening = t->ring_of[FLOW_SYN_ACK], to = t->ring_of[e->state];
        uint8_t from = e->bits & ENTRY_EARLY ? opening : t->ring_of[before];
        bool early = from == opening && t->rings[to].age > t->rings[from].age;

        e->bits = (uint8_t) ((e->bits & ~ENTRY_EARLY) | (early ? ENTRY_EARLY : 0));
        return early || from == to;
}

static void change_list(struct flow_table *t, uint32_t number, uint8_t before) {
        struct flow_entry *e = entry_of(t, number);

        if (e->bits & ENTRY_WAITS) {
                if (is_unanswered(e))
                        return;
                stop_waiting(t, number);
        } else {
                if (may_stay(t, e, before))
                        return;
                flow_lists_remove(&t->lists, number);
        }
        place_by_age(t, number);
}

static void change_state(struct flow_table *t, uint32_t number, const struct flow_observation *o) {
        struct flow_entry *e = entry_of(t, number);
        uint8_t before = e->state;
        unsigned d = o->direction;
        struct flow_tcp_step step = {
                .state = (enum flow_state) before,
                .tcp_flags = o->tcp_flags,
                .from_initiator = d == !!(e->bits & ENTRY_INITIATOR_HIGH),
                .answered = e->packets[!d] > 0,
        };

        if (o->tcp_flags & TCP_SYN)
                learn_initiator(e, o);
        if (o->tcp_flags & TCP_FIN)
                step.closes_last = e->tcp_flags[!d] & TCP_FIN;
        else
                step.closes_last = d == !!(e->bits & ENTRY_FIN_HIGH);
        if (o->tcp_flags & TCP_FIN && before != FLOW_FIN_WAIT)
                e->bits = (uint8_t) ((e->bits & ~ENTRY_FIN_HIGH) | (d ? ENTRY_FIN_HIGH : 0));
        e->state = (uint8_t) flow_tcp_next_state(&step);
        if (e->state != before)
                change_list(t, number, before);
}

/* A plain segment changes no letters that are there already, and of these states none. */
static void settle(struct flow_entry *e) {
        const unsigned stable = 1U << FLOW_ESTABLISHED | 1U << FLOW_FIN_WAIT | 1U << FLOW_CLOSED | 1U << FLOW_RESET;
        bool settles = stable >> e->state & 1 && !(e->bits & ENTRY_ALONE);
        uint8_t letters = settles ? NEWS_OF_ACK | NEWS_OF_DATA : 0;

        for (unsigned i = 0; i < 2; i++)
                e->settled[i] = e->letters[i] & letters;
}

/* Returns bits of enum flow_letter. */
static _always_inline_ uint8_t analyse_segment(struct flow_table *t, uint32_t number, struct flow_entry *e,
                                               const struct flow_observation *o) {
        if (o->tcp_flags & TCP_SYN)
                learn_initiator(e, o);
        if (e->bits & ENTRY_ALONE) {
                if (keep_lone_segment(more_of(t, number), o))
                        return 0;
                begin_analysis(t, number);
        }
        return flow_analysis_take(analysis_of(t, number), o, o->direction == !!(e->bits & ENTRY_INITIATOR_HIGH));
}

static inline uint8_t letters_of(const struct flow_observation *o) {
        return o->news == NEWS_ALWAYS ? flow_tcp_letters(o->tcp_flags, o->payload) : o->news;
}

static _always_inline_ void take_tcp(struct flow_table *t, uint32_t number, struct flow_entry *e,
                                     const struct flow_observation *o, bool analysis) {
        unsigned d = o->direction;
        uint8_t letters = letters_of(o);

        e->tcp_flags[d] |= o->tcp_flags;
        if (!LOOKS_AT_ALL && !analysis && o->news & e->settled[d])
                return;
        if (analysis && o->flags & OBSERVATION_WHOLE_HEADER)
                letters |= analyse_segment(t, number, e, o);
        if (letters & ~e->letters[d])
                add_letters(e, more_of(t, number), letters, d);
        if (e->state != FLOW_ESTABLISHED || o->tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST))
                change_state(t, number, o);
        settle(e);
}

/* Few packets are shorter or longer than all before them. */
static _noinline_ void count_length(struct flow_entry *e, unsigned d, uint32_t length) {
        uint16_t most = (uint16_t) MIN(length, (uint32_t) UINT16_MAX);

        e->lengths[d].shortest = MIN(e->lengths[d].shortest, most);
        e->lengths[d].longest = MAX(e->lengths[d].longest, most);
}

/* The low words of counters have come full circle. */
static _noinline_ void count_high(struct flow_more *m, size_t d, uint32_t packets, uint16_t bytes) {
        flow_more_set_packets_high(m, d, flow_more_packets_high(m, d) + packets);
        m->bytes_high[d] = (uint16_t) (m->bytes_high[d] + bytes);
}

static inline void count(struct flow_table *t, struct flow_entry *e, size_t d, uint64_t ts, uint32_t length) {
        e->last[d] = ts;
        if (__builtin_expect(++e->packets[d] == 0, false))
                count_high(more_of(t, number_of(t, e)), d, 1, 0);
        if (__builtin_expect(__builtin_add_overflow(e->bytes[d], length, &e->bytes[d]), false))
                count_high(more_of(t, number_of(t, e)), d, 0, 1);
        if (length < e->lengths[d].shortest || length > e->lengths[d].longest)
                count_length(e, d, length);
}

/* A packet that is the first of its direction, comes after a pause, or opens a connection: is it still the same flow? */
static _noinline_ void meet_again(struct flow_table *t, uint32_t number, const struct flow_observation *o) {
        struct flow_entry *e = entry_of(t, number);

        if (is_idle(t, e, o->ts))
                begin_again(t, number, o, FLOW_END_IDLE);
        else if (flow_observation_opens(o) && is_reuse(t, number, o))
                begin_again(t, number, o, FLOW_END_REUSED);
        if (e->last[o->direction] == 0 && !(e->bits & ENTRY_ALONE))
                more_of(t, number)->first[o->direction] = o->ts;
}

static inline void note_pause(struct flow_table *t, uint32_t number, const struct flow_entry *e,
                              const struct flow_observation *o) {
        flow_half_note_pause(&analysis_of(t, number)->half[o->direction], o->ts - e->last[o->direction]);
}

/* The packet that a flow begins with: as count() and take_tcp() have it, but there is nothing yet to add it to. */
static _noinline_ void take_first(struct flow_table *t, const struct flow_observation *o, struct flow_probe slot) {
        uint32_t number = create(t, o, slot);
        struct flow_entry *e = entry_of(t, number);
        unsigned d = o->direction;
        uint8_t letters;

        e->last[d] = o->ts;
        e->packets[d] = 1;
        e->bytes[d] = o->length;
        e->lengths[d].shortest = e->lengths[d].longest = (uint16_t) MIN(o->length, (uint32_t) UINT16_MAX);
        if (!(o->flags & OBSERVATION_TCP))
                return;
        letters = letters_of(o);
        e->tcp_flags[d] = o->tcp_flags;
        if (t->config.analysis && o->flags & OBSERVATION_WHOLE_HEADER)
                letters |= analyse_segment(t, number, e, o);
        add_letters(e, more_of(t, number), letters, d);
}

/* `o->entry` is a guess, true or not; what was removed since it was made has another key. */
static _always_inline_ void take(struct flow_table *t, struct flow_observation *o, bool analysis) {
        struct flow_entry *e = o->entry;
        uint32_t number = number_of(t, e);
        struct flow_probe slot;

        t->now = o->ts;
        if ((e->addresses != o->addresses || e->rest != o->rest || o->flags & OBSERVATION_IPV6) &&
            (number = find_fetched(t, o, &slot)) == 0) {
                take_first(t, o, slot);
                return;
        }
        if (analysis && entry_of(t, number)->bits & ENTRY_ALONE && !is_lone(entry_of(t, number), o))
                begin_analysis(t, number);
        if (entry_of(t, number)->last[o->direction] <= t->recent || flow_observation_opens(o))
                meet_again(t, number, o);
        e = entry_of(t, number);
        if (analysis && e->last[o->direction] > 0)
                note_pause(t, number, e, o);
        count(t, e, o->direction, o->ts, o->length);
        if (o->flags & OBSERVATION_TCP)
                take_tcp(t, number, e, o, analysis);
}

static _noinline_ void take_counted(struct flow_table *t, struct flow_observation *o) {
        take(t, o, false);
}

static _noinline_ void take_analysed(struct flow_table *t, struct flow_observation *o) {
        take(t, o, true);
}

/* Of a settled packet, too. */
static inline void analyse(struct flow_table *t, uint32_t number, struct flow_entry *e, const struct flow_observation *o) {
        struct flow_analysis *a = analysis_of(t, number);
        unsigned d = o->direction;
        uint8_t letters;

        flow_half_note_pause(&a->half[d], o->ts - e->last[d]);
        if (!(o->flags & OBSERVATION_WHOLE_HEADER))
                return;
        letters = flow_analysis_take(a, o, d == !!(e->bits & ENTRY_INITIATOR_HIGH));
        if (letters & ~e->letters[d])
                add_letters(e, more_of(t, number), letters, d);
}

/* The way of nearly all packets: one more of a flow, where it was guessed to be, that brings no news, within the tick.
 * False: take() has to look at it, to the same end. `analysis` is a constant where this is inlined. */
static _always_inline_ bool take_settled(struct flow_table *t, const struct flow_observation *o, bool analysis) {
        struct flow_entry *e = o->entry;
        size_t d = o->direction;

        if (e->addresses != o->addresses || e->rest != o->rest || !(o->news & e->settled[d]) || e->last[d] <= t->recent ||
            (o->flags & OBSERVATION_IPV6 && !same_ends(ends_of(t, number_of(t, e)), o)))
                return false;
        if (analysis)
                analyse(t, number_of(t, e), e, o);
        e->tcp_flags[d] |= o->tcp_flags;
        count(t, e, d, o->ts, o->length);
        return true;
}

/* By now the index slot has come in; the flow that it names, most likely the one looked for, is next. */
static _always_inline_ void fetch_flow(struct flow_table *t, const struct flow_index *index, struct flow_observation *o,
                                       bool analysis) {
        struct flow_probe probe = flow_index_probe(index, o->hash);
        uint32_t number = flow_index_guess(index, &probe);

        o->slot = (uint32_t) probe.place;
        o->entry = entry_of(t, number);
        __builtin_prefetch(o->entry, 1);
        if (analysis) {
                const uint8_t *a = (const uint8_t *) analysis_of(t, number);

                __builtin_prefetch(a, 1);
                __builtin_prefetch(a + 64, 1);
                __builtin_prefetch(a + 128, 1);
                __builtin_prefetch(a + sizeof(struct flow_analysis) - 1, 1);
        }
}

/* What is to be looked at touches the rest of its flow, too. */
static inline void fetch_more(struct flow_table *t, const struct flow_observation *o) {
        if (!(o->news & o->entry->settled[o->direction]))
                __builtin_prefetch(more_of(t, number_of(t, o->entry)), 1);
}

/* The first of them with which a new tick begins, or `end`. */
static inline struct flow_observation *end_of_tick(struct flow_table *t, struct flow_observation *o,
                                                   struct flow_observation *end) {
        if (__builtin_expect(t->newest < t->next_tick, true))
                return end;
        while (o < end && o->ts < t->next_tick)
                o++;
        return o;
}

/* Under a flood each packet of a batch has the oldest of those that wait leave: nobody looked at them for long, and where the
 * index names them is anywhere. Flows that began one behind the other most often lie so: the next batch's are fetched, too. */
static _noinline_ void fetch_leaving(struct flow_table *t) {
        uint32_t number = flow_lists_first(&t->lists, LIST_UNANSWERED);

        for (const struct flow_observation *o = t->batch; o < t->place && number > 0; o++) {
                __builtin_prefetch(entry_of(t, number + BATCH));
                __builtin_prefetch(more_of(t, number + BATCH));
                flow_index_fetch(&t->index, hash_of(t, number));
                number = flow_lists_next(&t->lists, number);
        }
}

static _always_inline_ void take_all(struct flow_table *t, bool analysis, bool many) {
        void (*take_other)(struct flow_table *, struct flow_observation *) = analysis ? take_analysed : take_counted;
        struct flow_observation *o, *end = t->place;
        const struct flow_index index = t->index;

        t->moved = false;
        for (o = t->batch; o < end; o++)
                fetch_flow(t, &index, o, analysis);
        for (o = t->batch; o < end; o++) {
                struct flow_observation *change = end_of_tick(t, o, end);

                for (; o < change; o++) {
                        if (many && o + AHEAD < end)
                                fetch_more(t, o + AHEAD);
                        if (LOOKS_AT_ALL || __builtin_expect(!take_settled(t, o, analysis), false))
                                take_other(t, o);
                }
                if (o < end) {
                        t->now = o->ts;
                        walk(t);
                        take_other(t, o);
                }
        }
        t->now = t->newest;
        t->place = t->batch;
}

static void work_off(struct flow_table *t) {
        bool many = t->counters.active > MANY;

        if (t->n_unanswered == t->config.unanswered_max)
                fetch_leaving(t);
        if (t->config.analysis && many)
                take_all(t, true, true);
        else if (t->config.analysis)
                take_all(t, true, false);
        else if (many)
                take_all(t, false, true);
        else
                take_all(t, false, false);
}

void flow_table_count(struct flow_table *t, uint64_t packets, uint64_t bytes) {
        t->counters.packets += packets;
        t->counters.bytes += bytes;
}

/* Sets what is the table's, and has the place in the index come in. */
static inline void prepare(struct flow_table *t, struct flow_observation *o) {
        flow_hash_set(&t->secret, o);
        flow_index_fetch(&t->index, o->hash);
}

static uint8_t news_of(const struct flow_observation *o) {
        return o->flags & OBSERVATION_TCP ? flow_frame_news(o->tcp_flags, o->payload) : NEWS_NEVER;
}

/* As read_run(), of a frame that is not plain, but may be for the short way. `share`: of a shared run, else NULL. */
static _noinline_ bool read_other(struct flow_table *t, const struct frame_run *run, const struct frame_run_share *share,
                                  struct flow_observation *o, struct flow_intake *intake) {
        struct frame frame;
        bool found = share ? frame_run_peek_shared(run, share, &frame) : frame_run_peek_own(run, &frame);

        if (!found || frame.ts < intake->latest || !flow_frame_read_any(&frame, o))
                return false;
        intake->latest = frame.ts;
        intake->bytes += o->length - frame.captured;
        intake->truncated += o->length > frame.captured;
        prepare(t, o);
        return true;
}

/* The next of `run` goes to `o`, unless it is older than what came before. False: it is not for this way, and `intake` has
 * nothing of it. `shared` and `whole` are constants where this is inlined, and what the pointers are to is in registers then;
 * of a shared run `share` is where it stands, and it has a frame. */
static _always_inline_ bool read_run(struct flow_table *t, struct frame_run *run, struct frame_run_share *share, bool shared,
                                     bool whole, struct flow_observation *o, struct flow_intake *intake) {
        struct frame frame;
        bool complete;

        if (shared)
                complete = frame_run_glance(run, share, &frame);
        else if (frame_run_peek_own(run, &frame))
                complete = frame.captured == frame.length;
        else
                return false;
        if (frame.ts < intake->latest)
                return false;
        /* Where the next one is only this one says: what may be it is fetched meanwhile. */
        if (!shared)
                __builtin_prefetch(frame.data + FETCHED);
        if (__builtin_expect(complete && flow_frame_read(&frame, whole, o), true)) {
                intake->latest = frame.ts;
                prepare(t, o);
        } else if (!flow_frame_may_read_any(frame.data, shared ? frame_share_captured(share) : frame.captured)) {
                return false;
        } else {
                const struct frame_run_share share_now = shared ? *share : (struct frame_run_share) { 0 };
                const struct frame_run run_now = *run;
                struct flow_intake in = *intake;

                if (!read_other(t, &run_now, shared ? &share_now : NULL, o, &in))
                        return false;
                *intake = in;
        }
        if (shared)
                share->next++;
        else
                run->next = frame.data + frame.captured;
        return true;
}

/* Is the next of `run` ARP, which is of no flow, and nearly all of a LAN that is not IP? Not if it is older than `latest`. */
static _noinline_ bool read_arp(const struct frame_run *run, const struct frame_run_share *share, uint64_t latest,
                                struct frame *ret) {
        bool found = share ? frame_run_peek_shared(run, share, ret) : frame_run_peek_own(run, ret);

        return found && ret->ts >= latest && ret->captured >= 14 && load_be16(ret->data + 12) == TYPE_ARP;
}

/* Counts it, too, and not as a flow's. */
static _always_inline_ bool pass_arp(struct frame_run *run, struct frame_run_share *share, bool shared, struct flow_intake *in,
                                     struct flow_intake *apart) {
        const struct frame_run_share share_now = shared ? *share : (struct frame_run_share) { 0 };
        const struct frame_run run_now = *run;
        struct frame frame;

        if (!read_arp(&run_now, shared ? &share_now : NULL, in->latest, &frame))
                return false;
        if (shared)
                share->next++;
        else
                run->next = frame.data + frame.captured;
        in->latest = frame.ts;
        in->bytes += frame.length - frame.captured;
        in->truncated += frame.length > frame.captured;
        apart->frames++;
        apart->bytes += frame.length;
        return true;
}

/* `in` without the frames from `begin` to `end`, of which the observations stand at `o`; the latest of those before is
 * `latest`. */
static _noinline_ struct flow_intake forget(struct flow_intake in, uint64_t latest, const struct flow_observation *o,
                                            const uint8_t *const *begin, const uint8_t *const *end) {
        for (; begin < end; begin++, o++) {
                uint32_t captured = (uint32_t) (begin[1] - begin[0]) - FRAME_RUN_HEADER;

                in.bytes -= o->length - captured;
                in.truncated -= o->length > captured;
        }
        in.latest = latest;
        return in;
}

/* Bytes from `from` to where reading has come to, headers and all. */
static _always_inline_ size_t bytes_read(const struct frame_run *from, const struct frame_run *run,
                                         const struct frame_run_share *share) {
        return (size_t) (share ? *share->next - *from->share->next : run->next - from->next);
}

static _always_inline_ void add_run(struct flow_table *t, struct frame_run *from, bool shared, bool whole,
                                    struct flow_intake *intake) {
        struct flow_intake in = { .latest = MAX(intake->latest, t->newest) }; /* `bytes`: those that were not captured */
        struct frame_run_share share = shared ? *from->share : (struct frame_run_share) { 0 };
        struct flow_intake apart = { 0 }; /* of those, what is of no flow */
        struct frame_run run = *from;
        bool more = !shared || share.next < share.end;

        run.linktype = LINK_ETHERNET; /* as the compiler is to know */

        while (more) {
                struct flow_observation *first = t->place, *o = first, *end = t->batch + BATCH;
                const uint8_t *const *begin = share.next;

                if (shared)
                        end = first + MIN(end - first, share.end - share.next);
                while (o < end && (more = read_run(t, &run, &share, shared, whole, o, &in)))
                        o++;
                /* Nobody knows since when it was zeros that were read: none of them counts. */
                if (shared && *share.lost) {
                        in = forget(in, MAX(intake->latest, t->newest), first, begin, share.next);
                        share.next = begin;
                        break;
                }
                in.frames += (size_t) (o - first);
                t->place = o;
                if (o > first)
                        t->newest = in.latest;
                if (o == t->batch + BATCH)
                        work_off(t);
                if (!more)
                        more = pass_arp(&run, &share, shared, &in, &apart);
                more &= !shared || share.next < share.end;
        }
        in.frames += apart.frames;
        in.bytes += bytes_read(from, &run, shared ? &share : NULL) - in.frames * FRAME_RUN_HEADER;
        if (shared)
                from->share->next = share.next;
        else
                from->next = run.next;
        from->number += in.frames;
        flow_table_count(t, in.frames - apart.frames, in.bytes - apart.bytes);
        intake->latest = in.latest;
        intake->frames += in.frames;
        intake->bytes += in.bytes;
        intake->truncated += in.truncated;
}

void flow_table_add_run(struct flow_table *t, struct frame_run *run, struct flow_intake *intake) {
        bool shared = run->share, whole = t->config.analysis;

        if (run->linktype != LINK_ETHERNET)
                return;
        if (shared && whole)
                add_run(t, run, true, true, intake);
        else if (shared)
                add_run(t, run, true, false, intake);
        else if (whole)
                add_run(t, run, false, true, intake);
        else
                add_run(t, run, false, false, intake);
}

struct flow_observation *flow_table_next(struct flow_table *t) {
        return t->place;
}

struct flow_observation *const *flow_table_place(const struct flow_table *t) {
        return &t->place;
}

void flow_table_add(struct flow_table *t) {
        flow_hash_set(&t->secret, t->place);
        flow_table_add_hashed(t);
}

void flow_table_add_hashed(struct flow_table *t) {
        struct flow_observation *o = t->place;

        if (o->ts < t->newest) {
                t->counters.clock_backwards++;
                o->ts = t->newest;
        }
        t->newest = o->ts;
        if (o->news == 0)
                o->news = news_of(o);
        flow_index_fetch(&t->index, o->hash);
        flow_table_count(t, 1, o->length);
        t->place = o + 1;
        if (t->place == t->batch + BATCH)
                work_off(t);
}

void flow_table_advance(struct flow_table *t, uint64_t now) {
        work_off(t);
        t->now = t->newest = MAX(t->now, now);
        if (t->now >= t->next_tick)
                walk(t);
}

/* The tick at which the first list of a ring has its turn; UINT64_MAX: all are empty. */
static uint64_t next_turn(const struct flow_table *t, unsigned i) {
        const struct ring *ring = &t->rings[i];

        for (uint64_t tick = MAX(ring->walked + 1, ring->oldest); tick <= t->tick; tick++)
                if (flow_lists_first(&t->lists, list_of(i, tick)) > 0)
                        return tick + ring->age;
        return UINT64_MAX;
}

/* What is due is looked at a little later, with what is due then. */
uint64_t flow_table_next_deadline(const struct flow_table *t) {
        uint64_t turn = UINT64_MAX, tick;

        if (t->place > t->batch)
                return t->next_tick;
        for (unsigned i = 0; i < t->n_rings; i++)
                turn = MIN(turn, next_turn(t, i));
        if (t->n_unanswered > 0)
                turn = MIN(turn, t->tick + 1);
        if (turn == UINT64_MAX)
                return UINT64_MAX;
        tick = (turn + LATENESS - 1) / LATENESS * LATENESS;
        return tick > UINT64_MAX / t->tick_length ? UINT64_MAX : tick * t->tick_length;
}

void flow_table_flush(struct flow_table *t) {
        work_off(t);
        /* Lists may not have had their turn yet. */
        for (uint32_t number = 0; (number = flow_pool_next(&t->pool, number)) > 0;)
                end_flow(t, number, is_idle(t, entry_of(t, number), t->now) ? FLOW_END_IDLE : FLOW_END_CAPTURE);
        /* Cheaper than to take each out. */
        memset(t->index.slots, 0, (t->index.mask + 1) * sizeof *t->index.slots);
        flow_pool_reset(&t->pool);
        flow_lists_init(&t->lists, &t->pool);
        t->n_unanswered = 0;
        for (unsigned i = 0; i < t->n_rings; i++)
                t->rings[i].oldest = UINT64_MAX;
}

void flow_table_get_counters(const struct flow_table *t, struct flow_counters *ret) {
        *ret = t->counters;
}

bool flow_table_find(struct flow_table *t, const struct flow_endpoint endpoints[2], uint8_t protocol, uint16_t vlan,
                     uint16_t inner_vlan, struct flow_record *ret) {
        struct flow_observation o = { 0 };
        struct flow_probe slot;
        uint32_t number;

        work_off(t);
        flow_observation_set_ends(&o, endpoints, protocol, vlan, inner_vlan);
        flow_hash_set(&t->secret, &o);
        number = find(t, &o, &slot);
        if (number == 0)
                return false;
        make_record(t, number, _FLOW_END_MAX, ret);
        return true;
}

int flow_table_for_each(struct flow_table *t, uint64_t since,
                        int (*show)(void *userdata, const struct flow_record *record), void *userdata) {
        int r = 0;

        work_off(t);
        for (uint64_t i = 0; i <= t->index.mask && r == 0; i++) {
                uint32_t number = t->index.slots[i] & FLOW_NUMBER_MASK;
                struct flow_record record;

                if (number == 0 || last_seen(entry_of(t, number)) < since)
                        continue;
                make_record(t, number, _FLOW_END_MAX, &record);
                r = show(userdata, &record);
        }
        return r;
}

/* For tables that share a limit. */

uint32_t flow_table_unanswered(const struct flow_table *t) {
        return t->n_unanswered;
}

uint64_t flow_table_oldest(struct flow_table *t, bool unanswered) {
        uint32_t waiting = flow_lists_first(&t->lists, LIST_UNANSWERED), number = unanswered ? 0 : find_oldest(t);
        uint64_t opened = waiting > 0 ? opened_at(t, waiting) : UINT64_MAX;

        return MIN(opened, number > 0 ? last_seen(entry_of(t, number)) : UINT64_MAX);
}

void flow_table_evict(struct flow_table *t, bool unanswered) {
        uint32_t number = unanswered ? take_unanswered(t) : 0;

        if (!unanswered) {
                evict(t);
        } else if (number > 0) {
                t->counters.unanswered_evicted++;
                remove_flow(t, number, FLOW_END_EVICTED);
        }
}

/* For flow-delta.c. */

/* Of a connection that began while this flow went on nothing but its SYN tells: what came before is counted by the second,
 * and late. What any processor counted meanwhile may be of both connections, so that a SYN is compared with the one before;
 * where that is not known, with what else its end sent, and only then with what the other end did. Times are not so exact
 * that two packets could not have the same. */
static bool is_begun_again(const struct flow_table *t, uint32_t number, const struct flow_observation *o, uint64_t opened) {
        const struct flow_entry *e = entry_of(t, number);
        uint64_t before = knows_syn(t, number, o) ? analysis_of(t, number)->timed_at : e->last[o->direction] ?: last_seen(e) + 1;

        return opened >= before && is_reuse(t, number, o);
}

void flow_table_reach(struct flow_table *t, struct flow_observation *o, uint64_t opened, struct flow_parts *ret) {
        struct flow_probe slot;
        uint32_t number;

        work_off(t);
        flow_hash_set(&t->secret, o);
        if (o->ts > t->now)
                flow_table_advance(t, o->ts);
        number = find(t, o, &slot);
        if (entry_of(t, number)->bits & ENTRY_ALONE)
                begin_analysis(t, number);
        if (number == 0)
                number = create(t, o, slot);
        else if (o->ts > last_seen(entry_of(t, number)) && is_idle(t, entry_of(t, number), o->ts))
                begin_again(t, number, o, FLOW_END_IDLE);
        else if (opened > 0 && is_begun_again(t, number, o, opened))
                begin_again(t, number, o, FLOW_END_REUSED);
        if (entry_of(t, number)->bits & ENTRY_ALONE)
                begin_analysis(t, number);
        if (t->config.analysis)
                flow_analysis_lose_pauses(analysis_of(t, number));
        *ret = (struct flow_parts) {
                .number = number,
                .entry = entry_of(t, number),
                .more = more_of(t, number),
                .analysis = o->flags & OBSERVATION_TCP && t->config.analysis ? analysis_of(t, number) : NULL,
        };
}

void flow_table_step(struct flow_table *t, const struct flow_parts *parts, const struct flow_observation *o) {
        add_letters(parts->entry, parts->more, flow_tcp_letters(o->tcp_flags, o->payload), o->direction);
        change_state(t, parts->number, o);
        parts->entry->tcp_flags[o->direction] |= o->tcp_flags;
        settle(parts->entry);
}

void flow_table_note(const struct flow_parts *parts, unsigned direction, enum flow_letter letter) {
        add_letters(parts->entry, parts->more, (uint8_t) (1 << letter), direction);
}
