/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Deltas are sums: which segment came when is lost, but for what the sums tell. The state of a connection is moved on by
 * the segments that there must have been, in the order in which TCP has them. */

#include "engine/flow/flow-delta.h"

#include <netinet/in.h>

#include "common/macro.h"
#include "engine/flow/flow-parts.h"
#include "engine/flow/flow-tcp.h"

/* A delta as the table has it: [0] is the lower end. */
struct merge {
        struct flow_table *table;
        const struct flow_delta *delta;
        const struct flow_delta_direction *directions[2];
        const struct flow_endpoint *ends[2];
        struct flow_observation o;
        struct flow_parts parts;
        unsigned initiator; /* its direction; who sent first where it is not known */
        bool opens;         /* the initiator's SYN is in it */
        uint64_t began;     /* first segment of the initiator's without the SYN, of those counted apart from it; ns, 0 none */
};

static unsigned first_direction(const struct merge *m) {
        uint64_t low = m->directions[0]->first, high = m->directions[1]->first;

        return low == 0 || (high > 0 && high < low);
}

/* The first packet: what flow_table_reach() needs to begin a flow. */
static void set_first(struct merge *m, unsigned swapped) {
        const struct flow_delta *delta = m->delta;
        bool known = delta->initiator != INITIATOR_UNKNOWN;
        unsigned first = first_direction(m);

        m->initiator = known ? (delta->initiator == INITIATOR_SECOND) != swapped : first;
        m->opens = known && delta->opened > 0;
        m->o.direction = (uint8_t) first;
        m->o.ts = m->directions[first]->first;
        if (delta->protocol != IPPROTO_TCP) {
                if (known)
                        m->o.flags |= first == m->initiator ? OBSERVATION_ASKS : OBSERVATION_ANSWERS;
                return;
        }
        m->o.flags |= OBSERVATION_TCP;
        m->o.sequence = delta->initial;
        /* What tells the initiator tells it whoever was heard first. */
        if (m->opens) {
                m->o.direction = (uint8_t) m->initiator;
                m->o.ts = m->directions[m->initiator]->first;
                m->o.tcp_flags = TCP_SYN;
        } else if (known && first != m->initiator) {
                m->o.tcp_flags = TCP_SYN | TCP_ACK;
        }
}

static void merge_init(struct merge *m, struct flow_table *table, const struct flow_delta *delta) {
        unsigned swapped;

        *m = (struct merge) { .table = table, .delta = delta };
        flow_observation_set_ends(&m->o, delta->endpoints, delta->protocol, delta->vlan, delta->inner_vlan);
        m->directions[0] = &delta->directions[m->o.direction];
        m->directions[1] = &delta->directions[!m->o.direction];
        swapped = m->o.direction;
        m->ends[0] = &delta->endpoints[swapped];
        m->ends[1] = &delta->endpoints[!swapped];
        set_first(m, swapped);
        m->o.link_source = m->ends[m->o.direction]->mac;
        m->o.link_destination = m->ends[!m->o.direction]->mac;
}

static void add_packets(struct flow_entry *e, struct flow_more *more, unsigned i, const struct flow_delta_direction *d) {
        uint64_t packets = ((uint64_t) flow_more_packets_high(more, i) << 32 | e->packets[i]) + d->packets;
        uint64_t bytes = ((uint64_t) more->bytes_high[i] << 32 | e->bytes[i]) + d->bytes;

        e->packets[i] = (uint32_t) packets;
        flow_more_set_packets_high(more, i, (uint32_t) (packets >> 32));
        e->bytes[i] = (uint32_t) bytes;
        more->bytes_high[i] = (uint16_t) (bytes >> 32);
}

/* Whose packet was the first decides, where the same ends stand behind several addresses. */
static void note_addresses(struct merge *m, unsigned i) {
        struct flow_more *more = m->parts.more;

        more->macs[i] = m->ends[i]->mac;
        if (m->parts.entry->last[!i] == 0)
                more->macs[!i] = m->ends[!i]->mac;
}

static void count_direction(struct merge *m, unsigned i) {
        const struct flow_delta_direction *d = m->directions[i];
        struct flow_entry *e = m->parts.entry;
        struct flow_more *more = m->parts.more;

        if (d->packets == 0)
                return;
        if (e->last[i] == 0 || d->first < more->first[i]) {
                more->first[i] = d->first;
                note_addresses(m, i);
        }
        e->last[i] = MAX(e->last[i], d->last);
        add_packets(e, more, i, d);
        e->lengths[i].shortest = MIN(e->lengths[i].shortest, d->shortest);
        e->lengths[i].longest = MAX(e->lengths[i].longest, d->longest);
        flow_table_count(m->table, d->packets, d->bytes);
}

/* Does something else than the order of the packets tell who began? */
static bool is_told(const struct merge *m) {
        if (m->delta->protocol == IPPROTO_TCP)
                return m->parts.entry->bits & ENTRY_INITIATOR_KNOWN;
        return m->delta->initiator != INITIATOR_UNKNOWN;
}

/* Deltas of one flow come from several processors, the answer's before the question's perhaps. */
static void note_first(struct merge *m) {
        struct flow_entry *e = m->parts.entry;
        const struct flow_more *more = m->parts.more;
        bool high = e->last[0] == 0 || (e->last[1] > 0 && more->first[1] < more->first[0]);
        uint8_t bits = ENTRY_FIRST_HIGH | (is_told(m) ? 0 : ENTRY_INITIATOR_HIGH);

        e->bits = (uint8_t) (high ? e->bits | bits : e->bits & ~bits);
}

static void step(struct merge *m, unsigned direction, uint8_t tcp_flags, bool data) {
        m->o.direction = (uint8_t) direction;
        m->o.tcp_flags = tcp_flags;
        m->o.payload = data;
        flow_table_step(m->table, &m->parts, &m->o);
}

static void step_handshake(struct merge *m) {
        if (m->delta->initiator == INITIATOR_UNKNOWN)
                return;
        if (m->opens)
                step(m, m->initiator, TCP_SYN, false);
        if (m->directions[!m->initiator]->tcp_flags & TCP_SYN)
                step(m, !m->initiator, TCP_SYN | TCP_ACK, false);
}

static void step_talk(struct merge *m, unsigned direction) {
        if (m->directions[direction]->bare_ack)
                step(m, direction, TCP_ACK, false);
        if (m->directions[direction]->data)
                step(m, direction, TCP_ACK, true);
}

/* Who sent something after its own FIN had the other's to acknowledge, so its own came first. */
static void note_closer(struct merge *m) {
        struct flow_entry *e = m->parts.entry;

        for (unsigned i = 0; i < 2; i++)
                if (m->directions[i]->after_fin)
                        e->bits = (uint8_t) ((e->bits & ~ENTRY_FIN_HIGH) | (i == 1 ? ENTRY_FIN_HIGH : 0));
}

static void step_end(struct merge *m) {
        unsigned first = m->directions[!m->initiator]->after_fin ? !m->initiator : m->initiator, closer;
        struct flow_entry *e = m->parts.entry;

        for (unsigned i = 0; i < 2; i++)
                if (m->directions[first ^ i]->tcp_flags & TCP_FIN)
                        step(m, first ^ i, TCP_FIN | TCP_ACK, false);
        note_closer(m);
        closer = !!(e->bits & ENTRY_FIN_HIGH);
        /* It acknowledged the other's FIN if it was heard last. */
        if (e->state == FLOW_CLOSING && (m->directions[closer]->after_fin || e->last[closer] > e->last[!closer]))
                step(m, closer, TCP_ACK, false);
        for (unsigned i = 0; i < 2; i++)
                if (m->directions[i]->tcp_flags & TCP_RST)
                        step(m, i, TCP_RST, false);
}

static void move_on(struct merge *m) {
        step_handshake(m);
        step_talk(m, m->initiator);
        step_talk(m, !m->initiator);
        step_end(m);
        for (unsigned i = 0; i < 2; i++)
                m->parts.entry->tcp_flags[i] |= m->directions[i]->tcp_flags;
}

/* What the flow knows already; before the delta is counted in. */
static void note_before(struct merge *m) {
        const struct flow_entry *e = m->parts.entry;
        unsigned known = !!(e->bits & ENTRY_INITIATOR_HIGH);

        if (e->bits & ENTRY_INITIATOR_KNOWN) {
                /* Who began the flow did so, though the other end may open it as well (RFC 9293 §3.5). */
                m->opens = m->opens && m->initiator == known;
                m->initiator = known;
        }
        if (!(m->directions[m->initiator]->tcp_flags & TCP_SYN))
                m->began = m->directions[m->initiator]->first;
        else if (!(e->tcp_flags[m->initiator] & TCP_SYN) && e->last[m->initiator] > 0)
                m->began = m->parts.more->first[m->initiator];
}

static void analyse(struct merge *m) {
        const struct flow_entry *e = m->parts.entry;
        unsigned i = !!(e->bits & ENTRY_INITIATOR_HIGH);
        struct flow_sums sums = {
                .opened = m->opens ? m->delta->opened : 0,
                .established = m->delta->established ?: m->began,
                .answered = { e->tcp_flags[!i] & TCP_SYN ? m->parts.more->first[!i] : 0, m->delta->answered },
                .initial = m->delta->initial,
                .trips = m->delta->trips,
        };

        for (unsigned j = 0; j < 2; j++) {
                sums.retransmissions[j] = m->directions[j]->retransmissions;
                sums.out_of_order[j] = m->directions[j]->out_of_order;
                sums.duplicate_acks[j] = m->directions[j]->duplicate_acks;
                sums.zero_windows[j] = m->directions[j]->zero_windows;
                if (sums.retransmissions[j] + sums.out_of_order[j] > 0)
                        flow_table_note(&m->parts, j, LETTER_AGAIN);
                if (sums.zero_windows[j] > 0)
                        flow_table_note(&m->parts, j, LETTER_ZERO_WINDOW);
        }
        flow_analysis_add(m->parts.analysis, &sums, i);
}

void flow_table_add_delta(struct flow_table *table, const struct flow_delta *delta) {
        struct merge m;

        merge_init(&m, table, delta);
        flow_table_reach(table, &m.o, m.opens ? delta->opened : 0, &m.parts);
        note_before(&m);
        for (unsigned i = 0; i < 2; i++)
                count_direction(&m, i);
        note_first(&m);
        if (delta->protocol != IPPROTO_TCP)
                return;
        move_on(&m);
        if (m.parts.analysis)
                analyse(&m);
}
