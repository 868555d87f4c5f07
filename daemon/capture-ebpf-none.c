/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Stands where the eBPF backend would, in a build without it. */

#include <errno.h>
#include <stdio.h>

#include "common/macro.h"
#include "daemon/capture.h"

static int none_probe(const struct capture_config *config _unused_, const char *interface _unused_,
                      char reason[static 256]) {
        snprintf(reason, 256, "this lanscope was built without it");
        return -EOPNOTSUPP;
}

static int none_start(const struct capture_config *config, const char *interface, sd_event *event _unused_,
                      const struct capture_ops *ops _unused_, void **ret _unused_, char method[static 128] _unused_,
                      char reason[static 256]) {
        return none_probe(config, interface, reason);
}

static void none_stop(void *backend _unused_) {
}

static void none_drain(void *backend _unused_) {
}

static void none_stats(void *backend _unused_, struct capture_stats *ret _unused_) {
}

const struct capture_backend capture_ebpf = {
        .name = "eBPF",
        .probe = none_probe,
        .start = none_start,
        .stop = none_stop,
        .drain = none_drain,
        .stats = none_stats,
};

void capture_clean_up(void) {
}
