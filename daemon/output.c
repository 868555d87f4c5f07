/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Three logs, each of which may be there or not, and the timer of one of them. */

#include "daemon/output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/json-text.h"
#include "daemon/records.h"

struct output {
        struct output_ops ops;
        struct record_log *flows, *alerts, *statistics; /* NULL: not wanted */
        uint64_t interval;                              /* usec */
        sd_event_source *timer;
};

static int open_log(struct record_log **ret, sd_event *event, const struct config *config, const char *name) {
        _cleanup_(freep) char *path = NULL;
        struct record_log_config log = {
                .size_max = config->output.log_size,
                .keep = config->output.log_keep,
                .waiting_max = config->output.queue_capacity,
        };
        int r;

        if (!*name)
                return 0;
        r = record_log_path(name, &path);
        if (r < 0) {
                path = NULL;
                return r;
        }
        log.path = path;
        return record_log_new(ret, event, &log);
}

/* Runs `write` on a file in memory whose contents become a line. */
static void add_written(struct record_log *log, void (*write)(const void *userdata, FILE *f), const void *userdata) {
        char *text = NULL;
        size_t n = 0;
        FILE *f = open_memstream(&text, &n);

        if (!f)
                return;
        write(userdata, f);
        if (fclose(f) == 0 && n > 0)
                record_log_add(log, text, n);
        free(text);
}

static void write_statistics(const void *userdata, FILE *f) {
        const struct output *o = userdata;

        o->ops.statistics(o->ops.userdata, f);
}

static int on_timer(sd_event_source *s, uint64_t usec _unused_, void *userdata) {
        struct output *o = userdata;

        add_written(o->statistics, write_statistics, o);
        (void) sd_event_source_set_time_relative(s, o->interval);
        return sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
}

static int start_timer(struct output *o, sd_event *event) {
        int r = sd_event_add_time_relative(event, &o->timer, CLOCK_MONOTONIC, o->interval, 250 * 1000, on_timer, o);

        if (r >= 0)
                (void) sd_event_source_set_description(o->timer, "statistics");
        return r;
}

int output_new(struct output **ret, sd_event *event, const struct config *config, const struct output_ops *ops) {
        _cleanup_(output_freep) struct output *o = calloc(1, sizeof *o);
        int r;

        if (!o)
                return -ENOMEM;
        o->ops = *ops;
        o->interval = config->output.statistics_interval / NSEC_PER_USEC;
        r = open_log(&o->flows, event, config, config->output.flow_log);
        if (r >= 0)
                r = open_log(&o->alerts, event, config, config->output.alert_log);
        if (r >= 0)
                r = open_log(&o->statistics, event, config, config->output.statistics_log);
        if (r >= 0 && o->statistics)
                r = start_timer(o, event);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(o);
        return 0;
}

struct output *output_free(struct output *o) {
        if (!o)
                return NULL;
        sd_event_source_disable_unref(o->timer);
        record_log_free(o->flows);
        record_log_free(o->alerts);
        record_log_free(o->statistics);
        free(o);
        return NULL;
}

void output_flow(struct output *o, const struct flow_lines *lines, const struct flow_record *record) {
        char line[FLOW_LINE_MAX];
        size_t n;

        if (o->flows && flow_lines_format(lines, record, line, &n) >= 0)
                record_log_add(o->flows, line, n);
}

static void write_alert(const void *userdata, FILE *f) {
        _cleanup_(json_putp) struct json_object *record = record_from_alert(userdata);

        if (record)
                (void) json_text_write(f, record, false);
}

void output_alert(struct output *o, const struct alert *alert) {
        if (o->alerts)
                add_written(o->alerts, write_alert, alert);
}

void output_get_counters(const struct output *o, struct output_counters *ret) {
        const struct record_log *logs[] = { o->flows, o->alerts, o->statistics };

        *ret = (struct output_counters) {};
        for (size_t i = 0; i < ELEMENTSOF(logs); i++) {
                struct record_log_counters c;

                if (!logs[i])
                        continue;
                record_log_get_counters(logs[i], &c);
                ret->lines_written += c.written;
                ret->lines_dropped += c.dropped;
                ret->files_rotated += c.rotated;
                ret->failures += c.failures;
        }
}
