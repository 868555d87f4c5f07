/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "daemon/configuration.h"
#include "daemon/flow-lines.h"
#include "daemon/record-log.h"

/* What the service appends to files, as one JSON object a line: flows as they end, with the columns of
 * 'lanscopectl analyze --flows'; alerts as they are raised; statistics at an interval. None unless configured. */

struct output;

struct output_ops {
        /* Writes the object of one line of statistics. */
        void (*statistics)(void *userdata, FILE *f);
        void *userdata;
};

struct output_counters {
        uint64_t lines_written, lines_dropped, files_rotated, failures;
};

int output_new(struct output **ret, sd_event *event, const struct config *config, const struct output_ops *ops);
struct output *output_free(struct output *output);
DEFINE_CLEANUP(struct output *, output_free)

void output_flow(struct output *output, const struct flow_lines *lines, const struct flow_record *record);
void output_alert(struct output *output, const struct alert *alert);
/* Since output_new(). */
void output_get_counters(const struct output *output, struct output_counters *ret);
