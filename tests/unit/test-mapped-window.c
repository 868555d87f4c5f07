/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "daemon/mapped-window.h"
#include "tests/unit/bus-error.h"

enum { PAGE = 65536, PAGES = 4 }; /* as large as pages are anywhere */

/* A file of which each page has its number in all bytes, from 1. */
static int make_file(void) {
        int fd = memfd_create("window", MFD_CLOEXEC);
        uint8_t page[PAGE];

        assert_true(fd >= 0);
        for (int i = 0; i < PAGES; i++) {
                memset(page, i + 1, sizeof page);
                assert_int_equal(write(fd, page, sizeof page), sizeof page);
        }
        return fd;
}

static uint8_t look(const uint8_t *p) {
        return *(const volatile uint8_t *) p;
}

static void windows_move_along_a_file(void **state _unused_) {
        _cleanup_(closep) int fd = make_file();
        struct mapped_window *w = NULL;
        const uint8_t *bytes;

        assert_int_equal(mapped_window_new(&w, fd), 0);
        assert_int_equal(mapped_window_move(w, 0, 2 * PAGE, &bytes), 0);
        assert_int_equal(look(bytes), 1);
        assert_int_equal(look(bytes + 2 * PAGE - 1), 2);
        /* from the midst of a page on */
        assert_int_equal(mapped_window_move(w, 2 * PAGE - 3, PAGE, &bytes), 0);
        assert_int_equal(look(bytes + 2), 2);
        assert_int_equal(look(bytes + 3), 3);
        assert_int_equal(*mapped_window_lost(w), 0);
        mapped_window_free(w);
}

static void what_is_truncated_becomes_zeros(void **state _unused_) {
        _cleanup_(closep) int fd = make_file();
        struct mapped_window *w = NULL;
        const uint8_t *bytes;

        if (!bus_error_is_told())
                return;
        assert_int_equal(mapped_window_new(&w, fd), 0);
        assert_int_equal(mapped_window_move(w, PAGE, 2 * PAGE, &bytes), 0);
        assert_int_equal(ftruncate(fd, 2 * PAGE), 0);
        assert_int_equal(look(bytes), 2);
        assert_int_equal(*mapped_window_lost(w), 0);
        errno = 4711;
        assert_int_equal(look(bytes + PAGE), 0);
        assert_int_equal(errno, 4711);
        assert_int_equal(*mapped_window_lost(w), 1);
        assert_int_equal(look(bytes + 2 * PAGE - 1), 0);
        mapped_window_free(w);

        /* The next one knows nothing of it. */
        assert_int_equal(mapped_window_new(&w, fd), 0);
        assert_int_equal(mapped_window_move(w, 0, PAGE, &bytes), 0);
        assert_int_equal(look(bytes), 1);
        assert_int_equal(*mapped_window_lost(w), 0);
        mapped_window_free(w);
}

static sigjmp_buf back;

static void on_bus_error(int number _unused_) {
        siglongjmp(back, 1);
}

static bool raises_bus_error(const uint8_t *p) {
        if (sigsetjmp(back, 1) != 0)
                return true;
        look(p);
        return false;
}

static void errors_of_others_are_theirs(void **state _unused_) {
        struct sigaction action = { .sa_handler = on_bus_error }, before, after;
        _cleanup_(closep) int fd = make_file(), other = make_file();
        uint8_t *map = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, other, 0);
        struct mapped_window *w = NULL;
        const uint8_t *bytes;

        assert_true(map != MAP_FAILED);
        assert_int_equal(ftruncate(other, 0), 0);
        assert_int_equal(sigaction(SIGBUS, &action, &before), 0);
        assert_int_equal(mapped_window_new(&w, fd), 0);
        assert_int_equal(mapped_window_move(w, 0, PAGE, &bytes), 0);
        assert_true(raises_bus_error(map));
        assert_int_equal(*mapped_window_lost(w), 0);
        mapped_window_free(w);
        assert_int_equal(sigaction(SIGBUS, &before, &after), 0);
        assert_ptr_equal(after.sa_handler, on_bus_error);
        munmap(map, PAGE);
}

/* Whoever set one while there were windows keeps it. */
static void handler_set_meanwhile_stays(void **state _unused_) {
        struct sigaction action = { .sa_handler = on_bus_error }, before, after;
        _cleanup_(closep) int fd = make_file();
        struct mapped_window *w = NULL;

        assert_int_equal(sigaction(SIGBUS, NULL, &before), 0);
        assert_int_equal(mapped_window_new(&w, fd), 0);
        assert_int_equal(sigaction(SIGBUS, &action, NULL), 0);
        mapped_window_free(w);
        assert_int_equal(sigaction(SIGBUS, &before, &after), 0);
        assert_ptr_equal(after.sa_handler, on_bus_error);
}

static void windows_are_bounded(void **state _unused_) {
        struct mapped_window *windows[1000] = {};
        _cleanup_(closep) int fd = make_file();
        size_t n = 0;
        int r = 0;

        while (n < 1000 && (r = mapped_window_new(&windows[n], fd)) == 0)
                n++;
        assert_int_equal(r, -EMFILE);
        assert_true(n >= 8);
        mapped_window_free(windows[0]);
        assert_int_equal(mapped_window_new(&windows[0], fd), 0);
        for (size_t i = 0; i < n; i++)
                mapped_window_free(windows[i]);
}

/* Moves over its own file, of which every second one is truncated. */
static void *move_and_lose(void *userdata) {
        bool truncates = userdata;
        unsigned failures = 0;

        for (unsigned i = 0; i < 200; i++) {
                _cleanup_(closep) int fd = make_file();
                struct mapped_window *w = NULL;
                const uint8_t *bytes;

                if (mapped_window_new(&w, fd) < 0 || mapped_window_move(w, PAGE, PAGE, &bytes) < 0) {
                        failures++;
                        continue;
                }
                if (truncates && ftruncate(fd, 0) < 0)
                        failures++;
                failures += look(bytes) != (truncates ? 0 : 2) || *mapped_window_lost(w) != truncates;
                mapped_window_free(w);
        }
        return (void *) (uintptr_t) failures;
}

static void threads_have_windows_of_their_own(void **state _unused_) {
        pthread_t threads[4];
        void *failures;

        if (!bus_error_is_told())
                return;
        for (uintptr_t i = 0; i < 4; i++)
                assert_int_equal(pthread_create(&threads[i], NULL, move_and_lose, (void *) (i % 2)), 0);
        for (unsigned i = 0; i < 4; i++) {
                assert_int_equal(pthread_join(threads[i], &failures), 0);
                assert_null(failures);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(windows_move_along_a_file),
                cmocka_unit_test(what_is_truncated_becomes_zeros),
                cmocka_unit_test(errors_of_others_are_theirs),
                cmocka_unit_test(handler_set_meanwhile_stays),
                cmocka_unit_test(windows_are_bounded),
                cmocka_unit_test(threads_have_windows_of_their_own),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
