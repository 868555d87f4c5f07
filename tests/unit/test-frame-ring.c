/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cmocka-all.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/macro.h"
#include "daemon/frame-ring.h"

enum { SIZE = 4096, RECORDS = 200000 };

/* Records of a length and a content that follow from their number. */
static size_t length_of(uint32_t number) {
        return sizeof number + number * 7919 % 900;
}

static bool put(struct frame_ring *ring, uint32_t number, bool *wake) {
        uint8_t *p = frame_ring_reserve(ring, length_of(number));

        if (!p)
                return false;
        memset(p, (int) (number & 0xff), length_of(number));
        memcpy(p, &number, sizeof number);
        *wake = frame_ring_commit(ring);
        return true;
}

static void check(const uint8_t *p, size_t length, uint32_t number) {
        uint32_t told;

        memcpy(&told, p, sizeof told);
        assert_int_equal(told, number);
        assert_int_equal(length, length_of(number));
        assert_int_equal((uintptr_t) p % 8, 0);
        for (size_t i = sizeof number; i < length; i++)
                if (p[i] != (uint8_t) number)
                        fail();
}

static void test_in_order_and_whole(void **state) {
        struct frame_ring *ring = NULL;
        uint32_t in = 0, out = 0;
        const uint8_t *p;
        size_t length;
        bool wake;

        (void) state;
        assert_int_equal(frame_ring_new(&ring, SIZE), 0);
        assert_null(frame_ring_peek(ring, &length));
        while (out < 5000) {
                while (put(ring, in, &wake))
                        in++;
                assert_true(in > out);
                for (uint32_t n = out % 3 + 1; n > 0 && (p = frame_ring_peek(ring, &length)); n--) {
                        check(p, length, out++);
                        assert_ptr_equal(frame_ring_peek(ring, &length), p); /* until it is given back */
                        frame_ring_release(ring);
                }
        }
        frame_ring_free(ring);
}

static void test_limits(void **state) {
        struct frame_ring *ring = NULL;

        (void) state;
        assert_int_equal(frame_ring_new(&ring, 100), -EINVAL);
        assert_int_equal(frame_ring_new(&ring, SIZE + 8), -EINVAL);
        assert_int_equal(frame_ring_new(&ring, SIZE), 0);
        assert_null(frame_ring_reserve(ring, SIZE / 4 + 1));
        assert_null(frame_ring_reserve(ring, SIZE_MAX));
        assert_non_null(frame_ring_reserve(ring, SIZE / 4));
        assert_non_null(frame_ring_reserve(ring, 0)); /* what was not committed is as if it had not been */
        frame_ring_commit(ring);
        frame_ring_free(ring);
}

static void test_who_sleeps_is_woken_once(void **state) {
        struct frame_ring *ring = NULL;
        size_t length;
        bool wake;

        (void) state;
        assert_int_equal(frame_ring_new(&ring, SIZE), 0);
        assert_true(put(ring, 1, &wake) && !wake);
        assert_false(frame_ring_sleep(ring));
        assert_non_null(frame_ring_peek(ring, &length));
        frame_ring_release(ring);
        assert_true(frame_ring_sleep(ring));
        assert_true(put(ring, 2, &wake) && wake);
        assert_true(put(ring, 3, &wake) && !wake);
        frame_ring_free(ring);
}

struct pair {
        struct frame_ring *ring;
        int bell;
};

static void *write_all(void *userdata) {
        struct pair *pair = userdata;
        bool wake;

        for (uint32_t i = 0; i < RECORDS; i++) {
                while (!put(pair->ring, i, &wake))
                        sched_yield();
                if (wake)
                        (void) eventfd_write(pair->bell, 1);
        }
        return NULL;
}

/* Nothing is lost, mixed up or slept through. */
static void test_two_threads(void **state) {
        struct pair pair = { .bell = eventfd(0, EFD_NONBLOCK) };
        uint32_t next = 0;
        pthread_t thread;

        (void) state;
        assert_int_equal(frame_ring_new(&pair.ring, SIZE), 0);
        assert_int_equal(pthread_create(&thread, NULL, write_all, &pair), 0);
        while (next < RECORDS) {
                const uint8_t *p;
                size_t length;
                eventfd_t bells;

                while ((p = frame_ring_peek(pair.ring, &length))) {
                        check(p, length, next++);
                        frame_ring_release(pair.ring);
                }
                if (next == RECORDS || !frame_ring_sleep(pair.ring))
                        continue;
                assert_int_equal(poll(&(struct pollfd) { .fd = pair.bell, .events = POLLIN }, 1, 20000), 1);
                (void) eventfd_read(pair.bell, &bells);
        }
        pthread_join(thread, NULL);
        frame_ring_free(pair.ring);
        close(pair.bell);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_in_order_and_whole),
                cmocka_unit_test(test_limits),
                cmocka_unit_test(test_who_sleeps_is_woken_once),
                cmocka_unit_test(test_two_threads),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
