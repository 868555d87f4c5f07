/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <linux/types.h>

#include "lanscope-events.h"

/* Which numbers in a frame make it one that tells something about a device. */

static __always_inline enum lanscope_class interest_of_port(__u16 port) {
        switch (port) {
        case 53:
                return LANSCOPE_DNS;
        case 67: case 68: case 4011: /* DHCP, PXE */
        case 137: case 138:   /* NetBIOS names and datagrams (browser announcements) */
        case 546: case 547:   /* DHCPv6 */
        case 1900:            /* SSDP */
        case 3702:            /* WS-Discovery */
        case 5353:            /* mDNS */
        case 5355:            /* LLMNR */
                return LANSCOPE_DISCOVERY;
        case 1701: case 2152: case 3544: case 4341: /* L2TP, GTP, Teredo, LISP */
        case 4754: case 4789: case 4790: case 8472: /* GRE, VXLAN, VXLAN-GPE, VXLAN of old */
        case 5072: case 5247: case 6081: case 6635: /* AYIYA, CAPWAP, Geneve, MPLS */
        case 37008:                                 /* TZSP */
                return LANSCOPE_CARRIER;
        default:
                return LANSCOPE_NONE;
        }
}

/* The port of either side decides: an SSDP answer comes from 1900 and goes to where the search came from. */
static __always_inline enum lanscope_class interest_of_udp(__u16 source, __u16 destination) {
        enum lanscope_class class = interest_of_port(destination);

        return class != LANSCOPE_NONE ? class : interest_of_port(source);
}

/* A UDP payload begins with this many bytes where it is told by its content. */
#define INTEREST_DATAGRAM_MIN 12

/* RFC 9000 §15, RFC 9369 §3.1, drafts, Google's and Meta's, versions made up to keep the field free, and 0 for an
 * offer of versions. RTP, whose first bit is set as well, has none of them but by chance. */
static __always_inline int interest_is_quic_version(__u32 version) {
        return version <= 1 || version == 0x6b3343cf || version >> 8 == 0xff0000 || version >> 16 == 0x5130 ||
               version >> 16 == 0x5430 || version >> 8 == 0xfaceb0 || (version & 0x0f0f0f0f) == 0x0a0a0a0a;
}

/* QUIC: a long header (RFC 8999 §5.1), or that of Google's first versions with an id and a version. */
static __always_inline int interest_is_quic(const __u8 p[INTEREST_DATAGRAM_MIN]) {
        if (p[0] & 0x80)
                return interest_is_quic_version((__u32) p[1] << 24 | p[2] << 16 | p[3] << 8 | p[4]);
        return (p[0] & 0x09) == 0x09 && p[9] == 'Q' && p[10] == '0';
}

/* A handshake record of DTLS 1.0 or later, or of OpenSSL's before (RFC 6347 §4.1). */
static __always_inline int interest_is_dtls(const __u8 p[INTEREST_DATAGRAM_MIN]) {
        return p[0] == 22 && (p[1] == 0xfe || (p[1] == 1 && p[2] == 0));
}

/* Answers to an SSDP search come from any port, to any port. */
static __always_inline int interest_is_http(const __u8 p[INTEREST_DATAGRAM_MIN]) {
        return p[0] == 'H' && p[1] == 'T' && p[2] == 'T' && p[3] == 'P' && p[4] == '/' && p[5] == '1' && p[6] == '.';
}

/* The first bytes of a UDP payload, where the ports do not tell. */
static __always_inline enum lanscope_class interest_of_datagram(const __u8 p[INTEREST_DATAGRAM_MIN]) {
        if (interest_is_http(p))
                return LANSCOPE_DISCOVERY;
        return interest_is_quic(p) || interest_is_dtls(p) ? LANSCOPE_DATAGRAM : LANSCOPE_NONE;
}

static __always_inline enum lanscope_class interest_of_icmp6(__u8 type) {
        switch (type) {
        case 130: case 131: case 132: /* MLD */
        case 133: case 134: case 135: case 136: case 137: /* NDP */
        case 143: /* MLDv2 report */
                return LANSCOPE_DISCOVERY;
        default:
                return LANSCOPE_NONE;
        }
}

/* RFC 9260 §3: the first chunk, behind ports, tag and checksum. INIT and INIT ACK are what SYN and its answer are to TCP. */
#define INTEREST_SCTP_CHUNK 12

static __always_inline enum lanscope_class interest_of_chunk(__u8 type) {
        return type == 1 || type == 2 ? LANSCOPE_HANDSHAKE : LANSCOPE_NONE;
}

/* ICMP messages that ask and answer have one flow, that of the type which asks. */

#define MESSAGE_ALONE 256

/* The type that asks, be it this one's own; MESSAGE_ALONE: it goes one way. RFC 792, RFC 950, RFC 1256; RFC 4443, RFC 4861,
 * RFC 2710, RFC 4620, RFC 6275. */
static __always_inline __u16 message_question(__u8 protocol, __u8 type) {
        if (protocol != 58)
                switch (type) {
                case 0: case 8:
                        return 8;
                case 9: case 10:
                        return 10;
                case 13: case 14:
                        return 13;
                case 15: case 16:
                        return 15;
                case 17: case 18:
                        return 17;
                default:
                        return MESSAGE_ALONE;
                }
        switch (type) {
        case 128: case 129:
                return 128;
        case 130: case 131:
                return 130;
        case 133: case 134:
                return 133;
        case 135: case 136:
                return 135;
        case 139: case 140:
                return 139;
        case 144: case 145:
                return 144;
        default:
                return MESSAGE_ALONE;
        }
}

static __always_inline int message_has_id(__u8 protocol, __u8 type) {
        return protocol != 58 ? type == 0 || type == 8 || (type >= 13 && type <= 18)
                              : type == 128 || type == 129 || (type >= 139 && type <= 140);
}

static __always_inline enum lanscope_class interest_of_ethertype(__u16 type) {
        switch (type) {
        case 0x0806: /* ARP */
        case 0x8035: /* RARP */
        case 0x888e: /* EAPOL */
        case 0x88cc: /* LLDP */
                return LANSCOPE_DISCOVERY;
        case 0x6558: case 0x8847: case 0x8848: /* Ethernet, MPLS */
        case 0x8864: case 0x880b:              /* PPPoE session, PPP */
        case 0x88e5: case 0x88e7: case 0x894f: /* MACsec, provider backbone bridge, NSH */
        case 0x8870:                           /* LLC in a jumbo frame */
        case 0x8926: case 0x892f: case 0x893f: case 0x8909: case 0xf1c1: /* tags of other lengths than 802.1Q's */
                return LANSCOPE_CARRIER;
        default:
                return LANSCOPE_NONE;
        }
}

static __always_inline int interest_is_snap(const __u8 llc[8]) {
        return llc[0] == 0xaa && llc[1] == 0xaa && llc[2] == 0x03;
}

/* `llc`: DSAP, SSAP, control, OUI, protocol. Cisco's SNAP protocols: CDP, and VTP and DTP beside it. */
static __always_inline enum lanscope_class interest_of_llc(const __u8 llc[8]) {
        return interest_is_snap(llc) && llc[3] == 0 && llc[4] == 0 && llc[5] == 0x0c ? LANSCOPE_DISCOVERY : LANSCOPE_NONE;
}

/* RFC 1042: OUI zero, and the protocol is an ethertype. */
static __always_inline int interest_is_encapsulated_ethernet(const __u8 llc[8]) {
        return interest_is_snap(llc) && llc[3] == 0 && llc[4] == 0 && llc[5] == 0;
}

/* IGMP, and IP protocols that carry other packets: IPv4, IPv6, GRE, EtherIP, IPIP of old, MPLS, Ethernet (SRv6). */
static __always_inline enum lanscope_class interest_of_protocol(__u8 protocol) {
        switch (protocol) {
        case 2:
                return LANSCOPE_DISCOVERY;
        case 4: case 41: case 47: case 94: case 97: case 137: case 143:
                return LANSCOPE_CARRIER;
        default:
                return LANSCOPE_NONE;
        }
}

static __always_inline int interest_is_tag(__u16 type) {
        return type == 0x8100 || type == 0x88a8 || type == 0x9100 || type == 0x9200;
}
