/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include <stdlib.h>

#include "daemon/flows.h"
#include "daemon/talkers.h"

#define BEGIN (UINT64_C(1700000000) * NSEC_PER_SEC)

static int setup(void **state) {
        struct talkers *t;

        assert_int_equal(talkers_new(&t, 1), 0);
        *state = t;
        return 0;
}

static int teardown(void **state) {
        talkers_free(*state);
        return 0;
}

static struct ip_address address(uint32_t n) {
        const uint8_t bytes[4] = { 10, (uint8_t) (n >> 16), (uint8_t) (n >> 8), (uint8_t) n };

        return ip_from_v4(bytes);
}

static void add(struct talkers *t, uint64_t device, uint32_t n, uint64_t sent, uint64_t got) {
        struct ip_address ip = address(n);

        talkers_add(t, device, &ip, &(const struct heavy_amounts) { { sent, got }, { 1, 1 } });
}

static void a_round_is_told_when_it_is_over(void **state) {
        struct talkers *t = *state;
        const struct talker *list;
        size_t n;

        add(t, 0, 1, 600, 400);
        talkers_get(t, BEGIN, &n);
        assert_int_equal(n, 0);
        talkers_turn(t, BEGIN, BEGIN + 4 * NSEC_PER_SEC);
        list = talkers_get(t, BEGIN + 5 * NSEC_PER_SEC, &n);
        assert_int_equal(n, 1);
        assert_int_equal(list[0].rate, 2000); /* 1000 bytes in 4 s */
        assert_int_equal(list[0].amounts.bytes[1], 400);
        assert_true(ip_equal(&list[0].address, &(struct ip_address) { AF_INET, { 10, 0, 0, 1 } }));
        talkers_get(t, BEGIN + 4 * NSEC_PER_SEC + 2 * FLOWS_INTERVAL, &n);
        assert_int_equal(n, 1);
        talkers_get(t, BEGIN + 4 * NSEC_PER_SEC + 2 * FLOWS_INTERVAL + 1, &n);
        assert_int_equal(n, 0); /* that was then */
        talkers_get(t, BEGIN, &n);
        assert_int_equal(n, 1); /* a clock that went back */
        talkers_turn(t, BEGIN + 4 * NSEC_PER_SEC, BEGIN + 14 * NSEC_PER_SEC);
        talkers_get(t, BEGIN + 14 * NSEC_PER_SEC, &n);
        assert_int_equal(n, 0); /* nobody said anything */
}

static void a_device_is_one_by_all_its_addresses(void **state) {
        struct talkers *t = *state;
        const struct talker *list;
        size_t n;

        add(t, 7, 1, 10, 0);
        add(t, 7, 2, 20, 0);
        add(t, 0, 3, 25, 0);
        add(t, 0, 7, 5, 0); /* an address is no device's id */
        talkers_turn(t, BEGIN, BEGIN);
        list = talkers_get(t, BEGIN, &n);
        assert_int_equal(n, 3);
        assert_int_equal(list[0].device, 7);
        assert_int_equal(list[0].amounts.bytes[0], 30);
        assert_int_equal(list[0].rate, 240); /* in no time is within a second */
        assert_int_equal(list[1].device, 0);
}

/* A scan from half a million made up addresses hides nobody who moves much. */
static void a_crowd_hides_nobody(void **state) {
        struct talkers *t = *state;
        const struct talker *list;
        struct talkers_counters counters;
        size_t n;

        for (uint32_t i = 0; i < 500000; i++) {
                add(t, 0, 100 + i, 60, 0);
                if (i % 100 == 0)
                        add(t, 1, 1, 1400, 100000);
        }
        talkers_turn(t, BEGIN, BEGIN + FLOWS_INTERVAL);
        list = talkers_get(t, BEGIN + FLOWS_INTERVAL, &n);
        assert_int_equal(n, TALKERS_TOLD_MAX);
        assert_int_equal(list[0].device, 1);
        assert_int_equal(list[0].amounts.bytes[1], UINT64_C(5000) * 100000);
        assert_int_equal(list[0].error, 0);
        talkers_get_counters(t, &counters);
        assert_int_equal(counters.known, TALKERS_PLACES);
        assert_int_equal(counters.displaced, 500001 - TALKERS_PLACES);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(a_round_is_told_when_it_is_over, setup, teardown),
                cmocka_unit_test_setup_teardown(a_device_is_one_by_all_its_addresses, setup, teardown),
                cmocka_unit_test_setup_teardown(a_crowd_hides_nobody, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
