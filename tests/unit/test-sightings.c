/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include "engine/inventory/sightings.h"
#include "tests/unit/inventory-fixture.h"

static const struct mac_address everybody = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };

static struct mac_address address_of(unsigned n) {
        return (struct mac_address) { { 0x02, 0, 0, (uint8_t) (n >> 16), (uint8_t) (n >> 8), (uint8_t) n } };
}

/* True: both ends were counted. */
static bool count(struct sightings *s, uint32_t ifindex, uint16_t vlan, const struct mac_address *from, const struct mac_address *to,
                  uint64_t now, uint32_t bytes) {
        struct frame frame = { .ts = now, .ifindex = ifindex, .length = bytes };

        return sightings_count_frame(s, &frame, vlan, from, to) == 0;
}

static bool count_sent(struct sightings *s, uint32_t ifindex, unsigned n) {
        struct mac_address mac = address_of(n);

        return count(s, ifindex, 0, &mac, &everybody, T0, 60);
}

static void sums_are_handed_over_once(void **state _unused_) {
        _cleanup_(sightings_freep) struct sightings *s = NULL;
        struct mac_address a = address_of(1), b = address_of(2), zero = {};
        const struct device *d;
        struct fixture f;

        fixture_init(&f, 0);
        assert_int_equal(sightings_new(&s, 0), 0);
        assert_true(sightings_is_empty(s));
        assert_true(count(s, 1, 0, &zero, &zero, T0, 60));
        assert_true(sightings_is_empty(s));
        for (unsigned i = 0; i < 10; i++)
                assert_true(count(s, 1, 0, &a, &b, T0 + i, 100));
        assert_true(count(s, 1, 0, &b, &everybody, T0 + 10, 60));
        sightings_drain(s, f.inventory);
        assert_true(sightings_is_empty(s));
        sightings_drain(s, f.inventory);
        d = inventory_get_by_mac(f.inventory, &a);
        assert_int_equal(d->traffic.packets_sent, 10);
        assert_int_equal(d->traffic.bytes_sent, 1000);
        assert_int_equal(d->traffic.packets_received, 0);
        d = inventory_get_by_mac(f.inventory, &b);
        assert_int_equal(d->traffic.packets_sent, 1);
        assert_int_equal(d->traffic.packets_received, 10);
        assert_true(d->last_seen == T0 + 10);
        /* After that the same pair begins anew. */
        assert_true(count(s, 1, 0, &a, &b, T0 + 11, 100));
        sightings_drain(s, f.inventory);
        assert_int_equal(d->traffic.packets_received, 11);
        fixture_done(&f);
}

static void interfaces_and_vlans_are_apart(void **state _unused_) {
        _cleanup_(sightings_freep) struct sightings *s = NULL;
        struct mac_address mac = address_of(1);
        struct fixture f;

        fixture_init(&f, 0);
        assert_int_equal(sightings_new(&s, 0), 0);
        count(s, 1, 0, &mac, &everybody, T0, 60);
        count(s, 1, 7, &mac, &everybody, T0, 60);
        count(s, 2, 7, &mac, &everybody, T0, 60);
        sightings_drain(s, f.inventory);
        assert_int_equal(count_devices(&f), 3);
        fixture_done(&f);
}

static void table_is_bounded_and_recovers(void **state _unused_) {
        _cleanup_(sightings_freep) struct sightings *s = NULL;
        unsigned counted = 0;
        struct fixture f;

        fixture_init(&f, 0);
        assert_int_equal(sightings_new(&s, 0), 0);
        for (unsigned i = 0; i < 50000; i++)
                counted += count_sent(s, 1, i);
        assert_in_range(counted, 2000, 4096);
        sightings_drain(s, f.inventory);
        assert_true(count_sent(s, 1, 60000));
        fixture_done(&f);
}

/* Where the table looks first for address_of(n), on interface 0, if its seed is 0. */
static uint64_t home_of(unsigned n) {
        struct mac_address mac = address_of(n);
        uint32_t first;
        uint16_t last;

        memcpy(&first, mac.bytes, sizeof first);
        memcpy(&last, mac.bytes + sizeof first, sizeof last);
        return (UINT64_C(1) << 63 | (uint64_t) last << 32 | first) * UINT64_C(0x9e3779b97f4a7c15) >> 52;
}

static unsigned count_chosen(uint64_t seed) {
        _cleanup_(sightings_freep) struct sightings *s = NULL;
        unsigned counted = 0, tried = 0;

        assert_int_equal(sightings_new(&s, seed), 0);
        for (unsigned n = 0; n < 1000000 && tried < 100; n++) {
                if (home_of(n) != 7)
                        continue;
                tried++;
                counted += count_sent(s, 0, n);
        }
        assert_int_equal(tried, 100);
        return counted;
}

/* Addresses chosen to hide others find no place where the seed is known, and any place where it is not. */
static void seed_scatters_chosen_addresses(void **state _unused_) {
        assert_in_range(count_chosen(0), 1, 16);
        assert_int_equal(count_chosen(UINT64_C(0x243f6a8885a308d3)), 100);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(sums_are_handed_over_once),
                cmocka_unit_test(interfaces_and_vlans_are_apart),
                cmocka_unit_test(table_is_bounded_and_recovers),
                cmocka_unit_test(seed_scatters_chosen_addresses),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
