/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What every parser of a session relies on: that only bytes count, and that each end has its reason. */

#include "tests/unit/cmocka-all.h"
#include "tests/unit/tcp-talk.h"

/* "GET / HTTP/1.1", 27 bytes with a host */
static const char request[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
static const char request_facts[] = "http.request GET /\nhttp.host a\n";

static struct session_counters counters_of(const struct tcp_talk *t) {
        struct session_counters c;

        session_table_get_counters(t->table, &c);
        return c;
}

/* `preamble` and the request behind it, in one segment, in two cut anywhere, and in single bytes. */
static void expect_behind(const void *preamble, size_t n) {
        uint8_t bytes[4096];
        size_t all = n + strlen(request);

        memcpy(bytes, preamble, n);
        memcpy(bytes + n, request, strlen(request));
        for (size_t cut = 0; cut <= all; cut++) {
                struct tcp_talk t;

                tcp_talk_begin(&t);
                if (cut == 0)
                        tcp_talk_say_by(&t, 0, bytes, all, 1);
                else {
                        tcp_talk_say(&t, 0, bytes, cut);
                        tcp_talk_say(&t, 0, bytes + cut, all - cut);
                }
                tcp_talk_end(&t);
                assert_string_equal(t.log.text, request_facts);
        }
}

/* SOCKS 5 (RFC 1928): a greeting, a request to connect to 192.0.2.1:80. */
static void a_proxys_greeting_does_not_hide_what_follows(void **state _unused_) {
        static const uint8_t greeting[] = { 5, 1, 0, 5, 1, 0, 1, 192, 0, 2, 1, 0, 80 };

        expect_behind(greeting, sizeof greeting);
}

static void lines_do_not_hide_what_follows(void **state _unused_) {
        static const char lines[] = "HELO example\r\nSTARTTLS\r\n";

        expect_behind(lines, strlen(lines));
}

static void bytes_before_the_capture_do_not_hide_what_follows(void **state _unused_) {
        static const uint8_t rest[] = { 0x16, 0x99, 0xff, 0x17, 3, 0xff, 'G', 'E', 0, 20, 21, 'x', 0x80 };
        uint8_t shifted[2 * sizeof rest];

        /* Wherever in a word of the machine it begins. */
        for (size_t i = 0; i <= sizeof rest; i++) {
                memset(shifted, 0xfe, sizeof shifted);
                memcpy(shifted + i, rest, sizeof rest);
                expect_behind(shifted, i + sizeof rest);
        }
}

/* They are passed over in blocks. */
static void zeros_do_not_hide_what_follows(void **state _unused_) {
        static const size_t lengths[] = { 1, 62, 63, 64, 65, 66, 72, 73, 127, 128, 129, 130, 200 };
        static const uint8_t zeros[200];

        for (size_t i = 0; i < ELEMENTSOF(lengths); i++)
                expect_behind(zeros, lengths[i]);
}

/* The same number of bytes is given up at the same place, however they come. */
static void what_is_unknown_is_given_up_by_bytes(void **state _unused_) {
        static uint8_t bytes[1024 + 64];
        static const size_t steps[] = { 1, 7, 512, sizeof bytes };

        memset(bytes, 0xfe, sizeof bytes);
        for (size_t known = 0; known < 2; known++)
                for (size_t i = 0; i < ELEMENTSOF(steps); i++) {
                        struct tcp_talk t;
                        size_t n = known ? 1000 : 1030;

                        tcp_talk_begin(&t);
                        tcp_talk_say_by(&t, 0, bytes, n, steps[i]);
                        tcp_talk_say(&t, 0, request, strlen(request));
                        assert_int_equal(counters_of(&t).ended[SESSION_END_UNKNOWN], !known);
                        tcp_talk_end(&t);
                        assert_string_equal(t.log.text, known ? request_facts : "");
                }
}

static void expect_end(const void *data, size_t n, enum session_end end) {
        struct session_counters c;
        struct tcp_talk t;

        tcp_talk_begin(&t);
        tcp_talk_say(&t, 0, data, n);
        c = counters_of(&t);
        for (enum session_end i = 0; i < _SESSION_END_MAX; i++)
                assert_int_equal(c.ended[i], i == end);
        tcp_talk_end(&t);
}

static void each_end_has_its_reason(void **state _unused_) {
        static char text[17000];
        /* records of a handshake: a certificate of 60000 bytes; a message of a type that is none */
        static const uint8_t too_long[] = { 22, 3, 3, 0x40, 0, 11, 0, 0xea, 0x60, 0, 0xea, 0x5d };
        static const uint8_t nonsense[] = { 22, 3, 3, 0, 8, 1, 0, 0, 0, 99, 0, 0, 0 };
        static const uint8_t sealed[] = { 23, 3, 3, 0, 2, 1, 2 };

        memset(text, 'x', sizeof text);
        expect_end(text, sizeof text, SESSION_END_UNKNOWN);
        expect_end(too_long, sizeof too_long, SESSION_END_TOO_LONG);
        expect_end(nonsense, sizeof nonsense, SESSION_END_MALFORMED);
        expect_end(sealed, sizeof sealed, SESSION_END_DONE);
        for (enum session_end i = 0; i < _SESSION_END_MAX; i++)
                assert_non_null(session_end_to_string(i));
}

/* 65 segments that wait behind a hole: one more than may. */
static void a_full_stream_is_counted(void **state _unused_) {
        struct tcp_talk t;

        tcp_talk_begin(&t);
        tcp_talk_say(&t, 0, "G", 1);
        for (uint32_t i = 0; i < STREAM_SEGMENTS_MAX; i++)
                tcp_talk_segment(&t, 0, 10 + 2 * i, "x", 1, 1);
        assert_int_equal(counters_of(&t).stream_full, 0);
        tcp_talk_segment(&t, 0, 10 + 2 * STREAM_SEGMENTS_MAX, "x", 1, 1);
        assert_int_equal(counters_of(&t).stream_full, 1);
        assert_int_equal(counters_of(&t).holes, 1);
        tcp_talk_end(&t);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_proxys_greeting_does_not_hide_what_follows),
                cmocka_unit_test(lines_do_not_hide_what_follows),
                cmocka_unit_test(bytes_before_the_capture_do_not_hide_what_follows),
                cmocka_unit_test(zeros_do_not_hide_what_follows),
                cmocka_unit_test(what_is_unknown_is_given_up_by_bytes),
                cmocka_unit_test(each_end_has_its_reason),
                cmocka_unit_test(a_full_stream_is_counted),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
