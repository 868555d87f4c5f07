/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Whose an end of a conversation is: the router is not to blame for what it forwards. */

#include "cmocka-all.h"

#include "tests/unit/inventory-fixture.h"

#define ROUTER "02:00:00:00:00:01"
#define PHONE "00:1b:63:00:00:07"
#define SILENT "00:1b:63:00:00:08"

static const struct device *whose(const struct fixture *f, const char *mac, const char *ip) {
        struct mac_address m = mac_of(mac);
        struct ip_address i = ip_of(ip);

        return inventory_get_endpoint(f->inventory, &m, &i);
}

/* This machine has an address in 192.0.2.0/24, whose gateway is 192.0.2.1. */
static void set_interface(struct fixture *f) {
        struct inventory_interface interface = { .ifindex = 0, .name = "lan", .mac = mac_of("02:00:00:00:00:99"),
                                                 .addresses = { ip_of("192.0.2.99") }, .prefix_lengths = { 24 },
                                                 .n_addresses = 1, .gateway = ip_of("192.0.2.1") };

        inventory_set_interface(f->inventory, &interface, f->now);
}

static void a_forwarded_address_is_nobodys(void **state _unused_) {
        struct fixture f;

        fixture_init(&f, 0);
        set_interface(&f);
        arp(&f, ROUTER, "192.0.2.1");
        arp(&f, PHONE, "192.0.2.7");
        pass(&f, 1);
        assert_ptr_equal(whose(&f, ROUTER, "192.0.2.1"), device_at(&f, ROUTER));
        assert_ptr_equal(whose(&f, PHONE, "192.0.2.7"), device_at(&f, PHONE));
        assert_null(whose(&f, ROUTER, "198.51.100.9"));
        assert_null(whose(&f, ROUTER, "2001:db8::9"));
        assert_null(whose(&f, PHONE, "198.51.100.9"));
        /* A repeater's MAC stands on it, and yet it is the phone's. */
        assert_ptr_equal(whose(&f, ROUTER, "192.0.2.7"), device_at(&f, PHONE));
        assert_null(whose(&f, "02:00:00:00:00:55", "192.0.2.55"));
        assert_null(whose(&f, "00:00:00:00:00:00", "192.0.2.7"));
        assert_null(whose(&f, "ff:ff:ff:ff:ff:ff", "192.0.2.255"));
        fixture_done(&f);
}

static void an_address_of_the_link_that_nobody_claimed_is_its_users(void **state _unused_) {
        struct fixture f;

        fixture_init(&f, 0);
        set_interface(&f);
        arp(&f, ROUTER, "192.0.2.1");
        sight(&f, SILENT);
        pass(&f, 1);
        assert_ptr_equal(whose(&f, SILENT, "192.0.2.8"), device_at(&f, SILENT));
        assert_ptr_equal(whose(&f, SILENT, "fe80::8"), device_at(&f, SILENT));
        assert_null(whose(&f, SILENT, "224.0.0.251"));
        assert_ptr_equal(whose(&f, SILENT, "0.0.0.0"), device_at(&f, SILENT));
        assert_ptr_equal(whose(&f, ROUTER, "0.0.0.0"), device_at(&f, ROUTER));
        assert_null(whose(&f, ROUTER, "192.0.2.8"));
        fixture_done(&f);
}

static void without_a_known_prefix_private_addresses_are_their_users(void **state _unused_) {
        struct fixture f;

        fixture_init(&f, 0);
        sight(&f, SILENT);
        pass(&f, 1);
        assert_ptr_equal(whose(&f, SILENT, "10.1.2.3"), device_at(&f, SILENT));
        assert_ptr_equal(whose(&f, SILENT, "172.31.0.1"), device_at(&f, SILENT));
        assert_ptr_equal(whose(&f, SILENT, "fd00::8"), device_at(&f, SILENT));
        assert_null(whose(&f, SILENT, "172.32.0.1"));
        assert_null(whose(&f, SILENT, "198.51.100.9"));
        assert_null(whose(&f, SILENT, "2001:db8::8"));
        fixture_done(&f);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_forwarded_address_is_nobodys),
                cmocka_unit_test(an_address_of_the_link_that_nobody_claimed_is_its_users),
                cmocka_unit_test(without_a_known_prefix_private_addresses_are_their_users),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
