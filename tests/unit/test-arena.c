/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include <stdint.h>
#include <string.h>

#include "common/arena.h"
#include "common/macro.h"

#define PIECES 2000

static void pieces_are_apart_and_aligned(void **state _unused_) {
        static unsigned char *pieces[PIECES];
        struct arena arena = {};

        for (size_t i = 0; i < PIECES; i++) {
                pieces[i] = arena_take(&arena, i % 97);
                assert_non_null(pieces[i]);
                assert_int_equal((uintptr_t) pieces[i] % 8, 0);
                memset(pieces[i], (int) (i & 0xff), i % 97);
        }
        for (size_t i = 0; i < PIECES; i++)
                for (size_t k = 0; k < i % 97; k++)
                        assert_int_equal(pieces[i][k], i & 0xff);
        arena_rewind(&arena, (struct arena) {});
        assert_null(arena.last);
}

static void a_large_piece_has_room(void **state _unused_) {
        struct arena arena = {};
        char *large;

        assert_string_equal(arena_string(&arena, "before"), "before");
        large = arena_take(&arena, 1 << 20);
        assert_non_null(large);
        memset(large, 'x', 1 << 20);
        assert_string_equal(arena_string(&arena, ""), "");
        arena_rewind(&arena, (struct arena) {});
}

static void what_was_taken_before_stays(void **state _unused_) {
        struct arena arena = {}, then;
        char *kept = arena_string(&arena, "kept");

        then = arena;
        for (size_t i = 0; i < PIECES; i++)
                assert_non_null(arena_string(&arena, "given back with its block, or without"));
        arena_rewind(&arena, then);
        assert_ptr_equal(arena.last, then.last);
        assert_int_equal(arena.used, then.used);
        assert_string_equal(arena_string(&arena, "new"), "new");
        assert_string_equal(kept, "kept");
        arena_rewind(&arena, (struct arena) {});
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(pieces_are_apart_and_aligned),
                cmocka_unit_test(a_large_piece_has_room),
                cmocka_unit_test(what_was_taken_before_stays),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
