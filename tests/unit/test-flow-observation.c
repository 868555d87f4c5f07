/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which flow a frame belongs to, by the short way and by the decoder; and Community IDs. */

#include "cmocka-all.h"

#include <netinet/in.h>

#include "engine/flow/flow-record.h"
#include "flow-same.h"
#include "frame-builder.h"

struct fixture {
        struct packet_decoder *decoder;
        struct builder b;
        struct frame frame;
        struct packet packet;
        struct flow_observation o;
};

static int setup(void **state) {
        struct fixture *f = calloc(1, sizeof *f);

        *state = f;
        return f ? packet_decoder_new(&f->decoder) : -1;
}

static int teardown(void **state) {
        struct fixture *f = *state;

        packet_decoder_free(f->decoder);
        free(f);
        return 0;
}

static void set_frame(struct fixture *f) {
        f->frame = (struct frame) { .ts = 5 * NSEC_PER_SEC, .linktype = 1, .captured = (uint32_t) f->b.length,
                                    .length = (uint32_t) f->b.length, .data = f->b.data };
}

static bool decode(struct fixture *f) {
        set_frame(f);
        packet_decode(f->decoder, &f->frame, &f->packet);
        return flow_observation_from_packet(&f->packet, &f->o);
}

/* ports 1000 -> 80; sequence 1, acknowledgement 2, data offset 20, `flags`, window 3 */
static void put_tcp(struct builder *b, uint8_t flags) {
        put_hex(b, "03e8 0050 00000001 00000002 50");
        put_bytes(b, &flags, 1);
        put_hex(b, "0003 0000 0000");
}

static void test_tcp(void **state) {
        struct fixture *f = *state;

        put_ethernet(&f->b, 0x0800);
        put_ipv4(&f->b, 6, 20 + 7);
        put_tcp(&f->b, TCP_ACK);
        put_text(&f->b, "payload");
        put_zeros(&f->b, 6); /* padding of a short frame */
        set_frame(f);
        assert_true(flow_observation_from_frame(&f->frame, &f->o));
        assert_int_equal(f->o.addresses, UINT64_C(0x0a0000010a000002));
        assert_int_equal(f->o.rest, UINT64_C(1000) << 48 | UINT64_C(80) << 32 | 6 << 24);
        assert_int_equal(f->o.direction, 0);
        assert_int_equal(f->o.payload, 7);
        assert_int_equal(f->o.window, 3);
        assert_int_equal(f->o.length, 14 + 20 + 20 + 7 + 6);
        assert_int_equal(f->o.link_source.bytes[5], 1);
        assert_int_equal(observation_check(f->decoder, &f->frame), 1);
}

static void test_tags(void **state) {
        struct fixture *f = *state;

        put_hex(&f->b, "020000000002 020000000001 88a8 0064 8100 2005 86dd");
        put_ipv6(&f->b, 17, 8 + 4);
        put_udp(&f->b, 1000, 53, 4);
        put_zeros(&f->b, 4);
        set_frame(f);
        assert_true(flow_observation_from_frame(&f->frame, &f->o));
        assert_int_equal(f->o.rest, UINT64_C(1000) << 48 | UINT64_C(53) << 32 | 17 << 24 | 100 << 12 | 5);
        assert_int_equal(observation_check(f->decoder, &f->frame), 1);
        f->frame.vlan_tag = FRAME_VLAN_PRESENT | 7; /* the card's is the outermost: three are too many for the short way */
        assert_false(flow_observation_from_frame(&f->frame, &f->o));
        assert_int_not_equal(observation_check(f->decoder, &f->frame), -1);
}

/* The same flow, whichever way the packets go. */
static void test_both_ways(void **state) {
        struct fixture *f = *state;
        struct flow_observation there;

        put_ethernet(&f->b, 0x0800);
        put_ipv4(&f->b, 17, 8);
        put_udp(&f->b, 1000, 2000, 0);
        assert_true(decode(f));
        there = f->o;
        f->b.length = 0;
        put_hex(&f->b, "020000000001 020000000002 0800 4500 001c 0007 0000 4011 0000 0a000002 0a000001");
        put_udp(&f->b, 2000, 1000, 0);
        assert_true(decode(f));
        assert_int_equal(f->o.addresses, there.addresses);
        assert_int_equal(f->o.rest, there.rest);
        assert_int_equal(there.direction, 0);
        assert_int_equal(f->o.direction, 1);
        assert_true(mac_equal(&f->o.link_source, &there.link_destination));
        assert_int_equal(observation_check(f->decoder, &f->frame), 1);
}

static void test_echo(void **state) {
        struct fixture *f = *state;
        struct flow_observation ask;

        put_ethernet(&f->b, 0x0800);
        put_ipv4(&f->b, 1, 8);
        put_hex(&f->b, "0800 0000 1234 0001"); /* echo, identifier 0x1234 */
        assert_true(decode(f));
        assert_int_equal(f->o.rest, UINT64_C(8) << 48 | UINT64_C(0x1234) << 32 | 1 << 24);
        assert_int_equal(f->o.flags, OBSERVATION_ASKS);
        ask = f->o;
        f->b.length = 0;
        put_hex(&f->b, "020000000001 020000000002 0800 4500 001c 0007 0000 4001 0000 0a000002 0a000001");
        put_hex(&f->b, "0000 0000 1234 0001");
        assert_true(decode(f));
        assert_int_equal(f->o.rest, ask.rest);
        assert_int_equal(f->o.flags, OBSERVATION_ANSWERS);
        assert_int_equal(f->o.direction, !ask.direction);
}

/* Routers and neighbours advertise unasked: nobody is who sends to a group what answers. */
static void test_answers_to_a_group(void **state) {
        struct fixture *f = *state;

        /* fe80::1 > ff02::1: router advertisement */
        put_hex(&f->b, "333300000001 020000000001 86dd 60000000 0010 3a ff");
        put_hex(&f->b, "fe800000000000000000000000000001 ff020000000000000000000000000001");
        put_hex(&f->b, "8600 0000 40000708 00000000 00000000");
        assert_true(decode(f));
        assert_int_equal(f->o.rest, UINT64_C(134) << 48 | 58 << 24);
        assert_int_equal(f->o.flags, OBSERVATION_IPV6 | OBSERVATION_ASKS);
        f->b.length = 0;
        /* 10.0.0.2 > 255.255.255.255: the same of IPv4 */
        put_hex(&f->b, "ffffffffffff 020000000002 0800 45000024 00070000 40010000 0a000002 ffffffff");
        put_hex(&f->b, "0900 0000 01020708 0a000002 00000000");
        assert_true(decode(f));
        assert_int_equal(f->o.rest, UINT64_C(9) << 48 | 1 << 24);
        assert_int_equal(f->o.flags, OBSERVATION_ASKS);
        f->b.length = 0;
        /* fe80::1 > fe80::2: a neighbour that was asked */
        put_hex(&f->b, "020000000002 020000000001 86dd");
        put_ipv6(&f->b, 58, 24);
        put_hex(&f->b, "8800 0000 60000000 fe800000000000000000000000000001");
        assert_true(decode(f));
        assert_int_equal(f->o.rest, UINT64_C(135) << 48 | 58 << 24);
        assert_int_equal(f->o.flags, OBSERVATION_IPV6 | OBSERVATION_ANSWERS);
}

/* A piece of a datagram belongs to no flow; the piece that completes it brings it. */
static void test_fragments(void **state) {
        struct fixture *f = *state;

        put_ethernet(&f->b, 0x0800);
        put_ipv4_fragment(&f->b, 17, 16, 9, 0x2000);
        put_udp(&f->b, 1000, 2000, 16);
        put_zeros(&f->b, 8);
        assert_false(decode(f));
        assert_int_equal(observation_check(f->decoder, &f->frame), 0);
        f->b.length = 0;
        put_ethernet(&f->b, 0x0800);
        put_ipv4_fragment(&f->b, 17, 8, 9, 2);
        put_zeros(&f->b, 8);
        assert_true(decode(f));
        assert_int_equal(f->o.rest, UINT64_C(1000) << 48 | UINT64_C(2000) << 32 | 17 << 24);
        assert_int_equal(f->o.length, 14 + 20 + 8);
}

/* Pieces that contradict each other make no datagram, and so no flow. */
static void test_contradicting_fragments(void **state) {
        struct fixture *f = *state;

        put_ethernet(&f->b, 0x0800);
        put_ipv4_fragment(&f->b, 17, 24, 9, 0x2000);
        put_udp(&f->b, 1000, 2000, 24);
        put_zeros(&f->b, 16);
        assert_false(decode(f));
        f->b.length = 0;
        put_ethernet(&f->b, 0x0800);
        put_ipv4_fragment(&f->b, 17, 16, 9, 2);
        put_text(&f->b, "something else!!");
        assert_false(decode(f));
}

/* Whatever is wrong is for the decoder to judge. */
static void test_flawed(void **state) {
        static const char *const frames[] = {
                "4400 0028 0000 0000 4006 0000 0a000001 0a000002",        /* header of 16 bytes */
                "4500 0013 0000 0000 4006 0000 0a000001 0a000002",        /* total below the header */
                "4500 0000 0000 0000 4006 0000 0a000001 0a000002",        /* total 0: offload */
                "4f00 0028 0000 0000 4006 0000 0a000001 0a000002",        /* options up to the end */
                "4500 0028 0000 0000 4006 0000 0a000001 0a000002 03e8 0050 00000001 00000002 40 10 0003 0000 0000",
                "4500 0028 0000 0000 4006 0000 0a000001 0a000002 03e8 0050 00000001 00000002 f0 10 0003 0000 0000",
                "4500 001c 0000 0000 4011 0000 0a000001 0a000002 03e8 0050 0007 0000", /* UDP length 7 */
                "4500 001c 0000 0000 4011 0000 0a000001 0a000002 03e8 12b5 0008 0000", /* VXLAN's port */
                "4500 0014 0000 0000 4006 0000 0a000001 0a000002",        /* nothing behind it */
                "6500 0028 0000 0000 4006 0000 0a000001 0a000002",
        };
        struct fixture *f = *state;

        for (size_t i = 0; i < ELEMENTSOF(frames); i++) {
                f->b.length = 0;
                put_ethernet(&f->b, 0x0800);
                put_hex(&f->b, frames[i]);
                set_frame(f);
                assert_false(flow_observation_from_frame(&f->frame, &f->o));
                assert_int_equal(observation_check(f->decoder, &f->frame), 0);
        }
}

/* Cut at any byte: both ways agree, and what ends behind the ports is still of its flow. */
static void test_truncated(void **state) {
        struct fixture *f = *state;

        put_ethernet(&f->b, 0x0800);
        put_ipv4(&f->b, 6, 20 + 7);
        put_tcp(&f->b, TCP_ACK);
        put_text(&f->b, "payload");
        set_frame(f);
        for (uint32_t n = 0; n <= f->b.length; n++) {
                bool flow;

                f->frame.captured = n;
                assert_int_equal(observation_check(f->decoder, &f->frame), n >= 54 ? 1 : 0);
                packet_decode(f->decoder, &f->frame, &f->packet);
                flow = flow_observation_from_packet(&f->packet, &f->o);
                assert_int_equal(flow, n >= 38);
                if (n >= 54)
                        assert_int_equal(f->o.payload, 7);
        }
}

static uint64_t random_next(uint64_t *state) {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        return *state;
}

/* Good frames with some bytes changed. */
static void test_random(void **state) {
        static const char *const seeds[] = {
                "0800 4500 0030 0000 0000 4006 0000 0a000001 0a000002 03e8 0050 00000001 00000002 5018 0003 0000 0000 0102030405060708",
                "0800 4500 0024 0000 0000 4011 0000 c0a80101 0a000002 03e8 0035 0010 0000 0102030405060708",
                "8100 0005 86dd 60000000 0010 1140 fe800000000000000000000000000001 fe800000000000000000000000000001 0035 0036 0010 0000 0102030405060708",
                "88a8 0005 8100 0006 86dd 60000000 0014 0640 fe800000000000000000000000000001 fe800000000000000000000000000001 0035 0036 00000000 00000000 5002 0000 0000 0000",
                "0800 4500 0046 0000 0000 4011 0000 0a000001 0a000002 03e8 12b5 0032 0000 0800000000000100 020000000002 020000000001 0800 4500 001c 0000 0000 4011 0000 0a000001 0a000002 03e8 0035 0008 0000",
        };
        uint64_t random = 20240229;
        struct fixture *f = *state;
        unsigned same = 0;

        for (unsigned i = 0; i < 200000; i++) {
                int r;

                f->b.length = 0;
                put_hex(&f->b, "020000000002 020000000001");
                put_hex(&f->b, seeds[random_next(&random) % ELEMENTSOF(seeds)]);
                for (uint64_t n = random_next(&random) % 4; n > 0; n--)
                        f->b.data[random_next(&random) % f->b.length] = (uint8_t) random_next(&random);
                set_frame(f);
                f->frame.captured -= random_next(&random) % 4 == 0 ? (uint32_t) (random_next(&random) % f->b.length) : 0;
                if (random_next(&random) % 8 == 0)
                        f->frame.vlan_tag = FRAME_VLAN_PRESENT | (random_next(&random) & 0xffff);
                r = observation_check(f->decoder, &f->frame);
                assert_int_not_equal(r, -1);
                same += r == 1;
        }
        assert_true(same > 50000);
}

/* The reference's own examples (corelight/community-id-spec, baseline). */
static void test_community_id(void **state _unused_) {
        static const struct {
                uint8_t protocol;
                const char *source, *destination;
                uint16_t ports[2];
                const char *id;
        } cases[] = {
                { IPPROTO_TCP, "128.232.110.120", "66.35.250.204", { 34855, 80 }, "1:LQU9qZlK+B5F3KDmev6m5PMibrg=" },
                { IPPROTO_TCP, "66.35.250.204", "128.232.110.120", { 80, 34855 }, "1:LQU9qZlK+B5F3KDmev6m5PMibrg=" },
                { IPPROTO_UDP, "192.168.1.52", "8.8.8.8", { 54585, 53 }, "1:d/FP5EW3wiY1vCndhwleRRKHowQ=" },
                { IPPROTO_ICMP, "192.168.0.89", "192.168.0.1", { 8, 0x1234 }, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=" },
                { IPPROTO_ICMP, "192.168.0.1", "192.168.0.89", { 0, 0x1234 }, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=" },
                { IPPROTO_ICMPV6, "fe80::200:86ff:fe05:80da", "fe80::260:97ff:fe07:69ea", { 135, 0 },
                  "1:dGHyGvjMfljg6Bppwm3bg0LO8TY=" },
                { IPPROTO_ICMPV6, "fe80::260:97ff:fe07:69ea", "fe80::200:86ff:fe05:80da", { 136, 0 },
                  "1:dGHyGvjMfljg6Bppwm3bg0LO8TY=" },
                { IPPROTO_SCTP, "192.168.170.8", "192.168.170.56", { 7, 80 }, "1:jQgCxbku+pNGw8WPbEc/TS/uTpQ=" },
                { IPPROTO_RSVP, "10.1.24.4", "10.1.12.1", { 0, 0 }, "1:/nQI4Rh/TtY3mf0R2gJFBkVlgS4=" },
        };
        struct flow_hasher *hasher = NULL;

        assert_int_equal(flow_hasher_new(&hasher), 0);
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                struct flow_record record = { .protocol = cases[i].protocol };
                char id[FLOW_COMMUNITY_ID_MAX];

                assert_int_equal(ip_parse(cases[i].source, &record.endpoints[0].ip), 0);
                assert_int_equal(ip_parse(cases[i].destination, &record.endpoints[1].ip), 0);
                record.endpoints[0].port = cases[i].ports[0];
                record.endpoints[1].port = cases[i].ports[1];
                assert_int_equal(flow_community_id(hasher, &record, id), 0);
                assert_string_equal(id, cases[i].id);
        }
        assert_null(flow_hasher_free(hasher));
}

static void test_names(void **state _unused_) {
        char number[4];

        assert_string_equal(flow_protocol_to_string(IPPROTO_TCP, number), "tcp");
        assert_string_equal(flow_protocol_to_string(253, number), "253");
        assert_string_equal(flow_state_to_string(FLOW_RESET), "reset");
        assert_null(flow_state_to_string(FLOW_MESSAGES));
        for (int i = 0; i < _FLOW_END_MAX; i++)
                assert_non_null(flow_end_to_string((enum flow_end) i));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_tcp, setup, teardown),
                cmocka_unit_test_setup_teardown(test_tags, setup, teardown),
                cmocka_unit_test_setup_teardown(test_both_ways, setup, teardown),
                cmocka_unit_test_setup_teardown(test_echo, setup, teardown),
                cmocka_unit_test_setup_teardown(test_answers_to_a_group, setup, teardown),
                cmocka_unit_test_setup_teardown(test_fragments, setup, teardown),
                cmocka_unit_test_setup_teardown(test_contradicting_fragments, setup, teardown),
                cmocka_unit_test_setup_teardown(test_flawed, setup, teardown),
                cmocka_unit_test_setup_teardown(test_truncated, setup, teardown),
                cmocka_unit_test_setup_teardown(test_random, setup, teardown),
                cmocka_unit_test(test_community_id),
                cmocka_unit_test(test_names),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
