/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Pictures as text. The first one that is printed is the second one that is taken, so that it has rates. */

#include "cli/top/top-batch.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/bus-lists.h"
#include "cli/output.h"
#include "cli/table.h"
#include "cli/top/top-alert.h"
#include "cli/top/top-device.h"
#include "cli/top/top-flow.h"
#include "cli/top/top-text.h"
#include "cli/when.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "dbus/lanscope-names.h"

#define FLOWS_MAX 1000

static int take_status(sd_bus *bus, struct top_model *model) {
        _cleanup_(json_putp) struct json_object *properties = NULL;
        int r = bus_get_properties(bus, LANSCOPE_PATH, LANSCOPE_MANAGER_INTERFACE, &properties);

        if (r < 0)
                return r;
        top_model_take_status(model, properties, clock_usec(CLOCK_MONOTONIC));
        top_model_set_time(model, when_now());
        return 0;
}

static int take_devices(sd_bus *bus, struct top_model *model) {
        const struct options all = { 0 };
        _cleanup_(json_putp) struct json_object *list = NULL;
        int r = bus_list_devices(bus, &all, &list, NULL);

        if (r >= 0)
                r = top_model_take_devices(model, list, clock_usec(CLOCK_MONOTONIC));
        top_model_set_time(model, when_now());
        return r;
}

static int take_alerts(sd_bus *bus, struct top_model *model) {
        const struct options all = { .all = true };
        _cleanup_(json_putp) struct json_object *list = NULL;
        int r = bus_list_alerts(bus, &all, &list);

        return r < 0 ? r : top_model_take_alerts(model, list);
}

static int take_flows(sd_bus *bus, struct top_model *model) {
        static const struct bus_method method = { LANSCOPE_MANAGER_INTERFACE, "ListFlows",
                                                  LANSCOPE_ACTION_INSPECT_TRAFFIC };
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_(json_putp) struct json_object *list = NULL;
        const char *sort = top_flows_sort(&model->lists[TOP_FLOWS]);
        int r = bus_call(bus, LANSCOPE_PATH, &method, &reply, "a{sv}", 2, "Sort", "s", sort, "Limit", "u",
                         (uint32_t) FLOWS_MAX);

        if (r >= 0)
                r = bus_read_reply(reply, &list);
        if (r >= 0)
                r = top_model_take_flows(model, list);
        top_model_set_time(model, when_now());
        return r;
}

static int take_talkers(sd_bus *bus, struct top_model *model) {
        static const struct bus_method method = { LANSCOPE_MANAGER_INTERFACE, "ListTalkers",
                                                  LANSCOPE_ACTION_INSPECT_TRAFFIC };
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_(json_putp) struct json_object *list = NULL;
        int r = bus_call(bus, LANSCOPE_PATH, &method, &reply, "a{sv}", 0);

        if (r >= 0)
                r = bus_read_reply(reply, &list);
        return r < 0 ? r : top_model_take_talkers(model, list);
}

static int take_picture(sd_bus *bus, struct top_model *model) {
        int r = take_status(bus, model);

        if (r < 0)
                return r;
        switch (model->view) {
        case TOP_DEVICES:
                return take_devices(bus, model);
        case TOP_FLOWS:
                return take_flows(bus, model);
        case TOP_TALKERS:
                return take_talkers(bus, model);
        case TOP_ALERTS:
                return take_alerts(bus, model);
        case _TOP_VIEW_MAX:
                break;
        }
        return -EINVAL;
}

static size_t lines_of(const struct top_list *list, const struct options *options) {
        return options->limit > 0 ? MIN(list->n_shown, (size_t) options->limit) : list->n_shown;
}

static void print_head(const struct screen *screen, const struct top_model *m) {
        const struct top_history *h = &m->history;
        char when[64], rate[32], count[16], text[256];
        struct strbuf w = STRBUF(when), r = STRBUF(rate), c = STRBUF(count);

        when_format(&w, m->now);
        top_format_rate(&r, h->n > 0 ? h->bits[h->n - 1] : 0);
        top_format_count(&c, h->n > 0 ? h->packets[h->n - 1] : 0);
        snprintf(text, sizeof text,
                 "%s, %s mode, %" PRIu64 " devices, %" PRIu64 " online, %" PRIu64 " new alerts, %s, %s packets/s", when,
                 json_text_at(m->status, "Mode"), json_object_get_uint64(json_at(m->status, "DeviceCount")),
                 json_object_get_uint64(json_at(m->status, "OnlineCount")),
                 json_object_get_uint64(json_at(m->status, "UnacknowledgedAlerts")), rate, count);
        screen_wrap(screen, 0, text);
        putchar('\n');
}

static size_t columns_of(const struct top_kind *kind, struct table_column ret[static TOP_COLUMNS_MAX]) {
        size_t n = 0;

        for (size_t i = 0; i < kind->n_columns; i++)
                if (kind->columns[i].format && *kind->columns[i].title)
                        ret[n++] = (struct table_column) {
                                .title = kind->columns[i].title,
                                .min_width = kind->columns[i].most > 0 ? kind->columns[i].width : 0,
                                .right = kind->columns[i].right,
                                .drop = kind->columns[i].drop,
                        };
        return n;
}

static int add_row(struct table *t, const struct screen *screen, const struct top_kind *kind, const struct top_row *row,
                   uint64_t now) {
        int r = 0;

        for (size_t i = 0; r >= 0 && i < kind->n_columns; i++) {
                char text[TOP_CELL_MAX];
                struct strbuf b = STRBUF(text);
                enum style style;

                if (!kind->columns[i].format || !*kind->columns[i].title)
                        continue;
                style = kind->columns[i].format(row, now, &b);
                r = table_add(t, screen, style, text);
        }
        return r;
}

static int print_text(const struct options *options, struct top_model *m) {
        struct table_column columns[TOP_COLUMNS_MAX] = { 0 };
        const struct top_list *list = top_model_list(m);
        _cleanup_(table_freep) struct table *t = NULL;
        struct screen screen;
        int r = table_new(&t, columns, columns_of(list->kind, columns));

        screen_open(&screen, options, false);
        for (size_t i = 0; r >= 0 && i < lines_of(list, options); i++)
                r = add_row(t, &screen, list->kind, list->shown[i], m->now);
        if (r < 0)
                return r;
        if (!options->no_legend)
                print_head(&screen, m);
        table_print(t, &screen, !options->no_legend, 0);
        putchar('\n');
        return 0;
}

static struct json_object *record_of_device(const struct top_device *d) {
        _cleanup_(json_putp) struct json_object *o = json_object_new_object();

        if (!o || json_add_text(o, "id", d->row.id) < 0 || json_add_text(o, "name", d->name) < 0 || json_add_text(o,
                        "mac", d->mac) < 0 ||
            json_add_text(o, "ip", d->ip) < 0 || json_add_text(o, "presence", d->presence) < 0 ||
            json_add(o, "bits_per_second", json_object_new_uint64(d->bits_per_second)) < 0 ||
            json_add(o, "packets_per_second", json_object_new_uint64(d->packets_per_second)) < 0 ||
            json_add(o, "bytes", json_object_new_uint64(d->bytes)) < 0 || json_add(o, "packets",
                            json_object_new_uint64(d->packets)) < 0 ||
            json_add_time(o, "last_seen", d->last_seen) < 0)
                return NULL;
        return TAKE_PTR(o);
}

static struct json_object *record_of(enum top_view view, const struct top_row *row) {
        switch (view) {
        case TOP_DEVICES:
                return record_of_device((const struct top_device *) row);
        case TOP_FLOWS:
        case TOP_TALKERS:
        case TOP_ALERTS:
                return json_object_get(top_record_of(row));
        case _TOP_VIEW_MAX:
                break;
        }
        return NULL;
}

static int print_json(const struct options *options, struct top_model *m) {
        _cleanup_(json_putp) struct json_object *o = json_object_new_object();
        const struct top_list *list = top_model_list(m);
        const struct top_history *h = &m->history;
        struct json_object *rows = json_object_new_array();

        for (size_t i = 0; rows && i < lines_of(list, options); i++)
                if (json_object_array_add(rows, record_of(m->view, list->shown[i])) < 0) {
                        json_object_put(rows);
                        rows = NULL;
                }
        if (json_add_time(o, "ts", m->now) < 0 ||
            json_add(o, "bits_per_second", json_object_new_uint64(h->n > 0 ? h->bits[h->n - 1] : 0)) < 0 ||
            json_add(o, "packets_per_second", json_object_new_uint64(h->n > 0 ? h->packets[h->n - 1] : 0)) < 0 ||
            json_add(o, top_view_to_string(m->view), rows) < 0)
                return -ENOMEM;
        return output_json(options, o) == 0 ? 0 : -ENOMEM;
}

static void pause_for(uint64_t usec) {
        struct timespec t = { (time_t) (usec / USEC_PER_SEC), (long) (usec % USEC_PER_SEC * NSEC_PER_USEC) };

        while (nanosleep(&t, &t) < 0 && errno == EINTR)
                ;
}

int top_batch_run(sd_bus *bus, const struct options *options, struct top_model *model, uint64_t delay) {
        for (uint32_t i = 0; i <= options->batch; i++) {
                int r;

                if (i > 0)
                        pause_for(delay);
                r = take_picture(bus, model);
                if (r >= 0 && i > 0)
                        r = options->json != JSON_OFF ? print_json(options, model) : print_text(options, model);
                if (r == -ENOMEM)
                        return output_no_memory();
                if (r < 0 || fflush(stdout) < 0)
                        return 1;
        }
        return 0;
}
