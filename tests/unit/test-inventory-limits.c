/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include <malloc.h>
#include <stdlib.h>
#include <time.h>

#include "tests/unit/inventory-fixture.h"

/* An inventory of a big site under a flood of invented addresses. */

#define SITE_DEVICES 10000
#define INVENTED 50000

static const char *site_mac(char buffer[static MAC_STRING_MAX], unsigned i) {
        snprintf(buffer, MAC_STRING_MAX, "00:11:32:00:%02x:%02x", i >> 8 & 255, i & 255);
        return buffer;
}

static const char *invented_mac(char buffer[static MAC_STRING_MAX], unsigned i) {
        snprintf(buffer, MAC_STRING_MAX, "02:ee:%02x:%02x:%02x:%02x", i >> 24 & 255, i >> 16 & 255, i >> 8 & 255, i & 255);
        return buffer;
}

static void say_site_device(struct fixture *f, unsigned i) {
        char mac[MAC_STRING_MAX], ip[IP_STRING_MAX], text[128];

        site_mac(mac, i);
        snprintf(ip, sizeof ip, "10.1.%u.%u", i >> 8, i & 255);
        arp(f, mac, ip);
        snprintf(text, sizeof text, "host-%u", i);
        say(f, mac, ip, FACT_DHCP_HOSTNAME, text);
        say(f, mac, ip, FACT_DHCP_PARAM_REQUEST_LIST, "1,3,6,12,15,26,28,42,43,114");
        say(f, mac, ip, FACT_DHCP_VENDOR_CLASS, "android-dhcp-13");
        snprintf(text, sizeof text, "host-%u.local %s", i, ip);
        say(f, mac, ip, FACT_MDNS_HOSTNAME, text);
        say(f, mac, ip, FACT_MDNS_SERVICE, "_smb._tcp.local");
        say(f, mac, ip, FACT_MDNS_SERVICE, "_ssh._tcp.local");
}

/* Heard twice, a quarter of an hour apart. */
static void make_site(struct fixture *f) {
        for (unsigned i = 0; i < SITE_DEVICES; i++)
                say_site_device(f, i);
        pass(f, 900);
        for (unsigned i = 0; i < SITE_DEVICES; i++)
                say_site_device(f, i);
        pass(f, 1);
}

static size_t count_site(const struct fixture *f) {
        char mac[MAC_STRING_MAX];
        size_t n = 0;

        for (unsigned i = 0; i < SITE_DEVICES; i++)
                n += device_at(f, site_mac(mac, i)) != NULL;
        return n;
}

static struct inventory_counters counters_of(const struct fixture *f) {
        struct inventory_counters counters;

        inventory_get_counters(f->inventory, &counters);
        return counters;
}

static size_t heap(void) {
        struct mallinfo2 info = mallinfo2();

        return info.uordblks + info.hblkhd;
}

static void flood_of_bare_addresses_costs_no_device_and_little_memory(void **state _unused_) {
        struct inventory_config config;
        char mac[MAC_STRING_MAX];
        size_t before, site, after;
        struct fixture f;
        uint64_t id;

        inventory_config_default(&config);
        before = heap();
        fixture_init(&f, 0);
        make_site(&f);
        site = heap();
        id = device_at(&f, site_mac(mac, 17))->id;
        assert_int_equal(inventory_set_label(f.inventory, id, "mine"), 0);
        for (unsigned i = 0; i < INVENTED; i++) {
                sight(&f, invented_mac(mac, i));
                if (i % 1000 == 999)
                        pass(&f, 1);
        }
        after = heap();
        print_message("# %u devices: %zu KiB; with %u invented addresses: %zu KiB\n", SITE_DEVICES, (site - before) / 1024,
                      INVENTED, (after - before) / 1024);
        assert_int_equal(count_site(&f), SITE_DEVICES);
        assert_true(count_devices(&f) <= SITE_DEVICES + config.devices_max / 8);
        assert_true(counters_of(&f).refused > 0);
        /* Stated in docs: 4 KiB a device, and the flood adds its share of the table. */
        assert_true(site - before < SITE_DEVICES * 4096UL);
        assert_true(after - before < config.devices_max * 4096UL);
        fixture_done(&f);
}

/* ARP makes confirmed devices: they may fill the table, but they push out each other. */
static void flood_of_arp_costs_no_established_device(void **state _unused_) {
        struct inventory_config config;
        char mac[MAC_STRING_MAX], ip[IP_STRING_MAX];
        struct fixture f;

        inventory_config_default(&config);
        fixture_init(&f, 0);
        make_site(&f);
        for (unsigned i = 0; i < INVENTED; i++) {
                snprintf(ip, sizeof ip, "10.2.%u.%u", i >> 8 & 255, i & 255);
                arp(&f, invented_mac(mac, i), ip);
                if (i % 1000 == 999)
                        pass(&f, 1);
        }
        assert_int_equal(count_site(&f), SITE_DEVICES);
        assert_int_equal(count_devices(&f), config.devices_max);
        assert_true(counters_of(&f).evicted > 0);
        /* Each eviction is two events: their rate is bounded. 50 s at 32 a second, and the first 256. */
        assert_true(f.removed <= 256 + 51 * 32);
        fixture_done(&f);
}

static void users_devices_are_never_evicted(void **state _unused_) {
        char mac[MAC_STRING_MAX];
        struct fixture f;

        fixture_init(&f, 8);
        for (unsigned i = 0; i < 4; i++)
                arp(&f, site_mac(mac, i), "10.1.0.1");
        inventory_set_label(f.inventory, device_at(&f, site_mac(mac, 0))->id, "a");
        inventory_set_notes(f.inventory, device_at(&f, site_mac(mac, 1))->id, "b");
        inventory_set_type(f.inventory, device_at(&f, site_mac(mac, 2))->id, TYPE_TV);
        inventory_set_trusted(f.inventory, device_at(&f, site_mac(mac, 3))->id, true);
        for (unsigned i = 0; i < 1000; i++) {
                pass(&f, 60);
                arp(&f, invented_mac(mac, i), "10.1.0.9");
        }
        for (unsigned i = 0; i < 4; i++)
                assert_non_null(device_at(&f, site_mac(mac, i)));
        assert_int_equal(count_devices(&f), 8);
        fixture_done(&f);
}

static void table_full_of_the_users_refuses(void **state _unused_) {
        char mac[MAC_STRING_MAX];
        struct fixture f;

        fixture_init(&f, 2);
        for (unsigned i = 0; i < 2; i++) {
                arp(&f, site_mac(mac, i), "10.1.0.1");
                inventory_set_trusted(f.inventory, device_at(&f, site_mac(mac, i))->id, true);
        }
        arp(&f, invented_mac(mac, 1), "10.1.0.9");
        assert_null(device_at(&f, invented_mac(mac, 1)));
        assert_int_equal(counters_of(&f).refused, 1);
        fixture_done(&f);
}

/* Whoever looks at a device does not keep it. */
static void reading_does_not_steer_eviction(void **state _unused_) {
        const struct device *found[2];
        char mac[MAC_STRING_MAX];
        struct fixture f;
        uint64_t id;

        fixture_init(&f, 4);
        for (unsigned i = 0; i < 4; i++) {
                arp(&f, site_mac(mac, i), "10.1.0.1");
                pass(&f, 1);
        }
        id = device_at(&f, site_mac(mac, 0))->id;
        for (unsigned i = 0; i < 100; i++) {
                size_t position = 0;

                inventory_get(f.inventory, id);
                inventory_find(f.inventory, site_mac(mac, 0), found, 2);
                while (inventory_next(f.inventory, &position))
                        ;
        }
        arp(&f, invented_mac(mac, 1), "10.1.0.9");
        assert_null(inventory_get(f.inventory, id));
        assert_non_null(device_at(&f, site_mac(mac, 1)));
        fixture_done(&f);
}

static void the_unconfirmed_leave_before_the_silent(void **state _unused_) {
        char mac[MAC_STRING_MAX];
        struct fixture f;

        fixture_init(&f, 4);
        for (unsigned i = 0; i < 3; i++)
                arp(&f, site_mac(mac, i), "10.1.0.1");
        pass(&f, 600);
        sight(&f, invented_mac(mac, 0));
        arp(&f, invented_mac(mac, 1), "10.1.0.9");
        assert_null(device_at(&f, invented_mac(mac, 0)));
        for (unsigned i = 0; i < 3; i++)
                assert_non_null(device_at(&f, site_mac(mac, i)));
        fixture_done(&f);
}

static void bare_addresses_leave_after_a_day(void **state _unused_) {
        char mac[MAC_STRING_MAX];
        struct fixture f;

        fixture_init(&f, 0);
        sight(&f, invented_mac(mac, 0));
        arp(&f, site_mac(mac, 0), "10.1.0.1");
        pass(&f, 3600);
        assert_int_equal(count_devices(&f), 2);
        pass(&f, 24 * 3600);
        assert_int_equal(count_devices(&f), 1);
        assert_non_null(device_at(&f, site_mac(mac, 0)));
        assert_int_equal(counters_of(&f).expired, 1);
        fixture_done(&f);
}

static void smaller_limit_takes_effect(void **state _unused_) {
        struct inventory_config config;
        char mac[MAC_STRING_MAX];
        struct fixture f;

        fixture_init(&f, 0);
        for (unsigned i = 0; i < 100; i++)
                arp(&f, site_mac(mac, i), "10.1.0.1");
        inventory_config_default(&config);
        config.devices_max = 10;
        inventory_set_config(f.inventory, &config);
        assert_int_equal(count_devices(&f), 10);
        assert_non_null(device_at(&f, site_mac(mac, 99)));
        fixture_done(&f);
}

/* Every MAC of a flood says as much as it can: what is kept of it has a limit as a whole. */
static void text_of_a_flood_is_bounded(void **state _unused_) {
        char mac[MAC_STRING_MAX], value[1400];
        size_t before = heap(), after;
        struct fixture f;

        fixture_init(&f, 512);
        memset(value, 'x', sizeof value);
        value[sizeof value - 1] = '\0';
        for (unsigned i = 0; i < 512; i++)
                for (unsigned k = 0; k < 24; k++) {
                        snprintf(value, 16, "%08x%06x", i, k);
                        value[14] = 'x';
                        say(&f, site_mac(mac, i), "10.1.0.1", FACT_MDNS_TXT, value);
                }
        after = heap();
        assert_true(counters_of(&f).evidence_overflow > 0);
        /* 2 KiB for each, the same again shared, and the devices themselves. */
        assert_true(after - before < 512 * (2 * 2048 + 4096));
        fixture_done(&f);
}

static void vlan_tags_cannot_fill_the_table_of_networks(void **state _unused_) {
        struct fact fact;
        size_t position = 0, n = 0;
        struct fixture f;

        fixture_init(&f, 0);
        for (unsigned vlan = 1; vlan < 4000; vlan++) {
                struct sighting sighting = { .vlan = (uint16_t) vlan, .mac = mac_of("02:00:00:00:00:01"), .last = T0 };

                inventory_take_sighting(f.inventory, &sighting);
        }
        while (inventory_next_network(f.inventory, &position))
                n++;
        assert_int_equal(n, 32);
        fact = fact_of(&f, "00:11:32:00:00:01", "10.1.0.1", FACT_ARP_SENDER, "00:11:32:00:00:01 10.1.0.1");
        inventory_take_fact(f.inventory, &fact);
        assert_non_null(device_at(&f, "00:11:32:00:00:01"));
        fixture_done(&f);
}

/* SYNs in the name of `n` addresses, from `first` on. */
static void forward(struct fixture *f, unsigned first, unsigned n) {
        for (unsigned i = first; i < first + n; i++) {
                char ip[IP_STRING_MAX];
                struct fact fact;

                snprintf(ip, sizeof ip, "198.51.%u.%u", i / 250, i % 250 + 1);
                fact = fact_of(f, "02:00:00:00:00:01", ip, FACT_TCP_SYN_SIG, "signature");
                fact.flags = FACT_HAS_MAC;
                fact.hop_limit = 64;
                inventory_take_fact(f->inventory, &fact);
        }
}

static void who_sends_from_ever_more_addresses_is_none_of_them(void **state _unused_) {
        struct inventory_counters counters;
        const struct device *device;
        struct fixture f;

        fixture_init(&f, 0);
        forward(&f, 0, 500);
        inventory_get_counters(f.inventory, &counters);
        assert_int_equal(counters.address_overflow, 64);
        device = device_at(&f, "02:00:00:00:00:01");
        assert_int_equal(device->n_ipv4, DEVICE_IPV4_MAX);
        assert_int_equal(device->evidence[0].count, 64 + DEVICE_IPV4_MAX);
        pass(&f, 120);
        forward(&f, 500, 500);
        inventory_get_counters(f.inventory, &counters);
        assert_int_equal(counters.address_overflow, 64 + 2);
        fixture_done(&f);
}

/* An address that was refused is asked for again when there is room for it, whatever was remembered meanwhile. */
static void who_was_refused_is_taken_when_a_minute_is_over(void **state _unused_) {
        struct inventory_counters counters;
        struct fixture f;

        fixture_init(&f, 0);
        forward(&f, 0, 500);
        forward(&f, 499, 1);
        inventory_get_counters(f.inventory, &counters);
        assert_int_equal(counters.address_overflow, 64);
        pass(&f, 60);
        forward(&f, 499, 1);
        inventory_get_counters(f.inventory, &counters);
        assert_int_equal(counters.address_overflow, 64 + 1);
        fixture_done(&f);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(flood_of_bare_addresses_costs_no_device_and_little_memory),
                cmocka_unit_test(flood_of_arp_costs_no_established_device),
                cmocka_unit_test(users_devices_are_never_evicted),
                cmocka_unit_test(table_full_of_the_users_refuses),
                cmocka_unit_test(reading_does_not_steer_eviction),
                cmocka_unit_test(the_unconfirmed_leave_before_the_silent),
                cmocka_unit_test(bare_addresses_leave_after_a_day),
                cmocka_unit_test(smaller_limit_takes_effect),
                cmocka_unit_test(text_of_a_flood_is_bounded),
                cmocka_unit_test(vlan_tags_cannot_fill_the_table_of_networks),
                cmocka_unit_test(who_sends_from_ever_more_addresses_is_none_of_them),
                cmocka_unit_test(who_was_refused_is_taken_when_a_minute_is_over),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
