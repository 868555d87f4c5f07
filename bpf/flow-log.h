/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "interest.h"
#include "lanscope-events.h"
#include "presence.h"
#include "segments.h"

/* The accounting of flows; see lanscope-events.h for what lies where. A packet of a known flow costs one line of the index
 * and one or two of the flow's record. Records are filled one behind the other, so that the
 * daemon reads those that were used and no more, and nothing need ever be deleted: a packet of the next generation
 * finds its log and its index empty by the generation's number.
 *
 * When a log is full some of the flows that come take the place of another one, whose counts go to the totals of what was
 * evicted and to the presence map, as do the packets of those that get no place: none is lost, only whose it was. */

/* Of each CPU and generation. The maps have room for two CPUs; the daemon makes them fit before loading. */
const volatile __u32 flow_records_max = 16384; /* a power of two, up to LANSCOPE_FLOW_RECORDS_MAX */
const volatile __u32 flow_lines_max = 4096;    /* of the index; a power of two: four slots a record */
const volatile __u64 flow_seed = 0x9e3779b97f4a7c15ULL;

/* The daemon counts it up: from then on the other log is written. */
__u32 flow_generation = 1;

struct {
        __uint(type, BPF_MAP_TYPE_ARRAY);
        __uint(max_entries, 2 * 2 * 16384);
        __uint(map_flags, BPF_F_MMAPABLE); /* which makes it begin with a cache line */
        __type(key, __u32);
        __type(value, struct lanscope_flow);
} flow_records SEC(".maps");

/* Beside the records, as only IPv6 needs them. */
struct {
        __uint(type, BPF_MAP_TYPE_ARRAY);
        __uint(max_entries, 2 * 2 * 16384);
        __type(key, __u32);
        __type(value, struct lanscope_flow_ends);
} flow_ends SEC(".maps");

struct {
        __uint(type, BPF_MAP_TYPE_ARRAY);
        __uint(max_entries, 2 * 2 * 4096);
        __uint(map_flags, BPF_F_MMAPABLE); /* which makes it begin with a cache line */
        __type(key, __u32);
        __type(value, struct lanscope_slots);
} flow_slots SEC(".maps");

struct {
        __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
        __uint(max_entries, 1);
        __type(key, __u32);
        __type(value, struct lanscope_processor);
} processors SEC(".maps");

static __always_inline struct lanscope_processor *this_processor(void) {
        __u32 zero = 0;

        return bpf_map_lookup_elem(&processors, &zero);
}

/* A step of MurmurHash3's finalizer (public domain). */
static __always_inline __u64 flow_mix(__u64 h, __u64 word) {
        h = (h ^ word) * 0xff51afd7ed558ccdULL;
        return h ^ h >> 32;
}

static __always_inline __u64 flow_hash(const struct lanscope_flow_key *key) {
        __u64 macs = key->macs[0] ^ (key->macs[1] << 7 | key->macs[1] >> 57);

        return flow_mix(flow_mix(flow_seed, key->addresses), key->rest ^ macs);
}

static __always_inline bool flow_is(const struct lanscope_flow *r, const struct flow_packet *p) {
        return r->key.addresses == p->key.addresses && r->key.rest == p->key.rest && r->key.macs[0] == p->key.macs[0] &&
               r->key.macs[1] == p->key.macs[1];
}

static __always_inline bool flow_has_ends(__u32 number, const struct flow_packet *p) {
        const struct lanscope_flow_ends *e = bpf_map_lookup_elem(&flow_ends, &number);

        return e && e->words[0][0] == p->ends.words[0][0] && e->words[0][1] == p->ends.words[0][1] &&
               e->words[1][0] == p->ends.words[1][0] && e->words[1][1] == p->ends.words[1][1];
}

static __always_inline struct lanscope_slots *flow_line(const struct lanscope_processor *cpu, const struct flow_packet *p) {
        __u32 number = cpu->line_base + ((__u32) p->hash & (flow_lines_max - 1));

        return bpf_map_lookup_elem(&flow_slots, &number);
}

static __always_inline __u32 flow_slot_number(const struct flow_packet *p, __u32 probe) {
        return (__u32) (p->hash >> 60) + probe & (LANSCOPE_SLOTS - 1);
}

/* A slot with all but the record's number. */
static __always_inline __u32 flow_slot_value(const struct lanscope_processor *cpu, const struct flow_packet *p) {
        return cpu->mark | ((__u32) (p->hash >> 48) << LANSCOPE_SLOT_TAG & ~LANSCOPE_SLOT_MARK);
}

/* The record of the packet's flow in the current log; NULL: there is none. */
static __always_inline struct lanscope_flow *flow_find(const struct lanscope_processor *cpu, const struct lanscope_slots *line,
                                                       struct flow_packet *p) {
        __u32 wanted = flow_slot_value(cpu, p);

#pragma unroll
        for (int i = 0; i < LANSCOPE_PROBES_MAX; i++) {
                __u32 slot = line->slots[flow_slot_number(p, i)], index = slot & LANSCOPE_SLOT_NUMBER, number;
                struct lanscope_flow *r;

                if ((slot & LANSCOPE_SLOT_MARK) != cpu->mark)
                        return NULL;
                /* A slot that is as old as marks come round may name a record that is not in use yet. */
                if ((slot & ~LANSCOPE_SLOT_NUMBER) != wanted || index >= cpu->used)
                        continue;
                /* Not p->number: what a function that is verified by itself was handed, Linux 6.1 does not take for a key. */
                number = cpu->base + index;
                r = bpf_map_lookup_elem(&flow_records, &number);
                if (!r || !flow_is(r, p) || (p->ipv6 && !flow_has_ends(number, p)))
                        continue;
                p->number = number;
                return r;
        }
        return NULL;
}

static __always_inline void flow_insert(const struct lanscope_processor *cpu, struct lanscope_slots *line, const struct flow_packet *p,
                                        __u32 index) {
        __u32 number = flow_slot_number(p, 0);

#pragma unroll
        for (int i = LANSCOPE_PROBES_MAX - 1; i >= 0; i--)
                if ((line->slots[flow_slot_number(p, i)] & LANSCOPE_SLOT_MARK) != cpu->mark)
                        number = flow_slot_number(p, i);
        /* Where all are taken, whose slot the first one was begins another record with its next packet. */
        line->slots[number & (LANSCOPE_SLOTS - 1)] = flow_slot_value(cpu, p) | index;
}

static __always_inline void flow_copy_mac(__u8 to[6], __u64 mac) {
        for (int i = 0; i < 6; i++)
                to[i] = mac >> 8 * i;
}

#define FLOW_MACS 0xffffffffULL /* of the second word: the rest of the high end's */

/* Not static: verified once. */
__noinline int flow_flush_evicted(void) {
        struct lanscope_processor *cpu = this_processor();
        struct presence_sum sum = {};
        struct lanscope_evicted *e;

        if (!cpu)
                return 0;
        e = cpu->generation & 1 ? &cpu->logs[1].evicted : &cpu->logs[0].evicted;
        sum.key.vlan = e->vlan;
        for (int i = 0; i < 2; i++) {
                flow_copy_mac(sum.key.mac, i ? e->macs[0] >> 48 | e->macs[1] << 16 : e->macs[0]);
                sum.packets_sent = e->packets[i];
                sum.bytes_sent = e->bytes[i];
                sum.packets_received = e->packets[!i];
                sum.bytes_received = e->bytes[!i];
                presence_add(&cpu->counters, &sum);
        }
        return 0;
}

/* What the flow of these addresses counts goes to the addresses; whose it was is lost. */
static __always_inline void flow_evict_key(struct lanscope_evicted *e, const struct lanscope_flow_key *key) {
        __u32 vlan = key->rest >> 12 & 0xfff;
        __u64 macs = key->macs[1] & FLOW_MACS;

        if (e->macs[0] == key->macs[0] && e->macs[1] == macs && e->vlan == vlan)
                return;
        flow_flush_evicted();
        *e = (struct lanscope_evicted) { .macs = { key->macs[0], macs }, .vlan = vlan };
}

static __always_inline void flow_evict_half(struct lanscope_processor *cpu, struct lanscope_evicted *e,
                                            const struct lanscope_flow_half *half, bool high) {
        e->packets[high] += half->packets;
        e->bytes[high] += half->bytes;
        cpu->counters.evicted_packets += half->packets;
        cpu->counters.evicted_bytes += half->bytes;
}

static __always_inline void flow_evict(struct lanscope_processor *cpu, struct lanscope_evicted *e, const struct lanscope_flow *r,
                                       __u32 number) {
        bool first = r->half.flow_bits & LANSCOPE_FLOW_HIGH_FIRST;
        const struct lanscope_flow_rest *rest;

        flow_evict_key(e, &r->key);
        flow_evict_half(cpu, e, &r->half, first);
        rest = r->half.flow_bits & LANSCOPE_FLOW_REST ? bpf_map_lookup_elem(&flow_rests, &number) : NULL;
        if (rest)
                flow_evict_half(cpu, e, &rest->half, !first);
        cpu->counters.evicted_flows++;
}

/* The same of a packet that got no record. */
static __always_inline void flow_turn_away(struct lanscope_processor *cpu, struct lanscope_evicted *e, const struct flow_packet *p,
                                           __u64 bytes) {
        __u32 high = p->high & 1;

        flow_evict_key(e, &p->key);
        e->packets[high] += p->segments;
        e->bytes[high] += bytes;
        cpu->counters.evicted_packets += p->segments;
        cpu->counters.evicted_bytes += bytes;
}

__noinline __u32 class_of_ports(__u16 source, __u16 destination) {
        return interest_of_udp(source, destination);
}

/* The class that the ports of a packet give. */
static __always_inline __u32 flow_class(const struct flow_packet *p) {
        __u16 low = bpf_ntohs(p->key.rest >> 48), high = bpf_ntohs(p->key.rest >> 32 & 0xffff);

        return p->protocol == IPPROTO_UDP ? class_of_ports(p->high ? high : low, p->high ? low : high) : 0;
}

static __always_inline void flow_set_ends(__u32 number, const struct flow_packet *p) {
        struct lanscope_flow_ends *ends = bpf_map_lookup_elem(&flow_ends, &number);

        if (ends)
                *ends = p->ends;
}

/* One that has to give way: of those that stand where the packet's flow would. */
static __always_inline __u32 flow_victim(const struct lanscope_processor *cpu, const struct lanscope_slots *line,
                                         const struct flow_packet *p) {
        __u32 slot = line->slots[flow_slot_number(p, 0)];

        return (slot & LANSCOPE_SLOT_MARK) == cpu->mark && (slot & LANSCOPE_SLOT_NUMBER) < flow_records_max ?
               slot & LANSCOPE_SLOT_NUMBER : p->hash >> 20 & (flow_records_max - 1);
}

static __always_inline void flow_note_what_it_is(const struct lanscope_processor *cpu, struct lanscope_flow *r, struct flow_packet *p) {
        r->key = p->key;
        r->half.flow_bits = p->known | (p->high ? LANSCOPE_FLOW_HIGH_FIRST : 0);
        if (p->protocol == IPPROTO_TCP)
                segment_meet(r, p, cpu->generation);
        if (p->ipv6)
                flow_set_ends(p->number, p);
}

static __always_inline struct lanscope_flow_log *flow_log(struct lanscope_processor *cpu) {
        return cpu->generation & 1 ? &cpu->logs[1] : &cpu->logs[0];
}

/* The next record of the log, or when that is full another flow's. */
static __always_inline struct lanscope_flow *flow_begin(struct lanscope_processor *cpu, struct lanscope_slots *line,
                                                        struct flow_packet *p) {
        bool full = cpu->used >= flow_records_max;
        __u32 index = full ? flow_victim(cpu, line, p) : cpu->used;
        struct lanscope_flow_log *log = flow_log(cpu);
        struct lanscope_flow *r;

        p->number = cpu->base + index;
        r = bpf_map_lookup_elem(&flow_records, &p->number);
        if (!r)
                return NULL;
        if (full)
                flow_evict(cpu, &log->evicted, r, p->number);
        else
                log->used = ++cpu->used;
        __builtin_memset(r, 0, sizeof *r);
        flow_note_what_it_is(cpu, r, p);
        flow_insert(cpu, line, p, index);
        return r;
}

/* A log is full: one packet in eight of those that belong to no record gets one, so that who sends much stays and a flood
 * pushes out little. */
static __always_inline bool flow_may_begin(const struct lanscope_processor *cpu, const struct flow_packet *p) {
        return cpu->used < flow_records_max ||
                ((cpu->counters.packets * 0x9e3779b97f4a7c15ULL) ^ p->hash) >> 61 == 0;
}

/* A SYN with a number of its own, of whoever opened a connection here; or any behind one that has ended. As is_reuse() in
 * engine/flow/flow-table.c has it. */
static __always_inline bool flow_is_over(const struct lanscope_flow *r, const struct flow_packet *p) {
        bool from_high = r->half.flow_bits & LANSCOPE_FLOW_FROM_HIGH;
        const struct lanscope_flow_rest *rest;
        const struct lanscope_times *times;
        __u32 number = p->number;

        if ((p->tcp_flags & (TCP_SYN | TCP_ACK | TCP_RST)) != TCP_SYN)
                return false;
        times = r->half.flow_bits & LANSCOPE_FLOW_TIMES && from_high == p->high ? bpf_map_lookup_elem(&flow_times, &number) : NULL;
        if (times && times->opened)
                return times->initial != p->sequence;
        if (r->half.tcp_flags & (TCP_FIN | TCP_RST))
                return true;
        rest = r->half.flow_bits & LANSCOPE_FLOW_REST ? bpf_map_lookup_elem(&flow_rests, &number) : NULL;
        return rest && rest->half.tcp_flags & (TCP_FIN | TCP_RST);
}

#define FLOW_OVER (1ULL << 56)

/* The first packet of a CPU in a generation turns to its log. */
static __always_inline void flow_turn(struct lanscope_processor *cpu, __u32 generation) {
        __u32 part = bpf_get_smp_processor_id() * 2 + (generation & 1);

        cpu->base = part * flow_records_max;
        cpu->line_base = part * flow_lines_max;
        cpu->generation = generation;
        cpu->used = 0;
        /* Never 0, as slots are that were never used. */
        cpu->mark = (generation % 255 + 1) << LANSCOPE_SLOT_MARK_SHIFT;
        *flow_log(cpu) = (struct lanscope_flow_log) { .generation = generation };
}

/* NULL: the packet belongs to no record, and gets none. */
static __always_inline struct lanscope_flow *flow_get(struct lanscope_processor *cpu, struct flow_packet *p) {
        __u32 generation = *(volatile __u32 *) &flow_generation;
        struct lanscope_slots *line;
        struct lanscope_flow *r;

        if (cpu->generation != generation)
                flow_turn(cpu, generation);
        line = flow_line(cpu, p);
        if (!line)
                return NULL;
        r = flow_find(cpu, line, p);
        if (r && !flow_is_over(r, p))
                return r;
        /* Nobody finds it any more. */
        if (r)
                r->key.macs[1] |= FLOW_OVER;
        return flow_may_begin(cpu, p) ? flow_begin(cpu, line, p) : NULL;
}

/* TCP. */

/* What it begins is to be read. What is remembered beyond the record segment_syn() forgets. */
static __always_inline void flow_take_syn(struct lanscope_flow *r, const struct flow_packet *p) {
        bool other = !(p->tcp_flags & TCP_ACK), second = flow_is_second(r, p);
        struct lanscope_flow_rest *rest;

        if (other || !second)
                r->half.bits &= ~LANSCOPE_HALF_DONE;
        rest = (other || second) && r->half.flow_bits & LANSCOPE_FLOW_REST ? flow_rest(r, p) : NULL;
        if (rest)
                rest->half.bits &= ~LANSCOPE_HALF_DONE;
}

static __always_inline __u8 flow_half_bits(const struct lanscope_flow_half *half, const struct flow_packet *p) {
        __u8 bits = half->bits;

        if (p->payload > 0)
                bits |= LANSCOPE_HALF_DATA;
        else if ((p->tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST | TCP_ACK)) == TCP_ACK)
                bits |= LANSCOPE_HALF_BARE_ACK;
        if (half->tcp_flags & TCP_FIN && !(p->tcp_flags & TCP_FIN))
                bits |= LANSCOPE_HALF_AFTER_FIN;
        return bits;
}

static __always_inline void flow_take_tcp(struct lanscope_flow *r, struct lanscope_flow_half *half, struct flow_packet *p,
                                          struct segment_sides *sides, __u32 now) {
        if (p->tcp_flags & TCP_SYN && segment_take_copy(r, p, now)) {
                segment_count(&half->retransmissions, 1);
                return;
        }
        half->bits = flow_half_bits(half, p);
        half->tcp_flags |= p->tcp_flags;
        if (p->tcp_flags & TCP_SYN)
                flow_take_syn(r, p);
        if (!(p->tcp_flags & TCP_RST) && p->window != FLOW_NO_WINDOW)
                segment_analyse(r, half, p, sides);
}

/* What flow_count() says. */
#define FLOW_CLASS 0xff             /* of what is not TCP: enum lanscope_class that the ports give */
#define FLOW_DONE 0x100             /* the first bytes of this direction are long past */
#define FLOW_NOT 0xffffffff         /* there is no record to be had: count it elsewhere */

/* On the wire: each segment of a super-packet had the headers of its own, and the tag that was taken out. */
static __always_inline __u64 flow_bytes(const struct flow_packet *p) {
        return p->length + (__u64) (p->segments - 1) * p->headers + (__u64) p->tag * p->segments;
}

static __always_inline void flow_count_lengths(struct lanscope_flow_half *half, const struct flow_packet *p) {
        __u32 before = (p->segments - 1) * p->segment, shortest = p->length + p->tag, longest = shortest;

        if (p->segments > 1 && p->segment > 0 && p->headers + before < p->length) {
                longest = p->headers + p->segment + p->tag;
                shortest -= before;
        }
        if (shortest < half->shortest)
                half->shortest = shortest;
        if (longest > half->longest)
                half->longest = longest < 0xffff ? longest : 0xffff;
}

static __always_inline void flow_count_half(struct lanscope_flow_half *half, const struct flow_packet *p, __u64 bytes, __u32 now) {
        half->packets += p->segments;
        half->bytes += bytes;
        /* The coarse clock may be behind the exact one. */
        if ((__s32) (now - half->last) > 0)
                half->last = now;
        flow_count_lengths(half, p);
}

static __always_inline void flow_begin_half(const struct lanscope_processor *cpu, const struct lanscope_flow *r,
                                            struct lanscope_flow_half *half, struct flow_packet *p, __u32 now) {
        /* The exact clock is for round trips. */
        half->first = half->last = cpu->used >= flow_records_max && p->protocol != IPPROTO_TCP ? now : segment_now(p);
        half->shortest = 0xffff;
        if (p->protocol != IPPROTO_TCP)
                half->class = flow_class(p);
        else if (segment_is_done(r, p))
                half->bits |= LANSCOPE_HALF_DONE;
}

/* The kernel's coarse clock goes forward with its ticks, so that between two of them it need not be asked again. */
static __always_inline __u32 flow_now_of(struct lanscope_processor *cpu) {
        __u32 tick = bpf_jiffies64();

        if (cpu->tick != tick) {
                cpu->tick = tick;
                cpu->now = flow_now_coarse();
        }
        return cpu->now;
}

/* What the packet's end sent. */
static __always_inline struct lanscope_flow_half *flow_half(struct lanscope_flow *r, const struct flow_packet *p) {
        struct lanscope_flow_rest *rest;

        if (!flow_is_second(r, p))
                return &r->half;
        rest = flow_rest(r, p);
        return rest ? &rest->half : NULL;
}

/* Counts the packet. Inline: to call it takes a tenth of its time. */
static __always_inline __u32 flow_count(struct flow_packet *p) {
        struct lanscope_processor *cpu = this_processor();
        struct segment_sides *sides = NULL;
        struct lanscope_flow_half *half;
        struct lanscope_flow *r;
        __u64 bytes;
        __u32 now;

        if (!p || !cpu)
                return FLOW_NOT;
        if (p->protocol == IPPROTO_TCP) {
                sides = segment_sides_of(p, p->high);
                if (!sides)
                        return FLOW_NOT;
                /* Of a SYN most are a flood's, that touch no more than their record. */
                if (!(p->tcp_flags & TCP_SYN))
                        segment_fetch(sides);
        }
        r = flow_get(cpu, p);
        bytes = flow_bytes(p);
        cpu->counters.packets += p->segments;
        cpu->counters.bytes += bytes;
        half = r ? flow_half(r, p) : NULL;
        if (!half) {
                flow_turn_away(cpu, &flow_log(cpu)->evicted, p, bytes);
                return flow_class(p);
        }
        now = flow_now_of(cpu);
        if (half->packets == 0)
                flow_begin_half(cpu, r, half, p, now);
        if (p->protocol == IPPROTO_TCP)
                flow_take_tcp(r, half, p, sides, now);
        flow_count_half(half, p, bytes, now);
        return half->class | (half->bits & LANSCOPE_HALF_DONE ? FLOW_DONE : 0);
}

/* The first bytes of the packet's direction are long past. */
__noinline int flow_set_done(struct flow_packet *p) {
        struct lanscope_processor *cpu = this_processor();
        struct lanscope_flow_half *half;
        struct lanscope_slots *line;
        struct lanscope_flow *r;

        if (!p || !cpu || !(line = flow_line(cpu, p)))
                return 0;
        r = flow_find(cpu, line, p);
        half = r ? flow_half(r, p) : NULL;
        if (!half)
                return 0;
        half->bits |= LANSCOPE_HALF_DONE;
        segment_set_done(r, p);
        return 0;
}
