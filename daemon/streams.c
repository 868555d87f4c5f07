/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One pipe a stream, filled when it has room. The kernel moves the bytes (sendfile); nothing is copied here. */

#include "daemon/streams.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"

struct stream {
        struct stream *next;
        struct streams *streams;
        sd_event_source *room, *stall;
        int from, to;
        off_t offset, size;
        char peer[];
};

struct streams {
        sd_event *event;
        struct stream *first;
        uint64_t stall;
};

int streams_new(struct streams **ret, sd_event *event, uint64_t stall) {
        struct streams *s = calloc(1, sizeof *s);

        if (!s)
                return -ENOMEM;
        s->event = sd_event_ref(event);
        s->stall = stall;
        *ret = s;
        return 0;
}

static struct stream *stream_free(struct stream *t) {
        if (!t)
                return NULL;
        sd_event_source_disable_unref(t->room);
        sd_event_source_disable_unref(t->stall);
        closep(&t->from);
        closep(&t->to);
        free(t);
        return NULL;
}
DEFINE_CLEANUP(struct stream *, stream_free)

static void stream_end(struct stream *t) {
        struct stream **link = &t->streams->first;

        while (*link != t)
                link = &(*link)->next;
        *link = t->next;
        stream_free(t);
}

struct streams *streams_free(struct streams *s) {
        if (!s)
                return NULL;
        while (s->first)
                stream_end(s->first);
        sd_event_unref(s->event);
        free(s);
        return NULL;
}

static int on_stall(sd_event_source *source _unused_, uint64_t usec _unused_, void *userdata) {
        stream_end(userdata);
        return 0;
}

/* The reader took some: it has all its time again. */
static void stream_moved(struct stream *t) {
        uint64_t now;

        if (sd_event_now(t->streams->event, CLOCK_MONOTONIC, &now) >= 0)
                (void) sd_event_source_set_time(t->stall, now + t->streams->stall);
}

static int on_room(sd_event_source *source _unused_, int fd _unused_, uint32_t events, void *userdata) {
        struct stream *t = userdata;
        ssize_t n;

        if (events & EPOLLERR) { /* the reader closed its end */
                stream_end(t);
                return 0;
        }
        n = sendfile(t->to, t->from, &t->offset, (size_t) (t->size - t->offset));
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return 0;
        if (n <= 0 || t->offset >= t->size)
                stream_end(t);
        else
                stream_moved(t);
        return 0;
}

int streams_admit(const struct streams *s, const char *peer) {
        size_t all = 0, own = 0;

        for (const struct stream *t = s->first; t; t = t->next) {
                all++;
                own += strcmp(t->peer, peer) == 0;
        }
        return all >= STREAMS_MAX || own >= STREAMS_PER_PEER ? -EUSERS : 0;
}

static off_t bytes_waiting(const struct streams *s) {
        off_t sum = 0;

        for (const struct stream *t = s->first; t; t = t->next)
                sum += t->size;
        return sum;
}

static int stream_new(struct streams *s, const char *peer, int from, struct stream **ret) {
        size_t size = strlen(peer) + 1;
        struct stream *t = calloc(1, sizeof *t + size);

        if (!t) {
                close(from);
                return -ENOMEM;
        }
        memcpy(t->peer, peer, size);
        t->streams = s;
        t->from = from;
        t->to = -1;
        *ret = t;
        return 0;
}

static int stream_watch(struct streams *s, struct stream *t) {
        uint64_t now;
        int r = sd_event_add_io(s->event, &t->room, t->to, EPOLLOUT, on_room, t);

        if (r >= 0)
                r = sd_event_now(s->event, CLOCK_MONOTONIC, &now);
        if (r >= 0)
                r = sd_event_add_time(s->event, &t->stall, CLOCK_MONOTONIC, now + s->stall, USEC_PER_SEC / 10, on_stall, t);
        return r;
}

int streams_send(struct streams *s, const char *peer, int fd) {
        _cleanup_(stream_freep) struct stream *t = NULL;
        _cleanup_(closep) int reader = -1;
        struct stat st;
        int ends[2], r = stream_new(s, peer, fd, &t);

        if (r >= 0)
                r = streams_admit(s, peer);
        if (r < 0)
                return r;
        if (fstat(fd, &st) < 0)
                return -errno;
        if (bytes_waiting(s) + st.st_size > (off_t) STREAMS_BYTES_MAX)
                return -ENOBUFS;
        if (pipe2(ends, O_CLOEXEC) < 0)
                return -errno;
        reader = ends[0];
        t->to = ends[1];
        t->size = st.st_size;
        /* Only this end: whether the reader wants to wait is the reader's choice. */
        if (fcntl(t->to, F_SETFL, O_NONBLOCK) < 0)
                return -errno;
        r = stream_watch(s, t);
        if (r < 0)
                return r;
        t->next = s->first;
        s->first = TAKE_PTR(t);
        return TAKE_FD(reader);
}

size_t streams_count(const struct streams *s) {
        size_t n = 0;

        for (const struct stream *t = s->first; t; t = t->next)
                n++;
        return n;
}
