/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Link layers other than Ethernet: a function and a row each (tcpdump.org/linktypes.html), and the framings
 * that ride on several of them: LLC, PPP, MPLS. */

#include <errno.h>

#include "engine/packet/decoder.h"

#define LABELS_MAX 16

enum { AF_BSD_INET = 2, AF_LINUX_INET6 = 10, AF_NETBSD_INET6 = 24, AF_FREEBSD_INET6 = 28, AF_DARWIN_INET6 = 30 };
enum { OUI_CISCO = 0x00000c, OUI_8021H = 0x0000f8, PID_CDP = 0x2000 };

static int decode_snap(struct packet_decoder *d, struct packet *p, struct cursor c) {
        uint16_t pid;

        if (!decoder_descend(d))
                return 0;
        if (!cursor_be24(&c, &p->snap_oui) || !cursor_be16(&c, &pid))
                return -EBADMSG;
        /* RFC 1042, and 802.1H's bridge tunnels: an ethertype */
        if ((p->snap_oui == 0 || p->snap_oui == OUI_8021H) && pid >= 0x0600)
                return decode_network(d, p, c, pid);
        p->network_type = pid;
        return decoder_payload(d, p, c, LAYER_LLC_SNAP);
}

/* 802.2 §3.2: numbered frames have two bytes of control, the others one. */
int decode_llc(struct packet_decoder *d, struct packet *p, struct cursor c) {
        uint8_t control;
        uint16_t saps;

        if (!cursor_be16(&c, &saps))
                return -EBADMSG;
        if (saps == 0xffff) /* Novell's raw 802.3: IPX without LLC */
                return 0;
        if (!cursor_u8(&c, &control))
                return -EBADMSG;
        if (saps == 0xaaaa && control == 3)
                return decode_snap(d, p, c);
        if (saps == 0x0606 && control == 3)
                return decode_network(d, p, c, TYPE_IPV4);
        if ((control & 3) != 3 && !cursor_skip(&c, 1))
                return -EBADMSG;
        p->network_type = saps;
        return decoder_payload(d, p, c, LAYER_LLC);
}

/* Ethertypes that are too common to stand in a place by chance. */
static bool is_known_type(uint16_t type) {
        return type == TYPE_IPV4 || type == TYPE_IPV6 || type == TYPE_ARP || type == TYPE_VLAN || type == TYPE_QINQ ||
               type == TYPE_MPLS;
}

/* RFC 4448 §4.2: an Ethernet pseudowire with or without a control word, which is not told in the packet. */
static int decode_pseudowire(struct packet_decoder *d, struct packet *p, struct cursor c) {
        if (cursor_left(&c) >= 18 && is_known_type(load_be16(c.data + 16)))
                cursor_skip(&c, 4);
        else if (cursor_left(&c) < 14 || !is_known_type(load_be16(c.data + 12)))
                return 0;
        p->flags |= PACKET_TUNNELLED;
        return decode_ethernet(d, p, c);
}

/* RFC 3032 §2.1; RFC 4385 §3: what is under the last label shows in its first four bits, and 0 is neither
 * version of IP. */
int decode_mpls(struct packet_decoder *d, struct packet *p, struct cursor c) {
        uint32_t label = 0;

        for (unsigned n = 0; !(label & 0x100); n++) {
                if (n >= LABELS_MAX) {
                        d->counters.too_deep++;
                        return 0;
                }
                if (!cursor_be32(&c, &label))
                        return -EBADMSG;
        }
        if (cursor_left(&c) == 0)
                return 0;
        switch (c.data[0] >> 4) {
        case 4:
        case 6:
                return decode_ip(d, p, c);
        case 0:
                return decode_pseudowire(d, p, c);
        default:
                return 0;
        }
}

static int decode_cdp(struct packet_decoder *d, struct packet *p, struct cursor c) {
        p->snap_oui = OUI_CISCO;
        p->network_type = PID_CDP;
        return decoder_payload(d, p, c, LAYER_LLC_SNAP);
}

/* RFC 1661 §2, RFC 1662 §3.1: address and control may be left out, and the first byte of the protocol. */
static bool read_ppp_protocol(struct cursor *c, uint16_t *ret) {
        uint8_t first;

        if (cursor_left(c) >= 2 && load_be16(c->data) == 0xff03)
                cursor_skip(c, 2);
        if (cursor_left(c) > 0 && c->data[0] & 1) {
                cursor_u8(c, &first);
                *ret = first;
                return true;
        }
        return cursor_be16(c, ret);
}

static int decode_ppp_protocol(struct packet_decoder *d, struct packet *p, struct cursor c, uint16_t protocol) {
        uint8_t flags, type;

        switch (protocol) {
        case 0x0021:
                return decode_network(d, p, c, TYPE_IPV4);
        case 0x0057:
                return decode_network(d, p, c, TYPE_IPV6);
        case 0x0281:
        case 0x0283:
                return decode_network(d, p, c, TYPE_MPLS);
        case 0x0207:
                return decode_cdp(d, p, c);
        case 0x0031: /* bridging, RFC 3518 §4.2: Ethernet is type 1; bit 6 counts padding */
                if (!cursor_u8(&c, &flags) || !cursor_u8(&c, &type))
                        return -EBADMSG;
                return type == 1 && !(flags & 0x40) ? decode_ethernet(d, p, c) : 0;
        default:
                return 0;
        }
}

int decode_ppp(struct packet_decoder *d, struct packet *p, struct cursor c) {
        uint16_t protocol;
        uint32_t sequence;

        if (!read_ppp_protocol(&c, &protocol))
                return -EBADMSG;
        /* RFC 1990 §3, long sequence numbers: a packet that is first and last piece at once is whole. */
        if (protocol == 0x003d) {
                if (!cursor_be32(&c, &sequence))
                        return -EBADMSG;
                if (sequence >> 30 != 3)
                        return 0;
                if (!read_ppp_protocol(&c, &protocol))
                        return -EBADMSG;
        }
        return decode_ppp_protocol(d, p, c, protocol);
}

/* RFC 2516 §4 */
int decode_pppoe(struct packet_decoder *d, struct packet *p, struct cursor c) {
        uint8_t version, code;
        uint16_t session, length;

        if (!cursor_u8(&c, &version) || !cursor_u8(&c, &code) || !cursor_be16(&c, &session) ||
            !cursor_be16(&c, &length))
                return -EBADMSG;
        if (version != 0x11)
                return -EBADMSG;
        if (code != 0)
                return 0;
        decoder_limit(d, p, &c, length);
        return decode_ppp(d, p, c);
}

static int decode_hdlc(struct packet_decoder *d, struct packet *p, struct cursor c) {
        uint16_t type;

        if (!cursor_skip(&c, 2) || !cursor_be16(&c, &type))
                return -EBADMSG;
        if (type == PID_CDP)
                return decode_cdp(d, p, c);
        return type < 0x0600 ? 0 : decode_network(d, p, c, type);
}

/* Serial lines carry Cisco's HDLC in files that say PPP; its address byte tells. */
static int decode_ppp_or_hdlc(struct packet_decoder *d, struct packet *p, struct cursor c) {
        if (cursor_left(&c) > 0 && (c.data[0] == 0x0f || c.data[0] == 0x8f))
                return decode_hdlc(d, p, c);
        return decode_ppp(d, p, c);
}

static int decode_directed_ppp(struct packet_decoder *d, struct packet *p, struct cursor c) {
        return cursor_skip(&c, 1) ? decode_ppp_or_hdlc(d, p, c) : -EBADMSG;
}

static int decode_directed_hdlc(struct packet_decoder *d, struct packet *p, struct cursor c) {
        return cursor_skip(&c, 1) ? decode_hdlc(d, p, c) : -EBADMSG;
}

/* RFC 2427 §3: address of two to four bytes (the last has bit 0), control, NLPID. Cisco's own framing has an
 * ethertype behind the address instead. */
static int decode_frame_relay(struct packet_decoder *d, struct packet *p, struct cursor c) {
        uint8_t byte = 0, nlpid;
        uint16_t type;

        for (unsigned n = 0; !(byte & 1); n++)
                if (n == 4 || !cursor_u8(&c, &byte))
                        return -EBADMSG;
        if (cursor_left(&c) > 0 && c.data[0] != 3) {
                if (!cursor_be16(&c, &type))
                        return -EBADMSG;
                if (type == PID_CDP)
                        return decode_cdp(d, p, c);
                return type < 0x0600 ? 0 : decode_network(d, p, c, type);
        }
        if (!cursor_skip(&c, 1) || !cursor_u8(&c, &nlpid))
                return -EBADMSG;
        if (nlpid == 0 && !cursor_u8(&c, &nlpid)) /* a pad byte */
                return -EBADMSG;
        switch (nlpid) {
        case 0xcc:
                return decode_network(d, p, c, TYPE_IPV4);
        case 0x8e:
                return decode_network(d, p, c, TYPE_IPV6);
        case 0xcf:
                return decode_ppp(d, p, c);
        case 0x80:
                return decode_snap(d, p, c);
        default:
                return 0;
        }
}

static int decode_directed_frame_relay(struct packet_decoder *d, struct packet *p, struct cursor c) {
        return cursor_skip(&c, 1) ? decode_frame_relay(d, p, c) : -EBADMSG;
}

/* Each system has its own number for IPv6. */
static int decode_family(struct packet_decoder *d, struct packet *p, struct cursor c, uint32_t family) {
        switch (family) {
        case AF_BSD_INET:
                return decode_network(d, p, c, TYPE_IPV4);
        case AF_LINUX_INET6:
        case AF_NETBSD_INET6:
        case AF_FREEBSD_INET6:
        case AF_DARWIN_INET6:
                return decode_network(d, p, c, TYPE_IPV6);
        default:
                return 0;
        }
}

/* The family is in the byte order of the machine that wrote it, which the file does not tell: families are
 * small numbers. LOOP has it in network order. */
static int decode_null(struct packet_decoder *d, struct packet *p, struct cursor c) {
        uint32_t family;

        if (!cursor_be32(&c, &family))
                return -EBADMSG;
        return decode_family(d, p, c, family > 0xffff ? __builtin_bswap32(family) : family);
}

/* OpenBSD's IPsec interface: family (as in NULL), SPI, flags; what came out of the tunnel. */
static int decode_enc(struct packet_decoder *d, struct packet *p, struct cursor c) {
        uint32_t family;

        if (!cursor_be32(&c, &family) || !cursor_skip(&c, 8))
                return -EBADMSG;
        return decode_family(d, p, c, family > 0xffff ? __builtin_bswap32(family) : family);
}

/* Hilscher netANALYZER: four bytes about port and errors, then Ethernet with its FCS. */
static int decode_netanalyzer(struct packet_decoder *d, struct packet *p, struct cursor c) {
        return cursor_skip(&c, 4) ? decode_ethernet(d, p, c) : -EBADMSG;
}

/* OpenBSD's packet filter log: length, family; padded to four bytes. */
static int decode_pflog(struct packet_decoder *d, struct packet *p, struct cursor c) {
        struct cursor header = c;
        uint8_t length, family;

        if (!cursor_u8(&header, &length) || !cursor_u8(&header, &family) || length < 2 ||
            !cursor_skip(&c, ((size_t) length + 3) & ~(size_t) 3))
                return -EBADMSG;
        return decode_family(d, p, c, family);
}

static int decode_cooked(struct packet_decoder *d, struct packet *p, struct cursor c, uint16_t protocol) {
        if (protocol == 4) /* ETH_P_802_2 */
                return decode_llc(d, p, c);
        return protocol < 0x0600 ? 0 : decode_network(d, p, c, protocol);
}

/* linux/if_packet.h: to us 0, broadcast 1, multicast 2, to another 3, from us 4 */
static void note_cooked(struct packet *p, uint16_t packet_type, uint16_t address_length, const uint8_t *address) {
        if (packet_type == 1 || packet_type == 2)
                p->flags |= PACKET_LINK_GROUP;
        if (packet_type == 4)
                p->flags |= PACKET_OUTGOING;
        if (address_length == 6) {
                p->link_source = mac_from_bytes(address);
                p->flags |= PACKET_HAS_MAC;
        }
}

static int decode_sll(struct packet_decoder *d, struct packet *p, struct cursor c) {
        const uint8_t *h = c.data;

        if (!cursor_skip(&c, 16))
                return -EBADMSG;
        note_cooked(p, load_be16(h), load_be16(h + 4), h + 6);
        return decode_cooked(d, p, c, load_be16(h + 14));
}

static int decode_sll2(struct packet_decoder *d, struct packet *p, struct cursor c) {
        const uint8_t *h = c.data;

        if (!cursor_skip(&c, 20))
                return -EBADMSG;
        note_cooked(p, h[10], h[11], h + 12);
        return decode_cooked(d, p, c, load_be16(h));
}

/* linux/nfnetlink_log.h: family, version, group, then attributes in the writer's byte order, which are padded
 * to four bytes; the packet is attribute 9. */
static int decode_nflog(struct packet_decoder *d, struct packet *p, struct cursor c) {
        uint8_t family, version;
        bool big_endian;

        if (!cursor_u8(&c, &family) || !cursor_u8(&c, &version) || !cursor_skip(&c, 2) || version != 0)
                return -EBADMSG;
        /* Attributes come one after the other, so that the first one's length tells: it is under 256 bytes. */
        big_endian = cursor_left(&c) >= 2 && c.data[0] == 0;
        while (cursor_left(&c) >= 4) {
                uint16_t length = big_endian ? load_be16(c.data) : load_le16(c.data);
                uint16_t type = big_endian ? load_be16(c.data + 2) : load_le16(c.data + 2);

                if (length < 4)
                        return -EBADMSG;
                cursor_skip(&c, 4);
                if ((type & 0x7fff) == 9) {
                        decoder_limit(d, p, &c, length - 4U);
                        return decode_family(d, p, c, family);
                }
                if (!cursor_skip(&c, ((size_t) length - 1) & ~(size_t) 3))
                        return -EBADMSG;
        }
        return 0;
}

/* PPI (CACE): version, flags, length, link type; numbers little-endian. */
static int decode_ppi(struct packet_decoder *d, struct packet *p, struct cursor c) {
        const uint8_t *h = c.data;

        if (cursor_left(&c) < 8 || load_le16(h + 2) < 8 || !cursor_skip(&c, load_le16(h + 2)))
                return -EBADMSG;
        return decode_link(d, p, c, load_le32(h + 4));
}

/* Apple's PKTAP: length, record type, link type; numbers little-endian. */
static int decode_pktap(struct packet_decoder *d, struct packet *p, struct cursor c) {
        const uint8_t *h = c.data;

        if (cursor_left(&c) < 12 || load_le32(h) < 12 || !cursor_skip(&c, load_le32(h)))
                return -EBADMSG;
        return decode_link(d, p, c, load_le32(h + 8));
}

/* libpcap's own sixteen bytes (direction, the compressed header), then IP as it was before it was compressed. */
static int decode_slip(struct packet_decoder *d, struct packet *p, struct cursor c) {
        return cursor_skip(&c, 16) ? decode_ip(d, p, c) : -EBADMSG;
}

/* Classical IP over ATM: LLC and SNAP where they are (RFC 2684 §5), bare IP where not. */
static int decode_clip(struct packet_decoder *d, struct packet *p, struct cursor c) {
        return cursor_left(&c) >= 2 && load_be16(c.data) == 0xaaaa ? decode_llc(d, p, c) : decode_ip(d, p, c);
}

/* SunATM: direction and kind (2: LLC), VPI, VCI. */
static int decode_sunatm(struct packet_decoder *d, struct packet *p, struct cursor c) {
        const uint8_t *h = c.data;

        if (!cursor_skip(&c, 4))
                return -EBADMSG;
        return (h[0] & 15) == 2 ? decode_llc(d, p, c) : 0;
}

/* Solaris: version, family (BSD's, or its own for IPv6), kind, length, interfaces, zones. */
static int decode_ipnet(struct packet_decoder *d, struct packet *p, struct cursor c) {
        return cursor_skip(&c, 24) ? decode_ip(d, p, c) : -EBADMSG;
}

/* What Juniper's routers put first: a magic number, flags, and with the first flag extensions of a told length.
 * With flag 2 the link layer is gone, and four bytes about the protocol stand for it. */
static int decode_juniper(struct packet_decoder *d, struct packet *p, struct cursor c, uint32_t linktype) {
        uint32_t magic;
        uint16_t length;
        uint8_t flags;

        if (!cursor_be24(&c, &magic) || magic != 0x4d4743 || !cursor_u8(&c, &flags))
                return -EBADMSG;
        if (flags & 0x80 && (!cursor_be16(&c, &length) || !cursor_skip(&c, length)))
                return -EBADMSG;
        if (flags & 2)
                return cursor_skip(&c, 4) ? decode_ip(d, p, c) : -EBADMSG;
        return decode_link(d, p, c, linktype);
}

static int decode_juniper_ether(struct packet_decoder *d, struct packet *p, struct cursor c) {
        return decode_juniper(d, p, c, LINK_ETHERNET);
}

static int decode_juniper_ppp(struct packet_decoder *d, struct packet *p, struct cursor c) {
        return decode_juniper(d, p, c, LINK_PPP);
}

static int decode_juniper_frelay(struct packet_decoder *d, struct packet *p, struct cursor c) {
        return decode_juniper(d, p, c, LINK_FRAME_RELAY);
}

static int decode_juniper_chdlc(struct packet_decoder *d, struct packet *p, struct cursor c) {
        return decode_juniper(d, p, c, LINK_C_HDLC);
}

static const struct {
        uint32_t linktype;
        int (*decode)(struct packet_decoder *d, struct packet *p, struct cursor c);
} link_types[] = {
        { LINK_ETHERNET, decode_ethernet },
        { LINK_SLL, decode_sll },
        { LINK_SLL2, decode_sll2 },
        { LINK_RAW, decode_ip },
        { 12, decode_ip }, /* DLT_RAW, where a file has that */
        { 14, decode_ip },
        { LINK_IPV4, decode_ip },
        { LINK_IPV6, decode_ip },
        { LINK_NULL, decode_null },
        { LINK_LOOP, decode_null },
        { LINK_RADIOTAP, decode_radiotap },
        { LINK_WLAN, decode_wlan },
        { LINK_PRISM, decode_prism },
        { LINK_AVS, decode_avs },
        { LINK_PPI, decode_ppi },
        { LINK_PPP, decode_ppp_or_hdlc },
        { LINK_PPP_HDLC, decode_ppp_or_hdlc },
        { LINK_PPP_ETHER, decode_pppoe },
        { LINK_PPP_PPPD, decode_directed_ppp },
        { LINK_PPP_WITH_DIR, decode_directed_ppp },
        { LINK_C_HDLC, decode_hdlc },
        { LINK_C_HDLC_WITH_DIR, decode_directed_hdlc },
        { LINK_FRAME_RELAY, decode_frame_relay },
        { LINK_FRAME_RELAY_WITH_DIR, decode_directed_frame_relay },
        { LINK_ATM_RFC1483, decode_llc },
        { LINK_NFLOG, decode_nflog },
        { LINK_PFLOG, decode_pflog },
        { LINK_PKTAP, decode_pktap },
        { LINK_ENC, decode_enc },
        { LINK_MPLS, decode_mpls },
        { LINK_NETANALYZER, decode_netanalyzer },
        { LINK_TOKEN_RING, decode_token_ring },
        { LINK_FDDI, decode_fddi },
        { LINK_SLIP, decode_slip },
        { LINK_ATM_CLIP, decode_clip },
        { LINK_SUNATM, decode_sunatm },
        { LINK_JUNIPER_ETHER, decode_juniper_ether },
        { LINK_JUNIPER_PPP, decode_juniper_ppp },
        { LINK_JUNIPER_FRELAY, decode_juniper_frelay },
        { LINK_JUNIPER_CHDLC, decode_juniper_chdlc },
        { LINK_IPNET, decode_ipnet },
        { LINK_IPOIB, decode_ipoib },
        { LINK_BRCM_TAG, decode_brcm_tag },
        { LINK_BRCM_TAG_PREPEND, decode_brcm_tag_prepend },
        { LINK_DSA, decode_dsa },
        { LINK_EDSA, decode_edsa },
};

int decode_link(struct packet_decoder *d, struct packet *p, struct cursor c, uint32_t linktype) {
        for (size_t i = 0; i < ELEMENTSOF(link_types); i++)
                if (link_types[i].linktype == linktype) {
                        if (!decoder_descend(d))
                                return 0;
                        return link_types[i].decode(d, p, c);
                }
        d->counters.unknown_link++;
        return 0;
}
