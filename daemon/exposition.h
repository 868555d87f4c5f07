/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "daemon/histogram.h"

/* Text in Prometheus's exposition format, version 0.0.4: families of samples, each with its HELP and TYPE.
 * https://prometheus.io/docs/instrumenting/exposition_formats/ */

#define EXPOSITION_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

enum exposition_type { EXPOSITION_COUNTER, EXPOSITION_GAUGE, EXPOSITION_HISTOGRAM };

struct exposition {
        FILE *f;            /* the caller's */
        const char *family; /* that samples belong to now; borrowed */
};

/* The value may be what a device said: it is escaped, and what a terminal would obey or no UTF-8 is replaced. */
struct exposition_label {
        const char *name, *value;
};

/* Begins a family; all its samples must follow before the next one begins. `help` is one line. */
void exposition_family(struct exposition *e, const char *name, enum exposition_type type, const char *help);

/* One sample of the family, with `n` labels. */
void exposition_sample(struct exposition *e, const struct exposition_label *labels, size_t n, uint64_t value);
/* The same of a time, ns, in seconds. */
void exposition_seconds(struct exposition *e, const struct exposition_label *labels, size_t n, uint64_t ns);
/* All samples of a histogram without labels. */
void exposition_histogram(struct exposition *e, const struct histogram *histogram);
