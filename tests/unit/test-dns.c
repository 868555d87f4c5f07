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

/* Answers and questions are known on any port, if all of them reads well. */
static void messages_on_other_ports(void **state _unused_) {
        struct fact_log log;
        uint8_t query[21];

        assert_int_equal(fact_log_udp(&log, from_server(), 5300, 40000, response, sizeof response), 0);
        assert_string_equal(log.text, answers);
        memcpy(query, response, sizeof query);
        query[2] = 1, query[3] = query[7] = query[9] = 0;
        fact_log_udp(&log, fact_log_packet(LAYER_UDP, "10.0.0.2", "10.0.0.1"), 40000, 5300, query, sizeof query);
        assert_string_equal(log.text, "dns.query a.b A\n");
        for (size_t n = 0; n < sizeof response; n++) {
                uint8_t *exact = malloc(n ?: 1);

                memcpy(exact, response, n);
                fact_log_udp(&log, from_server(), 5300, 40000, exact, n);
                assert_string_equal(log.text, "");
                free(exact);
        }
}

static void lookalikes_on_other_ports_are_left_alone(void **state _unused_) {
        static const struct {
                size_t at;
                uint8_t byte;
        } changes[] = {
                { 2, 0x08 },  /* another operation than to ask (RFC 1035 §4.1.1) */
                { 3, 0x40 },  /* a reserved bit */
                { 3, 0x80 },  /* what only a server says: that it goes on asking */
                { 5, 2 },     /* two questions */
                { 7, 1 },     /* an answer in a question */
                { 9, 1 },     /* likewise, or a record that is not there */
                { 11, 1 },
                { 13, ' ' },  /* not the name of a host */
                { 18, 32 },   /* of NetBIOS */
                { 20, 2 },    /* neither of the Internet nor of servers themselves */
        };
        struct fact_log log;
        uint8_t query[22];

        for (size_t i = 0; i < ELEMENTSOF(changes); i++) {
                memcpy(query, response, sizeof query);
                query[2] = 1, query[3] = query[7] = query[9] = 0;
                query[changes[i].at] = changes[i].byte;
                fact_log_udp(&log, fact_log_packet(LAYER_UDP, "10.0.0.2", "10.0.0.1"), 40000, 5300, query, 21);
                assert_string_equal(log.text, "");
        }
        query[20] = 1;
        fact_log_udp(&log, fact_log_packet(LAYER_UDP, "10.0.0.2", "10.0.0.1"), 40000, 5300, query, 22); /* a byte behind it */
        assert_string_equal(log.text, "");
        fact_log_udp(&log, fact_log_packet(LAYER_UDP, "10.0.0.2", "10.0.0.1"), 40000, 5300, query, 21);
        assert_string_equal(log.text, "dns.query a.b A\n");
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
                cmocka_unit_test(messages_on_other_ports),
                cmocka_unit_test(lookalikes_on_other_ports_are_left_alone),
                cmocka_unit_test(every_cut_gives_a_prefix_of_the_answers),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
