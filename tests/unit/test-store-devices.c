/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/store-fixture.h"

static struct evidence pieces[] = {
        { FACT_MDNS_HOSTNAME, VOICE_SELF, 90, .count = 12, NOW - DAY, NOW - 5, (char *) "prn.local" },
        { FACT_MDNS_QUERY, VOICE_ASKS, 10, .count = UINT32_MAX, NOW - 9, NOW, (char *) "_googlecast._tcp.local" },
        { FACT_DHCP_HOSTNAME, VOICE_SERVES, 0, .count = 0, 0, 0, (char *) "" },
        { FACT_DHCP_HOSTNAME, VOICE_CLAIMS, 100, .count = 1, 1, 2, (char *) "it's \"n\xc3\xb6t\"; DROP TABLE devices; --" },
};

static struct device_service services[] = {
        { FACT_MDNS_SERVICE, NOW - 3, NOW - 2, (char *) "_ipp._tcp" },
        { FACT_SSDP_USN, NOW - 1, NOW, (char *) "urn:schemas-upnp-org:device:Printer:1" },
};

/* One of everything. */
static struct device *add_full(struct fixture *f) {
        struct device *d = fixture_add(f, UINT64_C(0xfedcba9876543210));

        d->flags = DEVICE_SELF | DEVICE_GATEWAY | DEVICE_RANDOMIZED | DEVICE_KNOWN | DEVICE_CONFIRMED;
        d->macs[1] = (struct device_mac) { { { 2, 4, 6, 8, 10, 12 } }, 5, 6 };
        d->n_macs = 2;
        d->ipv4[1] = (struct device_ip) { { AF_INET, { 10, 0, 0, 9 } }, 7, 8, _FACT_KIND_INVALID };
        d->n_ipv4 = 2;
        d->ipv6[0] = (struct device_ip) { { AF_INET6, { 0xfe, 0x80, [15] = 1 } }, 9, 10, FACT_NDP_SOURCE };
        d->ipv6[1] = (struct device_ip) { { AF_INET6, { 0x20, 1, 0xd, 0xb8, [15] = 2 } }, 11, 12, FACT_NDP_DAD };
        d->n_ipv6 = 2;
        d->evidence = pieces;
        d->n_evidence = ELEMENTSOF(pieces);
        d->services = services;
        d->n_services = ELEMENTSOF(services);
        d->user = (struct device_user) { (char *) "Printer \xf0\x9f\x96\xa8", (char *) "second\nfloor", TYPE_PRINTER, true };
        d->traffic = (struct device_traffic) { 1, 2, 3, INT64_MAX };
        return d;
}

static struct network *add_network(struct fixture *f) {
        struct network *n = &f->networks[f->n_networks++];

        *n = (struct network) {
                .id = 7,
                .interface = "wlp0s20f3abcde", /* 14 of the 15 that fit */
                .vlan = 4094,
                .gateway_mac = { { 0, 1, 2, 3, 4, 5 } },
                .gateway_ip = { AF_INET, { 192, 0, 2, 1 } },
                .n_prefixes = 2,
                .name = (char *) "home.example",
                .first_seen = 3,
                .last_seen = 4,
        };
        n->prefixes[0].address = (struct ip_address) { AF_INET, { 192, 0, 2 } };
        n->prefixes[0].length = 24;
        n->prefixes[1].address = (struct ip_address) { AF_INET6, { 0x20, 1, 0xd, 0xb8 } };
        n->prefixes[1].length = 64;
        return n;
}

static void every_field_comes_back(void **state) {
        struct fixture *f = *state;
        struct fixture_log log, expected = { 0 };

        fixture_open(f);
        log_network(&expected, add_network(f));
        log_device(&expected, add_full(f));
        assert_int_equal(store_put_network(f->store, 7), 0);
        assert_int_equal(store_put_device(f->store, f->devices[0].id, UINT32_MAX), 0);
        assert_int_equal(store_flush(f->store, 0), 0);
        fixture_reopen(f);
        assert_int_equal(fixture_load(f, &log), 0);
        assert_string_equal(log.text, expected.text);
}

static void bare_network_and_device_come_back(void **state) {
        struct fixture *f = *state;
        struct fixture_log log, expected = { 0 };

        fixture_open(f);
        f->networks[f->n_networks++] = (struct network) { .id = 7, .interface = "eth0" };
        f->devices[f->n_devices++] = (struct device) { .id = 1, .user = { .type = _TYPE_INVALID } };
        log_network(&expected, &f->networks[0]);
        log_device(&expected, &f->devices[0]);
        store_put_network(f->store, 7);
        store_put_device(f->store, 1, CHANGE_SEEN);
        fixture_reopen(f); /* closing flushes */
        assert_int_equal(fixture_load(f, &log), 0);
        assert_string_equal(log.text, expected.text);
}

static void full_lists_come_back(void **state) {
        static struct evidence evidence[DEVICE_EVIDENCE_MAX];
        static char value[FACT_VALUE_MAX + 1];
        struct fixture *f = *state;
        struct fixture_log log;
        struct device *d;

        memset(value, 'v', FACT_VALUE_MAX);
        for (size_t i = 0; i < ELEMENTSOF(evidence); i++)
                evidence[i] = (struct evidence) { FACT_MDNS_TXT, VOICE_SELF, 1, .count = 1, 1, 1, i == 0 ? value : (char *) "x" };
        fixture_open(f);
        d = fixture_add(f, 1);
        d->evidence = evidence;
        d->n_evidence = DEVICE_EVIDENCE_MAX;
        d->n_macs = DEVICE_MACS_MAX;
        for (size_t i = 1; i < DEVICE_MACS_MAX; i++)
                d->macs[i].address = (struct mac_address) { { 2, 0, 0, 0, 0, (uint8_t) i } };
        d->n_ipv6 = DEVICE_IPV6_MAX;
        for (size_t i = 0; i < DEVICE_IPV6_MAX; i++)
                d->ipv6[i].address = (struct ip_address) { AF_INET6, { 0xfe, 0x80, [15] = (uint8_t) (i + 1) } };
        store_put_device(f->store, 1, UINT32_MAX);
        fixture_reopen(f);
        assert_int_equal(fixture_load(f, &log), 0);
        assert_non_null(strstr(log.text, value));
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM device_evidence"), DEVICE_EVIDENCE_MAX);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM device_addresses"), DEVICE_MACS_MAX + 1 + DEVICE_IPV6_MAX);
        assert_non_null(strstr(log.text, "02:00:00:00:00:07"));
        assert_non_null(strstr(log.text, "fe80::10 "));
}

static void nothing_dirty_is_no_transaction(void **state) {
        struct fixture *f = *state;
        uint64_t before;

        fixture_open(f);
        fixture_add(f, 1);
        store_put_device(f->store, 1, CHANGE_SEEN);
        store_flush(f->store, 0);
        before = fixture_transactions(f);
        assert_int_equal(store_flush(f->store, 0), 0);
        assert_int_equal(store_put_device(f->store, 1, CHANGE_CLASS | CHANGE_NAMES), 0); /* derived: not kept */
        assert_int_equal(store_dirty(f->store), 0);
        assert_int_equal(store_flush(f->store, 0), 0);
        assert_int_equal(store_prune(f->store, NOW), 0);
        assert_int_equal(fixture_transactions(f), before);
}

static void reopening_writes_nothing(void **state) {
        struct fixture *f = *state;

        fixture_open(f);
        fixture_reopen(f);
        assert_int_equal(fixture_transactions(f), 0);
}

static void many_puts_are_one_row_and_one_fetch(void **state) {
        struct fixture *f = *state;
        uint64_t before;

        fixture_open(f);
        fixture_add(f, 1);
        before = fixture_transactions(f);
        for (int i = 0; i < 1000; i++)
                store_put_device(f->store, 1, CHANGE_SEEN);
        assert_int_equal(store_dirty(f->store), 1);
        store_flush(f->store, 0);
        assert_int_equal(f->fetched, 1);
        assert_int_equal(fixture_transactions(f), before + 1);
}

static void only_named_parts_are_rewritten(void **state) {
        struct fixture *f = *state;
        struct device *d;

        fixture_open(f);
        d = add_full(f);
        store_put_device(f->store, d->id, UINT32_MAX);
        store_flush(f->store, 0);
        d->last_seen = NOW + 1;
        d->n_evidence = 1;
        d->n_services = 0;
        d->n_macs = 1;
        d->n_ipv6 = 1;
        store_put_device(f->store, d->id, CHANGE_SEEN);
        store_flush(f->store, 0);
        assert_true(fixture_number(f, "SELECT last_seen FROM devices") == NOW + 1);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM device_evidence"), 4);
        store_put_device(f->store, d->id, CHANGE_EVIDENCE | CHANGE_IPV6);
        store_flush(f->store, 0);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM device_evidence"), 1);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM device_addresses WHERE family = 'ipv6'"), 1);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM device_addresses WHERE family = 'mac'"), 2);
        store_put_device(f->store, d->id, CHANGE_SERVICES | CHANGE_ADDRESSES);
        store_flush(f->store, 0);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM device_services"), 0);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM device_addresses WHERE family = 'mac'"), 1);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM device_addresses WHERE family = 'ipv4'"), 2);
}

static void limit_leaves_the_rest_for_later(void **state) {
        struct fixture *f = *state;

        fixture_open(f);
        for (uint64_t id = 1; id <= 10; id++) {
                fixture_add(f, id);
                store_put_device(f->store, id, UINT32_MAX);
        }
        assert_int_equal(store_flush(f->store, 4), 1);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM devices"), 4);
        assert_int_equal(store_dirty(f->store), 6);
        assert_int_equal(store_flush(f->store, 4), 1);
        assert_int_equal(store_flush(f->store, 4), 0);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM devices"), 10);
}

static void merely_seen_devices_can_wait(void **state) {
        struct fixture *f = *state;

        fixture_open(f);
        for (uint64_t id = 1; id <= 10; id++) {
                fixture_add(f, id);
                store_put_device(f->store, id, id % 2 ? CHANGE_SEEN : UINT32_MAX);
        }
        assert_int_equal(store_flush_urgent(f->store, 3, STORE_SOON), 1);
        assert_int_equal(store_flush_urgent(f->store, 3, STORE_SOON), 0);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM devices WHERE id % 2 = 0"), 5);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM devices"), 5);
        assert_int_equal(store_dirty(f->store), 5);
        /* Nothing but them: no transaction. */
        store_put_device(f->store, 2, CHANGE_SEEN);
        assert_int_equal(store_flush_urgent(f->store, 0, STORE_SOON), 0);
        assert_int_equal(store_dirty(f->store), 6);
        store_delete_device(f->store, 10);
        f->n_devices = 9;
        assert_int_equal(store_flush_urgent(f->store, 0, STORE_SOON), 0);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM devices"), 4);
        assert_int_equal(store_flush(f->store, 0), 0);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM devices"), 9);
        assert_int_equal(store_dirty(f->store), 0);
}

static void what_changed_devices_moved_can_wait(void **state) {
        struct fixture *f = *state;
        struct device *d;

        fixture_open(f);
        d = add_full(f);
        store_put_device(f->store, d->id, UINT32_MAX);
        assert_int_equal(store_flush_urgent(f->store, 0, STORE_SOON), 0);
        assert_int_equal(store_dirty(f->store), 0); /* a new one is written whole */
        d->traffic.packets_sent += 1000;
        d->last_seen = NOW + 1;
        d->n_evidence = 1;
        store_put_device(f->store, d->id, CHANGE_SEEN | CHANGE_EVIDENCE);
        assert_int_equal(store_flush_urgent(f->store, 0, STORE_SOON), 0);
        assert_true(fixture_number(f, "SELECT last_seen FROM devices") != NOW + 1);
        assert_int_equal(store_flush_urgent(f->store, 0, STORE_LATER), 0);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM device_evidence"), 1);
        assert_true(fixture_number(f, "SELECT last_seen FROM devices") == NOW + 1);
        assert_true(fixture_number(f, "SELECT packets_sent FROM devices") == (int64_t) d->traffic.packets_sent - 1000);
        assert_int_equal(store_dirty(f->store), 1);
        assert_int_equal(store_flush(f->store, 0), 0);
        assert_true(fixture_number(f, "SELECT packets_sent FROM devices") == (int64_t) d->traffic.packets_sent);
        assert_int_equal(store_dirty(f->store), 0);
        /* Without having moved anything nothing is left of it. */
        store_put_device(f->store, d->id, CHANGE_EVIDENCE);
        assert_int_equal(store_flush_urgent(f->store, 0, STORE_LATER), 0);
        assert_int_equal(store_dirty(f->store), 0);
}

static void evidence_waits_longer_than_services(void **state) {
        struct fixture *f = *state;
        struct device *d;

        fixture_open(f);
        assert_int_equal(store_haste(CHANGE_NAMES | CHANGE_CLASS), _STORE_HASTE_MAX);
        assert_int_equal(store_haste(CHANGE_SEEN), STORE_SELDOM);
        assert_int_equal(store_haste(CHANGE_SEEN | CHANGE_EVIDENCE), STORE_LATER);
        assert_int_equal(store_haste(CHANGE_EVIDENCE | CHANGE_SERVICES), STORE_SOON);
        d = add_full(f);
        store_put_device(f->store, d->id, CHANGE_SERVICES);
        assert_int_equal(store_flush_urgent(f->store, 0, STORE_SOON), 0);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM device_evidence"), ELEMENTSOF(pieces)); /* all of a new one */
        assert_int_equal(store_dirty(f->store), 0);
        d->n_evidence = d->n_services = 1;
        store_put_device(f->store, d->id, CHANGE_EVIDENCE);
        store_put_device(f->store, d->id, CHANGE_SERVICES);
        assert_int_equal(store_flush_urgent(f->store, 0, STORE_SOON), 0);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM device_services"), 1);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM device_evidence"), ELEMENTSOF(pieces));
        assert_int_equal(store_flush_urgent(f->store, 0, STORE_LATER), 0);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM device_evidence"), 1);
        assert_int_equal(store_dirty(f->store), 0);
}

static void silence_leaves_the_files_alone(void **state) {
        struct fixture *f = *state;
        struct stat before[2], after[2];
        char log[320];

        fixture_open(f);
        store_put_device(f->store, add_full(f)->id, UINT32_MAX);
        store_flush(f->store, 0);
        assert_int_equal(store_prune(f->store, NOW), 0);
        snprintf(log, sizeof log, "%s-wal", f->path);
        assert_true(stat(f->path, &before[0]) == 0 && stat(log, &before[1]) == 0);
        for (int period = 0; period < 1000; period++) {
                assert_int_equal(store_flush_urgent(f->store, 500, STORE_SOON), 0);
                assert_int_equal(store_flush(f->store, 500), 0);
                assert_int_equal(store_prune(f->store, NOW + period), 0);
        }
        assert_true(stat(f->path, &after[0]) == 0 && stat(log, &after[1]) == 0);
        for (size_t i = 0; i < ELEMENTSOF(before); i++) {
                assert_true(after[i].st_size == before[i].st_size && after[i].st_ino == before[i].st_ino);
                assert_memory_equal(&after[i].st_mtim, &before[i].st_mtim, sizeof before[i].st_mtim);
        }
}

static void deleted_device_takes_its_rows_along(void **state) {
        struct fixture *f = *state;
        struct fixture_log log;
        struct device *d;

        fixture_open(f);
        d = add_full(f);
        store_put_device(f->store, d->id, UINT32_MAX);
        store_flush(f->store, 0);
        store_delete_device(f->store, d->id);
        f->n_devices = 0;
        assert_int_equal(store_flush(f->store, 0), 0);
        assert_int_equal(fixture_number(f, "SELECT (SELECT count(*) FROM devices) + (SELECT count(*) FROM device_user)"
                                           " + (SELECT count(*) FROM device_addresses) + (SELECT count(*) FROM"
                                           " device_evidence) + (SELECT count(*) FROM device_services)"), 0);
        assert_int_equal(fixture_load(f, &log), 0);
        assert_int_equal(log.devices, 0);
}

static void device_unknown_to_the_source_is_deleted(void **state) {
        struct fixture *f = *state;

        fixture_open(f);
        fixture_add(f, 1);
        store_put_device(f->store, 1, UINT32_MAX);
        store_flush(f->store, 0);
        f->n_devices = 0;
        store_put_device(f->store, 1, CHANGE_SEEN);
        store_flush(f->store, 0);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM devices"), 0);
}

static void device_back_under_its_id_is_new(void **state) {
        struct fixture *f = *state;
        struct device *d;

        fixture_open(f);
        d = add_full(f);
        store_put_device(f->store, d->id, UINT32_MAX);
        store_flush(f->store, 0);
        store_delete_device(f->store, d->id);
        d->n_evidence = 0;
        d->user = (struct device_user) { .type = _TYPE_INVALID };
        store_put_device(f->store, d->id, CHANGE_SEEN);
        store_flush(f->store, 0);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM devices"), 1);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM device_evidence"), 0);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM device_user"), 0);
}

static void network_goes_when_the_source_drops_it(void **state) {
        struct fixture *f = *state;

        fixture_open(f);
        add_network(f);
        store_put_network(f->store, 7);
        store_flush(f->store, 0);
        f->networks[0].n_prefixes = 1;
        store_put_network(f->store, 7);
        store_flush(f->store, 0);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM network_prefixes"), 1);
        f->n_networks = 0;
        store_put_network(f->store, 7);
        store_flush(f->store, 0);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM networks"), 0);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM network_prefixes"), 0);
}

static void user_data_is_there_before_any_flush(void **state) {
        struct fixture *f = *state;
        struct device_user user = { (char *) "Den TV", (char *) "note", TYPE_TV, true };

        fixture_open(f);
        assert_int_equal(store_save_user(f->store, fixture_add(f, 1), &user), 0);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM device_user WHERE label = 'Den TV' AND notes = 'note'"
                                           " AND type = 'tv' AND trusted = 1"), 1);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM device_addresses"), 2); /* the device is whole */
        user.label = NULL;
        assert_int_equal(store_save_user(f->store, &f->devices[0], &user), 0);
        assert_int_equal(fixture_number(f, "SELECT label IS NULL FROM device_user"), 1);
}

static void user_data_taken_back_leaves_no_row(void **state) {
        struct fixture *f = *state;
        struct device_user user = { (char *) "x", NULL, _TYPE_INVALID, false };

        fixture_open(f);
        assert_int_equal(store_save_user(f->store, fixture_add(f, 1), &user), 0);
        user.label = NULL;
        assert_int_equal(store_save_user(f->store, &f->devices[0], &user), 0);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM device_user"), 0);
}

static void bad_user_text_changes_nothing(void **state) {
        struct fixture *f = *state;
        char label[DEVICE_USER_TEXT_MAX + 2] = { 0 };
        struct device_user user = { label, NULL, _TYPE_INVALID, false };
        uint64_t before;

        fixture_open(f);
        fixture_add(f, 1);
        before = fixture_transactions(f);
        memset(label, 'l', DEVICE_USER_TEXT_MAX + 1);
        assert_int_equal(store_save_user(f->store, &f->devices[0], &user), -E2BIG);
        strcpy(label, "\xff\xfe");
        assert_int_equal(store_save_user(f->store, &f->devices[0], &user), -EINVAL);
        assert_non_null(strstr(store_last_error(f->store), "not UTF-8"));
        assert_int_equal(fixture_transactions(f), before);
        memset(label, 'l', DEVICE_USER_TEXT_MAX);
        label[DEVICE_USER_TEXT_MAX] = '\0';
        assert_int_equal(store_save_user(f->store, &f->devices[0], &user), 0);
}

static void merge_moves_alerts_and_removes_the_other(void **state) {
        struct fixture *f = *state;
        const struct alert alert = { .id = 1, .device = 2, .name = "", .peer = "", .message = "m", .details = "{}" };
        struct device *d;

        fixture_open(f);
        d = fixture_add(f, 1);
        fixture_add(f, 2);
        store_put_device(f->store, 1, UINT32_MAX);
        store_put_device(f->store, 2, UINT32_MAX);
        store_flush(f->store, 0);
        store_add_alerts(f->store, &alert, 1);
        d->macs[1] = f->devices[1].macs[0];
        d->n_macs = 2;
        assert_int_equal(store_merge(f->store, d, 2), 0);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM devices"), 1);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM device_addresses WHERE family = 'mac'"), 2);
        assert_int_equal(fixture_number(f, "SELECT device FROM alerts"), 1);
}

static void split_writes_both(void **state) {
        struct fixture *f = *state;
        struct device *kept, *created;

        fixture_open(f);
        kept = fixture_add(f, 1);
        kept->macs[1] = (struct device_mac) { { { 2, 0, 0, 0, 0, 9 } }, 1, 2 };
        kept->n_macs = 2;
        store_put_device(f->store, 1, UINT32_MAX);
        store_flush(f->store, 0);
        created = fixture_add(f, 2);
        created->macs[0] = kept->macs[1];
        kept->n_macs = 1;
        assert_int_equal(store_split(f->store, kept, created), 0);
        assert_int_equal(fixture_number(f, "SELECT device FROM device_addresses WHERE address = '02:00:00:00:00:09'"), 2);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM device_addresses WHERE family = 'mac'"), 2);
}

static void forgetting_keeps_the_alerts(void **state) {
        struct fixture *f = *state;
        const struct alert alert = { .id = 1, .device = 1, .name = "", .peer = "", .message = "m", .details = "{}" };

        fixture_open(f);
        store_save_user(f->store, fixture_add(f, 1), &(struct device_user) { (char *) "x", NULL, _TYPE_INVALID, true });
        store_add_alerts(f->store, &alert, 1);
        assert_int_equal(store_forget(f->store, 1), 0);
        assert_int_equal(store_forget(f->store, 1), 0); /* not there: nothing to do */
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM devices"), 0);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM device_user"), 0);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM alerts"), 1);
}

static void flush_without_a_source_deletes_nothing(void **state) {
        struct fixture *f = *state;

        fixture_open(f);
        fixture_add(f, 1);
        store_put_device(f->store, 1, UINT32_MAX);
        store_flush(f->store, 0);
        store_put_device(f->store, 1, CHANGE_SEEN);
        store_set_source(f->store, &(struct store_source) { 0 });
        assert_int_equal(store_flush(f->store, 0), -EINVAL);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM devices"), 1);
}

/* Invented addresses, faster than they are written: neither memory nor file may keep what is gone. */
static void marks_of_devices_that_are_gone_are_bounded(void **state) {
        struct fixture *f = *state;
        struct store_counters counters;

        fixture_open(f);
        for (uint64_t id = 1; id <= 3; id++)
                assert_int_equal(store_put_device(f->store, fixture_add(f, id)->id, UINT32_MAX), 0);
        f->devices[2].user.label = (char *) "kept";
        assert_int_equal(store_flush(f->store, 0), 0);
        f->n_devices = 1; /* 2 goes, and nobody loaded 3 */
        assert_int_equal(store_delete_device(f->store, 2), 0);
        for (uint64_t id = 1000; id < 201000; id++) {
                assert_int_equal(store_put_device(f->store, id, UINT32_MAX), 0);
                assert_int_equal(store_delete_device(f->store, id), 0);
                assert_true(store_dirty(f->store) <= 32768);
        }
        assert_int_equal(store_put_device(f->store, 1, CHANGE_SEEN), 0);
        assert_int_equal(store_flush(f->store, 0), 0);
        store_get_counters(f->store, &counters);
        assert_int_equal(counters.dirty, 0);
        assert_int_equal(counters.devices, 2);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM devices WHERE id = 2"), 0);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM device_user WHERE device = 3"), 1);
}

/* More rows to sweep than one step takes: the flush says so until the last is gone. */
static void sweeping_goes_on_step_by_step(void **state) {
        struct fixture *f = *state;
        unsigned steps = 1;

        fixture_open(f);
        assert_int_equal(store_put_device(f->store, fixture_add(f, 1)->id, UINT32_MAX), 0);
        assert_int_equal(store_flush(f->store, 0), 0);
        fixture_tamper(f, "WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 1209)"
                          " INSERT INTO devices SELECT i, 7, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0 FROM n");
        for (uint64_t id = 5000; id < 40000; id++)
                assert_int_equal(store_delete_device(f->store, id), 0);
        while (store_flush(f->store, STORE_FLUSH_STEP * 100) == 1)
                steps++;
        assert_int_equal(steps, 3);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM devices"), 1);
}

static void memory_database_works_the_same(void **state) {
        struct fixture *f = *state;
        struct fixture_log log;

        strcpy(f->path, ":memory:");
        fixture_open(f);
        add_full(f);
        assert_int_equal(store_save_user(f->store, &f->devices[0], &f->devices[0].user), 0);
        assert_int_equal(fixture_load(f, &log), 0);
        assert_int_equal(log.devices, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(every_field_comes_back),
                TEST(bare_network_and_device_come_back),
                TEST(full_lists_come_back),
                TEST(nothing_dirty_is_no_transaction),
                TEST(reopening_writes_nothing),
                TEST(many_puts_are_one_row_and_one_fetch),
                TEST(only_named_parts_are_rewritten),
                TEST(limit_leaves_the_rest_for_later),
                TEST(merely_seen_devices_can_wait),
                TEST(what_changed_devices_moved_can_wait),
                TEST(evidence_waits_longer_than_services),
                TEST(silence_leaves_the_files_alone),
                TEST(deleted_device_takes_its_rows_along),
                TEST(device_unknown_to_the_source_is_deleted),
                TEST(device_back_under_its_id_is_new),
                TEST(network_goes_when_the_source_drops_it),
                TEST(user_data_is_there_before_any_flush),
                TEST(user_data_taken_back_leaves_no_row),
                TEST(bad_user_text_changes_nothing),
                TEST(merge_moves_alerts_and_removes_the_other),
                TEST(split_writes_both),
                TEST(forgetting_keeps_the_alerts),
                TEST(flush_without_a_source_deletes_nothing),
                TEST(marks_of_devices_that_are_gone_are_bounded),
                TEST(sweeping_goes_on_step_by_step),
                TEST(memory_database_works_the_same),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
