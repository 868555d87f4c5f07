/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"
#include "tests/unit/fact-log.h"

/* Query: one question, "nas" AAAA */
static const uint8_t query[] = { 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 3, 'n', 'a', 's', 0, 0, 28, 0, 1 };

/* Response: the question, then "nas" A 10.0.0.2, TTL 30; in the authority section "no" A 10.0.0.3 */
static const uint8_t response[] = {
        0, 1, 0x80, 0, 0, 1, 0, 1, 0, 1, 0, 0, 3, 'n', 'a', 's', 0, 0, 1, 0, 1,
        0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 30, 0, 4, 10, 0, 0, 2,
        2, 'n', 'o', 0, 0, 1, 0, 1, 0, 0, 0, 30, 0, 4, 10, 0, 0, 3,
};

static void a_query_asks(void **state _unused_) {
        struct fact_log log;

        fact_log_udp(&log, fact_log_packet(LAYER_UDP, "10.0.0.1", "224.0.0.252"), 50000, 5355, query, sizeof query);
        assert_string_equal(log.text, "llmnr.query nas AAAA\n");
        assert_int_equal(fact_voice(&log.facts[0]), VOICE_ASKS);
        assert_int_equal(log.facts[0].flags, FACT_HAS_MAC | FACT_LINK_SCOPED);
}

static void an_answer_describes_its_sender(void **state _unused_) {
        struct fact_log log;

        fact_log_udp(&log, fact_log_packet(LAYER_UDP, "10.0.0.2", "10.0.0.1"), 5355, 50000, response, sizeof response);
        assert_string_equal(log.text, "llmnr.answer nas A 10.0.0.2\n");
        assert_int_equal(fact_voice(&log.facts[0]), VOICE_SELF);
}

static void an_answer_by_unicast_may_be_routed(void **state _unused_) {
        struct packet packet = fact_log_packet(LAYER_UDP, "10.0.0.2", "10.0.0.1");
        struct fact_log log;

        packet.hop_limit = 127;
        fact_log_udp(&log, packet, 5355, 50000, response, sizeof response);
        assert_int_equal(log.facts[0].flags, FACT_HAS_MAC | FACT_RESPONSE);
}

static void every_cut_is_malformed(void **state _unused_) {
        struct packet packet = fact_log_packet(LAYER_UDP, "10.0.0.1", "224.0.0.252");
        struct fact_log log;

        for (size_t n = 0; n < sizeof query; n++) {
                assert_int_equal(fact_log_udp(&log, packet, 50000, 5355, query, n), 1);
                assert_int_equal(log.count, 0);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_query_asks),
                cmocka_unit_test(an_answer_describes_its_sender),
                cmocka_unit_test(an_answer_by_unicast_may_be_routed),
                cmocka_unit_test(every_cut_is_malformed),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
