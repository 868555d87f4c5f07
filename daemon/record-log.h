/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "common/macro.h"

/* Lines that are appended to a file as they come, for other programs to read: finished flows, alerts, statistics. When
 * the file is full it is renamed to <path>.1, what was .1 to .2, and so on: a reader sees whole lines in whole files. A
 * file that somebody else moved away is made anew. Lines wait in memory for up to RECORD_LOG_DELAY, or while they
 * cannot be written; beyond a limit new ones are dropped and counted. A timer runs only while something waits. */

#define RECORD_LOG_DELAY (2 * USEC_PER_SEC)
#define RECORD_LOG_RETRY (30 * USEC_PER_SEC)
#define RECORD_LOG_LINE_MAX (1u << 20) /* longer ones are dropped */

struct record_log_config {
        const char *path;    /* absolute; copied */
        uint64_t size_max;   /* bytes of a file before it is full */
        uint32_t keep;       /* full files beside it; 0: what is full is emptied */
        uint32_t waiting_max;/* lines */
        uint64_t age_max;    /* seconds after which a file counts as full when the next line comes; 0: never */
};

struct record_log_counters {
        uint64_t written, dropped, rotated, failures; /* lines, lines, files, attempts */
};

struct record_log;

/* Opens, or makes, the file (0640, whatever the umask). If that fails the log says so in the journal, once, and tries
 * again later: -ENOMEM alone is an error. */
int record_log_new(struct record_log **ret, sd_event *event, const struct record_log_config *config);
/* Writes what waits. */
struct record_log *record_log_free(struct record_log *log);
DEFINE_CLEANUP(struct record_log *, record_log_free)

/* `line` without its end. */
void record_log_add(struct record_log *log, const char *line, size_t length);
/* Writes what waits, now. 0 or -errno. */
int record_log_flush(struct record_log *log);
void record_log_get_counters(const struct record_log *log, struct record_log_counters *ret);

/* Where a file of that name is: as it is if absolute, else below the folder that LogsDirectory= made. The caller frees.
 * -EINVAL: ".." or control characters in it, or a folder. */
int record_log_path(const char *name, char **ret);
