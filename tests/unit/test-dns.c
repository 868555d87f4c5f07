/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"
#include "tests/unit/fact-log.h"

#include <stdlib.h>

/* Response, rcode to be set: question "a.b" A; answers CNAME "c.b", MX 10 "c.b" and one of type 257; authority
 * section with an NS record */
static const uint8_t response[] = {
        0, 1, 0x81, 0x80, 0, 1, 0, 3, 0, 1, 0, 0, 1, 'a', 1, 'b', 0, 0, 1, 0, 1,
        0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 1, 0, 4, 1, 'c', 0xc0, 14,
        0xc0, 12, 0, 15, 0, 1, 0, 0, 0, 1, 0, 6, 0, 10, 1, 'c', 0xc0, 14,
        0xc0, 12, 1, 1, 0, 1, 0, 0, 0, 1, 0, 1, 0,
        0xc0, 14, 0, 2, 0, 1, 0, 0, 0, 1, 0, 2, 0xc0, 12,
};

static const char answers[] = "dns.answer a.b CNAME c.b\ndns.answer a.b MX 10 c.b\ndns.answer a.b CAA\n";

static struct packet from_server(void) {
        return fact_log_packet(LAYER_UDP, "10.0.0.1", "10.0.0.2");
}

static void query_tells_what_is_asked(void **state _unused_) {
        struct fact_log log;
        uint8_t message[21];

        memcpy(message, response, sizeof message);
        message[2] = 1, message[7] = message[9] = 0;
        fact_log_udp(&log, fact_log_packet(LAYER_UDP, "10.0.0.2", "10.0.0.1"), 40000, 53, message, sizeof message);
        assert_string_equal(log.text, "dns.query a.b A\n");
}

static void only_the_answer_section_counts(void **state _unused_) {
        struct fact_log log;

        assert_int_equal(fact_log_udp(&log, from_server(), 53, 40000, response, sizeof response), 0);
        assert_string_equal(log.text, answers);
        assert_int_equal(fact_voice(&log.facts[0]), VOICE_SERVES);
}

static void failure_tells_its_code(void **state _unused_) {
        struct fact_log log;
        uint8_t message[21];

        memcpy(message, response, sizeof message);
        message[3] = 0x83, message[7] = message[9] = 0;
        fact_log_udp(&log, from_server(), 53, 40000, message, sizeof message);
        assert_string_equal(log.text, "dns.rcode 3\n");
}

/* The lower port is the service's: a resolver may well send its query from port 5353. */
static void port_53_wins_over_5353(void **state _unused_) {
        struct fact_log log;

        fact_log_udp(&log, from_server(), 53, 5353, response, sizeof response);
        assert_string_equal(log.text, answers);
}

static void every_cut_gives_a_prefix_of_the_answers(void **state _unused_) {
        struct fact_log log;

        for (size_t n = 0; n < sizeof response; n++) {
                uint8_t *exact = malloc(n ?: 1);

                memcpy(exact, response, n);
                fact_log_udp(&log, from_server(), 53, 40000, exact, n);
                assert_memory_equal(log.text, answers, log.length);
                free(exact);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(query_tells_what_is_asked),
                cmocka_unit_test(only_the_answer_section_counts),
                cmocka_unit_test(failure_tells_its_code),
                cmocka_unit_test(port_53_wins_over_5353),
                cmocka_unit_test(every_cut_gives_a_prefix_of_the_answers),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
