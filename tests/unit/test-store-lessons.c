/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/store-fixture.h"

#include "engine/detect/lesson.h"

struct source {
        struct lesson lessons[8];
        size_t n;
};

static void tell(void *userdata, lesson_take_fn take, void *to) {
        const struct source *s = userdata;

        for (size_t i = 0; i < s->n; i++)
                take(to, &s->lessons[i]);
}

static struct lesson lesson_of(uint64_t key, const char *mac, const char *text) {
        struct lesson lesson = { .detector = "volume", .key = key, .text = text };

        if (mac)
                assert_true(mac_parse(mac, &lesson.mac) >= 0);
        return lesson;
}

static void save(struct fixture *f, const struct lesson *lesson, uint64_t now) {
        struct source s = { { *lesson }, 1 };

        assert_int_equal(store_save_lessons(f->store, now, tell, &s), 0);
}

struct heard {
        char text[512];
        struct strbuf b;
        bool refuse;
};

static bool hear(void *userdata, const struct lesson *lesson) {
        struct heard *h = userdata;
        char mac[MAC_STRING_MAX];

        strbuf_printf(&h->b, "%s %llx %s%s\n", lesson->detector, (unsigned long long) lesson->key,
                      mac_is_zero(&lesson->mac) ? "-" : mac_format(&lesson->mac, mac), lesson->text);
        return !h->refuse;
}

static void assert_holds(struct fixture *f, const char *expected) {
        struct heard h = {};

        h.b = STRBUF(h.text);
        assert_int_equal(store_load_lessons(f->store, hear, &h), 0);
        assert_string_equal(h.text, expected);
}

static void lessons_come_back_in_the_order_in_which_they_changed(void **state) {
        struct fixture *f = *state;
        struct lesson a = lesson_of(UINT64_MAX, "02:00:00:00:00:01", " 1 2"), b = lesson_of(2, NULL, " 3");

        fixture_open(f);
        save(f, &a, NOW);
        save(f, &b, NOW + 1);
        a.text = " 5";
        save(f, &a, NOW + 2);
        fixture_reopen(f);
        assert_holds(f, "volume 2 - 3\nvolume ffffffffffffffff 02:00:00:00:00:01 5\n");
}

static void nothing_to_tell_is_no_transaction(void **state) {
        struct fixture *f = *state;
        struct source nothing = {};
        uint64_t before;

        fixture_open(f);
        before = fixture_transactions(f);
        assert_int_equal(store_save_lessons(f->store, NOW, tell, &nothing), 0);
        assert_true(fixture_transactions(f) == before);
}

static void a_forgotten_device_takes_its_lessons_along(void **state) {
        struct fixture *f = *state;
        struct lesson other = lesson_of(2, "02:00:00:00:00:ff", " 2"), own;
        char mac[MAC_STRING_MAX];

        fixture_open(f);
        mac_format(&fixture_add(f, 1)->macs[0].address, mac);
        own = lesson_of(1, mac, " 1");
        store_put_device(f->store, 1, UINT32_MAX);
        assert_int_equal(store_flush(f->store, 0), 0);
        save(f, &own, NOW);
        save(f, &other, NOW);
        assert_int_equal(store_forget(f->store, 1), 0);
        assert_holds(f, "volume 2 02:00:00:00:00:ff 2\n");
}

static void what_did_not_change_for_half_a_year_goes(void **state) {
        struct fixture *f = *state;
        struct lesson a = lesson_of(1, NULL, " 1"), b = lesson_of(2, NULL, " 2");

        fixture_open(f);
        save(f, &a, NOW - 181 * DAY);
        save(f, &b, NOW - 179 * DAY);
        while (store_prune(f->store, NOW) > 0)
                ;
        assert_holds(f, "volume 2 - 2\n");
}

static void rows_that_cannot_be_are_skipped_and_counted(void **state) {
        struct fixture *f = *state;
        struct lesson a = lesson_of(1, NULL, " 1");
        struct store_counters counters;
        struct heard h = { .refuse = true };

        fixture_open(f);
        save(f, &a, NOW);
        f->store = store_close(f->store);
        fixture_tamper(f, "INSERT INTO lessons VALUES ('volume', 7, 'no address', 1, ' 1');"
                          "INSERT INTO lessons VALUES ('volume', 8, NULL, 1, CAST(zeroblob(4000) AS TEXT));");
        fixture_open(f);
        h.b = STRBUF(h.text);
        assert_int_equal(store_load_lessons(f->store, hear, &h), 0);
        assert_string_equal(h.text, "volume 1 - 1\n");
        store_get_counters(f->store, &counters);
        assert_int_equal(counters.skipped_rows, 3); /* with the one that was refused */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(lessons_come_back_in_the_order_in_which_they_changed),
                TEST(nothing_to_tell_is_no_transaction),
                TEST(a_forgotten_device_takes_its_lessons_along),
                TEST(what_did_not_change_for_half_a_year_goes),
                TEST(rows_that_cannot_be_are_skipped_and_counted),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
