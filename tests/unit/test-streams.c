/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "daemon/streams.h"

#define LARGE (1 << 20) /* more than a pipe holds */
#define STALL 100000    /* usec */

struct fixture {
        sd_event *event;
        struct streams *streams;
};

static struct fixture make(void) {
        struct fixture f;

        assert_true(sd_event_new(&f.event) >= 0);
        assert_int_equal(streams_new(&f.streams, f.event, STALL), 0);
        return f;
}

static void done(struct fixture *f) {
        streams_free(f->streams);
        sd_event_unref(f->event);
}

/* A file of `size` bytes that count up. */
static int file_of(size_t size) {
        int fd = memfd_create("test", MFD_CLOEXEC);
        char *bytes = malloc(size + 1);

        assert_true(fd >= 0 && bytes);
        for (size_t i = 0; i < size; i++)
                bytes[i] = (char) (i * 31 >> 8);
        assert_int_equal(write(fd, bytes, size), (ssize_t) size);
        free(bytes);
        return fd;
}

static void turn(struct fixture *f) {
        assert_true(sd_event_run(f->event, 20000) >= 0);
}

/* Reads to the end; the number of bytes, all of which must be right. */
static size_t read_all(struct fixture *f, int fd) {
        size_t sum = 0;
        char buffer[8192];
        ssize_t n;

        do {
                turn(f);
                n = read(fd, buffer, sizeof buffer);
                assert_true(n >= 0);
                for (ssize_t i = 0; i < n; i++, sum++)
                        assert_int_equal(buffer[i], (char) (sum * 31 >> 8));
        } while (n > 0);
        close(fd);
        return sum;
}

static void all_bytes_arrive(void **state _unused_) {
        static const size_t sizes[] = { 1, 4096, 65536, 65537, LARGE };
        struct fixture f = make();

        for (size_t i = 0; i < ELEMENTSOF(sizes); i++) {
                int fd = streams_send(f.streams, ":1.1", file_of(sizes[i]));

                assert_true(fd >= 0);
                assert_int_equal(read_all(&f, fd), sizes[i]);
                assert_int_equal(streams_count(f.streams), 0);
        }
        done(&f);
}

static void an_empty_file_is_an_end(void **state _unused_) {
        struct fixture f = make();
        int fd = streams_send(f.streams, ":1.1", file_of(0));

        assert_int_equal(read_all(&f, fd), 0);
        done(&f);
}

static void a_reader_that_leaves_ends_the_stream(void **state _unused_) {
        struct fixture f = make();
        int fd = streams_send(f.streams, ":1.1", file_of(LARGE));

        turn(&f);
        close(fd);
        for (int i = 0; i < 5; i++)
                turn(&f);
        assert_int_equal(streams_count(f.streams), 0);
        done(&f);
}

static void a_reader_that_stands_still_is_given_up(void **state _unused_) {
        struct fixture f = make();
        int fd = streams_send(f.streams, ":1.1", file_of(LARGE));

        for (int i = 0; i < 40 && streams_count(f.streams) > 0; i++)
                turn(&f);
        assert_int_equal(streams_count(f.streams), 0);
        close(fd);
        done(&f);
}

static void nobody_gets_more_than_his_share(void **state _unused_) {
        struct fixture f = make();
        int fds[STREAMS_MAX];
        char peer[8];

        for (int i = 0; i < STREAMS_MAX; i++) {
                snprintf(peer, sizeof peer, ":1.%i", i / STREAMS_PER_PEER);
                fds[i] = streams_send(f.streams, peer, file_of(LARGE));
                assert_true(fds[i] >= 0);
                if (i == STREAMS_PER_PEER - 1)
                        assert_int_equal(streams_send(f.streams, peer, file_of(1)), -EUSERS);
        }
        assert_int_equal(streams_admit(f.streams, ":1.99"), -EUSERS);
        assert_int_equal(streams_send(f.streams, ":1.99", file_of(1)), -EUSERS);
        for (int i = 0; i < STREAMS_MAX; i++)
                close(fds[i]);
        done(&f);
}

static void what_waits_is_bounded(void **state _unused_) {
        struct fixture f = make();
        int fd = memfd_create("test", MFD_CLOEXEC);

        assert_int_equal(ftruncate(fd, (off_t) STREAMS_BYTES_MAX + 1), 0);
        assert_int_equal(streams_send(f.streams, ":1.1", fd), -ENOBUFS);
        assert_int_equal(streams_count(f.streams), 0);
        done(&f);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(all_bytes_arrive),
                cmocka_unit_test(an_empty_file_is_an_end),
                cmocka_unit_test(a_reader_that_leaves_ends_the_stream),
                cmocka_unit_test(a_reader_that_stands_still_is_given_up),
                cmocka_unit_test(nobody_gets_more_than_his_share),
                cmocka_unit_test(what_waits_is_bounded),
        };

        signal(SIGPIPE, SIG_IGN);
        return cmocka_run_group_tests(tests, NULL, NULL);
}
