/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include <netinet/in.h>

#include "engine/flow/contact.h"
#include "engine/flow/flow-delta.h"
#include "engine/packet/packet.h"
#include "tests/unit/frame-builder.h"

#define SEC NSEC_PER_SEC

struct reader {
        struct packet_decoder *decoder;
        struct contact_table *table;
        struct contact contact;
        uint64_t now;
};

static int setup(void **state) {
        struct reader *r = calloc(1, sizeof *r);

        r->now = 1000 * SEC;
        *state = r;
        return packet_decoder_new(&r->decoder) < 0 || contact_table_new(&r->table, 1) < 0;
}

static int teardown(void **state) {
        struct reader *r = *state;

        packet_decoder_free(r->decoder);
        contact_table_free(r->table);
        free(r);
        return 0;
}

static bool read_frame(struct reader *r, const struct builder *b) {
        struct frame frame = {
                .ts = r->now, .number = 1, .linktype = 1, .captured = (uint32_t) b->length, .length = (uint32_t) b->length,
                .data = b->data,
        };
        struct packet packet;

        return packet_decode(r->decoder, &frame, &packet) > 0 && contact_from_packet(r->table, &packet, &r->contact);
}

static int tcp(struct reader *r, uint8_t flags) {
        struct builder b = {};

        put_ethernet(&b, 0x0800);
        put_ipv4(&b, IPPROTO_TCP, 20);
        put_hex(&b, "9c40 0050 00000001 00000002 50");
        put_bytes(&b, &flags, 1);
        put_hex(&b, "0400 0000 0000");
        return read_frame(r, &b) ? r->contact.kind : -1;
}

static void flags_tell_what_tcp_is(void **state) {
        struct reader *r = *state;

        assert_int_equal(tcp(r, TCP_SYN), CONTACT_SYN);
        assert_int_equal(r->contact.source_port, 40000);
        assert_int_equal(r->contact.destination_port, 80);
        assert_int_equal(r->contact.source_mac.bytes[5], 1);
        assert_int_equal(r->contact.destination_mac.bytes[5], 2);
        assert_int_equal(tcp(r, TCP_SYN | TCP_ECE | TCP_CWR), CONTACT_SYN);
        assert_int_equal(tcp(r, TCP_SYN | TCP_ACK), CONTACT_SYN_ACK);
        assert_int_equal(tcp(r, TCP_RST), CONTACT_RESET);
        assert_int_equal(tcp(r, TCP_RST | TCP_ACK), CONTACT_RESET);
        assert_int_equal(tcp(r, 0), CONTACT_ODD);
        assert_int_equal(tcp(r, TCP_FIN), CONTACT_ODD);
        assert_int_equal(tcp(r, TCP_FIN | TCP_PSH | TCP_URG), CONTACT_ODD);
        assert_int_equal(tcp(r, TCP_ACK), -1);
        assert_int_equal(tcp(r, TCP_ACK | TCP_PSH), -1);
        assert_int_equal(tcp(r, TCP_FIN | TCP_ACK), -1);
}

static bool udp(struct reader *r, bool answer, uint16_t source, uint16_t destination) {
        struct builder b = {};

        put_ethernet(&b, 0x0800);
        put_hex(&b, "45 00 0020 0007 0000 40 11 0000");
        put_hex(&b, answer ? "0a000002 0a000001" : "0a000001 0a000002");
        put_udp(&b, source, destination, 4);
        put_text(&b, "text");
        return read_frame(r, &b);
}

static void only_the_first_datagram_counts(void **state) {
        struct reader *r = *state;

        assert_true(udp(r, false, 40000, 161));
        assert_int_equal(r->contact.kind, CONTACT_DATAGRAM);
        assert_false(udp(r, false, 40000, 161));
        assert_true(udp(r, false, 40000, 162));
        r->now += 121 * SEC;
        assert_true(udp(r, false, 40000, 161));
}

static void answers_are_no_contacts(void **state) {
        struct reader *r = *state;

        assert_true(udp(r, false, 40000, 5000));
        assert_true(udp(r, true, 5000, 40000));
        assert_int_equal(r->contact.kind, CONTACT_ANSWER);
        assert_false(udp(r, true, 5000, 40000));
        assert_false(udp(r, false, 40000, 5000));
        /* Of a question that was not heard. */
        assert_false(udp(r, true, 53, 40001));
}

static void clock_may_run_back(void **state) {
        struct reader *r = *state;

        assert_true(udp(r, false, 40000, 161));
        r->now -= 500 * SEC;
        assert_false(udp(r, false, 40000, 161));
}

static void unreachable_tells_of_the_quoted_packet(void **state) {
        struct reader *r = *state;
        struct builder b = {};

        put_ethernet(&b, 0x0800);
        put_ipv4(&b, IPPROTO_ICMP, 8 + 28);
        put_hex(&b, "03 03 0000 00000000");
        put_hex(&b, "45 00 0020 0007 0000 40 11 0000 0a000002 0a000001");
        put_hex(&b, "9c40 00a1 000c 0000");
        assert_true(read_frame(r, &b));
        assert_int_equal(r->contact.kind, CONTACT_UNREACHABLE);
        assert_int_equal(r->contact.protocol, IPPROTO_UDP);
        assert_int_equal(r->contact.source.bytes[3], 2);
        assert_int_equal(r->contact.source_port, 40000);
        assert_int_equal(r->contact.destination_port, 161);
        /* The error was sent to whom the link's destination is. */
        assert_int_equal(r->contact.source_mac.bytes[5], 2);
        b.length -= 6;
        b.data[17] = 50;
        assert_false(read_frame(r, &b));
}

static void echo_requests_and_their_answers(void **state) {
        struct reader *r = *state;
        struct builder b = {}, c = {};

        put_ethernet(&b, 0x0800);
        put_ipv4(&b, IPPROTO_ICMP, 8);
        put_hex(&b, "08 00 0000 0001 0001");
        assert_true(read_frame(r, &b));
        assert_int_equal(r->contact.kind, CONTACT_ECHO);
        put_ethernet(&c, 0x0800);
        put_ipv4(&c, IPPROTO_ICMP, 8);
        put_hex(&c, "00 00 0000 0001 0001");
        assert_true(read_frame(r, &c));
        assert_int_equal(r->contact.kind, CONTACT_ANSWER);
}

static void what_the_kernel_counted_holds_contacts(void **state) {
        struct reader *r = *state;
        struct flow_delta d = { .protocol = IPPROTO_UDP, .endpoints = { { .port = 161 }, { .port = 40000 } } };
        struct contact c[CONTACTS_OF_DELTA_MAX];

        d.endpoints[0].ip = ip_from_v4((uint8_t[]) { 10, 0, 0, 1 });
        d.endpoints[1].ip = ip_from_v4((uint8_t[]) { 10, 0, 0, 2 });
        d.directions[1] = (struct flow_delta_direction) { .packets = 1, .first = r->now, .last = r->now };
        assert_int_equal(contacts_from_delta(r->table, &d, c), 1);
        assert_int_equal(c[0].kind, CONTACT_DATAGRAM);
        assert_int_equal(c[0].destination_port, 161);
        d.directions[0] = (struct flow_delta_direction) { .packets = 1, .first = r->now + 1, .last = r->now + 1 };
        assert_int_equal(contacts_from_delta(r->table, &d, c), 1);
        assert_int_equal(c[0].kind, CONTACT_ANSWER);
        d.protocol = IPPROTO_TCP;
        d.directions[0].tcp_flags = TCP_SYN | TCP_ACK | TCP_RST;
        d.directions[1].tcp_flags = TCP_FIN | TCP_PSH | TCP_URG;
        assert_int_equal(contacts_from_delta(r->table, &d, c), 2);
        assert_int_equal(c[0].kind, CONTACT_ODD);
        assert_int_equal(c[1].kind, CONTACT_RESET);
}

static void what_the_kernel_counted_holds_echoes(void **state) {
        struct reader *r = *state;
        /* Type 8 and the identifier stand for both ends. */
        struct flow_delta d = { .protocol = IPPROTO_ICMP, .endpoints = { { .port = 8 }, { .port = 77 } }, .initiator = INITIATOR_SECOND };
        struct contact c[CONTACTS_OF_DELTA_MAX];

        d.endpoints[0].ip = ip_from_v4((uint8_t[]) { 10, 0, 0, 1 });
        d.endpoints[1].ip = ip_from_v4((uint8_t[]) { 10, 0, 0, 2 });
        d.directions[1] = (struct flow_delta_direction) { .packets = 500, .first = r->now, .last = r->now };
        d.directions[0] = (struct flow_delta_direction) { .packets = 400, .first = r->now + 1, .last = r->now + 1 };
        assert_int_equal(contacts_from_delta(r->table, &d, c), 2);
        assert_int_equal(c[0].kind, CONTACT_ECHO);
        assert_int_equal(c[0].packets, 500);
        assert_int_equal(c[0].source.bytes[3], 2);
        assert_int_equal(c[0].source_port, 0);
        assert_int_equal(c[1].kind, CONTACT_ANSWER);
        assert_int_equal(c[1].packets, 400);
        d.endpoints[0].port = 13;
        assert_int_equal(contacts_from_delta(r->table, &d, c), 0);
}

static void associations_begin_with_an_init(void **state) {
        struct reader *r = *state;
        struct builder b = {};

        put_ethernet(&b, 0x0800);
        put_ipv4(&b, IPPROTO_SCTP, 32);
        put_hex(&b, "9c40 0b59 00000000 00000000 01 00 0014 00000007 00008000 000a 0800 00000001");
        assert_true(read_frame(r, &b));
        assert_int_equal(r->contact.kind, CONTACT_DATAGRAM);
        assert_int_equal(r->contact.protocol, IPPROTO_SCTP);
        assert_int_equal(r->contact.source_port, 40000);
        assert_int_equal(r->contact.destination_port, 2905);
        b.data[14 + 20 + 12] = 2;
        assert_true(read_frame(r, &b));
        assert_int_equal(r->contact.kind, CONTACT_ANSWER);
        b.data[14 + 20 + 12] = 0; /* data */
        assert_false(read_frame(r, &b));
        b.data[14 + 20 + 12] = 1;
        b.length = 14 + 20 + 12;
        b.data[17] = 32;
        assert_false(read_frame(r, &b));
}

static void first_packets_of_flows_are_contacts(void **state _unused_) {
        struct flow_observation o = {
                .addresses = UINT64_C(0x0a0000010a000002),
                .rest = UINT64_C(80) << 48 | UINT64_C(40000) << 32 | (uint64_t) IPPROTO_TCP << 24 | 7 << 12,
                .ts = 5 * SEC, .direction = 1, .flags = OBSERVATION_TCP, .tcp_flags = TCP_ACK,
                .link_source = { { 2, 0, 0, 0, 0, 2 } }, .link_destination = { { 2, 0, 0, 0, 0, 1 } },
        };
        struct contact c;

        assert_true(contact_from_first(&o, &c));
        assert_int_equal(c.kind, CONTACT_STRAY);
        assert_int_equal(c.vlan, 7);
        assert_int_equal(c.source.bytes[3], 2);
        assert_int_equal(c.destination.bytes[3], 1);
        assert_int_equal(c.source_port, 40000);
        assert_int_equal(c.destination_port, 80);
        assert_int_equal(c.source_mac.bytes[5], 2);
        o.flags = OBSERVATION_IPV6;
        o.rest = 50 << 24;
        memcpy(o.ends[0], (uint8_t[16]) { 0xfe, 0x80, [15] = 1 }, 16);
        memcpy(o.ends[1], (uint8_t[16]) { 0xfe, 0x80, [15] = 2 }, 16);
        assert_true(contact_from_first(&o, &c));
        assert_int_equal(c.kind, CONTACT_OTHER);
        assert_int_equal(c.protocol, 50);
        assert_int_equal(c.source.family, AF_INET6);
        assert_int_equal(c.source.bytes[15], 2);
        /* To a group. */
        o.ends[0][0] = 0xff;
        assert_false(contact_from_first(&o, &c));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(what_the_kernel_counted_holds_contacts, setup, teardown),
                cmocka_unit_test_setup_teardown(what_the_kernel_counted_holds_echoes, setup, teardown),
                cmocka_unit_test_setup_teardown(associations_begin_with_an_init, setup, teardown),
                cmocka_unit_test(first_packets_of_flows_are_contacts),
                cmocka_unit_test_setup_teardown(flags_tell_what_tcp_is, setup, teardown),
                cmocka_unit_test_setup_teardown(only_the_first_datagram_counts, setup, teardown),
                cmocka_unit_test_setup_teardown(answers_are_no_contacts, setup, teardown),
                cmocka_unit_test_setup_teardown(clock_may_run_back, setup, teardown),
                cmocka_unit_test_setup_teardown(unreachable_tells_of_the_quoted_packet, setup, teardown),
                cmocka_unit_test_setup_teardown(echo_requests_and_their_answers, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
