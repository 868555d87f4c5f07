/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include "common/macro.h"
#include "engine/detect/linear-counting.h"

#define BITS 1024

static struct ip_address address(uint32_t i) {
        return ip_from_v4((const uint8_t[]) { 10, (uint8_t) (i >> 16), (uint8_t) (i >> 8), (uint8_t) i });
}

/* How many bits of a map `n` addresses set, each of them `times` times. */
static unsigned set_bits(uint32_t n, unsigned times) {
        bool map[BITS] = { false };
        unsigned set = 0;

        for (unsigned t = 0; t < times; t++)
                for (uint32_t i = 0; i < n; i++) {
                        struct ip_address ip = address(i);
                        uint16_t bit = linear_counting_bit(&ip, BITS);

                        assert_in_range(bit, 0, BITS - 1);
                        set += !map[bit];
                        map[bit] = true;
                }
        return set;
}

/* The paper's standard error is 4 % for as many addresses as twice the bits, and less for fewer: here three times that. */
static void an_estimate_is_near_the_number_of_addresses(void **state _unused_) {
        static const uint32_t numbers[] = { 10, 100, 500, 1000, 2000 };

        for (size_t i = 0; i < ELEMENTSOF(numbers); i++) {
                uint32_t n = numbers[i], error = n / 8 + 1;

                assert_in_range(linear_counting_estimate(BITS, set_bits(n, 1)), n - error, n + error);
        }
}

static void addresses_count_once(void **state _unused_) {
        assert_int_equal(set_bits(300, 5), set_bits(300, 1));
        assert_int_equal(linear_counting_estimate(BITS, 0), 0);
        assert_int_equal(linear_counting_estimate(BITS, 1), 1);
}

static void a_full_map_gives_the_most_it_can(void **state _unused_) {
        /* 1024 ln 1024 */
        assert_int_equal(linear_counting_estimate(BITS, BITS), 7098);
        assert_int_equal(linear_counting_estimate(BITS, BITS - 1), 7098);
        assert_in_range(linear_counting_estimate(BITS, BITS - 2), 6387, 6389);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(an_estimate_is_near_the_number_of_addresses),
                cmocka_unit_test(addresses_count_once),
                cmocka_unit_test(a_full_map_gives_the_most_it_can),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
