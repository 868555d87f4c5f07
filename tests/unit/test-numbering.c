/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include "engine/proto/numbering.h"
#include "tests/unit/fact-log.h"

/* Numbers of a host's connections: the k-th of them begins k seconds after the first, with these. */
struct numbers {
        uint16_t ids[NUMBERING_SAMPLES];
        uint32_t isns[NUMBERING_SAMPLES];
        const char *peers[NUMBERING_SAMPLES]; /* NULL: 10.0.0.2 */
        uint64_t interval; /* ns */
};

/* What only a counter or a clock would not give. */
static const uint16_t random_ids[NUMBERING_SAMPLES] = { 52011, 1077, 33123, 64001, 7, 29123, 48800, 12, 60100, 23456 };
static const uint32_t random_isns[NUMBERING_SAMPLES] = {
        0x9131aa01, 0x01220344, 0xfe120005, 0x66666601, 0x44100203, 0xc0102030, 0x12345678, 0x80000001, 0x7fffffff, 0x2fffffff,
};

static struct packet syn(unsigned k, uint8_t flags, const struct numbers *numbers, struct frame *frame) {
        struct packet p = fact_log_packet(LAYER_TCP, "10.0.0.1", numbers->peers[k] ?: "10.0.0.2");

        *frame = (struct frame) { .ts = NSEC_PER_SEC + k * numbers->interval, .linktype = 1, .ifindex = 1 };
        p.frame = frame;
        p.hop_limit = 64;
        p.tcp_flags = flags;
        p.source_port = (uint16_t) (40000 + k);
        p.destination_port = 80;
        p.ip_id = numbers->ids[k];
        p.tcp_sequence = numbers->isns[k];
        return p;
}

static void feed(struct numbering *n, struct fact_log *log, const struct numbers *numbers, uint8_t flags) {
        struct fact_sink sink = { fact_log_take, log };

        for (unsigned k = 0; k < NUMBERING_SAMPLES; k++) {
                struct frame frame;
                struct packet p = syn(k, flags, numbers, &frame);

                numbering_feed(n, &p, &sink);
        }
}

static void expect(const struct numbers *numbers, const char *id_class, const char *isn_class) {
        _cleanup_(numbering_freep) struct numbering *n = NULL;
        struct fact_log log = {};
        char expected[256];

        assert_int_equal(numbering_new(&n, 1), 0);
        feed(n, &log, numbers, TCP_SYN);
        snprintf(expected, sizeof expected, "ip.id_class syn %s\ntcp.isn_class syn %s\n", id_class, isn_class);
        assert_string_equal(log.text, expected);
        assert_int_equal(numbering_counters(n)->classes, 2);
}

static struct numbers numbers_of(void) {
        struct numbers numbers = { .interval = 700 * NSEC_PER_MSEC };

        memcpy(numbers.ids, random_ids, sizeof random_ids);
        memcpy(numbers.isns, random_isns, sizeof random_isns);
        return numbers;
}

static void identifications_have_classes(void **state _unused_) {
        struct numbers n = numbers_of();

        expect(&n, "random", "random");
        for (unsigned k = 0; k < NUMBERING_SAMPLES; k++)
                n.ids[k] = 0;
        expect(&n, "zero", "random");
        for (unsigned k = 0; k < NUMBERING_SAMPLES; k++)
                n.ids[k] = 54321;
        expect(&n, "constant", "random");
        for (unsigned k = 0; k < NUMBERING_SAMPLES; k++)
                n.ids[k] = (uint16_t) (65530 + 5 * k + k % 3);
        expect(&n, "incremental", "random");
        for (unsigned k = 0; k < NUMBERING_SAMPLES; k++)
                n.ids[k] = (uint16_t) (65530 + 6 * k);
        expect(&n, "incremental by 2", "random");
        for (unsigned k = 0; k < NUMBERING_SAMPLES; k++)
                n.ids[k] = (uint16_t) ((250 + 7 * k) << 8 | (250 + 7 * k) >> 8);
        expect(&n, "incremental, bytes swapped", "random");
}

/* A single step back is enough for it to be no counter. */
static void a_counter_never_goes_back(void **state _unused_) {
        struct numbers n = numbers_of();

        for (unsigned k = 0; k < NUMBERING_SAMPLES; k++)
                n.ids[k] = (uint16_t) (1000 + 11 * k);
        n.ids[4] = 1000;
        expect(&n, "random", "random");
        n.ids[4] = 1000 + 8193;
        expect(&n, "random", "random");
}

static void counters_of_each_peer_are_told_apart(void **state _unused_) {
        static const char *const peers[] = { "10.0.0.2", "10.0.0.3", "10.0.0.4" };
        struct numbers n = numbers_of();

        for (unsigned k = 0; k < NUMBERING_SAMPLES; k++) {
                n.peers[k] = peers[k % 3];
                n.ids[k] = (uint16_t) (30000 * (k % 3) + 5 * k);
        }
        expect(&n, "per destination", "random");
        n.ids[9] = n.ids[6]; /* the same again for one of them */
        expect(&n, "random", "random");
}

static void sequence_numbers_have_classes(void **state _unused_) {
        struct numbers n = numbers_of();

        for (unsigned k = 0; k < NUMBERING_SAMPLES; k++)
                n.isns[k] = 0;
        expect(&n, "random", "zero");
        for (unsigned k = 0; k < NUMBERING_SAMPLES; k++)
                n.isns[k] = 0xffffffff;
        expect(&n, "random", "constant");
        for (unsigned k = 0; k < NUMBERING_SAMPLES; k++)
                n.isns[k] = 0xfffffff0 + 64000 * (2 * k + k * k);
        expect(&n, "random", "incremental by 64000");
        for (unsigned k = 0; k < NUMBERING_SAMPLES; k++)
                n.isns[k] = 0xfffffff0 + 1000 * k * k + k;
        expect(&n, "random", "incremental");
        for (unsigned k = 0; k < NUMBERING_SAMPLES; k++)
                n.isns[k] = 0xfffffff0 + 175000 * k + 1000 * (k % 3); /* 250 kHz, as RFC 793 has it */
        expect(&n, "random", "time-based");
}

static void connections_at_one_time_show_no_clock(void **state _unused_) {
        struct numbers n = numbers_of();

        n.interval = NSEC_PER_MSEC / 2;
        for (unsigned k = 0; k < NUMBERING_SAMPLES; k++)
                n.isns[k] = 0xfffffff0 + 125 * k;
        expect(&n, "random", "incremental");
        n.interval = 0;
        expect(&n, "random", "incremental");
}

static void who_answers_has_numbers_of_its_own(void **state _unused_) {
        _cleanup_(numbering_freep) struct numbering *n = NULL;
        struct numbers asks = numbers_of(), answers = asks;
        struct fact_log log = {};

        memset(answers.ids, 0, sizeof answers.ids);
        assert_int_equal(numbering_new(&n, 1), 0);
        feed(n, &log, &asks, TCP_SYN);
        feed(n, &log, &answers, TCP_SYN | TCP_ACK);
        assert_string_equal(log.text, "ip.id_class syn random\ntcp.isn_class syn random\n"
                                      "ip.id_class synack zero\ntcp.isn_class synack random\n");
        assert_int_equal(numbering_counters(n)->hosts, 2);
}

static void a_class_is_said_again_when_it_changes(void **state _unused_) {
        _cleanup_(numbering_freep) struct numbering *n = NULL;
        struct numbers first = numbers_of(), then = first;
        struct fact_log log = {};

        memset(then.ids, 0, sizeof then.ids);
        assert_int_equal(numbering_new(&n, 1), 0);
        feed(n, &log, &first, TCP_SYN);
        feed(n, &log, &first, TCP_SYN);
        assert_int_equal(log.count, 2);
        feed(n, &log, &then, TCP_SYN);
        assert_int_equal(log.count, 3);
        assert_non_null(strstr(log.text, "ip.id_class syn zero\n"));
}

/* The same SYN ten times: one connection. */
static void a_syn_that_is_sent_again_counts_once(void **state _unused_) {
        _cleanup_(numbering_freep) struct numbering *n = NULL;
        struct numbers numbers = numbers_of();
        struct fact_log log = {};
        struct fact_sink sink = { fact_log_take, &log };

        assert_int_equal(numbering_new(&n, 1), 0);
        for (unsigned i = 0; i < 3 * NUMBERING_SAMPLES; i++) {
                struct frame frame;
                struct packet p = syn(0, TCP_SYN, &numbers, &frame);

                numbering_feed(n, &p, &sink);
        }
        assert_int_equal(log.count, 0);
}

static void only_hosts_of_this_link_are_followed(void **state _unused_) {
        _cleanup_(numbering_freep) struct numbering *n = NULL;
        struct numbers numbers = numbers_of();
        struct fact_log log = {};
        struct fact_sink sink = { fact_log_take, &log };

        assert_int_equal(numbering_new(&n, 1), 0);
        for (unsigned k = 0; k < 3 * NUMBERING_SAMPLES; k++) {
                struct frame frame;
                struct packet p = syn(k % NUMBERING_SAMPLES, TCP_SYN, &numbers, &frame);

                if (k / NUMBERING_SAMPLES == 0)
                        p.hop_limit = 63;
                else if (k / NUMBERING_SAMPLES == 1)
                        p.flags |= PACKET_TUNNELLED;
                else
                        p.flags &= ~(uint32_t) PACKET_HAS_MAC;
                numbering_feed(n, &p, &sink);
        }
        assert_int_equal(log.count, 0);
        assert_int_equal(numbering_counters(n)->hosts, 0);
}

static void ipv6_has_no_identification(void **state _unused_) {
        _cleanup_(numbering_freep) struct numbering *n = NULL;
        struct numbers numbers = numbers_of();
        struct fact_log log = {};
        struct fact_sink sink = { fact_log_take, &log };

        assert_int_equal(numbering_new(&n, 1), 0);
        for (unsigned k = 0; k < NUMBERING_SAMPLES; k++) {
                struct frame frame;
                struct packet p = syn(k, TCP_SYN, &numbers, &frame);

                ip_parse("fe80::1", &p.source);
                numbering_feed(n, &p, &sink);
        }
        assert_string_equal(log.text, "tcp.isn_class syn random\n");
}

/* A flood of 100000 invented addresses: the table stays as it is, and those who were there are forgotten. */
static void a_flood_costs_the_table_and_no_more(void **state _unused_) {
        _cleanup_(numbering_freep) struct numbering *n = NULL;
        struct numbers numbers = numbers_of();
        struct fact_log log = {};
        struct fact_sink sink = { fact_log_take, &log };

        assert_int_equal(numbering_new(&n, 1), 0);
        for (uint32_t i = 0; i < 100000; i++) {
                struct frame frame;
                struct packet p = syn(0, TCP_SYN, &numbers, &frame);

                memcpy(p.source.bytes, &i, sizeof i);
                frame.ts += i;
                numbering_feed(n, &p, &sink);
        }
        assert_int_equal(log.count, 0);
        assert_int_equal(numbering_counters(n)->hosts, 100000);
        assert_int_equal(numbering_counters(n)->evicted, 100000 - 1024);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(identifications_have_classes),
                cmocka_unit_test(a_counter_never_goes_back),
                cmocka_unit_test(counters_of_each_peer_are_told_apart),
                cmocka_unit_test(sequence_numbers_have_classes),
                cmocka_unit_test(connections_at_one_time_show_no_clock),
                cmocka_unit_test(who_answers_has_numbers_of_its_own),
                cmocka_unit_test(a_class_is_said_again_when_it_changes),
                cmocka_unit_test(a_syn_that_is_sent_again_counts_once),
                cmocka_unit_test(only_hosts_of_this_link_are_followed),
                cmocka_unit_test(ipv6_has_no_identification),
                cmocka_unit_test(a_flood_costs_the_table_and_no_more),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
