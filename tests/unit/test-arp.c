/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"
#include "tests/unit/fact-log.h"

/* Ethernet 02:00:00:00:00:01 -> broadcast, ARP request: 02:00:00:00:00:01 10.0.0.1 asks for 10.0.0.2 */
static const uint8_t request[] = {
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02, 0, 0, 0, 0, 0x01, 0x08, 0x06, /* Ethernet */
        0, 1, 8, 0, 6, 4, 0, 1,                                                 /* Ethernet, IPv4, request */
        0x02, 0, 0, 0, 0, 0x01, 10, 0, 0, 1,                                    /* sender */
        0, 0, 0, 0, 0, 0, 10, 0, 0, 2,                                          /* target */
};

enum {
        ETHERNET_SOURCE = 6, ETHERTYPE = 12, HARDWARE = 14, OPERATION = 21, SENDER_IP = 28, TARGET_MAC = 32,
        TARGET_IP = 38,
};

static void request_tells_sender_and_target(void **state _unused_) {
        struct fact_log log;

        assert_int_equal(fact_log_frame(&log, request, sizeof request), 1);
        assert_string_equal(log.text, "arp.sender 02:00:00:00:00:01 10.0.0.1\narp.who_has 10.0.0.2\n");
        assert_true(log.facts[0].flags & FACT_LINK_SCOPED);
        assert_false(log.facts[0].flags & FACT_REPLY);
}

static void reply_is_marked(void **state _unused_) {
        struct fact_log log;
        uint8_t frame[sizeof request];

        memcpy(frame, request, sizeof frame);
        frame[OPERATION] = 2;
        assert_int_equal(fact_log_frame(&log, frame, sizeof frame), 1);
        assert_string_equal(log.text, "arp.sender 02:00:00:00:00:01 10.0.0.1\n");
        assert_true(log.facts[0].flags & FACT_REPLY);
}

static void probe_claims_no_address(void **state _unused_) {
        struct fact_log log;
        uint8_t frame[sizeof request];

        memcpy(frame, request, sizeof frame);
        memset(frame + SENDER_IP, 0, 4);
        fact_log_frame(&log, frame, sizeof frame);
        assert_string_equal(log.text, "arp.probe 10.0.0.2\narp.who_has 10.0.0.2\n");
        frame[TARGET_MAC] = 0xff; /* not zero: RFC 5227 §1.1 */
        fact_log_frame(&log, frame, sizeof frame);
        assert_string_equal(log.text, "arp.who_has 10.0.0.2\n");
}

static void announcement_asks_for_nobody(void **state _unused_) {
        struct fact_log log;
        uint8_t frame[sizeof request];

        memcpy(frame, request, sizeof frame);
        frame[TARGET_IP + 3] = 1;
        fact_log_frame(&log, frame, sizeof frame);
        assert_string_equal(log.text, "arp.sender 02:00:00:00:00:01 10.0.0.1\narp.gratuitous 10.0.0.1\n");
}

static void facts_are_about_the_inner_address(void **state _unused_) {
        struct fact_log log;
        uint8_t frame[sizeof request];
        char mac[MAC_STRING_MAX];

        memcpy(frame, request, sizeof frame);
        frame[ETHERNET_SOURCE + 5] = 9;
        fact_log_frame(&log, frame, sizeof frame);
        assert_string_equal(log.text, "arp.sender 02:00:00:00:00:01 10.0.0.1\narp.who_has 10.0.0.2\n"
                                      "arp.l2_mismatch eth=02:00:00:00:00:09 arp=02:00:00:00:00:01\n");
        assert_string_equal(mac_format(&log.facts[0].mac, mac), "02:00:00:00:00:01");
        assert_string_equal(mac_format(&log.facts[0].source, mac), "02:00:00:00:00:09");
}

static void reverse_arp_tells_its_sender(void **state _unused_) {
        struct fact_log log;
        uint8_t frame[sizeof request];

        memcpy(frame, request, sizeof frame);
        frame[ETHERTYPE] = 0x80, frame[ETHERTYPE + 1] = 0x35;
        frame[OPERATION] = 4;
        fact_log_frame(&log, frame, sizeof frame);
        assert_string_equal(log.text, "arp.sender 02:00:00:00:00:01 10.0.0.1\n");
}

static void other_hardware_is_not_ours(void **state _unused_) {
        struct fact_log log;
        uint8_t frame[sizeof request];

        memcpy(frame, request, sizeof frame);
        frame[HARDWARE + 1] = 7; /* ARCNET */
        fact_log_frame(&log, frame, sizeof frame);
        assert_int_equal(log.count, 0);
}

static void every_cut_is_refused(void **state _unused_) {
        struct fact_log log;

        for (size_t n = 0; n < sizeof request; n++) {
                fact_log_frame(&log, request, n);
                assert_int_equal(log.count, 0);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(request_tells_sender_and_target),
                cmocka_unit_test(reply_is_marked),
                cmocka_unit_test(probe_claims_no_address),
                cmocka_unit_test(announcement_asks_for_nobody),
                cmocka_unit_test(facts_are_about_the_inner_address),
                cmocka_unit_test(reverse_arp_tells_its_sender),
                cmocka_unit_test(other_hardware_is_not_ours),
                cmocka_unit_test(every_cut_is_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
