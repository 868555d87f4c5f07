/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/macro.h"

/* How long something took, each time, in classes: what Prometheus calls a histogram. Counting costs a few
 * comparisons and no memory. */

#define HISTOGRAM_BOUNDS 12

/* Upper bounds of the classes, ns, each as it is written in seconds; what is longer than the last is in a class of
 * its own. */
static const struct {
        uint64_t ns;
        const char *seconds;
} histogram_bounds[HISTOGRAM_BOUNDS] = {
        { 10 * NSEC_PER_USEC, "1e-05" },  { 100 * NSEC_PER_USEC, "0.0001" }, { 500 * NSEC_PER_USEC, "0.0005" },
        { 1 * NSEC_PER_MSEC, "0.001" },   { 2500 * NSEC_PER_USEC, "0.0025" }, { 5 * NSEC_PER_MSEC, "0.005" },
        { 10 * NSEC_PER_MSEC, "0.01" },   { 25 * NSEC_PER_MSEC, "0.025" },   { 50 * NSEC_PER_MSEC, "0.05" },
        { 100 * NSEC_PER_MSEC, "0.1" },   { 500 * NSEC_PER_MSEC, "0.5" },    { 2500 * NSEC_PER_MSEC, "2.5" },
};

struct histogram {
        uint64_t counts[HISTOGRAM_BOUNDS + 1]; /* of each class alone */
        uint64_t sum;                          /* ns */
};

static inline void histogram_add(struct histogram *h, uint64_t ns) {
        size_t i = 0;

        while (i < HISTOGRAM_BOUNDS && ns > histogram_bounds[i].ns)
                i++;
        h->counts[i]++;
        h->sum += ns;
}
