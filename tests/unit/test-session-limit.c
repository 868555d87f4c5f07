/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* session_table_limit(): the same first bytes of a direction are read, however they came. */

#include "tests/unit/cmocka-all.h"
#include "tests/unit/tcp-talk.h"

static const char requests[] =
        "GET /1 HTTP/1.1\r\nHost: one\r\n\r\n" /* 30 bytes each */
        "GET /2 HTTP/1.1\r\nHost: two\r\n\r\n"
        "GET /3 HTTP/1.1\r\nHost: ten\r\n\r\n";
static const char first_facts[] = "http.request GET /1\nhttp.host one\nhttp.request GET /2\nhttp.host two\n";

enum { REQUEST = 30, LIMIT = 2 * REQUEST + 5, ALL = 3 * REQUEST };

static void begin(struct tcp_talk *t, uint32_t limit) {
        tcp_talk_begin(t);
        session_table_limit(t->table, limit);
}

static void say(struct tcp_talk *t, unsigned side, size_t from, size_t to) {
        tcp_talk_segment(t, side, (uint32_t) from, requests + from, to - from, to - from);
}

static uint64_t limited(const struct tcp_talk *t) {
        struct session_counters counters;

        session_table_get_counters(t->table, &counters);
        return counters.ended[SESSION_END_LIMIT];
}

static void limit_is_a_place_in_the_stream(void **state _unused_) {
        for (size_t size = 1; size <= ALL; size++) {
                struct tcp_talk t;

                begin(&t, LIMIT);
                tcp_talk_open(&t);
                for (size_t at = 0; at < ALL; at += size)
                        say(&t, 0, at, MIN(at + size, (size_t) ALL));
                assert_int_equal(limited(&t), 1);
                tcp_talk_end(&t);
                assert_string_equal(t.log.text, first_facts);
        }
}

static void order_and_repetition_change_nothing(void **state _unused_) {
        for (size_t cut = 1; cut < ALL; cut++) {
                struct tcp_talk t;

                begin(&t, LIMIT);
                tcp_talk_open(&t);
                say(&t, 0, cut, ALL);
                say(&t, 0, cut, ALL);
                say(&t, 0, 0, cut);
                say(&t, 0, 0, ALL);
                assert_int_equal(limited(&t), 1);
                tcp_talk_end(&t);
                assert_string_equal(t.log.text, first_facts);
        }
}

/* What a backend cut at the limit gives the same as what it brought in whole. */
static void cut_copies_give_the_same(void **state _unused_) {
        for (size_t captured = LIMIT; captured < ALL; captured++) {
                struct tcp_talk t;

                begin(&t, LIMIT);
                tcp_talk_open(&t);
                tcp_talk_segment(&t, 0, 0, requests, captured, ALL);
                assert_int_equal(limited(&t), 1);
                tcp_talk_end(&t);
                assert_string_equal(t.log.text, first_facts);
        }
}

static void each_direction_has_its_own(void **state _unused_) {
        static const char answer[] = "HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 0\r\n\r\n";
        struct tcp_talk t;

        begin(&t, LIMIT);
        tcp_talk_open(&t);
        say(&t, 0, 0, ALL);
        tcp_talk_say(&t, 1, answer, strlen(answer));
        tcp_talk_end(&t);
        assert_non_null(fact_log_find(&t.log, FACT_HTTP_STATUS));
}

static void without_a_syn_it_begins_with_what_was_seen(void **state _unused_) {
        struct tcp_talk t;

        begin(&t, LIMIT - REQUEST);
        say(&t, 0, REQUEST, 2 * REQUEST);
        say(&t, 0, 2 * REQUEST, ALL);
        tcp_talk_end(&t);
        assert_string_equal(t.log.text, "http.request GET /2\nhttp.host two\n");
}

/* Ports in use again begin with a SYN; sequence numbers that have gone round do not begin anything. */
static void only_a_syn_begins_anew(void **state _unused_) {
        static const uint32_t far[] = { LIMIT, 1000000, UINT32_C(3) << 30, (uint32_t) -LIMIT - 1 };
        struct tcp_talk t;

        begin(&t, LIMIT);
        tcp_talk_open(&t);
        for (size_t i = 0; i < ELEMENTSOF(far); i++)
                tcp_talk_segment(&t, 0, far[i], requests, REQUEST, REQUEST);
        assert_int_equal(t.log.count, 0);
        say(&t, 0, 0, ALL);
        tcp_talk_segment(&t, 0, 1000000, requests, REQUEST, REQUEST);
        assert_string_equal(t.log.text, first_facts);
        tcp_talk_open(&t);
        say(&t, 0, 0, REQUEST);
        tcp_talk_end(&t);
        assert_string_equal(t.log.text + strlen(first_facts), "http.request GET /1\nhttp.host one\n");
}

static void zero_is_no_limit(void **state _unused_) {
        struct tcp_talk t;

        begin(&t, 0);
        tcp_talk_open(&t);
        say(&t, 0, 0, ALL);
        assert_int_equal(limited(&t), 0);
        tcp_talk_end(&t);
        assert_int_equal(t.log.count, 6);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(limit_is_a_place_in_the_stream),
                cmocka_unit_test(order_and_repetition_change_nothing),
                cmocka_unit_test(cut_copies_give_the_same),
                cmocka_unit_test(each_direction_has_its_own),
                cmocka_unit_test(without_a_syn_it_begins_with_what_was_seen),
                cmocka_unit_test(only_a_syn_begins_anew),
                cmocka_unit_test(zero_is_no_limit),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
