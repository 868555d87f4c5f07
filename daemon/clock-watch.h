/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/macro.h"

/* Was the clock set? The time of day and the time since boot pass alike, suspended or not; when they do not, somebody set
 * the one, as NTP does once on a machine that boots without a clock. */

/* Steps that are less are taken as they come. */
#define CLOCK_STEP_MIN (60 * NSEC_PER_SEC)
/* Nothing is dropped for its age before the clock was left alone for so long. */
#define CLOCK_STEADY (24 * 3600 * NSEC_PER_SEC)

struct clock_watch {
        uint64_t real_at_boot; /* ns; wraps where the clock is set before 1970 */
        uint64_t steady_at;    /* CLOCK_BOOTTIME, ns */
};

/* `steady`: the clock can be trusted. Both are what the clocks say, ns. */
void clock_watch_begin(struct clock_watch *watch, uint64_t real, uint64_t boot, bool steady);
/* By how much it was set since the last time, ns; 0: not, or by less than CLOCK_STEP_MIN. */
int64_t clock_watch_step(struct clock_watch *watch, uint64_t real, uint64_t boot);
bool clock_watch_is_steady(const struct clock_watch *watch, uint64_t boot);
