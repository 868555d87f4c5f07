/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "engine/flow/flow-counter.h"

#include <endian.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "engine/flow/flow-hash.h"
#include "engine/flow/flow-index.h"
#include "engine/flow/flow-tcp.h"

struct told {
        uint32_t again[2], late[2], duplicates[2], windows[2]; /* by direction */
        uint32_t samples, average_by_8;
};

struct counted {
        uint64_t addresses, rest, hash; /* as in struct flow_observation */
        uint8_t ends[2][16];            /* of IPv6 */
        struct flow_counter_before before[2];
        struct flow_delta_direction sums[2]; /* not told yet; [0] sent by the lower end */
        struct flow_analysis analysis;
        struct told told; /* of what the analysis counts */
        uint64_t opened, answered, established;
        uint32_t initial;
        uint8_t finished;  /* bits of directions whose FIN came */
        bool over;         /* a FIN came, or a reset */
        uint8_t initiator; /* direction; of who sent first while it is not known */
        bool initiator_known, ipv6, waits, recent;
        struct mac_address macs[2];
};

struct flow_counter {
        struct flow_counter_ops ops;
        struct flow_hash_secret secret;
        struct flow_index index;
        struct counted *flows; /* by number, from 1 */
        uint32_t limit, used, hand;
        uint32_t *waiting;     /* numbers of flows with something to tell */
        uint32_t n_waiting;
        uint64_t evicted;
};

static uint64_t hash_of(const void *userdata, uint32_t number) {
        const struct flow_counter *c = userdata;

        return c->flows[number].hash;
}

int flow_counter_new(struct flow_counter **ret, uint32_t flows_max, uint64_t seed, const struct flow_counter_ops *ops) {
        _cleanup_(flow_counter_freep) struct flow_counter *c = calloc(1, sizeof *c);
        uint64_t slots = 16;

        if (flows_max == 0 || flows_max > FLOW_NUMBER_MASK)
                return -EINVAL;
        while (slots < (uint64_t) flows_max * 2)
                slots *= 2;
        if (!c)
                return -ENOMEM;
        c->ops = *ops;
        c->limit = flows_max;
        c->secret = flow_hash_secret_make(seed);
        c->flows = calloc((size_t) flows_max + 1, sizeof *c->flows);
        c->waiting = calloc(flows_max, sizeof *c->waiting);
        if (!c->flows || !c->waiting || flow_index_init(&c->index, slots) < 0)
                return -ENOMEM;
        *ret = TAKE_PTR(c);
        return 0;
}

struct flow_counter *flow_counter_free(struct flow_counter *c) {
        if (!c)
                return NULL;
        if (c->index.slots)
                flow_index_done(&c->index);
        free(c->flows);
        free(c->waiting);
        free(c);
        return NULL;
}

/* What is told. */

static void set_endpoint(const struct counted *f, unsigned i, struct flow_endpoint *ret) {
        uint32_t ipv4 = htobe32((uint32_t) (f->addresses >> (i == 0 ? 32 : 0)));

        *ret = (struct flow_endpoint) { .port = (uint16_t) (f->rest >> (i == 0 ? 48 : 32)), .mac = f->macs[i] };
        ret->ip.family = f->ipv6 ? AF_INET6 : AF_INET;
        if (f->ipv6)
                memcpy(ret->ip.bytes, f->ends[i], sizeof f->ends[i]);
        else
                memcpy(ret->ip.bytes, &ipv4, sizeof ipv4);
}

static void add_losses(const struct counted *f, unsigned i, struct flow_delta_direction *ret) {
        const struct flow_half *half = &f->analysis.half[i];

        ret->retransmissions = half->retransmissions - f->told.again[i];
        ret->out_of_order = half->out_of_order - f->told.late[i];
        ret->duplicate_acks = half->duplicate_acks - f->told.duplicates[i];
        ret->zero_windows = half->zero_windows - f->told.windows[i];
}

/* Of a flow that begins here the first sample is not kept apart, but its average begins with it. */
static void set_trips(const struct counted *f, struct flow_trips *ret) {
        const struct flow_analysis *a = &f->analysis;

        *ret = (struct flow_trips) {
                .last = a->last * NSEC_PER_USEC,
                .minimum = a->minimum * NSEC_PER_USEC,
                .average = a->average_by_8 * NSEC_PER_USEC / 8,
                .before = (f->told.samples > 0 ? f->told.average_by_8 : a->average_by_8) * NSEC_PER_USEC / 8,
                .samples = a->samples - f->told.samples,
                .total = a->samples,
        };
}

static void make_delta(const struct counted *f, struct flow_delta *ret) {
        *ret = (struct flow_delta) {
                .directions = { f->sums[0], f->sums[1] },
                .vlan = f->rest >> 12 & 0xfff,
                .inner_vlan = f->rest & 0xfff,
                .protocol = (uint8_t) (f->rest >> 24),
                .opened = f->opened,
                .answered = f->answered,
                .established = f->established,
                .initial = f->initial,
        };
        if (f->initiator_known)
                ret->initiator = f->initiator == 0 ? INITIATOR_FIRST : INITIATOR_SECOND;
        for (unsigned i = 0; i < 2; i++) {
                set_endpoint(f, i, &ret->endpoints[i]);
                add_losses(f, i, &ret->directions[i]);
        }
        set_trips(f, &ret->trips);
}

static void note_told(struct counted *f) {
        for (unsigned i = 0; i < 2; i++) {
                const struct flow_half *half = &f->analysis.half[i];

                f->told.again[i] = half->retransmissions;
                f->told.late[i] = half->out_of_order;
                f->told.duplicates[i] = half->duplicate_acks;
                f->told.windows[i] = half->zero_windows;
        }
        f->told.samples = f->analysis.samples;
        f->told.average_by_8 = f->analysis.average_by_8;
        memset(f->sums, 0, sizeof f->sums);
        f->opened = f->answered = f->established = 0;
}

static bool has_news(const struct counted *f) {
        return f->sums[0].packets + f->sums[1].packets > 0;
}

/* True: nothing is left to tell of the flow. */
static bool tell_one(struct flow_counter *c, const struct counted *f) {
        struct flow_delta delta;

        if (!has_news(f))
                return true;
        make_delta(f, &delta);
        return c->ops.delta(c->ops.userdata, &delta);
}

bool flow_counter_tell(struct flow_counter *c) {
        uint32_t kept = 0;

        for (uint32_t i = 0; i < c->n_waiting; i++) {
                struct counted *f = &c->flows[c->waiting[i]];
                if (kept > 0 || !tell_one(c, f)) {
                        c->waiting[kept++] = c->waiting[i];
                        continue;
                }
                note_told(f);
                f->waits = false;
        }
        c->n_waiting = kept;
        return kept == 0;
}

bool flow_counter_is_told(const struct flow_counter *c) {
        return c->n_waiting == 0;
}

uint64_t flow_counter_evicted(const struct flow_counter *c) {
        return c->evicted;
}

static void tell_last(struct flow_counter *c, struct counted *f) {
        struct flow_delta delta;

        if (!has_news(f))
                return;
        make_delta(f, &delta);
        c->ops.last_delta(c->ops.userdata, &delta);
        note_told(f);
}

/* Flows. */

static bool is_same(const struct counted *f, const struct flow_observation *o) {
        if (f->hash != o->hash || f->rest != o->rest || f->ipv6 != !!(o->flags & OBSERVATION_IPV6))
                return false;
        return f->ipv6 ? memcmp(f->ends, o->ends, sizeof f->ends) == 0 : f->addresses == o->addresses;
}

static uint32_t find(const struct flow_counter *c, const struct flow_observation *o) {
        struct flow_probe probe = flow_index_probe(&c->index, o->hash);
        uint32_t number;

        for (; (number = flow_index_find(&c->index, &probe)) > 0; flow_index_step(&c->index, &probe))
                if (is_same(&c->flows[number], o))
                        return number;
        return 0;
}

/* Second chance (Corbató's clock): the hand takes away a mark, and the first flow that has none. */
static uint32_t take_number(struct flow_counter *c) {
        if (c->used < c->limit)
                return ++c->used;
        for (;;) {
                struct counted *f;

                c->hand = c->hand % c->limit + 1;
                f = &c->flows[c->hand];
                if (f->recent) {
                        f->recent = false;
                        continue;
                }
                tell_last(c, f);
                flow_index_remove(&c->index, f->hash, c->hand, hash_of, c);
                c->evicted++;
                return c->hand;
        }
}

static uint32_t begin(struct flow_counter *c, const struct flow_observation *o) {
        uint32_t number = take_number(c);
        struct counted *f = &c->flows[number];
        bool waits = f->waits; /* its place among those who wait serves the new one */

        *f = (struct counted) { .addresses = o->addresses, .rest = o->rest, .hash = o->hash, .waits = waits,
                                .ipv6 = o->flags & OBSERVATION_IPV6 };
        if (f->ipv6)
                memcpy(f->ends, o->ends, sizeof f->ends);
        flow_index_insert(&c->index, o->hash, number);
        return number;
}

/* The same ends once more: what was counted of the connection before is told first, for a delta is of one. */
static void begin_again(struct flow_counter *c, struct counted *f) {
        tell_last(c, f);
        memset(f->before, 0, sizeof f->before);
        memset(&f->analysis, 0, sizeof f->analysis);
        memset(&f->told, 0, sizeof f->told);
        f->finished = 0;
        f->over = false;
        f->initiator_known = false;
}

/* As is_reuse() of flow-table.c. */
static bool reopens(const struct counted *f, const struct flow_observation *o) {
        if (!flow_observation_opens(o))
                return false;
        if (f->initiator == o->direction && flow_analysis_saw_syn(&f->analysis))
                return f->analysis.initial != o->sequence;
        return f->over;
}

/* Packets. */

static void count_packet(struct counted *f, const struct flow_observation *o) {
        struct flow_delta_direction *sum = &f->sums[o->direction];

        if (sum->packets++ == 0) {
                sum->first = o->ts;
                sum->shortest = UINT16_MAX;
        }
        sum->last = MAX(sum->last, o->ts);
        sum->first = MIN(sum->first, o->ts);
        sum->bytes += o->length;
        sum->shortest = (uint16_t) MIN((uint32_t) sum->shortest, o->length);
        sum->longest = (uint16_t) MAX((uint32_t) sum->longest, MIN(o->length, (uint32_t) UINT16_MAX));
}

static void note_opening(struct counted *f, const struct flow_observation *o, bool from_initiator) {
        if (!from_initiator) {
                if (o->tcp_flags & TCP_SYN)
                        f->answered = o->ts;
        } else if (flow_observation_opens(o)) {
                f->opened = o->ts;
                f->initial = o->sequence;
        } else if (!(o->tcp_flags & TCP_SYN) && f->opened > 0 && f->established == 0) {
                f->established = o->ts;
        }
}

static void count_segment(struct counted *f, const struct flow_observation *o) {
        struct flow_delta_direction *sum = &f->sums[o->direction];
        uint8_t bit = (uint8_t) (1 << o->direction);

        sum->tcp_flags |= o->tcp_flags;
        sum->data = sum->data || o->payload > 0;
        sum->bare_ack = sum->bare_ack || (o->payload == 0 && !(o->tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST)));
        sum->after_fin = sum->after_fin || (f->finished & bit && !(o->tcp_flags & TCP_FIN));
        if (o->tcp_flags & TCP_FIN)
                f->finished |= bit;
        f->over = f->over || o->tcp_flags & TCP_RST || (o->tcp_flags & (TCP_SYN | TCP_FIN)) == TCP_FIN;
        if (o->tcp_flags & TCP_SYN && !f->initiator_known) {
                f->initiator_known = true;
                f->initiator = o->tcp_flags & TCP_ACK ? !o->direction : o->direction;
        }
        note_opening(f, o, f->initiator == o->direction);
        if (o->flags & OBSERVATION_WHOLE_HEADER)
                (void) flow_analysis_take(&f->analysis, o, f->initiator == o->direction);
}

void flow_counter_add(struct flow_counter *c, struct flow_observation *o, struct flow_counter_before *ret) {
        struct counted *f;
        uint32_t number;

        flow_hash_set(&c->secret, o);
        number = find(c, o) ?: begin(c, o);
        f = &c->flows[number];
        if (o->flags & OBSERVATION_TCP && reopens(f, o))
                begin_again(c, f);
        if (f->before[0].packets + f->before[1].packets == 0) {
                f->macs[o->direction] = o->link_source;
                f->macs[!o->direction] = o->link_destination;
                f->initiator = f->initiator_known ? f->initiator : o->direction;
        }
        *ret = f->before[o->direction];
        f->before[o->direction].packets++;
        f->before[o->direction].payload += o->flags & OBSERVATION_TCP ? o->payload : 0;
        f->recent = true;
        count_packet(f, o);
        if (o->flags & OBSERVATION_TCP)
                count_segment(f, o);
        if (!f->waits) {
                f->waits = true;
                c->waiting[c->n_waiting++] = number;
        }
}
