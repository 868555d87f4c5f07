/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* libmicrohttpd parses requests and writes answers; sockets are accepted here and time is kept here, for it knows no
 * limit on how long a connection that sends a byte now and then may live. It is seen by no other file. */

#include "daemon/metrics-server.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "daemon/exposition.h"

#define PAGE_AGE USEC_PER_SEC /* that is not made anew */
#define PAUSE USEC_PER_SEC    /* before the next connection is taken, where one could not be */

struct connection {
        struct MHD_Connection *handle; /* NULL: the place is free */
        int fd;                        /* its, and closed by it */
        uint64_t end;                  /* usec, monotonic */
};

struct listening {
        sd_event_source *source;
        int fd;
};

struct metrics_server {
        struct metrics_server_ops ops;
        sd_event *event;
        struct MHD_Daemon *daemon;
        sd_event_source *ready, *timer;
        struct listening sockets[METRICS_SOCKETS_MAX];
        size_t n_sockets;
        struct connection connections[METRICS_CONNECTIONS_MAX];
        size_t n_connections;
        uint64_t paused_until;     /* usec, monotonic; 0: not paused */
        struct MHD_Response *page; /* NULL: none was asked for yet */
        uint64_t page_made;        /* usec, monotonic */
        struct metrics_server_counters counters;
};

static uint64_t now(const struct metrics_server *s) {
        uint64_t usec = 0;

        (void) sd_event_now(s->event, CLOCK_MONOTONIC, &usec);
        return usec;
}

/* Every answer is the last one of its connection. Takes `text`, of malloc(). */
static struct MHD_Response *make_response(char *text, size_t length) {
        struct MHD_Response *response = MHD_create_response_from_buffer(length, text, MHD_RESPMEM_MUST_FREE);

        if (!response) {
                free(text);
                return NULL;
        }
        if (MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close") == MHD_YES)
                return response;
        MHD_destroy_response(response);
        return NULL;
}

/* Answers that are still on their way keep the page of theirs. */
static struct MHD_Response *get_page(struct metrics_server *s) {
        struct MHD_Response *page;
        char *text = NULL;
        size_t length = 0;
        FILE *f;

        if (s->page && now(s) - s->page_made < PAGE_AGE)
                return s->page;
        f = open_memstream(&text, &length);
        if (!f)
                return NULL;
        s->ops.write(s->ops.userdata, f);
        if (fclose(f) != 0) {
                free(text);
                return NULL;
        }
        page = make_response(text, length);
        if (!page || MHD_add_response_header(page, MHD_HTTP_HEADER_CONTENT_TYPE, EXPOSITION_CONTENT_TYPE) != MHD_YES) {
                MHD_destroy_response(page);
                return NULL;
        }
        MHD_destroy_response(s->page);
        s->page = page;
        s->page_made = now(s);
        return page;
}

static enum MHD_Result refuse(struct metrics_server *s, struct MHD_Connection *c, unsigned status, const char *message) {
        char *text = strdup(message);
        struct MHD_Response *response = text ? make_response(text, strlen(text)) : NULL;
        enum MHD_Result r = MHD_NO;

        if (!response)
                return MHD_NO;
        if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
                (void) MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
        if (MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "text/plain; charset=utf-8") == MHD_YES)
                r = MHD_queue_response(c, status, response);
        MHD_destroy_response(response);
        s->counters.refused++;
        return r;
}

static enum MHD_Result on_request(void *userdata, struct MHD_Connection *c, const char *url, const char *method,
                                  const char *version _unused_, const char *upload _unused_, size_t *upload_size _unused_,
                                  void **request _unused_) {
        struct metrics_server *s = userdata;
        struct MHD_Response *page;

        if (strcmp(url, "/metrics") != 0)
                return refuse(s, c, MHD_HTTP_NOT_FOUND, "There is /metrics, and nothing else.\n");
        if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
                return refuse(s, c, MHD_HTTP_METHOD_NOT_ALLOWED, "GET or HEAD.\n");
        page = get_page(s);
        if (!page)
                return refuse(s, c, MHD_HTTP_SERVICE_UNAVAILABLE, "Out of memory.\n");
        s->counters.answered++;
        return MHD_queue_response(c, MHD_HTTP_OK, page);
}

/* The page has one spelling: "%00" must not end it, and no other is worth a table of escapes. */
static size_t keep_escapes(void *userdata _unused_, struct MHD_Connection *c _unused_, char *text) {
        return strlen(text);
}

/* Whoever comes while it does not listen waits in the kernel's queue. */
static void set_listening(struct metrics_server *s) {
        bool wanted = s->n_connections < METRICS_CONNECTIONS_MAX && s->paused_until == 0;

        for (size_t i = 0; i < s->n_sockets; i++)
                (void) sd_event_source_set_enabled(s->sockets[i].source, wanted ? SD_EVENT_ON : SD_EVENT_OFF);
}

static struct connection *find(struct metrics_server *s, const struct MHD_Connection *handle) {
        for (size_t i = 0; i < METRICS_CONNECTIONS_MAX; i++)
                if (s->connections[i].handle == handle)
                        return &s->connections[i];
        return NULL;
}

static void begin(struct metrics_server *s, struct MHD_Connection *handle) {
        const union MHD_ConnectionInfo *info = MHD_get_connection_info(handle, MHD_CONNECTION_INFO_CONNECTION_FD);
        struct connection *place = find(s, NULL);

        if (!place || !info)
                return;
        *place = (struct connection) { handle, info->connect_fd, now(s) + METRICS_LIFE };
        s->counters.connections++;
        s->n_connections++;
        set_listening(s);
}

static void end(struct metrics_server *s, const struct MHD_Connection *handle) {
        struct connection *place = find(s, handle);

        if (!place)
                return;
        place->handle = NULL;
        s->n_connections--;
        set_listening(s);
}

static void on_connection(void *userdata, struct MHD_Connection *handle, void **context _unused_,
                          enum MHD_ConnectionNotificationCode code) {
        if (code == MHD_CONNECTION_NOTIFY_STARTED)
                begin(userdata, handle);
        else
                end(userdata, handle);
}

/* When time alone must bring something about: usec, monotonic. */
static uint64_t next_deadline(struct metrics_server *s) {
        MHD_UNSIGNED_LONG_LONG ms;
        uint64_t next = s->paused_until > 0 ? s->paused_until : UINT64_MAX;

        if (MHD_get_timeout(s->daemon, &ms) == MHD_YES)
                next = MIN(next, now(s) + ms * 1000);
        for (size_t i = 0; i < METRICS_CONNECTIONS_MAX; i++)
                if (s->connections[i].handle)
                        next = MIN(next, s->connections[i].end);
        return next;
}

static void serve(struct metrics_server *s) {
        uint64_t next;

        (void) MHD_run(s->daemon);
        next = next_deadline(s);
        if (next != UINT64_MAX)
                (void) sd_event_source_set_time(s->timer, next);
        (void) sd_event_source_set_enabled(s->timer, next != UINT64_MAX ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

static int on_ready(sd_event_source *source _unused_, int fd _unused_, uint32_t events _unused_, void *userdata) {
        serve(userdata);
        return 0;
}

/* libmicrohttpd finds a connection that is shut down at its end. */
static int on_timer(sd_event_source *source _unused_, uint64_t usec _unused_, void *userdata) {
        struct metrics_server *s = userdata;

        for (size_t i = 0; i < METRICS_CONNECTIONS_MAX; i++) {
                struct connection *c = &s->connections[i];

                if (!c->handle || c->end > now(s))
                        continue;
                c->end = UINT64_MAX;
                s->counters.expired++;
                (void) shutdown(c->fd, SHUT_RDWR);
        }
        if (s->paused_until > 0 && s->paused_until <= now(s)) {
                s->paused_until = 0;
                set_listening(s);
        }
        serve(s);
        return 0;
}

static int on_socket(sd_event_source *source _unused_, int fd, uint32_t events _unused_, void *userdata) {
        struct metrics_server *s = userdata;
        struct sockaddr_storage address;
        socklen_t length = sizeof address;
        int connection;

        memset(&address, 0, sizeof address);
        connection = accept4(fd, (struct sockaddr *) &address, &length, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (connection >= 0) /* it closes what it does not take */
                (void) MHD_add_connection(s->daemon, connection, (const struct sockaddr *) &address, length);
        else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
                s->paused_until = now(s) + PAUSE;
                set_listening(s);
        }
        serve(s);
        return 0;
}

static int start_daemon(struct metrics_server *s) {
        const union MHD_DaemonInfo *info;
        int r;

        s->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET, 0, NULL, NULL, on_request, s,
                                     MHD_OPTION_CONNECTION_LIMIT, (unsigned) METRICS_CONNECTIONS_MAX,
                                     MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned) METRICS_PER_ADDRESS_MAX,
                                     MHD_OPTION_CONNECTION_TIMEOUT, (unsigned) METRICS_IDLE,
                                     MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t) METRICS_REQUEST_MAX,
                                     MHD_OPTION_NOTIFY_CONNECTION, on_connection, s,
                                     MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL,
                                     MHD_OPTION_END);
        info = s->daemon ? MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
        if (!info)
                return -ENOMEM;
        r = sd_event_add_io(s->event, &s->ready, info->epoll_fd, EPOLLIN, on_ready, s);
        if (r >= 0)
                r = sd_event_add_time(s->event, &s->timer, CLOCK_MONOTONIC, 0, 100 * 1000, on_timer, s);
        return r < 0 ? r : sd_event_source_set_enabled(s->timer, SD_EVENT_OFF);
}

int metrics_server_new(struct metrics_server **ret, sd_event *event, const int *sockets, size_t n,
                       const struct metrics_server_ops *ops) {
        _cleanup_(metrics_server_freep) struct metrics_server *s = calloc(1, sizeof *s);
        int r;

        if (!s)
                return -ENOMEM;
        s->event = sd_event_ref(event);
        s->ops = *ops;
        r = n > METRICS_SOCKETS_MAX ? -E2BIG : start_daemon(s);
        for (size_t i = 0; r >= 0 && i < n; i++) {
                s->sockets[i].fd = -1;
                r = sd_event_add_io(event, &s->sockets[i].source, sockets[i], EPOLLIN, on_socket, s);
                s->n_sockets++;
        }
        if (r < 0)
                return r;
        for (size_t i = 0; i < n; i++)
                s->sockets[i].fd = sockets[i];
        *ret = TAKE_PTR(s);
        return 0;
}

struct metrics_server *metrics_server_free(struct metrics_server *s) {
        if (!s)
                return NULL;
        for (size_t i = 0; i < s->n_sockets; i++) {
                sd_event_source_disable_unref(s->sockets[i].source);
                closep(&s->sockets[i].fd);
        }
        s->n_sockets = 0;
        sd_event_source_disable_unref(s->ready);
        sd_event_source_disable_unref(s->timer);
        if (s->daemon)
                MHD_stop_daemon(s->daemon);
        MHD_destroy_response(s->page);
        sd_event_unref(s->event);
        free(s);
        return NULL;
}

void metrics_server_get_counters(const struct metrics_server *s, struct metrics_server_counters *ret) {
        *ret = s->counters;
}
