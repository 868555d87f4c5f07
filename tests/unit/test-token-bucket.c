/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include "common/macro.h"
#include "engine/token-bucket.h"

static unsigned take_all(struct token_bucket *bucket, uint64_t now) {
        unsigned n = 0;

        while (n < 1000 && token_bucket_take(bucket, now))
                n++;
        return n;
}

static void burst_then_one_an_interval(void **state _unused_) {
        struct token_bucket bucket = { .burst = 10, .interval = 100 };

        assert_int_equal(take_all(&bucket, 1000), 10);
        assert_int_equal(take_all(&bucket, 1099), 0);
        assert_int_equal(take_all(&bucket, 1100), 1);
        assert_int_equal(take_all(&bucket, 1350), 2);
        assert_int_equal(take_all(&bucket, 1400), 1);
        assert_int_equal(take_all(&bucket, 100000), 10);
}

static void clock_that_runs_back_refills_nothing(void **state _unused_) {
        struct token_bucket bucket = { .burst = 4, .interval = 100 };

        assert_int_equal(take_all(&bucket, 100000), 4);
        assert_int_equal(take_all(&bucket, 0), 0);
        assert_int_equal(take_all(&bucket, 100050), 0);
        assert_int_equal(take_all(&bucket, UINT64_MAX), 4);
}

static void next_one_is_there_when_it_says(void **state _unused_) {
        struct token_bucket bucket = { .burst = 2, .interval = 100 };

        assert_int_equal(take_all(&bucket, 1050), 2);
        assert_int_equal(token_bucket_next(&bucket), 1150);
        assert_int_equal(take_all(&bucket, 1149), 0);
        assert_int_equal(take_all(&bucket, 1150), 1);
        assert_int_equal(token_bucket_next(&bucket), 1250);
        bucket.refilled = UINT64_MAX - 1;
        assert_int_equal(token_bucket_next(&bucket), UINT64_MAX);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(burst_then_one_an_interval),
                cmocka_unit_test(clock_that_runs_back_refills_nothing),
                cmocka_unit_test(next_one_is_there_when_it_says),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
