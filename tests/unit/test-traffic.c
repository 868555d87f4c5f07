/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* History of traffic: from the ledger into the database and back as a report, with nothing lost and nothing counted
 * twice on the way. */

#include "tests/unit/store-fixture.h"

#include "daemon/traffic-report.h"

#define HOUR SPAN_NSEC(SPAN_HOUR)
#define T0 (NOW - NOW % DAY) /* midnight */

struct books {
        struct fixture *f; /* first, for fixture_teardown() */
        struct ledger *ledger;
};

static const struct device *books_device(void *userdata, uint64_t id) {
        return fixture_device(((struct books *) userdata)->f, id);
}

static const struct network *books_network(void *userdata, uint64_t id) {
        return fixture_network(((struct books *) userdata)->f, id);
}

static const struct store_hour *books_traffic(void *userdata, uint64_t id, size_t *ret_n) {
        return ledger_fetch(((struct books *) userdata)->ledger, id, ret_n);
}

static void books_written(void *userdata, bool written) {
        ledger_fetched(((struct books *) userdata)->ledger, written);
}

static void books_source(struct books *b) {
        store_set_source(b->f->store, &(struct store_source) { books_device, books_network, b, books_traffic,
                                                               books_written });
}

static int setup(void **state) {
        struct books *b = calloc(1, sizeof *b);
        void *f;

        if (!b || fixture_setup(&f) < 0 || ledger_new(&b->ledger) < 0)
                return -1;
        b->f = f;
        fixture_open(b->f);
        books_source(b);
        *state = b;
        return 0;
}

static int teardown(void **state) {
        struct books *b = *state;
        void *f = b->f;

        b->f->store = store_close(b->f->store);
        ledger_free(b->ledger);
        free(b);
        return fixture_teardown(&f);
}

/* The device sent `n` packets of 100 bytes, and got half of it. */
static void count(struct books *b, uint64_t id, uint64_t ts, uint64_t n) {
        const struct device_traffic traffic = { n, n * 100, n / 2, n * 50 };
        struct device *d = NULL;

        for (size_t i = 0; i < b->f->n_devices; i++)
                if (b->f->devices[i].id == id)
                        d = &b->f->devices[i];
        if (!d)
                d = fixture_add(b->f, id);
        d->traffic.packets_sent += traffic.packets_sent;
        d->traffic.bytes_sent += traffic.bytes_sent;
        d->traffic.packets_received += traffic.packets_received;
        d->traffic.bytes_received += traffic.bytes_received;
        ledger_add(b->ledger, id, ts, &traffic);
        assert_int_equal(store_put_device(b->f->store, id, CHANGE_SEEN), 0);
}

static void talk(struct books *b, uint64_t id, uint64_t ts, uint8_t peer, const char *name, uint64_t bytes) {
        const struct store_peer entry = { { AF_INET, { 198, 51, 100, peer } }, name, { 1, bytes, 1, bytes } };

        ledger_add_peer(b->ledger, id, ts, &entry);
        assert_int_equal(store_put_device(b->f->store, id, CHANGE_SEEN), 0);
}

static struct traffic_report report_of(struct books *b, enum store_span span, uint64_t device, uint64_t since,
                                       uint64_t until) {
        const struct store_traffic_filter filter = { span, device, since, until };
        struct traffic_report report;

        assert_int_equal(traffic_report_make(&report, b->f->store, b->ledger, &filter, 10), 0);
        return report;
}

static uint64_t sent(struct books *b, enum store_span span, uint64_t device) {
        struct traffic_report report = report_of(b, span, device, 0, UINT64_MAX);
        uint64_t packets = report.total.packets_sent;

        traffic_report_done(&report);
        return packets;
}

static void hours_and_days_add_up_wherever_they_are(void **state) {
        struct books *b = *state;
        struct traffic_report r;

        for (unsigned flushed = 0; flushed < 3; flushed++) {
                count(b, 1, T0 + HOUR - 1, 10);
                count(b, 1, T0 + HOUR, 20);
                count(b, 2, T0 + 25 * HOUR, 40);
                /* Once all is in memory, once half and half, once all in the file. */
                if (flushed != 0)
                        assert_int_equal(store_flush(b->f->store, 0), 0);
                for (int span = 0; span < _SPAN_MAX; span++) {
                        assert_int_equal(sent(b, (enum store_span) span, 0), 70 * (flushed + 1));
                        assert_int_equal(sent(b, (enum store_span) span, 1), 30 * (flushed + 1));
                        assert_int_equal(sent(b, (enum store_span) span, 2), 40 * (flushed + 1));
                }
        }
        r = report_of(b, SPAN_HOUR, 0, 0, UINT64_MAX);
        assert_int_equal(r.n_spans, 3);
        assert_true(r.spans[0].key == T0 && r.spans[1].key == T0 + HOUR && r.spans[2].key == T0 + 25 * HOUR);
        assert_int_equal(r.spans[0].traffic.packets_sent, 30);
        assert_int_equal(r.n_devices, 2);
        assert_true(r.devices[0].key == 2 && r.devices[1].key == 1);
        traffic_report_done(&r);
        r = report_of(b, SPAN_DAY, 0, 0, UINT64_MAX);
        assert_int_equal(r.n_spans, 2);
        assert_true(r.spans[0].key == T0 && r.spans[1].key == T0 + DAY);
        assert_int_equal(r.spans[0].traffic.packets_sent, 90);
        traffic_report_done(&r);
}

static void a_report_has_its_time(void **state) {
        struct books *b = *state;

        for (unsigned i = 0; i < 10; i++) {
                struct traffic_report r;

                count(b, 1, T0 + i * HOUR + 7, 1);
                if (i == 4)
                        assert_int_equal(store_flush(b->f->store, 0), 0);
                r = report_of(b, SPAN_HOUR, 0, T0 + HOUR, T0 + 8 * HOUR);
                assert_int_equal(r.total.packets_sent, i < 1 ? 0 : MIN(i, 7U));
                assert_int_equal(r.n_spans, i < 1 ? 0 : MIN(i, 7U));
                traffic_report_done(&r);
        }
}

static void a_devices_counters_are_the_sum_of_its_hours(void **state) {
        struct books *b = *state;
        const struct device_user user = { .label = (char *) "x", .type = _TYPE_INVALID };
        const char *difference = "SELECT sum(d.packets_sent - t.n) FROM devices d JOIN (SELECT device, sum(packets_sent) AS n"
                                 " FROM traffic WHERE span = 'hour' GROUP BY device) t ON t.device = d.id";

        count(b, 1, T0, 5);
        assert_int_equal(store_flush(b->f->store, 0), 0);
        assert_int_equal(fixture_number(b->f, difference), 0);
        count(b, 1, T0 + HOUR, 6);
        /* Other ways in which a device's row is written. */
        assert_int_equal(store_save_user(b->f->store, &b->f->devices[0], &user), 0);
        assert_int_equal(fixture_number(b->f, difference), 0);
        assert_int_equal(fixture_number(b->f, "SELECT sum(packets_sent) FROM devices"), 11);
}

static void what_could_not_be_written_is_written_later_and_once(void **state) {
        struct books *b = *state;
        sqlite3 *other;

        count(b, 1, T0, 5);
        assert_int_equal(sqlite3_open(b->f->path, &other), SQLITE_OK);
        assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
        assert_int_equal(store_flush(b->f->store, 0), -EBUSY);
        assert_int_equal(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
        sqlite3_close(other);
        count(b, 1, T0, 5);
        assert_int_equal(sent(b, SPAN_HOUR, 1), 10);
        assert_int_equal(store_flush(b->f->store, 0), 0);
        assert_int_equal(sent(b, SPAN_HOUR, 1), 10);
        assert_int_equal(store_flush(b->f->store, 0), 0);
        assert_int_equal(fixture_number(b->f, "SELECT sum(packets_sent) FROM traffic WHERE span = 'day'"), 10);
}

static void a_failed_transaction_gives_everything_back(void **state) {
        struct books *b = *state;

        count(b, 1, T0, 5);
        count(b, 2, T0, 5);
        fixture_tamper(b->f, "CREATE TABLE hindrance (x); DROP TABLE traffic_peers");
        talk(b, 2, T0, 1, NULL, 100);
        assert_true(store_flush(b->f->store, 0) < 0);
        assert_int_equal(fixture_number(b->f, "SELECT count(*) FROM traffic"), 0);
        fixture_tamper(b->f, "CREATE TABLE traffic_peers (device, span, time, address, name, packets_sent, bytes_sent,"
                             " packets_received, bytes_received, PRIMARY KEY (device, span, time, address))");
        assert_int_equal(store_flush(b->f->store, 0), 0);
        assert_int_equal(fixture_number(b->f, "SELECT sum(packets_sent) FROM traffic WHERE span = 'hour'"), 10);
        assert_int_equal(fixture_number(b->f, "SELECT sum(bytes_sent) FROM traffic_peers WHERE span = 'hour'"), 100);
}

static void the_greatest_peers_are_kept(void **state) {
        struct books *b = *state;
        struct traffic_report r;

        fixture_add(b->f, 1);
        /* Small ones first, so that the great ones have to push them out; twice, to the file in between. */
        for (unsigned round = 0; round < 2; round++) {
                for (uint8_t i = 1; i <= 100; i++)
                        talk(b, 1, T0, i, i == 100 ? "big.example" : NULL, i * 10);
                assert_int_equal(store_flush(b->f->store, 0), 0);
        }
        assert_int_equal(fixture_number(b->f, "SELECT count(*) FROM traffic_peers WHERE span = 'hour'"),
                         STORE_PEERS_MAX);
        talk(b, 1, T0 + HOUR, 100, NULL, 7);
        r = report_of(b, SPAN_DAY, 1, 0, UINT64_MAX);
        assert_int_equal(r.n_peers, 10);
        for (unsigned i = 0; i < 10; i++) {
                assert_int_equal(r.peers[i].address.bytes[3], 100 - i);
                assert_int_equal(r.peers[i].traffic.bytes_sent, (100 - i) * 20 + (i == 0 ? 7 : 0));
        }
        assert_string_equal(r.peers[0].name, "big.example");
        assert_null(r.peers[1].name);
        traffic_report_done(&r);
}

static void merged_devices_have_one_history(void **state) {
        struct books *b = *state;

        count(b, 1, T0, 5);
        count(b, 2, T0, 7);
        talk(b, 1, T0, 9, NULL, 100);
        talk(b, 2, T0, 9, "peer.example", 100);
        assert_int_equal(store_flush(b->f->store, 0), 0);
        count(b, 2, T0, 11);
        ledger_move(b->ledger, 2, 1);
        b->f->devices[0].traffic.packets_sent += b->f->devices[1].traffic.packets_sent;
        assert_int_equal(store_merge(b->f->store, &b->f->devices[0], 2), 0);
        assert_int_equal(sent(b, SPAN_HOUR, 1), 23);
        assert_int_equal(sent(b, SPAN_DAY, 1), 23);
        assert_int_equal(sent(b, SPAN_HOUR, 0), 23);
        assert_int_equal(fixture_number(b->f, "SELECT bytes_sent FROM traffic_peers WHERE span = 'day'"), 200);
}

static void forgotten_devices_leave_nothing(void **state) {
        struct books *b = *state;

        count(b, 1, T0, 5);
        talk(b, 1, T0, 9, NULL, 100);
        assert_int_equal(store_flush(b->f->store, 0), 0);
        count(b, 1, T0, 5);
        ledger_drop(b->ledger, 1);
        assert_int_equal(store_forget(b->f->store, 1), 0);
        assert_int_equal(sent(b, SPAN_HOUR, 0), 0);
        assert_int_equal(fixture_number(b->f, "SELECT count(*) FROM traffic_peers"), 0);
}

static void old_history_goes(void **state) {
        struct books *b = *state;
        struct store_counters counters;
        uint64_t transactions;
        int r, steps = 0;

        b->f->n_devices = 0;
        for (unsigned day = 0; day < 500; day++) {
                count(b, 1, T0 - day * DAY, 1);
                talk(b, 1, T0 - day * DAY, 9, NULL, 100);
                if (day % 20 == 0)
                        assert_int_equal(store_flush(b->f->store, 0), 0);
        }
        assert_int_equal(store_flush(b->f->store, 0), 0);
        b->f->devices[0].last_seen = T0;
        while ((r = store_prune(b->f->store, T0)) > 0)
                assert_true(steps++ < 100);
        assert_int_equal(r, 0);
        assert_int_equal(fixture_number(b->f, "SELECT count(*) FROM traffic WHERE span = 'hour'"), 15);
        assert_int_equal(fixture_number(b->f, "SELECT count(*) FROM traffic_peers WHERE span = 'hour'"), 15);
        assert_int_equal(fixture_number(b->f, "SELECT count(*) FROM traffic WHERE span = 'day'"), 401);
        assert_int_equal(fixture_number(b->f, "SELECT count(*) FROM traffic_peers WHERE span = 'day'"), 401);
        store_get_counters(b->f->store, &counters);
        assert_true(counters.pruned_traffic > 0);
        transactions = counters.transactions;
        assert_int_equal(store_prune(b->f->store, T0), 0);
        assert_int_equal(fixture_transactions(b->f), transactions);
}

static void near_the_size_limit_the_older_half_goes(void **state) {
        struct books *b = *state;
        struct store_config config;
        int r, steps = 0;

        for (unsigned hour = 0; hour < 300; hour++) {
                count(b, 1, T0 - hour * HOUR, 1);
                for (uint8_t i = 0; i < 16; i++)
                        talk(b, 1, T0 - hour * HOUR, i, "a-name-that-takes-some-room.example", 100);
                if (hour % 20 == 0)
                        assert_int_equal(store_flush(b->f->store, 0), 0);
        }
        assert_int_equal(store_flush(b->f->store, 0), 0);
        store_config_default(&config);
        config.size_max = 512 << 10;
        store_set_config(b->f->store, &config);
        while ((r = store_prune(b->f->store, T0 + HOUR)) > 0)
                assert_true(steps++ < 100);
        assert_int_equal(r, 0);
        assert_true(fixture_number(b->f, "PRAGMA page_count") - fixture_number(b->f,
                                                                               "PRAGMA freelist_count") <= 512 / 4);
        /* The newest hour is still there, and so is its device. */
        assert_int_equal(fixture_number(b->f, "SELECT count(*) FROM traffic WHERE span = 'hour' AND"
                                              " time = (SELECT max(time) FROM traffic WHERE span = 'hour')"), 1);
        assert_int_equal(fixture_number(b->f, "SELECT count(*) FROM devices"), 1);
}

static void a_ledger_that_nobody_empties_is_bounded(void **state) {
        struct books *b = *state;
        struct ledger_counters counters;
        size_t n;

        for (unsigned i = 0; i < 1000; i++) {
                count(b, 1, T0 + i * HOUR, 1);
                talk(b, 1, T0 + i * HOUR, (uint8_t) i, "peer.example", 10);
        }
        ledger_get_counters(b->ledger, &counters);
        assert_int_equal(counters.devices, 1);
        assert_int_equal(counters.hours_joined, 1000 - LEDGER_HOURS_MAX);
        assert_int_equal(counters.lost, 0);
        (void) ledger_fetch(b->ledger, 1, &n);
        ledger_fetched(b->ledger, false);
        assert_int_equal(n, LEDGER_HOURS_MAX);
        assert_int_equal(sent(b, SPAN_HOUR, 1), 1000);
}

/* A clock that jumps makes hours in any order. */
static void hours_may_come_in_any_order(void **state) {
        static const unsigned order[] = { 5, 1, 3, 3, 9, 0, 5 };
        struct books *b = *state;
        const struct store_hour *hours;
        size_t n;

        for (size_t i = 0; i < ELEMENTSOF(order); i++)
                count(b, 1, T0 + order[i] * HOUR + i, 1);
        hours = ledger_fetch(b->ledger, 1, &n);
        assert_int_equal(n, 5);
        for (size_t i = 1; i < n; i++)
                assert_true(hours[i - 1].time < hours[i].time);
        ledger_fetched(b->ledger, false);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(hours_and_days_add_up_wherever_they_are),
                TEST(a_report_has_its_time),
                TEST(a_devices_counters_are_the_sum_of_its_hours),
                TEST(what_could_not_be_written_is_written_later_and_once),
                TEST(a_failed_transaction_gives_everything_back),
                TEST(the_greatest_peers_are_kept),
                TEST(merged_devices_have_one_history),
                TEST(forgotten_devices_leave_nothing),
                TEST(old_history_goes),
                TEST(near_the_size_limit_the_older_half_goes),
                TEST(a_ledger_that_nobody_empties_is_bounded),
                TEST(hours_may_come_in_any_order),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
