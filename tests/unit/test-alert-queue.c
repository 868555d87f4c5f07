/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include <errno.h>
#include <string.h>

#include "daemon/alert-queue.h"

static void texts_are_copied(void **state _unused_) {
        char name[] = "printer", message[] = "new device";
        const struct alert alert = { .id = 3, .kind = ALERT_NEW_DEVICE, .name = name, .peer = "", .message = message, .details = "{}" };
        struct alert_queue *q;
        const struct alert *peeked;
        size_t n;

        assert_int_equal(alert_queue_new(&q), 0);
        assert_int_equal(alert_queue_push(q, &alert, 0), 0);
        memset(name, 'x', sizeof name - 1);
        memset(message, 'x', sizeof message - 1);
        peeked = alert_queue_peek(q, &n);
        assert_int_equal(n, 1);
        assert_int_equal(peeked[0].id, 3);
        assert_string_equal(peeked[0].name, "printer");
        assert_string_equal(peeked[0].message, "new device");
        assert_string_equal(peeked[0].details, "{}");
        alert_queue_free(q);
}

static void a_full_queue_keeps_the_oldest(void **state _unused_) {
        struct alert alert = { .name = "", .peer = "", .message = "", .details = "" };
        struct alert_queue *q;
        const struct alert *peeked;
        size_t n;

        assert_int_equal(alert_queue_new(&q), 0);
        for (alert.id = 1; alert.id <= ALERT_QUEUE_MAX; alert.id++)
                assert_int_equal(alert_queue_push(q, &alert, 0), 0);
        assert_int_equal(alert_queue_push(q, &alert, 0), -ENOBUFS);
        peeked = alert_queue_peek(q, &n);
        assert_int_equal(n, ALERT_QUEUE_MAX);
        assert_int_equal(peeked[0].id, 1);
        alert_queue_clear(q);
        assert_int_equal(alert_queue_push(q, &alert, 0), 0);
        alert_queue_peek(q, &n);
        assert_int_equal(n, 1);
        alert_queue_free(q);
}

static void news_keep_what_changed(void **state _unused_) {
        const struct alert alert = { .id = 7, .name = "", .peer = "", .message = "", .details = "" };
        struct alert_queue *q;

        assert_int_equal(alert_queue_new(&q), 0);
        assert_int_equal(alert_queue_push(q, &alert, 5), 0);
        assert_int_equal(alert_queue_push(q, &alert, 0), 0);
        assert_int_equal(alert_queue_changes(q, 0), 5);
        assert_int_equal(alert_queue_changes(q, 1), 0);
        alert_queue_free(q);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(texts_are_copied),
                cmocka_unit_test(a_full_queue_keeps_the_oldest),
                cmocka_unit_test(news_keep_what_changed),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
