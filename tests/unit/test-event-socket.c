/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Lines for a reader on a socket: whole, in order, counted, and never waited for. */

#include "cmocka-all.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "daemon/event-socket.h"

struct fixture {
        char folder[64];
        struct sockaddr_un address;
        sd_event *event;
        struct event_socket *socket;
        int listening, reader;
};

static int setup(void **state) {
        struct fixture *f = calloc(1, sizeof *f);

        strcpy(f->folder, "/tmp/lanscope-events-XXXXXX");
        if (!mkdtemp(f->folder) || sd_event_new(&f->event) < 0)
                return -1;
        f->address.sun_family = AF_UNIX;
        snprintf(f->address.sun_path, sizeof f->address.sun_path, "%s/s", f->folder);
        f->listening = f->reader = -1;
        *state = f;
        return 0;
}

static int teardown(void **state) {
        struct fixture *f = *state;

        event_socket_free(f->socket);
        sd_event_unref(f->event);
        closep(&f->listening);
        closep(&f->reader);
        unlink(f->address.sun_path);
        rmdir(f->folder);
        free(f);
        return 0;
}

static void listen_at(struct fixture *f, int type) {
        unlink(f->address.sun_path);
        f->listening = socket(AF_UNIX, type, 0);
        assert_int_equal(bind(f->listening, (const struct sockaddr *) &f->address, sizeof f->address), 0);
        if (type == SOCK_STREAM)
                assert_int_equal(listen(f->listening, 5), 0);
}

static void open_socket(struct fixture *f, bool datagrams) {
        const struct event_socket_config config = { f->address.sun_path, datagrams };

        assert_int_equal(event_socket_new(&f->socket, f->event, &config), 0);
}

static void accept_reader(struct fixture *f) {
        closep(&f->reader);
        f->reader = accept(f->listening, NULL, NULL);
        assert_true(f->reader >= 0);
}

static void add(struct fixture *f, const char *line) {
        event_socket_add(f->socket, line, strlen(line));
}

static struct event_socket_counters counters_of(const struct fixture *f) {
        struct event_socket_counters c;

        event_socket_get_counters(f->socket, &c);
        return c;
}

/* Until nothing more happens at once. */
static void run(struct fixture *f) {
        while (sd_event_run(f->event, 0) > 0)
                ;
}

static void assert_read(int fd, const char *expected) {
        char text[256] = "";
        ssize_t n = recv(fd, text, sizeof text - 1, MSG_DONTWAIT);

        assert_true(n >= 0);
        assert_string_equal(text, expected);
}

static void a_stream_has_a_line_each(void **state) {
        struct fixture *f = *state;

        listen_at(f, SOCK_STREAM);
        open_socket(f, false);
        accept_reader(f);
        add(f, "one");
        add(f, "two");
        assert_read(f->reader, "one\ntwo\n");
        assert_int_equal(counters_of(f).sent, 2);
        assert_int_equal(counters_of(f).dropped, 0);
        assert_int_equal(counters_of(f).connected, 1);
}

static void a_datagram_has_one_line(void **state) {
        struct fixture *f = *state;

        listen_at(f, SOCK_DGRAM);
        open_socket(f, true);
        add(f, "one");
        add(f, "two");
        assert_read(f->listening, "one\n");
        assert_read(f->listening, "two\n");
        assert_int_equal(counters_of(f).sent, 2);
}

static void without_a_reader_all_is_dropped_and_counted(void **state) {
        struct fixture *f = *state;

        open_socket(f, false);
        for (unsigned i = 0; i < 100; i++)
                add(f, "lost");
        run(f);
        assert_int_equal(counters_of(f).dropped, 100);
        assert_int_equal(counters_of(f).sent, 0);
        assert_int_equal(counters_of(f).connected, 0);
}

/* The other kind of socket is no reader either. */
static void a_socket_of_the_other_kind_is_no_reader(void **state) {
        struct fixture *f = *state;

        listen_at(f, SOCK_DGRAM);
        open_socket(f, false);
        add(f, "lost");
        assert_int_equal(counters_of(f).dropped, 1);
}

static void a_slow_reader_gets_whole_lines_and_the_rest_is_counted(void **state) {
        struct fixture *f = *state;
        char line[1001], *all = malloc(8 << 20);
        size_t length = 0, lines = 0;
        struct event_socket_counters c;

        listen_at(f, SOCK_STREAM);
        open_socket(f, false);
        accept_reader(f);
        memset(line, 'x', sizeof line - 1);
        line[sizeof line - 1] = '\0';
        for (unsigned i = 0; i < 5000; i++)
                add(f, line);
        c = counters_of(f);
        assert_true(c.dropped > 1000);
        for (ssize_t n = 1; n > 0; run(f)) {
                n = recv(f->reader, all + length, (8 << 20) - length, MSG_DONTWAIT);
                length += n > 0 ? (size_t) n : 0;
        }
        for (size_t i = 0; i < length; i += 1001, lines++) {
                assert_int_equal(all[i + 1000], '\n');
                assert_memory_equal(all + i, line, 1000);
        }
        c = counters_of(f);
        assert_int_equal(lines, c.sent);
        assert_int_equal(c.sent + c.dropped, 5000);
        add(f, "again");
        run(f);
        assert_read(f->reader, "again\n");
        free(all);
}

static void datagrams_that_find_no_room_are_counted(void **state) {
        struct fixture *f = *state;
        struct event_socket_counters c;
        char text[2048];
        unsigned read = 0;
        char line[1001];

        memset(line, 'x', sizeof line - 1);
        line[sizeof line - 1] = '\0';
        listen_at(f, SOCK_DGRAM);
        open_socket(f, true);
        for (unsigned i = 0; i < 5000; i++)
                add(f, line);
        c = counters_of(f);
        assert_true(c.sent > 0 && c.dropped > 1000);
        /* What waited comes as there is room. */
        for (ssize_t n; (n = recv(f->listening, text, sizeof text, MSG_DONTWAIT)) > 0; run(f), read++)
                assert_int_equal(n, 1001);
        c = counters_of(f);
        assert_int_equal(c.sent, read);
        assert_int_equal(c.sent + c.dropped, 5000);
        add(f, "again");
        assert_read(f->listening, "again\n");
}

static void a_datagram_that_is_too_long_is_counted(void **state) {
        struct fixture *f = *state;
        size_t n = 600 << 10; /* more than net.core.wmem_default lets through */
        char *line = malloc(n);

        memset(line, 'x', n);
        listen_at(f, SOCK_DGRAM);
        open_socket(f, true);
        event_socket_add(f->socket, line, n);
        add(f, "short");
        assert_read(f->listening, "short\n");
        assert_int_equal(counters_of(f).sent, 1);
        assert_int_equal(counters_of(f).dropped, 1);
        free(line);
}

/* Who comes back finds a line's beginning, not the rest of one. */
static void a_reader_that_leaves_is_waited_for(void **state) {
        struct fixture *f = *state;
        char line[1001];

        listen_at(f, SOCK_STREAM);
        open_socket(f, false);
        accept_reader(f);
        memset(line, 'x', sizeof line - 1);
        line[sizeof line - 1] = '\0';
        for (unsigned i = 0; i < 5000; i++)
                add(f, line);
        closep(&f->reader);
        f->reader = -1;
        run(f);
        add(f, "lost");
        assert_int_equal(counters_of(f).sent + counters_of(f).dropped, 5001);
        for (unsigned i = 0; i < 200 && counters_of(f).connected < 2; i++) /* EVENT_SOCKET_RETRY */
                assert_true(sd_event_run(f->event, 200 * 1000) >= 0);
        assert_int_equal(counters_of(f).connected, 2);
        accept_reader(f);
        add(f, "found");
        assert_read(f->reader, "found\n");
}

static void a_line_that_never_fits_is_counted(void **state) {
        struct fixture *f = *state;
        size_t n = EVENT_SOCKET_BYTES_MAX + 1;
        char *line = malloc(n);

        memset(line, 'x', n);
        listen_at(f, SOCK_STREAM);
        open_socket(f, false);
        accept_reader(f);
        event_socket_add(f->socket, line, n);
        assert_int_equal(counters_of(f).dropped, 1);
        free(line);
}

static void what_cannot_be_a_path_is_refused(void **state) {
        struct fixture *f = *state;
        char path[200];

        memset(path, 'x', sizeof path);
        path[0] = '/';
        path[sizeof path - 1] = '\0';
        assert_int_equal(event_socket_new(&f->socket, f->event, &(struct event_socket_config) { "relative", false }), -EINVAL);
        assert_int_equal(event_socket_new(&f->socket, f->event, &(struct event_socket_config) { path, false }), -EINVAL);
        assert_null(f->socket);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(a_stream_has_a_line_each),
                TEST(a_datagram_has_one_line),
                TEST(without_a_reader_all_is_dropped_and_counted),
                TEST(a_socket_of_the_other_kind_is_no_reader),
                TEST(a_slow_reader_gets_whole_lines_and_the_rest_is_counted),
                TEST(datagrams_that_find_no_room_are_counted),
                TEST(a_datagram_that_is_too_long_is_counted),
                TEST(a_reader_that_leaves_is_waited_for),
                TEST(a_line_that_never_fits_is_counted),
                TEST(what_cannot_be_a_path_is_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
