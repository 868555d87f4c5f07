/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One connection and one buffer of whole lines. A connection to a socket of the file system is there at once or not at
 * all, so that there is no state in between. */

#include "daemon/event-socket.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "daemon/log.h"

struct event_socket {
        struct sockaddr_un address;
        bool datagrams;
        sd_event *event;
        sd_event_source *room, *timer;
        int fd; /* -1: nobody listens */
        void (*gone)(void *userdata); /* of a reader that does not come back; else NULL */
        void *userdata;
        bool absent, waiting; /* for somebody to listen; for room */
        char *buffer; /* lines that wait; of a stream the first may have been sent in part */
        size_t length;
        struct event_socket_counters counters;
};

static uint64_t count_lines(const char *text, size_t n) {
        uint64_t lines = 0;

        for (const char *end = text + n; (text = memchr(text, '\n', (size_t) (end - text))); text++)
                lines++;
        return lines;
}

/* What waits was for the reader that is gone. */
static void hang_up(struct event_socket *s, int error) {
        s->room = sd_event_source_disable_unref(s->room);
        closep(&s->fd);
        s->fd = -1;
        s->counters.dropped += count_lines(s->buffer, s->length);
        s->length = 0;
        if (s->gone) {
                s->gone(s->userdata);
                return;
        }
        if (!s->absent)
                log_warning("Nobody takes events at %s (%s): they are dropped until somebody does", s->address.sun_path,
                            strerror(error));
        s->absent = true;
        if (sd_event_source_set_time_relative(s->timer, EVENT_SOCKET_RETRY) >= 0)
                (void) sd_event_source_set_enabled(s->timer, SD_EVENT_ONESHOT);
}

static void wait_for_room(struct event_socket *s, bool wanted) {
        s->waiting = wanted;
        (void) sd_event_source_set_io_events(s->room, wanted ? EPOLLOUT : 0);
}

/* Of what waits; bytes that are done with, or -errno. */
static ssize_t write_some(struct event_socket *s, const char *data, size_t length) {
        const char *end = s->datagrams ? memchr(data, '\n', length) : NULL;
        size_t piece = end ? (size_t) (end - data) + 1 : length;
        ssize_t n = send(s->fd, data, piece, MSG_DONTWAIT | MSG_NOSIGNAL);

        if (n < 0 && s->datagrams && errno == EMSGSIZE) {
                s->counters.dropped++;
                return (ssize_t) piece;
        }
        if (n < 0)
                return errno == ENOBUFS ? -EAGAIN : -errno;
        s->counters.sent += count_lines(data, (size_t) n);
        return n;
}

/* As much as the kernel takes now. */
static void write_waiting(struct event_socket *s) {
        size_t done = 0;
        ssize_t n = 0;

        while (done < s->length && n >= 0) {
                n = write_some(s, s->buffer + done, s->length - done);
                if (n == -EINTR)
                        n = 0;
                done += n > 0 ? (size_t) n : 0;
        }
        s->length -= done;
        memmove(s->buffer, s->buffer + done, s->length);
        if (n < 0 && n != -EAGAIN)
                hang_up(s, (int) -n);
        else
                wait_for_room(s, s->length > 0);
}

/* Readers have nothing to say: that one is readable means that it is gone. */
static int on_room(sd_event_source *source _unused_, int fd _unused_, uint32_t events, void *userdata) {
        struct event_socket *s = userdata;

        if (events & (EPOLLHUP | EPOLLERR))
                hang_up(s, EPIPE);
        else
                write_waiting(s);
        return 0;
}

static int connect_now(struct event_socket *s) {
        _cleanup_(closep) int fd = -1;
        int r;

        fd = socket(AF_UNIX, (s->datagrams ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0)
                return -errno;
        if (connect(fd, (const struct sockaddr *) &s->address, sizeof s->address) < 0)
                return -errno;
        r = sd_event_add_io(s->event, &s->room, fd, 0, on_room, s);
        if (r < 0)
                return r;
        s->fd = TAKE_FD(fd);
        s->waiting = false;
        s->counters.connected++;
        if (s->absent)
                log_notice("Somebody takes events at %s again; %llu were dropped since the start", s->address.sun_path,
                           (unsigned long long) s->counters.dropped);
        s->absent = false;
        return 0;
}

static void try_to_connect(struct event_socket *s) {
        int r = connect_now(s);

        if (r < 0)
                hang_up(s, -r);
}

static int on_timer(sd_event_source *source _unused_, uint64_t usec _unused_, void *userdata) {
        try_to_connect(userdata);
        return 0;
}

static int set_path(struct event_socket *s, const char *path) {
        size_t n = strlen(path);

        if (*path != '/' || n >= sizeof s->address.sun_path)
                return -EINVAL;
        s->address.sun_family = AF_UNIX;
        memcpy(s->address.sun_path, path, n + 1);
        return 0;
}

static struct event_socket *make(sd_event *event) {
        struct event_socket *s = calloc(1, sizeof *s);

        if (!s)
                return NULL;
        s->fd = -1;
        s->event = sd_event_ref(event);
        s->buffer = malloc(EVENT_SOCKET_BYTES_MAX);
        return s->buffer ? s : event_socket_free(s);
}

int event_socket_new_for(struct event_socket **ret, sd_event *event, int fd, void (*gone)(void *userdata), void *userdata) {
        _cleanup_(event_socket_freep) struct event_socket *s = make(event);
        int r = s ? sd_event_add_io(event, &s->room, fd, 0, on_room, s) : -ENOMEM;

        if (r < 0)
                return r;
        s->fd = fd;
        s->gone = gone;
        s->userdata = userdata;
        s->counters.connected = 1;
        *ret = TAKE_PTR(s);
        return 0;
}

int event_socket_new(struct event_socket **ret, sd_event *event, const struct event_socket_config *config) {
        _cleanup_(event_socket_freep) struct event_socket *s = make(event);
        int r;

        if (!s)
                return -ENOMEM;
        s->datagrams = config->datagrams;
        r = set_path(s, config->path);
        if (r < 0)
                return r;
        r = sd_event_add_time_relative(event, &s->timer, CLOCK_MONOTONIC, 0, USEC_PER_SEC, on_timer, s);
        if (r >= 0)
                r = sd_event_source_set_enabled(s->timer, SD_EVENT_OFF);
        if (r < 0)
                return r;
        (void) sd_event_source_set_description(s->timer, "event-socket");
        try_to_connect(s);
        *ret = TAKE_PTR(s);
        return 0;
}

struct event_socket *event_socket_free(struct event_socket *s) {
        if (!s)
                return NULL;
        sd_event_source_disable_unref(s->room);
        sd_event_source_disable_unref(s->timer);
        closep(&s->fd);
        sd_event_unref(s->event);
        free(s->buffer);
        free(s);
        return NULL;
}

void event_socket_add(struct event_socket *s, const char *line, size_t length) {
        if (s->fd < 0 || length >= EVENT_SOCKET_BYTES_MAX - s->length) {
                s->counters.dropped++;
                return;
        }
        memcpy(s->buffer + s->length, line, length);
        s->length += length;
        s->buffer[s->length++] = '\n';
        if (!s->waiting)
                write_waiting(s);
}

void event_socket_get_counters(const struct event_socket *s, struct event_socket_counters *ret) {
        *ret = s->counters;
}
