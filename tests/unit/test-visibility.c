/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include <stdio.h>
#include <string.h>

#include "daemon/visibility.h"
#include "common/macro.h"

static bool says(const struct visibility *v, const char *words) {
        const char *sentences[VISIBILITY_MAX];
        size_t n = visibility_describe(v, sentences);

        assert_true(n > 0 && n <= VISIBILITY_MAX);
        for (size_t i = 0; i < n; i++)
                if (strstr(sentences[i], words))
                        return true;
        return false;
}

static void every_mode_says_what_it_misses(void **state _unused_) {
        for (int mode = 0; mode < _MODE_MAX; mode++) {
                struct visibility v = { .mode = (enum capture_mode) mode, .capturing = true };

                assert_true(says(&v, "Seen: "));
                assert_true(says(&v, "Not seen: "));
                assert_false(says(&v, "Nothing is captured"));
        }
}

static void all_that_hides_something_is_said(void **state _unused_) {
        assert_true(says(&(struct visibility) { .mode = MODE_HOST }, "Nothing is captured"));
        assert_true(says(&(struct visibility) { .mode = MODE_HOST, .capturing = true, .filtered = true }, "filter"));
        assert_true(says(&(struct visibility) { .mode = MODE_SPAN, .capturing = true, .span_drop = true }, "SpanDrop"));
        assert_true(says(&(struct visibility) { .mode = MODE_HOST, .capturing = true, .kernel = true }, "kernel counts"));
}

static void a_replay_is_never_shown_as_the_live_network(void **state _unused_) {
        struct visibility v = { .mode = MODE_HOST, .capturing = true, .replay = true };

        assert_true(says(&v, "not the live network"));
        assert_false(says(&v, "Seen: "));
}

static void all_at_once_fits(void **state _unused_) {
        struct visibility v = { .mode = MODE_SPAN, .kernel = true, .filtered = true, .span_drop = true };

        assert_true(says(&v, "filter"));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_mode_says_what_it_misses),
                cmocka_unit_test(all_that_hides_something_is_said),
                cmocka_unit_test(a_replay_is_never_shown_as_the_live_network),
                cmocka_unit_test(all_at_once_fits),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
