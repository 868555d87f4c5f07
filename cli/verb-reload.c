/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lanscopectl reload: configuration and rules are read anew. */

#include "cli/bus.h"
#include "cli/output.h"
#include "cli/screen.h"
#include "cli/verbs.h"
#include "dbus/lanscope-names.h"

static const struct bus_method reload = { LANSCOPE_MANAGER_INTERFACE, "Reload", LANSCOPE_ACTION_CONTROL };

static int run(const struct options *options, int argc _unused_, char *argv[] _unused_) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
        _cleanup_(json_putp) struct json_object *complaints = NULL;
        struct screen screen;
        size_t n;

        if (bus_open(options, &bus) < 0 || bus_call(bus, LANSCOPE_PATH, &reload, &reply, "") < 0 ||
            bus_read_reply(reply, &complaints) < 0)
                return 1;
        n = json_object_array_length(complaints);
        if (options->json != JSON_OFF)
                return output_json(options, complaints) | (n > 0);
        screen_open(&screen, options, false);
        for (size_t i = 0; i < n; i++) {
                screen_print(&screen, json_object_get_string(json_object_array_get_idx(complaints, i)));
                putchar('\n');
        }
        return n > 0;
}

const struct verb verb_reload = {
        .name = "reload",
        .arguments = "",
        .summary = "Read configuration and rules anew",
        .description = "Makes lanscoped read its configuration and the classification rules anew. Mistakes in them are\n"
                       "printed, one a line with file and line, and the exit status is 1 then.\n",
        .run = run,
};
