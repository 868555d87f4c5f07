/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include "applet/notice-policy.h"

static const struct notice_time noon = { .now = 1000000, .minute = 12 * 60 };

static struct notice_policy usual(void) {
        return (struct notice_policy){
                .show = true,
                .minimum_severity = LANSCOPE_SEVERITY_WARNING,
                .new_devices = true,
                .quiet_from = 22 * 60,
                .quiet_until = 7 * 60,
                .critical_passes = true,
        };
}

static void severity_decides_about_alerts(void **state) {
        struct notice_policy policy = usual();

        (void) state;
        assert_false(notice_policy_allows(&policy, "new_service", LANSCOPE_SEVERITY_INFO, &noon));
        assert_true(notice_policy_allows(&policy, "port_scan", LANSCOPE_SEVERITY_WARNING, &noon));
        assert_true(notice_policy_allows(&policy, "arp_spoofing", LANSCOPE_SEVERITY_CRITICAL, &noon));
        policy.minimum_severity = LANSCOPE_SEVERITY_CRITICAL;
        assert_false(notice_policy_allows(&policy, "port_scan", LANSCOPE_SEVERITY_WARNING, &noon));
        policy.minimum_severity = LANSCOPE_SEVERITY_INFO;
        assert_true(notice_policy_allows(&policy, "new_service", LANSCOPE_SEVERITY_INFO, &noon));
}

static void new_and_returned_devices_have_switches_of_their_own(void **state) {
        struct notice_policy policy = usual();

        (void) state;
        assert_true(notice_policy_allows(&policy, "new_device", LANSCOPE_SEVERITY_INFO, &noon));
        assert_false(notice_policy_allows(&policy, "device_returned", LANSCOPE_SEVERITY_INFO, &noon));
        policy.new_devices = false;
        policy.returned_devices = true;
        assert_false(notice_policy_allows(&policy, "new_device", LANSCOPE_SEVERITY_INFO, &noon));
        assert_true(notice_policy_allows(&policy, "device_returned", LANSCOPE_SEVERITY_INFO, &noon));
}

static void silent_kinds_are_silent_however_severe(void **state) {
        const char *const silent[] = { "port_scan", "rogue_dhcp", NULL };
        struct notice_policy policy = usual();

        (void) state;
        policy.silent_kinds = silent;
        assert_false(notice_policy_allows(&policy, "rogue_dhcp", LANSCOPE_SEVERITY_CRITICAL, &noon));
        assert_true(notice_policy_allows(&policy, "rogue_ra", LANSCOPE_SEVERITY_CRITICAL, &noon));
}

static void quiet_hours_go_over_midnight(void **state) {
        struct notice_policy policy = usual();

        (void) state;
        assert_false(notice_policy_is_quiet(&policy, 23 * 60));
        policy.quiet_hours = true;
        assert_true(notice_policy_is_quiet(&policy, 22 * 60));
        assert_true(notice_policy_is_quiet(&policy, 0));
        assert_true(notice_policy_is_quiet(&policy, 7 * 60 - 1));
        assert_false(notice_policy_is_quiet(&policy, 7 * 60));
        assert_false(notice_policy_is_quiet(&policy, 22 * 60 - 1));
        policy.quiet_from = 9 * 60;
        policy.quiet_until = 17 * 60;
        assert_true(notice_policy_is_quiet(&policy, 9 * 60));
        assert_false(notice_policy_is_quiet(&policy, 17 * 60));
        policy.quiet_until = policy.quiet_from;
        assert_false(notice_policy_is_quiet(&policy, 9 * 60));
}

static void critical_ones_pass_quiet_hours_and_pause(void **state) {
        struct notice_policy policy = usual();
        struct notice_time night = { .now = noon.now, .minute = 3 * 60 };

        (void) state;
        policy.quiet_hours = true;
        assert_false(notice_policy_allows(&policy, "port_scan", LANSCOPE_SEVERITY_WARNING, &night));
        assert_true(notice_policy_allows(&policy, "arp_spoofing", LANSCOPE_SEVERITY_CRITICAL, &night));
        policy.quiet_hours = false;
        policy.paused_until = night.now + 1;
        assert_false(notice_policy_allows(&policy, "port_scan", LANSCOPE_SEVERITY_WARNING, &night));
        assert_true(notice_policy_allows(&policy, "arp_spoofing", LANSCOPE_SEVERITY_CRITICAL, &night));
        policy.critical_passes = false;
        assert_false(notice_policy_allows(&policy, "arp_spoofing", LANSCOPE_SEVERITY_CRITICAL, &night));
        policy.paused_until = night.now;
        assert_true(notice_policy_allows(&policy, "port_scan", LANSCOPE_SEVERITY_WARNING, &night));
}

static void what_is_wanted_is_held_until_it_may_be_told(void **state) {
        const struct notice_time night = { .now = 1700000000, .minute = 23 * 60 };
        struct notice_policy policy = usual();

        (void) state;
        policy.quiet_hours = true;
        policy.quiet_from = 22 * 60;
        policy.quiet_until = 7 * 60;
        assert_true(notice_policy_holds(&policy, "port_scan", LANSCOPE_SEVERITY_WARNING, &night));
        assert_false(notice_policy_holds(&policy, "port_scan", LANSCOPE_SEVERITY_WARNING, &noon));
        assert_false(notice_policy_holds(&policy, "arp_spoofing", LANSCOPE_SEVERITY_CRITICAL, &night)); /* told at once */
        assert_int_equal(notice_policy_held_for(&policy, &noon), 0);
        assert_int_equal(notice_policy_held_for(&policy, &night), (policy.quiet_until + 1440 - night.minute) % 1440 * 60);
        policy.paused_until = night.now + 24 * 3600;
        assert_int_equal(notice_policy_held_for(&policy, &night), 24 * 3600);
        policy.new_devices = false;
        assert_false(notice_policy_holds(&policy, "new_device", LANSCOPE_SEVERITY_INFO, &night));
        policy.show = false;
        assert_false(notice_policy_holds(&policy, "port_scan", LANSCOPE_SEVERITY_WARNING, &night));
}

static void off_is_off(void **state) {
        struct notice_policy policy = usual();

        (void) state;
        policy.show = false;
        assert_false(notice_policy_allows(&policy, "arp_spoofing", LANSCOPE_SEVERITY_CRITICAL, &noon));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(severity_decides_about_alerts),
                cmocka_unit_test(new_and_returned_devices_have_switches_of_their_own),
                cmocka_unit_test(silent_kinds_are_silent_however_severe),
                cmocka_unit_test(quiet_hours_go_over_midnight),
                cmocka_unit_test(critical_ones_pass_quiet_hours_and_pause),
                cmocka_unit_test(what_is_wanted_is_held_until_it_may_be_told),
                cmocka_unit_test(off_is_off),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
