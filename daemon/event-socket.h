/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "common/macro.h"

/* Lines for a program that listens on a socket of the file system, as Suricata's unix_stream and unix_dgram give them: this
 * side connects. It never waits for the reader: what it does not take in time, and all that comes while there is none, is
 * dropped and counted. A reader that comes back begins with a whole line. */

#define EVENT_SOCKET_RETRY (5 * USEC_PER_SEC)
#define EVENT_SOCKET_BYTES_MAX (1u << 20) /* that may wait for a slow reader */

struct event_socket_config {
        const char *path; /* absolute, at most 107 bytes; copied */
        bool datagrams;   /* one line each, instead of a stream */
};

struct event_socket_counters {
        uint64_t sent, dropped; /* lines */
        uint64_t connected;     /* times that there was a reader */
};

struct event_socket;

/* -EINVAL: no such path can be; -ENOMEM, -errno. That nobody listens is no error. */
int event_socket_new(struct event_socket **ret, sd_event *event, const struct event_socket_config *config);
/* For a reader that is there: `fd` is our end of its socket, a stream, and taken over if that succeeds. When it is gone it
 * does not come back: `gone` is called once, which must not free the socket. -ENOMEM, -errno. */
int event_socket_new_for(struct event_socket **ret, sd_event *event, int fd, void (*gone)(void *userdata), void *userdata);
struct event_socket *event_socket_free(struct event_socket *socket);
DEFINE_CLEANUP(struct event_socket *, event_socket_free)

/* `line` without its end, which is added. */
void event_socket_add(struct event_socket *socket, const char *line, size_t length);
void event_socket_get_counters(const struct event_socket *socket, struct event_socket_counters *ret);
