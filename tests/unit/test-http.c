/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"
#include "tests/unit/tcp-talk.h"

static const char request[] =
        "GET /a?b HTTP/1.1\r\nHost: www.example.test\r\nUser-Agent: probe/1\r\n\r\n"
        "HEAD /c HTTP/1.1\r\nHost: www.example.test\r\n\r\n"
        "POST /d HTTP/1.1\r\nhost:other\r\nContent-Length: 19\r\n\r\nGET /not HTTP/1.1\r\n";
static const char request_facts[] =
        "http.request GET /a?b\nhttp.host www.example.test\nhttp.user_agent probe/1\n"
        "http.request HEAD /c\nhttp.host www.example.test\n"
        "http.request POST /d\nhttp.host other\n";

/* An answer in chunks, one to HEAD (its length counts nothing), one with a body that looks like an answer. */
static const char answer[] =
        "HTTP/1.1 200 OK\r\nServer: one\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nHTTP/\r\n10\r\n1.1 500 Nothing!\r\n0\r\nX: y\r\n\r\n"
        "HTTP/1.1 204 None\r\nServer: two\r\nContent-Length: 1000\r\n\r\n"
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\nX-Powered-By: PHP/8\r\nContent-Length: 15\r\n\r\nHTTP/1.1 200 OK";
static const char answer_facts[] =
        "http.status 200\nhttp.server one\nhttp.status 204\nhttp.server two\nhttp.status 100\nhttp.status 404\nhttp.x_powered_by PHP/8\n";

#define DESCRIPTION                                                                                                     \
        "<?xml version=\"1.0\"?><root xmlns=\"urn:schemas-upnp-org:device-1-0\"><device><deviceType>urn:x:device:Y:1"   \
        "</deviceType>\r\n<friendlyName> K&#xfc;che &amp; Bad </friendlyName><modelName a=\"b\">M1</modelName>"         \
        "<manufacturer></manufacturer><UDN>uuid:1</UDN></device></root>"
static const char description_facts[] =
        "http.status 200\nupnp.deviceType urn:x:device:Y:1\nupnp.friendlyName Küche & Bad\nupnp.modelName M1\nupnp.UDN uuid:1\n";

static void requests_are_told_from_bodies(void **state _unused_) {
        struct tcp_talk t;

        tcp_talk_begin(&t);
        tcp_talk_say(&t, 0, request, strlen(request));
        tcp_talk_end(&t);
        assert_string_equal(t.log.text, request_facts);
}

static void every_cut_gives_the_same_facts(void **state _unused_) {
        struct tcp_talk t;

        for (size_t cut = 1; cut < sizeof request - 1; cut++) {
                tcp_talk_begin(&t);
                tcp_talk_open(&t);
                tcp_talk_say(&t, 0, request, cut);
                tcp_talk_say(&t, 0, request + cut, strlen(request) - cut);
                tcp_talk_end(&t);
                assert_string_equal(t.log.text, request_facts);
        }
        for (size_t cut = 1; cut < sizeof answer - 1; cut++) {
                size_t rest = strlen(answer) - cut;

                tcp_talk_begin(&t);
                tcp_talk_open(&t);
                tcp_talk_segment(&t, 1, (uint32_t) cut, answer + cut, rest, rest); /* the second part first */
                tcp_talk_segment(&t, 1, 0, answer, cut, cut);
                tcp_talk_end(&t);
                assert_string_equal(t.log.text, answer_facts);
        }
}

static void single_bytes_give_the_same_facts(void **state _unused_) {
        struct tcp_talk t;

        tcp_talk_begin(&t);
        for (size_t i = 0; i < strlen(answer); i++)
                tcp_talk_say(&t, 1, answer + i, 1);
        tcp_talk_end(&t);
        assert_string_equal(t.log.text, answer_facts);
}

static void no_answer_body_is_taken_for_a_message_after_head(void **state _unused_) {
        static const char head_answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nHTTP/1.1 301 Moved\r\n\r\n";
        static const char head[] = "HEAD / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n";
        struct tcp_talk t;

        tcp_talk_begin(&t);
        tcp_talk_say(&t, 0, head, strlen(head));
        tcp_talk_say(&t, 1, head_answer, strlen(head_answer));
        tcp_talk_end(&t);
        assert_string_equal(t.log.text, "http.request HEAD /\nhttp.request GET /\nhttp.status 200\nhttp.status 301\n");
}

static void descriptions_of_devices_are_read_however_they_are_framed(void **state _unused_) {
        static const char *const forms[] = {
                "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n" DESCRIPTION,
                "HTTP/1.1 200 OK\r\nContent-Type: text/xml; charset=utf-8\r\nContent-Length: 262\r\n\r\n" DESCRIPTION,
                "HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nTransfer-Encoding: chunked\r\n\r\n106\r\n" DESCRIPTION "\r\n0\r\n\r\n",
        };
        struct tcp_talk t;

        assert_int_equal(strlen(DESCRIPTION), 262);
        for (size_t i = 0; i < ELEMENTSOF(forms); i++)
                for (size_t cut = 1; cut < strlen(forms[i]); cut++) {
                        tcp_talk_begin(&t);
                        tcp_talk_say(&t, 1, forms[i], cut);
                        tcp_talk_say(&t, 1, forms[i] + cut, strlen(forms[i]) - cut);
                        tcp_talk_end(&t);
                        assert_string_equal(t.log.text, description_facts);
                }
}

static void other_protocols_are_left_alone(void **state _unused_) {
        static const char *const others[] = {
                "OPTIONS rtsp://cam/ RTSP/1.0\r\nCSeq: 1\r\n\r\n", "GET\r\n\r\n", "\x16\x03\x01\x00\x05", "HTTP/1.1 2x0 OK\r\n\r\n",
                "EHLO there\r\n", "HTTP 200\r\n\r\n",
        };
        struct tcp_talk t;

        for (size_t i = 0; i < ELEMENTSOF(others); i++) {
                tcp_talk_begin(&t);
                tcp_talk_say(&t, 0, others[i], strlen(others[i]));
                tcp_talk_end(&t);
                assert_string_equal(t.log.text, "");
        }
}

static void methods_that_few_use_are_known(void **state _unused_) {
        static const char *const methods[] = { "VERSION-CONTROL", "BPROPPATCH", "POLL", "CCM_POST", "SSTP_DUPLEX_POST" };
        char text[64], facts[64];
        struct tcp_talk t;

        for (size_t i = 0; i < ELEMENTSOF(methods); i++) {
                snprintf(text, sizeof text, "%s /x HTTP/1.1\r\n\r\n", methods[i]);
                snprintf(facts, sizeof facts, "http.request %s /x\n", methods[i]);
                tcp_talk_begin(&t);
                tcp_talk_say(&t, 0, text, strlen(text));
                tcp_talk_end(&t);
                assert_string_equal(t.log.text, facts);
        }
}

static void versions_and_radio_stations_answer_alike(void **state _unused_) {
        static const char text[] = "HTTP/2.0 404 No\r\nServer: a\r\nContent-Length: 0\r\n\r\n"
                                   "ICY 200 OK\r\nServer: b\r\n\r\n";
        struct tcp_talk t;

        tcp_talk_begin(&t);
        tcp_talk_say_by(&t, 1, text, strlen(text), 1);
        tcp_talk_end(&t);
        assert_string_equal(t.log.text, "http.status 404\nhttp.server a\nhttp.status 200\nhttp.server b\n");
        tcp_talk_begin(&t);
        tcp_talk_say(&t, 1, "ICY 200 OK\r\nServer: b\r\n\r\n", 25);
        tcp_talk_end(&t);
        assert_string_equal(t.log.text, "http.status 200\nhttp.server b\n");
}

static void what_follows_a_hole_is_found_again(void **state _unused_) {
        static const char first[] = "HTTP/1.1 200 OK\r\nServer: a", second[] = "HTTP/1.1 404 No\r\nServer: b\r\n\r\n";
        struct tcp_talk t;

        tcp_talk_begin(&t);
        tcp_talk_say(&t, 1, first, strlen(first));
        tcp_talk_segment(&t, 1, 5000, second, strlen(second), strlen(second));
        tcp_talk_end(&t);
        assert_string_equal(t.log.text, "http.status 200\nhttp.status 404\nhttp.server b\n");
}

/* A snapshot length cuts the second half of a segment off. */
static void expect_of_cut(unsigned side, const char *captured, const char *facts) {
        static const char next[] = "GET /next HTTP/1.1\r\n\r\n";
        char expected[256];
        struct tcp_talk t;

        tcp_talk_begin(&t);
        tcp_talk_segment(&t, side, 0, captured, strlen(captured), 1400);
        tcp_talk_say(&t, side, next, strlen(next));
        tcp_talk_end(&t);
        snprintf(expected, sizeof expected, "%shttp.request GET /next\n", facts);
        assert_string_equal(t.log.text, expected);
}

static void what_is_whole_of_a_cut_head_is_told(void **state _unused_) {
        expect_of_cut(0, "GET /a HTTP/1.1\r\nHost: x\r\nUser-Agent: curl", "http.request GET /a\nhttp.host x\n");
        expect_of_cut(0, "GET /a HTTP/1.1\r\nHost: x\r", "http.request GET /a\n");
        expect_of_cut(0, "GET /a HTTP/1", "http.request GET /a\n");
        expect_of_cut(0, "GET /a H", "http.request GET /a\n");
        expect_of_cut(0, "GET /a ", "");
        expect_of_cut(0, "DESCRIBE rtsp://a/b R", "");
        expect_of_cut(0, "GET /path", "");
        expect_of_cut(0, "OPTIONS rtsp://a/b RTSP/1", "");
        expect_of_cut(0, "GE", "");
        expect_of_cut(1, "HTTP/1.1 200 OK\r\nServer: a\r\nDate", "http.status 200\nhttp.server a\n");
        expect_of_cut(1, "HTTP/1.1 404 Not F", "http.status 404\n");
        expect_of_cut(1, "HTTP/1.1 404", "");
        expect_of_cut(1, "HTTP/1.1 4", "");
        expect_of_cut(1, "no head", "");
}

/* The bytes of a cut description may look like lines of a head. */
static void what_is_left_of_a_cut_body_is_no_head(void **state _unused_) {
        expect_of_cut(1, "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 999\r\n\r\n"
                         "HTTP/1.1 404 x\r\nServer: b\r\n", "http.status 200\n");
}

static void connections_are_bounded(void **state _unused_) {
        struct session_counters counters;
        struct session_table *table = NULL;
        struct fact_log log = {};
        struct fact_sink sink = { fact_log_take, &log };
        struct frame frame = { .ts = 1, .linktype = 1 };

        assert_int_equal(session_table_new(&table, 32, 1000, 7), 0);
        for (unsigned i = 0; i < 60000; i++) {
                struct packet packet = {
                        .frame = &frame, .layer = LAYER_TCP, .source = { AF_INET, { 10, 1 } }, .destination = { AF_INET, { 10, 2 } },
                        .source_port = (uint16_t) i, .destination_port = 80, .tcp_sequence = i, .payload = cursor_make("GET /", 5), .payload_length = 5,
                };

                session_table_feed(table, &packet, &sink);
        }
        session_table_get_counters(table, &counters);
        assert_int_equal(counters.live_max, 32);
        assert_true(counters.buffered <= 1000 && counters.buffer_refused > 0);
        assert_int_equal(counters.evicted, 60000 - 32);
        session_table_free(table);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(requests_are_told_from_bodies),
                cmocka_unit_test(every_cut_gives_the_same_facts),
                cmocka_unit_test(single_bytes_give_the_same_facts),
                cmocka_unit_test(no_answer_body_is_taken_for_a_message_after_head),
                cmocka_unit_test(descriptions_of_devices_are_read_however_they_are_framed),
                cmocka_unit_test(other_protocols_are_left_alone),
                cmocka_unit_test(methods_that_few_use_are_known),
                cmocka_unit_test(versions_and_radio_stations_answer_alike),
                cmocka_unit_test(what_follows_a_hole_is_found_again),
                cmocka_unit_test(what_is_whole_of_a_cut_head_is_told),
                cmocka_unit_test(what_is_left_of_a_cut_body_is_no_head),
                cmocka_unit_test(connections_are_bounded),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
