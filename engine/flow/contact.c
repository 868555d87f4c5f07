/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which packets are contacts. Of TCP the flags tell. UDP has none: there a memory of pairs tells a first packet from the
 * ones after it and from the answers. The memory is a cache in sets of a few ways; a set that is full loses the pair
 * that was heard longest ago. */

#include "engine/flow/contact.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "common/macro.h"
#include "engine/flow/flow-hash.h"
#include "engine/flow/flow-delta.h"
#include "engine/packet/packet.h"

enum { SETS = 4096, WAYS = 4 };

/* A pair that was silent for so long begins anew; as long as a flow of datagrams may be. */
#define PAIR_IDLE (120 * NSEC_PER_SEC)

/* Below are services', above may be anybody's (RFC 6335 §6). */
#define SYSTEM_PORTS_END 1024

/* RFC 792, RFC 4443: echo reply, echo request, destination unreachable. */
static const struct message_types {
        uint8_t reply, request, unreachable;
} icmp = { 0, 8, 3 }, icmp6 = { 129, 128, 1 };

struct pair {
        uint64_t hash; /* 0: none */
        uint64_t ts;
        bool swapped;  /* the first packet was sent by the higher end */
        bool answered;
};

struct contact_table {
        struct flow_hash_secret secret;
        struct pair pairs[SETS][WAYS];
};

int contact_table_new(struct contact_table **ret, uint64_t seed) {
        struct contact_table *t = calloc(1, sizeof *t);

        if (!t)
                return -ENOMEM;
        t->secret = flow_hash_secret_make(seed);
        *ret = t;
        return 0;
}

struct contact_table *contact_table_free(struct contact_table *t) {
        free(t);
        return NULL;
}

/* Who sent it, and to whom. */
static void take_ends(const struct flow_observation *o, struct ip_address *ret_source, struct ip_address *ret_destination) {
        unsigned sender = o->direction;
        uint8_t low[8];

        if (o->flags & OBSERVATION_IPV6) {
                *ret_source = ip_from_v6(o->ends[sender]);
                *ret_destination = ip_from_v6(o->ends[!sender]);
                return;
        }
        for (unsigned i = 0; i < sizeof low; i++)
                low[i] = (uint8_t) (o->addresses >> (56 - 8 * i));
        *ret_source = ip_from_v4(low + 4 * sender);
        *ret_destination = ip_from_v4(low + 4 * !sender);
}

static uint16_t port_of(const struct flow_observation *o, unsigned end) {
        return (uint16_t) (o->rest >> (end == 0 ? 48 : 32));
}

static bool is_between_hosts(const struct flow_observation *o) {
        struct ip_address source, destination;

        take_ends(o, &source, &destination);
        return ip_is_host(&source) && ip_is_host(&destination);
}

static inline struct pair *set_of(struct contact_table *t, uint64_t hash) {
        return t->pairs[(hash >> 32) % SETS];
}

/* NULL: it was not heard for a while. */
static inline struct pair *find_pair(struct contact_table *t, uint64_t hash, uint64_t ts) {
        struct pair *set = set_of(t, hash);

        for (size_t i = 0; i < WAYS; i++)
                if (set[i].hash == hash)
                        return ts > set[i].ts && ts - set[i].ts > PAIR_IDLE ? NULL : &set[i];
        return NULL;
}

/* Its place, or that of the pair that was heard longest ago. */
static struct pair *place_of(struct contact_table *t, uint64_t hash) {
        struct pair *set = set_of(t, hash), *best = set;

        for (size_t i = 0; i < WAYS; i++) {
                if (set[i].hash == hash)
                        return &set[i];
                if (set[i].ts < best->ts)
                        best = &set[i];
        }
        return best;
}

/* DHCP clients' (RFC 2131 §4.1, RFC 8415 §7.2). They ask from no address, or all, so that a server's answer is the first of its pair. */
static bool is_dhcp_client(uint16_t port) {
        return port == 68 || port == 546;
}

/* An answer whose question was not seen, or so long ago that it is forgotten. */
static bool looks_like_answer(const struct flow_observation *o) {
        uint16_t from = port_of(o, o->direction), to = port_of(o, !o->direction);

        return is_dhcp_client(to) || (from < SYSTEM_PORTS_END && to >= SYSTEM_PORTS_END);
}

/* Of two ends that were not heard for a while. */
static _noinline_ int kind_of_first(struct contact_table *t, const struct flow_observation *o) {
        bool answer = looks_like_answer(o);

        if (!is_between_hosts(o))
                return -1;
        *place_of(t, o->hash | 1) = (struct pair) { o->hash | 1, o->ts, o->direction, answer };
        return answer ? -1 : CONTACT_DATAGRAM;
}

static inline int kind_of_datagram(struct contact_table *t, const struct flow_observation *o) {
        struct pair *known = find_pair(t, o->hash | 1, o->ts);

        if (!known)
                return kind_of_first(t, o);
        known->ts = MAX(known->ts, o->ts);
        if (known->answered || known->swapped == o->direction)
                return -1;
        known->answered = true;
        return CONTACT_ANSWER;
}

static int kind_of_tcp(uint8_t flags) {
        if (contact_is_no_segment(flags))
                return -1;
        if (flags & TCP_RST)
                return CONTACT_RESET;
        if (flags & TCP_SYN)
                return flags & TCP_ACK ? CONTACT_SYN_ACK : CONTACT_SYN;
        return CONTACT_ODD;
}

static void set_link(struct contact *c, const struct packet *p) {
        /* Inside a tunnel the frame's addresses are those of the tunnel's ends. */
        if (!(p->flags & PACKET_HAS_MAC) || p->flags & PACKET_TUNNELLED)
                return;
        c->source_mac = p->link_source;
        if (p->flags & PACKET_HAS_LINK_DESTINATION)
                c->destination_mac = p->link_destination;
        c->link_group = p->flags & PACKET_LINK_GROUP;
}

/* All but its kind. In place: a copy would wait for each of its fields to be written. */
static void begin(struct contact *c, const struct packet *p) {
        *c = (struct contact) {
                .ts = p->frame->ts,
                .frame = p->frame->number,
                .ifindex = p->frame->ifindex,
                .vlan = p->vlan,
                .inner_vlan = p->inner_vlan,
                .packets = 1,
                .protocol = p->ip_protocol,
                .hop_limit = p->hop_limit,
                .source = p->source,
                .destination = p->destination,
                .source_port = p->source_port,
                .destination_port = p->destination_port,
        };
        set_link(c, p);
}

/* The quoted header (RFC 792, RFC 4443 §3.1), far enough for the ports. */
static bool read_quoted_ipv4(struct cursor c, struct contact *ret) {
        uint8_t first, protocol, source[4], destination[4];
        uint16_t fragment;

        if (!cursor_u8(&c, &first) || first >> 4 != 4 || (first & 15) < 5 || !cursor_skip(&c, 5) ||
            !cursor_be16(&c, &fragment) || !cursor_u8(&c, &ret->hop_limit) || !cursor_u8(&c, &protocol) ||
            !cursor_skip(&c, 2) || !cursor_copy(&c, source, 4) || !cursor_copy(&c, destination, 4) ||
            !cursor_skip(&c, (size_t) (first & 15) * 4 - 20))
                return false;
        ret->protocol = protocol;
        ret->source = ip_from_v4(source);
        ret->destination = ip_from_v4(destination);
        if (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP)
                return true;
        return (fragment & 0x1fff) == 0 && cursor_be16(&c, &ret->source_port) && cursor_be16(&c, &ret->destination_port);
}

static bool read_quoted_ipv6(struct cursor c, struct contact *ret) {
        uint8_t first, protocol, source[16], destination[16];

        if (!cursor_u8(&c, &first) || first >> 4 != 6 || !cursor_skip(&c, 5) || !cursor_u8(&c, &protocol) ||
            !cursor_u8(&c, &ret->hop_limit) || !cursor_copy(&c, source, 16) || !cursor_copy(&c, destination, 16))
                return false;
        ret->protocol = protocol;
        ret->source = ip_from_v6(source);
        ret->destination = ip_from_v6(destination);
        if (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP)
                return true;
        return cursor_be16(&c, &ret->source_port) && cursor_be16(&c, &ret->destination_port);
}

static bool read_unreachable(const struct packet *p, struct contact *ret) {
        struct cursor c = p->payload;
        struct mac_address receiver = ret->destination_mac;

        if (!cursor_skip(&c, 8))
                return false;
        if (!(p->layer == LAYER_ICMP ? read_quoted_ipv4(c, ret) : read_quoted_ipv6(c, ret)))
                return false;
        ret->destination_mac = ret->source_mac;
        ret->source_mac = receiver;
        return true;
}

static bool set_message(struct contact *c, const struct packet *p) {
        const struct message_types *types = p->layer == LAYER_ICMP ? &icmp : &icmp6;
        uint8_t type;

        if (cursor_left(&p->payload) < 8)
                return false;
        type = p->payload.data[0];
        c->source_port = c->destination_port = 0;
        if (type == types->request || type == types->reply) {
                c->kind = type == types->request ? CONTACT_ECHO : CONTACT_ANSWER;
                return ip_is_host(&p->destination);
        }
        c->kind = CONTACT_UNREACHABLE;
        return type == types->unreachable && read_unreachable(p, c);
}

/* RFC 9260 §3: ports, verification tag, checksum; then chunks, of which one that begins an association stands alone. */
static bool set_sctp(struct contact *c, const struct packet *p) {
        enum { CHUNK_INIT = 1, CHUNK_INIT_ACK = 2 };
        struct cursor at = p->payload;
        uint16_t source_port, destination_port;
        uint8_t chunk;

        if (!cursor_be16(&at, &source_port) || !cursor_be16(&at, &destination_port) || !cursor_skip(&at, 8) || !cursor_u8(&at, &chunk))
                return false;
        c->source_port = source_port;
        c->destination_port = destination_port;
        c->kind = chunk == CHUNK_INIT ? CONTACT_DATAGRAM : CONTACT_ANSWER;
        return (chunk == CHUNK_INIT || chunk == CHUNK_INIT_ACK) && ip_is_host(&p->destination);
}

int contact_kind_of(struct contact_table *t, const struct flow_observation *o) {
        return o->flags & OBSERVATION_TCP ? kind_of_tcp(o->tcp_flags) : kind_of_datagram(t, o);
}

void contact_set(struct contact *ret, const struct packet *p, enum contact_kind kind) {
        begin(ret, p);
        ret->kind = (uint8_t) kind;
        ret->tcp_flags = p->tcp_flags;
}

static int kind_of_packet(struct contact_table *t, const struct packet *p) {
        struct flow_observation o;

        if (p->layer == LAYER_TCP)
                return kind_of_tcp(p->tcp_flags);
        if (p->ip_protocol != IPPROTO_UDP || !(p->flags & PACKET_HAS_TRANSPORT) || !flow_observation_from_packet(p, &o))
                return -1;
        flow_hash_set(&t->secret, &o);
        return kind_of_datagram(t, &o);
}

bool contact_from_packet(struct contact_table *t, const struct packet *p, struct contact *ret) {
        int kind;

        /* Most packets are none: it begins where there may be one. */
        switch (p->layer) {
        case LAYER_TCP:
        case LAYER_UDP:
                kind = kind_of_packet(t, p);
                if (kind < 0)
                        return false;
                contact_set(ret, p, (enum contact_kind) kind);
                return true;
        case LAYER_ICMP:
        case LAYER_ICMP6:
                if (p->flags & PACKET_FRAGMENT)
                        return false;
                begin(ret, p);
                return set_message(ret, p);
        case LAYER_IP:
                if (p->flags & PACKET_FRAGMENT || p->ip_protocol != IPPROTO_SCTP)
                        return false;
                begin(ret, p);
                return set_sctp(ret, p);
        case LAYER_NONE:
        case LAYER_ETHERTYPE:
        case LAYER_LLC_SNAP:
        case LAYER_LLC:
        case _LAYER_MAX:
                break;
        }
        return false;
}

bool contact_from_first(const struct flow_observation *o, struct contact *ret) {
        *ret = (struct contact) {
                .ts = o->ts,
                .vlan = o->rest >> 12 & 0xfff,
                .inner_vlan = o->rest & 0xfff,
                .packets = 1,
                .kind = o->flags & OBSERVATION_TCP ? CONTACT_STRAY : CONTACT_OTHER,
                .protocol = (uint8_t) (o->rest >> 24),
                .hop_limit = 255, /* it is not kept */
                .tcp_flags = o->tcp_flags,
                .link_group = mac_is_group(&o->link_destination),
                .source_mac = o->link_source,
                .destination_mac = o->link_destination,
                .source_port = port_of(o, o->direction),
                .destination_port = port_of(o, !o->direction),
        };
        take_ends(o, &ret->source, &ret->destination);
        return ip_is_host(&ret->source) && ip_is_host(&ret->destination);
}

static struct contact contact_of_direction(const struct flow_delta *d, unsigned from) {
        return (struct contact) {
                .ts = d->directions[from].first,
                .vlan = d->vlan,
                .inner_vlan = d->inner_vlan,
                .packets = 1,
                .protocol = d->protocol,
                .hop_limit = 255, /* it is not counted */
                .tcp_flags = d->directions[from].tcp_flags,
                .source_mac = d->endpoints[from].mac,
                .destination_mac = d->endpoints[!from].mac,
                .source = d->endpoints[from].ip,
                .destination = d->endpoints[!from].ip,
                .source_port = d->endpoints[from].port,
                .destination_port = d->endpoints[!from].port,
        };
}

/* Of both ends of an echo the type that asks stands in the first endpoint. */
static int kind_of_echoes(const struct flow_delta *d, unsigned from, struct contact *c) {
        const struct message_types *types = d->protocol == IPPROTO_ICMP ? &icmp : &icmp6;
        bool asks = d->initiator == (from == 0 ? INITIATOR_FIRST : INITIATOR_SECOND);

        if (d->endpoints[0].port != types->request || d->initiator == INITIATOR_UNKNOWN || !ip_is_host(&c->destination))
                return -1;
        c->source_port = c->destination_port = 0;
        c->packets = (uint32_t) MIN(d->directions[from].packets, (uint64_t) UINT32_MAX);
        return asks ? CONTACT_ECHO : CONTACT_ANSWER;
}

static int kind_of_datagrams(struct contact_table *t, const struct flow_delta *d, unsigned from) {
        const struct flow_endpoint ends[2] = { d->endpoints[from], d->endpoints[!from] };
        struct flow_observation o = { .ts = d->directions[from].first };

        flow_observation_set_ends(&o, ends, d->protocol, d->vlan, d->inner_vlan);
        flow_hash_set(&t->secret, &o);
        return kind_of_datagram(t, &o);
}

/* Of all that was sent one way; SYNs and their answers are handed over as frames. */
static int kind_of_direction(struct contact_table *t, const struct flow_delta *d, unsigned from, struct contact *c) {
        if (c->protocol == IPPROTO_UDP)
                return kind_of_datagrams(t, d, from);
        if (c->protocol == IPPROTO_ICMP || c->protocol == IPPROTO_ICMPV6)
                return kind_of_echoes(d, from, c);
        if (c->protocol != IPPROTO_TCP)
                return -1;
        if (c->tcp_flags & TCP_RST)
                return CONTACT_RESET;
        return c->tcp_flags & (TCP_ACK | TCP_SYN) ? -1 : CONTACT_ODD;
}

size_t contacts_from_delta(struct contact_table *t, const struct flow_delta *d, struct contact ret[static CONTACTS_OF_DELTA_MAX]) {
        bool second_first = d->directions[0].packets == 0 ||
                            (d->directions[1].packets > 0 && d->directions[1].first < d->directions[0].first);
        size_t n = 0;

        for (unsigned i = 0; i < 2; i++) {
                unsigned from = i ^ second_first;
                int kind;

                if (d->directions[from].packets == 0)
                        continue;
                ret[n] = contact_of_direction(d, from);
                kind = kind_of_direction(t, d, from, &ret[n]);
                ret[n].kind = (uint8_t) kind;
                n += kind >= 0;
        }
        return n;
}
