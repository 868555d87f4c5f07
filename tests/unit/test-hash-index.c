/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include "common/macro.h"
#include "engine/inventory/hash-index.h"

static bool holds(const struct hash_index *index, uint64_t hash, const void *item) {
        size_t position = 0;
        const void *found;

        while ((found = hash_index_next(index, hash, &position)))
                if (found == item)
                        return true;
        return false;
}

static void items_of_one_hash_are_all_found(void **state _unused_) {
        struct hash_index index = {};
        size_t position = 0, n = 0;
        char items[5];

        for (size_t i = 0; i < 5; i++)
                assert_int_equal(hash_index_add(&index, 7, &items[i]), 0);
        while (hash_index_next(&index, 7, &position))
                n++;
        assert_int_equal(n, 5);
        position = 0;
        assert_null(hash_index_next(&index, 8, &position));
        hash_index_clear(&index);
}

static void empty_index_holds_nothing(void **state _unused_) {
        struct hash_index index = {};
        size_t position = 0;

        assert_null(hash_index_next(&index, 1, &position));
        hash_index_remove(&index, 1, &index);
        assert_int_equal(index.count, 0);
}

/* Runs that wrap around the end of the table, with holes made in every place. */
static void removal_keeps_the_rest_reachable(void **state _unused_) {
        enum { N = 3000 };
        static char items[N];
        struct hash_index index = {};

        /* Few different homes, so that runs are long; many near the end of the table. */
        for (size_t i = 0; i < N; i++)
                assert_int_equal(hash_index_add(&index, UINT64_MAX - i % 7, &items[i]), 0);
        for (size_t i = 0; i < N; i += 3)
                hash_index_remove(&index, UINT64_MAX - i % 7, &items[i]);
        for (size_t i = 0; i < N; i++)
                assert_int_equal(holds(&index, UINT64_MAX - i % 7, &items[i]), i % 3 != 0);
        assert_int_equal(index.count, N - N / 3);
        hash_index_clear(&index);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(items_of_one_hash_are_all_found),
                cmocka_unit_test(empty_index_holds_nothing),
                cmocka_unit_test(removal_keeps_the_rest_reachable),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
