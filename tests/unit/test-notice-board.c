/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include <string.h>

#include "applet/notice-board.h"

/* What was told, as words: "show A:2 close A sum 5+0+0". */
struct board_state {
        struct notice_board *board;
        GString *log;
        guint64 next_id;
        struct notice last;
};

static void log_word(struct board_state *s, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void log_word(struct board_state *s, const char *format, ...) {
        va_list ap;

        if (s->log->len > 0)
                g_string_append_c(s->log, ' ');
        va_start(ap, format);
        g_string_append_vprintf(s->log, format, ap);
        va_end(ap);
}

static void on_show(const struct notice *notice, void *userdata) {
        struct board_state *s = userdata;

        log_word(s, "show %s:%u", notice->subject, notice->n_alerts + notice->more);
        s->last = *notice;
}

static void on_summary(const struct notice_summary *summary, void *userdata) {
        log_word(userdata, "sum %u+%u+%u", summary->new_devices, summary->returned_devices, summary->alerts);
}

static void on_close(const char *subject, void *userdata) {
        log_word(userdata, "close %s", subject ?: "sum");
}

static int set_up(void **state) {
        struct board_state *s = g_new0(struct board_state, 1);
        const struct notice_board_ops ops = { on_show, on_summary, on_close, s };

        s->log = g_string_new(NULL);
        s->board = notice_board_new(&ops);
        *state = s;
        return 0;
}

static int tear_down(void **state) {
        struct board_state *s = *state;

        notice_board_free(s->board);
        g_string_free(s->log, TRUE);
        g_free(s);
        return 0;
}

static guint64 add(struct board_state *s, const char *subject, const char *kind, LanscopeSeverity severity, gint64 now) {
        struct notice_alert alert = { .id = ++s->next_id, .severity = severity, .kind = kind };

        notice_board_add(s->board, subject, &alert, now);
        return alert.id;
}

/* Lets time go by until `end`, from deadline to deadline. */
static void run_until(struct board_state *s, gint64 end) {
        for (gint64 next = notice_board_next(s->board); next >= 0 && next <= end; next = notice_board_next(s->board))
                notice_board_run(s->board, next);
}

static void expect(struct board_state *s, const char *log) {
        assert_string_equal(s->log->str, log);
        g_string_truncate(s->log, 0);
}

static void a_notice_waits_for_the_device_to_say_its_name(void **state) {
        struct board_state *s = *state;

        add(s, "A", "new_device", LANSCOPE_SEVERITY_INFO, 0);
        notice_board_run(s->board, NOTICE_SETTLE_MSEC - 1);
        expect(s, "");
        assert_int_equal(notice_board_next(s->board), NOTICE_SETTLE_MSEC);
        notice_board_run(s->board, NOTICE_SETTLE_MSEC);
        expect(s, "show A:1");
        assert_int_equal(notice_board_next(s->board), -1);
}

static void a_second_alert_changes_the_notice_and_not_too_soon(void **state) {
        struct board_state *s = *state;

        add(s, "A", "port_scan", LANSCOPE_SEVERITY_WARNING, 0);
        run_until(s, 2000);
        expect(s, "show A:1");
        add(s, "A", "new_service", LANSCOPE_SEVERITY_INFO, 3000);
        run_until(s, NOTICE_SETTLE_MSEC + NOTICE_UPDATE_MSEC - 1);
        expect(s, "");
        run_until(s, NOTICE_SETTLE_MSEC + NOTICE_UPDATE_MSEC);
        expect(s, "show A:2");
        assert_string_equal(s->last.alerts[s->last.worst].kind, "port_scan");
}

static void what_gets_worse_is_told_at_once(void **state) {
        struct board_state *s = *state;

        add(s, "A", "new_device", LANSCOPE_SEVERITY_INFO, 0);
        run_until(s, 2000);
        expect(s, "show A:1");
        add(s, "A", "arp_spoofing", LANSCOPE_SEVERITY_CRITICAL, 2000);
        run_until(s, 2000 + NOTICE_SETTLE_MSEC);
        expect(s, "show A:2");
        assert_string_equal(s->last.alerts[s->last.worst].kind, "arp_spoofing");
}

static void the_same_alert_again_is_no_news_but_its_severity_is(void **state) {
        struct board_state *s = *state;
        struct notice_alert alert = { .id = 7, .severity = LANSCOPE_SEVERITY_WARNING, .kind = "port_scan" };

        notice_board_add(s->board, "A", &alert, 0);
        run_until(s, 2000);
        expect(s, "show A:1");
        notice_board_add(s->board, "A", &alert, 20000);
        assert_int_equal(notice_board_next(s->board), -1);
        alert.severity = LANSCOPE_SEVERITY_CRITICAL;
        notice_board_add(s->board, "A", &alert, 21000);
        run_until(s, 30000);
        expect(s, "show A:1");
        assert_int_equal(s->last.alerts[0].severity, LANSCOPE_SEVERITY_CRITICAL);
}

static void a_burst_is_one_summary_that_takes_the_place_of_its_parts(void **state) {
        struct board_state *s = *state;

        for (unsigned i = 0; i < NOTICE_BURST; i++) {
                g_autofree char *subject = g_strdup_printf("%c", 'A' + i);

                add(s, subject, "new_device", LANSCOPE_SEVERITY_INFO, 0);
        }
        run_until(s, 2000);
        assert_int_equal(s->log->len, NOTICE_BURST * strlen("show A:1 ") - 1);
        g_string_truncate(s->log, 0);
        add(s, "X", "new_device", LANSCOPE_SEVERITY_INFO, 3000);
        assert_int_equal(s->log->len, NOTICE_BURST * strlen("close A ") - 1);
        g_string_truncate(s->log, 0);
        add(s, "Y", "device_returned", LANSCOPE_SEVERITY_INFO, 3100);
        add(s, "Z", "port_scan", LANSCOPE_SEVERITY_WARNING, 3200);
        run_until(s, 3000 + NOTICE_SETTLE_MSEC);
        expect(s, "sum 4+1+1");
}

static void a_summary_grows_while_the_burst_goes_on(void **state) {
        struct board_state *s = *state;
        gint64 now = 0;

        for (unsigned i = 0; i < 40; i++, now += 500) {
                g_autofree char *subject = g_strdup_printf("%u", i);

                run_until(s, now);
                add(s, subject, "new_device", LANSCOPE_SEVERITY_INFO, now);
        }
        run_until(s, now + NOTICE_UPDATE_MSEC);
        /* The first came at 0 and was shown at 1500; the fourth made it a burst. */
        assert_non_null(strstr(s->log->str, "sum 40+0+0"));
        assert_true(g_strrstr(s->log->str, "sum") > g_strrstr(s->log->str, "show"));
        assert_in_range(strlen(s->log->str), 1, 100);
}

static void after_a_burst_a_device_stands_alone_again(void **state) {
        struct board_state *s = *state;

        for (unsigned i = 0; i <= NOTICE_BURST; i++) {
                g_autofree char *subject = g_strdup_printf("%u", i);

                add(s, subject, "new_device", LANSCOPE_SEVERITY_INFO, 0);
        }
        run_until(s, 2000);
        expect(s, "sum 4+0+0");
        add(s, "late", "new_device", LANSCOPE_SEVERITY_INFO, NOTICE_BURST_MSEC - 1);
        run_until(s, NOTICE_BURST_MSEC + 2000);
        expect(s, "sum 5+0+0");
        add(s, "alone", "new_device", LANSCOPE_SEVERITY_INFO, 3 * NOTICE_BURST_MSEC);
        run_until(s, 3 * NOTICE_BURST_MSEC + 2000);
        expect(s, "show alone:1");
}

static void a_new_burst_counts_from_the_beginning(void **state) {
        struct board_state *s = *state;

        for (unsigned round = 0; round < 2; round++) {
                gint64 now = round * 10 * NOTICE_BURST_MSEC;

                for (unsigned i = 0; i <= NOTICE_BURST; i++) {
                        g_autofree char *subject = g_strdup_printf("%u", i);

                        add(s, subject, "port_scan", LANSCOPE_SEVERITY_WARNING, now);
                }
                run_until(s, now + 2000);
                expect(s, "sum 0+0+4");
        }
}

static void critical_ones_stand_alone_in_a_burst(void **state) {
        struct board_state *s = *state;

        for (unsigned i = 0; i <= NOTICE_BURST; i++) {
                g_autofree char *subject = g_strdup_printf("%u", i);

                add(s, subject, "new_device", LANSCOPE_SEVERITY_INFO, 0);
        }
        add(s, "evil", "arp_spoofing", LANSCOPE_SEVERITY_CRITICAL, 100);
        run_until(s, 2000);
        expect(s, "sum 4+0+0 show evil:1");
}

static void hundreds_of_critical_ones_are_summed_up_too(void **state) {
        struct board_state *s = *state;

        for (unsigned i = 0; i < 300; i++) {
                g_autofree char *subject = g_strdup_printf("%u", i);

                add(s, subject, "mac_cloned", LANSCOPE_SEVERITY_CRITICAL, i);
        }
        run_until(s, 2000);
        assert_non_null(strstr(s->log->str, "sum 0+0+295"));
        assert_int_equal(s->log->len, NOTICE_CRITICAL_BURST * strlen("show 0:1 ") + strlen("sum 0+0+295"));
}

static gboolean is_done(const struct notice_alert *alert, void *userdata) {
        return alert->id == *(const guint64 *) userdata;
}

static void acknowledged_alerts_take_their_notice_along(void **state) {
        struct board_state *s = *state;
        guint64 worst = add(s, "A", "port_scan", LANSCOPE_SEVERITY_WARNING, 0);
        guint64 other = add(s, "A", "new_device", LANSCOPE_SEVERITY_INFO, 0);

        run_until(s, 2000);
        expect(s, "show A:2");
        notice_board_review(s->board, is_done, &worst, 3000);
        run_until(s, 60000);
        expect(s, "show A:1");
        assert_int_equal(s->last.alerts[0].id, other);
        notice_board_review(s->board, is_done, &other, 61000);
        expect(s, "close A");
        assert_int_equal(notice_board_next(s->board), -1);
}

static void what_was_not_shown_yet_goes_in_silence(void **state) {
        struct board_state *s = *state;

        guint64 id = add(s, "A", "port_scan", LANSCOPE_SEVERITY_WARNING, 0);

        notice_board_review(s->board, is_done, &id, 100);
        add(s, "B", "port_scan", LANSCOPE_SEVERITY_WARNING, 100);
        notice_board_drop(s->board, "B");
        run_until(s, 60000);
        expect(s, "");
}

static void a_notice_that_the_user_closed_comes_anew(void **state) {
        struct board_state *s = *state;

        add(s, "A", "port_scan", LANSCOPE_SEVERITY_WARNING, 0);
        run_until(s, 2000);
        assert_non_null(notice_board_get(s->board, "A"));
        notice_board_closed(s->board, "A");
        assert_null(notice_board_get(s->board, "A"));
        notice_board_touch(s->board, 3000);
        assert_int_equal(notice_board_next(s->board), -1);
        add(s, "A", "syn_flood", LANSCOPE_SEVERITY_WARNING, 60000);
        run_until(s, 62000);
        expect(s, "show A:1 show A:1");
}

static void a_device_that_says_its_name_later_is_told_by_it_for_a_while(void **state) {
        struct board_state *s = *state;

        add(s, "A", "new_device", LANSCOPE_SEVERITY_INFO, 0);
        notice_board_touch(s->board, 500);
        run_until(s, 2000);
        expect(s, "show A:1");
        notice_board_touch(s->board, 2000);
        notice_board_touch(s->board, 2100);
        run_until(s, 60000);
        expect(s, "show A:1");
        notice_board_touch(s->board, NOTICE_TOUCH_MSEC);
        assert_int_equal(notice_board_next(s->board), -1);
}

static void memory_is_bounded(void **state) {
        struct board_state *s = *state;
        gint64 now = 0;

        for (unsigned i = 0; i < 3 * NOTICES_MAX; i++, now += NOTICE_BURST_MSEC) {
                g_autofree char *subject = g_strdup_printf("%u", i);

                add(s, subject, "port_scan", LANSCOPE_SEVERITY_WARNING, now);
                run_until(s, now + 2000);
        }
        assert_non_null(strstr(s->log->str, "close 0 "));
        assert_non_null(strstr(s->log->str, "close 255 "));
        assert_null(strstr(s->log->str, "close 256"));
        g_string_truncate(s->log, 0);
        for (unsigned i = 0; i < 50; i++)
                add(s, "383", "new_service", LANSCOPE_SEVERITY_INFO, now);
        run_until(s, now + 60000);
        expect(s, "show 383:51");
        assert_int_equal(s->last.n_alerts, NOTICE_ALERTS);
        assert_string_equal(s->last.alerts[s->last.worst].kind, "port_scan");
}

static void a_summary_can_be_done_with(void **state) {
        struct board_state *s = *state;

        for (unsigned i = 0; i <= NOTICE_BURST; i++) {
                g_autofree char *subject = g_strdup_printf("%u", i);

                add(s, subject, "port_scan", LANSCOPE_SEVERITY_WARNING, 0);
        }
        run_until(s, 2000);
        expect(s, "sum 0+0+4");
        notice_board_drop_summary(s->board);
        expect(s, "close sum");
        notice_board_drop_summary(s->board);
        expect(s, "");
}

static void what_was_held_back_is_one_summary(void **state) {
        struct board_state *s = *state;
        const struct notice_alert device = { .id = 1, .kind = "new_device", .severity = LANSCOPE_SEVERITY_INFO };
        const struct notice_alert scan = { .id = 2, .kind = "port_scan", .severity = LANSCOPE_SEVERITY_WARNING };

        notice_board_add_held(s->board, &device, 1000);
        notice_board_add_held(s->board, &device, 1000);
        notice_board_add_held(s->board, &scan, 1000);
        run_until(s, 100 * 1000);
        expect(s, "sum 2+0+1");
}

int main(void) {
        const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
                TEST(a_notice_waits_for_the_device_to_say_its_name),
                TEST(a_second_alert_changes_the_notice_and_not_too_soon),
                TEST(what_gets_worse_is_told_at_once),
                TEST(the_same_alert_again_is_no_news_but_its_severity_is),
                TEST(a_burst_is_one_summary_that_takes_the_place_of_its_parts),
                TEST(a_summary_grows_while_the_burst_goes_on),
                TEST(after_a_burst_a_device_stands_alone_again),
                TEST(a_new_burst_counts_from_the_beginning),
                TEST(critical_ones_stand_alone_in_a_burst),
                TEST(hundreds_of_critical_ones_are_summed_up_too),
                TEST(acknowledged_alerts_take_their_notice_along),
                TEST(what_was_not_shown_yet_goes_in_silence),
                TEST(a_notice_that_the_user_closed_comes_anew),
                TEST(a_device_that_says_its_name_later_is_told_by_it_for_a_while),
                TEST(memory_is_bounded),
                TEST(a_summary_can_be_done_with),
                TEST(what_was_held_back_is_one_summary),
#undef TEST
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
