/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lanscopectl list: the devices, a line each. */

#include <errno.h>

#include "cli/bus-lists.h"
#include "cli/device-view.h"
#include "cli/output.h"
#include "cli/verbs.h"
#include "cli/watch.h"
#include "cli/when.h"
#include "common/cleanup.h"

static bool choices_fit(const struct options *o) {
        if (o->trusted && o->untrusted) {
                fprintf(stderr, "--trusted and --untrusted exclude each other.\n");
                return false;
        }
        if (o->online && o->presence) {
                fprintf(stderr, "--online and --presence exclude each other.\n");
                return false;
        }
        return true;
}

static int print(const struct options *options, struct json_object *devices, struct json_object *networks, size_t all) {
        struct screen screen;
        int r;

        screen_open(&screen, options, !options->watch);
        if (options->watch && screen.tty)
                printf("\033[H\033[J"); /* home, clear to the end */
        r = devices_print(&screen, options, devices, networks, when_now());
        if (r >= 0 && !options->no_legend)
                devices_print_total(devices, all);
        screen_close(&screen);
        return r < 0 ? output_no_memory() : 0;
}

/* Once, from the service to the screen. Returns an exit status, negative if the service did not answer. */
static int show(sd_bus *bus, const struct options *options) {
        _cleanup_(json_putp) struct json_object *devices = NULL, *networks = NULL;
        int r = bus_list_devices(bus, options, &devices, &networks);
        size_t all;

        if (r < 0)
                return r;
        if (devices_sort(devices, options->sort, options->reverse) < 0)
                return output_no_memory();
        all = json_object_array_length(devices);
        if (options->limit > 0 && options->limit < all)
                json_object_array_del_idx(devices, options->limit, all - options->limit);
        if (options->json != JSON_OFF)
                return output_json(options, devices);
        return print(options, devices, networks, all);
}

static int show_again(sd_bus *bus, void *userdata) {
        int r = show(bus, userdata);

        fflush(stdout);
        return r > 0 ? -EIO : r;
}

static int run(const struct options *options, int argc _unused_, char *argv[] _unused_) {
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
        int r;

        if (!choices_fit(options))
                return 2;
        r = bus_open(options, &bus);
        if (r < 0)
                return exit_status(r);
        if (options->watch)
                return watch_service(bus, show_again, (void *) options);
        r = show(bus, options);
        return r < 0 ? exit_status(r) : r;
}

const struct verb verb_list = {
        .name = "list",
        .arguments = "",
        .summary = "List the devices of the network (the default)",
        .description = "Lists the devices, one a line, by IP address. On a narrow terminal the less important\n"
                       "columns are left out; --wide shows them all. With --watch it stays and shows what changes.\n",
        .run = run,
};
