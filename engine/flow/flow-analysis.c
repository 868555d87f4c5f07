/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Loss and round trips of TCP, from sequence numbers alone. A segment with bytes that were seen before, or that ought to
 * have been, is a retransmission, unless it comes so soon after a later one that it must have been overtaken; what
 * "soon" means, and what does not count (keep-alives, probes of a closed window), is as Wireshark's user guide has it
 * (§7.5, "TCP Analysis"), so that counts can be compared. Round trips are timed on one segment of the initiator's at a
 * time and never on one that was sent twice (Karn's algorithm, RFC 6298 §3). */

#include "common/macro.h"
#include "engine/flow/flow-tcp.h"

enum { HALF_HAS_NEXT = 1, HALF_HAS_ACK = 2, HALF_HAS_WINDOW = 4, HALF_KEEPS_ALIVE = 8 };
enum { ANALYSIS_TIMED = 1, ANALYSIS_SYN = 2, ANALYSIS_SYN_ACK = 4, ANALYSIS_HANDSHAKE = 8 };

#define OVERTAKEN_WITHIN (3 * NSEC_PER_MSEC) /* where no round trip is known */
#define FAST_WITHIN (20 * NSEC_PER_MSEC)     /* after the duplicate acknowledgements that asked for it */

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

static void note_again(struct flow_analysis *a, const struct flow_observation *o, uint32_t length, bool from_initiator) {
        struct flow_half *us = &a->half[o->direction];
        const struct flow_half *peer = &a->half[!o->direction];
        uint64_t soon = a->handshake > 0 ? a->handshake * NSEC_PER_USEC : OVERTAKEN_WITHIN, age = o->ts - us->newest;
        bool fast = peer->duplicates >= 2 && peer->acknowledged == o->sequence && age < FAST_WITHIN;

        if (!fast && age < soon && us->next != o->sequence + length)
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
                us->newest = o->ts;
                return false;
        }
        us->flags &= (uint8_t) ~HALF_KEEPS_ALIVE;
        if (length <= 1 && o->sequence == us->next - 1 && !(o->tcp_flags & (TCP_SYN | TCP_FIN))) {
                us->flags |= HALF_KEEPS_ALIVE;
                return false;
        }
        if (o->payload == 1 && o->sequence == us->next && peer->flags & HALF_HAS_WINDOW && peer->window == 0)
                return false;
        if (length > 0 && distance(us->next, o->sequence) < 0) {
                note_again(a, o, length, from_initiator);
                again = true;
        }
        if (distance(us->next, o->sequence + length) > 0) {
                us->next = o->sequence + length;
                us->newest = o->ts;
        }
        return again;
}

static void take_acknowledgement(struct flow_analysis *a, const struct flow_observation *o, uint32_t length,
                                 bool from_initiator) {
        struct flow_half *us = &a->half[o->direction];
        const struct flow_half *peer = &a->half[!o->direction];

        if (us->flags & HALF_HAS_ACK && o->acknowledgement == us->acknowledged) {
                if (length == 0 && o->window > 0 && o->window == us->window && o->sequence == us->next &&
                    !(peer->flags & HALF_KEEPS_ALIVE)) {
                        us->duplicate_acks++;
                        us->duplicates += us->duplicates < UINT8_MAX;
                }
        } else {
                us->duplicates = 0;
        }
        us->acknowledged = o->acknowledgement;
        us->flags |= HALF_HAS_ACK;
        if (!from_initiator && a->flags & ANALYSIS_TIMED && distance(a->timed_end, o->acknowledgement) >= 0) {
                a->flags &= (uint8_t) ~ANALYSIS_TIMED;
                take_sample(a, round_trip(a, o->ts));
        }
}

/* The handshake is timed from the last SYN. */
static void take_handshake(struct flow_analysis *a, const struct flow_observation *o, uint32_t length, bool from_initiator,
                           bool again) {
        if (o->tcp_flags & TCP_SYN) {
                if (!from_initiator) {
                        a->flags |= ANALYSIS_SYN_ACK;
                        return;
                }
                a->flags = (uint8_t) (ANALYSIS_SYN | (again ? 0 : ANALYSIS_TIMED));
                a->initial = o->sequence;
                a->timed_end = o->sequence + length;
                a->timed_at = o->ts;
        } else if (from_initiator && (a->flags & (ANALYSIS_SYN | ANALYSIS_SYN_ACK)) == (ANALYSIS_SYN | ANALYSIS_SYN_ACK)) {
                a->handshake = MAX(round_trip(a, o->ts), 1U);
                a->flags |= ANALYSIS_HANDSHAKE;
        }
}

uint8_t flow_analysis_take(struct flow_analysis *a, const struct flow_observation *o, bool from_initiator) {
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
        if (from_initiator && o->payload > 0 && !again && !(a->flags & ANALYSIS_TIMED) && !(o->tcp_flags & TCP_SYN)) {
                a->flags |= ANALYSIS_TIMED;
                a->timed_end = us->next;
                a->timed_at = o->ts;
        }
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

void flow_analysis_add(struct flow_analysis *a, const struct flow_sums *sums, unsigned initiator) {
        for (unsigned i = 0; i < 2; i++) {
                a->half[i].retransmissions += sums->retransmissions[i];
                a->half[i].out_of_order += sums->out_of_order[i];
        }
        if (sums->opened > 0) {
                a->flags |= ANALYSIS_SYN;
                a->initial = sums->initial;
                a->timed_at = MAX(a->timed_at, sums->opened);
        }
        if (sums->answered > 0)
                a->flags |= ANALYSIS_SYN_ACK;
        if (!(a->flags & ANALYSIS_SYN))
                return;
        /* The one round trip that is timed; never on a SYN that was sent twice. */
        if (a->samples == 0 && sums->answered > a->timed_at && a->half[initiator].retransmissions == 0)
                take_sample(a, round_trip(a, sums->answered));
        add_handshake(a, sums);
}
