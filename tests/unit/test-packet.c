/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "engine/packet/packet.h"
#include "tests/unit/frame-builder.h"

/* Decodes what the builder holds, as one frame of `linktype`. */
struct fixture {
        struct packet_decoder *decoder;
        struct frame frame;
        struct packet packet;
};

static int decode_cut(struct fixture *f, const struct builder *b, uint32_t linktype, uint32_t captured) {
        packet_decoder_free(f->decoder);
        f->decoder = NULL;
        assert_int_equal(packet_decoder_new(&f->decoder), 0);
        f->frame = (struct frame) { .ts = 1, .number = 1, .linktype = linktype, .captured = captured,
                                    .length = (uint32_t) b->length, .data = b->data };
        return packet_decode(f->decoder, &f->frame, &f->packet);
}

static int decode(struct fixture *f, const struct builder *b, uint32_t linktype) {
        return decode_cut(f, b, linktype, (uint32_t) b->length);
}

static void fixture_end(struct fixture *f) {
        f->decoder = packet_decoder_free(f->decoder);
}

static const struct packet_counters *counters(const struct fixture *f) {
        return packet_decoder_counters(f->decoder);
}

/* The builder's inner packet: IPv4 10.0.0.1 -> 10.0.0.2, UDP 1000 -> 2000, "payload". */
static void assert_inner(const struct fixture *f) {
        const struct packet *p = &f->packet;

        assert_int_equal(p->layer, LAYER_UDP);
        assert_true(p->flags & PACKET_HAS_TRANSPORT);
        assert_int_equal(p->source.family, AF_INET);
        assert_memory_equal(p->source.bytes, ((uint8_t[]) { 10, 0, 0, 1 }), 4);
        assert_memory_equal(p->destination.bytes, ((uint8_t[]) { 10, 0, 0, 2 }), 4);
        assert_int_equal(p->source_port, 1000);
        assert_int_equal(p->destination_port, 2000);
        assert_int_equal(cursor_left(&p->payload), 7);
        assert_int_equal(p->payload_length, 7);
        assert_memory_equal(p->payload.data, "payload", 7);
}

static void assert_mac(const struct mac_address *mac, uint8_t last) {
        assert_memory_equal(mac->bytes, ((uint8_t[]) { 2, 0, 0, 0, 0, last }), 6);
}

static void ethernet_udp_is_read_to_its_payload(void **state _unused_) {
        struct fixture f = {};
        struct builder b = {};

        put_ethernet(&b, 0x0800);
        put_inner(&b);
        assert_int_equal(decode(&f, &b, 1), 1);
        assert_inner(&f);
        assert_mac(&f.packet.link_source, 1);
        assert_mac(&f.packet.link_destination, 2);
        assert_int_equal(f.packet.flags & (PACKET_TUNNELLED | PACKET_TRUNCATED | PACKET_LINK_GROUP), 0);
        fixture_end(&f);
}

static void padding_behind_the_packet_is_not_payload(void **state _unused_) {
        struct fixture f = {};
        struct builder b = {};

        put_ethernet(&b, 0x0800);
        put_inner(&b);
        put_zeros(&b, 11);
        assert_int_equal(decode(&f, &b, 1), 1);
        assert_inner(&f);
        fixture_end(&f);
}

/* A cut must never be an error, and never give more than was there. */
static void every_cut_keeps_what_is_readable(void **state _unused_) {
        struct fixture f = {};
        struct builder b = {};

        put_ethernet(&b, 0x0800);
        put_inner(&b);
        for (uint32_t n = 0; n < b.length; n++) {
                int r = decode_cut(&f, &b, 1, n);

                assert_int_equal(r, n >= 14 + 20 + 8 ? 1 : 0);
                assert_true(f.packet.flags & PACKET_TRUNCATED);
                assert_int_equal(!!(f.packet.flags & PACKET_HAS_IP), n >= 14 + 20);
                assert_int_equal(!!(f.packet.flags & PACKET_HAS_TRANSPORT), n >= 14 + 20 + 4);
                assert_int_equal(counters(&f)->malformed, 0);
                if (r > 0) {
                        assert_int_equal(cursor_left(&f.packet.payload), n - 14 - 20 - 8);
                        assert_int_equal(f.packet.payload_length, 7);
                }
        }
        fixture_end(&f);
}

/* The ports stand first in TCP's header, too; without its flags the segment belongs to a flow and tells nothing else. */
static void ports_before_the_cut_tell_the_flow(void **state _unused_) {
        struct fixture f = {};
        struct builder b = {};

        put_ethernet(&b, 0x0800);
        put_ipv4(&b, 6, 20);
        put_hex(&b, "04d2 0016 00000001 00000002 5018 1000 0000 0000");
        for (uint32_t n = 14 + 20; n < b.length; n++) {
                assert_int_equal(decode_cut(&f, &b, 1, n), 0);
                assert_int_equal(!!(f.packet.flags & PACKET_HAS_TRANSPORT), n >= 14 + 20 + 4);
                assert_int_equal(f.packet.source_port, n >= 14 + 20 + 4 ? 1234 : 0);
                assert_int_equal(f.packet.destination_port, n >= 14 + 20 + 4 ? 22 : 0);
                assert_int_equal(f.packet.tcp_flags, n >= 14 + 20 + 14 ? TCP_ACK | TCP_PSH : 0);
                assert_int_equal(f.packet.layer, LAYER_NONE);
                assert_null(f.packet.transport_header);
        }
        fixture_end(&f);
}

/* IPv6 with a payload length of 0: what offload makes of TCP and UDP, and an empty packet of all else, whatever
 * pads the frame behind it. */
static void payload_length_zero_is_the_frame_for_tcp_and_udp_alone(void **state _unused_) {
        static const char addresses[] = "fe80000000000000 0000000000000001 ff02000000000000 0000000000000001";
        struct fixture f = {};
        struct builder udp = {}, icmp = {};

        put_ethernet(&udp, 0x86dd);
        put_hex(&udp, "60000000 0000 11 ff");
        put_hex(&udp, addresses);
        put_hex(&udp, "14e9 14e9 000c 0000 01020304");
        assert_int_equal(decode(&f, &udp, 1), 1);
        assert_int_equal(f.packet.payload_length, 4);
        put_ethernet(&icmp, 0x86dd);
        put_hex(&icmp, "60000000 0000 3a ff");
        put_hex(&icmp, addresses);
        put_hex(&icmp, "88000000 20000000 fe80000000000000 0000000000000001");
        assert_int_equal(decode(&f, &icmp, 1), 1);
        assert_int_equal(f.packet.layer, LAYER_ICMP6);
        assert_int_equal(f.packet.payload_length, 0);
        fixture_end(&f);
}

/* The same frames, sent that short: a header that promises more than there is room for. */
static void every_short_header_is_malformed(void **state _unused_) {
        struct fixture f = {};
        struct builder b = {};

        put_ethernet(&b, 0x0800);
        put_inner(&b);
        for (size_t n = 0; n < 14 + 20 + 8; n++) {
                b.length = n;
                assert_int_equal(decode(&f, &b, 1), -EBADMSG);
                assert_int_equal(counters(&f)->malformed, 1);
        }
        fixture_end(&f);
}

static void header_length_below_five_is_refused(void **state _unused_) {
        struct fixture f = {};
        struct builder b = {};

        put_ethernet(&b, 0x0800);
        put_inner(&b);
        for (uint8_t words = 0; words < 5; words++) {
                b.data[14] = 0x40 | words;
                assert_int_equal(decode(&f, &b, 1), -EBADMSG);
                assert_int_equal(f.packet.flags & PACKET_HAS_IP, 0);
        }
        fixture_end(&f);
}

static void total_length_zero_is_the_frame(void **state _unused_) {
        struct fixture f = {};
        struct builder b = {};

        put_ethernet(&b, 0x0800);
        put_inner(&b);
        b.data[16] = b.data[17] = 0;
        assert_int_equal(decode(&f, &b, 1), 1);
        assert_inner(&f);
        fixture_end(&f);
}

static void total_length_beyond_the_frame_counts_no_more_than_was_sent(void **state _unused_) {
        struct fixture f = {};
        struct builder b = {};

        put_ethernet(&b, 0x0800);
        put_inner(&b);
        b.data[16] = 0x40;                 /* IP: 16384 bytes */
        b.data[14 + 20 + 4] = 0x40;        /* UDP too */
        assert_int_equal(decode(&f, &b, 1), 1);
        assert_int_equal(cursor_left(&f.packet.payload), 7);
        assert_int_equal(f.packet.payload_length, 7);
        assert_true(f.packet.flags & PACKET_TRUNCATED);
        fixture_end(&f);
}

static void udp_length_below_eight_is_malformed(void **state _unused_) {
        struct fixture f = {};
        struct builder b = {};

        put_ethernet(&b, 0x0800);
        put_inner(&b);
        b.data[14 + 20 + 5] = 7;
        assert_int_equal(decode(&f, &b, 1), -EBADMSG);
        assert_int_equal(f.packet.flags & PACKET_HAS_TRANSPORT, 0);
        fixture_end(&f);
}

static void udp_lite_says_what_the_checksum_covers(void **state _unused_) {
        struct fixture f = {};
        struct builder b = {};

        put_ethernet(&b, 0x0800);
        put_inner(&b);
        b.data[14 + 9] = 136;
        b.data[14 + 20 + 5] = 8; /* the header alone */
        assert_int_equal(decode(&f, &b, 1), 1);
        assert_inner(&f);
        b.data[14 + 20 + 5] = 16; /* a byte more than there is */
        assert_int_equal(decode(&f, &b, 1), -EBADMSG);
        fixture_end(&f);
}

static void tcp_options_and_payload_are_apart(void **state _unused_) {
        struct fixture f = {};
        struct builder b = {};

        put_ethernet(&b, 0x0800);
        put_ipv4(&b, 6, 24 + 3);
        /* 80 -> 1000, sequence 1, acknowledgement 2, six words, SYN+ACK, window 1024; MSS 1460; "GET" */
        put_hex(&b, "0050 03e8 00000001 00000002 60 12 0400 0000 0000 020405b4 474554");
        assert_int_equal(decode(&f, &b, 1), 1);
        assert_int_equal(f.packet.layer, LAYER_TCP);
        assert_int_equal(f.packet.tcp_flags, TCP_SYN | TCP_ACK);
        assert_int_equal(f.packet.tcp_sequence, 1);
        assert_int_equal(f.packet.tcp_acknowledgement, 2);
        assert_int_equal(f.packet.tcp_window, 1024);
        assert_int_equal(cursor_left(&f.packet.tcp_options), 4);
        assert_int_equal(f.packet.payload_length, 3);
        assert_memory_equal(f.packet.payload.data, "GET", 3);
        b.data[14 + 20 + 12] = 0x40; /* four words: less than the header */
        assert_int_equal(decode(&f, &b, 1), -EBADMSG);
        b.data[14 + 20 + 12] = 0xf0; /* 60 bytes of 27 */
        assert_int_equal(decode(&f, &b, 1), -EBADMSG);
        fixture_end(&f);
}

/* hop-by-hop, routing, atomic fragment, destination, AH, then UDP; RFC 8200 §4.1 */
static const char extensions[] = "2b 00 050200000000 2c 00 000000000000 3c 00 0000 00000001 33 00 010400000000 "
                                 "11 01 0000 00000001 00000001";

static void ipv6_extension_headers_are_passed(void **state _unused_) {
        struct fixture f = {};
        struct builder b = {};

        put_ethernet(&b, 0x86dd);
        put_ipv6(&b, 0, 32 + 12 + 15);
        put_hex(&b, extensions);
        put_udp(&b, 1000, 2000, 7);
        put_text(&b, "payload");
        assert_int_equal(decode(&f, &b, 1), 1);
        assert_int_equal(f.packet.layer, LAYER_UDP);
        assert_int_equal(f.packet.source.family, AF_INET6);
        assert_int_equal(f.packet.source_port, 1000);
        assert_int_equal(f.packet.payload_length, 7);
        fixture_end(&f);
}

static void extension_header_beyond_the_packet_is_malformed(void **state _unused_) {
        struct fixture f = {};
        struct builder b = {};

        put_ethernet(&b, 0x86dd);
        put_ipv6(&b, 60, 8);
        put_hex(&b, "11 01 010400000000");
        assert_int_equal(decode(&f, &b, 1), -EBADMSG);
        fixture_end(&f);
}

static void endless_extension_headers_are_given_up(void **state _unused_) {
        struct fixture f = {};
        struct builder b = {};

        put_ethernet(&b, 0x86dd);
        put_ipv6(&b, 60, 8 * 400);
        for (unsigned i = 0; i < 400; i++)
                put_hex(&b, "3c 00 010400000000");
        assert_int_equal(decode(&f, &b, 1), 0);
        assert_int_equal(counters(&f)->too_deep, 1);
        fixture_end(&f);
}

static void tags_give_the_vlans_in_order(void **state _unused_) {
        struct fixture f = {};
        struct builder b = {};

        put_ethernet(&b, 0x88a8);
        put_hex(&b, "a064 8100 00c8 0800"); /* priority 5, VLAN 100; VLAN 200 */
        put_inner(&b);
        assert_int_equal(decode(&f, &b, 1), 1);
        assert_inner(&f);
        assert_int_equal(f.packet.vlan, 100);
        assert_int_equal(f.packet.inner_vlan, 200);
        fixture_end(&f);
}

static void tag_taken_out_by_the_card_is_the_outer_one(void **state _unused_) {
        struct fixture f = {};
        struct builder b = {};

        put_ethernet(&b, 0x8100);
        put_hex(&b, "00c8 0800");
        put_inner(&b);
        assert_int_equal(packet_decoder_new(&f.decoder), 0);
        f.frame = (struct frame) { .linktype = 1, .captured = (uint32_t) b.length, .length = (uint32_t) b.length,
                                   .data = b.data, .vlan_tag = FRAME_VLAN_PRESENT | 100 };
        assert_int_equal(packet_decode(f.decoder, &f.frame, &f.packet), 1);
        assert_int_equal(f.packet.vlan, 100);
        assert_int_equal(f.packet.inner_vlan, 200);
        fixture_end(&f);
}

static void endless_tags_are_given_up(void **state _unused_) {
        struct fixture f = {};
        struct builder b = {};

        put_ethernet(&b, 0x8100);
        for (unsigned i = 0; i < 100; i++)
                put_hex(&b, "0001 8100");
        assert_int_equal(decode(&f, &b, 1), 0);
        assert_int_equal(counters(&f)->too_deep, 1);
        fixture_end(&f);
}

static void snap_holds_an_ethertype_or_a_vendor_protocol(void **state _unused_) {
        struct fixture f = {};
        struct builder b = {};

        put_ethernet(&b, 8 + 35);
        put_hex(&b, "aaaa03 000000 0800");
        put_inner(&b);
        put_zeros(&b, 3); /* behind the 802.3 length */
        assert_int_equal(decode(&f, &b, 1), 1);
        assert_inner(&f);

        b.length = 0;
        put_ethernet(&b, 12);
        put_hex(&b, "aaaa03 00000c 2000 02b40000"); /* CDP */
        assert_int_equal(decode(&f, &b, 1), 1);
        assert_int_equal(f.packet.layer, LAYER_LLC_SNAP);
        assert_int_equal(f.packet.snap_oui, 0x00000c);
        assert_int_equal(f.packet.network_type, 0x2000);
        assert_int_equal(f.packet.payload_length, 4);

        b.length = 0;
        put_ethernet(&b, 7);
        put_hex(&b, "424203 00000000"); /* a bridge's spanning tree */
        assert_int_equal(decode(&f, &b, 1), 1);
        assert_int_equal(f.packet.layer, LAYER_LLC);
        assert_int_equal(f.packet.network_type, 0x4242);
        fixture_end(&f);
}

/* Frame control, duration and three addresses; sequence control follows. */
#define WLAN_TO_AP "0801 0000 020000000002 020000000001 020000000003"
#define SNAP_IPV4 "aaaa03 000000 0800"

/* Framings of the inner packet under each link type; `mac`: last byte of the source, 0 for none. */
static const struct {
        const char *name, *header, *trailer;
        uint32_t linktype;
        uint8_t mac;
} framings[] = {
        { "null, little-endian", "02000000", "", 0, 0 },
        { "null, big-endian", "00000002", "", 0, 0 },
        { "loop", "00000002", "", 108, 0 },
        { "raw", "", "", 101, 0 },
        { "raw, as a DLT", "", "", 12, 0 },
        { "ipv4", "", "", 228, 0 },
        { "ppp", "ff03 0021", "", 9, 0 },
        { "ppp, fields compressed", "21", "", 9, 0 },
        { "ppp, multilink in one piece", "ff03 003d c0000001 0021", "", 9, 0 },
        { "cisco hdlc in a ppp file", "0f00 0800", "", 50, 0 },
        { "ppp with direction", "01 ff03 0021", "", 204, 0 },
        { "pppoe without ethernet", "11 00 0001 0025 0021", "", 51, 0 },
        { "cisco hdlc", "8f00 0800", "", 104, 0 },
        { "frame relay, rfc 2427", "1841 03 cc", "", 107, 0 },
        { "frame relay, snap", "1841 03 00 80 000000 0800", "", 107, 0 },
        { "frame relay, cisco", "1841 0800", "", 107, 0 },
        { "sll", "0000 0001 0006 020000000001 0000 0800", "", 113, 1 },
        { "sll without an address", "0000 0304 0000 0000000000000000 0800", "", 113, 0 },
        { "sll2", "0800 0000 00000001 0001 00 06 020000000001 0000", "", 276, 1 },
        { "nflog", "02 00 0001 0800 0100 00000300 2700 0900", "", 239, 0 },
        { "nflog, big-endian", "02 00 0001 0008 0001 00000003 0027 0009", "", 239, 0 },
        { "pflog", "05 02 000000 000000", "", 117, 0 },
        { "enc", "02000000 00000001 00000000", "", 109, 0 },
        { "mpls", "00010140", "", 219, 0 },
        { "netanalyzer", "00000000 020000000002 020000000001 0800", "01020304", 240, 1 },
        { "pktap", "0c000000 01000000 01000000 020000000002 020000000001 0800", "", 258, 1 },
        { "token ring", "10 40 020000000002 020000000001 aaaa03 000000 0800", "", 6, 0 },
        { "token ring, with a route", "10 40 020000000002 820000000001 0630 0011 0022 aaaa03 000000 0800", "", 6, 0 },
        { "fddi", "51 020000000002 020000000001 aaaa03 000000 0800", "", 10, 0 },
        { "slip", "00 00000000000000 0000000000000000", "", 8, 0 },
        { "atm, classical ip", "aaaa03 000000 0800", "", 19, 0 },
        { "atm, bare ip", "", "", 19, 0 },
        { "sunatm", "82 00 0064 aaaa03 000000 0800", "", 123, 0 },
        { "ipnet", "01 02 0000 00000054 00000002 00000000 ffffffff 00000000", "", 226, 0 },
        { "ipoib", "0000000000000000 0000000000000000 0000000000000000 0000000000000000 0000000000000000 0800 0000",
          "", 242, 0 },
        { "juniper, ethernet", "4d4743 81 0006 030101060101 020000000002 020000000001 0800", "", 178, 1 },
        { "juniper, ppp", "4d4743 01 0021", "", 179, 0 },
        { "juniper, frame relay", "4d4743 01 1841 03 cc", "", 180, 0 },
        { "juniper, cisco hdlc", "4d4743 01 0f00 0800", "", 181, 0 },
        { "juniper, without a link layer", "4d4743 03 00000002", "", 178, 0 },
        { "brcm tag", "020000000002 020000000001 2c000080 0800", "", 281, 1 },
        { "brcm tag in front", "20000582 020000000002 020000000001 0800", "", 282, 1 },
        { "dsa", "020000000002 020000000001 c00a0000 0800", "", 284, 1 },
        { "edsa", "020000000002 020000000001 dada 0000 c0000000 0800", "", 285, 1 },
        { "ppi", "00 00 0800 01000000 020000000002 020000000001 0800", "", 192, 1 },
        { "802.11, to the access point", WLAN_TO_AP " 0000 " SNAP_IPV4, "", 105, 1 },
        { "802.11, from the access point",
          "0802 0000 020000000002 020000000003 020000000001 0000 " SNAP_IPV4, "", 105, 1 },
        { "802.11, between stations", "0800 0000 020000000002 020000000001 020000000003 0000 " SNAP_IPV4, "", 105, 1 },
        { "802.11, bridged, qos",
          "8803 0000 020000000003 020000000004 020000000002 0000 020000000001 0000 aaaa03 000000 0800",
          "", 105, 1 },
        { "802.11, a-msdu", "8801 0000 020000000002 020000000009 020000000003 0000 8000 020000000002 020000000001 002b"
                            "aaaa03 000000 0800", "0000", 105, 1 },
        { "radiotap, fcs", "00 00 0900 02000000 10" WLAN_TO_AP "0000" SNAP_IPV4,
          "01020304", 127, 1 },
        { "radiotap, time and padding",
          "00 00 1900 03000080 00000000 00000000 1122334455667788 20"
          "8801 0000 020000000002 020000000001 020000000003 0000"
          "0000 0000 aaaa03 000000 0800", "", 127, 1 },
        { "prism", "44000000 10000000 0000000000000000" WLAN_TO_AP "0000" SNAP_IPV4, "", 119, 1 },
        { "avs", "80211001 00000008" WLAN_TO_AP "0000" SNAP_IPV4, "", 163, 1 },
};

static void each_link_type_is_read(void **state _unused_) {
        struct fixture f = {};

        for (size_t i = 0; i < ELEMENTSOF(framings); i++) {
                struct builder b = {};

                put_hex(&b, framings[i].header);
                put_inner(&b);
                put_hex(&b, framings[i].trailer);
                if (decode(&f, &b, framings[i].linktype) != 1)
                        fail_msg("%s", framings[i].name);
                assert_inner(&f);
                assert_int_equal(!!(f.packet.flags & PACKET_HAS_MAC), framings[i].mac != 0);
                if (framings[i].mac)
                        assert_mac(&f.packet.link_source, framings[i].mac);
                assert_int_equal(f.packet.flags & PACKET_TUNNELLED, 0);
        }
        fixture_end(&f);
}

static void tag_of_a_switch_chip_holds_the_vlan(void **state _unused_) {
        struct fixture f = {};
        struct builder b = {};

        put_hex(&b, "020000000002 020000000001 e00a0007 0800");
        put_inner(&b);
        assert_int_equal(decode(&f, &b, 284), 1);
        assert_inner(&f);
        assert_int_equal(f.packet.vlan, 7);
        fixture_end(&f);
}

/* Frames of rings that are no LLC, a route longer than the frame or too short to count itself, a magic number that is
 * none, extensions that claim too much. */
static void link_headers_that_lie_are_refused(void **state _unused_) {
        static const struct {
                const char *header;
                uint32_t linktype;
                int result;
        } frames[] = {
                { "c1 020000000002 020000000001", 10, 0 },
                { "51 0200", 10, -EBADMSG },
                { "10 00 020000000002 020000000001", 6, 0 },
                { "10 40 020000000002 820000000001 1f30", 6, -EBADMSG },
                { "10 40 020000000002 820000000001 0030", 6, -EBADMSG },
                { "4d4744 01", 178, -EBADMSG },
                { "4d4743 81 ffff", 178, -EBADMSG },
                { "4d4743 03", 178, -EBADMSG },
                { "81 00 0064", 123, 0 },
                { "020000000002 020000000001 c00a00", 284, -EBADMSG },
                { "020000000002 020000000001 dada 0000 c000", 285, -EBADMSG },
                { "020000000002 020000000001 2c0000", 281, -EBADMSG },
        };
        struct fixture f = {};

        for (size_t i = 0; i < ELEMENTSOF(frames); i++) {
                struct builder b = {};

                put_hex(&b, frames[i].header);
                assert_int_equal(decode(&f, &b, frames[i].linktype), frames[i].result);
                assert_int_equal(f.packet.flags & PACKET_HAS_IP, 0);
        }
        assert_int_equal(counters(&f)->unknown_link, 0);
        fixture_end(&f);
}

static void unknown_link_type_is_counted(void **state _unused_) {
        struct fixture f = {};
        struct builder b = {};

        put_inner(&b);
        assert_int_equal(decode(&f, &b, 9999), 0);
        assert_int_equal(counters(&f)->unknown_link, 1);
        fixture_end(&f);
}

static void protected_frame_gives_its_addresses_alone(void **state _unused_) {
        struct fixture f = {};
        struct builder b = {};

        put_hex(&b, "0841 0000 020000000002 020000000001 020000000003 0000 aaaa03 000000 0800");
        put_inner(&b);
        assert_int_equal(decode(&f, &b, 105), 0);
        assert_mac(&f.packet.link_source, 1);
        assert_int_equal(f.packet.flags & PACKET_HAS_IP, 0);
        fixture_end(&f);
}

static void cooked_frame_from_here_is_outgoing(void **state _unused_) {
        struct fixture f = {};
        struct builder b = {};

        put_hex(&b, "0004 0001 0006 020000000001 0000 0800");
        put_inner(&b);
        assert_int_equal(decode(&f, &b, 113), 1);
        assert_true(f.packet.flags & PACKET_OUTGOING);
        assert_int_equal(f.packet.flags & PACKET_HAS_LINK_DESTINATION, 0);
        fixture_end(&f);
}

#define INNER_ETHERNET "020000000004 020000000003 0800"

/* Tunnels over UDP: the header between UDP and what is inside. `ethernet`: an Ethernet frame is inside. */
static const struct {
        const char *name, *header;
        uint16_t port;
        bool ethernet;
} udp_tunnels[] = {
        { "vxlan", "08000000 00000100", 4789, true },
        { "vxlan, linux", "08000000 00000100", 8472, true },
        { "vxlan-gpe", "0c000001 00000100", 4790, false },
        { "geneve", "02 00 6558 00000100 0102030405060708", 6081, true },
        { "geneve, ip", "00 00 0800 00000100", 6081, false },
        { "gtp-u", "30 ff 0023 00000001", 2152, false },
        { "gtp-u with an extension header", "34 ff 002b 00000001 000000 85 01 0000 00", 2152, false },
        { "l2tp", "4002 002b 0001 0001 ff03 0021", 1701, false },
        { "l2tp, sequence and offset", "0a02 0001 0001 0000 0000 0002 eeee ff03 0021", 1701, false },
        { "ayiya", "42 21 11 04 00000000 00000000000000000000000000000000 0000000000000000", 5072, false },
        { "lisp", "c0000000 00000001", 4341, false },
        { "mpls", "00010140", 6635, false },
        { "gre", "0000 0800", 4754, false },
        { "capwap", "00 100200 00000000", 5247, true },
        { "tzsp", "01 00 0001 0a 01 ff 00 01", 37008, true },
};

static void build_udp_tunnel(struct builder *b, size_t i) {
        struct builder inside = {};

        put_hex(&inside, udp_tunnels[i].header);
        if (udp_tunnels[i].ethernet)
                put_hex(&inside, INNER_ETHERNET);
        put_inner(&inside);
        put_ethernet(b, 0x0800);
        put_ipv4(b, 17, 8 + inside.length);
        b->data[b->length - 1] = 99; /* the outer destination is 10.0.0.99 */
        put_udp(b, 4000, udp_tunnels[i].port, inside.length);
        put_bytes(b, inside.data, inside.length);
}

static void each_udp_tunnel_is_opened(void **state _unused_) {
        struct fixture f = {};

        for (size_t i = 0; i < ELEMENTSOF(udp_tunnels); i++) {
                struct builder b = {};

                build_udp_tunnel(&b, i);
                if (decode(&f, &b, 1) != 1 || !(f.packet.flags & PACKET_TUNNELLED))
                        fail_msg("%s", udp_tunnels[i].name);
                assert_inner(&f);
                assert_mac(&f.packet.link_source, 1);
                assert_int_equal(!!(f.packet.flags & PACKET_HAS_INNER_MAC), udp_tunnels[i].ethernet);
                if (udp_tunnels[i].ethernet)
                        assert_mac(&f.packet.inner_source, 3);
                assert_true(f.packet.flags & PACKET_HAS_CARRIER);
                assert_int_equal(f.packet.carrier.source_port, 4000);
                assert_int_equal(f.packet.carrier.destination_port, udp_tunnels[i].port);
                assert_int_equal(f.packet.carrier.destination.bytes[3], 99);
                assert_int_equal(counters(&f)->tunnelled, 1);
        }
        fixture_end(&f);
}

static void fabric_path_carries_a_frame(void **state _unused_) {
        struct fixture f = {};
        struct builder b = {};

        put_ethernet(&b, 0x8903);
        put_hex(&b, "0540 " INNER_ETHERNET);
        put_inner(&b);
        assert_int_equal(decode(&f, &b, 1), 1);
        assert_inner(&f);
        assert_mac(&f.packet.link_source, 1);
        assert_mac(&f.packet.inner_source, 3);
        fixture_end(&f);
}

/* A Register without a packet: the header stands for its group alone. */
static void null_register_holds_no_packet(void **state _unused_) {
        struct fixture f = {};
        struct builder b = {}, inside = {};

        put_hex(&inside, "2100 0000 40000000");
        put_inner(&inside);
        put_ethernet(&b, 0x0800);
        put_ipv4(&b, 103, inside.length);
        put_bytes(&b, inside.data, inside.length);
        assert_int_equal(decode(&f, &b, 1), 1);
        assert_int_equal(f.packet.flags & PACKET_TUNNELLED, 0);
        assert_int_equal(f.packet.layer, LAYER_IP);
        fixture_end(&f);
}

/* An access point of Cisco's tunnels 802.11 with the bytes of frame control swapped; others do not. */
static void tunnelled_80211_is_read_in_either_order(void **state _unused_) {
        static const char *const controls[] = { "0801", "0108" };
        struct fixture f = {};

        for (size_t i = 0; i < ELEMENTSOF(controls); i++) {
                struct builder b = {}, inside = {};

                put_hex(&inside, "00 204320 00000000 00000000 00000000");
                put_hex(&inside, controls[i]);
                put_hex(&inside, "0000 020000000004 020000000003 020000000005 0000 " SNAP_IPV4);
                put_inner(&inside);
                put_ethernet(&b, 0x0800);
                put_ipv4(&b, 17, 8 + inside.length);
                put_udp(&b, 12380, 5247, inside.length);
                put_bytes(&b, inside.data, inside.length);
                assert_int_equal(decode(&f, &b, 1), 1);
                assert_inner(&f);
                assert_mac(&f.packet.inner_source, 3);
        }
        fixture_end(&f);
}

/* A port alone never makes a tunnel of a payload. */
static void what_only_looks_like_a_tunnel_is_a_payload(void **state _unused_) {
        struct fixture f = {};

        for (size_t i = 0; i < ELEMENTSOF(udp_tunnels); i++) {
                struct builder b = {};

                put_ethernet(&b, 0x0800);
                put_ipv4(&b, 17, 8 + 64);
                put_udp(&b, 4000, udp_tunnels[i].port, 64);
                for (unsigned n = 0; n < 64; n++)
                        put_hex(&b, "ff");
                assert_int_equal(decode(&f, &b, 1), 1);
                assert_int_equal(f.packet.flags & (PACKET_TUNNELLED | PACKET_HAS_CARRIER), 0);
                assert_int_equal(f.packet.layer, LAYER_UDP);
                assert_int_equal(f.packet.destination_port, udp_tunnels[i].port);
                assert_int_equal(f.packet.payload_length, 64);
        }
        fixture_end(&f);
}

/* Tunnels that are an IP protocol. */
static const struct {
        const char *name, *header;
        uint8_t protocol;
        bool ethernet;
} ip_tunnels[] = {
        { "ipip", "", 4, false },
        { "pim register", "2100 0000 00000000", 103, false },
        { "gre", "0000 0800", 47, false },
        { "gre, checksum, key and sequence", "b000 0800 00000000 00000001 00000002", 47, false },
        { "gre, ethernet", "2000 6558 00000001", 47, true },
        { "gre, wccp 2", "0000 883e 00000000", 47, false },
        { "erspan I", "0000 88be", 47, true },
        { "erspan II", "1000 88be 00000001 10640001 00000000", 47, true },
        { "erspan III", "1000 22eb 00000001 20640001 00000000 00000000", 47, true },
        { "erspan III, subheader", "1000 22eb 00000001 20640001 00000000 00000001 0000000000000000", 47, true },
        { "pptp", "3081 880b 0027 0001 00000001 00000002 ff03 0021", 47, false },
        { "etherip", "3000", 97, true },
        { "mpls", "00010140", 137, false },
        { "ethernet", "", 143, true },
};

static void each_ip_tunnel_is_opened(void **state _unused_) {
        struct fixture f = {};

        for (size_t i = 0; i < ELEMENTSOF(ip_tunnels); i++) {
                struct builder b = {}, inside = {};

                put_hex(&inside, ip_tunnels[i].header);
                if (ip_tunnels[i].ethernet)
                        put_hex(&inside, INNER_ETHERNET);
                put_inner(&inside);
                put_ethernet(&b, 0x0800);
                put_ipv4(&b, ip_tunnels[i].protocol, inside.length);
                put_bytes(&b, inside.data, inside.length);
                if (decode(&f, &b, 1) != 1 || !(f.packet.flags & PACKET_TUNNELLED))
                        fail_msg("%s", ip_tunnels[i].name);
                assert_inner(&f);
                assert_int_equal(!!(f.packet.flags & PACKET_HAS_INNER_MAC), ip_tunnels[i].ethernet);
        }
        fixture_end(&f);
}

/* As in IPv4 that no tunnel carries. */
static void offload_leaves_no_length_inside_a_tunnel(void **state _unused_) {
        struct builder b = {}, inside = {};
        struct fixture f = {};
        size_t inner;

        put_hex(&inside, "0000 0800"); /* GRE */
        inner = inside.length;
        put_inner(&inside);
        memset(inside.data + inner + 2, 0, 2); /* total length */
        put_ethernet(&b, 0x0800);
        put_ipv4(&b, 47, inside.length);
        put_bytes(&b, inside.data, inside.length);
        assert_int_equal(decode(&f, &b, 1), 1);
        assert_true(f.packet.flags & PACKET_TUNNELLED);
        assert_inner(&f);
        fixture_end(&f);
}

static void gre_may_carry_802_11(void **state _unused_) {
        struct fixture f = {};
        struct builder b = {};

        put_ethernet(&b, 0x0800);
        put_ipv4(&b, 47, 4 + 24 + 8 + 35);
        put_hex(&b, "0000 8200 0801 0000 020000000002 020000000003 020000000004 0000 aaaa03 000000 0800");
        put_inner(&b);
        assert_int_equal(decode(&f, &b, 1), 1);
        assert_inner(&f);
        assert_mac(&f.packet.link_source, 1);
        assert_mac(&f.packet.inner_source, 3);
        fixture_end(&f);
}

/* Tags and services that carry an ethertype, or a frame, behind Ethernet. */
static const struct {
        const char *name, *header, *trailer;
        uint16_t type;
        bool tunnelled;
} shims[] = {
        { "mpls", "00010040 00010140", "", 0x8847, false },
        { "mpls pseudowire", "00010140 00000000" INNER_ETHERNET, "", 0x8847, true },
        { "mpls pseudowire without control word", "00010140" "000000000004 020000000003 0800", "", 0x8847, true },
        { "pppoe", "11 00 0001 0025 0021", "", 0x8864, false },
        { "pbb", "00000001" INNER_ETHERNET, "", 0x88e7, true },
        { "vn-tag", "00000001 0800", "", 0x8926, false },
        { "e-tag", "000000000000 0800", "", 0x893f, false },
        { "macsec, readable", "00 00 00000001 0800", "00000000000000000000000000000000", 0x88e5, false },
        { "ethernet in ethernet", INNER_ETHERNET, "", 0x6558, true },
        { "ethernet in ppp in pppoe", "11 00 0001 0035 0031 00 01" INNER_ETHERNET, "", 0x8864, true },
        { "nsh", "0fc2 02 01 00000100", "", 0x894f, true },
};

static void each_shim_is_passed(void **state _unused_) {
        struct fixture f = {};

        for (size_t i = 0; i < ELEMENTSOF(shims); i++) {
                struct builder b = {};

                put_ethernet(&b, shims[i].type);
                put_hex(&b, shims[i].header);
                put_inner(&b);
                put_hex(&b, shims[i].trailer);
                if (decode(&f, &b, 1) != 1)
                        fail_msg("%s", shims[i].name);
                assert_inner(&f);
                assert_int_equal(!!(f.packet.flags & PACKET_TUNNELLED), shims[i].tunnelled);
                assert_mac(&f.packet.link_source, 1);
        }
        fixture_end(&f);
}

static void encrypted_macsec_stays_closed(void **state _unused_) {
        struct fixture f = {};
        struct builder b = {};

        put_ethernet(&b, 0x88e5);
        put_hex(&b, "0c 00 00000001 0800");
        put_inner(&b);
        put_zeros(&b, 16);
        assert_int_equal(decode(&f, &b, 1), 0);
        assert_int_equal(f.packet.flags & PACKET_HAS_IP, 0);
        fixture_end(&f);
}

static void nesting_is_bounded(void **state _unused_) {
        struct fixture f = {};
        struct builder b = {};

        put_ethernet(&b, 0x0800);
        for (size_t n = 40; n > 0; n--)
                put_ipv4(&b, 4, 20 * (n - 1) + 35);
        put_inner(&b);
        assert_int_equal(decode(&f, &b, 1), 0);
        assert_int_equal(counters(&f)->too_deep, 1);
        assert_int_equal(f.packet.layer, LAYER_NONE);
        fixture_end(&f);
}

static void arp_may_ride_in_geneve_without_ethernet(void **state _unused_) {
        struct fixture f = {};
        struct builder b = {};

        put_ethernet(&b, 0x0800);
        put_ipv4(&b, 17, 8 + 8 + 28);
        put_udp(&b, 4000, 6081, 8 + 28);
        put_hex(&b, "00 00 0806 00000100 0001 0800 06 04 0001");
        put_zeros(&b, 20);
        assert_int_equal(decode(&f, &b, 1), 1);
        assert_int_equal(f.packet.layer, LAYER_ETHERTYPE);
        assert_int_equal(f.packet.network_type, 0x0806);
        assert_int_equal(f.packet.payload_length, 28);
        fixture_end(&f);
}

static void arp_inside_a_tunnel_keeps_no_ports(void **state _unused_) {
        struct fixture f = {};
        struct builder b = {};

        put_ethernet(&b, 0x0800);
        put_ipv4(&b, 17, 8 + 8 + 14 + 28);
        put_udp(&b, 4000, 4789, 8 + 14 + 28);
        put_hex(&b, "08000000 00000100 ffffffffffff 020000000003 0806");
        put_zeros(&b, 28);
        assert_int_equal(decode(&f, &b, 1), 1);
        assert_int_equal(f.packet.layer, LAYER_ETHERTYPE);
        assert_int_equal(f.packet.network_type, 0x0806);
        assert_int_equal(f.packet.flags & PACKET_HAS_TRANSPORT, 0);
        assert_int_equal(f.packet.source_port, 0);
        assert_int_equal(f.packet.carrier.destination_port, 4789);
        fixture_end(&f);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(ethernet_udp_is_read_to_its_payload),
                cmocka_unit_test(padding_behind_the_packet_is_not_payload),
                cmocka_unit_test(every_cut_keeps_what_is_readable),
                cmocka_unit_test(ports_before_the_cut_tell_the_flow),
                cmocka_unit_test(payload_length_zero_is_the_frame_for_tcp_and_udp_alone),
                cmocka_unit_test(every_short_header_is_malformed),
                cmocka_unit_test(header_length_below_five_is_refused),
                cmocka_unit_test(total_length_zero_is_the_frame),
                cmocka_unit_test(total_length_beyond_the_frame_counts_no_more_than_was_sent),
                cmocka_unit_test(udp_length_below_eight_is_malformed),
                cmocka_unit_test(udp_lite_says_what_the_checksum_covers),
                cmocka_unit_test(tcp_options_and_payload_are_apart),
                cmocka_unit_test(ipv6_extension_headers_are_passed),
                cmocka_unit_test(extension_header_beyond_the_packet_is_malformed),
                cmocka_unit_test(endless_extension_headers_are_given_up),
                cmocka_unit_test(tags_give_the_vlans_in_order),
                cmocka_unit_test(tag_taken_out_by_the_card_is_the_outer_one),
                cmocka_unit_test(endless_tags_are_given_up),
                cmocka_unit_test(snap_holds_an_ethertype_or_a_vendor_protocol),
                cmocka_unit_test(each_link_type_is_read),
                cmocka_unit_test(tag_of_a_switch_chip_holds_the_vlan),
                cmocka_unit_test(link_headers_that_lie_are_refused),
                cmocka_unit_test(unknown_link_type_is_counted),
                cmocka_unit_test(protected_frame_gives_its_addresses_alone),
                cmocka_unit_test(cooked_frame_from_here_is_outgoing),
                cmocka_unit_test(each_udp_tunnel_is_opened),
                cmocka_unit_test(fabric_path_carries_a_frame),
                cmocka_unit_test(null_register_holds_no_packet),
                cmocka_unit_test(tunnelled_80211_is_read_in_either_order),
                cmocka_unit_test(what_only_looks_like_a_tunnel_is_a_payload),
                cmocka_unit_test(each_ip_tunnel_is_opened),
                cmocka_unit_test(offload_leaves_no_length_inside_a_tunnel),
                cmocka_unit_test(gre_may_carry_802_11),
                cmocka_unit_test(each_shim_is_passed),
                cmocka_unit_test(encrypted_macsec_stays_closed),
                cmocka_unit_test(nesting_is_bounded),
                cmocka_unit_test(arp_may_ride_in_geneve_without_ethernet),
                cmocka_unit_test(arp_inside_a_tunnel_keeps_no_ports),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
