/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* In place of metrics-server.c where libmicrohttpd is missing. */

#include <errno.h>

#include "daemon/metrics-server.h"

int metrics_server_new(struct metrics_server **ret _unused_, sd_event *event _unused_, const int *sockets _unused_,
                       size_t n _unused_, const struct metrics_server_ops *ops _unused_) {
        return -EOPNOTSUPP;
}

struct metrics_server *metrics_server_free(struct metrics_server *s _unused_) {
        return NULL;
}

void metrics_server_get_counters(const struct metrics_server *s _unused_, struct metrics_server_counters *ret) {
        *ret = (struct metrics_server_counters) {};
}
