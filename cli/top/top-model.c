/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The state of the dashboard. */

#include "cli/top/top-model.h"

#include <stdarg.h>
#include <string.h>

#include "cli/top/top-alert.h"
#include "cli/top/top-device.h"
#include "cli/top/top-flow.h"
#include "cli/top/top-talker.h"

static const struct {
        const char *name;
        const struct top_kind *kind;
} views[_TOP_VIEW_MAX] = {
        [TOP_DEVICES] = { "devices", &top_devices },
        [TOP_FLOWS] = { "flows", &top_flows },
        [TOP_TALKERS] = { "talkers", &top_talkers },
        [TOP_ALERTS] = { "alerts", &top_alerts },
};

void top_model_init(struct top_model *model) {
        *model = (struct top_model) { .page = 1 };
        for (int i = 0; i < _TOP_VIEW_MAX; i++)
                top_list_init(&model->lists[i], views[i].kind);
}

void top_model_done(struct top_model *model) {
        for (int i = 0; i < _TOP_VIEW_MAX; i++)
                top_list_done(&model->lists[i]);
        json_object_put(model->status);
        json_object_put(model->card);
        model->status = model->card = NULL;
}

struct top_list *top_model_list(struct top_model *model) {
        return &model->lists[model->view];
}

const char *top_view_to_string(enum top_view view) {
        return view < _TOP_VIEW_MAX ? views[view].name : NULL;
}

enum top_view top_view_from_string(const char *s) {
        for (int i = 0; i < _TOP_VIEW_MAX; i++)
                if (strcmp(views[i].name, s) == 0)
                        return (enum top_view) i;
        return _TOP_VIEW_MAX;
}

bool top_model_is_replay(const struct top_model *model) {
        return strcmp(json_text_at(model->status, "Backend"), "replay") == 0;
}

uint64_t top_model_counter(const struct top_model *model, const char *name) {
        struct json_object *value = NULL;

        /* Names of counters have dots in them: json_at() would take them for paths. */
        json_object_object_get_ex(json_at(model->status, "Statistics"), name, &value);
        return json_object_get_uint64(value);
}

void top_model_set_time(struct top_model *model, uint64_t wall) {
        model->now = top_model_is_replay(model) && model->latest > 0 ? model->latest : wall;
}

static void append(struct top_history *h, uint64_t bits, uint64_t packets) {
        if (h->n == TOP_HISTORY) {
                memmove(h->bits, h->bits + 1, sizeof h->bits - sizeof h->bits[0]);
                memmove(h->packets, h->packets + 1, sizeof h->packets - sizeof h->packets[0]);
                h->n--;
        }
        h->bits[h->n] = bits;
        h->packets[h->n++] = packets;
}

/* A counter that is less than before belongs to a service that was started anew. */
static void measure(struct top_history *h, uint64_t bytes, uint64_t packets, uint64_t at) {
        if (h->last_at > 0 && at > h->last_at && bytes >= h->last_bytes && packets >= h->last_packets) {
                double elapsed = (double) (at - h->last_at) / USEC_PER_SEC;

                append(h, (uint64_t) (8 * (double) (bytes - h->last_bytes) / elapsed),
                       (uint64_t) ((double) (packets - h->last_packets) / elapsed));
        }
        h->last_bytes = bytes;
        h->last_packets = packets;
        h->last_at = at;
}

void top_model_take_status(struct top_model *model, struct json_object *properties, uint64_t at) {
        uint64_t bytes, packets;
        bool replay;

        json_object_put(model->status);
        model->status = json_object_get(properties);
        /* What is read from a file was not captured. */
        replay = top_model_is_replay(model);
        bytes = top_model_counter(model, replay ? "packet.bytes" : "capture.bytes");
        packets = top_model_counter(model, replay ? "packet.frames" : "capture.packets");
        measure(&model->history, bytes, packets, at);
}

int top_model_take_devices(struct top_model *model, struct json_object *records, uint64_t at) {
        struct top_list *list = &model->lists[TOP_DEVICES];
        struct top_row **rows;
        size_t n;
        int r = top_devices_from_records(records, list, at, &rows, &n);

        for (size_t i = 0; r >= 0 && i < n; i++)
                model->latest = MAX(model->latest, ((const struct top_device *) rows[i])->last_seen);
        return r < 0 ? r : top_list_set_rows(list, rows, n, model->now);
}

int top_model_take_alerts(struct top_model *model, struct json_object *records) {
        struct top_row **rows;
        size_t n;
        int r = top_alerts_from_records(records, &rows, &n);

        return r < 0 ? r : top_list_set_rows(&model->lists[TOP_ALERTS], rows, n, model->now);
}

int top_model_take_flows(struct top_model *model, struct json_object *records) {
        struct top_row **rows;
        size_t n;
        int r = top_flows_from_records(records, &rows, &n);

        for (size_t i = 0; r >= 0 && i < n; i++)
                model->latest = MAX(model->latest, top_flow_last_seen(rows[i]));
        return r < 0 ? r : top_list_set_rows(&model->lists[TOP_FLOWS], rows, n, model->now);
}

int top_model_take_talkers(struct top_model *model, struct json_object *records) {
        struct top_row **rows;
        size_t n;
        int r = top_talkers_from_records(records, &rows, &n);

        return r < 0 ? r : top_list_set_rows(&model->lists[TOP_TALKERS], rows, n, model->now);
}

void top_model_take_card(struct top_model *model, struct json_object *record) {
        json_object_put(model->card);
        model->card = json_object_get(record);
}

void top_model_set_note(struct top_model *model, enum top_view view, const char *text) {
        struct strbuf b = STRBUF(model->notes[view]);

        strbuf_string(&b, text);
}

void top_model_say(struct top_model *model, const char *format, ...) {
        va_list ap;

        va_start(ap, format);
        vsnprintf(model->message, sizeof model->message, format, ap);
        va_end(ap);
}
