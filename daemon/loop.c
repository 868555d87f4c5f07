/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The loop of the service. Only what is dispatched counts as busy, not the wait for it. */

#include "daemon/loop.h"

#include "common/clock.h"

static int run_once(sd_event *event, struct histogram *busy) {
        uint64_t begin;
        int r = sd_event_prepare(event);

        if (r == 0)
                r = sd_event_wait(event, UINT64_MAX);
        if (r <= 0)
                return r;
        begin = clock_ns(CLOCK_MONOTONIC);
        r = sd_event_dispatch(event);
        histogram_add(busy, clock_ns(CLOCK_MONOTONIC) - begin);
        return r;
}

int loop_run(sd_event *event, struct histogram *busy) {
        int code, r;

        while (sd_event_get_state(event) != SD_EVENT_FINISHED) {
                r = run_once(event, busy);
                if (r < 0)
                        return r;
        }
        r = sd_event_get_exit_code(event, &code);
        return r < 0 ? r : code;
}
