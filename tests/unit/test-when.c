/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "cli/when.h"

/* Tue 2023-11-14 22:13:20 UTC */
#define NOW (UINT64_C(1700000000) * USEC_PER_SEC)
#define HOUR (UINT64_C(3600) * USEC_PER_SEC)

static void check(const char *text, uint64_t wanted) {
        uint64_t when = 0;

        assert_int_equal(when_parse(text, NOW, &when), 0);
        assert_int_equal(when, wanted);
}

static void ages_count_back_from_now(void **state _unused_) {
        check("now", NOW);
        check("90s", NOW - 90 * USEC_PER_SEC);
        check("5min", NOW - 300 * USEC_PER_SEC);
        check("2h", NOW - 2 * HOUR);
        check("3d", NOW - 72 * HOUR);
        check("3 days", NOW - 72 * HOUR);
        check("1w", NOW - 168 * HOUR);
}

static void days_and_dates_are_local(void **state _unused_) {
        check("today", NOW - NOW % (24 * HOUR));
        check("yesterday", NOW - NOW % (24 * HOUR) - 24 * HOUR);
        check("2023-11-14", NOW - NOW % (24 * HOUR));
        check("2023-11-14 22:13", NOW - 20 * USEC_PER_SEC);
        check("2023-11-14 22:13:20", NOW);
        check("2023-11-14T22:13:20", NOW);
        check("@1700000000", NOW);
        check("2090-04-07 02:39:00", UINT64_C(3795215940) * USEC_PER_SEC);
        setenv("TZ", "EST5", 1);
        tzset();
        check("2023-11-14 17:13:20", NOW);
        setenv("TZ", "UTC", 1);
        tzset();
}

static void spans_are_read(void **state _unused_) {
        uint64_t span = 0;

        assert_int_equal(when_parse_span("2h", &span), 0);
        assert_int_equal(span, 2 * HOUR);
        assert_int_equal(when_parse_span("0s", &span), 0);
        assert_int_equal(span, 0);
        assert_int_equal(when_parse_span("99999999999999999999w", &span), -EINVAL);
        assert_int_equal(when_parse_span("9999999999999999w", &span), -EINVAL);
        assert_int_equal(when_parse_span("2023-11-14", &span), -EINVAL);
        assert_int_equal(when_parse_span("today", &span), -EINVAL);
}

static void nonsense_is_refused(void **state _unused_) {
        static const char *const texts[] = {
                "", " ", "soon", "5", "5 apples", "-5s", "h", "99999999999999999999s", "9999999w", "2023-13-01", "2023-11-14 25:00",
                "2023-11-14 22:13:20 and more", "@", "@x", "@-1", "@99999999999999999999",
        };
        uint64_t when = 7;

        for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
                assert_int_equal(when_parse(texts[i], NOW, &when), -EINVAL);
                assert_int_equal(when, 7);
        }
}

static void check_relative(uint64_t when, const char *wanted) {
        char text[64];
        struct strbuf b = STRBUF(text);

        when_format_relative(&b, when, NOW);
        assert_string_equal(text, wanted);
}

static void ages_are_told_in_one_unit(void **state _unused_) {
        check_relative(0, "never");
        check_relative(NOW, "just now");
        check_relative(NOW + HOUR, "just now"); /* another machine's clock */
        check_relative(NOW - 59 * USEC_PER_SEC, "59s ago");
        check_relative(NOW - 60 * USEC_PER_SEC, "1min ago");
        check_relative(NOW - HOUR + 1, "59min ago");
        check_relative(NOW - 23 * HOUR, "23h ago");
        check_relative(NOW - 30 * HOUR, "1 day ago");
        check_relative(NOW - 480 * HOUR, "20 days ago");
}

static void times_and_spans_are_told(void **state _unused_) {
        char text[128];
        struct strbuf b = STRBUF(text);

        when_format(&b, NOW);
        strbuf_string(&b, "|");
        when_format(&b, UINT64_C(3795215940) * USEC_PER_SEC);
        strbuf_string(&b, "|");
        when_format(&b, 0);
        strbuf_string(&b, "|");
        when_format_span(&b, 4200000);
        strbuf_string(&b, "|");
        when_format_span(&b, 80 * 60 * USEC_PER_SEC);
        assert_string_equal(text, "Tue 2023-11-14 22:13:20|Fri 2090-04-07 02:39:00|-|4.2s|1h 20min");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(ages_count_back_from_now),
                cmocka_unit_test(days_and_dates_are_local),
                cmocka_unit_test(spans_are_read),
                cmocka_unit_test(nonsense_is_refused),
                cmocka_unit_test(ages_are_told_in_one_unit),
                cmocka_unit_test(times_and_spans_are_told),
        };

        setenv("TZ", "UTC", 1);
        tzset();
        return cmocka_run_group_tests(tests, NULL, NULL);
}
