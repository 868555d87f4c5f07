/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include "applet/tray-text.h"

static void the_look_tells_severe_alerts_and_absence(void **state) {
        struct tray_status status = { .state = LANSCOPE_STATE_CAPTURING, .online = 1, .devices = 2 };

        (void) state;
        assert_int_equal(tray_look(&status), TRAY_NORMAL);
        status.alerts = 1;
        assert_int_equal(tray_look(&status), TRAY_NORMAL);
        status.severe = TRUE;
        assert_int_equal(tray_look(&status), TRAY_ALERT);
        status.state = LANSCOPE_STATE_NOT_RUNNING;
        assert_int_equal(tray_look(&status), TRAY_ABSENT);
        assert_string_not_equal(tray_icon(TRAY_ABSENT), tray_icon(TRAY_ALERT));
        assert_string_not_equal(tray_icon(TRAY_NORMAL), tray_icon(TRAY_ALERT));
}

static void the_summary_counts_and_the_tip_tells_all(void **state) {
        const struct tray_status status = { .state = LANSCOPE_STATE_CAPTURING, .online = 11, .devices = 14, .alerts = 2, .paused = TRUE };
        g_autofree char *summary = tray_summary(&status, FALSE), *tip = tray_summary(&status, TRUE);

        (void) state;
        assert_string_equal(summary, "11 of 14 devices online");
        assert_string_equal(tip, "11 of 14 devices online\n2 alerts to look at\nNotifications are paused");
}

static void every_state_has_words(void **state) {
        (void) state;
        for (LanscopeState s = LANSCOPE_STATE_CONNECTING; s <= LANSCOPE_STATE_CAPTURING; s++) {
                const struct tray_status status = { .state = s };
                g_autofree char *summary = tray_summary(&status, FALSE);

                assert_string_not_equal(summary, "");
        }
}

static void underscores_are_no_accelerators(void **state) {
        g_autofree char *label = tray_label("my_device__x");

        (void) state;
        assert_string_equal(label, "my__device____x");
}

/* `text` in UTC, ISO 8601 */
static gint64 tomorrow_of(const char *text) {
        g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
        g_autoptr(GDateTime) now = g_date_time_new_from_iso8601(text, utc);

        return tray_tomorrow(now);
}

static void tomorrow_begins_at_six(void **state) {
        (void) state;
        assert_int_equal(tomorrow_of("2026-11-21T15:00:00"), 1795327200); /* 2026-11-22 06:00 */
        assert_int_equal(tomorrow_of("2026-11-22T03:00:00"), 1795327200);
        assert_int_equal(tomorrow_of("2026-12-31T23:59:59"), 1798783200); /* 2027-01-01 06:00 */
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_look_tells_severe_alerts_and_absence),
                cmocka_unit_test(the_summary_counts_and_the_tip_tells_all),
                cmocka_unit_test(every_state_has_words),
                cmocka_unit_test(underscores_are_no_accelerators),
                cmocka_unit_test(tomorrow_begins_at_six),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
