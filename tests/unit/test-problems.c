/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include "daemon/problems.h"

static void what_is_said_already_is_no_news(void **state _unused_) {
        struct problems p = {};

        assert_true(problems_set(&p, PROBLEM_STORE, "The disk is %s", "full"));
        assert_false(problems_set(&p, PROBLEM_STORE, "The disk is %s", "full"));
        assert_true(problems_set(&p, PROBLEM_STORE, "The disk is %s", "read-only"));
        assert_string_equal(p.sentences[PROBLEM_STORE], "The disk is read-only");
        assert_null(p.sentences[PROBLEM_ALERTS]);
        problems_done(&p);
        assert_null(p.sentences[PROBLEM_STORE]);
}

static void what_is_over_can_begin_again(void **state _unused_) {
        struct problems p = {};

        assert_false(problems_clear(&p, PROBLEM_STORE));
        assert_true(problems_set(&p, PROBLEM_STORE, "x"));
        assert_true(problems_clear(&p, PROBLEM_STORE));
        assert_null(p.sentences[PROBLEM_STORE]);
        assert_true(problems_set(&p, PROBLEM_STORE, "x"));
        problems_done(&p);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_is_said_already_is_no_news),
                cmocka_unit_test(what_is_over_can_begin_again),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
