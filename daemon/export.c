/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Exports: records one after the other into a memfd, so that only one is in memory twice. */

#include "daemon/export.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/json-text.h"
#include "daemon/records.h"

enum export_format export_format_from_string(const char *s) {
        static const char *const names[] = { [EXPORT_JSON] = "json", [EXPORT_JSON_LINES] = "jsonl",
                                             [EXPORT_CSV] = "csv" };

        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                if (strcmp(names[i], s) == 0)
                        return (enum export_format) i;
        return _EXPORT_FORMAT_MAX;
}

struct exporter {
        FILE *f;
        enum export_format format;
        const char *const *columns;     /* of CSV */
        const struct flow_lines *lines; /* of flows */
        bool any;
};

static int begin(struct exporter *e, enum export_format format, const char *const *columns) {
        int fd = memfd_create("lanscope-export", MFD_CLOEXEC);

        if (fd < 0)
                return -errno;
        *e = (struct exporter) { .f = fdopen(fd, "w"), .format = format, .columns = columns };
        if (!e->f) {
                close(fd);
                return -ENOMEM;
        }
        if (format == EXPORT_CSV && columns)
                return json_csv_write_titles(e->f, columns);
        return format == EXPORT_JSON && fputs("[", e->f) < 0 ? -EIO : 0;
}

/* What stands between one record and the next. */
static void separate(struct exporter *e) {
        if (e->format == EXPORT_JSON)
                fputs(e->any ? ",\n" : "\n", e->f);
        e->any = true;
}

static int check(const struct exporter *e) {
        return ferror(e->f) ? -EIO : ftell(e->f) > (long) EXPORT_MAX ? -EFBIG : 0;
}

/* Takes `record` over. */
static int add(struct exporter *e, struct json_object *record) {
        _cleanup_(json_putp) struct json_object *o = record;
        int r;

        if (!o)
                return -ENOMEM;
        separate(e);
        if (e->format == EXPORT_CSV)
                r = json_csv_write_row(e->f, o, e->columns);
        else
                r = json_text_write(e->f, o, false);
        if (e->format == EXPORT_JSON_LINES)
                fputc('\n', e->f);
        return r < 0 ? r : check(e);
}

/* A descriptor that outlives the stream. */
static int finish(struct exporter *e) {
        int fd;

        if (e->format == EXPORT_JSON)
                fputs(e->any ? "\n]\n" : "]\n", e->f);
        if (fflush(e->f) != 0)
                return -errno;
        fd = fcntl(fileno(e->f), F_DUPFD_CLOEXEC, 3);
        return fd < 0 ? -errno : fd;
}

int export_devices(const struct inventory *inventory, enum export_format format) {
        _cleanup_(fclosep) FILE *f = NULL;
        struct exporter e = {};
        size_t position = 0;
        int r = begin(&e, format, device_columns);

        f = e.f;
        for (const struct device *d; r >= 0 && (d = inventory_next(inventory, &position));)
                r = add(&e, record_from_device(d));
        return r < 0 ? r : finish(&e);
}

static int add_alert(void *userdata, const struct alert *alert) {
        return add(userdata, record_from_alert(alert));
}

int export_alerts(struct store *store, enum export_format format) {
        const struct store_alert_filter all = STORE_ALERT_FILTER_ALL;
        _cleanup_(fclosep) FILE *f = NULL;
        struct exporter e = {};
        int r = begin(&e, format, alert_columns);

        f = e.f;
        if (r >= 0)
                r = store_list_alerts(store, &all, add_alert, &e);
        return r < 0 ? r : finish(&e);
}

static int add_flow(void *userdata, const struct flow_record *record) {
        struct exporter *e = userdata;
        char line[FLOW_LINE_MAX];
        size_t n;
        int r;

        separate(e);
        if (e->format != EXPORT_JSON) {
                r = flow_lines_write(e->lines, record, e->f);
                return r < 0 ? r : check(e);
        }
        r = flow_lines_format(e->lines, record, line, &n);
        if (r < 0)
                return r;
        fwrite(line, 1, n, e->f);
        return check(e);
}

int export_flows(struct flows *flows, struct engine *engine, const struct flow_lines *lines,
                 enum export_format format) {
        struct flow_lines own = *lines;
        _cleanup_(fclosep) FILE *f = NULL;
        struct exporter e = {};
        int r = begin(&e, format, NULL);

        own.csv = format == EXPORT_CSV;
        e.lines = &own;
        f = e.f;
        if (r >= 0) {
                flow_lines_begin(&own, f);
                r = flows_for_each(flows, engine, add_flow, &e);
        }
        return r < 0 ? r : finish(&e);
}
