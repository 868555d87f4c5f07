/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdint.h>
#include <time.h>

#include "common/macro.h"

/* What a clock of the kernel's says, in ns. For daemon/ and cli/: in engine/ time comes with the packets. */
static inline uint64_t clock_ns(clockid_t clock) {
        struct timespec t;

        clock_gettime(clock, &t);
        return (uint64_t) t.tv_sec * NSEC_PER_SEC + (uint64_t) t.tv_nsec;
}

static inline uint64_t clock_usec(clockid_t clock) {
        return clock_ns(clock) / NSEC_PER_USEC;
}
