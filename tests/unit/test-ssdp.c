/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"
#include "tests/unit/fact-log.h"

static void dissect(struct fact_log *log, const char *text) {
        fact_log_udp(log, fact_log_packet(LAYER_UDP, "10.0.0.2", "239.255.255.250"), 1900, 1900, text, strlen(text));
}

static void announcement_describes_the_sender(void **state _unused_) {
        struct fact_log log;

        dissect(&log, "NOTIFY * HTTP/1.1\r\nHOST: x\r\nNT: n\r\nnts:ssdp:alive\r\n"
                      "USN : u \r\nLocation:\thttp://a/\r\n\r\n");
        assert_string_equal(log.text, "ssdp.method NOTIFY\nssdp.nt n\nssdp.nts ssdp:alive\n"
                                      "ssdp.usn u\nssdp.location http://a/\n");
        assert_int_equal(log.facts[1].flags & (FACT_GOODBYE | FACT_RESPONSE | FACT_LINK_SCOPED), 0);
}

static void byebye_marks_all_headers(void **state _unused_) {
        struct fact_log log;

        dissect(&log, "NOTIFY * HTTP/1.1\r\nNT: n\r\nNTS: ssdp:byebye\r\n\r\n");
        assert_true(fact_log_find(&log, FACT_SSDP_NT)->flags & FACT_GOODBYE);
}

static void a_search_is_not_what_the_device_is(void **state _unused_) {
        struct fact_log log;

        dissect(&log, "M-SEARCH * HTTP/1.1\r\nST: urn:tv\r\n\r\n");
        assert_string_equal(log.text, "ssdp.method M-SEARCH\nssdp.st urn:tv\n");
        assert_int_equal(fact_voice(fact_log_find(&log, FACT_SSDP_ST)), VOICE_ASKS);
        dissect(&log, "HTTP/1.1 200 OK\r\nST: urn:tv\r\n\r\n");
        assert_string_equal(log.text, "ssdp.method response\nssdp.st urn:tv\n");
        assert_int_equal(fact_voice(fact_log_find(&log, FACT_SSDP_ST)), VOICE_SELF);
}

static void replies_are_found_by_either_port(void **state _unused_) {
        static const char reply[] = "HTTP/1.1 200 OK\nST: x\n";
        struct packet packet = fact_log_packet(LAYER_UDP, "10.0.0.2", "10.0.0.3");
        struct fact_log log;

        fact_log_udp(&log, packet, 1900, 50000, reply, strlen(reply));
        assert_int_equal(log.count, 2);
        fact_log_udp(&log, packet, 50000, 1900, reply, strlen(reply));
        assert_int_equal(log.count, 2);
        fact_log_udp(&log, packet, 50000, 50001, reply, strlen(reply));
        assert_int_equal(log.count, 0);
}

/* As Chromecasts do. Other HTTP over UDP is not SSDP. */
static void replies_from_any_port_are_known_by_their_headers(void **state _unused_) {
        static const char reply[] = "HTTP/1.1 200 OK\r\nST: s\r\nUSN: u\r\n\r\n",
                          other[] = "HTTP/1.1 200 OK\r\nST: s\r\n\r\nUSN: u\r\n";
        struct packet packet = fact_log_packet(LAYER_UDP, "10.0.0.2", "10.0.0.3");
        struct fact_log log;

        fact_log_udp(&log, packet, 38616, 61328, reply, strlen(reply));
        assert_string_equal(log.text, "ssdp.method response\nssdp.st s\nssdp.usn u\n");
        assert_int_equal(fact_voice(fact_log_find(&log, FACT_SSDP_ST)), VOICE_SELF);
        fact_log_udp(&log, packet, 38616, 61328, other, strlen(other));
        assert_int_equal(log.count, 0);
}

static void careless_senders_are_understood(void **state _unused_) {
        struct fact_log log;

        dissect(&log, "\r\nNOTIFY * HTTP/1.1\nNT: folded\n  over\n\tlines\nno colon\nST:\nUSN: no end");
        assert_string_equal(log.text, "ssdp.method NOTIFY\nssdp.nt folded over lines\nssdp.usn no end\n");
}

static void headers_end_at_an_empty_line(void **state _unused_) {
        struct fact_log log;

        dissect(&log, "NOTIFY * HTTP/1.1\r\nNT: n\r\n\r\nUSN: body\r\n");
        assert_string_equal(log.text, "ssdp.method NOTIFY\nssdp.nt n\n");
}

static void bytes_that_are_no_text_become_hexadecimal(void **state _unused_) {
        struct fact_log log;

        dissect(&log, "NOTIFY * HTTP/1.1\r\nSERVER: \377\r\nNT: \001\r\n\r\n");
        assert_string_equal(log.text, "ssdp.method NOTIFY\nssdp.server hex:ff\nssdp.nt hex:01\n");
}

static void others_on_the_port_are_not_ours(void **state _unused_) {
        struct fact_log log;

        dissect(&log, "GET / HTTP/1.1\r\nST: x\r\n\r\n");
        assert_int_equal(log.count, 0);
        dissect(&log, "");
        assert_int_equal(log.count, 0);
        dissect(&log, "\r\n\r\n");
        assert_int_equal(log.count, 0);
}

static void ipv6_group_of_the_link_is_link_scoped(void **state _unused_) {
        static const char search[] = "M-SEARCH * HTTP/1.1\r\n\r\n";
        struct fact_log log;

        fact_log_udp(&log, fact_log_packet(LAYER_UDP, "fe80::2", "ff02::c"), 1900, 1900, search, strlen(search));
        assert_true(log.facts[0].flags & FACT_LINK_SCOPED);
        fact_log_udp(&log, fact_log_packet(LAYER_UDP, "fd00::2", "ff05::c"), 1900, 1900, search, strlen(search));
        assert_false(log.facts[0].flags & FACT_LINK_SCOPED);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(announcement_describes_the_sender),
                cmocka_unit_test(byebye_marks_all_headers),
                cmocka_unit_test(a_search_is_not_what_the_device_is),
                cmocka_unit_test(replies_are_found_by_either_port),
                cmocka_unit_test(replies_from_any_port_are_known_by_their_headers),
                cmocka_unit_test(careless_senders_are_understood),
                cmocka_unit_test(headers_end_at_an_empty_line),
                cmocka_unit_test(bytes_that_are_no_text_become_hexadecimal),
                cmocka_unit_test(others_on_the_port_are_not_ours),
                cmocka_unit_test(ipv6_group_of_the_link_is_link_scoped),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
