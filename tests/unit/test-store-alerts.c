/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/store-fixture.h"

struct seen {
        char text[4096];
        size_t n;
        struct alert last;
        int answer;
};

static int see(void *userdata, const struct alert *alert) {
        struct seen *seen = userdata;
        size_t length = strlen(seen->text);

        snprintf(seen->text + length, sizeof seen->text - length, "%llu%s ", (unsigned long long) alert->id,
                 alert->acknowledged ? "+" : "");
        seen->n++;
        seen->last = *alert;
        return seen->answer;
}

static int list(struct fixture *f, struct store_alert_filter filter, struct seen *seen) {
        *seen = (struct seen) { 0 };
        return store_list_alerts(f->store, &filter, see, seen);
}

static struct alert make(uint64_t id) {
        return (struct alert) {
                .id = id,
                .ts = NOW + id,
                .kind = ALERT_NEW_DEVICE,
                .severity = SEVERITY_INFO,
                .device = 100 + id % 2,
                .network = 7,
                .mac = { { 0, 1, 2, 3, 4, (uint8_t) id } },
                .name = "name",
                .peer = "peer",
                .message = "message",
                .details = "{\"a\":1}",
        };
}

static void add(struct fixture *f, uint64_t first, uint64_t last) {
        for (uint64_t id = first; id <= last; id++) {
                struct alert alert = make(id);

                assert_int_equal(store_add_alerts(f->store, &alert, 1), 0);
        }
}

static void every_field_comes_back(void **state) {
        struct fixture *f = *state;
        struct seen seen;
        struct alert alert = {
                .id = INT64_MAX,
                .ts = INT64_MAX,
                .kind = ALERT_NEW_DEVICE,
                .severity = SEVERITY_CRITICAL,
                .device = UINT64_MAX,
                .network = UINT64_C(1) << 63,
                .mac = { { 2, 0, 0, 0, 0, 1 } },
                .name = "'; DROP TABLE alerts; --",
                .peer = "\xc3\xa9",
                .message = "line\nline",
                .details = "{}",
                .acknowledged = true,
                .state = ALERT_RESOLVED,
                .count = 12,
                .first = 5,
                .last = INT64_MAX - 1,
        };
        int r;

        fixture_open(f);
        assert_int_equal(store_add_alerts(f->store, &alert, 1), 0);
        fixture_reopen(f);
        r = store_list_alerts(f->store, &STORE_ALERT_FILTER_ALL, see, memset(&seen, 0, sizeof seen));
        assert_int_equal(r, 1);
        assert_true(seen.last.id == alert.id && seen.last.ts == alert.ts && seen.last.device == alert.device &&
                    seen.last.network == alert.network && seen.last.acknowledged);
        assert_int_equal(seen.last.severity, SEVERITY_CRITICAL);
        assert_int_equal(seen.last.state, ALERT_RESOLVED);
        assert_true(seen.last.count == 12 && seen.last.first == 5 && seen.last.last == INT64_MAX - 1);
        assert_memory_equal(&seen.last.mac, &alert.mac, sizeof alert.mac);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM alerts WHERE name = '''; DROP TABLE alerts; --'"
                                           " AND peer = char(233) AND message = 'line' || char(10) || 'line'"
                                           " AND details = '{}' AND kind = 'new_device'"), 1);
}

static void news_of_an_alert_are_kept(void **state) {
        struct fixture *f = *state;
        uint64_t *ids, one = 1;
        struct alert alert = make(1);
        struct seen seen;
        bool acknowledged;
        size_t n;

        fixture_open(f);
        add(f, 1, 2);
        assert_int_equal(store_acknowledge_alerts(f->store, &one, 1, &ids, &n), 0);
        free(ids);
        alert.state = ALERT_ACTIVE;
        alert.count = 3;
        alert.last = NOW + 60;
        assert_int_equal(store_update_alert(f->store, &alert, false, &acknowledged), 0);
        assert_true(acknowledged);
        alert.severity = SEVERITY_CRITICAL;
        assert_int_equal(store_update_alert(f->store, &alert, true, &acknowledged), 0);
        assert_false(acknowledged);
        fixture_reopen(f);
        assert_int_equal(list(f, STORE_ALERT_FILTER_ALL, &seen), 2);
        assert_true(seen.last.id == 1 && seen.last.count == 3 && seen.last.last == NOW + 60);
        assert_int_equal(seen.last.severity, SEVERITY_CRITICAL);
        assert_int_equal(seen.last.state, ALERT_ACTIVE);
        assert_int_equal(store_resolve_alerts(f->store), 0);
        assert_int_equal(list(f, STORE_ALERT_FILTER_ALL, &seen), 2);
        assert_int_equal(seen.last.state, ALERT_RESOLVED);
        alert.id = 9;
        assert_int_equal(store_update_alert(f->store, &alert, false, &acknowledged), -ENOENT);
}

static void exceptions_come_back(void **state) {
        struct fixture *f = *state;
        struct alert_exception e = { .kind = ALERT_PORT_SCAN, .device = UINT64_MAX, .peer = "192.0.2.1", .note = "caf\xc3\xa9",
                                     .created = NOW, .expires = NOW + 5 }, any = { .kind = _ALERT_KIND_INVALID, .peer = "x" };
        struct alert_exception list_of[4];

        fixture_open(f);
        assert_int_equal(store_add_exception(f->store, &e), 0);
        assert_int_equal(store_add_exception(f->store, &any), 0);
        assert_true(e.id == 1 && any.id == 2);
        e.hits = 7;
        e.last_hit = NOW + 1;
        assert_int_equal(store_save_exception_hits(f->store, &e), 0);
        fixture_reopen(f);
        assert_int_equal(store_list_exceptions(f->store, list_of, 4), 2);
        assert_memory_equal(&list_of[0], &e, sizeof e);
        assert_int_equal(list_of[1].kind, _ALERT_KIND_INVALID);
        assert_int_equal(store_list_exceptions(f->store, list_of, 1), 1);
        assert_int_equal(store_delete_exception(f->store, 2), 0);
        assert_int_equal(store_delete_exception(f->store, 2), -ENOENT);
        assert_int_equal(store_add_exception(f->store, &any), 0);
        assert_int_equal(any.id, 3); /* ids are never used twice */
        strcpy(any.note, "\xff");
        assert_int_equal(store_add_exception(f->store, &any), -EINVAL);
}

/* What a newer lanscope knew must not become "all". */
static void exception_of_an_unknown_kind_is_skipped(void **state) {
        struct fixture *f = *state;
        struct alert_exception one;

        fixture_open(f);
        f->store = store_close(f->store);
        fixture_tamper(f, "INSERT INTO alert_exceptions VALUES (1, 'earthquake', 0, '', '', 0, 0, 0, 0)");
        fixture_open(f);
        assert_int_equal(store_list_exceptions(f->store, &one, 1), 0);
}

static int compare_texts(void *userdata, const struct alert *alert) {
        const struct alert *expected = userdata;

        assert_string_equal(alert->name, expected->name);
        assert_string_equal(alert->peer, expected->peer);
        assert_string_equal(alert->message, expected->message);
        assert_string_equal(alert->details, expected->details);
        return 0;
}

static void texts_come_back(void **state) {
        struct fixture *f = *state;
        struct alert alert = make(1);

        fixture_open(f);
        add(f, 1, 1);
        assert_int_equal(store_list_alerts(f->store, &STORE_ALERT_FILTER_ALL, compare_texts, &alert), 1);
}

static void missing_texts_are_empty(void **state) {
        struct fixture *f = *state;
        struct alert alert = { .id = 1 }, expected = { .name = "", .peer = "", .message = "", .details = "{}" };

        fixture_open(f);
        assert_int_equal(store_add_alerts(f->store, &alert, 1), 0);
        assert_int_equal(store_list_alerts(f->store, &STORE_ALERT_FILTER_ALL, compare_texts, &expected), 1);
}

static void long_text_is_cut_at_a_character(void **state) {
        static char text[STORE_ALERT_TEXT_MAX + 8];
        struct fixture *f = *state;
        struct alert alert = make(1);

        memset(text, 'x', STORE_ALERT_TEXT_MAX - 1);
        strcpy(text + STORE_ALERT_TEXT_MAX - 1, "\xe2\x82\xac!"); /* the euro sign lies across the limit */
        alert.message = text;
        fixture_open(f);
        assert_int_equal(store_add_alerts(f->store, &alert, 1), 0);
        assert_int_equal(fixture_number(f, "SELECT length(message) FROM alerts"), STORE_ALERT_TEXT_MAX - 1);
}

static void bad_alert_takes_its_batch_along(void **state) {
        struct fixture *f = *state;
        struct alert alerts[3] = { make(1), make(2), make(3) };
        static char details[STORE_ALERT_TEXT_MAX + 2];

        fixture_open(f);
        alerts[2].kind = _ALERT_KIND_INVALID;
        assert_int_equal(store_add_alerts(f->store, alerts, 3), -EINVAL);
        alerts[2] = make(0);
        assert_int_equal(store_add_alerts(f->store, alerts, 3), -ERANGE);
        alerts[2] = make(UINT64_C(1) << 63);
        assert_int_equal(store_add_alerts(f->store, alerts, 3), -ERANGE);
        alerts[2] = make(2);
        assert_int_equal(store_add_alerts(f->store, alerts, 3), -EEXIST);
        alerts[2] = make(3);
        alerts[2].name = "\xff";
        assert_int_equal(store_add_alerts(f->store, alerts, 3), -EINVAL);
        alerts[2] = make(3);
        memset(details, ' ', sizeof details - 1);
        alerts[2].details = details;
        assert_int_equal(store_add_alerts(f->store, alerts, 3), -E2BIG);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM alerts"), 0);
        alerts[2] = make(3);
        assert_int_equal(store_add_alerts(f->store, alerts, 3), 0);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM alerts"), 3);
}

static void newest_come_first_up_to_the_limit(void **state) {
        struct fixture *f = *state;
        struct seen seen;

        fixture_open(f);
        add(f, 1, 12);
        assert_int_equal(list(f, (struct store_alert_filter) { .kind = _ALERT_KIND_INVALID, .limit = 3 }, &seen), 3);
        assert_string_equal(seen.text, "12 11 10 ");
}

static void filters_narrow_down(void **state) {
        struct fixture *f = *state;
        uint64_t *ids, two[] = { 2, 5 };
        struct alert warning = make(7);
        struct seen seen;
        size_t n;

        fixture_open(f);
        add(f, 1, 6);
        warning.severity = SEVERITY_WARNING;
        assert_int_equal(store_add_alerts(f->store, &warning, 1), 0);
        assert_int_equal(store_acknowledge_alerts(f->store, two, 2, &ids, &n), 0);
        free(ids);
        list(f, (struct store_alert_filter) { .unacknowledged = true, .kind = _ALERT_KIND_INVALID }, &seen);
        assert_string_equal(seen.text, "7 6 4 3 1 ");
        list(f, (struct store_alert_filter) { .kind = ALERT_NEW_DEVICE, .device = 101 }, &seen);
        assert_string_equal(seen.text, "7 5+ 3 1 ");
        list(f, (struct store_alert_filter) { .kind = _ALERT_KIND_INVALID, .severity = SEVERITY_WARNING }, &seen);
        assert_string_equal(seen.text, "7 ");
        list(f, (struct store_alert_filter) { .kind = _ALERT_KIND_INVALID, .since = NOW + 5 }, &seen);
        assert_string_equal(seen.text, "7 6 5+ ");
        list(f, (struct store_alert_filter) { .kind = _ALERT_KIND_INVALID, .since = UINT64_MAX }, &seen);
        assert_string_equal(seen.text, "");
}

static void listener_can_stop(void **state) {
        struct fixture *f = *state;
        struct seen seen = { .answer = -ECANCELED };

        fixture_open(f);
        add(f, 1, 3);
        assert_int_equal(store_list_alerts(f->store, &STORE_ALERT_FILTER_ALL, see, &seen), -ECANCELED);
        assert_int_equal(seen.n, 1);
        add(f, 4, 4); /* the statement let go of its snapshot */
}

static void acknowledging_tells_what_was_new(void **state) {
        struct fixture *f = *state;
        uint64_t *changed, first[] = { 2 }, more[] = { 3, 2, 3 }, left;
        size_t n;

        fixture_open(f);
        add(f, 1, 3);
        assert_int_equal(store_acknowledge_alerts(f->store, first, 1, &changed, &n), 0);
        assert_int_equal(n, 1);
        free(changed);
        assert_int_equal(store_acknowledge_alerts(f->store, more, 3, &changed, &n), 0);
        assert_int_equal(n, 1);
        assert_int_equal(changed[0], 3);
        free(changed);
        assert_int_equal(store_count_unacknowledged(f->store, &left), 0);
        assert_int_equal(left, 1);
}

static void unknown_id_changes_nothing(void **state) {
        struct fixture *f = *state;
        uint64_t *changed = NULL, ids[] = { 1, 2, 99 }, left;
        struct store_counters counters;
        size_t n = 0;

        fixture_open(f);
        add(f, 1, 2);
        assert_int_equal(store_acknowledge_alerts(f->store, ids, 3, &changed, &n), -ENOENT);
        assert_null(changed);
        assert_non_null(strstr(store_last_error(f->store), "99"));
        assert_int_equal(store_count_unacknowledged(f->store, &left), 0);
        assert_int_equal(left, 2);
        ids[2] = UINT64_MAX;
        assert_int_equal(store_acknowledge_alerts(f->store, ids, 3, &changed, &n), -ENOENT);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM alerts WHERE acknowledged = 1"), 0);
        assert_int_equal(store_delete_exception(f->store, 99), -ENOENT);
        store_get_counters(f->store, &counters);
        assert_int_equal(counters.failures, 0);
}

static void acknowledging_all_names_them(void **state) {
        struct fixture *f = *state;
        uint64_t *changed, one[] = { 2 }, before;
        size_t n;

        fixture_open(f);
        add(f, 1, 3);
        store_acknowledge_alerts(f->store, one, 1, &changed, &n);
        free(changed);
        assert_int_equal(store_acknowledge_alerts(f->store, NULL, 0, &changed, &n), 0);
        assert_int_equal(n, 2);
        assert_int_equal(changed[0], 1);
        assert_int_equal(changed[1], 3);
        free(changed);
        before = fixture_transactions(f);
        assert_int_equal(store_acknowledge_alerts(f->store, NULL, 0, &changed, &n), 0);
        assert_int_equal(n, 0);
        free(changed);
        assert_int_equal(fixture_transactions(f), before);
}

static void ids_are_never_used_twice(void **state) {
        struct fixture *f = *state;
        uint64_t last;

        fixture_open(f);
        assert_int_equal(store_last_alert_id(f->store, &last), 0);
        assert_int_equal(last, 0);
        add(f, 1, 9);
        fixture_tamper(f, "DELETE FROM alerts WHERE id > 4");
        fixture_reopen(f);
        assert_int_equal(store_last_alert_id(f->store, &last), 0);
        assert_int_equal(last, 9);
}

static void device_is_written_along(void **state) {
        struct fixture *f = *state;
        struct alert alert = make(2); /* of device 100 */

        fixture_open(f);
        f->networks[f->n_networks++] = (struct network) { .id = 7, .interface = "eth0", .first_seen = NOW, .last_seen = NOW };
        fixture_add(f, 100)->flags = DEVICE_KNOWN;
        assert_int_equal(store_add_alerts(f->store, &alert, 1), 0);
        /* Nothing was flushed: this is what a crash would leave. */
        assert_int_equal(fixture_number(f, "SELECT is_known FROM devices WHERE id = 100"), 1);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM device_addresses WHERE device = 100"), 2);
}

static void tampered_rows_are_skipped_and_counted(void **state) {
        struct fixture *f = *state;
        struct store_counters counters;
        struct seen seen;

        fixture_open(f);
        add(f, 1, 12);
        f->store = store_close(f->store);
        fixture_tamper(f, "UPDATE alerts SET kind = 'from_the_future' WHERE id = 1;"
                          "UPDATE alerts SET severity = '' WHERE id = 2;"
                          "UPDATE alerts SET mac = '00:11' WHERE id = 3;"
                          "UPDATE alerts SET message = printf('%.*c', 2000000, 'x') WHERE id = 4;"
                          "UPDATE alerts SET name = CAST(x'fffe' AS TEXT) WHERE id = 5;"
                          "UPDATE alerts SET time = -1 WHERE id = 6;"
                          "UPDATE alerts SET acknowledged = 7 WHERE id = 7;"
                          "UPDATE alerts SET id = -8 WHERE id = 8;"
                          "UPDATE alerts SET peer = CAST(x'610062' AS TEXT) WHERE id = 9");
        fixture_open(f);
        list(f, STORE_ALERT_FILTER_ALL, &seen);
        assert_string_equal(seen.text, "12 11 10 ");
        store_get_counters(f->store, &counters);
        assert_int_equal(counters.skipped_rows, 8); /* that of id 6 lies before any `since` */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(every_field_comes_back),
                TEST(news_of_an_alert_are_kept),
                TEST(exceptions_come_back),
                TEST(exception_of_an_unknown_kind_is_skipped),
                TEST(texts_come_back),
                TEST(missing_texts_are_empty),
                TEST(long_text_is_cut_at_a_character),
                TEST(bad_alert_takes_its_batch_along),
                TEST(newest_come_first_up_to_the_limit),
                TEST(filters_narrow_down),
                TEST(listener_can_stop),
                TEST(acknowledging_tells_what_was_new),
                TEST(unknown_id_changes_nothing),
                TEST(acknowledging_all_names_them),
                TEST(ids_are_never_used_twice),
                TEST(device_is_written_along),
                TEST(tampered_rows_are_skipped_and_counted),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
