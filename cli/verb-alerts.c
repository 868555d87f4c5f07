/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lanscopectl alerts: what happened. */

#include "cli/alert-view.h"
#include "cli/bus-lists.h"
#include "cli/output.h"
#include "cli/verbs.h"
#include "cli/when.h"

/* What the service lists at most. */
#define ALERTS_MAX 1000

static void print_total(const struct options *options, size_t n) {
        printf("\n%zu %s%s%s\n", n, options->all ? "" : "unacknowledged ", n == 1 ? "alert" : "alerts",
               n < ALERTS_MAX ? "." : ", the newest; 'lanscopectl export alerts' has all.");
}

static int print(const struct options *options, struct json_object *alerts) {
        struct screen screen;
        int r;

        screen_open(&screen, options, true);
        r = alerts_print(&screen, options, alerts, when_now());
        if (r >= 0 && !options->no_legend)
                print_total(options, json_object_array_length(alerts));
        screen_close(&screen);
        return r < 0 ? output_no_memory() : 0;
}

static int run(const struct options *options, int argc _unused_, char *argv[] _unused_) {
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
        _cleanup_(json_putp) struct json_object *alerts = NULL;
        int r;

        if (options->all && options->unacknowledged) {
                fprintf(stderr, "--all and --unacknowledged exclude each other.\n");
                return 2;
        }
        r = bus_open(options, &bus);
        if (r >= 0)
                r = bus_list_alerts(bus, options, &alerts);
        if (r < 0)
                return exit_status(r);
        return options->json != JSON_OFF ? output_json(options, alerts) : print(options, alerts);
}

const struct verb verb_alerts = {
        .name = "alerts",
        .arguments = "",
        .summary = "List alerts",
        .description = "Lists the alerts that nobody acknowledged yet, newest first (1000 at most); --all lists the\n"
                       "others, too.\n",
        .run = run,
};
