/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include <stdio.h>
#include <string.h>

#include "daemon/changes.h"

struct heard {
        unsigned added, changed, removed;
        uint64_t last_id;
        uint32_t last_mask;
        bool congested;
};

static bool is_congested(void *userdata) {
        struct heard *h = userdata;

        return h->congested;
}

static void on_added(void *userdata, enum object_kind kind _unused_, uint64_t id) {
        struct heard *h = userdata;

        h->added++;
        h->last_id = id;
}

static void on_changed(void *userdata, enum object_kind kind _unused_, uint64_t id, uint32_t mask) {
        struct heard *h = userdata;

        h->changed++;
        h->last_id = id;
        h->last_mask = mask;
}

static void on_removed(void *userdata, enum object_kind kind _unused_, uint64_t id) {
        struct heard *h = userdata;

        h->removed++;
        h->last_id = id;
}

struct fixture {
        sd_event *event;
        struct changes *changes;
        struct heard heard;
};

static struct fixture *make(void) {
        static struct fixture f;
        struct changes_ops ops = { on_added, on_changed, on_removed, &f.heard, is_congested };

        memset(&f, 0, sizeof f);
        assert_true(sd_event_new(&f.event) >= 0);
        assert_int_equal(changes_new(&f.changes, f.event, &ops), 0);
        return &f;
}

static void done(struct fixture *f) {
        changes_free(f->changes);
        sd_event_unref(f->event);
}

/* Runs the loop for about `msec`. */
static void run(struct fixture *f, unsigned msec) {
        uint64_t now, until;

        sd_event_now(f->event, CLOCK_MONOTONIC, &now);
        until = now + msec * 1000;
        while (now < until) {
                assert_true(sd_event_run(f->event, until - now) >= 0);
                sd_event_now(f->event, CLOCK_MONOTONIC, &now);
        }
}

static void many_changes_of_one_object_are_one_message(void **state _unused_) {
        struct fixture *f = make();

        changes_mark(f->changes, OBJECT_DEVICE, 7, 1);
        changes_mark(f->changes, OBJECT_DEVICE, 7, 4);
        assert_int_equal(changes_waiting(f->changes), 1);
        run(f, 50);
        assert_int_equal(f->heard.changed, 1);
        assert_int_equal(f->heard.last_mask, 5);
        done(f);
}

static void the_next_message_comes_a_second_later(void **state _unused_) {
        struct fixture *f = make();

        changes_mark(f->changes, OBJECT_DEVICE, 7, 1);
        run(f, 50);
        changes_mark(f->changes, OBJECT_DEVICE, 7, 2);
        run(f, 700);
        assert_int_equal(f->heard.changed, 1);
        run(f, 400);
        assert_int_equal(f->heard.changed, 2);
        assert_int_equal(f->heard.last_mask, 2);
        done(f);
}

static void what_nobody_takes_waits_and_is_merged(void **state _unused_) {
        struct fixture *f = make();

        f->heard.congested = true;
        changes_mark(f->changes, OBJECT_DEVICE, 7, 1);
        run(f, 50);
        changes_mark(f->changes, OBJECT_DEVICE, 7, 2);
        run(f, 1100);
        assert_int_equal(f->heard.changed, 0);
        f->heard.congested = false;
        for (unsigned i = 0; f->heard.changed == 0 && i < 50; i++)
                run(f, 100);
        assert_int_equal(f->heard.changed, 1);
        assert_int_equal(f->heard.last_mask, 3);
        done(f);
}

static void kinds_with_one_id_are_different_objects(void **state _unused_) {
        struct fixture *f = make();

        changes_mark(f->changes, OBJECT_DEVICE, 7, 1);
        changes_mark(f->changes, OBJECT_NETWORK, 7, 1);
        assert_int_equal(changes_waiting(f->changes), 2);
        done(f);
}

static void what_came_and_went_is_never_heard_of(void **state _unused_) {
        struct fixture *f = make();

        changes_add(f->changes, OBJECT_DEVICE, 7);
        changes_mark(f->changes, OBJECT_DEVICE, 7, 1);
        changes_remove(f->changes, OBJECT_DEVICE, 7);
        assert_int_equal(changes_waiting(f->changes), 0);
        run(f, 50);
        assert_int_equal(f->heard.added + f->heard.changed + f->heard.removed, 0);
        done(f);
}

static void an_added_object_brings_its_changes_along(void **state _unused_) {
        struct fixture *f = make();

        changes_add(f->changes, OBJECT_DEVICE, 7);
        changes_mark(f->changes, OBJECT_DEVICE, 7, 1);
        run(f, 50);
        assert_int_equal(f->heard.added, 1);
        assert_int_equal(f->heard.changed, 0);
        done(f);
}

static void a_removed_object_is_told_as_removed_alone(void **state _unused_) {
        struct fixture *f = make();

        changes_mark(f->changes, OBJECT_DEVICE, 7, 1);
        changes_remove(f->changes, OBJECT_DEVICE, 7);
        run(f, 50);
        assert_int_equal(f->heard.removed, 1);
        assert_int_equal(f->heard.changed, 0);
        done(f);
}

static void a_flood_is_told_in_the_order_it_came_and_in_portions(void **state _unused_) {
        struct fixture *f = make();

        for (uint64_t id = 1; id <= 2 * CHANGES_BUDGET; id++)
                changes_add(f->changes, OBJECT_DEVICE, id);
        run(f, 50);
        assert_int_equal(f->heard.added, CHANGES_BUDGET);
        assert_int_equal(f->heard.last_id, CHANGES_BUDGET);
        run(f, 1100);
        assert_int_equal(f->heard.added, 2 * CHANGES_BUDGET);
        assert_int_equal(changes_waiting(f->changes), 0);
        done(f);
}

static void one_object_can_be_told_at_once(void **state _unused_) {
        struct fixture *f = make();

        changes_add(f->changes, OBJECT_DEVICE, 7);
        changes_add(f->changes, OBJECT_DEVICE, 8);
        changes_flush_object(f->changes, OBJECT_DEVICE, 8);
        changes_flush_object(f->changes, OBJECT_DEVICE, 99);
        assert_int_equal(f->heard.added, 1);
        assert_int_equal(f->heard.last_id, 8);
        changes_flush(f->changes);
        assert_int_equal(f->heard.added, 2);
        done(f);
}

static void an_empty_mask_is_no_change(void **state _unused_) {
        struct fixture *f = make();

        assert_int_equal(changes_mark(f->changes, OBJECT_DEVICE, 7, 0), 0);
        assert_int_equal(changes_waiting(f->changes), 0);
        done(f);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(many_changes_of_one_object_are_one_message),
                cmocka_unit_test(the_next_message_comes_a_second_later),
                cmocka_unit_test(what_nobody_takes_waits_and_is_merged),
                cmocka_unit_test(kinds_with_one_id_are_different_objects),
                cmocka_unit_test(what_came_and_went_is_never_heard_of),
                cmocka_unit_test(an_added_object_brings_its_changes_along),
                cmocka_unit_test(a_removed_object_is_told_as_removed_alone),
                cmocka_unit_test(a_flood_is_told_in_the_order_it_came_and_in_portions),
                cmocka_unit_test(one_object_can_be_told_at_once),
                cmocka_unit_test(an_empty_mask_is_no_change),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
