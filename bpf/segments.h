/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "lanscope-events.h"

/* What segments of TCP tell about how well they get through: as engine/flow/flow-analysis.c has it, so that figures are the
 * same however a packet was captured. What must be remembered for it outlives the records of a log and belongs to no CPU:
 * a packet may come anywhere. It stands in arrays that all share. A flow's place is found by its hash, one of four; where
 * all are taken by others that talk, the flow is not analysed. Of each end there is an element of its own in a cache line
 * of its own, so that two CPUs do not take it from each other packet by packet. */

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_ACK 0x10

/* One packet, or the segments of a super-packet. */
struct flow_packet {
        struct lanscope_flow_key key;
        struct lanscope_flow_ends ends; /* IPv6 */
        __u64 hash;
        __u32 length;            /* of the frame in memory */
        __u32 segments;          /* that it stands for */
        __u32 segment;           /* bytes of payload of each of them but the last; 0 unknown */
        __u32 headers;           /* bytes before the transport's payload, as far as known; 0 unknown */
        __u32 sequence, payload; /* TCP, as are the next two */
        __u32 acknowledgement;
        __u32 window;            /* FLOW_NO_WINDOW: the header ends before it */
        __u32 number;            /* of its record */
        __u32 now;               /* ticks; 0: the exact clock was not read yet */
        __u8 tcp_flags;
        __u8 tag;                /* bytes of the VLAN tag that the network card took out */
        __u8 protocol;
        __u8 high;               /* the high end sent it */
        __u8 ipv6;
        __u8 known;              /* enum lanscope_flow_bits, of a question or an answer */
        __u8 padding[2];         /* the verifier of kernels before 6.3 wants every byte written */
};

#define FLOW_NO_WINDOW 0x10000

#define SEGMENT_PLACES 32768    /* a power of two, as are the next two; 2 MiB in all */
#define SEGMENT_WAYS 4          /* places that one hash may have */
#define SEGMENT_GAPS 4096       /* 160 KiB */
#define SEGMENT_GAPS_OF_ONE 3   /* the oldest gives way to one more */
#define SEGMENT_OVERTAKEN 2930  /* ticks: 3 ms, where no round trip is known */
#define SEGMENT_TRIP_MAX (1U << 28)
#define SEGMENT_COPIES 65536    /* ticks: 67 ms. Nobody sends a SYN again that soon (RFC 6298 §2.1: a second) */
#define SEGMENT_ALIVE 3         /* generations that a silent flow keeps its place for in any case */

enum segment_track_bits {
        TRACK_FROM_HIGH = 1, /* the high end began, or was heard first */
        TRACK_KNOWN = 2,     /* it did begin */
        TRACK_OPENING = 4,   /* `handshake` is when the SYN came; else how long the handshake took, 0 not known */
        TRACK_ANSWERED = 8,  /* the SYN+ACK came */
        TRACK_TALKS = 16,    /* more than a SYN came */
        TRACK_TAKEN = 32,    /* always */
        TRACK_NUMBERED = 64, /* `initial` holds */
};

/* Of a flow. Whoever reads and who writes may be on different CPUs: each field is read and written at once. */
struct segment_track {
        __u64 timing;    /* the sequence number to be acknowledged << 32, when it was sent; 0: nothing is being timed */
        __u32 handshake; /* ticks */
        __u16 tag;       /* of the hash */
        __u8 bits;       /* enum segment_track_bits; 0: nobody's */
        __u8 seen;       /* generation in which a record of it began, low bits */
        __u32 samples;   /* of round trips */
        __u32 average_by_8;
        __u32 initial;   /* number of the last SYN */
        __u32 padding;
};

struct {
        __uint(type, BPF_MAP_TYPE_ARRAY);
        __uint(max_entries, SEGMENT_PLACES);
        __uint(map_flags, BPF_F_MMAPABLE); /* which makes it begin with a cache line */
        __type(key, __u32);
        __type(value, struct segment_track);
} segment_tracks SEC(".maps");

enum segment_side_bits {
        SIDE_NEXT = 1,   /* `next` and `window` hold */
        SIDE_ACKED = 2,  /* `acknowledged` holds */
        SIDE_GAPS = 4,   /* bytes were passed over: they are in segment_gaps */
        SIDE_ALIVE = 8,  /* its last segment was a keep-alive */
        SIDE_DONE = 16,  /* its first bytes are long past */
        SIDE_OPENS = 32, /* it sent a SYN, and nothing since */
        SIDE_ASKED = 64, /* the number that it acknowledged last may end the timing if it comes again */
        SIDE_PROBED = 128, /* the other end's last segment was a keep-alive: what answers it is no duplicate */
};

/* Of one end of it: what it sent. */
struct segment_side {
        __u32 tag;
        __u32 next;         /* the sequence number behind the highest seen */
        __u32 acknowledged; /* number of its last segment */
        __u16 window;       /* of the same, as in the header */
        __u8 bits;          /* enum segment_side_bits */
        __u8 timed;         /* something that it sent is being timed; the other end's CPU clears it */
};

/* Of the places that one hash may have: a cache line. */
struct segment_sides {
        struct segment_side ways[SEGMENT_WAYS];
};

#define SEGMENT_LINES (SEGMENT_PLACES / SEGMENT_WAYS)

/* The low ends, then the high ones. */
struct {
        __uint(type, BPF_MAP_TYPE_ARRAY);
        __uint(max_entries, 2 * SEGMENT_LINES);
        __uint(map_flags, BPF_F_MMAPABLE);
        __type(key, __u32);
        __type(value, struct segment_sides);
} segment_sides SEC(".maps");

/* Bytes of one direction that were passed over: lost, or still on their way. */
struct segment_gap {
        __u32 begin, end; /* sequence numbers; equal: none */
        __u32 since;      /* when the segment behind it came */
};

struct segment_gaps {
        __u32 tag;
        struct segment_gap gaps[SEGMENT_GAPS_OF_ONE];
};

struct {
        __uint(type, BPF_MAP_TYPE_ARRAY);
        __uint(max_entries, SEGMENT_GAPS);
        __type(key, __u32);
        __type(value, struct segment_gaps);
} segment_gaps SEC(".maps");

/* Beside the records, as are the next. */
struct {
        __uint(type, BPF_MAP_TYPE_ARRAY);
        __uint(max_entries, 2 * 2 * 16384);
        __type(key, __u32);
        __type(value, struct lanscope_times);
} flow_times SEC(".maps");

struct {
        __uint(type, BPF_MAP_TYPE_ARRAY);
        __uint(max_entries, 2 * 2 * 16384);
        __uint(map_flags, BPF_F_MMAPABLE);
        __type(key, __u32);
        __type(value, struct lanscope_flow_rest);
} flow_rests SEC(".maps");

static __always_inline __u32 flow_now(void) {
        return bpf_ktime_get_ns() >> LANSCOPE_TICK_SHIFT;
}

static __always_inline __u32 flow_now_coarse(void) {
        return bpf_ktime_get_coarse_ns() >> LANSCOPE_TICK_SHIFT;
}

/* Of the packet, by the exact clock; never 0. */
static __always_inline __u32 segment_now(struct flow_packet *p) {
        if (p->now == 0)
                p->now = flow_now() ?: 1;
        return p->now;
}

static __always_inline void segment_count(__u16 *counter, __u32 more) {
        __u32 sum = *counter + more;

        *counter = sum < 0xffff ? sum : 0xffff;
}

/* Round trips. */

static __always_inline struct lanscope_times *segment_times(struct lanscope_flow *r, const struct flow_packet *p) {
        __u32 number = p->number;
        struct lanscope_times *t = bpf_map_lookup_elem(&flow_times, &number);

        if (t && !(r->half.flow_bits & LANSCOPE_FLOW_TIMES)) {
                __builtin_memset(t, 0, sizeof *t);
                r->half.flow_bits |= LANSCOPE_FLOW_TIMES;
        }
        return t;
}

/* The end that sent first is not the packet's. */
static __always_inline bool flow_is_second(const struct lanscope_flow *r, const struct flow_packet *p) {
        return !(r->half.flow_bits & LANSCOPE_FLOW_HIGH_FIRST) != !p->high;
}

/* The rest of the record, empty where nothing was to be said yet. */
static __always_inline struct lanscope_flow_rest *flow_rest(struct lanscope_flow *r, const struct flow_packet *p) {
        __u32 number = p->number;
        struct lanscope_flow_rest *rest = bpf_map_lookup_elem(&flow_rests, &number);

        if (rest && !(r->half.flow_bits & LANSCOPE_FLOW_REST)) {
                __builtin_memset(rest, 0, sizeof *rest);
                r->half.flow_bits |= LANSCOPE_FLOW_REST;
        }
        return rest;
}

static __always_inline __u16 segment_tag(const struct flow_packet *p) {
        return p->hash >> 16;
}

static __always_inline struct segment_track *segment_track_at(const struct flow_packet *p, __u32 way) {
        __u32 index = ((__u32) p->hash * SEGMENT_WAYS & (SEGMENT_PLACES - 1)) + way;

        return bpf_map_lookup_elem(&segment_tracks, &index);
}

static __always_inline bool segment_has(const struct segment_track *t, const struct flow_packet *p) {
        return t && t->bits && t->tag == segment_tag(p);
}

static __always_inline struct segment_track *segment_track(const struct lanscope_flow *r, const struct flow_packet *p) {
        struct segment_track *t;

        if (r->half.place == 0 || r->half.place > SEGMENT_WAYS)
                return NULL;
        t = segment_track_at(p, r->half.place - 1);
        return segment_has(t, p) ? t : NULL;
}

static __always_inline struct segment_sides *segment_sides_of(const struct flow_packet *p, bool high) {
        __u32 index = ((__u32) p->hash & (SEGMENT_LINES - 1)) + (high ? SEGMENT_LINES : 0);

        return bpf_map_lookup_elem(&segment_sides, &index);
}

/* Lets it come into the cache while the flow's record is looked for. Nothing depends on what is read. */
static __always_inline void segment_fetch(const struct segment_sides *line) {
        __u32 tag = *(const volatile __u32 *) &line->ways[0].tag;

        asm volatile("" : : "r"(tag));
}

/* What is remembered of an end; nothing of a flow that had the place before. */
static __always_inline struct segment_side *segment_side_in(struct segment_sides *line, const struct lanscope_flow *r,
                                                            const struct flow_packet *p) {
        __u32 tag = p->hash >> 32, place = r->half.place;
        struct segment_side *s;

        if (place == 0 || !line)
                return NULL;
        s = &line->ways[(place - 1) & (SEGMENT_WAYS - 1)];
        if (s->tag != tag)
                *s = (struct segment_side) { .tag = tag };
        return s;
}

static __always_inline struct segment_side *segment_side(const struct lanscope_flow *r, const struct flow_packet *p, bool high) {
        return segment_side_in(segment_sides_of(p, high), r, p);
}

/* The way to its place, from 1; else to one that nobody has, or who said a SYN and no more, or who is silent for longest;
 * 0: there is none. */
static __always_inline __u32 segment_find_place(const struct flow_packet *p, __u32 generation) {
        __u32 worth = 0, found = 0;

#pragma unroll
        for (__u32 way = 0; way < SEGMENT_WAYS; way++) {
                const struct segment_track *t = segment_track_at(p, way);
                __u32 age;

                if (!t)
                        return 0;
                if (segment_has(t, p))
                        return way + 1;
                age = (__u8) (generation - t->seen);
                age = !t->bits ? 0x200 : !(t->bits & TRACK_TALKS) ? 0x100 + age : age > SEGMENT_ALIVE ? age : 0;
                if (age > worth) {
                        worth = age;
                        found = way + 1;
                }
        }
        return found;
}

/* A record begins: who began the flow is what it is known to be, else this packet's sender. Not static, as are others
 * here: verified once. */
__noinline int segment_meet(struct lanscope_flow *r, struct flow_packet *p, __u32 generation) {
        struct segment_side *side;
        struct segment_track *t;
        __u32 place;

        if (!r || !p)
                return 0;
        place = segment_find_place(p, generation);
        if (place == 0 || !(t = segment_track_at(p, place - 1)))
                return 0;
        if (!segment_has(t, p))
                *t = (struct segment_track) { .tag = segment_tag(p), .bits = TRACK_TAKEN | (p->high ? TRACK_FROM_HIGH : 0) };
        if ((p->tcp_flags & (TCP_SYN | TCP_ACK)) != TCP_SYN)
                t->bits |= TRACK_TALKS;
        t->seen = generation;
        r->half.place = place;
        side = segment_side(r, p, p->high);
        if (side && !t->timing)
                side->timed = 0;
        if (t->bits & TRACK_KNOWN)
                r->half.flow_bits |= LANSCOPE_FLOW_KNOWN;
        if (t->bits & TRACK_FROM_HIGH)
                r->half.flow_bits |= LANSCOPE_FLOW_FROM_HIGH;
        return 0;
}

static __always_inline void segment_take_sample(struct segment_track *t, struct lanscope_times *times, __u32 sample) {
        if (sample > SEGMENT_TRIP_MAX)
                sample = SEGMENT_TRIP_MAX;
        if (t->samples++ == 0)
                t->average_by_8 = sample * 8;
        if (times->samples++ == 0) {
                times->minimum = sample;
                times->before_by_8 = t->average_by_8;
        }
        t->average_by_8 += sample - t->average_by_8 / 8;
        times->average_by_8 = t->average_by_8;
        times->total = t->samples;
        times->last = sample;
        if (sample < times->minimum)
                times->minimum = sample;
}

/* The responder acknowledged something, so perhaps what is being timed. */
__noinline int segment_acknowledged(struct lanscope_flow *r, struct flow_packet *p) {
        struct lanscope_times *times;
        struct segment_side *own, *peer;
        struct segment_track *t;
        __u64 timing;

        if (!r || !p || !(t = segment_track(r, p)) || !(own = segment_side(r, p, p->high)))
                return 0;
        timing = *(volatile __u64 *) &t->timing;
        if (timing && (__s32) (p->acknowledgement - (__u32) (timing >> 32)) < 0)
                return 0;
        own->bits &= ~SIDE_ASKED;
        if (!timing)
                return 0;
        t->timing = 0;
        peer = segment_side(r, p, !p->high);
        if (peer)
                peer->timed = 0;
        times = segment_times(r, p);
        if (times)
                segment_take_sample(t, times, segment_now(p) - (__u32) timing);
        return 0;
}

/* The initiator sent data, up to `end`, and nothing of it again; `probe`: nothing new. Of a super-packet the first segment
 * is timed. */
__noinline int segment_sent(struct lanscope_flow *r, struct flow_packet *p, __u32 end, __u32 probe) {
        struct segment_side *side, *peer;
        struct segment_track *t;

        if (!r || !p || !(t = segment_track(r, p)) || t->timing)
                return 0;
        if (p->segments > 1 && p->segment > 0 && p->segment < p->payload)
                end = p->sequence + p->segment;
        t->timing = (__u64) end << 32 | segment_now(p);
        side = segment_side(r, p, p->high);
        if (side)
                side->timed = 1;
        /* What answers a keep-alive or a probe of a closed window acknowledges the same as before, and so may what answers bytes
         * whose acknowledgement was seen before they were. */
        peer = segment_side(r, p, !p->high);
        if (peer && (probe || (peer->bits & SIDE_ACKED && (__s32) (peer->acknowledged - end) >= 0)))
                peer->bits |= SIDE_ASKED;
        return 0;
}

/* The initiator sent something again: which of the two is acknowledged nobody can tell (Karn). */
__noinline int segment_sent_again(struct lanscope_flow *r, struct flow_packet *p) {
        struct segment_track *t = r && p ? segment_track(r, p) : NULL;
        struct segment_side *side;

        if (!t)
                return 0;
        t->timing = 0;
        side = segment_side(r, p, p->high);
        if (side)
                side->timed = 0;
        return 0;
}

/* SYN and SYN+ACK tell who began. */
static __always_inline void segment_note_initiator(struct lanscope_flow *r, bool from_high) {
        r->half.flow_bits &= ~LANSCOPE_FLOW_FROM_HIGH;
        r->half.flow_bits |= LANSCOPE_FLOW_KNOWN | (from_high ? LANSCOPE_FLOW_FROM_HIGH : 0);
}

static __always_inline void segment_note_opening(struct lanscope_times *times, struct flow_packet *p, bool answer) {
        if (answer) {
                times->answered = segment_now(p);
                return;
        }
        times->opened = segment_now(p);
        times->established = 0;
        times->initial = p->sequence;
}

/* Before its number is looked at: a SYN with a number of its own begins another connection, of which neither end sent anything
 * yet. True: it was sent before. */
static __always_inline bool segment_recognise(const struct lanscope_flow *r, const struct flow_packet *p, struct segment_track *t,
                                              struct segment_side *own) {
        bool known = t->bits & TRACK_NUMBERED && t->initial == p->sequence && own->bits & SIDE_NEXT;
        struct segment_side *peer;

        t->initial = p->sequence;
        t->bits |= TRACK_NUMBERED;
        if (known)
                return true;
        own->bits = 0;
        peer = segment_side(r, p, !p->high);
        if (peer)
                peer->bits = 0;
        return false;
}

/* A SYN as at least two before it in this record, so soon behind the last that it is of a flood, or a copy that a mirror port
 * made. Of such a one no more is kept than that it came, and when, by the coarse clock: handshakes are timed from the last
 * SYN. True: this was one. Differences are added up, for each branch doubles what the verifier looks at. */
static __always_inline bool segment_take_copy(const struct lanscope_flow *r, const struct flow_packet *p, __u32 now) {
        __u32 number = p->number, other;
        struct lanscope_times *times;
        __s32 since;

        if (r->half.packets < 2 || !(r->half.flow_bits & LANSCOPE_FLOW_TIMES) ||
            !(times = bpf_map_lookup_elem(&flow_times, &number)))
                return false;
        /* Not one that is a reset or has no window either: nothing is counted of those. */
        other = (times->initial ^ p->sequence) | times->answered | (r->half.tcp_flags ^ p->tcp_flags) |
                (p->tcp_flags & (TCP_ACK | TCP_FIN | TCP_RST)) | p->payload | (p->window & FLOW_NO_WINDOW) | flow_is_second(r, p);
        since = now - times->opened;
        if (other || times->opened == 0 || since >= SEGMENT_COPIES)
                return false;
        /* The coarse clock may be behind the exact one. */
        if (since > 0)
                times->opened = now;
        return true;
}

/* Is it the responder's? The first one of a connection says so by its ACK; whoever began it did, though the other end may
 * open it as well (RFC 9293 §3.5). */
static __always_inline bool segment_is_answer(const struct lanscope_flow *r, const struct flow_packet *p,
                                              const struct lanscope_times *times) {
        bool from_high = r->half.flow_bits & LANSCOPE_FLOW_FROM_HIGH;

        return times->opened | times->answered ? from_high != p->high : p->tcp_flags & TCP_ACK;
}

__noinline int segment_syn(struct lanscope_flow *r, struct flow_packet *p) {
        struct lanscope_times *times;
        bool answer, from_high, again;
        struct segment_track *t;
        struct segment_side *own;

        if (!r || !p || !(times = segment_times(r, p)))
                return 0;
        answer = segment_is_answer(r, p, times);
        /* Both ends opened it, and this answers the other's SYN. */
        if (!answer && p->tcp_flags & TCP_ACK)
                return 0;
        from_high = p->high != answer;
        segment_note_initiator(r, from_high);
        segment_note_opening(times, p, answer);
        t = segment_track(r, p);
        own = segment_side(r, p, p->high);
        if (!t || !own)
                return 0;
        t->bits = (t->bits & (answer ? TRACK_NUMBERED | TRACK_TALKS | TRACK_OPENING : TRACK_NUMBERED | TRACK_TALKS)) | TRACK_TAKEN |
                  TRACK_KNOWN | (from_high ? TRACK_FROM_HIGH : 0) | (answer ? TRACK_ANSWERED : TRACK_OPENING);
        if (answer)
                return 0;
        again = segment_recognise(r, p, t, own);
        own->bits |= SIDE_OPENS;
        own->timed = !again;
        t->handshake = segment_now(p);
        if (!again)
                t->samples = 0;
        t->timing = again ? 0 : (__u64) (p->sequence + 1) << 32 | segment_now(p);
        return 0;
}

/* The initiator's first segment behind the SYN. */
__noinline int segment_established(struct lanscope_flow *r, struct flow_packet *p) {
        struct lanscope_times *times;
        struct segment_track *t;
        __u32 opened;

        if (!r || !p || !(times = segment_times(r, p)))
                return 0;
        times->established = segment_now(p);
        t = segment_track(r, p);
        if (!t || (t->bits & (TRACK_OPENING | TRACK_ANSWERED)) != (TRACK_OPENING | TRACK_ANSWERED))
                return 0;
        /* Of a SYN that was a copy the record alone knows. */
        opened = times->opened ?: t->handshake;
        t->handshake = (segment_now(p) - opened) ?: 1;
        t->bits &= ~TRACK_OPENING;
        return 0;
}

/* Losses. */

static __always_inline struct segment_gaps *segment_gaps_of(const struct flow_packet *p) {
        __u32 index = (p->hash >> 16 ^ p->high) & (SEGMENT_GAPS - 1);

        return bpf_map_lookup_elem(&segment_gaps, &index);
}

static __always_inline __u32 segment_gaps_tag(const struct flow_packet *p) {
        return (__u32) (p->hash >> 32) << 1 | p->high;
}

/* The bytes that the packet's end sent before it did not come yet. */
__noinline int segment_open_gap(struct lanscope_flow *r, struct flow_packet *p) {
        struct segment_side *own = r && p ? segment_side(r, p, p->high) : NULL;
        const struct segment_side *peer;
        __u32 chosen = 0, oldest;
        struct segment_gaps *g;

        if (!own || !(peer = segment_side(r, p, !p->high)) || !(g = segment_gaps_of(p)))
                return 0;
        if (g->tag != segment_gaps_tag(p) || !(own->bits & SIDE_GAPS))
                __builtin_memset(g, 0, sizeof *g);
        own->bits |= SIDE_GAPS;
        g->tag = segment_gaps_tag(p);
        oldest = g->gaps[0].begin;
#pragma unroll
        for (int i = 1; i < SEGMENT_GAPS_OF_ONE; i++)
                if ((__s32) (g->gaps[i].begin - oldest) < 0) {
                        oldest = g->gaps[i].begin;
                        chosen = i;
                }
#pragma unroll
        for (int i = SEGMENT_GAPS_OF_ONE - 1; i >= 0; i--)
                /* What the peer has got was missed by this program alone. */
                if (g->gaps[i].begin == g->gaps[i].end || (peer->bits & SIDE_ACKED && (__s32) (peer->acknowledged - g->gaps[i].end) >= 0))
                        chosen = i;
        if (chosen < SEGMENT_GAPS_OF_ONE)
                g->gaps[chosen] = (struct segment_gap) { own->next, p->sequence, segment_now(p) };
        return 0;
}

/* Takes the packet's bytes out of the gaps. 1: it fills one that is younger than `soon`. */
__noinline int segment_fill_gaps(struct lanscope_flow *r, struct flow_packet *p) {
        struct segment_gaps *g;
        struct segment_track *t;
        __u32 soon = SEGMENT_OVERTAKEN, end;
        int young = 0;

        if (!r || !p || !(g = segment_gaps_of(p)) || g->tag != segment_gaps_tag(p))
                return 0;
        t = segment_track(r, p);
        if (t && !(t->bits & TRACK_OPENING) && t->handshake)
                soon = t->handshake;
        end = p->sequence + p->payload + !!(p->tcp_flags & TCP_SYN) + !!(p->tcp_flags & TCP_FIN);
#pragma unroll
        for (int i = 0; i < SEGMENT_GAPS_OF_ONE; i++) {
                struct segment_gap *gap = &g->gaps[i];

                if (gap->begin == gap->end || (__s32) (end - gap->begin) <= 0 || (__s32) (gap->end - p->sequence) <= 0)
                        continue;
                if (segment_now(p) - gap->since < soon)
                        young = 1;
                /* Of a gap that is left on both sides the first part is kept: it is sent first. */
                if ((__s32) (p->sequence - gap->begin) > 0)
                        gap->end = p->sequence;
                else
                        gap->begin = (__s32) (gap->end - end) > 0 ? end : gap->end;
        }
        return young;
}

/* Numbers. */

/* Of a super-packet as many as lie before what was seen. */
static __always_inline __u32 segment_count_again(const struct flow_packet *p, __u32 behind) {
        __u32 n;

        if (p->segments <= 1 || p->segment == 0)
                return 1;
        n = (behind - 1) / p->segment + 1;
        return n < p->segments ? n : p->segments;
}

/* What is seldom, and counted in the rest of the record. */
__noinline int segment_count_seldom(struct lanscope_flow *r, struct flow_packet *p, __u32 out_of_order, __u32 zero_windows) {
        struct lanscope_flow_rest *rest = r && p ? flow_rest(r, p) : NULL;
        __u32 end;

        if (!rest)
                return 0;
        end = flow_is_second(r, p) & 1;
        segment_count(&rest->out_of_order[end], out_of_order);
        segment_count(&rest->zero_windows[end], zero_windows);
        return 0;
}

static __always_inline void segment_note_again(struct lanscope_flow *r, struct lanscope_flow_half *half,
                                               const struct segment_side *own, struct flow_packet *p) {
        __u32 n = segment_count_again(p, own->next - p->sequence);

        if (own->bits & SIDE_GAPS && segment_fill_gaps(r, p))
                segment_count_seldom(r, p, n, 0);
        else
                segment_count(&half->retransmissions, n);
}

static __always_inline bool segment_meets_closed_window(const struct lanscope_flow *r, const struct flow_packet *p) {
        const struct segment_side *peer = segment_side(r, p, !p->high);

        return peer && peer->bits & SIDE_NEXT && peer->window == 0;
}

/* The packet is a keep-alive, or the first segment behind one. Noted with the other end, which a duplicate acknowledgement
 * looks at anyway. */
__noinline int segment_note_alive(struct lanscope_flow *r, struct flow_packet *p, __u32 alive) {
        struct segment_side *own = r && p ? segment_side(r, p, p->high) : NULL, *peer;

        if (!own || !(peer = segment_side(r, p, !p->high)))
                return 0;
        own->bits = (own->bits & ~SIDE_ALIVE) | (alive ? SIDE_ALIVE : 0);
        peer->bits = (peer->bits & ~SIDE_PROBED) | (alive ? SIDE_PROBED : 0);
        return 0;
}

/* True: it was sent again, or comes late. */
static __always_inline bool segment_take_sequence(struct lanscope_flow *r, struct lanscope_flow_half *half, struct segment_side *own,
                                                  struct flow_packet *p, __u32 length) {
        __u32 end = p->sequence + length;
        __s32 ahead = p->sequence - own->next;
        bool again = false;

        if (!(own->bits & SIDE_NEXT)) {
                own->bits |= SIDE_NEXT;
                own->next = end;
                return false;
        }
        if (own->bits & SIDE_ALIVE)
                segment_note_alive(r, p, false);
        /* Keep-alive: a byte that was acknowledged, or none (RFC 1122 §4.2.3.6). */
        if (length <= 1 && ahead == -1 && !(p->tcp_flags & (TCP_SYN | TCP_FIN))) {
                segment_note_alive(r, p, true);
                return false;
        }
        /* A probe of a closed window (RFC 1122 §4.2.2.17). */
        if (p->payload == 1 && ahead == 0 && segment_meets_closed_window(r, p))
                return false;
        if (length > 0 && ahead < 0) {
                again = true;
                segment_note_again(r, half, own, p);
        } else if (length > 0 && ahead > 0) {
                segment_open_gap(r, p);
        }
        if ((__s32) (end - own->next) > 0)
                own->next = end;
        return again;
}

/* True: it may end what is being timed. */
static __always_inline bool segment_take_acknowledgement(struct lanscope_flow_half *half, struct segment_side *own,
                                                         const struct flow_packet *p, __u32 length) {
        if (!(own->bits & SIDE_ACKED) || own->acknowledged != p->acknowledgement) {
                own->bits |= SIDE_ACKED;
                own->acknowledged = p->acknowledgement;
                return true;
        }
        if (length == 0 && p->window > 0 && p->window == own->window && p->sequence == own->next && !(own->bits & SIDE_PROBED))
                segment_count(&half->duplicate_acks, 1);
        return own->bits & SIDE_ASKED;
}

/* What nearly all segments are: the next of their end, or the last once more while none is missed, which say nothing new of
 * its window, and time nothing. Of those only numbers are kept. True: this was one. Differences are added up, for each branch
 * doubles what the verifier looks at. */
static __always_inline bool segment_is_usual(struct lanscope_flow_half *half, struct segment_side *own, const struct flow_packet *p,
                                             bool from_initiator) {
        const __u8 asked = SIDE_NEXT | SIDE_ACKED | SIDE_ALIVE | SIDE_OPENS | SIDE_ASKED | SIDE_PROBED;
        __u32 other = ((p->tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST | TCP_ACK)) ^ TCP_ACK) |
                      ((own->bits & asked) ^ (SIDE_NEXT | SIDE_ACKED)) | (p->window ^ own->window);
        __u32 news = own->acknowledged ^ p->acknowledgement;

        /* A byte may be a probe of a closed window, or keep a connection alive. */
        if (other || p->window == 0 || p->payload == 1)
                return false;
        if (p->sequence != own->next) {
                if ((p->sequence + p->payload - own->next) | news | (own->bits & SIDE_GAPS) | (from_initiator & own->timed))
                        return false;
                segment_count(&half->retransmissions, segment_count_again(p, p->payload));
                return true;
        }
        /* What acknowledges something may end what is being timed, and what is sent begin it. */
        if (from_initiator ? p->payload > 0 && !own->timed : news)
                return false;
        if (p->payload == 0 && !news)
                segment_count(&half->duplicate_acks, 1);
        own->next += p->payload;
        own->acknowledged = p->acknowledgement;
        return true;
}

/* Takes in what the packet says, which `half` of the record counts: a whole header and no reset, which may carry any
 * number. Of a flow that has no place nothing is known. */
static __always_inline void segment_analyse(struct lanscope_flow *r, struct lanscope_flow_half *half, struct flow_packet *p,
                                            struct segment_sides *line) {
        __u32 length = p->payload + !!(p->tcp_flags & TCP_SYN) + !!(p->tcp_flags & TCP_FIN), next;
        struct segment_side *own;
        bool again, from_initiator;

        if (p->tcp_flags & TCP_SYN)
                segment_syn(r, p);
        own = segment_side_in(line, r, p);
        if (!own)
                return;
        from_initiator = !!(r->half.flow_bits & LANSCOPE_FLOW_FROM_HIGH) == p->high;
        if (segment_is_usual(half, own, p, from_initiator))
                return;
        if (own->bits & SIDE_OPENS && (p->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_ACK) {
                own->bits &= ~SIDE_OPENS;
                segment_established(r, p);
        }
        next = own->next;
        again = segment_take_sequence(r, half, own, p, length);
        if (again && from_initiator && own->timed)
                segment_sent_again(r, p);
        if (p->tcp_flags & TCP_ACK && segment_take_acknowledgement(half, own, p, length) && !from_initiator)
                segment_acknowledged(r, p);
        if (from_initiator && p->payload > 0 && !again && !own->timed && !(p->tcp_flags & TCP_SYN))
                segment_sent(r, p, own->next, own->next == next);
        if (p->window == 0 && !(p->tcp_flags & (TCP_SYN | TCP_FIN)))
                segment_count_seldom(r, p, 0, p->segments);
        if (own->window != p->window)
                own->window = p->window;
}

/* The first bytes of the packet's end are long past; also in records to come. */
static __always_inline void segment_set_done(const struct lanscope_flow *r, const struct flow_packet *p) {
        struct segment_side *side = segment_side(r, p, p->high);

        if (side)
                side->bits |= SIDE_DONE;
}

static __always_inline bool segment_is_done(const struct lanscope_flow *r, const struct flow_packet *p) {
        const struct segment_side *side = segment_side(r, p, p->high);

        return side && side->bits & SIDE_DONE;
}
