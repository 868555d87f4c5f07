/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "common/macro.h"
#include "engine/packet/fragment.h"
#include "engine/packet/packet.h"

/* What the files of the packet decoder share. Each decode_x() takes what follows the header before it, fills
 * in `p` and returns what packet_decode() does. */

/* Deeper than any network nests; an attacker's packet may hold hundreds of headers. Counts network headers
 * and tunnels, tags and label stacks have their own limit. */
#define DEPTH_MAX 12

/* Ethertypes (IANA, ieee-802-numbers), and what has none but is dispatched the same way. */
enum network_type {
        TYPE_IPV4 = 0x0800,
        TYPE_ARP = 0x0806,
        TYPE_BRIDGED = 0x6558, /* transparent Ethernet bridging: an Ethernet frame, RFC 1701 */
        TYPE_VLAN = 0x8100,
        TYPE_IPV6 = 0x86dd,
        TYPE_PPP = 0x880b,
        TYPE_MPLS = 0x8847,
        TYPE_MPLS_MULTICAST = 0x8848,
        TYPE_PPPOE_SESSION = 0x8864,
        TYPE_JUMBO_LLC = 0x8870,
        TYPE_QINQ = 0x88a8,
        TYPE_MACSEC = 0x88e5,
        TYPE_PBB = 0x88e7,
        TYPE_FABRIC_PATH = 0x8903, /* Cisco */
        TYPE_NSH = 0x894f,
        TYPE_QINQ_OLD = 0x9100,
        TYPE_QINQ_OLDER = 0x9200,
        TYPE_IP = 0x10000,     /* IPv4 or IPv6, as its first four bits say */
        TYPE_WLAN = 0x10001,   /* an 802.11 frame */
};

enum { /* LINKTYPE_ values (tcpdump.org/linktypes.html) */
        LINK_NULL = 0, LINK_ETHERNET = 1, LINK_TOKEN_RING = 6, LINK_SLIP = 8, LINK_PPP = 9, LINK_FDDI = 10,
        LINK_ATM_CLIP = 19, LINK_PPP_HDLC = 50, LINK_PPP_ETHER = 51, LINK_ATM_RFC1483 = 100,
        LINK_RAW = 101, LINK_C_HDLC = 104, LINK_WLAN = 105, LINK_FRAME_RELAY = 107, LINK_LOOP = 108, LINK_ENC = 109,
        LINK_SLL = 113, LINK_PFLOG = 117, LINK_PRISM = 119, LINK_RADIOTAP = 127, LINK_SUNATM = 123, LINK_AVS = 163,
        LINK_PPP_PPPD = 166, LINK_JUNIPER_ETHER = 178, LINK_JUNIPER_PPP = 179, LINK_JUNIPER_FRELAY = 180,
        LINK_JUNIPER_CHDLC = 181,
        LINK_PPI = 192, LINK_PPP_WITH_DIR = 204, LINK_C_HDLC_WITH_DIR = 205, LINK_FRAME_RELAY_WITH_DIR = 206,
        LINK_MPLS = 219, LINK_IPNET = 226, LINK_IPV4 = 228, LINK_IPV6 = 229, LINK_NFLOG = 239, LINK_NETANALYZER = 240,
        LINK_IPOIB = 242, LINK_PKTAP = 258, LINK_SLL2 = 276,
        LINK_BRCM_TAG = 281, LINK_BRCM_TAG_PREPEND = 282, LINK_DSA = 284, LINK_EDSA = 285,
};

struct packet_decoder {
        struct packet_counters counters;
        struct fragments *fragments;
        bool reassembled; /* `fragments` holds datagrams for the packet handed out last */
        /* Of the frame being decoded: */
        uint32_t missing; /* bytes that follow the cursor's end in the packet as it was sent */
        uint8_t depth;
};

/* Cuts `c` off where the header before it says that the packet ends, be that before or behind what is there. */
static inline void decoder_limit(struct packet_decoder *d, struct packet *p, struct cursor *c, size_t claimed) {
        size_t left = cursor_left(c);

        if (claimed <= left) {
                c->end = c->data + claimed;
                d->missing = 0;
                p->flags &= ~(uint32_t) PACKET_TRUNCATED; /* all that is missing is padding */
        } else {
                d->missing = (uint32_t) MIN((size_t) d->missing, claimed - left);
                p->flags |= PACKET_TRUNCATED;
        }
}

static inline int decoder_payload(struct packet_decoder *d, struct packet *p, struct cursor c,
                                  enum packet_layer layer) {
        p->layer = layer;
        p->payload = c;
        p->payload_length = (uint32_t) cursor_left(&c) + d->missing;
        return 1;
}

/* One more header inside headers? Counts those that nest too deep. */
static inline bool decoder_descend(struct packet_decoder *d) {
        if (++d->depth <= DEPTH_MAX)
                return true;
        d->counters.too_deep++;
        return false;
}

/* The outermost tags are the packet's; those inside a tunnel belong to somebody else's network. */
static inline void decoder_vlan(struct packet *p, uint16_t tci) {
        uint16_t vlan = tci & 0xfff; /* 802.1Q §9.6; 0 is a priority without a VLAN */

        if (vlan == 0 || p->flags & PACKET_TUNNELLED)
                return;
        if (p->vlan == 0)
                p->vlan = vlan;
        else if (p->inner_vlan == 0)
                p->inner_vlan = vlan;
}

/* `h`: destination and source, twelve bytes. The outermost addresses are the frame's, the innermost ones say who
 * is inside the tunnel. A second Ethernet header makes one, whatever carries it. */
static inline void decoder_addresses(struct packet *p, const uint8_t *h) {
        if (p->flags & (PACKET_TUNNELLED | PACKET_HAS_MAC)) {
                memcpy(p->inner_source.bytes, h + 6, 6);
                p->flags |= PACKET_HAS_INNER_MAC | PACKET_TUNNELLED;
                return;
        }
        memcpy(p->link_destination.bytes, h, 6);
        memcpy(p->link_source.bytes, h + 6, 6);
        p->flags |= PACKET_HAS_MAC | PACKET_HAS_LINK_DESTINATION | (h[0] & 1 ? PACKET_LINK_GROUP : 0);
}

/* decode.c */
int decode_ethernet(struct packet_decoder *d, struct packet *p, struct cursor c);
/* What follows Ethernet's addresses and `type`: tags, then a packet, or LLC where the last type is a length. */
int decode_tags(struct packet_decoder *d, struct packet *p, struct cursor c, uint16_t type);
/* `type`: enum network_type or any other ethertype. */
int decode_network(struct packet_decoder *d, struct packet *p, struct cursor c, uint32_t type);

/* link.c */
int decode_link(struct packet_decoder *d, struct packet *p, struct cursor c, uint32_t linktype);
int decode_llc(struct packet_decoder *d, struct packet *p, struct cursor c);
int decode_ppp(struct packet_decoder *d, struct packet *p, struct cursor c);
int decode_pppoe(struct packet_decoder *d, struct packet *p, struct cursor c);
int decode_mpls(struct packet_decoder *d, struct packet *p, struct cursor c);

/* link-lan.c */
int decode_fddi(struct packet_decoder *d, struct packet *p, struct cursor c);
int decode_token_ring(struct packet_decoder *d, struct packet *p, struct cursor c);
int decode_ipoib(struct packet_decoder *d, struct packet *p, struct cursor c);
int decode_dsa(struct packet_decoder *d, struct packet *p, struct cursor c);
int decode_edsa(struct packet_decoder *d, struct packet *p, struct cursor c);
int decode_brcm_tag(struct packet_decoder *d, struct packet *p, struct cursor c);
int decode_brcm_tag_prepend(struct packet_decoder *d, struct packet *p, struct cursor c);

/* wlan.c */
int decode_radiotap(struct packet_decoder *d, struct packet *p, struct cursor c);
int decode_prism(struct packet_decoder *d, struct packet *p, struct cursor c);
int decode_avs(struct packet_decoder *d, struct packet *p, struct cursor c);
int decode_wlan(struct packet_decoder *d, struct packet *p, struct cursor c);
/* Cisco's access points swap the two bytes of frame control in what they tunnel: what cannot be a data frame as it
 * stands is one the other way round, from or to an access point. */
static inline bool wlan_is_swapped(const struct cursor *c) {
        return cursor_left(c) >= 2 && (c->data[0] & 3) != 0 && (c->data[1] & 0x0f) == 0x08;
}

/* ip.c */
int decode_ipv4(struct packet_decoder *d, struct packet *p, struct cursor c);
int decode_ipv6(struct packet_decoder *d, struct packet *p, struct cursor c);
int decode_ip(struct packet_decoder *d, struct packet *p, struct cursor c);

/* tunnel.c: where the payload is a tunnel's, true, with the result of what is inside in `*ret`. What only
 * looks like one is left alone. */
/* Ports at which UDP is a tunnel, if it looks like one, and what is in it. */
#define UDP_TUNNEL_PORTS(X)                                                                     \
        X(1701, l2tp) X(2152, gtp) X(3544, teredo) X(4341, lisp) X(4754, gre) /* RFC 8086 */    \
        X(4789, vxlan) X(8472, vxlan) /* Linux before the number was assigned */                \
        X(4790, vxlan_gpe) X(5072, ayiya) X(5247, capwap) X(6081, geneve)                       \
        X(6635, mpls) /* RFC 7510 */ X(37008, tzsp)

/* May UDP from or to `port` (host order) be a tunnel? Of most that are none the port's last bits tell already. */
static _always_inline_ bool udp_port_has_tunnel(uint16_t port) {
#define LAST_BITS(port, what) | UINT64_C(1) << (port) % 64
#define OR_IS(number, what) || port == (number)
        const uint64_t some = 0 UDP_TUNNEL_PORTS(LAST_BITS);

        return some >> port % 64 & 1 && (false UDP_TUNNEL_PORTS(OR_IS));
#undef LAST_BITS
#undef OR_IS
}

bool decode_udp_tunnel(struct packet_decoder *d, struct packet *p, struct cursor c, int *ret);
bool decode_ip_tunnel(struct packet_decoder *d, struct packet *p, struct cursor c, int *ret);
int decode_nsh(struct packet_decoder *d, struct packet *p, struct cursor c);
