/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Loss and round trips of TCP, from sequence numbers alone. A segment whose bytes were passed over, and that comes before
 * the sender can have learnt of it (less than a round trip later), was overtaken: it is out of order. Any other with
 * bytes that were seen before, or that ought to have been, is a retransmission. What does not count (keep-alives, probes of
 * a closed window) is as Wireshark's user guide has it (§7.5, "TCP Analysis"), so that sums can be compared. Round trips are
 * timed on one segment of the initiator's at a time and never on one that was sent twice (Karn's algorithm, RFC 6298 §3). */

#include "common/macro.h"
#include "engine/flow/flow-tcp.h"

#define OVERTAKEN_WITHIN 3000 /* us, where no round trip is known */

static inline int32_t distance(uint32_t from, uint32_t to) {
        return (int32_t) (to - from);
}

static uint32_t round_trip(const struct flow_analysis *a, uint64_t now) {
        return (uint32_t) MIN((now - a->timed_at) / NSEC_PER_USEC, (uint64_t) UINT32_MAX / 8);
}

static void take_sample(struct flow_analysis *a, uint32_t sample) {
        if (a->samples++ == 0) {
                a->minimum = sample;
                a->average_by_8 = sample * 8;
        } else {
                a->minimum = MIN(a->minimum, sample);
                a->average_by_8 += sample - a->average_by_8 / 8;
        }
        a->last = sample;
}

static uint32_t microseconds(uint64_t ts) {
        return (uint32_t) (ts / NSEC_PER_USEC);
}

/* The bytes from `us->next` to `sequence` did not come yet. */
static void open_gap(struct flow_half *us, const struct flow_half *peer, uint32_t sequence, uint64_t now) {
        struct flow_gap *gap = &us->gaps[0];

        for (unsigned i = 0; i < FLOW_GAPS_MAX; i++) {
                struct flow_gap *g = &us->gaps[i];

                /* What the peer has got was missed by the capture alone. */
                if (g->begin == g->end || (peer->flags & HALF_HAS_ACK && distance(g->end, peer->acknowledged) >= 0)) {
                        gap = g;
                        break;
                }
                if (distance(g->begin, gap->begin) > 0)
                        gap = g;
        }
        *gap = (struct flow_gap) { us->next, sequence, microseconds(now) };
}

/* Takes the segment's bytes out of the gaps. True: it fills one that is not older than `soon`, in us. */
static bool fill_gaps(struct flow_half *us, uint32_t sequence, uint32_t length, uint64_t now, uint32_t soon) {
        bool young = false;

        for (unsigned i = 0; i < FLOW_GAPS_MAX; i++) {
                struct flow_gap *g = &us->gaps[i];

                if (g->begin == g->end || distance(g->begin, sequence + length) <= 0 || distance(sequence, g->end) <= 0)
                        continue;
                young = young || microseconds(now) - g->since < soon;
                /* Of a gap that is left on both sides the first part is kept: it is sent first. */
                if (distance(g->begin, sequence) > 0)
                        g->end = sequence;
                else
                        g->begin = distance(sequence + length, g->end) > 0 ? sequence + length : g->end;
        }
        return young;
}

static void note_again(struct flow_analysis *a, const struct flow_observation *o, uint32_t length, bool from_initiator) {
        struct flow_half *us = &a->half[o->direction];
        uint32_t soon = a->handshake > 0 ? a->handshake : OVERTAKEN_WITHIN;

        if (fill_gaps(us, o->sequence, length, o->ts, soon))
                us->out_of_order++;
        else
                us->retransmissions++;
        if (from_initiator)
                a->flags &= (uint8_t) ~ANALYSIS_TIMED;
}

/* True: the segment was sent again or comes late. */
static bool take_sequence(struct flow_analysis *a, const struct flow_observation *o, uint32_t length, bool from_initiator) {
        struct flow_half *us = &a->half[o->direction];
        const struct flow_half *peer = &a->half[!o->direction];
        bool again = false;

        if (!(us->flags & HALF_HAS_NEXT)) {
                us->flags |= HALF_HAS_NEXT;
                us->next = o->sequence + length;
                return false;
        }
        us->flags &= (uint8_t) ~HALF_KEEPS_ALIVE;
        if (length <= 1 && o->sequence == us->next - 1 && !(o->tcp_flags & (TCP_SYN | TCP_FIN))) {
                us->flags |= HALF_KEEPS_ALIVE;
                return false;
        }
        if (o->payload == 1 && o->sequence == us->next && peer->flags & HALF_HAS_WINDOW && peer->window == 0)
                return false;
        if (length > 0 && o->sequence != us->next) {
                again = distance(us->next, o->sequence) < 0;
                if (again)
                        note_again(a, o, length, from_initiator);
                else
                        open_gap(us, peer, o->sequence, o->ts);
        }
        if (distance(us->next, o->sequence + length) > 0)
                us->next = o->sequence + length;
        return again;
}

void flow_analysis_take_timed(struct flow_analysis *a, const struct flow_observation *o) {
        if (distance(a->timed_end, o->acknowledgement) < 0)
                return;
        a->flags &= (uint8_t) ~ANALYSIS_TIMED;
        take_sample(a, round_trip(a, o->ts));
}

static void take_acknowledgement(struct flow_analysis *a, const struct flow_observation *o, uint32_t length,
                                 bool from_initiator) {
        struct flow_half *us = &a->half[o->direction];
        const struct flow_half *peer = &a->half[!o->direction];

        if (us->flags & HALF_HAS_ACK && o->acknowledgement == us->acknowledged) {
                if (length == 0 && o->window > 0 && o->window == us->window && o->sequence == us->next &&
                    !(peer->flags & HALF_KEEPS_ALIVE))
                        us->duplicate_acks++;
        }
        us->acknowledged = o->acknowledgement;
        us->flags |= HALF_HAS_ACK;
        if (!from_initiator && a->flags & ANALYSIS_TIMED)
                flow_analysis_take_timed(a, o);
}

/* A SYN+ACK came `trip` us behind the SYN. The responder's half remembers when its last one did. */
static void note_answer(struct flow_analysis *a, unsigned initiator, uint32_t trip) {
        if (a->half[initiator].answered == 0)
                a->half[initiator].answered = MAX(trip, 1U);
        a->half[!initiator].answered = MAX(trip, 1U);
}

/* The handshake is timed from the last SYN. */
static void take_handshake(struct flow_analysis *a, const struct flow_observation *o, uint32_t length, bool from_initiator,
                           bool again) {
        if (o->tcp_flags & TCP_SYN) {
                if (!from_initiator) {
                        a->flags |= ANALYSIS_SYN_ACK;
                        if (a->flags & ANALYSIS_SYN)
                                note_answer(a, !o->direction, round_trip(a, o->ts));
                        return;
                }
                /* With an ACK it answers the other end's SYN, where both opened the connection. */
                if (!(o->tcp_flags & TCP_ACK))
                        a->initial = o->sequence;
                else if (!(a->flags & ANALYSIS_SYN))
                        return;
                a->half[0].answered = a->half[1].answered = 0;
                a->flags = (uint8_t) (ANALYSIS_SYN | (again ? 0 : ANALYSIS_TIMED));
                a->timed_end = o->sequence + length;
                a->timed_at = o->ts;
        } else if (from_initiator && (a->flags & (ANALYSIS_SYN | ANALYSIS_SYN_ACK)) == (ANALYSIS_SYN | ANALYSIS_SYN_ACK)) {
                a->handshake = MAX(round_trip(a, o->ts), 1U);
                a->flags |= ANALYSIS_HANDSHAKE;
        }
}

uint32_t flow_analysis_answered(const struct flow_analysis *a, unsigned direction, unsigned initiator) {
        uint32_t until = a->half[!initiator].answered;

        if (direction == initiator)
                return a->half[initiator].answered;
        /* Its part is what is left of the handshake. */
        return until > 0 && a->flags & ANALYSIS_HANDSHAKE ? MAX(a->handshake, until + 1) - until : 0;
}

uint8_t flow_analysis_take_any(struct flow_analysis *a, const struct flow_observation *o, bool from_initiator) {
        struct flow_half *us = &a->half[o->direction];
        uint32_t length = o->payload + !!(o->tcp_flags & TCP_SYN) + !!(o->tcp_flags & TCP_FIN);
        bool again;
        uint8_t letters;

        /* A reset may carry any number, and closes the window. */
        if (o->tcp_flags & TCP_RST)
                return 0;
        again = take_sequence(a, o, length, from_initiator);
        letters = again ? 1 << LETTER_AGAIN : 0;
        if (!(a->flags & ANALYSIS_HANDSHAKE))
                take_handshake(a, o, length, from_initiator, again);
        if (o->tcp_flags & TCP_ACK)
                take_acknowledgement(a, o, length, from_initiator);
        if (from_initiator && o->payload > 0 && !again && !(a->flags & ANALYSIS_TIMED) && !(o->tcp_flags & TCP_SYN))
                flow_analysis_start_timer(a, us, o);
        if (o->window == 0 && !(o->tcp_flags & (TCP_SYN | TCP_FIN))) {
                us->zero_windows++;
                letters |= 1 << LETTER_ZERO_WINDOW;
        }
        us->window = o->window;
        us->flags |= HALF_HAS_WINDOW;
        return letters;
}

bool flow_analysis_saw_syn(const struct flow_analysis *a) {
        return a->flags & ANALYSIS_SYN;
}

/* From the SYN to the first segment behind it; of several processors' first ones the earliest is the very first. */
static void add_handshake(struct flow_analysis *a, const struct flow_sums *sums) {
        uint32_t trip;

        if (sums->established <= a->timed_at)
                return;
        trip = MAX(round_trip(a, sums->established), 1U);
        if (!(a->flags & ANALYSIS_HANDSHAKE) || trip < a->handshake)
                a->handshake = trip;
        a->flags |= ANALYSIS_HANDSHAKE;
}

static void add_counts(struct flow_half *half, const struct flow_sums *sums, unsigned i) {
        half->retransmissions += sums->retransmissions[i];
        half->out_of_order += sums->out_of_order[i];
        half->duplicate_acks += sums->duplicate_acks[i];
        half->zero_windows += sums->zero_windows[i];
}

/* Whoever counted all samples so far has the average. Else each sample leaves seven eighths of what was before it: the
 * difference to where the other average began fades by as much, and nothing need be known of the samples but how many. */
static int64_t average_with(const struct flow_analysis *a, const struct flow_trips *trips) {
        int64_t apart = (int64_t) a->average_by_8 - (int64_t) (trips->before * 8 / NSEC_PER_USEC);
        int64_t average = (int64_t) (trips->average * 8 / NSEC_PER_USEC);

        if (trips->total >= a->samples + trips->samples)
                return average;
        for (uint32_t i = 0; i < trips->samples && apart / 8 != 0; i++)
                apart -= apart / 8;
        return average + apart;
}

static void add_trips(struct flow_analysis *a, const struct flow_trips *trips) {
        uint32_t minimum = (uint32_t) MIN(trips->minimum / NSEC_PER_USEC, (uint64_t) UINT32_MAX / 8);

        if (trips->samples == 0)
                return;
        a->last = (uint32_t) MIN(trips->last / NSEC_PER_USEC, (uint64_t) UINT32_MAX / 8);
        a->average_by_8 = (uint32_t) MIN(MAX(average_with(a, trips), 0), (int64_t) UINT32_MAX);
        a->minimum = a->samples > 0 ? MIN(a->minimum, minimum) : minimum;
        a->samples += trips->samples;
}

/* What was answered was answered so much sooner behind a SYN that came later. */
static void open_at(struct flow_analysis *a, uint64_t opened, struct flow_half *responder) {
        uint64_t later = opened > a->timed_at ? (opened - a->timed_at) / NSEC_PER_USEC : 0;

        if (a->flags & ANALYSIS_HANDSHAKE) {
                if (later >= a->handshake)
                        return;
                a->handshake -= (uint32_t) later;
        }
        if (a->flags & ANALYSIS_SYN)
                responder->answered = responder->answered > later ? responder->answered - (uint32_t) later : 0;
        a->flags |= ANALYSIS_SYN;
        a->timed_at = MAX(a->timed_at, opened);
}

static void add_answer(struct flow_analysis *a, const struct flow_sums *sums, unsigned initiator) {
        uint32_t *first = &a->half[initiator].answered, *last = &a->half[!initiator].answered;

        if (sums->answered[0] > a->timed_at)
                *first = MAX(round_trip(a, sums->answered[0]), 1U);
        *last = MAX(*last, *first);
        if (sums->answered[1] > a->timed_at)
                *last = MAX(*last, round_trip(a, sums->answered[1]));
}

void flow_analysis_add(struct flow_analysis *a, const struct flow_sums *sums, unsigned initiator) {
        for (unsigned i = 0; i < 2; i++)
                add_counts(&a->half[i], sums, i);
        add_trips(a, &sums->trips);
        if (sums->opened > 0) {
                a->initial = sums->initial;
                open_at(a, sums->opened, &a->half[!initiator]);
        }
        if (sums->answered[0] > 0)
                a->flags |= ANALYSIS_SYN_ACK;
        if (!(a->flags & ANALYSIS_SYN))
                return;
        add_answer(a, sums, initiator);
        add_handshake(a, sums);
}
