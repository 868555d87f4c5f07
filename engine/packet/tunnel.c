/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Packets inside packets. Each tunnel has one function that reads its header and says what follows; only
 * where that follows indeed (versions, lengths and reserved bits agree) is it taken for a tunnel. Ports alone
 * prove nothing. */

#include <errno.h>

#include "engine/packet/decoder.h"

/* The header is at `c`, which moves behind it; `sent`: bytes from there on, as sent. */
typedef bool (*strip_function)(struct cursor *c, size_t sent, uint32_t *ret_type);

/* A length of 0 is left by segmentation offload, as decode_ipv4() knows. */
static bool ipv4_is_plausible(struct cursor c, size_t sent) {
        size_t header, total;

        if (cursor_left(&c) < 20 || c.data[0] >> 4 != 4)
                return false;
        header = (size_t) (c.data[0] & 15) * 4;
        total = load_be16(c.data + 2);
        return header >= 20 && header <= sent && (total == 0 || (total >= header && total <= sent));
}

static bool ipv6_is_plausible(struct cursor c, size_t sent) {
        return cursor_left(&c) >= 40 && c.data[0] >> 4 == 6 && (size_t) load_be16(c.data + 4) + 40 <= sent;
}

/* Protocol numbers are odd, with an even first byte (RFC 1661 §2). */
static bool ppp_is_plausible(struct cursor c) {
        if (cursor_left(&c) >= 2 && load_be16(c.data) == 0xff03)
                cursor_skip(&c, 2);
        return cursor_left(&c) >= 2 && (c.data[0] & 1 || c.data[1] & 1);
}

/* Ethernet and IPv4 addresses, RFC 826 */
static bool arp_is_plausible(struct cursor c) {
        static const uint8_t start[] = { 0, 1, 8, 0, 6, 4, 0 };

        return cursor_left(&c) >= 28 && memcmp(c.data, start, sizeof start) == 0;
}

/* A stack that ends, on top of IP or of a pseudowire, which begins with four zero bits. */
static bool mpls_is_plausible(struct cursor c, size_t sent) {
        const uint8_t *start = c.data;
        uint32_t label = 0;

        while (!(label & 0x100))
                if (!cursor_be32(&c, &label))
                        return false;
        sent -= (size_t) (c.data - start);
        return ipv4_is_plausible(c, sent) || ipv6_is_plausible(c, sent) ||
               (cursor_left(&c) >= 14 && c.data[0] >> 4 == 0);
}

static bool inner_is_plausible(struct cursor c, size_t sent, uint32_t type) {
        switch (type) {
        case TYPE_IPV4:
                return ipv4_is_plausible(c, sent);
        case TYPE_IPV6:
                return ipv6_is_plausible(c, sent);
        case TYPE_IP:
                return ipv4_is_plausible(c, sent) || ipv6_is_plausible(c, sent);
        case TYPE_ARP:
                return arp_is_plausible(c);
        case TYPE_BRIDGED:
                return cursor_left(&c) >= 14;
        case TYPE_PPP:
                return ppp_is_plausible(c);
        case TYPE_MPLS:
        case TYPE_MPLS_MULTICAST:
                return mpls_is_plausible(c, sent);
        case TYPE_NSH:
                return cursor_left(&c) >= 8 && c.data[0] >> 6 == 0 && (c.data[1] & 0x3f) >= 2;
        case TYPE_WLAN:
                return cursor_left(&c) >= 24 && ((c.data[0] & 0x0f) == 0x08 || wlan_is_swapped(&c)); /* a data frame */
        default:
                return false;
        }
}

/* Cisco's remote mirrors. Type II has version 1 and 8 bytes (draft-foschiano-erspan §4.2); III version 2 and
 * 12 bytes, and 8 more where bit 0 of the last word says so (§4.3); I is GRE without a sequence number and
 * has no header. */
static bool strip_erspan(struct cursor *c, uint16_t protocol, bool has_sequence, uint32_t *ret_type) {
        const uint8_t *h = c->data;
        size_t size;

        *ret_type = TYPE_BRIDGED;
        if (protocol == 0x88be && !has_sequence)
                return true;
        if (cursor_left(c) < 1 || h[0] >> 4 != (protocol == 0x88be ? 1 : 2))
                return false;
        size = protocol == 0x88be ? 8 : 12;
        if (!cursor_skip(c, size))
                return false;
        if (size == 12 && (load_be16(h + 10) >> 10 & 31) == 2) /* frame type 2: IP, not Ethernet */
                *ret_type = TYPE_IP;
        return size != 12 || !(h[11] & 1) || cursor_skip(c, 8);
}

/* RFC 2637 §4.1: PPTP's GRE has a key always, and a payload only with a sequence number. */
static bool strip_pptp(struct cursor *c, uint16_t flags, uint16_t protocol, uint32_t *ret_type) {
        *ret_type = TYPE_PPP;
        return protocol == TYPE_PPP && (flags & 0xf000) == 0x3000 && cursor_skip(c, flags & 0x0080 ? 12 : 8);
}

/* RFC 2784 §2, RFC 2890 §2. Source routes (RFC 1701) are refused. */
static bool strip_gre(struct cursor *c, size_t sent _unused_, uint32_t *ret_type) {
        uint16_t flags, protocol;
        size_t options;

        if (!cursor_be16(c, &flags) || !cursor_be16(c, &protocol))
                return false;
        if ((flags & 7) == 1)
                return strip_pptp(c, flags, protocol, ret_type);
        if (flags & 0x4fff)
                return false;
        options = 4 * (size_t) (!!(flags & 0x8000) + !!(flags & 0x2000) + !!(flags & 0x1000));
        if (!cursor_skip(c, options))
                return false;
        if (protocol == 0x88be || protocol == 0x22eb)
                return strip_erspan(c, protocol, flags & 0x1000, ret_type);
        *ret_type = (protocol >= 0x8200 && protocol <= 0x8210) || protocol == 0x9000 ? TYPE_WLAN /* Aruba */ : protocol;
        if (protocol == 0x883e) { /* WCCP: version 2 has four bytes of its own before the packet */
                *ret_type = TYPE_IPV4;
                return cursor_left(c) > 0 && (c->data[0] >> 4 == 4 || cursor_skip(c, 4));
        }
        return true;
}

/* RFC 3378 §3 */
static bool strip_etherip(struct cursor *c, size_t sent _unused_, uint32_t *ret_type) {
        uint16_t version;

        *ret_type = TYPE_BRIDGED;
        return cursor_be16(c, &version) && version == 0x3000;
}

/* RFC 7348 §5; the group policy bits of draft-smith-vxlan-group-policy may be set. */
static bool strip_vxlan(struct cursor *c, size_t sent _unused_, uint32_t *ret_type) {
        const uint8_t *h = c->data;

        *ret_type = TYPE_BRIDGED;
        return cursor_skip(c, 8) && (h[0] & 0x7f) == 0x08 && h[7] == 0;
}

/* VXLAN-GPE's and NSH's next protocol (draft-ietf-nvo3-vxlan-gpe §3.2, RFC 8300 §11.2.4) */
static bool read_next_protocol(uint8_t next, uint32_t *ret_type) {
        switch (next) {
        case 1:
                *ret_type = TYPE_IPV4;
                return true;
        case 2:
                *ret_type = TYPE_IPV6;
                return true;
        case 3:
                *ret_type = TYPE_BRIDGED;
                return true;
        case 4:
                *ret_type = TYPE_NSH;
                return true;
        case 5:
                *ret_type = TYPE_MPLS;
                return true;
        default:
                return false;
        }
}

static bool strip_vxlan_gpe(struct cursor *c, size_t sent _unused_, uint32_t *ret_type) {
        const uint8_t *h = c->data;

        /* version 0 and a VNI; not all writers set the bit that says that the next protocol is there */
        return cursor_skip(c, 8) && (h[0] & 0xf8) == 0x08 && h[1] == 0 && h[7] == 0 &&
               read_next_protocol(h[3], ret_type);
}

/* RFC 8926 §3.4 */
static bool strip_geneve(struct cursor *c, size_t sent _unused_, uint32_t *ret_type) {
        const uint8_t *h = c->data;

        if (!cursor_skip(c, 8) || h[0] >> 6 != 0 || h[1] & 0x3f || h[7] != 0)
                return false;
        *ret_type = load_be16(h + 2);
        return cursor_skip(c, (size_t) (h[0] & 0x3f) * 4);
}

/* 3GPP TS 29.281 §5: version 1, a user packet (255); any of three flags brings four more bytes, and then
 * extension headers, which count their length in words and end in the next one's type. */
static bool strip_gtp(struct cursor *c, size_t sent, uint32_t *ret_type) {
        const uint8_t *h = c->data;
        uint8_t next = 0, words;

        *ret_type = TYPE_IP;
        if (!cursor_skip(c, 8) || (h[0] & 0xf8) != 0x30 || h[1] != 255 || (size_t) load_be16(h + 2) + 8 > sent)
                return false;
        if (!(h[0] & 7))
                return true;
        if (!cursor_skip(c, 3) || !cursor_u8(c, &next))
                return false;
        if (!(h[0] & 4))
                return true;
        while (next != 0)
                if (!cursor_u8(c, &words) || words == 0 || !cursor_skip(c, (size_t) words * 4 - 2) ||
                    !cursor_u8(c, &next))
                        return false;
        return true;
}

/* RFC 2661 §3.1: data messages of version 2 carry PPP. */
static bool strip_l2tp(struct cursor *c, size_t sent, uint32_t *ret_type) {
        uint16_t flags, length, offset;

        *ret_type = TYPE_PPP;
        if (!cursor_be16(c, &flags) || (flags & 0xb4ff) != 0x0002) /* data, version 2, reserved bits clear */
                return false;
        if (flags & 0x4000 && (!cursor_be16(c, &length) || length > sent))
                return false;
        if (!cursor_skip(c, flags & 0x0800 ? 8 : 4))
                return false;
        return !(flags & 0x0200) || (cursor_be16(c, &offset) && cursor_skip(c, offset));
}

/* RFC 4380 §5.1.1: authentication and origin may come before the IPv6 packet. */
static bool strip_teredo(struct cursor *c, size_t sent _unused_, uint32_t *ret_type) {
        *ret_type = TYPE_IPV6;
        if (cursor_left(c) >= 4 && load_be16(c->data) == 1)
                if (!cursor_skip(c, (size_t) 13 + c->data[2] + c->data[3]))
                        return false;
        if (cursor_left(c) >= 2 && load_be16(c->data) == 0)
                return cursor_skip(c, 8);
        return true;
}

/* draft-massar-v6ops-ayiya-02 §2: lengths of identity (a power of two) and signature (in words), operation
 * "forward", what follows as an IP protocol number. */
static bool strip_ayiya(struct cursor *c, size_t sent _unused_, uint32_t *ret_type) {
        const uint8_t *h = c->data;

        if (!cursor_skip(c, 8) || (h[2] & 15) != 1 || (h[3] != 41 && h[3] != 4))
                return false;
        *ret_type = h[3] == 41 ? TYPE_IPV6 : TYPE_IPV4;
        return cursor_skip(c, ((size_t) 1 << (h[0] >> 4)) + (size_t) (h[1] >> 4) * 4);
}

/* RFC 9300 §5.1 */
static bool strip_lisp(struct cursor *c, size_t sent _unused_, uint32_t *ret_type) {
        *ret_type = TYPE_IP;
        return cursor_skip(c, 8);
}

/* RFC 5415 §4.3: the header's length in words; T: an 802.11 frame, else 802.3; F: a fragment. */
static bool strip_capwap(struct cursor *c, size_t sent _unused_, uint32_t *ret_type) {
        uint32_t word;
        size_t size;

        if (cursor_left(c) < 8)
                return false;
        word = load_be32(c->data);
        size = (size_t) (word >> 19 & 31) * 4;
        *ret_type = word & 0x100 ? TYPE_WLAN : TYPE_BRIDGED;
        /* preamble 0, no reserved flags, no fragment, no keep-alive; 802.11 is binding 1 */
        return word >> 24 == 0 && !(word & 0x8f) && (word >> 9 & 31) == 1 && size >= 8 && cursor_skip(c, size);
}

/* TaZmen Sniffer Protocol (mirrors of small routers and access points): version 1, a received packet, its
 * kind, then tags up to tag 1. */
static bool strip_tzsp(struct cursor *c, size_t sent _unused_, uint32_t *ret_type) {
        const uint8_t *h = c->data;
        uint8_t tag, length;

        if (!cursor_skip(c, 4) || h[0] != 1 || h[1] != 0 || (load_be16(h + 2) != 1 && load_be16(h + 2) != 18))
                return false;
        *ret_type = load_be16(h + 2) == 1 ? TYPE_BRIDGED : TYPE_WLAN;
        while (cursor_u8(c, &tag)) {
                if (tag == 1)
                        return true;
                if (tag != 0 && (!cursor_u8(c, &length) || !cursor_skip(c, length)))
                        return false;
        }
        return false;
}

static bool strip_mpls(struct cursor *c _unused_, size_t sent _unused_, uint32_t *ret_type) {
        *ret_type = TYPE_MPLS;
        return true;
}

static strip_function udp_tunnel(uint16_t port) {
        switch (port) {
#define STRIP(port, what) case port: return strip_##what;
        UDP_TUNNEL_PORTS(STRIP)
#undef STRIP
        default:
                return NULL;
        }
}

/* From here on the packet is what is inside. */
static int enter(struct packet_decoder *d, struct packet *p, struct cursor c, uint32_t type) {
        p->flags |= PACKET_TUNNELLED;
        p->flags &= ~(uint32_t) PACKET_HAS_TRANSPORT;
        p->source_port = p->destination_port = 0;
        p->transport_header = NULL;
        p->layer = LAYER_NONE;
        return decode_network(d, p, c, type);
}

/* RFC 7761 §4.9.3: a Register of PIM 2 holds what a router sends on to the root of the tree; with the N bit there
 * is a header and nothing behind it. */
static bool strip_pim(struct cursor *c, uint32_t *ret_type) {
        const uint8_t *h = c->data;

        *ret_type = TYPE_IP;
        return cursor_skip(c, 8) && h[0] == 0x21 && !(h[4] & 0x40);
}

bool decode_udp_tunnel(struct packet_decoder *d, struct packet *p, struct cursor c, int *ret) {
        strip_function strip = udp_tunnel(p->destination_port) ?: udp_tunnel(p->source_port);
        uint32_t type;

        if (!strip)
                return false;
        if (!strip(&c, cursor_left(&c) + d->missing, &type) ||
            !inner_is_plausible(c, cursor_left(&c) + d->missing, type))
                return false;
        p->carrier = (struct packet_carrier) { p->source, p->destination, p->source_port, p->destination_port };
        p->flags |= PACKET_HAS_CARRIER;
        *ret = enter(d, p, c, type);
        return true;
}

bool decode_ip_tunnel(struct packet_decoder *d, struct packet *p, struct cursor c, int *ret) {
        size_t sent = cursor_left(&c) + d->missing;
        uint32_t type;

        switch (p->ip_protocol) {
        case 4: /* RFC 2003 */
        case 94:
                type = TYPE_IPV4;
                break;
        case 41: /* RFC 2473, RFC 4213 */
                type = TYPE_IPV6;
                break;
        case 47:
                if (!strip_gre(&c, sent, &type))
                        return false;
                break;
        case 97:
                if (!strip_etherip(&c, sent, &type))
                        return false;
                break;
        case 103:
                if (!strip_pim(&c, &type))
                        return false;
                break;
        case 137: /* RFC 4023 */
                type = TYPE_MPLS;
                break;
        case 143: /* RFC 8986 §4.9 */
                type = TYPE_BRIDGED;
                break;
        default:
                return false;
        }
        if (!inner_is_plausible(c, cursor_left(&c) + d->missing, type))
                return false;
        *ret = enter(d, p, c, type);
        return true;
}

/* RFC 8300 §2: version 0, length in words, what follows in the fourth byte. */
int decode_nsh(struct packet_decoder *d, struct packet *p, struct cursor c) {
        const uint8_t *h = c.data;
        uint32_t type;
        size_t size;

        if (!decoder_descend(d))
                return 0;
        if (cursor_left(&c) < 8 || h[0] >> 6 != 0)
                return -EBADMSG;
        size = (size_t) (h[1] & 0x3f) * 4;
        if (size < 8 || !cursor_skip(&c, size))
                return -EBADMSG;
        p->flags |= PACKET_TUNNELLED;
        return read_next_protocol(h[3], &type) ? decode_network(d, p, c, type) : 0;
}
