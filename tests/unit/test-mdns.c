/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"
#include "tests/unit/fact-log.h"

/* Query with question "x.local" PTR, unicast reply wanted, and a known answer for it: pointer, PTR, TTL 9 */
static const uint8_t query[] = {
        0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 1, 'x', 5, 'l', 'o', 'c', 'a', 'l', 0, 0, 12, 0x80, 1, /* question */
        0xc0, 12, 0, 12, 0, 1, 0, 0, 0, 9, 0, 4, 1, 'y', 0xc0, 12,                                 /* answer */
};

/* Response; the counts are set by each test. Records: "_a.local" PTR "i._a.local" TTL 0; "h.local" A 10.0.0.2,
 * TTL 120, cache flush; "h.local" TXT of two strings, one of them empty; "h.local" SRV port 80 "h.local" */
static const uint8_t response[] = {
        0, 0, 0x84, 0, 0, 0, 0, 4, 0, 0, 0, 0,
        2, '_', 'a', 5, 'l', 'o', 'c', 'a', 'l', 0, 0, 12, 0, 1, 0, 0, 0, 0, 0, 4, 1, 'i', 0xc0, 12,
        1, 'h', 0xc0, 15, 0, 1, 0x80, 1, 0, 0, 0, 120, 0, 4, 10, 0, 0, 2,
        1, 'h', 0xc0, 15, 0, 16, 0x80, 1, 0, 0, 0, 120, 0, 5, 0, 3, 'k', '=', 0xff,
        1, 'h', 0xc0, 15, 0, 33, 0x80, 1, 0, 0, 0, 120, 0, 10, 0, 0, 0, 0, 0, 80, 1, 'h', 0xc0, 15,
};

enum { ANSWERS = 7, AUTHORITY = 9, ADDITIONAL = 11 };

static struct packet multicast(void) {
        return fact_log_packet(LAYER_UDP, "10.0.0.2", "224.0.0.251");
}

static void questions_are_not_services(void **state _unused_) {
        struct fact_log log;

        fact_log_udp(&log, multicast(), 5353, 5353, query, sizeof query);
        assert_string_equal(log.text, "mdns.query x.local PTR\n");
        assert_int_equal(fact_voice(&log.facts[0]), VOICE_ASKS);
        assert_true(log.facts[0].flags & FACT_LINK_SCOPED);
}

static void answers_describe_the_sender(void **state _unused_) {
        struct fact_log log;

        fact_log_udp(&log, multicast(), 5353, 5353, response, sizeof response);
        assert_string_equal(log.text, "mdns.service _a.local\nmdns.instance i._a.local\n"
                                      "mdns.hostname h.local 10.0.0.2\n"
                                      "mdns.txt h.local hex:6b3dff\nmdns.srv h.local 80 h.local\n");
}

static void a_time_to_live_of_zero_is_a_goodbye(void **state _unused_) {
        struct fact_log log;

        fact_log_udp(&log, multicast(), 5353, 5353, response, sizeof response);
        assert_true(fact_log_find(&log, FACT_MDNS_SERVICE)->flags & FACT_GOODBYE);
        assert_true(fact_log_find(&log, FACT_MDNS_INSTANCE)->flags & FACT_GOODBYE);
        assert_false(fact_log_find(&log, FACT_MDNS_HOSTNAME)->flags & FACT_GOODBYE);
}

static void additional_counts_and_authority_does_not(void **state _unused_) {
        uint8_t message[sizeof response];
        struct fact_log log;

        memcpy(message, response, sizeof message);
        message[ANSWERS] = 0, message[AUTHORITY] = 2, message[ADDITIONAL] = 2;
        fact_log_udp(&log, multicast(), 5353, 5353, message, sizeof message);
        assert_string_equal(log.text, "mdns.txt h.local hex:6b3dff\nmdns.srv h.local 80 h.local\n");
}

static void legacy_reply_from_afar_is_not_link_scoped(void **state _unused_) {
        struct packet packet = fact_log_packet(LAYER_UDP, "10.0.0.2", "10.0.0.7");
        struct fact_log log;

        fact_log_udp(&log, packet, 5353, 40000, response, sizeof response);
        assert_true(log.facts[0].flags & FACT_LINK_SCOPED);
        packet.hop_limit = 63;
        fact_log_udp(&log, packet, 5353, 40000, response, sizeof response);
        assert_false(log.facts[0].flags & FACT_LINK_SCOPED);
}

static void what_stood_before_the_damage_counts(void **state _unused_) {
        struct fact_log log;

        assert_int_equal(fact_log_udp(&log, multicast(), 5353, 5353, response, 60), 1);
        assert_string_equal(log.text, "mdns.service _a.local\nmdns.instance i._a.local\n"
                                      "mdns.hostname h.local 10.0.0.2\n");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(questions_are_not_services),
                cmocka_unit_test(answers_describe_the_sender),
                cmocka_unit_test(a_time_to_live_of_zero_is_a_goodbye),
                cmocka_unit_test(additional_counts_and_authority_does_not),
                cmocka_unit_test(legacy_reply_from_afar_is_not_link_scoped),
                cmocka_unit_test(what_stood_before_the_damage_counts),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
