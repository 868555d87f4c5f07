/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Flows and statistics as text: what goes to files as it happens, and what clients export. */

#include "daemon/manager-output.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "common/json-text.h"
#include "common/scale.h"
#include "daemon/statistics.h"

struct flow_lines manager_flow_lines(const struct manager *m, bool csv) {
        return (struct flow_lines) {
                .hasher = m->hasher,
                .inventory = manager_inventory(m),
                .names = engine_peer_names(m->engine),
                .csv = csv,
        };
}

struct wanted {
        struct json_object *counters;
        uint64_t packets, bytes;
};

/* What is 0 is left out. */
static int take_counter(void *userdata, const char *name, uint64_t value) {
        struct wanted *w = userdata;

        if (strcmp(name, "capture.packets") == 0)
                w->packets = value;
        else if (strcmp(name, "capture.bytes") == 0)
                w->bytes = value;
        return value == 0 ? 0 : json_add(w->counters, name, json_object_new_uint64(value));
}

static uint64_t per_second(uint64_t amount, uint64_t span) {
        return scale_u64(amount, NSEC_PER_SEC, MAX(span, NSEC_PER_MSEC));
}

static int add_number(struct json_object *o, const char *key, uint64_t n) {
        return json_add(o, key, json_object_new_uint64(n));
}

static struct json_object *make_statistics(struct manager *m, uint64_t now) {
        _cleanup_(json_putp) struct json_object *o = json_object_new_object(), *counters = json_object_new_object();
        uint64_t span = now - MIN(m->reported.at, now);
        struct wanted w = { .counters = counters };

        if (!o || !counters || statistics_for_each(m, take_counter, &w) < 0 ||
            json_add_time(o, "ts", now / NSEC_PER_USEC) < 0 ||
            add_number(o, "packets", w.packets - m->reported.packets) < 0 ||
            add_number(o, "bytes", w.bytes - m->reported.bytes) < 0 ||
            add_number(o, "packets_per_second", per_second(w.packets - m->reported.packets, span)) < 0 ||
            add_number(o, "bits_per_second", per_second((w.bytes - m->reported.bytes) * 8, span)) < 0 ||
            add_number(o, "online", manager_online_count(m)) < 0 ||
            json_add(o, "counters", json_object_get(counters)) < 0)
                return NULL;
        m->reported.at = now;
        m->reported.packets = w.packets;
        m->reported.bytes = w.bytes;
        return TAKE_PTR(o);
}

/* `,"top_flows":[...]`: of those that go on, the ones that move most. */
static void write_top(struct manager *m, uint64_t now, FILE *f) {
        const struct flow_lines lines = manager_flow_lines(m, false);
        struct flow_filter filter = FLOW_FILTER_ALL;
        struct flow_top top;

        filter.active = 1;
        flow_top_init(&top, m->config.output.top_flows, FLOW_SORT_RATE);
        (void) flows_query(m->flows, m->engine, &filter, 0, now, &top);
        flow_top_sort(&top);
        fputs(",\"top_flows\":[", f);
        for (size_t i = 0; i < top.n; i++) {
                char line[FLOW_LINE_MAX];
                size_t n;

                if (flow_lines_format(&lines, &top.items[i].record, line, &n) >= 0)
                        fprintf(f, "%s%.*s,\"rate_bps\":%" PRIu64 "}", i > 0 ? "," : "", (int) n - 1, line,
                                top.items[i].rate);
        }
        fputs("]", f);
        flow_top_done(&top);
}

void manager_write_statistics(void *userdata, FILE *f) {
        struct manager *m = userdata;
        uint64_t now = manager_now(m);
        _cleanup_(json_putp) struct json_object *o = make_statistics(m, now);
        char *text = NULL;
        size_t n = 0;
        FILE *memory = o ? open_memstream(&text, &n) : NULL;

        if (!memory)
                return;
        (void) json_text_write(memory, o, false);
        if (fclose(memory) == 0 && n > 0) {
                fwrite(text, 1, n - 1, f); /* without the brace at its end */
                if (m->flows && m->config.output.top_flows > 0)
                        write_top(m, now, f);
                fputs("}", f);
        }
        free(text);
}
