/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "interest.h"
#include "lanscope-events.h"
#include "presence.h"
#include "segments.h"

/* The accounting of flows; see lanscope-events.h for what lies where. A packet of a known flow costs one look into
 * the index and one or two cache lines of the flow's record. Records are filled one behind the other, so that the
 * daemon reads those that were used and no more, and nothing need ever be deleted: a packet of the next generation
 * finds its log and its index empty by the generation's number.
 *
 * When a log is full the next flow takes the place of another one, whose counts go to the totals of what was evicted
 * and to the presence map: no packet is lost, only whose it was. */

/* Of each CPU and generation. The maps have room for two CPUs; the daemon makes them fit before loading. */
const volatile __u32 flow_records_max = 16384; /* a power of two, up to LANSCOPE_FLOW_RECORDS_MAX */
const volatile __u32 flow_slots_max = 32768;   /* a power of two; twice the records */
const volatile __u64 flow_seed = 0x9e3779b97f4a7c15ULL;

/* The daemon counts it up: from then on the other log is written. */
__u32 flow_generation = 1;

struct {
        __uint(type, BPF_MAP_TYPE_ARRAY);
        __uint(max_entries, 2 * 2 * 16384);
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
        __uint(max_entries, 2 * 2 * 32768);
        __type(key, __u32);
        __type(value, __u64);
} flow_slots SEC(".maps");

struct {
        __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
        __uint(max_entries, 1);
        __type(key, __u32);
        __type(value, struct lanscope_processor);
} processors SEC(".maps");

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

/* Steps that grow keep apart what begins near by; the first ones stay in a cache line. */
static __always_inline __u64 *flow_slot(__u32 base, __u64 hash, __u32 probe) {
        __u32 number = base + (((__u32) hash + probe * (probe + 1) / 2) & (flow_slots_max - 1));

        return bpf_map_lookup_elem(&flow_slots, &number);
}

/* The record of the packet's flow in one log; NULL: there is none. */
static __always_inline struct lanscope_flow *flow_find(__u32 slot_base, __u32 base, __u32 generation, const struct flow_packet *p,
                                                       __u32 *ret_number) {
        __u64 wanted = (__u64) generation << 16 | p->hash >> 48;

#pragma unroll
        for (int i = 0; i < LANSCOPE_PROBES_MAX; i++) {
                const __u64 *slot = flow_slot(slot_base, p->hash, i);
                struct lanscope_flow *r;
                __u32 number;

                if (!slot || *slot >> 32 != generation)
                        return NULL;
                if (*slot >> 16 != wanted)
                        continue;
                number = base + (*slot & 0xffff) - 1;
                r = bpf_map_lookup_elem(&flow_records, &number);
                if (r && flow_is(r, p) && (!p->ipv6 || flow_has_ends(number, p))) {
                        *ret_number = number;
                        return r;
                }
        }
        return NULL;
}

static __always_inline void flow_insert(__u32 slot_base, __u32 generation, const struct flow_packet *p, __u32 index) {
        __u64 value = (__u64) generation << 32 | p->hash >> 48 << 16 | (index + 1), *slot;

#pragma unroll
        for (int i = 0; i < LANSCOPE_PROBES_MAX; i++) {
                slot = flow_slot(slot_base, p->hash, i);
                if (!slot || *slot >> 32 == generation)
                        continue;
                *slot = value;
                return;
        }
        /* Whose slot this was begins another record with its next packet. */
        slot = flow_slot(slot_base, p->hash, 0);
        if (slot)
                *slot = value;
}

static __always_inline void flow_copy_mac(__u8 to[6], __u64 mac) {
        for (int i = 0; i < 6; i++)
                to[i] = mac >> 8 * i;
}

#define FLOW_MACS 0xffffffffULL /* of the second word: the rest of the high end's */

/* Not static: verified once. */
__noinline int flow_flush_evicted(void) {
        struct presence_sum sum = {};
        struct lanscope_processor *cpu;
        struct lanscope_evicted *e;
        __u32 zero = 0;

        cpu = bpf_map_lookup_elem(&processors, &zero);
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

/* The counts go to the addresses; whose flow it was is lost. */
static __always_inline void flow_evict(struct lanscope_processor *cpu, struct lanscope_evicted *e, const struct lanscope_flow *r) {
        __u32 vlan = r->key.rest >> 12 & 0xfff;
        __u64 macs = r->key.macs[1] & FLOW_MACS;
        const struct lanscope_flow_half *low = r->halves[0].high ? &r->halves[1] : &r->halves[0];
        const struct lanscope_flow_half *high = r->halves[0].high ? &r->halves[0] : &r->halves[1];

        if (e->macs[0] != r->key.macs[0] || e->macs[1] != macs || e->vlan != vlan) {
                flow_flush_evicted();
                *e = (struct lanscope_evicted) { .macs = { r->key.macs[0], macs }, .vlan = vlan };
        }
        e->packets[0] += low->packets;
        e->bytes[0] += low->bytes;
        e->packets[1] += high->packets;
        e->bytes[1] += high->bytes;
        cpu->counters.evicted_flows++;
        cpu->counters.evicted_packets += (__u64) low->packets + high->packets;
        cpu->counters.evicted_bytes += low->bytes + high->bytes;
}

__noinline __u32 class_of_ports(__u16 source, __u16 destination) {
        return interest_of_udp(source, destination);
}

static __always_inline void flow_set_classes(struct lanscope_flow *r) {
        __u16 low = bpf_ntohs(r->key.rest >> 48), high = bpf_ntohs(r->key.rest >> 32 & 0xffff);
        bool swapped = r->halves[0].high;

        r->halves[0].class = class_of_ports(swapped ? high : low, swapped ? low : high);
        r->halves[1].class = class_of_ports(swapped ? low : high, swapped ? high : low);
}

static __always_inline void flow_set_ends(__u32 number, const struct flow_packet *p) {
        struct lanscope_flow_ends *ends = bpf_map_lookup_elem(&flow_ends, &number);

        if (ends)
                *ends = p->ends;
}

/* The next record of the log, or when that is full another flow's. */
static __always_inline struct lanscope_flow *flow_begin(struct lanscope_processor *cpu, struct flow_packet *p) {
        struct lanscope_flow_log *log = cpu->generation & 1 ? &cpu->logs[1] : &cpu->logs[0];
        __u32 full = log->used >= flow_records_max, index = full ? p->hash >> 20 & (flow_records_max - 1) : log->used;
        __u32 number = cpu->base + index;
        struct lanscope_flow *r = bpf_map_lookup_elem(&flow_records, &number);

        if (!r)
                return NULL;
        p->number = number;
        cpu->full = full;
        if (full)
                flow_evict(cpu, &log->evicted, r);
        else
                log->used++;
        __builtin_memset(r, 0, sizeof *r);
        r->key = p->key;
        r->bits = p->known;
        r->halves[0].high = p->high;
        r->halves[1].high = !p->high;
        if (p->protocol == IPPROTO_UDP || p->protocol == IPPROTO_UDPLITE)
                flow_set_classes(r);
        else if (p->protocol == IPPROTO_TCP)
                segment_meet(r, p, cpu->generation);
        if (p->ipv6)
                flow_set_ends(number, p);
        flow_insert(cpu->slot_base, cpu->generation, p, index);
        return r;
}

/* A SYN with a number of its own, behind a connection that was opened or has ended here. */
static __always_inline bool flow_is_over(const struct lanscope_flow *r, const struct flow_packet *p) {
        const struct lanscope_times *times;
        __u32 number = p->number;

        if ((p->tcp_flags & (TCP_SYN | TCP_ACK | TCP_RST)) != TCP_SYN)
                return false;
        times = r->bits & LANSCOPE_FLOW_TIMES ? bpf_map_lookup_elem(&flow_times, &number) : NULL;
        if (times && times->opened)
                return times->initial != p->sequence;
        return (r->halves[0].tcp_flags | r->halves[1].tcp_flags) & (TCP_FIN | TCP_RST);
}

#define FLOW_OVER (1ULL << 56)

/* The first packet of a CPU in a generation turns to its log. */
static __always_inline void flow_turn(struct lanscope_processor *cpu, __u32 generation) {
        __u32 part = bpf_get_smp_processor_id() * 2 + (generation & 1);

        struct lanscope_flow_log *log = generation & 1 ? &cpu->logs[1] : &cpu->logs[0];

        *log = (struct lanscope_flow_log) { .generation = generation };
        cpu->base = part * flow_records_max;
        cpu->slot_base = part * flow_slots_max;
        cpu->generation = generation;
        cpu->full = 0;
}

static __always_inline struct lanscope_flow *flow_get(struct lanscope_processor *cpu, struct flow_packet *p) {
        __u32 generation = *(volatile __u32 *) &flow_generation;
        struct lanscope_flow *r;

        if (cpu->generation != generation)
                flow_turn(cpu, generation);
        r = flow_find(cpu->slot_base, cpu->base, generation, p, &p->number);
        if (r && !flow_is_over(r, p))
                return r;
        /* Nobody finds it any more. */
        if (r)
                r->key.macs[1] |= FLOW_OVER;
        return flow_begin(cpu, p);
}

/* TCP. */

/* One direction of a record: which of the two it is. */
static __always_inline __u32 flow_half_of(const struct lanscope_flow *r, const struct flow_packet *p) {
        return r->halves[0].high != p->high;
}

static __always_inline void flow_take_syn(struct lanscope_flow *r, __u32 i, const struct flow_packet *p) {
        r->halves[i].bits &= ~LANSCOPE_HALF_DONE;
        segment_set_done(r, p, p->high, false);
        if (p->tcp_flags & TCP_ACK)
                return;
        r->halves[!i].bits &= ~LANSCOPE_HALF_DONE;
        segment_set_done(r, p, !p->high, false);
}

static __always_inline void flow_take_tcp(struct lanscope_flow *r, __u32 i, struct flow_packet *p) {
        struct lanscope_flow_half *half = &r->halves[i];

        if (p->payload > 0)
                half->bits |= LANSCOPE_HALF_DATA;
        else if ((p->tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST | TCP_ACK)) == TCP_ACK)
                half->bits |= LANSCOPE_HALF_BARE_ACK;
        if (half->tcp_flags & TCP_FIN && !(p->tcp_flags & TCP_FIN))
                half->bits |= LANSCOPE_HALF_AFTER_FIN;
        half->tcp_flags |= p->tcp_flags;
        if (p->tcp_flags & TCP_SYN)
                flow_take_syn(r, i, p);
        if (!(p->tcp_flags & TCP_RST) && p->window != FLOW_NO_WINDOW)
                segment_analyse(r, i, p);
}

/* What flow_count() says. */
#define FLOW_CLASS 0xff             /* enum lanscope_class that the ports give */
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

/* Counts the packet. Not static, so that the verifier looks at it once and not for each kind of packet. */
__noinline __u32 flow_count(struct flow_packet *p) {
        struct lanscope_processor *cpu;
        struct lanscope_flow_half *half;
        struct lanscope_flow *r;
        __u32 zero = 0, now, i;
        __u64 bytes;

        cpu = bpf_map_lookup_elem(&processors, &zero);
        if (!p || !cpu)
                return FLOW_NOT;
        r = flow_get(cpu, p);
        if (!r)
                return FLOW_NOT;
        bytes = flow_bytes(p);
        cpu->counters.packets += p->segments;
        cpu->counters.bytes += bytes;
        i = flow_half_of(r, p);
        half = &r->halves[i];
        now = flow_now_coarse();
        if (half->packets == 0) {
                /* The exact clock is for round trips. */
                half->first = half->last = cpu->full && p->protocol != IPPROTO_TCP ? now : segment_now(p);
                half->shortest = 0xffff;
                if (p->protocol == IPPROTO_TCP && segment_is_done(r, p))
                        half->bits |= LANSCOPE_HALF_DONE;
        }
        if (p->protocol == IPPROTO_TCP)
                flow_take_tcp(r, i, p);
        flow_count_half(half, p, bytes, now);
        return half->class | (half->bits & LANSCOPE_HALF_DONE ? FLOW_DONE : 0);
}

/* The first bytes of the packet's direction are long past. */
__noinline int flow_set_done(struct flow_packet *p) {
        struct lanscope_processor *cpu;
        struct lanscope_flow *r;
        __u32 zero = 0;

        cpu = bpf_map_lookup_elem(&processors, &zero);
        if (!p || !cpu)
                return 0;
        r = flow_find(cpu->slot_base, cpu->base, cpu->generation, p, &p->number);
        if (!r)
                return 0;
        r->halves[flow_half_of(r, p)].bits |= LANSCOPE_HALF_DONE;
        segment_set_done(r, p, p->high, true);
        return 0;
}
