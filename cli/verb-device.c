/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lanscopectl device: all that is known of a device. */

#include <errno.h>

#include "cli/bus-lists.h"
#include "cli/device-view.h"
#include "cli/output.h"
#include "cli/verbs.h"
#include "cli/when.h"
#include "common/cleanup.h"

/* A list of one, to find the network by. */
static int networks_of(sd_bus *bus, struct json_object *device, struct json_object **ret) {
        _cleanup_(json_putp) struct json_object *list = json_object_new_array();

        if (!list || json_object_array_add(list, json_object_get(device)) < 0) {
                output_no_memory();
                return -ENOMEM;
        }
        return bus_list_networks(bus, list, ret);
}

static int show(sd_bus *bus, const struct options *options, const struct screen *screen, const char *name) {
        _cleanup_(json_putp) struct json_object *device = NULL, *networks = NULL;
        _cleanup_(freep) char *path = NULL;
        int r;

        r = bus_find_device(bus, name, &path);
        if (r >= 0)
                r = bus_get_device(bus, path, &device);
        if (r < 0)
                return 1;
        if (options->json != JSON_OFF)
                return output_json(options, device);
        r = networks_of(bus, device, &networks);
        if (r < 0)
                return 1;
        return device_print_card(screen, device, networks, when_now()) < 0 ? output_no_memory() : 0;
}

static int run(const struct options *options, int argc, char *argv[]) {
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
        struct screen screen;
        int status = 0;

        if (bus_open(options, &bus) < 0)
                return 1;
        screen_open(&screen, options, true);
        for (int i = 1; i < argc; i++) {
                if (i > 1 && options->json == JSON_OFF)
                        putchar('\n');
                status |= show(bus, options, &screen, argv[i]);
        }
        screen_close(&screen);
        return status;
}

const struct verb verb_device = {
        .name = "device",
        .arguments = "DEVICE...",
        .min_arguments = 1,
        .max_arguments = -1,
        .summary = "Show all that is known of a device",
        .description = "Shows what a device is, its addresses, names and services, and the evidence: what it said,\n"
                       "how often, and how far that is to be trusted. DEVICE is a MAC or IP address, a host\n"
                       "name, a label or an id.\n",
        .run = run,
};
