// SPDX-License-Identifier: GPL-2.0-or-later

/* Counts every frame of one interface by address, and copies those that tell something about a device into a
 * ring buffer. One body for XDP and TC; what differs is hidden in `struct view` and `load_fn`. Frames always go
 * on, but for foreign ones on a mirror port with SpanDrop=.
 *
 * Bytes are read by the load_bytes helpers into locals and never through packet pointers: this works for
 * frames in several buffers too, and the programs load without CAP_PERFMON. */

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>
#include <stdbool.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "lanscope-events.h"
#include "interest.h"

#define NSEC_PER_SEC 1000000000ULL
#define PRESENCE_MAX 8192
#define SOURCES_MAX 8192
/* Directions of flows: as many as the daemon follows connections by default, twice. */
#define FLOWS_MAX 16384
/* Tags and IPv6 extension headers that are looked behind. */
#define TAGS_MAX 2
#define EXTENSIONS_MAX 6

/* Set before loading. */
const volatile __u32 ring_wake_at = 65536; /* bytes in the ring that wake the daemon in any case */
const volatile __u32 ring_flows_max = 196608; /* no more of flows while as much waits: the rest is the others' */
const volatile __u32 first_bytes = LANSCOPE_FIRST_BYTES_MAX; /* of each direction of a connection; not more */
const volatile __u8 own_mac[ETH_ALEN] = {};
const volatile bool span_drop = false;

/* Shared with the daemon while running. `daemon_awake`: it looks at the ring and the counters by itself every
 * second, so nothing need wake it; it clears the flag when all is quiet. `active_map`: which presence map is
 * written; the daemon reads the other one, in which nothing changes then. */
__u32 daemon_awake = 0, active_map = 0;

struct {
        __uint(type, BPF_MAP_TYPE_RINGBUF);
        __uint(max_entries, 262144);
} ring SEC(".maps");

struct {
        __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
        __uint(max_entries, 1);
        __type(key, __u32);
        __type(value, struct lanscope_counters);
} counters SEC(".maps");

/* By class. Maps and not arrays within something: an index that is computed would need CAP_PERFMON. */
struct {
        __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
        __uint(max_entries, LANSCOPE_CLASS_MAX);
        __type(key, __u32);
        __type(value, struct lanscope_class_counters);
} class_counters SEC(".maps");

/* When the next source that was not heard of lately may be; see within_rate(). */
struct {
        __uint(type, BPF_MAP_TYPE_ARRAY);
        __uint(max_entries, LANSCOPE_CLASS_MAX);
        __type(key, __u32);
        __type(value, __u64);
} newcomers SEC(".maps");

/* Plain hash maps and not LRU: they are emptied every second, an overflow is counted, and a flood of made-up
 * addresses does not push out the real ones (nor cost the search for a victim). */
struct presence_map {
        __uint(type, BPF_MAP_TYPE_HASH);
        __uint(max_entries, PRESENCE_MAX);
        __type(key, struct lanscope_presence_key);
        __type(value, struct lanscope_presence);
} presence_a SEC(".maps"), presence_b SEC(".maps");

struct source_key {
        __u8 mac[ETH_ALEN];
        __u16 class;
};

struct {
        __uint(type, BPF_MAP_TYPE_LRU_HASH);
        __uint(max_entries, SOURCES_MAX);
        __type(key, struct source_key);
        __type(value, __u64);
} sources SEC(".maps");

/* One direction of a flow: an entry each, so that none need be told from the other. */
struct flow_key {
        __u8 source[16], destination[16]; /* IPv4 in the first four */
        __be16 source_port, destination_port;
        __u16 vlan, inner_vlan;
        __u32 protocol;
};

struct flow {
        __u64 since;     /* datagrams are counted since then */
        __u32 datagrams;
        __u32 first;     /* TCP sequence number that counts as the first */
};

struct {
        __uint(type, BPF_MAP_TYPE_LRU_HASH);
        __uint(max_entries, FLOWS_MAX);
        __type(key, struct flow_key);
        __type(value, struct flow);
} flows SEC(".maps");

/* Where a record is put together: too big for the stack. */
struct scratch {
        struct lanscope_record record;
        __u8 data[LANSCOPE_RECORD_MAX];
};

struct {
        __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
        __uint(max_entries, 1);
        __type(key, __u32);
        __type(value, struct scratch);
} scratches SEC(".maps");

/* One frame. */
struct view {
        void *ctx;
        bool egress;
        __u32 length;            /* in memory */
        __u32 segments;
        __u16 vlan_tci, vlan_proto; /* of a tag outside the frame's bytes */
        __u64 now;
        struct ethhdr ethernet;
        __u16 vlan;
        __u32 headers;           /* bytes before the transport's payload, as far as known; 0 unknown */
        __u32 end;               /* of the IP packet; padding may follow */
        __u32 sequence;          /* TCP */
        __u8 tcp_flags;
        __u32 wanted;            /* bytes to copy */
        struct flow_key flow;
};

/* Reads bytes of the frame. Handed down as an argument, as only then does the compiler see which one is
 * meant: the verifier refuses a program that merely mentions the other's helper. */
typedef long (*load_fn)(void *ctx, __u32 offset, void *to, __u32 length);

static __always_inline long load_xdp(void *ctx, __u32 offset, void *to, __u32 length) {
        return bpf_xdp_load_bytes(ctx, offset, to, length);
}

static __always_inline long load_skb(void *ctx, __u32 offset, void *to, __u32 length) {
        return bpf_skb_load_bytes(ctx, offset, to, length);
}

/* Which class a frame belongs to. */

#define TCP_SYN 0x02
#define TCP_ACK 0x10

/* A length of 0 is left by segmentation offload: the packet is as long as the frame. */
static __always_inline void set_end(struct view *v, __u32 offset, __u32 length) {
        v->end = length && offset + length < v->length ? offset + length : v->length;
}

static __always_inline enum lanscope_class class_of_udp(load_fn load, struct view *v, __u32 offset) {
        __u8 begin[INTEREST_DATAGRAM_MIN];
        enum lanscope_class class;
        __be16 ports[2];

        if (load(v->ctx, offset, ports, sizeof ports) < 0)
                return LANSCOPE_NONE;
        v->headers = offset + 8;
        v->flow.source_port = ports[0];
        v->flow.destination_port = ports[1];
        class = interest_of_udp(bpf_ntohs(ports[0]), bpf_ntohs(ports[1]));
        if (class != LANSCOPE_NONE || load(v->ctx, v->headers, begin, sizeof begin) < 0)
                return class;
        return interest_of_datagram(begin);
}

static __always_inline enum lanscope_class class_of_tcp(load_fn load, struct view *v, __u32 offset) {
        struct {
                __be16 source_port, destination_port;
                __be32 sequence, acknowledgement;
                __u8 data_offset, flags;
        } __attribute__((packed)) tcp; /* RFC 9293 §3.1 */

        if (load(v->ctx, offset, &tcp, sizeof tcp) < 0)
                return LANSCOPE_NONE;
        v->headers = offset + (tcp.data_offset >> 4) * 4;
        v->flow.source_port = tcp.source_port;
        v->flow.destination_port = tcp.destination_port;
        v->sequence = bpf_ntohl(tcp.sequence);
        v->tcp_flags = tcp.flags;
        if (tcp.flags & TCP_SYN)
                return LANSCOPE_HANDSHAKE;
        return v->headers < v->end ? LANSCOPE_STREAM : LANSCOPE_NONE;
}

static __always_inline enum lanscope_class class_of_transport(load_fn load, struct view *v, __u8 protocol, __u32 offset, bool later) {
        __u8 type;

        v->flow.protocol = protocol;
        if (later)
                return protocol == IPPROTO_UDP || protocol == IPPROTO_UDPLITE || protocol == IPPROTO_TCP ? LANSCOPE_FRAGMENT
                                                                                                         : LANSCOPE_NONE;
        if (protocol == IPPROTO_UDP || protocol == IPPROTO_UDPLITE)
                return class_of_udp(load, v, offset);
        if (protocol == IPPROTO_TCP)
                return class_of_tcp(load, v, offset);
        if (protocol == IPPROTO_ICMPV6)
                return load(v->ctx, offset, &type, 1) < 0 ? LANSCOPE_NONE : interest_of_icmp6(type);
        return interest_of_protocol(protocol);
}

static __always_inline enum lanscope_class class_of_ipv4(load_fn load, struct view *v, __u32 offset) {
        struct iphdr ip;

        if (load(v->ctx, offset, &ip, sizeof ip) < 0 || ip.version != 4 || ip.ihl < 5)
                return LANSCOPE_NONE;
        __builtin_memcpy(v->flow.source, &ip.saddr, sizeof ip.saddr);
        __builtin_memcpy(v->flow.destination, &ip.daddr, sizeof ip.daddr);
        set_end(v, offset, bpf_ntohs(ip.tot_len));
        return class_of_transport(load, v, ip.protocol, offset + ip.ihl * 4, ip.frag_off & bpf_htons(0x1fff));
}

static __always_inline enum lanscope_class class_of_ipv6(load_fn load, struct view *v, __u32 offset) {
        bool later = false;
        struct ipv6hdr ip;
        __u8 next;

        if (load(v->ctx, offset, &ip, sizeof ip) < 0 || ip.version != 6)
                return LANSCOPE_NONE;
        __builtin_memcpy(v->flow.source, &ip.saddr, sizeof ip.saddr);
        __builtin_memcpy(v->flow.destination, &ip.daddr, sizeof ip.daddr);
        next = ip.nexthdr;
        offset += sizeof ip;
        set_end(v, offset, bpf_ntohs(ip.payload_len));
        for (int i = 0; i < EXTENSIONS_MAX; i++) {
                __u8 header[4]; /* next header, length; in a fragment header offset and flags follow: RFC 8200 §4.5 */

                if (next != IPPROTO_HOPOPTS && next != IPPROTO_ROUTING && next != IPPROTO_DSTOPTS && next != IPPROTO_AH &&
                    next != IPPROTO_FRAGMENT)
                        break;
                if (load(v->ctx, offset, header, sizeof header) < 0)
                        return LANSCOPE_NONE;
                if (next == IPPROTO_FRAGMENT) {
                        later = later || header[2] || header[3] & 0xf8;
                        offset += 8;
                } else
                        offset += next == IPPROTO_AH ? (header[1] + 2) * 4 : (header[1] + 1) * 8;
                next = header[0];
                /* What follows the header of a later fragment is the middle of something. */
                if (later)
                        break;
        }
        return class_of_transport(load, v, next, offset, later);
}

static __always_inline enum lanscope_class class_of_network(load_fn load, struct view *v, __u16 type, __u32 offset) {
        if (type == ETH_P_IP)
                return class_of_ipv4(load, v, offset);
        if (type == ETH_P_IPV6)
                return class_of_ipv6(load, v, offset);
        return interest_of_ethertype(type);
}

/* What is below 1536 is a length, and IEEE 802.2 LLC follows. */
static __always_inline enum lanscope_class class_of_type(load_fn load, struct view *v, __u16 type, __u32 offset) {
        if (type < ETH_P_802_3_MIN) {
                __u8 llc[8]; /* DSAP, SSAP, control; SNAP OUI, protocol */

                if (load(v->ctx, offset, llc, sizeof llc) < 0)
                        return LANSCOPE_NONE;
                if (!interest_is_encapsulated_ethernet(llc))
                        return interest_of_llc(llc);
                type = llc[6] << 8 | llc[7];
                offset += sizeof llc;
        }
        return class_of_network(load, v, type, offset);
}

/* Finds the outermost VLAN and the class. */
static __always_inline enum lanscope_class examine(load_fn load, struct view *v) {
        __u16 type = bpf_ntohs(v->ethernet.h_proto);
        __u32 offset = sizeof v->ethernet;

        if (v->vlan_proto)
                v->vlan = v->vlan_tci & 0x0fff;
        for (int i = 0; i < TAGS_MAX; i++) {
                __be16 tag[2]; /* TCI, type: IEEE 802.1Q §9.6 */
                __u16 id;

                if (!interest_is_tag(type))
                        break;
                if (load(v->ctx, offset, tag, sizeof tag) < 0)
                        return LANSCOPE_NONE;
                /* Id 0 is a priority without a VLAN. Both are written whichever it is: a place to write that is chosen
                 * would need CAP_PERFMON. */
                id = bpf_ntohs(tag[0]) & 0x0fff;
                v->flow.inner_vlan = v->vlan ? id : 0;
                v->vlan = v->vlan ? v->vlan : id;
                type = bpf_ntohs(tag[1]);
                offset += sizeof tag;
        }
        return class_of_type(load, v, type, offset);
}

/* Counting. */

static __always_inline void add_presence(struct lanscope_counters *c, const struct view *v, const __u8 mac[ETH_ALEN],
                                         bool sent, __u64 bytes) {
        /* Read once: the daemon may change it meanwhile. */
        bool b = *(volatile __u32 *) &active_map;
        struct lanscope_presence_key key = { .vlan = v->vlan };
        struct lanscope_presence fresh = {}, *p;

        __builtin_memcpy(key.mac, mac, ETH_ALEN);
        p = b ? bpf_map_lookup_elem(&presence_b, &key) : bpf_map_lookup_elem(&presence_a, &key);
        if (!p) {
                /* Another CPU may put it in first (-EEXIST): then that one is found below. */
                if (b)
                        bpf_map_update_elem(&presence_b, &key, &fresh, BPF_NOEXIST);
                else
                        bpf_map_update_elem(&presence_a, &key, &fresh, BPF_NOEXIST);
                p = b ? bpf_map_lookup_elem(&presence_b, &key) : bpf_map_lookup_elem(&presence_a, &key);
        }
        if (!p) {
                c->presence_full++;
                return;
        }
        if (!sent) {
                __sync_fetch_and_add(&p->packets_received, v->segments);
                __sync_fetch_and_add(&p->bytes_received, bytes);
                return;
        }
        __sync_fetch_and_add(&p->packets_sent, v->segments);
        __sync_fetch_and_add(&p->bytes_sent, bytes);
        if (p->first == 0)
                p->first = v->now;
        p->last = v->now;
}

static __always_inline bool is_group(const __u8 mac[ETH_ALEN]) {
        return mac[0] & 1;
}

static __always_inline bool is_zero(const __u8 mac[ETH_ALEN]) {
        return (mac[0] | mac[1] | mac[2] | mac[3] | mac[4] | mac[5]) == 0;
}

/* Bytes on the wire: each segment of a super-packet had the headers of its own, and the tag that the network
 * card took out had its four. */
static __always_inline __u64 wire_bytes(const struct view *v) {
        __u64 bytes = v->length;

        if (v->segments > 1)
                bytes += (__u64) (v->segments - 1) * v->headers;
        return v->vlan_proto ? bytes + 4ULL * v->segments : bytes;
}

static __always_inline void count(struct lanscope_counters *c, const struct view *v) {
        __u64 bytes = wire_bytes(v);

        c->packets += v->segments;
        c->bytes += bytes;
        if (!is_group(v->ethernet.h_source) && !is_zero(v->ethernet.h_source))
                add_presence(c, v, v->ethernet.h_source, true, bytes);
        if (!is_group(v->ethernet.h_dest) && !is_zero(v->ethernet.h_dest))
                add_presence(c, v, v->ethernet.h_dest, false, bytes);
}

/* The rate limits: a bucket as its theoretical arrival time (ITU-T I.371 Annex A, GCRA). Two CPUs may spend
 * the same token; that is as near as it needs to be. */

static __always_inline bool within_rate(__u64 *arrival, __u64 now, __u64 per_second, __u64 burst, __u32 tokens) {
        __u64 interval = NSEC_PER_SEC / per_second, expected = *arrival;

        if (expected > now + burst * interval)
                return false;
        *arrival = (expected > now ? expected : now) + interval * tokens;
        return true;
}

/* What one source may send of a class, per second. Far above what a device says in a home, and still a flood
 * at this rate fills no ring. */
static __always_inline __u64 class_rate(enum lanscope_class class) {
        switch (class) {
        case LANSCOPE_DISCOVERY:
                return 250;
        case LANSCOPE_FRAGMENT:
        case LANSCOPE_CARRIER:
                return 100;
        case LANSCOPE_STREAM:
                /* To its hosts, a router is the source of all that comes in: some 300 new connections a second. */
                return 4000;
        default:
                return 500;
        }
}

/* Sources that were not heard of lately share one bucket, or else made-up addresses would evade the limit. */
#define NEWCOMERS_PER_SECOND 1000
#define NEWCOMERS_BURST 4000

static __always_inline bool may_send(const struct view *v, enum lanscope_class class, __u32 tokens) {
        struct source_key key = { .class = class };
        __u64 rate = class_rate(class), *arrival, first = v->now;
        __u32 index = class;

        __builtin_memcpy(key.mac, v->ethernet.h_source, ETH_ALEN);
        arrival = bpf_map_lookup_elem(&sources, &key);
        if (arrival)
                return within_rate(arrival, v->now, rate, 2 * rate, tokens);
        arrival = bpf_map_lookup_elem(&newcomers, &index);
        if (!arrival || !within_rate(arrival, v->now, NEWCOMERS_PER_SECOND, NEWCOMERS_BURST, 1))
                return false;
        bpf_map_update_elem(&sources, &key, &first, BPF_ANY);
        return true;
}

/* Flows: how much of them is copied. */

/* A handshake has some ten datagrams a side; the ports may be used again. */
#define DATAGRAMS_MAX 32
#define DATAGRAMS_TIME (60 * NSEC_PER_SEC)

/* The flow's entry, made where there is none. NULL: the source has begun too many. */
static __always_inline struct flow *get_flow(const struct view *v) {
        struct flow fresh = { .since = v->now, .first = v->sequence }, *flow = bpf_map_lookup_elem(&flows, &v->flow);
        __u32 class = LANSCOPE_FLOW;
        struct lanscope_class_counters *own;

        if (flow)
                return flow;
        if (may_send(v, LANSCOPE_FLOW, 1)) {
                bpf_map_update_elem(&flows, &v->flow, &fresh, BPF_NOEXIST);
                return bpf_map_lookup_elem(&flows, &v->flow);
        }
        own = bpf_map_lookup_elem(&class_counters, &class);
        if (own)
                own->rate_limited++;
        return NULL;
}

/* A new connection may use the ports of one before. It begins with its first payload and not here, so that a flood of
 * SYN finds nothing to fill. */
static __always_inline void forget_flow(const struct view *v) {
        struct flow_key reverse = {
                .source_port = v->flow.destination_port,
                .destination_port = v->flow.source_port,
                .vlan = v->flow.vlan,
                .inner_vlan = v->flow.inner_vlan,
                .protocol = v->flow.protocol,
        };

        if (bpf_map_lookup_elem(&flows, &v->flow))
                bpf_map_delete_elem(&flows, &v->flow);
        if (v->tcp_flags & TCP_ACK)
                return;
        __builtin_memcpy(reverse.source, v->flow.destination, sizeof reverse.source);
        __builtin_memcpy(reverse.destination, v->flow.source, sizeof reverse.destination);
        if (bpf_map_lookup_elem(&flows, &reverse))
                bpf_map_delete_elem(&flows, &reverse);
}

/* By sequence number and not by what was seen: segments that come again or in another order, and super-packets,
 * give the same bytes. Segments in front of the first one seen are taken as far back as ahead. */
static __always_inline bool is_first_payload(struct view *v) {
        __s32 first = first_bytes, ahead;
        struct flow *flow = get_flow(v);

        if (!flow)
                return false;
        ahead = v->sequence - flow->first;
        if (ahead >= first || ahead < -first)
                return false;
        v->wanted = v->headers + first - (ahead > 0 ? ahead : 0);
        return true;
}

static __always_inline bool is_first_datagram(struct view *v) {
        struct flow *flow = get_flow(v);

        if (!flow)
                return false;
        if (v->now - flow->since > DATAGRAMS_TIME) {
                flow->since = v->now;
                flow->datagrams = 0;
        }
        return __sync_fetch_and_add(&flow->datagrams, 1) < DATAGRAMS_MAX;
}

static __always_inline bool is_of_flow(enum lanscope_class class) {
        return class == LANSCOPE_STREAM || class == LANSCOPE_DATAGRAM;
}

/* The class, now that it is known what came before. */
static __always_inline enum lanscope_class follow_flow(struct view *v, enum lanscope_class class) {
        v->flow.vlan = v->vlan;
        if (class == LANSCOPE_HANDSHAKE)
                forget_flow(v);
        if (class == LANSCOPE_STREAM)
                return is_first_payload(v) ? class : LANSCOPE_NONE;
        if (class == LANSCOPE_DATAGRAM)
                return is_first_datagram(v) ? class : LANSCOPE_NONE;
        return class;
}

/* The ring. */

static __always_inline __u64 wake_flags(void) {
        if (!daemon_awake) {
                daemon_awake = 1;
                return BPF_RB_FORCE_WAKEUP;
        }
        return bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA) >= ring_wake_at ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP;
}

static __always_inline void copy(load_fn load, struct lanscope_counters *c, const struct view *v, enum lanscope_class class) {
        __u32 zero = 0, index = class, length = v->length;
        struct lanscope_class_counters *own = bpf_map_lookup_elem(&class_counters, &index);
        struct scratch *s = bpf_map_lookup_elem(&scratches, &zero);

        if (!own || !s)
                return;
        if (length > v->wanted)
                length = v->wanted;
        if (length > LANSCOPE_RECORD_MAX)
                length = LANSCOPE_RECORD_MAX;
        if (!may_send(v, class, 1 + length / LANSCOPE_SNAP_MAX)) {
                own->rate_limited++;
                return;
        }
        if (is_of_flow(class) && bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA) > ring_flows_max) {
                c->ring_full++;
                return;
        }
        if (length < ETH_HLEN || load(v->ctx, 0, s->data, length) < 0) {
                c->unreadable++;
                return;
        }
        s->record = (struct lanscope_record) {
                .ts = v->now,
                .length = v->length,
                .captured = length,
                .vlan_tci = v->vlan_tci,
                .vlan_proto = v->vlan_proto,
                .type = LANSCOPE_RECORD_FRAME,
                .class = class,
                .egress = v->egress,
        };
        if (bpf_ringbuf_output(&ring, s, sizeof s->record + length, wake_flags()) < 0) {
                c->ring_full++;
                return;
        }
        own->frames++;
        c->truncated += class != LANSCOPE_STREAM && v->length > length;
}

/* Wakes the daemon where the frame did not: there is something to read in the counters. */
static __always_inline void tick(const struct view *v) {
        struct lanscope_record record = { .ts = v->now, .type = LANSCOPE_RECORD_TICK };

        if (daemon_awake)
                return;
        daemon_awake = 1;
        if (bpf_ringbuf_output(&ring, &record, sizeof record, BPF_RB_FORCE_WAKEUP) < 0)
                daemon_awake = 0;
}

static __always_inline bool is_foreign(const struct view *v) {
        for (int i = 0; i < ETH_ALEN; i++)
                if (v->ethernet.h_dest[i] != own_mac[i])
                        return !is_group(v->ethernet.h_dest);
        return false;
}

/* True: the frame goes no further. */
static __always_inline bool process(load_fn load, struct view *v) {
        enum lanscope_class class;
        struct lanscope_counters *c;
        __u32 zero = 0;

        c = bpf_map_lookup_elem(&counters, &zero);
        if (!c)
                return false;
        if (load(v->ctx, 0, &v->ethernet, sizeof v->ethernet) < 0) {
                c->unreadable++;
                return false;
        }
        v->now = bpf_ktime_get_boot_ns();
        v->wanted = LANSCOPE_SNAP_MAX;
        class = follow_flow(v, examine(load, v));
        count(c, v);
        if (class != LANSCOPE_NONE)
                copy(load, c, v, class);
        tick(v);
        if (!span_drop || v->egress || !is_foreign(v))
                return false;
        c->span_dropped++;
        return true;
}

static __always_inline bool process_skb(struct __sk_buff *skb, bool egress) {
        struct view v = {
                .ctx = skb,
                .egress = egress,
                .length = skb->len,
                .segments = skb->gso_segs > 1 ? skb->gso_segs : 1,
                .vlan_tci = skb->vlan_present ? skb->vlan_tci : 0,
                .vlan_proto = skb->vlan_present ? skb->vlan_proto : 0,
        };

        return process(load_skb, &v);
}

SEC("xdp.frags")
int lanscope_xdp(struct xdp_md *ctx) {
        struct view v = { .ctx = ctx, .length = bpf_xdp_get_buff_len(ctx), .segments = 1 };

        return process(load_xdp, &v) ? XDP_DROP : XDP_PASS;
}

/* <linux/if_packet.h>, which needs more than UAPI headers give a BPF program. */
#define PACKET_LOOPBACK 5

SEC("tc")
int lanscope_in(struct __sk_buff *skb) {
        /* This machine's own multicast, looped back to its sockets: it was seen going out, and has no link header. */
        if (skb->pkt_type == PACKET_LOOPBACK)
                return TC_ACT_UNSPEC;
        /* TC_ACT_UNSPEC hands the frame to the next filter, and is TCX_NEXT in newer kernels. */
        return process_skb(skb, false) ? TC_ACT_SHOT : TC_ACT_UNSPEC;
}

SEC("tc")
int lanscope_out(struct __sk_buff *skb) {
        process_skb(skb, true);
        return TC_ACT_UNSPEC;
}

char programs_license[] SEC("license") = "GPL";
