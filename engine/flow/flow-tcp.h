/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/macro.h"
#include "engine/flow/flow-observation.h"
#include "engine/flow/flow-record.h"

/* TCP as seen from the side: which state a connection is in, what happened in it (history), and how well its
 * segments get through. No allocation, no table: flow-table.c keeps what these work on. */

/* Letters of a history, as bits per direction and as codes in its order. */
enum flow_letter { LETTER_SYN, LETTER_SYN_ACK, LETTER_ACK, LETTER_DATA, LETTER_FIN, LETTER_RST, LETTER_AGAIN,
                   LETTER_ZERO_WINDOW, _LETTER_MAX };

/* A connection that begins, or is met midway, with this segment. */
static inline enum flow_state flow_tcp_first_state(uint8_t tcp_flags) {
        if (tcp_flags & TCP_RST)
                return FLOW_RESET;
        if (tcp_flags & TCP_SYN)
                return tcp_flags & TCP_ACK ? FLOW_SYN_ACK : FLOW_SYN_SENT;
        return tcp_flags & TCP_FIN ? FLOW_FIN_WAIT : FLOW_UNKNOWN;
}

struct flow_tcp_step {
        enum flow_state state;
        uint8_t tcp_flags;
        bool from_initiator;
        bool answered;      /* segments went both ways, this one counted */
        bool closes_last;   /* the other side's FIN came after this side's: this may be what acknowledges it */
};
/* The state after a segment. */
enum flow_state flow_tcp_next_state(const struct flow_tcp_step *step);

/* Bits of enum flow_letter that a segment alone gives. */
static inline uint8_t flow_tcp_letters(uint8_t tcp_flags, uint32_t payload) {
        uint8_t data = payload > 0 ? 1 << LETTER_DATA : 0;

        if (!(tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST)))
                return data ?: (tcp_flags & TCP_ACK ? 1 << LETTER_ACK : 0);
        if (tcp_flags & TCP_SYN)
                data |= tcp_flags & TCP_ACK ? 1 << LETTER_SYN_ACK : 1 << LETTER_SYN;
        if (tcp_flags & TCP_FIN)
                data |= 1 << LETTER_FIN;
        if (tcp_flags & TCP_RST)
                data |= 1 << LETTER_RST;
        return data;
}

/* Bytes that were passed over: lost, or still on their way. */
struct flow_gap {
        uint32_t begin, end; /* sequence numbers; equal: none */
        uint32_t since;      /* when the segment behind it came, us, low 32 bits */
};

#define FLOW_GAPS_MAX 3

enum { HALF_HAS_NEXT = 1, HALF_HAS_ACK = 2, HALF_HAS_WINDOW = 4, HALF_KEEPS_ALIVE = 8 };

/* What one side sent. */
struct flow_half {
        uint64_t pause_squares; /* of any protocol: the squares of the times between packets, us^2, up to UINT64_MAX */
        uint32_t pause_longest; /* us */
        struct flow_gap gaps[FLOW_GAPS_MAX]; /* the oldest gives way to one more */
        uint32_t next;         /* the sequence number behind it */
        uint32_t acknowledged; /* what this side acknowledged last */
        uint32_t retransmissions, out_of_order, duplicate_acks, zero_windows;
        uint32_t answered;     /* us from its SYN to what acknowledged it, see flow_analysis_answered() */
        uint16_t window;       /* as in the header, not scaled */
        uint8_t flags;         /* HALF_… */
};

enum { ANALYSIS_TIMED = 1, ANALYSIS_SYN = 2, ANALYSIS_SYN_ACK = 4, ANALYSIS_HANDSHAKE = 8 };

/* All zero to begin with. Round trips in us: 71 minutes are enough. */
struct flow_analysis {
        struct flow_half half[2]; /* by direction, as observations have it */
        uint64_t timed_at;        /* when the initiator sent what is being timed, ns */
        uint32_t timed_end;       /* the sequence number that must be acknowledged */
        uint32_t initial;         /* the SYN's sequence number */
        uint32_t handshake, last, minimum;
        uint32_t average_by_8;
        uint32_t samples;
        uint8_t flags;            /* ANALYSIS_… */
};

/* A packet came `pause` ns after the last that went the same way. */
static inline void flow_half_note_pause(struct flow_half *half, uint64_t pause) {
        uint64_t us = MIN(pause / NSEC_PER_USEC, (uint64_t) UINT32_MAX);

        half->pause_longest = MAX(half->pause_longest, (uint32_t) us);
        if (__builtin_add_overflow(half->pause_squares, us * us, &half->pause_squares))
                half->pause_squares = UINT64_MAX;
}

/* Packets were counted without the times between them. */
static inline void flow_analysis_lose_pauses(struct flow_analysis *analysis) {
        analysis->half[0].pause_squares = analysis->half[1].pause_squares = UINT64_MAX;
}

static inline void flow_analysis_start_timer(struct flow_analysis *a, const struct flow_half *us, const struct flow_observation *o) {
        a->flags |= ANALYSIS_TIMED;
        a->timed_end = us->next;
        a->timed_at = o->ts;
}

/* Does `o` acknowledge what is being timed? */
void flow_analysis_take_timed(struct flow_analysis *analysis, const struct flow_observation *o);
/* As flow_analysis_take(), of a segment that has to be looked at closely. */
uint8_t flow_analysis_take_any(struct flow_analysis *analysis, const struct flow_observation *o, bool from_initiator);

/* What nearly all segments are: the next of their side, behind the handshake, with data or with an acknowledgement that the
 * other side did not have, and with nothing about them that flow_analysis_take_any() would count. */
static inline bool flow_analysis_is_next(const struct flow_analysis *a, const struct flow_half *us, const struct flow_observation *o) {
        return (o->tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST | TCP_ACK)) == TCP_ACK && a->flags & ANALYSIS_HANDSHAKE &&
               us->flags == (HALF_HAS_NEXT | HALF_HAS_ACK | HALF_HAS_WINDOW) && o->sequence == us->next && o->window > 0 &&
               (o->payload > 1 || (o->payload == 0 && o->acknowledgement != us->acknowledged));
}

/* Takes in one segment; `o` has a whole header. Returns bits of enum flow_letter. Inline, because nearly each packet asks. */
static inline uint8_t flow_analysis_take(struct flow_analysis *a, const struct flow_observation *o, bool from_initiator) {
        struct flow_half *us = &a->half[o->direction];

        if (!flow_analysis_is_next(a, us, o))
                return flow_analysis_take_any(a, o, from_initiator);
        us->next += o->payload;
        us->acknowledged = o->acknowledgement;
        us->window = o->window;
        if (from_initiator && o->payload > 0 && !(a->flags & ANALYSIS_TIMED))
                flow_analysis_start_timer(a, us, o);
        else if (!from_initiator && a->flags & ANALYSIS_TIMED)
                flow_analysis_take_timed(a, o);
        return 0;
}

/* Is `initial` known? */
bool flow_analysis_saw_syn(const struct flow_analysis *analysis);
/* How long that side's SYN waited for its answer, us; 0: not seen. Of the initiator that is the round trip to the responder,
 * from the last SYN to the first SYN+ACK; of the responder the one to the initiator, from the last SYN+ACK to what followed. */
uint32_t flow_analysis_answered(const struct flow_analysis *analysis, unsigned direction, unsigned initiator);

/* What a connection's segments came to, where they were analysed elsewhere; by direction. Times in ns, 0 unknown. */
struct flow_sums {
        uint64_t opened;      /* when the last SYN came */
        uint64_t answered[2]; /* when the first SYN+ACK came, and the last */
        uint64_t established; /* when the initiator's first segment without a SYN came, of those in sight */
        uint32_t initial;     /* the SYN's sequence number, with `opened` */
        uint32_t retransmissions[2], out_of_order[2], duplicate_acks[2], zero_windows[2];
        struct flow_trips trips;
};

/* Adds them. May be called for parts of a connection in any order. */
void flow_analysis_add(struct flow_analysis *analysis, const struct flow_sums *sums, unsigned initiator);
