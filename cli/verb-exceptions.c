/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lanscopectl exceptions: what is muted. */

#include <errno.h>

#include "cli/bus-lists.h"
#include "cli/output.h"
#include "cli/screen.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "cli/when.h"
#include "dbus/lanscope-names.h"

static const struct bus_method list = { LANSCOPE_MANAGER_INTERFACE, "ListExceptions", LANSCOPE_ACTION_MANAGE_ALERTS };

/* The device's name, where it is known; else its id, or "any". */
static int add_device(struct table *t, const struct screen *s, sd_bus *bus, const char *id) {
        _cleanup_(json_putp) struct json_object *device = NULL;
        char path[128];

        if (*id == '\0')
                return table_add(t, s, STYLE_DIM, "any");
        snprintf(path, sizeof path, "%s/%s", LANSCOPE_DEVICE_PREFIX, id);
        if (bus_get_device_brief(bus, path, &device) < 0)
                return table_add(t, s, STYLE_NONE, id);
        return table_add(t, s, STYLE_NONE, json_text_at(device, "name"));
}

static int add_time(struct table *t, const struct screen *s, struct json_object *value, const char *none) {
        uint64_t usec = json_time_usec(value);
        char text[64];
        struct strbuf b = STRBUF(text);

        if (usec == 0)
                return table_add(t, s, STYLE_DIM, none);
        when_format(&b, usec);
        return table_add(t, s, STYLE_NONE, text);
}

static int add_any(struct table *t, const struct screen *s, const char *text) {
        return *text ? table_add(t, s, STYLE_NONE, text) : table_add(t, s, STYLE_DIM, "any");
}

static int add_exception(struct table *t, const struct screen *s, sd_bus *bus, struct json_object *e) {
        return table_printf(t, STYLE_NONE, "%s", json_object_get_string(json_at(e, "id"))) | add_any(t, s, json_text_at(e, "kind")) |
               add_device(t, s, bus, json_text_at(e, "device")) | add_any(t, s, json_text_at(e, "peer")) |
               add_time(t, s, json_at(e, "expires"), "never") |
               table_printf(t, STYLE_NONE, "%s", json_object_get_string(json_at(e, "hits"))) |
               add_time(t, s, json_at(e, "last_hit"), "never") | table_add(t, s, STYLE_NONE, json_text_at(e, "note"));
}

static int print(const struct options *options, sd_bus *bus, struct json_object *exceptions) {
        static const struct table_column columns[] = {
                { "ID", .right = true }, { "KIND" }, { "DEVICE", .min_width = 12 }, { "PEER", .min_width = 12 },
                { "EXPIRES", .drop = 2 }, { "MET", .right = true }, { "LAST MET", .drop = 1 }, { "NOTE", .drop = 3 },
        };
        _cleanup_(table_freep) struct table *t = NULL;
        struct screen screen;
        int r = table_new(&t, columns, ELEMENTSOF(columns));

        screen_open(&screen, options, true);
        for (size_t i = 0; r >= 0 && i < json_object_array_length(exceptions); i++)
                r = add_exception(t, &screen, bus, json_object_array_get_idx(exceptions, i));
        if (r >= 0)
                table_print(t, &screen, !options->no_legend, 0);
        screen_close(&screen);
        return r < 0 ? output_no_memory() : 0;
}

static int run(const struct options *options, int argc _unused_, char *argv[] _unused_) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
        _cleanup_(json_putp) struct json_object *exceptions = NULL;

        if (bus_open(options, &bus) < 0 || bus_call(bus, LANSCOPE_PATH, &list, &reply, "") < 0 ||
            bus_read_exceptions(reply, &exceptions) < 0)
                return 1;
        return options->json != JSON_OFF ? output_json(options, exceptions) : print(options, bus, exceptions);
}

const struct verb verb_exceptions = {
        .name = "exceptions",
        .arguments = "",
        .summary = "List what is muted",
        .description = "Lists the exceptions that 'lanscopectl mute' made: what each holds for, until when, and how\n"
                       "often it was met.\n",
        .run = run,
};
