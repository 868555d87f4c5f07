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
#include "engine/packet/packet.h"

enum { SETS = 4096, WAYS = 4 };

/* A pair that was silent for so long begins anew; as long as a flow of datagrams may be. */
#define PAIR_IDLE (120 * NSEC_PER_SEC)

/* Below are services', above may be anybody's (RFC 6335 §6). */
#define SYSTEM_PORTS_END 1024

enum { ICMP_UNREACHABLE = 3, ICMP_ECHO_REQUEST = 8, ICMP6_UNREACHABLE = 1, ICMP6_ECHO_REQUEST = 128 };

struct pair {
        uint64_t hash; /* 0: none */
        uint64_t ts;
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

static uint64_t pair_hash(const struct contact_table *t, const struct packet *p) {
        int order = memcmp(p->source.bytes, p->destination.bytes, sizeof p->source.bytes);

        if (order > 0 || (order == 0 && p->source_port > p->destination_port))
                return flow_hash_ends(&t->secret, &p->destination, &p->source,
                                      flow_hash_rest(p->destination_port, p->source_port, IPPROTO_UDP, p->vlan, p->inner_vlan)) | 1;
        return flow_hash_ends(&t->secret, &p->source, &p->destination,
                              flow_hash_rest(p->source_port, p->destination_port, IPPROTO_UDP, p->vlan, p->inner_vlan)) | 1;
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

/* Remembers the pair. True: it was not heard for a while. */
static bool pair_is_new(struct contact_table *t, const struct packet *p) {
        uint64_t hash = pair_hash(t, p), ts = p->frame->ts;
        struct pair *known = find_pair(t, hash, ts);

        if (known)
                known->ts = MAX(known->ts, ts);
        else
                *place_of(t, hash) = (struct pair) { hash, ts };
        return !known;
}

/* An answer whose question was not seen, or so long ago that it is forgotten. */
static bool looks_like_answer(const struct packet *p) {
        return p->source_port < SYSTEM_PORTS_END && p->destination_port >= SYSTEM_PORTS_END;
}

static bool is_first_datagram(struct contact_table *t, const struct packet *p) {
        if (!(p->flags & PACKET_HAS_TRANSPORT) || p->ip_protocol != IPPROTO_UDP)
                return false;
        if (!ip_is_host(&p->source) || !ip_is_host(&p->destination))
                return false;
        return pair_is_new(t, p) && !looks_like_answer(p);
}

static int kind_of_tcp(uint8_t flags) {
        if (flags & TCP_RST)
                return CONTACT_RESET;
        if (flags & TCP_SYN)
                return flags & TCP_ACK ? CONTACT_SYN_ACK : CONTACT_SYN;
        /* RFC 9293 §3.10.7: whatever comes behind the SYN has ACK set. */
        return flags & TCP_ACK ? -1 : CONTACT_ODD;
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

static void set_ends(struct contact *c, const struct packet *p) {
        c->protocol = p->ip_protocol;
        c->hop_limit = p->hop_limit;
        c->source = p->source;
        c->destination = p->destination;
        c->source_port = p->source_port;
        c->destination_port = p->destination_port;
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
        uint8_t type = cursor_left(&p->payload) >= 8 ? p->payload.data[0] : 0;

        set_ends(c, p);
        c->source_port = c->destination_port = 0;
        if (type == (p->layer == LAYER_ICMP ? ICMP_ECHO_REQUEST : ICMP6_ECHO_REQUEST)) {
                c->kind = CONTACT_ECHO;
                return ip_is_host(&p->destination);
        }
        if (type != (p->layer == LAYER_ICMP ? ICMP_UNREACHABLE : ICMP6_UNREACHABLE))
                return false;
        c->kind = CONTACT_UNREACHABLE;
        return read_unreachable(p, c);
}

static bool set_kind(struct contact_table *t, struct contact *c, const struct packet *p) {
        int kind;

        switch (p->layer) {
        case LAYER_TCP:
                kind = kind_of_tcp(p->tcp_flags);
                if (kind < 0)
                        return false;
                c->kind = (uint8_t) kind;
                c->tcp_flags = p->tcp_flags;
                set_ends(c, p);
                return true;
        case LAYER_UDP:
                if (!is_first_datagram(t, p))
                        return false;
                c->kind = CONTACT_DATAGRAM;
                set_ends(c, p);
                return true;
        case LAYER_ICMP:
        case LAYER_ICMP6:
                return !(p->flags & PACKET_FRAGMENT) && set_message(c, p);
        case LAYER_NONE:
        case LAYER_ETHERTYPE:
        case LAYER_LLC_SNAP:
        case LAYER_IP:
        case LAYER_LLC:
        case _LAYER_MAX:
                break;
        }
        return false;
}

bool contact_is_repeated(struct contact_table *t, const struct flow_observation *o) {
        struct pair *known;

        if (o->flags & OBSERVATION_TCP)
                return kind_of_tcp(o->tcp_flags) < 0;
        known = find_pair(t, flow_hash(&t->secret, o) | 1, o->ts);
        if (known)
                known->ts = MAX(known->ts, o->ts);
        return known;
}

bool contact_from_packet(struct contact_table *t, const struct packet *p, struct contact *ret) {
        struct contact c = {
                .ts = p->frame->ts,
                .frame = p->frame->number,
                .ifindex = p->frame->ifindex,
                .vlan = p->vlan,
        };

        set_link(&c, p);
        if (!set_kind(t, &c, p))
                return false;
        *ret = c;
        return true;
}
