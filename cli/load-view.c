/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the counters come to. Those that are not there, of an older service, are 0. */

#include "cli/load-view.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/top/top-text.h"
#include "common/macro.h"
#include "common/scale.h"

static uint64_t counter(struct json_object *statistics, const char *name) {
        struct json_object *value;

        /* The dots in names are no paths. */
        return json_object_object_get_ex(statistics, name, &value) ? json_object_get_uint64(value) : 0;
}

static const struct {
        const char *counter, *limit, *word;
} limits[] = {
        { "inventory.devices", "limit.devices", "devices" },
        { "flows.active", "limit.flows", "flows" },
        { "sessions.live", "limit.sessions", "sessions" },
        { "sessions.buffered", "limit.session_bytes", NULL },
        { "names.known", "limit.names", "names" },
        { "talkers.known", "limit.talkers", NULL },
        { "store.networks", "limit.networks", NULL },
        { "store.alerts", "limit.alerts", "alerts" },
        { "store.file_bytes", "limit.store_bytes", NULL },
};

const char *load_limit_of(struct json_object *statistics, const char *name) {
        struct json_object *value;

        for (size_t i = 0; i < ELEMENTSOF(limits); i++)
                if (strcmp(name, limits[i].counter) == 0 &&
                    json_object_object_get_ex(statistics, limits[i].limit, &value))
                        return json_object_get_string(value);
        return "";
}

static void print_rates(const struct screen *s, struct json_object *before, struct json_object *after, uint64_t usec) {
        uint64_t packets = counter(after, "capture.packets") - counter(before, "capture.packets");
        uint64_t bytes = counter(after, "capture.bytes") - counter(before, "capture.bytes");
        char count[24], rate[24], text[128];
        struct strbuf c = STRBUF(count), r = STRBUF(rate);

        top_format_count(&c, scale_u64(packets, USEC_PER_SEC, usec));
        top_format_rate(&r, scale_u64(bytes, 8 * USEC_PER_SEC, usec));
        snprintf(text, sizeof text, "%s packets/s, %s; %" PRIu64 " packets since the start", count, rate,
                 counter(after, "capture.packets"));
        screen_wrap(s, STATUS_INDENT, text);
        putchar('\n');
}

static void print_drops(const struct screen *s, struct json_object *statistics) {
        static const struct {
                const char *counter, *why;
        } drops[] = {
                { "capture.kernel_drops", "by the kernel, whose buffer was full" },
                { "capture.interface_drops", "by the interface or its driver" },
                { "capture.worker_drops", "by workers whose queues were full" },
                { "capture.rate_limited", "not read in full, of sources that sent too many" },
                { "capture.sightings_dropped", "whose addresses found no room in the kernel's table" },
                { "engine.sightings_dropped", "whose addresses were too many in one second" },
                { "traffic.lost", "additions to the history that found no memory" },
                { "flows.evicted", "flows ended early, to make room for others" },
                { "output.lines_dropped", "lines that could not be written to the files of [Output]" },
                { "events.dropped", "events that no reader took in time" },
                { "service.alerts_dropped", "alerts that could not be stored" },
        };
        char text[128];
        bool any = false;

        for (size_t i = 0; i < ELEMENTSOF(drops); i++) {
                uint64_t n = counter(statistics, drops[i].counter);

                if (n == 0)
                        continue;
                snprintf(text, sizeof text, "%" PRIu64 " %s", n, drops[i].why);
                printf("%*s%s", any ? STATUS_INDENT : 0, "", screen_style(s, STYLE_NOTICE));
                screen_wrap(s, STATUS_INDENT, text);
                printf("%s\n", screen_style(s, STYLE_NONE));
                any = true;
        }
        if (!any)
                printf("none\n");
}

static void print_tables(const struct screen *s, struct json_object *statistics) {
        char text[512] = "";
        struct strbuf b = STRBUF(text);

        for (size_t i = 0; i < ELEMENTSOF(limits); i++) {
                if (!limits[i].word || counter(statistics, limits[i].limit) == 0)
                        continue;
                strbuf_printf(&b, "%s%" PRIu64 " of %" PRIu64 " %s", b.length > 0 ? ", " : "",
                              counter(statistics, limits[i].counter), counter(statistics, limits[i].limit), limits[i].word);
        }
        screen_wrap(s, STATUS_INDENT, text);
        putchar('\n');
}

void load_print(const struct screen *s, void (*title)(const struct screen *s, const char *title),
                struct json_object *before,
                struct json_object *after, uint64_t usec) {
        if (before) {
                title(s, "Traffic");
                print_rates(s, before, after, MAX(usec, UINT64_C(1)));
        }
        title(s, "Lost");
        print_drops(s, after);
        title(s, "Tables");
        print_tables(s, after);
}
