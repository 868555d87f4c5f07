/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include <errno.h>
#include <stdlib.h>

#include "tests/unit/inventory-fixture.h"

#define ROUTER "74:da:88:10:77:01"
#define NAS "00:11:32:9c:77:12"
#define PHONE "f4:4d:30:5a:77:10"

static struct network home(void) {
        return (struct network) { .id = 42, .interface = "eth0", .gateway_mac = mac_of(ROUTER),
                                  .gateway_ip = ip_of("192.168.77.1"), .first_seen = T0, .last_seen = T0 };
}

static struct device record_of(uint64_t id, const char *mac) {
        struct device d = { .id = id, .network = 42, .flags = DEVICE_CONFIRMED | DEVICE_KNOWN, .first_seen = T0 - 3600 * SEC,
                            .last_seen = T0, .n_macs = 1, .user.type = _TYPE_INVALID };

        d.macs[0] = (struct device_mac) { mac_of(mac), T0 - 3600 * SEC, T0 };
        return d;
}

static void restore_home(struct fixture *f) {
        struct network network = home();

        fixture_init(f, 0);
        assert_int_equal(inventory_restore_network(f->inventory, &network), 0);
}

static void set_interface(struct fixture *f) {
        struct inventory_interface interface = { .ifindex = 5, .name = "eth0", .mac = mac_of("02:00:00:00:00:99"),
                                                 .n_addresses = 1, .prefix_lengths = { 24 } };

        interface.addresses[0] = ip_of("192.168.77.2");
        interface.gateway = ip_of("192.168.77.1");
        inventory_set_interface(f->inventory, &interface, f->now);
}

static void device_is_what_it_was(void **state _unused_) {
        struct device record = record_of(7, NAS);
        struct evidence evidence[] = {
                { FACT_MDNS_HOSTNAME, VOICE_SELF, 1, .count = 3, T0, T0, (char *) "nas77.local 192.168.77.12" },
                { FACT_DHCP_HOSTNAME, VOICE_SELF, 1, .count = 9, T0, T0, (char *) "nas-dhcp" },
        };
        struct device_service service = { FACT_MDNS_SERVICE, T0, T0, (char *) "_smb._tcp" };
        const struct device *d;
        struct fixture f;

        restore_home(&f);
        record.evidence = evidence;
        record.n_evidence = ELEMENTSOF(evidence);
        record.services = &service;
        record.n_services = 1;
        record.ipv4[record.n_ipv4++] = (struct device_ip) { ip_of("192.168.77.12"), T0, T0, FACT_ARP_SENDER };
        record.user = (struct device_user) { (char *) "Storage", (char *) "in the closet", TYPE_NAS, true };
        record.traffic.bytes_sent = 1234;
        assert_int_equal(inventory_restore_device(f.inventory, &record), 0);
        inventory_advance(f.inventory, T0 + SEC);
        d = inventory_get(f.inventory, 7);
        assert_non_null(d);
        assert_int_equal(f.added + f.changed, 0);
        assert_string_equal(device_hostname(d), "nas77");
        assert_int_equal(d->n_names, 2);
        assert_int_equal(d->evidence[1].count, 9);
        assert_int_equal(d->evidence[1].kind, FACT_DHCP_HOSTNAME);
        assert_int_equal(d->n_services, 1);
        assert_int_equal(d->n_ipv4, 1);
        assert_string_equal(d->user.label, "Storage");
        assert_string_equal(d->user.notes, "in the closet");
        assert_int_equal(device_type(d), TYPE_NAS);
        assert_true(d->user.trusted);
        assert_int_equal(d->traffic.bytes_sent, 1234);
        assert_true(d->flags & DEVICE_KNOWN);
        fixture_done(&f);
}

static void presence_comes_of_the_clock(void **state _unused_) {
        struct device recent = record_of(7, NAS), old = record_of(8, PHONE);
        struct fixture f;

        restore_home(&f);
        old.last_seen = T0 - 1800 * SEC;
        assert_int_equal(inventory_restore_device(f.inventory, &recent), 0);
        assert_int_equal(inventory_restore_device(f.inventory, &old), 0);
        inventory_advance(f.inventory, T0 + 10 * SEC);
        assert_int_equal(inventory_get(f.inventory, 7)->presence, PRESENCE_ONLINE);
        assert_int_equal(inventory_get(f.inventory, 8)->presence, PRESENCE_OFFLINE);
        assert_int_equal(f.changed, 0);
        inventory_advance(f.inventory, T0 + 1000 * SEC);
        assert_int_equal(inventory_get(f.inventory, 7)->presence, PRESENCE_OFFLINE);
        assert_true(f.changes & CHANGE_PRESENCE);
        fixture_done(&f);
}

static void device_heard_again_is_the_same(void **state _unused_) {
        struct device record = record_of(7, NAS);
        struct fact fact;
        struct fixture f;

        restore_home(&f);
        assert_int_equal(inventory_restore_device(f.inventory, &record), 0);
        set_interface(&f);
        fact = fact_of(&f, NAS, "192.168.77.12", FACT_ARP_SENDER, NAS " 192.168.77.12");
        fact.ifindex = 5;
        inventory_take_fact(f.inventory, &fact);
        assert_true(device_at(&f, NAS)->id == 7);
        assert_int_equal(count_devices(&f), 2);
        assert_true(device_at(&f, "02:00:00:00:00:99")->network == 42);
        fixture_done(&f);
}

static void gateway_is_known_by_its_network(void **state _unused_) {
        struct device record = record_of(7, ROUTER);
        struct fixture f;

        restore_home(&f);
        assert_int_equal(inventory_restore_device(f.inventory, &record), 0);
        assert_true(inventory_get(f.inventory, 7)->flags & DEVICE_GATEWAY);
        fixture_done(&f);
}

/* In the store devices stand in any order; who leaves first is who is silent for longest. */
static void eviction_goes_by_silence_not_by_order_of_restoring(void **state _unused_) {
        struct network network = home();
        struct fixture f;

        fixture_init(&f, 3);
        assert_int_equal(inventory_restore_network(f.inventory, &network), 0);
        for (unsigned i = 0; i < 3; i++) {
                static const unsigned ages[] = { 10, 500, 100 };
                char mac[MAC_STRING_MAX];
                struct device record;

                snprintf(mac, sizeof mac, "00:11:32:00:00:%02x", i);
                record = record_of(i + 1, mac);
                record.last_seen = T0 - ages[i] * SEC;
                assert_int_equal(inventory_restore_device(f.inventory, &record), 0);
        }
        arp(&f, NAS, "192.168.77.12");
        assert_null(inventory_get(f.inventory, 2));
        assert_non_null(inventory_get(f.inventory, 1));
        assert_non_null(inventory_get(f.inventory, 3));
        fixture_done(&f);
}

static void records_that_cannot_be_are_refused(void **state _unused_) {
        struct device record = record_of(7, NAS), bad;
        struct network network = home();
        struct fixture f;

        fixture_init(&f, 1);
        assert_int_equal(inventory_restore_device(f.inventory, &record), -EINVAL);
        assert_int_equal(inventory_restore_network(f.inventory, &network), 0);
        assert_int_equal(inventory_restore_network(f.inventory, &network), -EEXIST);
        network.id = 0;
        assert_int_equal(inventory_restore_network(f.inventory, &network), -EINVAL);
        network.id = 43;
        memset(network.interface, 'x', sizeof network.interface);
        assert_int_equal(inventory_restore_network(f.inventory, &network), -EINVAL);

        bad = record;
        bad.n_macs = 0;
        assert_int_equal(inventory_restore_device(f.inventory, &bad), -EINVAL);
        bad = record;
        bad.macs[0].address = mac_of("ff:ff:ff:ff:ff:ff");
        assert_int_equal(inventory_restore_device(f.inventory, &bad), -EINVAL);
        bad = record;
        bad.macs[bad.n_macs++] = bad.macs[0];
        assert_int_equal(inventory_restore_device(f.inventory, &bad), -EINVAL);
        bad = record;
        bad.n_evidence = DEVICE_EVIDENCE_MAX + 1;
        assert_int_equal(inventory_restore_device(f.inventory, &bad), -EINVAL);
        bad = record;
        bad.user.type = _TYPE_MAX;
        assert_int_equal(inventory_restore_device(f.inventory, &bad), -EINVAL);
        bad = record;
        bad.last_seen = bad.first_seen - 1;
        assert_int_equal(inventory_restore_device(f.inventory, &bad), -EINVAL);

        assert_int_equal(inventory_restore_device(f.inventory, &record), 0);
        assert_int_equal(inventory_restore_device(f.inventory, &record), -EEXIST);
        bad = record_of(8, PHONE);
        assert_int_equal(inventory_restore_device(f.inventory, &bad), -E2BIG);
        assert_int_equal(count_devices(&f), 1);
        fixture_done(&f);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(device_is_what_it_was),
                cmocka_unit_test(presence_comes_of_the_clock),
                cmocka_unit_test(device_heard_again_is_the_same),
                cmocka_unit_test(gateway_is_known_by_its_network),
                cmocka_unit_test(eviction_goes_by_silence_not_by_order_of_restoring),
                cmocka_unit_test(records_that_cannot_be_are_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
