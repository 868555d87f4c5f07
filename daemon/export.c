/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Exports: records one after the other into a memfd, so that only one is in memory twice. */

#include "daemon/export.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/json-text.h"
#include "daemon/records.h"

struct exporter {
        FILE *f;
        const char *const *columns; /* NULL: JSON */
        bool any;
};

static int begin(struct exporter *e, bool csv, const char *const *columns) {
        int fd = memfd_create("lanscope-export", MFD_CLOEXEC);

        if (fd < 0)
                return -errno;
        *e = (struct exporter) { .f = fdopen(fd, "w"), .columns = csv ? columns : NULL };
        if (!e->f) {
                close(fd);
                return -ENOMEM;
        }
        if (csv)
                return json_csv_write_titles(e->f, columns);
        return fputs("[", e->f) < 0 ? -EIO : 0;
}

/* Takes `record` over. */
static int add(struct exporter *e, struct json_object *record) {
        _cleanup_(json_putp) struct json_object *o = record;
        int r;

        if (!o)
                return -ENOMEM;
        if (e->columns)
                r = json_csv_write_row(e->f, o, e->columns);
        else {
                fputs(e->any ? ",\n" : "\n", e->f);
                r = json_text_write(e->f, o, false);
        }
        e->any = true;
        if (r >= 0 && ferror(e->f))
                r = -EIO;
        return r < 0 ? r : ftell(e->f) > (long) EXPORT_MAX ? -EFBIG : 0;
}

/* A descriptor that outlives the stream. */
static int finish(struct exporter *e) {
        int fd;

        if (!e->columns)
                fputs(e->any ? "\n]\n" : "]\n", e->f);
        if (fflush(e->f) != 0)
                return -errno;
        fd = fcntl(fileno(e->f), F_DUPFD_CLOEXEC, 3);
        return fd < 0 ? -errno : fd;
}

int export_devices(const struct inventory *inventory, bool csv) {
        _cleanup_(fclosep) FILE *f = NULL;
        struct exporter e = {};
        size_t position = 0;
        int r = begin(&e, csv, device_columns);

        f = e.f;
        for (const struct device *d; r >= 0 && (d = inventory_next(inventory, &position));)
                r = add(&e, record_from_device(d));
        return r < 0 ? r : finish(&e);
}

static int add_alert(void *userdata, const struct alert *alert) {
        return add(userdata, record_from_alert(alert));
}

int export_alerts(struct store *store, bool csv) {
        const struct store_alert_filter all = STORE_ALERT_FILTER_ALL;
        _cleanup_(fclosep) FILE *f = NULL;
        struct exporter e = {};
        int r = begin(&e, csv, alert_columns);

        f = e.f;
        if (r >= 0)
                r = store_list_alerts(store, &all, add_alert, &e);
        return r < 0 ? r : finish(&e);
}
