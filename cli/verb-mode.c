/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lanscopectl mode: the placement of this machine, and the interfaces. */

#include <string.h>

#include "cli/bus.h"
#include "cli/output.h"
#include "cli/verbs.h"
#include "dbus/lanscope-names.h"

static const struct bus_method set_mode = { LANSCOPE_MANAGER_INTERFACE, "SetMode", LANSCOPE_ACTION_CONTROL };

static int show(sd_bus *bus, const struct options *options) {
        _cleanup_(json_putp) struct json_object *properties = NULL;

        if (bus_get_properties(bus, LANSCOPE_PATH, LANSCOPE_MANAGER_INTERFACE, &properties) < 0)
                return 1;
        if (options->json != JSON_OFF)
                return output_json(options, json_at(properties, "Mode"));
        printf("%s\n", json_text_at(properties, "Mode"));
        return 0;
}

static bool is_mode(const char *word) {
        return strcmp(word, "host") == 0 || strcmp(word, "gateway") == 0 || strcmp(word, "span") == 0;
}

static int set(sd_bus *bus, int argc, char *argv[]) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *message = NULL;
        int r;

        if (bus_new_call(bus, LANSCOPE_PATH, &set_mode, &message) < 0)
                return 1;
        r = sd_bus_message_append(message, "s", argv[1]);
        if (r >= 0)
                r = sd_bus_message_open_container(message, 'a', "s");
        for (int i = 2; i < argc && r >= 0; i++)
                r = sd_bus_message_append(message, "s", argv[i]);
        if (r >= 0)
                r = sd_bus_message_close_container(message);
        if (r < 0) {
                fprintf(stderr, "These interface names cannot be sent: %s\n", strerror(-r));
                return 1;
        }
        return bus_call_message(bus, message, set_mode.action, NULL) < 0;
}

static int run(const struct options *options, int argc, char *argv[]) {
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;

        if (argc > 1 && !is_mode(argv[1])) {
                fprintf(stderr, "The mode is host, gateway or span, not '%s'.\n", argv[1]);
                return 2;
        }
        if (bus_open(options, &bus) < 0)
                return 1;
        return argc > 1 ? set(bus, argc, argv) : show(bus, options);
}

const struct verb verb_mode = {
        .name = "mode",
        .arguments = "[host|gateway|span [INTERFACE...]]",
        .max_arguments = -1,
        .summary = "Show or set the placement",
        .description = "Shows the mode, or sets it and the interfaces to listen on; without interfaces the one with\n"
                       "the default route. It lasts until the next reload or restart: lanscoped.conf has it for good.\n\n"
                       "  host     any machine: its own traffic and everybody's broadcasts\n"
                       "  gateway  the router, or a box in line: all traffic that passes\n"
                       "  span     a switch's mirror port: all traffic that is mirrored\n",
        .run = run,
};
