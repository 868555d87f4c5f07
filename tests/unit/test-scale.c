/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include "common/macro.h"
#include "common/mix.h"
#include "common/scale.h"

/* The last of each row was worked out with numbers of any length. */

static void scaled_numbers_are_exact(void **state _unused_) {
        static const struct {
                uint64_t n, by, divisor, scaled;
        } rows[] = {
                { 0, UINT64_MAX, 1, 0 },
                { 1500, UINT64_C(8000000000), UINT64_C(3000000000), 4000 },
                { UINT64_MAX, 1, 1, UINT64_MAX },
                { UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX },
                { UINT64_C(18446744073709551614), UINT64_MAX, UINT64_MAX, UINT64_C(18446744073709551614) },
                { UINT64_C(1000000000000000000), 1000000000, 1000000007, UINT64_C(999999993000000048) },
                { INT64_MAX, 3, 2, UINT64_C(13835058055282163710) },
                { UINT64_C(1) << 63, 2, 1, UINT64_MAX },
                { UINT64_MAX, 2, 2, UINT64_MAX },
                { UINT64_MAX, 2, 1, UINT64_MAX },
                { UINT64_MAX, UINT64_MAX, 1, UINT64_MAX },
                { UINT64_C(123456789012345678), 1000000000, UINT64_C(1) << 63, 13385211 },
                { UINT64_MAX, 1000000000, 1000000001, UINT64_C(18446744055262807559) },
                { (UINT64_C(1) << 63) + 1, UINT64_MAX, UINT64_MAX - 2, (UINT64_C(1) << 63) + 2 },
                { UINT64_C(1) << 63, UINT64_C(1) << 63, (UINT64_C(1) << 63) + 1, INT64_MAX },
                { UINT64_C(1099511627776), UINT64_C(80000000000), UINT64_C(60000000000), UINT64_C(1466015503701) },
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++)
                assert_int_equal(scale_u64(rows[i].n, rows[i].by, rows[i].divisor), rows[i].scaled);
}

/* Processors with and without products of 128 bits have the same hashes. */
static void mixing_is_the_same_in_both_ways(void **state _unused_) {
        static const struct {
                uint64_t a, b, mixed;
        } rows[] = {
                { UINT64_C(0x0), UINT64_C(0x0), UINT64_C(0x0) },
                { UINT64_C(0x1), UINT64_C(0xffffffffffffffff), UINT64_C(0xffffffffffffffff) },
                { UINT64_C(0xffffffffffffffff), UINT64_C(0xffffffffffffffff), UINT64_C(0xffffffffffffffff) },
                { UINT64_C(0xffffffff), UINT64_C(0xffffffff), UINT64_C(0xfffffffe00000001) },
                { UINT64_C(0x100000000), UINT64_C(0x100000000), UINT64_C(0x1) },
                { UINT64_C(0x9e3779b97f4a7c15), UINT64_C(0xd1b54a32d192ed03), UINT64_C(0xd6cb8892a926a943) },
                { UINT64_C(0xffffffff00000001), UINT64_C(0x1ffffffff), UINT64_C(0x300000002) },
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                assert_int_equal(mix64(rows[i].a, rows[i].b), rows[i].mixed);
                assert_int_equal(mix64_by_halves(rows[i].a, rows[i].b), rows[i].mixed);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(scaled_numbers_are_exact),
                cmocka_unit_test(mixing_is_the_same_in_both_ways),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
