// SPDX-License-Identifier: GPL-2.0-or-later

/* Counts every frame of one interface by flow, or else by address, and copies those that tell something about a device
 * into a ring buffer. One body for XDP and TC; what differs is hidden in `struct view` and `load_fn`. Frames always go
 * on, but for foreign ones on a mirror port with SpanDrop=.
 *
 * What nearly all frames are (TCP and UDP, headers without options in one piece) is read in place. Everything else is
 * read by the load_bytes helpers into locals, which works for frames in several buffers too. */

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
#include "flow-log.h"
#include "interest.h"
#include "presence.h"

#define NSEC_PER_SEC 1000000000ULL
#define SOURCES_MAX 8192
/* Directions of flows: as many as the daemon follows connections by default, twice. */
#define FOLLOWED_MAX 16384
/* Tags and IPv6 extension headers that are looked behind. */
#define TAGS_MAX 2
#define EXTENSIONS_MAX 6

/* Set before loading. */
const volatile __u32 ring_wake_at = 65536; /* bytes in the ring that wake the daemon in any case */
const volatile __u32 ring_flows_max = 196608; /* no more of flows while as much waits: the rest is the others' */
const volatile __u32 first_bytes = LANSCOPE_FIRST_BYTES_MAX; /* of each direction of a connection; not more */
const volatile __u8 own_mac[ETH_ALEN] = {};
const volatile bool span_drop = false;

/* Shared with the daemon while running: it looks at the ring and the counters by itself every second, so nothing need
 * wake it; it clears the flag when all is quiet. */
__u32 daemon_awake SEC(".data") = 0; /* beside flow_generation */

struct {
        __uint(type, BPF_MAP_TYPE_RINGBUF);
        __uint(max_entries, 262144);
} ring SEC(".maps");

/* By class. */
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

/* When the next frame of a class and a source may be looked at; see may_look(). Of each CPU. */
struct look {
        __u32 tag;  /* of both */
        __u32 next; /* ticks */
};

#define LOOKS_SHIFT 8

struct looks {
        struct look places[1 << LOOKS_SHIFT];
};

struct {
        __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
        __uint(max_entries, 1);
        __type(key, __u32);
        __type(value, struct looks);
} looks SEC(".maps");

/* How much of one direction of a flow was copied: an entry each. */
struct followed_key {
        __u64 source[2], destination[2]; /* IPv4 in the first half of the first */
        __u64 rest;                      /* as in struct lanscope_flow_key, the source first */
        __u64 version;                   /* of IP */
};

struct followed {
        __u64 since;     /* datagrams are counted since then */
        __u32 datagrams;
        __u32 first;     /* TCP sequence number that counts as the first; the next two count from there */
        __u32 record;    /* where a TLS record is expected to begin; RECORD_LOST: nowhere */
        __u32 end;       /* where nothing follows that can be read; 0: not known */
};

struct {
        __uint(type, BPF_MAP_TYPE_LRU_HASH);
        __uint(max_entries, FOLLOWED_MAX);
        __type(key, struct followed_key);
        __type(value, struct followed);
} followed SEC(".maps");

/* Datagrams in fragments: the first one has the ports, or a message's type and identifier. The last one brings the datagram to
 * its flow, as it does where they are put together; those between are of no flow. */
struct datagram_key {
        __u64 source[2], destination[2];
        __u32 id;
        __u16 vlan;
        __u8 protocol, version;
};

#define DATAGRAMS_KEPT 1024

struct {
        __uint(type, BPF_MAP_TYPE_LRU_HASH);
        __uint(max_entries, DATAGRAMS_KEPT);
        __type(key, struct datagram_key);
        __type(value, __be16[2]);
} datagrams SEC(".maps");

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

/* One frame. Without a hole: see struct flow_packet. */
struct view {
        __u64 source, destination; /* link addresses: six bytes, the first one lowest */
        __u32 end;                 /* of the IP packet; padding may follow */
        __u16 vlan_tci, vlan_proto; /* of a tag outside the frame's bytes */
        __u16 vlan, inner_vlan;
        bool egress;
        bool is_flow;              /* `packet` has a key */
        bool by_ports;             /* the flow's record knows the class that the ports give */
        __u8 padding;
        struct flow_packet packet;
};

/* Bytes as they lie in memory, the first one lowest: on most machines that is what was read. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define from_le16(n) (n)
#define from_le32(n) (n)
#else
#define from_le16(n) __builtin_bswap16(n)
#define from_le32(n) __builtin_bswap32(n)
#endif

/* Reads bytes of the frame. Handed down as an argument, as only then does the compiler see which one is
 * meant: the verifier refuses a program that merely mentions the other's helper. */
typedef long (*load_fn)(void *ctx, __u32 offset, void *to, __u32 length);

static __always_inline long load_xdp(void *ctx, __u32 offset, void *to, __u32 length) {
        return bpf_xdp_load_bytes(ctx, offset, to, length);
}

static __always_inline long load_skb(void *ctx, __u32 offset, void *to, __u32 length) {
        return bpf_skb_load_bytes(ctx, offset, to, length);
}

/* The flow that a frame belongs to. The lower end comes first: by address, then by port, as they lie in memory. */

static __always_inline void set_key(struct view *v, __be16 source, __be16 destination, __u64 version) {
        struct flow_packet *p = &v->packet;
        __u64 low = p->high ? v->destination : v->source, high = p->high ? v->source : v->destination;
        __u64 first = p->high ? destination : source, second = p->high ? source : destination;

        p->key.rest = first << 48 | second << 32 | (__u64) p->protocol << 24 | (__u64) v->vlan << 12 | v->inner_vlan;
        p->key.macs[0] = low | high << 48;
        p->key.macs[1] = high >> 16 | version << 32;
        p->ipv6 = version == 6;
        p->hash = flow_hash(&p->key);
        v->is_flow = true;
}

static __always_inline void set_ipv4(struct view *v, __u32 source, __u32 destination, __be16 source_port, __be16 port) {
        struct flow_packet *p = &v->packet;

        p->high = source > destination || (source == destination && source_port > port);
        p->key.addresses = p->high ? (__u64) source << 32 | destination : (__u64) destination << 32 | source;
        set_key(v, source_port, port, 4);
}

static __always_inline void set_ipv6(struct view *v, const __u64 *source, const __u64 *destination, __be16 source_port,
                                     __be16 port) {
        struct flow_packet *p = &v->packet;
        __u64 s0 = source[0], s1 = source[1], d0 = destination[0], d1 = destination[1];

        p->high = s0 != d0 ? s0 > d0 : s1 != d1 ? s1 > d1 : source_port > port;
        p->ends.words[0][0] = p->high ? d0 : s0;
        p->ends.words[0][1] = p->high ? d1 : s1;
        p->ends.words[1][0] = p->high ? s0 : d0;
        p->ends.words[1][1] = p->high ? s1 : d1;
        p->key.addresses = flow_mix(flow_mix(flow_mix(flow_seed, p->ends.words[0][0]), p->ends.words[0][1]) ^
                                    p->ends.words[1][0] * 0xc4ceb9fe1a85ec53ULL, p->ends.words[1][1]);
        set_key(v, source_port, port, 6);
}

/* Which class a frame belongs to, read by load(). */

/* IP addresses in packet order; IPv4 in the first half of the first word. */
struct route {
        __u64 source[2], destination[2];
        __u8 version;
        bool later, more; /* a fragment that is not the first; not the last */
        __u32 id;         /* of a fragment's datagram */
};

static __always_inline void set_flow(struct view *v, const struct route *r, __be16 source_port, __be16 port) {
        if (r->version == 4)
                set_ipv4(v, r->source[0], r->destination[0], source_port, port);
        else
                set_ipv6(v, r->source, r->destination, source_port, port);
}

/* A length of 0 is left by segmentation offload: the packet is as long as the frame. */
static __always_inline void set_end(struct view *v, __u32 offset, __u32 length) {
        v->end = length && offset + length < v->packet.length ? offset + length : v->packet.length;
}

/* Padding is of no packet, and may be anything. */
static __always_inline bool is_inside(const struct view *v, __u32 offset, __u32 length) {
        return offset + length <= v->end;
}

static __always_inline void set_datagram(const struct view *v, const struct route *r, struct datagram_key *ret) {
        *ret = (struct datagram_key) {
                .source = { r->source[0], r->source[1] }, .destination = { r->destination[0], r->destination[1] },
                .id = r->id, .vlan = v->vlan, .protocol = v->packet.protocol, .version = r->version,
        };
}

static __always_inline void remember_ports(const struct view *v, const struct route *r, const __be16 ports[2]) {
        __be16 value[2] = { ports[0], ports[1] };
        struct datagram_key key;

        set_datagram(v, r, &key);
        bpf_map_update_elem(&datagrams, &key, value, BPF_ANY);
}

static __always_inline bool is_message(const struct view *v) {
        return v->packet.protocol == IPPROTO_ICMP || v->packet.protocol == IPPROTO_ICMPV6;
}

/* Multicast, or broadcast to all. */
static __always_inline bool is_to_group(const struct route *r) {
        __u32 ipv4 = bpf_ntohl((__u32) r->destination[0]);

        return r->version == 4 ? ipv4 >> 28 == 14 || ipv4 == 0xffffffff : *(const __u8 *) r->destination == 0xff;
}

/* Messages that ask and answer are a flow of two directions; the others go one way. What is sent to a group answers nobody.
 * `words`: type and code, identifier. */
static __always_inline void set_flow_of_message(struct view *v, const struct route *r, const __be16 words[2]) {
        __u16 type = bpf_ntohs(words[0]) >> 8, question = message_question(v->packet.protocol, type), other;

        if (question == MESSAGE_ALONE) {
                question = type;
                other = bpf_ntohs(words[0]) & 0xff;
        } else {
                v->packet.known = LANSCOPE_FLOW_KNOWN;
                if (is_to_group(r))
                        question = type;
                other = message_has_id(v->packet.protocol, type) ? bpf_ntohs(words[1]) : 0;
        }
        set_flow(v, r, 0, 0);
        if (v->packet.known && v->packet.high == (question == type))
                v->packet.known |= LANSCOPE_FLOW_FROM_HIGH;
        v->packet.key.rest |= (__u64) bpf_htons(question) << 48 | (__u64) bpf_htons(other) << 32;
        v->packet.hash = flow_hash(&v->packet.key);
}

/* The last fragment. Of TCP nothing but that it came is known. */
static __always_inline void set_flow_of_datagram(struct view *v, const struct route *r) {
        struct datagram_key key;
        const __be16 *ports;
        __be16 words[2];

        set_datagram(v, r, &key);
        ports = bpf_map_lookup_elem(&datagrams, &key);
        if (!ports)
                return;
        words[0] = ports[0];
        words[1] = ports[1];
        v->packet.window = FLOW_NO_WINDOW;
        if (is_message(v))
                set_flow_of_message(v, r, words);
        else
                set_flow(v, r, words[0], words[1]);
        bpf_map_delete_elem(&datagrams, &key);
}

static __always_inline enum lanscope_class class_of_udp(load_fn load, void *ctx, struct view *v, const struct route *r, __u32 offset) {
        __u8 begin[INTEREST_DATAGRAM_MIN];
        enum lanscope_class class;
        __be16 ports[2], length; /* RFC 768 */

        if (!is_inside(v, offset, sizeof ports) || load(ctx, offset, ports, sizeof ports) < 0)
                return LANSCOPE_NONE;
        v->packet.headers = offset + 8;
        if (r->more)
                remember_ports(v, r, ports);
        else if (!is_inside(v, offset, 6) || load(ctx, offset + 4, &length, sizeof length) < 0 ||
                 v->packet.protocol != IPPROTO_UDP || bpf_ntohs(length) >= 8 || (r->version == 6 && length == 0))
                set_flow(v, r, ports[0], ports[1]);
        class = class_of_ports(bpf_ntohs(ports[0]), bpf_ntohs(ports[1]));
        if (class != LANSCOPE_NONE || load(ctx, v->packet.headers, begin, sizeof begin) < 0)
                return class;
        return interest_of_datagram(begin);
}

static __always_inline enum lanscope_class class_of_segment(struct view *v) {
        if (v->packet.tcp_flags & TCP_SYN)
                return LANSCOPE_HANDSHAKE;
        return v->packet.headers < v->end ? LANSCOPE_STREAM : LANSCOPE_NONE;
}

/* Ports and no more. */
static __always_inline enum lanscope_class class_of_cut_tcp(load_fn load, void *ctx, struct view *v, const struct route *r,
                                                            __u32 offset) {
        __be16 ports[2];

        if (!is_inside(v, offset, sizeof ports) || load(ctx, offset, ports, sizeof ports) < 0)
                return LANSCOPE_NONE;
        v->packet.window = FLOW_NO_WINDOW;
        if (r->more)
                remember_ports(v, r, ports);
        else
                set_flow(v, r, ports[0], ports[1]);
        return LANSCOPE_NONE;
}

static __always_inline enum lanscope_class class_of_tcp(load_fn load, void *ctx, struct view *v, const struct route *r, __u32 offset) {
        struct {
                __be16 source_port, destination_port;
                __be32 sequence, acknowledgement;
                __u8 data_offset, flags;
        } __attribute__((packed)) tcp; /* RFC 9293 §3.1 */
        __be16 window;

        if (!is_inside(v, offset, sizeof tcp) || load(ctx, offset, &tcp, sizeof tcp) < 0)
                return class_of_cut_tcp(load, ctx, v, r, offset);
        v->packet.headers = offset + (tcp.data_offset >> 4) * 4;
        v->packet.sequence = bpf_ntohl(tcp.sequence);
        v->packet.payload = v->packet.headers < v->end ? v->end - v->packet.headers : 0;
        v->packet.acknowledgement = bpf_ntohl(tcp.acknowledgement);
        v->packet.window = load(ctx, offset + sizeof tcp, &window, sizeof window) < 0 ? FLOW_NO_WINDOW : bpf_ntohs(window);
        v->packet.tcp_flags = tcp.flags;
        if (r->more) {
                __be16 ports[2] = { tcp.source_port, tcp.destination_port };

                remember_ports(v, r, ports);
                return LANSCOPE_FRAGMENT;
        }
        set_flow(v, r, tcp.source_port, tcp.destination_port);
        return class_of_segment(v);
}

static __always_inline void set_message(load_fn load, void *ctx, struct view *v, const struct route *r, __u32 offset) {
        __u8 message[6] = {}; /* type, code, checksum, identifier: RFC 792, RFC 4443 §4.1 */
        __be16 words[2];

        if (!is_inside(v, offset, 4) || load(ctx, offset, message, 4) < 0)
                return;
        if (is_inside(v, offset, sizeof message) && load(ctx, offset + 4, message + 4, 2) < 0)
                message[4] = message[5] = 0;
        words[0] = bpf_htons(message[0] << 8 | message[1]);
        words[1] = bpf_htons(message[4] << 8 | message[5]);
        if (r->more)
                remember_ports(v, r, words);
        else
                set_flow_of_message(v, r, words);
}

/* What is in neither TCP, UDP nor messages has no ports. */
static __always_inline void set_flow_of_other(struct view *v, const struct route *r) {
        __be16 none[2] = { 0, 0 };

        if (r->more)
                remember_ports(v, r, none);
        else
                set_flow(v, r, 0, 0);
}

static __always_inline enum lanscope_class class_of_later(struct view *v, const struct route *r) {
        __u8 protocol = v->packet.protocol;

        if (!r->more)
                set_flow_of_datagram(v, r);
        return protocol == IPPROTO_UDP || protocol == IPPROTO_UDPLITE || protocol == IPPROTO_TCP ? LANSCOPE_FRAGMENT : LANSCOPE_NONE;
}

static __always_inline enum lanscope_class class_of_transport(load_fn load, void *ctx, struct view *v, const struct route *r,
                                                              __u32 offset) {
        __u8 protocol = v->packet.protocol, type;

        if (r->later)
                return class_of_later(v, r);
        if (protocol == IPPROTO_UDP || protocol == IPPROTO_UDPLITE)
                return class_of_udp(load, ctx, v, r, offset);
        if (protocol == IPPROTO_TCP)
                return class_of_tcp(load, ctx, v, r, offset);
        if (is_message(v))
                set_message(load, ctx, v, r, offset);
        else
                set_flow_of_other(v, r);
        if (protocol == IPPROTO_ICMPV6)
                return load(ctx, offset, &type, 1) < 0 ? LANSCOPE_NONE : interest_of_icmp6(type);
        if (protocol == IPPROTO_SCTP)
                return load(ctx, offset + INTEREST_SCTP_CHUNK, &type, 1) < 0 ? LANSCOPE_NONE : interest_of_chunk(type);
        return interest_of_protocol(protocol);
}

/* These two return where the transport's header begins; 0: what is before it cannot be read. */

static __always_inline __u32 read_ipv4(load_fn load, void *ctx, struct view *v, struct route *r, __u32 offset) {
        struct iphdr ip;

        if (load(ctx, offset, &ip, sizeof ip) < 0 || ip.version != 4 || ip.ihl < 5 ||
            (ip.tot_len && bpf_ntohs(ip.tot_len) < ip.ihl * 4))
                return 0;
        r->version = 4;
        r->source[0] = ip.saddr;
        r->destination[0] = ip.daddr;
        v->packet.protocol = ip.protocol;
        set_end(v, offset, bpf_ntohs(ip.tot_len));
        r->later = ip.frag_off & bpf_htons(0x1fff);
        r->more = ip.frag_off & bpf_htons(0x2000);
        r->id = ip.id;
        return offset + ip.ihl * 4;
}

static __always_inline __u32 read_ipv6(load_fn load, void *ctx, struct view *v, struct route *r, __u32 offset) {
        bool later = false, more = false; /* not in *r: each way through the loop would be verified to the end */
        struct ipv6hdr ip;
        __u32 id = 0;
        __u8 next;

        if (load(ctx, offset, &ip, sizeof ip) < 0 || ip.version != 6)
                return 0;
        r->version = 6;
        __builtin_memcpy(r->source, &ip.saddr, sizeof r->source);
        __builtin_memcpy(r->destination, &ip.daddr, sizeof r->destination);
        next = ip.nexthdr;
        offset += sizeof ip;
        set_end(v, offset, bpf_ntohs(ip.payload_len));
        for (int i = 0; i < EXTENSIONS_MAX; i++) {
                __u8 header[8]; /* next header, length; in a fragment header offset, flags and id follow: RFC 8200 §4.5 */

                if (next != IPPROTO_HOPOPTS && next != IPPROTO_ROUTING && next != IPPROTO_DSTOPTS && next != IPPROTO_AH &&
                    next != IPPROTO_FRAGMENT)
                        break;
                if (load(ctx, offset, header, sizeof header) < 0)
                        return 0;
                if (next == IPPROTO_FRAGMENT) {
                        later = later || header[2] || header[3] & 0xf8;
                        more = more || header[3] & 1;
                        id = (__u32) header[4] << 24 | header[5] << 16 | header[6] << 8 | header[7];
                        offset += 8;
                } else
                        offset += next == IPPROTO_AH ? (header[1] + 2) * 4 : (header[1] + 1) * 8;
                next = header[0];
                /* What follows the header of a later fragment is the middle of something. */
                if (later)
                        break;
        }
        r->later = later;
        r->more = more;
        r->id = id;
        v->packet.protocol = next;
        return offset;
}

static __always_inline enum lanscope_class class_of_network(load_fn load, void *ctx, struct view *v, __u16 type, __u32 offset) {
        struct route r = {};

        if (type != ETH_P_IP && type != ETH_P_IPV6)
                return interest_of_ethertype(type);
        offset = type == ETH_P_IP ? read_ipv4(load, ctx, v, &r, offset) : read_ipv6(load, ctx, v, &r, offset);
        return offset ? class_of_transport(load, ctx, v, &r, offset) : LANSCOPE_NONE;
}

/* What is below 1536 is a length, and IEEE 802.2 LLC follows. */
static __always_inline enum lanscope_class class_of_type(load_fn load, void *ctx, struct view *v, __u16 type, __u32 offset) {
        if (type < ETH_P_802_3_MIN) {
                __u8 llc[8]; /* DSAP, SSAP, control; SNAP OUI, protocol */

                if (load(ctx, offset, llc, sizeof llc) < 0)
                        return LANSCOPE_NONE;
                if (!interest_is_encapsulated_ethernet(llc))
                        return interest_of_llc(llc);
                type = llc[6] << 8 | llc[7];
                offset += sizeof llc;
        }
        return class_of_network(load, ctx, v, type, offset);
}

/* Id 0 is a priority without a VLAN. The two outermost count. */
static __always_inline void add_tag(struct view *v, __u16 id) {
        v->inner_vlan = v->vlan && !v->inner_vlan ? id : v->inner_vlan;
        v->vlan = v->vlan ? v->vlan : id;
}

/* Finds the VLANs, the class and the flow. */
static __always_inline enum lanscope_class examine(load_fn load, void *ctx, struct view *v) {
        __u32 offset = ETH_HLEN;
        __be16 type_field;
        __u16 type;

        v->vlan = v->vlan_proto ? v->vlan_tci & 0x0fff : 0;
        v->inner_vlan = 0;
        if (load(ctx, offset - sizeof type_field, &type_field, sizeof type_field) < 0)
                return LANSCOPE_NONE;
        type = bpf_ntohs(type_field);
        for (int i = 0; i < TAGS_MAX; i++) {
                __be16 tag[2]; /* TCI, type: IEEE 802.1Q §9.6 */

                if (!interest_is_tag(type))
                        break;
                if (load(ctx, offset, tag, sizeof tag) < 0)
                        return LANSCOPE_NONE;
                add_tag(v, bpf_ntohs(tag[0]) & 0x0fff);
                type = bpf_ntohs(tag[1]);
                offset += sizeof tag;
        }
        return class_of_type(load, ctx, v, type, offset);
}

/* The same of frames without options, fragments or anything else to think about, read in place. */

#define QUICK_NOT _LANSCOPE_CLASS_NOT

static __always_inline __u64 mac_at(const void *p) {
        return from_le32(*(const __u32 *) p) | (__u64) from_le16(*(const __u16 *) (p + 4)) << 32;
}

/* Sets what does not depend on the addresses. `p` is behind the IP header, 8 bytes of it are there. */
static __always_inline enum lanscope_class quick_transport(struct view *v, const void *p, const void *end, __u32 offset) {
        const __be16 *ports = p;

        if (v->packet.protocol == IPPROTO_UDP) {
                if (bpf_ntohs(ports[2]) < 8)
                        return QUICK_NOT;
                v->packet.headers = offset + 8;
                v->by_ports = true;
                return p + 8 + INTEREST_DATAGRAM_MIN <= end ? interest_of_datagram(p + 8) : LANSCOPE_NONE;
        }
        if (v->packet.protocol != IPPROTO_TCP || p + 20 > end || *(const __u8 *) (p + 12) >> 4 < 5)
                return QUICK_NOT;
        v->packet.headers = offset + (*(const __u8 *) (p + 12) >> 4) * 4;
        v->packet.sequence = bpf_ntohl(*(const __be32 *) (p + 4));
        v->packet.acknowledgement = bpf_ntohl(*(const __be32 *) (p + 8));
        v->packet.window = bpf_ntohs(*(const __be16 *) (p + 14));
        v->packet.payload = v->packet.headers < v->end ? v->end - v->packet.headers : 0;
        v->packet.tcp_flags = *(const __u8 *) (p + 13);
        return class_of_segment(v);
}

static __always_inline enum lanscope_class quick_ipv4(struct view *v, const void *p, const void *end, __u32 offset) {
        const struct iphdr *ip = p;
        enum lanscope_class class;
        const __be16 *ports = p + 20;
        __u32 length;

        if (p + 28 > end || *(const __u8 *) p != 0x45 || ip->frag_off & bpf_htons(0x3fff))
                return QUICK_NOT;
        length = bpf_ntohs(ip->tot_len);
        if (length < 28)
                return QUICK_NOT;
        set_end(v, offset, length);
        v->packet.protocol = ip->protocol;
        class = quick_transport(v, p + 20, end, offset + 20);
        if (class != QUICK_NOT)
                set_ipv4(v, ip->saddr, ip->daddr, ports[0], ports[1]);
        return class;
}

static __always_inline enum lanscope_class quick_ipv6(struct view *v, const void *p, const void *end, __u32 offset) {
        const struct ipv6hdr *ip = p;
        enum lanscope_class class;
        const __be16 *ports = p + 40;

        if (p + 48 > end || *(const __u8 *) p >> 4 != 6 || bpf_ntohs(ip->payload_len) < 8)
                return QUICK_NOT;
        set_end(v, offset + 40, bpf_ntohs(ip->payload_len));
        v->packet.protocol = ip->nexthdr;
        class = quick_transport(v, p + 40, end, offset + 40);
        if (class != QUICK_NOT)
                set_ipv6(v, p + 8, p + 24, ports[0], ports[1]);
        return class;
}

/* QUICK_NOT: look closer. */
static __always_inline enum lanscope_class examine_quick(struct view *v, const void *p, const void *end) {
        __u32 offset = ETH_HLEN;
        __be16 type;

        if (p + ETH_HLEN > end)
                return QUICK_NOT;
        v->destination = mac_at(p);
        v->source = mac_at(p + ETH_ALEN);
        type = *(const __be16 *) (p + 2 * ETH_ALEN);
        p += ETH_HLEN;
        v->vlan = v->vlan_proto ? v->vlan_tci & 0x0fff : 0;
        for (int i = 0; i < TAGS_MAX; i++) {
                if (type != bpf_htons(ETH_P_8021Q) && type != bpf_htons(ETH_P_8021AD))
                        break;
                if (p + 4 > end)
                        return QUICK_NOT;
                add_tag(v, bpf_ntohs(*(const __be16 *) p) & 0x0fff);
                type = *(const __be16 *) (p + 2);
                p += 4;
                offset += 4;
        }
        if (type == bpf_htons(ETH_P_IP))
                return quick_ipv4(v, p, end, offset);
        return type == bpf_htons(ETH_P_IPV6) ? quick_ipv6(v, p, end, offset) : QUICK_NOT;
}

/* Counting. */

/* Functions that are not static are verified once and not for each way that leads to them. */
__noinline int count_apart(struct view *v) {
        struct lanscope_processor *cpu = this_processor();
        struct presence_sum sum = {};

        if (!v || !cpu)
                return 0;
        sum.packets_sent = v->packet.segments;
        sum.bytes_sent = flow_bytes(&v->packet);
        cpu->counters.packets += sum.packets_sent;
        cpu->counters.bytes += sum.bytes_sent;
        cpu->counters.apart_packets += sum.packets_sent;
        cpu->counters.apart_bytes += sum.bytes_sent;
        sum.key.vlan = v->vlan;
        flow_copy_mac(sum.key.mac, v->source);
        presence_add(&cpu->counters, &sum);
        sum.packets_received = sum.packets_sent;
        sum.bytes_received = sum.bytes_sent;
        sum.packets_sent = 0;
        flow_copy_mac(sum.key.mac, v->destination);
        presence_add(&cpu->counters, &sum);
        return 0;
}

static __always_inline enum lanscope_class count(struct view *v, enum lanscope_class class) {
        __u32 answer = v->is_flow ? flow_count(&v->packet) : FLOW_NOT;
        if (answer == FLOW_NOT) {
                count_apart(v);
                return class;
        }
        if (class == LANSCOPE_STREAM)
                return answer & FLOW_DONE ? LANSCOPE_NONE : class;
        return v->by_ports && answer & FLOW_CLASS ? answer & FLOW_CLASS : class;
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

static __always_inline bool may_send(const struct view *v, __u64 now, enum lanscope_class class, __u32 tokens) {
        struct source_key key = { .class = class };
        __u64 rate = class_rate(class), *arrival, first = now;
        __u32 index = class;

        flow_copy_mac(key.mac, v->source);
        arrival = bpf_map_lookup_elem(&sources, &key);
        if (arrival)
                return within_rate(arrival, now, rate, 2 * rate, tokens);
        arrival = bpf_map_lookup_elem(&newcomers, &index);
        if (!arrival || !within_rate(arrival, now, NEWCOMERS_PER_SECOND, NEWCOMERS_BURST, 1))
                return false;
        bpf_map_update_elem(&sources, &key, &first, BPF_ANY);
        return true;
}

static __always_inline void note_rate_limited(enum lanscope_class class) {
        struct lanscope_class_counters *own;
        __u32 index = class;

        own = bpf_map_lookup_elem(&class_counters, &index);
        if (own)
                own->rate_limited++;
}

/* To look at a frame takes up to ten times as long as to count it, whatever comes of it. So of each class and source one in
 * 32 ticks is looked at, which is 30,000 a second on each CPU, far above what is copied; and as many more at once as a quarter of
 * a second brings. Who finds another one's place taken passes: no flood silences anybody else. */
#define LOOK_TICKS 32
#define LOOKS_AT_ONCE 8192

static __always_inline bool take_look(struct lanscope_processor *cpu, __u64 source, __u32 class) {
        __u32 zero = 0, now = flow_now_of(cpu), ahead;
        __u64 key = source << 8 | class, hash;
        struct looks *own;
        struct look *look;

        /* Who was denied a look is so until the coarse clock goes on, as nothing but time takes its place from it: of a flood
         * no more than this is asked. */
        if (cpu->denied == key && cpu->denied_at == now)
                return false;
        own = bpf_map_lookup_elem(&looks, &zero);
        if (!own)
                return false;
        /* Twice, as what tells addresses of one maker apart is in the upper bits. */
        hash = flow_mix(flow_mix(flow_seed, source), class);
        look = &own->places[hash >> (64 - LOOKS_SHIFT)];
        ahead = look->next - now;
        /* Long past, or what the clock makes of that when it comes round. */
        if (ahead > (LOOKS_AT_ONCE + 1) * LOOK_TICKS)
                ahead = 0;
        if (ahead > 0 && look->tag != (__u32) hash)
                return true;
        if (ahead > LOOKS_AT_ONCE * LOOK_TICKS) {
                cpu->denied = key;
                cpu->denied_at = now;
                return false;
        }
        look->tag = hash;
        look->next = now + ahead + LOOK_TICKS;
        return true;
}

__noinline int may_look(struct view *v, __u32 class) {
        struct lanscope_processor *cpu = this_processor();

        if (!v || !cpu)
                return 0;
        if (take_look(cpu, v->source, class))
                return 1;
        note_rate_limited(class);
        return 0;
}

/* How much of a flow is copied. */

/* A handshake has some ten datagrams a side; the ports may be used again. */
#define DATAGRAMS_MAX 32
#define DATAGRAMS_TIME (60 * NSEC_PER_SEC)

static __always_inline void set_followed(const struct view *v, bool back, struct followed_key *ret) {
        const struct flow_packet *p = &v->packet;
        bool high = p->high != back;
        __u64 ports = p->key.rest >> 32;

        *ret = (struct followed_key) { .version = p->ipv6 };
        ret->rest = (p->key.rest & 0xffffffff) | (high ? ports >> 16 | ports << 16 : ports) << 32;
        if (p->ipv6) {
                ret->source[0] = high ? p->ends.words[1][0] : p->ends.words[0][0];
                ret->source[1] = high ? p->ends.words[1][1] : p->ends.words[0][1];
                ret->destination[0] = high ? p->ends.words[0][0] : p->ends.words[1][0];
                ret->destination[1] = high ? p->ends.words[0][1] : p->ends.words[1][1];
        } else {
                ret->source[0] = high ? p->key.addresses >> 32 : (__u32) p->key.addresses;
                ret->destination[0] = high ? (__u32) p->key.addresses : p->key.addresses >> 32;
        }
}

/* The flow's entry, made where there is none. NULL: the source has begun too many; without its beginning the rest of the
 * flow is of no use either. */
static __always_inline struct followed *get_followed(struct view *v, __u64 now) {
        struct followed fresh = { .since = now, .first = v->packet.sequence }, *flow;
        struct followed_key key;

        set_followed(v, false, &key);
        flow = bpf_map_lookup_elem(&followed, &key);
        if (flow)
                return flow;
        if (may_send(v, now, LANSCOPE_FLOW, 1)) {
                bpf_map_update_elem(&followed, &key, &fresh, BPF_NOEXIST);
                return bpf_map_lookup_elem(&followed, &key);
        }
        note_rate_limited(LANSCOPE_FLOW);
        flow_set_done(&v->packet);
        return NULL;
}

/* A new connection may use the ports of one before. It begins with its first payload and not here, so that a flood of
 * SYN finds nothing to fill. */
static __always_inline void forget_followed(const struct view *v) {
        struct followed_key key;

        set_followed(v, false, &key);
        if (bpf_map_lookup_elem(&followed, &key))
                bpf_map_delete_elem(&followed, &key);
        if (v->packet.tcp_flags & TCP_ACK)
                return;
        set_followed(v, true, &key);
        if (bpf_map_lookup_elem(&followed, &key))
                bpf_map_delete_elem(&followed, &key);
}

/* First bytes that may still come in any order when this many times as many have gone by are given up. */
#define DONE_AFTER 4

/* TLS (RFC 8446 §5.1): behind the first record with application data all is encrypted. Who finds its header in a
 * segment needs no bytes behind it, which are most of what a connection at home begins with. */
#define RECORD_LOST 0xffffffff
#define RECORD_HEADER 5
#define RECORD_DATA 23
#define RECORDS_MAX 6 /* in one segment, or else they are lost */

static __always_inline bool is_tls_record(const __u8 header[RECORD_HEADER]) {
        return header[0] >= 20 && header[0] <= RECORD_DATA && header[1] == 3 && header[2] <= 4;
}

/* `ahead`: of the segment's first byte. */
static __always_inline void follow_records(load_fn load, void *ctx, const struct view *v, struct followed *flow, __u32 ahead) {
        __u32 at = flow->record;

        for (int i = 0; i < RECORDS_MAX; i++) {
                __u8 header[RECORD_HEADER];

                /* In another segment. */
                if (flow->end || at < ahead || at - ahead >= v->packet.payload)
                        break;
                if (at - ahead + RECORD_HEADER > v->packet.payload ||
                    load(ctx, v->packet.headers + at - ahead, header, sizeof header) < 0 || !is_tls_record(header)) {
                        at = RECORD_LOST;
                        break;
                }
                at += RECORD_HEADER;
                if (header[0] == RECORD_DATA)
                        flow->end = at;
                at += header[3] << 8 | header[4];
        }
        flow->record = at;
}

/* By sequence number and not by what was seen: segments that come again or in another order, and super-packets,
 * give the same bytes. Segments in front of the first one seen are taken as far back as ahead. */
static __always_inline bool is_first_payload(load_fn load, void *ctx, struct view *v, __u64 now, __u32 *ret_wanted) {
        __s32 first = first_bytes, ahead;
        struct followed *flow = get_followed(v, now);

        if (!flow)
                return false;
        ahead = v->packet.sequence - flow->first;
        if (ahead >= DONE_AFTER * first)
                flow_set_done(&v->packet);
        if (ahead >= first || ahead < -first)
                return false;
        if (ahead < 0) {
                *ret_wanted = v->packet.headers + first;
                return true;
        }
        follow_records(load, ctx, v, flow, ahead);
        if (flow->end && flow->end < (__u32) first)
                first = flow->end;
        *ret_wanted = v->packet.headers + first - ahead;
        return ahead < first;
}

static __always_inline bool is_first_datagram(struct view *v, __u64 now) {
        struct followed *flow = get_followed(v, now);

        if (!flow)
                return false;
        if (now - flow->since > DATAGRAMS_TIME) {
                flow->since = now;
                flow->datagrams = 0;
        }
        return __sync_fetch_and_add(&flow->datagrams, 1) < DATAGRAMS_MAX;
}

static __always_inline bool is_of_flow(enum lanscope_class class) {
        return class == LANSCOPE_STREAM || class == LANSCOPE_DATAGRAM;
}

/* The class, now that it is known what came before. */
static __always_inline enum lanscope_class follow_flow(load_fn load, void *ctx, struct view *v, __u64 now, enum lanscope_class class,
                                                       __u32 *ret_wanted) {
        if (!v->is_flow)
                return class == LANSCOPE_STREAM ? LANSCOPE_NONE : class;
        if (class == LANSCOPE_HANDSHAKE)
                forget_followed(v);
        if (class == LANSCOPE_STREAM)
                return is_first_payload(load, ctx, v, now, ret_wanted) ? class : LANSCOPE_NONE;
        if (class == LANSCOPE_DATAGRAM)
                return is_first_datagram(v, now) ? class : LANSCOPE_NONE;
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

/* The verifier of Linux 6.1 forgets what was checked of a 32-bit number when the compiler reads it from the stack once more
 * before it is used. So it is in a register when it is checked, and stays there. */
static __always_inline __u32 in_register(__u32 value) {
        asm volatile("" : "+r"(value));
        return value;
}

static __always_inline void copy(load_fn load, void *ctx, struct lanscope_counters *c, struct view *v, __u64 now,
                                 enum lanscope_class class, __u32 wanted) {
        __u32 zero = 0, index = class, length = v->packet.length;
        struct lanscope_class_counters *own = bpf_map_lookup_elem(&class_counters, &index);
        struct scratch *s = bpf_map_lookup_elem(&scratches, &zero);

        if (!own || !s)
                return;
        if (length > wanted)
                length = wanted;
        if (length > LANSCOPE_RECORD_MAX)
                length = LANSCOPE_RECORD_MAX;
        if (!may_send(v, now, class, 1 + length / LANSCOPE_SNAP_MAX)) {
                own->rate_limited++;
                /* Behind a gap in its beginning nobody reads on. */
                if (class == LANSCOPE_STREAM)
                        flow_set_done(&v->packet);
                return;
        }
        if (is_of_flow(class) && bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA) > ring_flows_max) {
                c->ring_full++;
                return;
        }
        length = in_register(length);
        if (length < ETH_HLEN || load(ctx, 0, s->data, length) < 0) {
                c->unreadable++;
                return;
        }
        s->record = (struct lanscope_record) {
                .ts = now,
                .length = v->packet.length,
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
        c->truncated += class != LANSCOPE_STREAM && v->packet.length > length;
}

static __always_inline void hand_over(load_fn load, void *ctx, struct view *v, enum lanscope_class class) {
        struct lanscope_processor *cpu = this_processor();
        __u64 now = bpf_ktime_get_boot_ns();
        __u32 wanted = LANSCOPE_SNAP_MAX;

        class = follow_flow(load, ctx, v, now, class, &wanted);
        if (cpu && class != LANSCOPE_NONE)
                copy(load, ctx, &cpu->counters, v, now, class, wanted);
}

/* Wakes the daemon where the frame did not: there is something to read in the counters. */
__noinline int wake_daemon(void) {
        struct lanscope_record record = { .ts = bpf_ktime_get_boot_ns(), .type = LANSCOPE_RECORD_TICK };

        daemon_awake = 1;
        if (bpf_ringbuf_output(&ring, &record, sizeof record, BPF_RB_FORCE_WAKEUP) < 0)
                daemon_awake = 0;
        return 0;
}

static __always_inline bool is_foreign(const struct view *v) {
        for (int i = 0; i < ETH_ALEN; i++)
                if ((__u8) (v->destination >> 8 * i) != own_mac[i])
                        return !(v->destination & 1);
        return false;
}

static __always_inline bool read_addresses(load_fn load, void *ctx, struct view *v) {
        __u32 words[3];

        if (load(ctx, 0, words, sizeof words) < 0)
                return false;
        words[1] = from_le32(words[1]);
        v->destination = from_le32(words[0]) | (__u64) (words[1] & 0xffff) << 32;
        v->source = words[1] >> 16 | (__u64) from_le32(words[2]) << 16;
        return true;
}

/* What nearly no frame needs; in functions of their own, for each kind of program. */
#define DEFINE_SLOW_PATH(kind, context, load)                                           \
        __noinline int examine_##kind(context *ctx, struct view *v) {                   \
                if (!v || !read_addresses(load, ctx, v))                                \
                        return QUICK_NOT;                                               \
                return examine(load, ctx, v);                                           \
        }                                                                               \
        __noinline int hand_over_##kind(context *ctx, struct view *v, __u32 class) {    \
                if (v)                                                                  \
                        hand_over(load, ctx, v, class);                                 \
                return 0;                                                               \
        }

DEFINE_SLOW_PATH(xdp, struct xdp_md, load_xdp)
DEFINE_SLOW_PATH(skb, struct __sk_buff, load_skb)

static __always_inline void note_span_drop(void) {
        struct lanscope_processor *cpu = this_processor();

        if (cpu)
                cpu->counters.span_dropped++;
}

static __noinline int note_unreadable(void) {
        struct lanscope_processor *cpu = this_processor();

        if (cpu)
                cpu->counters.unreadable++;
        return 0;
}

/* True: the frame goes no further. */
static __always_inline bool ends_here(const struct view *v) {
        if (!span_drop || v->egress || !is_foreign(v))
                return false;
        note_span_drop();
        return true;
}

/* A macro, as the slow path is chosen by the kind of program. Its value: the frame goes no further. */
#define PROCESS(kind, ctx, v)                                                                                 \
        ({                                                                                                    \
                __u32 class = examine_quick(v, (void *) (long) (ctx)->data, (void *) (long) (ctx)->data_end); \
                bool ends = false;                                                                            \
                                                                                                              \
                if (class == QUICK_NOT)                                                                       \
                        class = examine_##kind(ctx, v);                                                       \
                if (class == QUICK_NOT) {                                                                     \
                        note_unreadable();                                                                    \
                } else {                                                                                      \
                        class = count(v, class);                                                              \
                        if (class != LANSCOPE_NONE && may_look(v, class))                                     \
                                hand_over_##kind(ctx, v, class);                                              \
                        if (!daemon_awake)                                                                    \
                                wake_daemon();                                                                \
                        ends = ends_here(v);                                                                  \
                }                                                                                             \
                ends;                                                                                         \
        })

static __always_inline bool process_skb(struct __sk_buff *skb, bool egress) {
        struct view v = {
                .egress = egress,
                .packet.length = skb->len,
                .packet.segments = 1,
                .vlan_tci = skb->vlan_present ? skb->vlan_tci : 0,
                .vlan_proto = skb->vlan_present ? skb->vlan_proto : 0,
        };

        if (skb->gso_segs > 1) {
                v.packet.segments = skb->gso_segs;
                v.packet.segment = skb->gso_size;
        }
        if (v.vlan_proto)
                v.packet.tag = 4;
        return PROCESS(skb, skb, &v);
}

SEC("xdp.frags")
int lanscope_xdp(struct xdp_md *ctx) {
        struct view v = { .packet.length = bpf_xdp_get_buff_len(ctx), .packet.segments = 1 };

        return PROCESS(xdp, ctx, &v) ? XDP_DROP : XDP_PASS;
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
