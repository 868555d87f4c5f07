/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <systemd/sd-event.h>

#include "common/macro.h"

/* A web server for one page, /metrics, on the service's loop: no thread of its own, at most METRICS_CONNECTIONS_MAX
 * connections, of which none lives longer than METRICS_LIFE whatever it sends or does not read, and each gets one
 * answer. The page is made anew once a second at most, however many ask. What is in it is the caller's. */

#define METRICS_CONNECTIONS_MAX 32
#define METRICS_PER_ADDRESS_MAX 16 /* of them, from one IP address */
#define METRICS_IDLE 10            /* seconds */
#define METRICS_LIFE (20 * USEC_PER_SEC)
#define METRICS_REQUEST_MAX 8192   /* bytes of memory that a connection may take: longer requests are refused */
#define METRICS_SOCKETS_MAX 8

struct metrics_server;

struct metrics_server_ops {
        /* Writes the page. */
        void (*write)(void *userdata, FILE *f);
        void *userdata;
};

struct metrics_server_counters {
        uint64_t answered, refused; /* with the page; with 404, 405 or 503 */
        uint64_t connections;       /* that came */
        uint64_t expired;           /* ended because of METRICS_LIFE */
};

/* Listens on `n` sockets, non-blocking, which are taken over if that succeeds. -EOPNOTSUPP: built without libmicrohttpd;
 * -errno. */
int metrics_server_new(struct metrics_server **ret, sd_event *event, const int *sockets, size_t n,
                       const struct metrics_server_ops *ops);
struct metrics_server *metrics_server_free(struct metrics_server *server);
DEFINE_CLEANUP(struct metrics_server *, metrics_server_free)

void metrics_server_get_counters(const struct metrics_server *server, struct metrics_server_counters *ret);
