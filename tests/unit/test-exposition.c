/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Prometheus's text format, to the letter: a collector drops a whole page for one bad line. */

#include "cmocka-all.h"

#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "daemon/exposition.h"

/* What `write` writes; the caller frees. */
static char *written(void (*write)(struct exposition *e)) {
        struct exposition e = {};
        char *text = NULL;
        size_t n = 0;

        e.f = open_memstream(&text, &n);
        assert_non_null(e.f);
        write(&e);
        fclose(e.f);
        return text;
}

static void write_samples(struct exposition *e) {
        const struct exposition_label labels[] = { { "presence", "online" }, { "category", "home" } };

        exposition_family(e, "lanscope_devices", EXPOSITION_GAUGE, "Devices.");
        exposition_sample(e, labels, 2, 3);
        exposition_sample(e, labels, 1, UINT64_MAX);
        exposition_family(e, "lanscope_x_seconds_total", EXPOSITION_COUNTER, "Time.");
        exposition_seconds(e, NULL, 0, 1500000001);
}

static void samples_stand_below_their_family(void **state _unused_) {
        _cleanup_(freep) char *text = written(write_samples);

        assert_string_equal(text,
                            "# HELP lanscope_devices Devices.\n"
                            "# TYPE lanscope_devices gauge\n"
                            "lanscope_devices{presence=\"online\",category=\"home\"} 3\n"
                            "lanscope_devices{presence=\"online\"} 18446744073709551615\n"
                            "# HELP lanscope_x_seconds_total Time.\n"
                            "# TYPE lanscope_x_seconds_total counter\n"
                            "lanscope_x_seconds_total 1.500000001\n");
}

static void write_hostile(struct exposition *e) {
        static const char *const values[] = {
                "a\"b\\c\nd", "\x1b[31mred", "evil\xe2\x80\xaegnp", "\xff\xfe", "\xe5\xae\xa2", "\xe5\xae", "",
        };

        e->family = "x";
        for (size_t i = 0; i < ELEMENTSOF(values); i++)
                exposition_sample(e, &(struct exposition_label) { "n", values[i] }, 1, i);
}

static void what_devices_say_cannot_break_out(void **state _unused_) {
        _cleanup_(freep) char *text = written(write_hostile);

        assert_string_equal(text,
                            "x{n=\"a\\\"b\\\\c\\nd\"} 0\n"
                            "x{n=\"\xef\xbf\xbd[31mred\"} 1\n"
                            "x{n=\"evil\xef\xbf\xbdgnp\"} 2\n"
                            "x{n=\"\xef\xbf\xbd\xef\xbf\xbd\"} 3\n"
                            "x{n=\"\xe5\xae\xa2\"} 4\n"
                            "x{n=\"\xef\xbf\xbd\xef\xbf\xbd\"} 5\n"
                            "x{n=\"\"} 6\n");
}

static void write_histogram(struct exposition *e) {
        struct histogram h = {};

        histogram_add(&h, 0);
        histogram_add(&h, 10 * NSEC_PER_USEC);
        histogram_add(&h, 10 * NSEC_PER_USEC + 1);
        histogram_add(&h, 2500 * NSEC_PER_MSEC);
        histogram_add(&h, 3 * NSEC_PER_SEC);
        exposition_family(e, "h_seconds", EXPOSITION_HISTOGRAM, "H.");
        exposition_histogram(e, &h);
}

static void buckets_add_up(void **state _unused_) {
        _cleanup_(freep) char *text = written(write_histogram);

        assert_non_null(strstr(text, "\nh_seconds_bucket{le=\"1e-05\"} 2\nh_seconds_bucket{le=\"0.0001\"} 3\n"));
        assert_non_null(strstr(text, "\nh_seconds_bucket{le=\"0.5\"} 3\nh_seconds_bucket{le=\"2.5\"} 4\n"
                                     "h_seconds_bucket{le=\"+Inf\"} 5\n"
                                     "h_seconds_sum 5.500020001\nh_seconds_count 5\n"));
}

static void bounds_are_what_their_text_says(void **state _unused_) {
        for (size_t i = 0; i < HISTOGRAM_BOUNDS; i++) {
                double seconds = strtod(histogram_bounds[i].seconds, NULL);

                assert_true(histogram_bounds[i].ns == (uint64_t) (seconds * 1e9 + 0.5));
                assert_true(i == 0 || histogram_bounds[i].ns > histogram_bounds[i - 1].ns);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(samples_stand_below_their_family),
                cmocka_unit_test(what_devices_say_cannot_break_out),
                cmocka_unit_test(buckets_add_up),
                cmocka_unit_test(bounds_are_what_their_text_says),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
