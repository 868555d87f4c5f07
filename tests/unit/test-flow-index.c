/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include <string.h>

#include "common/macro.h"
#include "engine/flow/flow-index.h"

#define SLOTS 64
#define NUMBERS_MAX 60 /* more than there ought to be: rows grow long */

struct model {
        struct flow_index index;
        uint64_t hashes[NUMBERS_MAX + 1]; /* by number; 0: not in the index */
        unsigned asked;
};

static uint64_t hash_of(const void *userdata, uint32_t number) {
        struct model *m = (struct model *) (uintptr_t) userdata;

        m->asked++;
        return m->hashes[number];
}

static bool finds(const struct model *m, uint64_t hash, uint32_t wanted) {
        struct flow_probe probe = flow_index_probe(&m->index, hash);
        uint32_t number;

        for (; (number = flow_index_find(&m->index, &probe)) > 0; flow_index_step(&m->index, &probe))
                if (number == wanted)
                        return true;
        return false;
}

static void check(const struct model *m) {
        unsigned n = 0, used = 0;

        for (uint32_t number = 1; number <= NUMBERS_MAX; number++) {
                if (m->hashes[number] == 0)
                        continue;
                n++;
                assert_true(finds(m, m->hashes[number], number));
        }
        for (size_t i = 0; i < SLOTS; i++)
                used += m->index.slots[i] != 0;
        assert_int_equal(used, n);
}

static uint64_t next_random(uint64_t *state) {
        *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        return *state ^ *state >> 29;
}

/* `homes`: of so many slots, so that few are far from home, or nearly all. */
static unsigned play(unsigned homes) {
        struct model m = { .asked = 0 };
        uint64_t state = homes;

        assert_int_equal(flow_index_init(&m.index, SLOTS), 0);
        for (unsigned i = 0; i < 20000; i++) {
                uint32_t number = 1 + (uint32_t) (next_random(&state) >> 20) % NUMBERS_MAX;
                uint64_t hash = (next_random(&state) & ~(uint64_t) (SLOTS - 1)) | (next_random(&state) >> 33) % homes |
                                UINT64_C(1) << 59;

                if (m.hashes[number] == 0) {
                        m.hashes[number] = hash;
                        flow_index_insert(&m.index, hash, number);
                } else {
                        flow_index_remove(&m.index, m.hashes[number], number, hash_of, &m);
                        m.hashes[number] = 0;
                }
                check(&m);
        }
        flow_index_done(&m.index);
        return m.asked;
}

static void all_are_found_whatever_moved(void **state _unused_) {
        play(SLOTS);
        play(SLOTS / 4);
        /* In rows longer than what slots tell, the others' hashes do. */
        assert_true(play(2) > 0);
}

static void nobody_is_asked_in_short_rows(void **state _unused_) {
        struct model m = { .asked = 0 };

        assert_int_equal(flow_index_init(&m.index, SLOTS), 0);
        /* Across the end of the slots. */
        for (uint32_t number = 1; number <= FLOW_INDEX_STEPS; number++) {
                m.hashes[number] = SLOTS - 4 + (uint64_t) number % 3 + ((uint64_t) number << 60);
                flow_index_insert(&m.index, m.hashes[number], number);
        }
        for (uint32_t number = 1; number <= FLOW_INDEX_STEPS; number++) {
                flow_index_remove(&m.index, m.hashes[number], number, hash_of, &m);
                m.hashes[number] = 0;
                check(&m);
        }
        assert_int_equal(m.asked, 0);
        flow_index_done(&m.index);
}

/* A number that has another home, or other bits, is not taken for one that may be meant. */
static void what_is_found_has_the_same_home(void **state _unused_) {
        struct model m = { .asked = 0 };
        struct flow_probe probe;

        assert_int_equal(flow_index_init(&m.index, SLOTS), 0);
        for (uint32_t number = 1; number <= 8; number++)
                flow_index_insert(&m.index, 7 + number % 2, number);
        probe = flow_index_probe(&m.index, 9);
        assert_int_equal(flow_index_find(&m.index, &probe), 0);
        probe = flow_index_probe(&m.index, 7 | UINT64_C(5) << 60);
        assert_int_equal(flow_index_find(&m.index, &probe), 0);
        probe = flow_index_probe(&m.index, 7);
        assert_int_equal(flow_index_guess(&m.index, &probe), 2);
        flow_index_done(&m.index);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(all_are_found_whatever_moved),
                cmocka_unit_test(nobody_is_asked_in_short_rows),
                cmocka_unit_test(what_is_found_has_the_same_home),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
