/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lanscopectl traffic: how much, when, and with whom. */

#include "cli/output.h"
#include "cli/traffic-view.h"
#include "cli/verbs.h"
#include "common/cleanup.h"

static int print(const struct options *options, struct json_object *traffic, bool one_device) {
        struct screen screen;
        int r;

        screen_open(&screen, options, true);
        r = traffic_print(&screen, options, traffic, one_device);
        screen_close(&screen);
        return r < 0 ? output_no_memory() : 0;
}

static int run(const struct options *options, int argc, char *argv[]) {
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
        _cleanup_(json_putp) struct json_object *traffic = NULL;
        _cleanup_(freep) char *path = NULL;
        int r;

        if (options->hour && options->day) {
                fprintf(stderr, "--hour and --day exclude each other.\n");
                return 2;
        }
        r = bus_open(options, &bus);
        if (r >= 0 && argc > 1)
                r = bus_find_device(bus, argv[1], &path);
        if (r >= 0)
                r = bus_get_traffic(bus, options, path, &traffic);
        if (r < 0)
                return exit_status(r);
        return options->json != JSON_OFF ? output_json(options, traffic) : print(options, traffic, path != NULL);
}

const struct verb verb_traffic = {
        .name = "traffic",
        .arguments = "[DEVICE]",
        .max_arguments = 1,
        .summary = "Show how much went over the network, when, and with whom",
        .description = "Shows what a device, or all of them, sent and received: by the hour, for the last 24 hours unless\n"
                       "--since says otherwise, or with --day by the day (of UTC), for the last 30; and with whom most.\n"
                       "Frames count with their whole length. Of all devices, what one sent another received.\n",
        .run = run,
};
