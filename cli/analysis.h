/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "daemon/eve.h"
#include "daemon/flow-lines.h"
#include "cli/screen.h"
#include "common/json-text.h"
#include "engine/engine.h"

/* What is known of one capture file while and after it is read. */
struct analysis {
        const struct options *options;
        const struct screen *screen;
        const char *path;
        struct engine *engine;
        uint64_t first, last; /* ns since the epoch: earliest and latest frame; 0: none */
        struct json_object *alerts; /* kept for the report; NULL: printed at once */
        struct flow_lines *lines;
        struct eve *eve;        /* NULL: no events are wanted */
        struct flow_top top; /* limit 0: flows are printed at once, or not wanted */
        const char *complaint; /* what is wrong with the file, NULL: nothing */
        bool failed;
};

/* The devices as records, in the order of their ids. NULL: no memory. */
struct json_object *analysis_devices(const struct analysis *analysis);
/* The totals as one record. NULL: no memory. */
struct json_object *analysis_stats(const struct analysis *analysis);
/* Totals, devices and alerts in one. NULL: no memory. */
struct json_object *analysis_all(const struct analysis *analysis);
/* The report for people. 0 or -ENOMEM. */
int analysis_print_report(const struct analysis *analysis);
