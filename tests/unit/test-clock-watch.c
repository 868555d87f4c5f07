/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include "daemon/clock-watch.h"

#define SEC NSEC_PER_SEC
#define NOW (UINT64_C(1700000000) * SEC)
#define YEAR ((int64_t) (UINT64_C(31536000) * SEC))

static void time_that_passes_is_no_step(void **state _unused_) {
        struct clock_watch w;

        clock_watch_begin(&w, NOW, 1000 * SEC, true);
        assert_true(clock_watch_step(&w, NOW + 5 * SEC, 1005 * SEC) == 0);
        assert_true(clock_watch_step(&w, NOW + 100000 * SEC, 101000 * SEC) == 0); /* asleep, for instance */
        assert_true(clock_watch_is_steady(&w, 101000 * SEC));
}

static void steps_are_told_once_either_way(void **state _unused_) {
        struct clock_watch w;

        clock_watch_begin(&w, NOW, 1000 * SEC, true);
        assert_true(clock_watch_step(&w, NOW + (uint64_t) YEAR, 1000 * SEC) == YEAR);
        assert_true(clock_watch_step(&w, NOW + (uint64_t) YEAR, 1000 * SEC) == 0);
        assert_true(clock_watch_step(&w, NOW, 1000 * SEC) == -YEAR);
        assert_true(clock_watch_step(&w, NOW - 61 * SEC, 1000 * SEC) == -(int64_t) (61 * SEC));
}

static void small_ones_are_taken_as_they_come(void **state _unused_) {
        struct clock_watch w;

        clock_watch_begin(&w, NOW, 1000 * SEC, true);
        for (uint64_t i = 1; i <= 10; i++)
                assert_true(clock_watch_step(&w, NOW + i * 30 * SEC, 1000 * SEC) == 0);
        assert_true(clock_watch_is_steady(&w, 1000 * SEC));
}

/* 1970, on a machine that has been up for longer than that. */
static void a_clock_before_boot_is_one(void **state _unused_) {
        struct clock_watch w;

        clock_watch_begin(&w, 10 * SEC, 5000 * SEC, true);
        assert_true(clock_watch_step(&w, 20 * SEC, 5010 * SEC) == 0);
        assert_true(clock_watch_step(&w, NOW, 5010 * SEC) == (int64_t) (NOW - 20 * SEC));
}

static void ages_count_a_day_after_a_step(void **state _unused_) {
        struct clock_watch w;

        clock_watch_begin(&w, NOW, 1000 * SEC, false);
        assert_false(clock_watch_is_steady(&w, 1000 * SEC));
        assert_true(clock_watch_is_steady(&w, 1000 * SEC + CLOCK_STEADY));
        clock_watch_step(&w, NOW, 2000 * SEC);
        assert_false(clock_watch_is_steady(&w, 1000 * SEC + CLOCK_STEADY));
        assert_true(clock_watch_is_steady(&w, 2000 * SEC + CLOCK_STEADY));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(time_that_passes_is_no_step),   cmocka_unit_test(steps_are_told_once_either_way),
                cmocka_unit_test(small_ones_are_taken_as_they_come), cmocka_unit_test(a_clock_before_boot_is_one),
                cmocka_unit_test(ages_count_a_day_after_a_step),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
