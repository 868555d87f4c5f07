/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lanscopectl status: what the service does, how, and what it can therefore see. */

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "cli/bus.h"
#include "cli/load-view.h"
#include "cli/output.h"
#include "cli/screen.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "cli/when.h"
#include "common/clock.h"
#include "dbus/lanscope-names.h"

static void print_title(const struct screen *s, const char *title) {
        printf("%s%14s:%s ", screen_style(s, STYLE_DIM), title, screen_style(s, STYLE_NONE));
}

static void print_headline(const struct screen *s, struct json_object *p) {
        bool capturing = json_object_get_boolean(json_at(p, "Capturing"));

        printf("%s%s%s lanscoped ", screen_style(s, capturing ? STYLE_GOOD : STYLE_NOTICE), s->utf8 ? "●" : "*",
               screen_style(s, STYLE_NONE));
        screen_print(s, json_text_at(p, "Version"));
        if (strcmp(json_text_at(p, "Backend"), "replay") == 0)
                printf(", replaying a capture file\n");
        else
                printf(", %s\n", capturing ? "capturing" : "not capturing");
}

static void print_mode(const struct screen *s, struct json_object *p) {
        const char *mode = json_text_at(p, "Mode"), *meaning = "";
        char text[128];

        if (strcmp(mode, "host") == 0)
                meaning = " (this machine's traffic, and everybody's broadcasts)";
        else if (strcmp(mode, "gateway") == 0)
                meaning = " (all traffic that passes this machine)";
        else if (strcmp(mode, "span") == 0)
                meaning = " (all traffic that a switch mirrors)";
        snprintf(text, sizeof text, "%s%s", mode, meaning);
        print_title(s, "Mode");
        screen_wrap(s, STATUS_INDENT, text);
        putchar('\n');
}

static enum style state_style(const char *state) {
        if (strcmp(state, "capturing") == 0)
                return STYLE_GOOD;
        return strcmp(state, "failed") == 0 ? STYLE_BAD : STYLE_NOTICE;
}

static void print_interface(const struct screen *s, struct json_object *interface) {
        const char *state = json_text_at(interface, "State"), *reason = json_text_at(interface, "Reason");

        screen_print(s, json_text_at(interface, "Name"));
        printf(": %s%s%s", screen_style(s, state_style(state)), state, screen_style(s, STYLE_NONE));
        if (*json_text_at(interface, "Backend")) {
                printf(" by ");
                screen_print(s, json_text_at(interface, "Backend"));
        }
        if (*json_text_at(interface, "Method")) {
                printf(", ");
                screen_print(s, json_text_at(interface, "Method"));
        }
        putchar('\n');
        /* While it captures, the reason is why not better: that has lines of its own. */
        if (*reason && strcmp(state, "capturing") != 0) {
                printf("%*s", STATUS_INDENT, "");
                screen_wrap(s, STATUS_INDENT, reason);
                putchar('\n');
        }
}

static void print_interfaces(const struct screen *s, struct json_object *list) {
        size_t n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;

        for (size_t i = 0; i < n; i++) {
                if (i == 0)
                        print_title(s, n == 1 ? "Interface" : "Interfaces");
                else
                        printf("%*s", STATUS_INDENT, "");
                print_interface(s, json_object_array_get_idx(list, i));
        }
}

static void print_sentences(const struct screen *s, const char *title, enum style style, struct json_object *list) {
        size_t n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;

        for (size_t i = 0; i < n; i++) {
                if (i == 0)
                        print_title(s, title);
                else
                        printf("%*s", STATUS_INDENT, "");
                fputs(screen_style(s, style), stdout);
                screen_wrap(s, STATUS_INDENT, json_object_get_string(json_object_array_get_idx(list, i)));
                printf("%s\n", screen_style(s, STYLE_NONE));
        }
}

static void print_counts(const struct screen *s, struct json_object *p) {
        uint64_t alerts = json_object_get_uint64(json_at(p, "UnacknowledgedAlerts"));

        print_title(s, "Devices");
        printf("%" PRIu64 ", %" PRIu64 " online\n", json_object_get_uint64(json_at(p, "DeviceCount")),
               json_object_get_uint64(json_at(p, "OnlineCount")));
        print_title(s, "Alerts");
        printf("%s%" PRIu64 " unacknowledged%s\n", screen_style(s, alerts > 0 ? STYLE_NOTICE : STYLE_NONE), alerts,
               screen_style(s, STYLE_NONE));
}

static void print_capabilities(const struct screen *s, struct json_object *list) {
        size_t n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;

        char text[512];
        struct strbuf b = STRBUF(text);

        for (size_t i = 0; i < n; i++)
                strbuf_printf(&b, "%s%s", i > 0 ? ", " : "", json_object_get_string(json_object_array_get_idx(list, i)));
        print_title(s, "Capabilities");
        screen_wrap(s, STATUS_INDENT, n > 0 ? text : "none");
        putchar('\n');
}

static void print_learning(const struct screen *s, struct json_object *p) {
        uint64_t until = json_object_get_uint64(json_at(p, "LearningUntil")), now = when_now();
        char text[128];
        struct strbuf b = STRBUF(text);

        if (until <= now)
                return;
        strbuf_string(&b, "for another ");
        when_format_span(&b, until - now);
        strbuf_string(&b, ": devices that show up now are taken as known");
        print_title(s, "Learning");
        screen_wrap(s, STATUS_INDENT, text);
        putchar('\n');
}

static int print_statistics(const struct screen *s, const struct options *options, struct json_object *statistics) {
        static const struct table_column columns[] = { { "COUNTER" }, { "VALUE", .right = true }, { "LIMIT", .right = true } };
        _cleanup_(table_freep) struct table *t = NULL;
        int r = table_new(&t, columns, ELEMENTSOF(columns));

        json_object_object_foreach(statistics, key, value) {
                if (r < 0)
                        break;
                if (strncmp(key, "limit.", strlen("limit.")) == 0)
                        continue;
                r = table_add(t, s, STYLE_NONE, key) | table_printf(t, STYLE_NONE, "%s", json_object_get_string(value)) |
                    table_add(t, s, STYLE_NONE, load_limit_of(statistics, key));
        }
        if (r < 0)
                return r;
        putchar('\n');
        table_print(t, s, !options->no_legend, 0);
        return 0;
}

/* What the counters were a moment ago; NULL where nothing is captured. */
struct earlier {
        struct json_object *statistics;
        uint64_t usec;
};

static int print(const struct options *options, struct json_object *p, const struct earlier *earlier) {
        struct screen s;
        int r = 0;

        screen_open(&s, options, options->verbose);
        print_headline(&s, p);
        print_mode(&s, p);
        print_interfaces(&s, json_at(p, "Interfaces"));
        print_sentences(&s, "Problems", STYLE_BAD, json_at(p, "Problems"));
        print_sentences(&s, "Not better", STYLE_NONE, json_at(p, "BackendReasons"));
        print_sentences(&s, "Visibility", STYLE_NONE, json_at(p, "Visibility"));
        print_counts(&s, p);
        print_learning(&s, p);
        if (options->verbose)
                print_capabilities(&s, json_at(p, "Capabilities"));
        if (options->verbose && json_object_is_type(json_at(p, "Statistics"), json_type_object)) {
                load_print(&s, print_title, earlier->statistics, json_at(p, "Statistics"), earlier->usec);
                r = print_statistics(&s, options, json_at(p, "Statistics"));
        }
        screen_close(&s);
        return r < 0 ? output_no_memory() : 0;
}

static int get(sd_bus *bus, struct json_object **ret) {
        return bus_get_properties(bus, LANSCOPE_PATH, LANSCOPE_MANAGER_INTERFACE, ret);
}

/* Rates take two looks. */
static int show_verbose(const struct options *options, sd_bus *bus, struct json_object *before) {
        _cleanup_(json_putp) struct json_object *after = NULL;
        struct earlier earlier = { .usec = clock_usec(CLOCK_MONOTONIC) };

        if (!json_object_get_boolean(json_at(before, "Capturing")) || strcmp(json_text_at(before, "Backend"), "replay") == 0)
                return print(options, before, &earlier);
        usleep(USEC_PER_SEC);
        if (get(bus, &after) < 0)
                return 1;
        earlier.statistics = json_at(before, "Statistics");
        earlier.usec = clock_usec(CLOCK_MONOTONIC) - earlier.usec;
        return print(options, after, &earlier);
}

static int run(const struct options *options, int argc _unused_, char *argv[] _unused_) {
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
        _cleanup_(json_putp) struct json_object *properties = NULL;
        const struct earlier nothing = {};

        if (bus_open(options, &bus) < 0 || get(bus, &properties) < 0)
                return 1;
        if (options->json != JSON_OFF)
                return output_json(options, properties);
        return options->verbose ? show_verbose(options, bus, properties) : print(options, properties, &nothing);
}

const struct verb verb_status = {
        .name = "status",
        .arguments = "",
        .summary = "Show what the service does and can see",
        .description = "Shows the mode, the capture method of each interface and why it is not a better one, what can\n"
                       "and cannot be seen from here, and how many devices and alerts there are. --verbose looks twice, a\n"
                       "second apart, and adds packets and bits per second, what was lost and why, how full tables are,\n"
                       "and all counters with their limits.\n",
        .run = run,
};
