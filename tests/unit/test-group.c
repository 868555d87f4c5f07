/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"
#include "tests/unit/fact-log.h"
#include "tests/unit/frame-builder.h"

static uint64_t feed_igmp(struct fact_log *log, const char *hex) {
        struct packet packet = fact_log_packet(LAYER_IP, "10.0.0.2", "224.0.0.22");
        struct builder b = {};

        packet.ip_protocol = 2;
        put_hex(&b, hex);
        return fact_log_payload(log, packet, b.data, b.length);
}

static uint64_t feed_mld(struct fact_log *log, const char *hex) {
        struct builder b = {};

        put_hex(&b, hex);
        return fact_log_payload(log, fact_log_packet(LAYER_ICMP6, "fe80::2", "ff02::16"), b.data, b.length);
}

static void reports_name_a_group(void **state _unused_) {
        struct fact_log log;

        feed_igmp(&log, "16 00 0000 effffffa");
        assert_string_equal(log.text, "igmp.group 239.255.255.250\n");
        assert_int_equal(log.facts[0].flags, FACT_HAS_MAC | FACT_LINK_SCOPED);
        feed_igmp(&log, "12 00 0000 e00000fb");
        assert_string_equal(log.text, "igmp.group 224.0.0.251\n");
        feed_mld(&log, "83 00 0000 0000 0000 ff0200000000000000000000000000fb");
        assert_string_equal(log.text, "mld.group ff02::fb\n");
}

static void leaving_is_a_goodbye(void **state _unused_) {
        struct fact_log log;

        feed_igmp(&log, "17 00 0000 effffffa");
        assert_string_equal(log.text, "igmp.group 239.255.255.250\n");
        assert_true(log.facts[0].flags & FACT_GOODBYE);
        feed_mld(&log, "84 00 0000 0000 0000 ff0200000000000000000000000000fb");
        assert_true(log.facts[0].flags & FACT_GOODBYE);
}

static void records_join_and_leave(void **state _unused_) {
        struct fact_log log;

        feed_igmp(&log, "22 00 0000 0000 0006  04 00 0000 e00000fb  03 00 0000 e00000fc  03 00 0001 effffffa 0a000001"
                        "06 00 0001 e0000116 0a000001  01 00 0000 e0000117  02 01 0000 e0000118 00000000");
        assert_string_equal(log.text, "igmp.group 224.0.0.251\nigmp.group 224.0.0.252\nigmp.group 239.255.255.250\n"
                                      "igmp.group 224.0.1.24\n");
        assert_false(log.facts[0].flags & FACT_GOODBYE);
        assert_true(log.facts[1].flags & FACT_GOODBYE);
        assert_false(log.facts[2].flags & FACT_GOODBYE);
        feed_mld(&log, "8f 00 0000 0000 0001  04 00 0000 ff020000000000000000000000010003");
        assert_string_equal(log.text, "mld.group ff02::1:3\n");
}

static void groups_of_every_host_say_nothing(void **state _unused_) {
        struct fact_log log;

        feed_igmp(&log, "16 00 0000 e0000001");
        assert_int_equal(log.count, 0);
        feed_mld(&log, "8f 00 0000 0000 0002  04 00 0000 ff0200000000000000000001ff000002"
                       "04 00 0000 ff020000000000000000000000000001");
        assert_int_equal(log.count, 0);
}

static void queries_and_other_addresses_say_nothing(void **state _unused_) {
        struct fact_log log;

        feed_igmp(&log, "11 64 0000 effffffa");
        assert_int_equal(log.count, 0);
        feed_igmp(&log, "16 00 0000 0a000001");
        assert_int_equal(log.count, 0);
}

static void counts_are_not_believed(void **state _unused_) {
        struct fact_log log;

        assert_int_equal(feed_igmp(&log, "22 00 0000 0000 ffff  04 00 0000 e00000fb"), 1);
        assert_string_equal(log.text, "igmp.group 224.0.0.251\n");
        assert_int_equal(feed_igmp(&log, "22 00 0000 0000 0001  04 00 ffff e00000fb"), 1);
        assert_int_equal(log.count, 0);
        assert_int_equal(feed_mld(&log, "8f 00 0000 0000 0001  04 ff 0000 ff0200000000000000000000000000fb"), 1);
        assert_int_equal(log.count, 0);
        assert_int_equal(feed_mld(&log, "83 00 0000 0000"), 1);
        assert_int_equal(feed_igmp(&log, "16 00 0000"), 1);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(reports_name_a_group),
                cmocka_unit_test(leaving_is_a_goodbye),
                cmocka_unit_test(records_join_and_leave),
                cmocka_unit_test(groups_of_every_host_say_nothing),
                cmocka_unit_test(queries_and_other_addresses_say_nothing),
                cmocka_unit_test(counts_are_not_believed),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
