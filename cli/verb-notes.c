/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lanscopectl notes: the user's own remarks on a device. */

#include <string.h>

#include "cli/bus-lists.h"
#include "cli/device-change.h"
#include "cli/output.h"
#include "cli/screen.h"
#include "cli/verbs.h"
#include "common/cleanup.h"

/* The user's own line breaks are kept; all else is escaped. */
static int print_lines(const struct screen *screen, const char *text) {
        _cleanup_(freep) char *copy = strdup(text);
        char *rest = copy;

        if (!copy)
                return output_no_memory();
        for (char *line; (line = strsep(&rest, "\n"));) {
                screen_print(screen, line);
                putchar('\n');
        }
        return 0;
}

static int show(const struct options *options, const char *name) {
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
        _cleanup_(json_putp) struct json_object *device = NULL;
        _cleanup_(freep) char *path = NULL;
        struct screen screen;

        if (bus_open(options, &bus) < 0 || bus_find_device(bus, name, &path) < 0 || bus_get_device(bus, path, &device) < 0)
                return 1;
        if (options->json != JSON_OFF)
                return output_json(options, json_at(device, "notes"));
        screen_open(&screen, options, false);
        return print_lines(&screen, json_text_at(device, "notes"));
}

static int run(const struct options *options, int argc, char *argv[]) {
        return argc > 2 ? device_change(options, argv[1], "SetNotes", "s", argv[2]) : show(options, argv[1]);
}

const struct verb verb_notes = {
        .name = "notes",
        .arguments = "DEVICE [TEXT]",
        .min_arguments = 1,
        .max_arguments = 2,
        .summary = "Show or set your notes on a device",
        .description = "Shows your notes on a device, or replaces them by TEXT. An empty TEXT removes them.\n",
        .run = run,
};
