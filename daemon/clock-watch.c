/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The difference of two clocks, and when it changed. */

#include "daemon/clock-watch.h"

void clock_watch_begin(struct clock_watch *w, uint64_t real, uint64_t boot, bool steady) {
        *w = (struct clock_watch) { .real_at_boot = real - boot, .steady_at = steady ? 0 : boot + CLOCK_STEADY };
}

int64_t clock_watch_step(struct clock_watch *w, uint64_t real, uint64_t boot) {
        int64_t step = (int64_t) (real - boot - w->real_at_boot);

        w->real_at_boot = real - boot;
        if (step > -(int64_t) CLOCK_STEP_MIN && step < (int64_t) CLOCK_STEP_MIN)
                return 0;
        w->steady_at = boot + CLOCK_STEADY;
        return step;
}

bool clock_watch_is_steady(const struct clock_watch *w, uint64_t boot) {
        return boot >= w->steady_at;
}
