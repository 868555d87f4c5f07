/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/store-fixture.h"

static void open_with(struct fixture *f, void (*change)(struct store_config *config)) {
        struct store_config config;

        store_config_default(&config);
        config.now = NOW;
        change(&config);
        assert_int_equal(store_open(&f->store, f->path, &config, NULL), 0);
        fixture_set_source(f);
}

static void put(struct fixture *f, uint64_t id, uint64_t last_seen) {
        fixture_add(f, id)->last_seen = last_seen;
        store_put_device(f->store, id, UINT32_MAX);
}

static void add_alerts(struct fixture *f, uint64_t first, uint64_t last, uint64_t ts, bool acknowledged) {
        for (uint64_t id = first; id <= last; id++) {
                struct alert alert = { .id = id, .ts = ts, .message = "m", .acknowledged = acknowledged };

                assert_int_equal(store_add_alerts(f->store, &alert, 1), 0);
        }
}

static void prune_all(struct fixture *f, uint64_t now) {
        int r, steps = 0;

        while ((r = store_prune(f->store, now)) > 0)
                assert_true(steps++ < 1000);
        assert_int_equal(r, 0);
}

static void silent_devices_go_unless_the_user_cares(void **state) {
        struct fixture *f = *state;
        struct store_counters counters;

        fixture_open(f);
        put(f, 1, NOW - 400 * DAY);
        put(f, 2, NOW - 400 * DAY);
        f->devices[1].user.trusted = true;
        put(f, 3, NOW - 400 * DAY);
        f->devices[2].user.label = (char *) "attic";
        put(f, 4, NOW - 364 * DAY);
        put(f, 5, NOW - 400 * DAY);
        f->devices[4].flags = DEVICE_SELF;
        store_flush(f->store, 0);
        prune_all(f, NOW);
        assert_int_equal(fixture_number(f, "SELECT group_concat(id, '') FROM (SELECT id FROM devices ORDER BY id)"), 2345);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM device_addresses WHERE device = 1"), 0);
        store_get_counters(f->store, &counters);
        assert_int_equal(counters.pruned_devices, 1);
}

static void pruned_device_that_comes_back_is_whole(void **state) {
        struct fixture *f = *state;

        fixture_open(f);
        put(f, 1, NOW - 400 * DAY);
        store_flush(f->store, 0);
        prune_all(f, NOW);
        f->devices[0].last_seen = NOW;
        store_put_device(f->store, 1, CHANGE_SEEN);
        store_flush(f->store, 0);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM device_addresses WHERE device = 1"), 2);
}

static void empty_old_networks_go(void **state) {
        struct fixture *f = *state;

        fixture_open(f);
        f->networks[0] = (struct network) { .id = 7, .interface = "eth0", .last_seen = NOW - 400 * DAY }; /* has a device */
        f->networks[1] = (struct network) { .id = 8, .interface = "eth0", .last_seen = NOW - 400 * DAY };
        f->networks[2] = (struct network) { .id = 9, .interface = "eth0", .last_seen = NOW };
        f->n_networks = 3;
        for (uint64_t id = 7; id <= 9; id++)
                store_put_network(f->store, id);
        put(f, 1, NOW);
        store_flush(f->store, 0);
        prune_all(f, NOW);
        assert_int_equal(fixture_number(f, "SELECT group_concat(id, '') FROM (SELECT id FROM networks ORDER BY id)"), 79);
}

static void keep_for_ever(struct store_config *config) {
        config->device_age_max = config->alert_age_max = 0;
}

static void zero_keeps_for_ever(void **state) {
        struct fixture *f = *state;

        open_with(f, keep_for_ever);
        put(f, 1, 1);
        store_flush(f->store, 0);
        add_alerts(f, 1, 1, 1, true);
        prune_all(f, NOW);
        assert_int_equal(fixture_number(f, "SELECT (SELECT count(*) FROM devices) + (SELECT count(*) FROM alerts)"), 2);
}

static void old_alerts_go_when_acknowledged(void **state) {
        struct fixture *f = *state;

        fixture_open(f);
        add_alerts(f, 1, 1, NOW - 100 * DAY, true);
        add_alerts(f, 2, 2, NOW - 100 * DAY, false);
        add_alerts(f, 3, 3, NOW - 80 * DAY, true);
        prune_all(f, NOW);
        assert_int_equal(fixture_number(f, "SELECT group_concat(id, '') FROM alerts"), 23);
}

static void keep_ten_alerts(struct store_config *config) {
        config->alerts_max = 10;
}

static void too_many_alerts_lose_the_acknowledged_first(void **state) {
        struct fixture *f = *state;
        struct store_counters counters;

        open_with(f, keep_ten_alerts);
        add_alerts(f, 1, 8, NOW, false);
        add_alerts(f, 9, 14, NOW, true);
        prune_all(f, NOW);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM alerts"), 10);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM alerts WHERE acknowledged = 0"), 8);
        assert_int_equal(fixture_number(f, "SELECT min(id) FROM alerts WHERE acknowledged = 1"), 13);
        add_alerts(f, 15, 24, NOW, false);
        prune_all(f, NOW);
        assert_int_equal(fixture_number(f, "SELECT min(id) FROM alerts"), 15);
        store_get_counters(f->store, &counters);
        assert_int_equal(counters.pruned_alerts, 14);
        assert_int_equal(counters.alerts, 10);
}

static void small(struct store_config *config) {
        config->size_max = 384 << 10;
}

/* A flood of invented devices fills the file; those that the user knows stay, and new ones find room. */
static void size_limit_drops_silent_devices(void **state) {
        static struct evidence evidence[DEVICE_EVIDENCE_MAX];
        struct fixture *f = *state;
        struct store_counters counters;
        int r = 0;

        for (size_t i = 0; i < ELEMENTSOF(evidence); i++)
                evidence[i] = (struct evidence) { FACT_MDNS_TXT, VOICE_SELF, 1, .count = 1, 1, 1,
                                                  (char *) "some eighty bytes of text that a device of no importance said about itself" };
        open_with(f, small);
        put(f, 1, NOW - 300 * DAY);
        f->devices[0].user.trusted = true;
        assert_int_equal(store_flush(f->store, 0), 0);
        for (uint64_t id = 2; r == 0; id++) {
                put(f, id, NOW - DAY);
                f->devices[f->n_devices - 1].evidence = evidence;
                f->devices[f->n_devices - 1].n_evidence = ELEMENTSOF(evidence);
                r = store_flush(f->store, 0);
        }
        assert_int_equal(r, -ENOSPC);
        prune_all(f, NOW);
        assert_int_equal(store_flush(f->store, 0), 0);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM devices WHERE id = 1"), 1);
        store_get_counters(f->store, &counters);
        assert_true(counters.pruned_devices > 10);
        assert_true(counters.file_bytes <= 384 << 10);
}

static void size_limit_drops_alerts_at_last(void **state) {
        struct fixture *f = *state;
        char text[3001];
        int r = 0;

        memset(text, 'x', sizeof text - 1);
        text[sizeof text - 1] = '\0';
        open_with(f, small);
        for (uint64_t id = 1; r == 0; id++) {
                struct alert alert = { .id = id, .ts = NOW, .message = text };

                r = store_add_alerts(f->store, &alert, 1);
        }
        assert_int_equal(r, -ENOSPC);
        prune_all(f, NOW);
        add_alerts(f, 1000, 1000, NOW, false);
}

static void free_pages_are_given_back(void **state) {
        static struct alert alerts[1000];
        struct fixture *f = *state;
        struct store_counters before, after;
        char text[3001];

        memset(text, 'x', sizeof text - 1);
        text[sizeof text - 1] = '\0';
        for (uint64_t id = 1; id <= 1000; id++)
                alerts[id - 1] = (struct alert) { .id = id, .ts = NOW - 100 * DAY, .message = text, .acknowledged = true };
        fixture_open(f);
        assert_int_equal(store_add_alerts(f->store, alerts, ELEMENTSOF(alerts)), 0);
        store_get_counters(f->store, &before);
        prune_all(f, NOW);
        store_get_counters(f->store, &after);
        assert_int_equal(after.alerts, 0);
        assert_true(before.file_bytes > 3000000);
        assert_true(after.file_bytes < 1500000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

static void nothing_goes_for_its_age_while_the_clock_is_wrong(void **state) {
        struct fixture *f = *state;

        fixture_open(f);
        put(f, 1, NOW - 400 * DAY);
        assert_int_equal(store_flush(f->store, 0), 0);
        add_alerts(f, 1, 3, NOW - 400 * DAY, true);
        store_keep_old(f->store, true);
        prune_all(f, NOW + 4000 * DAY);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM devices"), 1);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM alerts"), 3);
        store_keep_old(f->store, false);
        prune_all(f, NOW);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM devices"), 0);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM alerts"), 0);
}

/* Those seen since the start move with the clock; none stays in the future, and first is never after last. */
static void times_move_with_the_clock(void **state) {
        struct fixture *f = *state;

        fixture_open(f);
        put(f, 1, NOW + DAY);
        put(f, 2, NOW - 5 * DAY);
        put(f, 3, NOW + 900 * DAY);
        f->devices[0].first_seen = NOW - 9 * DAY;
        f->devices[1].first_seen = NOW - 9 * DAY;
        f->devices[2].first_seen = NOW + 800 * DAY;
        assert_int_equal(store_flush(f->store, 0), 0);
        assert_int_equal(store_shift_times(f->store, NOW, -(int64_t) (12 * DAY), NOW - 10 * DAY), 0);
        assert_true((uint64_t) fixture_number(f, "SELECT last_seen FROM devices WHERE id = 1") == NOW - 11 * DAY);
        assert_true((uint64_t) fixture_number(f, "SELECT first_seen FROM devices WHERE id = 1") == NOW - 11 * DAY);
        assert_true((uint64_t) fixture_number(f, "SELECT last_seen FROM devices WHERE id = 2") == NOW - 10 * DAY);
        assert_true((uint64_t) fixture_number(f, "SELECT last_seen FROM devices WHERE id = 3") == NOW - 10 * DAY);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM devices WHERE first_seen > last_seen"), 0);
        assert_true(store_created(f->store) == NOW - 12 * DAY);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(silent_devices_go_unless_the_user_cares),
                TEST(pruned_device_that_comes_back_is_whole),
                TEST(empty_old_networks_go),
                TEST(zero_keeps_for_ever),
                TEST(old_alerts_go_when_acknowledged),
                TEST(too_many_alerts_lose_the_acknowledged_first),
                TEST(size_limit_drops_silent_devices),
                TEST(size_limit_drops_alerts_at_last),
                TEST(free_pages_are_given_back),
                TEST(nothing_goes_for_its_age_while_the_clock_is_wrong),
                TEST(times_move_with_the_clock),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
