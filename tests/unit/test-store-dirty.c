/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include <errno.h>
#include <stdlib.h>

#include "common/macro.h"
#include "daemon/store-dirty.h"

static void changes_of_one_id_are_gathered(void **state _unused_) {
        struct store_dirty dirty = { 0 };
        struct store_dirty_entry *entries;

        assert_int_equal(store_dirty_add(&dirty, 9, 1), 0);
        assert_int_equal(store_dirty_add(&dirty, 4, 8), 0);
        assert_int_equal(store_dirty_add(&dirty, 9, 4), 0);
        assert_int_equal(dirty.n, 2);
        assert_int_equal(store_dirty_sorted(&dirty, &entries), 0);
        assert_int_equal(entries[0].id, 4);
        assert_int_equal(entries[0].changes, 8);
        assert_int_equal(entries[1].id, 9);
        assert_int_equal(entries[1].changes, 5);
        free(entries);
        store_dirty_done(&dirty);
}

static void no_id_is_refused(void **state _unused_) {
        struct store_dirty dirty = { 0 };

        assert_int_equal(store_dirty_add(&dirty, 0, 1), -EINVAL);
        assert_int_equal(dirty.n, 0);
        store_dirty_done(&dirty);
}

static void order_is_that_of_signed_rows(void **state _unused_) {
        struct store_dirty dirty = { 0 };
        struct store_dirty_entry *entries;

        assert_int_equal(store_dirty_add(&dirty, 1, 1), 0);
        assert_int_equal(store_dirty_add(&dirty, UINT64_MAX, 1), 0); /* row -1 */
        assert_int_equal(store_dirty_sorted(&dirty, &entries), 0);
        assert_true(entries[0].id == UINT64_MAX);
        assert_true(entries[1].id == 1);
        free(entries);
        store_dirty_done(&dirty);
}

/* Ids that differ only in their high bits fall on few slots unless they are mixed. */
static void many_ids_survive_growth(void **state _unused_) {
        struct store_dirty dirty = { 0 };
        struct store_dirty_entry *entries;

        for (uint64_t i = 1; i <= 20000; i++)
                assert_int_equal(store_dirty_add(&dirty, i << 44 | i, (uint32_t) i), 0);
        assert_int_equal(dirty.n, 20000);
        assert_int_equal(store_dirty_sorted(&dirty, &entries), 0);
        for (size_t i = 1; i < dirty.n; i++)
                assert_true((int64_t) entries[i - 1].id < (int64_t) entries[i].id);
        free(entries);
        store_dirty_done(&dirty);
}

static void what_is_kept_can_be_found_again(void **state _unused_) {
        struct store_dirty dirty = { 0 };
        struct store_dirty_entry *entries;

        for (uint64_t i = 1; i <= 3000; i++)
                assert_int_equal(store_dirty_add(&dirty, i, 1), 0);
        assert_int_equal(store_dirty_sorted(&dirty, &entries), 0);
        store_dirty_keep(&dirty, entries + 2990, 10);
        free(entries);
        assert_int_equal(dirty.n, 10);
        assert_int_equal(store_dirty_add(&dirty, 2995, 2), 0);
        assert_int_equal(dirty.n, 10);
        assert_int_equal(store_dirty_sorted(&dirty, &entries), 0);
        assert_int_equal(entries[0].id, 2991);
        assert_int_equal(entries[4].changes, 3);
        free(entries);
        store_dirty_done(&dirty);
}

static void empty_set_gives_memory_back(void **state _unused_) {
        struct store_dirty dirty = { 0 };

        for (uint64_t i = 1; i <= 3000; i++)
                assert_int_equal(store_dirty_add(&dirty, i, 1), 0);
        store_dirty_keep(&dirty, NULL, 0);
        assert_null(dirty.slots);
        assert_int_equal(store_dirty_add(&dirty, 5, 1), 0);
        assert_int_equal(dirty.n, 1);
        store_dirty_done(&dirty);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(changes_of_one_id_are_gathered),
                cmocka_unit_test(no_id_is_refused),
                cmocka_unit_test(order_is_that_of_signed_rows),
                cmocka_unit_test(many_ids_survive_growth),
                cmocka_unit_test(what_is_kept_can_be_found_again),
                cmocka_unit_test(empty_set_gives_memory_back),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
