/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/store-fixture.h"

/* Somebody edited the file: nothing crashes, the good rows are there, the bad ones are counted. */

static struct evidence piece = { FACT_MDNS_HOSTNAME, VOICE_SELF, 90, .count = 1, 1, 2, (char *) "prn.local" };
static struct device_service service = { FACT_MDNS_SERVICE, 1, 2, (char *) "_ipp._tcp" };

static void fill(struct fixture *f, size_t n) {
        fixture_open(f);
        f->networks[0] = (struct network) { .id = 7, .interface = "eth0", .n_prefixes = 1 };
        f->networks[0].prefixes[0].address = (struct ip_address) { AF_INET, { 192, 0, 2 } };
        f->networks[0].prefixes[0].length = 24;
        f->n_networks = 1;
        store_put_network(f->store, 7);
        for (uint64_t id = 1; id <= n; id++) {
                struct device *d = fixture_add(f, id);

                d->evidence = &piece;
                d->services = &service;
                d->n_evidence = d->n_services = 1;
                d->ipv6[0] = (struct device_ip) { { AF_INET6, { 0xfe, 0x80, [15] = 1 } }, 1, 2, FACT_NDP_SOURCE };
                d->n_ipv6 = 1;
                d->user = (struct device_user) { (char *) "label", (char *) "notes", TYPE_TV, true };
                store_put_device(f->store, id, UINT32_MAX);
        }
        assert_int_equal(store_flush(f->store, 0), 0);
        f->store = store_close(f->store);
}

static uint64_t load_tampered(struct fixture *f, const char *sql, struct fixture_log *log) {
        struct store_counters counters;

        fixture_tamper(f, sql);
        fixture_open(f);
        assert_int_equal(fixture_load(f, log), 0);
        store_get_counters(f->store, &counters);
        return counters.skipped_rows;
}

static size_t count(const char *text, const char *part) {
        size_t n = 0;

        while ((text = strstr(text, part))) {
                n++;
                text += strlen(part);
        }
        return n;
}

static void bad_device_rows_are_skipped(void **state) {
        struct fixture *f = *state;
        struct fixture_log log;

        fill(f, 6);
        assert_int_equal(load_tampered(f, "UPDATE devices SET last_seen = -5 WHERE id = 1;"
                                          "UPDATE devices SET is_self = 2 WHERE id = 2;"
                                          "UPDATE devices SET bytes_sent = -1 WHERE id = 3;"
                                          "PRAGMA foreign_keys = OFF; UPDATE devices SET id = 0 WHERE id = 4", &log), 4);
        assert_int_equal(log.devices, 2);
        assert_non_null(strstr(log.text, "device 5 "));
        assert_non_null(strstr(log.text, "device 6 "));
}

static void bad_addresses_are_skipped(void **state) {
        struct fixture *f = *state;
        struct fixture_log log;

        fill(f, 7);
        assert_int_equal(load_tampered(f, "UPDATE device_addresses SET address = '00:11:22' WHERE device = 1 AND family = 'mac';"
                                          "UPDATE device_addresses SET address = 'ff:ff:ff:ff:ff:ff' WHERE device = 2 AND family = 'mac';"
                                          "UPDATE device_addresses SET address = '10.0.0.1' WHERE device = 3 AND family = 'ipv6';"
                                          "UPDATE device_addresses SET address = '255.255.255.255' WHERE device = 4 AND family = 'ipv4';"
                                          "UPDATE device_addresses SET source = 'no.such' WHERE device = 5 AND family = 'ipv4';"
                                          "UPDATE device_addresses SET first_seen = -1 WHERE device = 6 AND family = 'ipv6';"
                                          "UPDATE device_addresses SET family = 'ipx' WHERE device = 7 AND family = 'ipv6'", &log), 7);
        assert_int_equal(log.devices, 7);
        assert_int_equal(count(log.text, " mac "), 5);
        assert_int_equal(count(log.text, " ip "), 9);
}

static void bad_evidence_is_skipped(void **state) {
        struct fixture *f = *state;
        struct fixture_log log;

        fill(f, 9);
        assert_int_equal(load_tampered(f, "UPDATE device_evidence SET kind = 'from.the.future' WHERE device = 1;"
                                          "UPDATE device_evidence SET voice = 'shouts' WHERE device = 2;"
                                          "UPDATE device_evidence SET value = printf('%.*c', 3000000, 'x') WHERE device = 3;"
                                          "UPDATE device_evidence SET value = CAST(x'c328' AS TEXT) WHERE device = 4;"
                                          "UPDATE device_evidence SET confidence = 101 WHERE device = 5;"
                                          "UPDATE device_evidence SET count = 4294967296 WHERE device = 6;"
                                          "UPDATE device_evidence SET last_seen = -9223372036854775808 WHERE device = 7;"
                                          "UPDATE device_evidence SET value = CAST(x'610062' AS TEXT) WHERE device = 8", &log), 8);
        assert_int_equal(log.devices, 9);
        assert_int_equal(count(log.text, " evidence "), 1);
}

static void bad_services_are_skipped(void **state) {
        struct fixture *f = *state;
        struct fixture_log log;

        fill(f, 4);
        assert_int_equal(load_tampered(f, "UPDATE device_services SET source = 'x' WHERE device = 1;"
                                          "UPDATE device_services SET value = CAST(x'ff' AS TEXT) WHERE device = 2;"
                                          "UPDATE device_services SET last_seen = -1 WHERE device = 3", &log), 3);
        assert_int_equal(count(log.text, " service "), 1);
}

static void lists_longer_than_allowed_are_cut(void **state) {
        struct fixture *f = *state;
        struct fixture_log log;

        fill(f, 1);
        assert_int_equal(load_tampered(f, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)"
                                          " INSERT INTO device_evidence SELECT 1, i, 'mdns.txt', 'self', 'v', 1, 1, 1, 1 FROM n;"
                                          "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20)"
                                          " INSERT INTO device_addresses SELECT 1, 'mac', i, '02:00:00:00:00:01', NULL, 1, 1 FROM n;"
                                          "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20)"
                                          " INSERT INTO network_prefixes SELECT 7, i, '10.0.0.0', 8 FROM n", &log),
                         (201 - DEVICE_EVIDENCE_MAX) + (21 - DEVICE_MACS_MAX) + (21 - 8));
        assert_int_equal(count(log.text, " evidence "), DEVICE_EVIDENCE_MAX);
        assert_int_equal(count(log.text, " mac "), DEVICE_MACS_MAX);
}

/* The user's other words stay. */
static void bad_user_field_costs_that_field(void **state) {
        struct fixture *f = *state;
        struct fixture_log log;

        fill(f, 5);
        assert_int_equal(load_tampered(f, "UPDATE device_user SET type = 'spaceship' WHERE device = 1;"
                                          "UPDATE device_user SET label = printf('%.*c', 257, 'x') WHERE device = 2;"
                                          "UPDATE device_user SET notes = CAST(x'ff' AS TEXT) WHERE device = 3;"
                                          "UPDATE device_user SET trusted = 5 WHERE device = 4", &log), 4);
        assert_int_equal(log.devices, 5);
        assert_int_equal(count(log.text, " user label | notes | - | 1\n"), 1);
        assert_int_equal(count(log.text, " user - | notes | tv | 1\n"), 1);
        assert_int_equal(count(log.text, " user label | - | tv | 1\n"), 1);
        assert_int_equal(count(log.text, " user label | notes | tv | 0\n"), 1);
        assert_int_equal(count(log.text, " user label | notes | tv | 1\n"), 1);
}

static void bad_networks_are_skipped(void **state) {
        struct fixture *f = *state;
        struct fixture_log log;

        fill(f, 0);
        assert_int_equal(load_tampered(f, "INSERT INTO networks VALUES (8, 'an-interface-name-too-long', 0, NULL, NULL, NULL, 1, 1),"
                                          " (9, 'eth0', 4096, NULL, NULL, NULL, 1, 1), (10, 'eth0', 0, 'xx', NULL, NULL, 1, 1),"
                                          " (11, 'eth0', 0, NULL, '1.2.3', NULL, 1, 1), (12, 'eth0', 0, NULL, NULL, NULL, -1, 1),"
                                          " (0, 'eth0', 0, NULL, NULL, NULL, 1, 1);"
                                          "UPDATE network_prefixes SET length = 33", &log), 7);
        assert_int_equal(log.networks, 1);
        assert_int_equal(count(log.text, " prefix "), 0);
}

static void refused_records_are_counted(void **state) {
        struct fixture *f = *state;
        struct store_counters counters;
        struct fixture_log log = { .answer = -EEXIST };

        fill(f, 2);
        fixture_open(f);
        assert_int_equal(store_load(f->store, &(struct store_load_ops) { fixture_take_network, fixture_take_device, &log }), 0);
        assert_int_equal(log.devices, 2);
        store_get_counters(f->store, &counters);
        assert_int_equal(counters.skipped_rows, 3);
}

/* STRICT keeps types right, so it goes first. */
static void wrong_types_are_not_read(void **state) {
        struct fixture *f = *state;
        struct fixture_log log;

        fill(f, 4);
        assert_int_equal(load_tampered(f, "PRAGMA writable_schema = ON;"
                                          "UPDATE sqlite_schema SET sql = replace(sql, ') STRICT', ')') WHERE name LIKE 'device%';"
                                          "PRAGMA writable_schema = RESET;"
                                          "UPDATE devices SET last_seen = x'00ff' WHERE id = 1;"
                                          "UPDATE devices SET packets_sent = 1.5 WHERE id = 2;"
                                          "UPDATE devices SET is_known = 'yes' WHERE id = 3;"
                                          "UPDATE device_evidence SET value = x'61' WHERE device = 4;"
                                          "UPDATE device_user SET label = x'61' WHERE device = 4", &log), 5);
        assert_int_equal(log.devices, 1);
        assert_int_equal(count(log.text, " evidence "), 0);
        assert_int_equal(count(log.text, " user - | notes | tv | 1\n"), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(bad_device_rows_are_skipped),
                TEST(bad_addresses_are_skipped),
                TEST(bad_evidence_is_skipped),
                TEST(bad_services_are_skipped),
                TEST(lists_longer_than_allowed_are_cut),
                TEST(bad_user_field_costs_that_field),
                TEST(bad_networks_are_skipped),
                TEST(refused_records_are_counted),
                TEST(wrong_types_are_not_read),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
