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

static void request_tells_sender_and_target(void **state _unused_) {
        struct fact_log log;

        assert_int_equal(fact_log_frame(&log, request, sizeof request), 1);
        assert_string_equal(log.text, "arp.sender 02:00:00:00:00:01 10.0.0.1\narp.who_has 10.0.0.2\n");
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
                cmocka_unit_test(every_cut_is_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
