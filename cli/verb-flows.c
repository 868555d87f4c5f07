/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lanscopectl flows: who talks to whom. */

#include "cli/flow-view.h"
#include "cli/output.h"
#include "cli/verbs.h"
#include "cli/when.h"

/* What the service lists unless it is told how many. */
#define FLOWS_DEFAULT 1000

static void print_total(const struct options *options, size_t n) {
        bool cut = n > 0 && n >= (options->limit ?: FLOWS_DEFAULT);

        printf("\n%zu %s%s\n", n, n == 1 ? "flow" : "flows", cut ? ", the first of more; --limit tells how many." :
               ".");
}

static int print(const struct options *options, struct json_object *flows) {
        struct screen screen;
        int r;

        screen_open(&screen, options, true);
        r = flows_print(&screen, options, flows, when_now());
        if (r >= 0 && !options->no_legend)
                print_total(options, json_object_array_length(flows));
        screen_close(&screen);
        return r < 0 ? output_no_memory() : 0;
}

static int run(const struct options *options, int argc _unused_, char *argv[] _unused_) {
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
        _cleanup_(json_putp) struct json_object *flows = NULL;
        int r;

        if (options->active && options->ended) {
                fprintf(stderr, "--active and --ended exclude each other.\n");
                return 2;
        }
        r = bus_open(options, &bus);
        if (r >= 0)
                r = bus_list_flows(bus, options, &flows);
        if (r < 0)
                return exit_status(r);
        return options->json != JSON_OFF ? output_json(options, flows) : print(options, flows);
}

const struct verb verb_flows = {
        .name = "flows",
        .arguments = "",
        .summary = "List who talks to whom, now and lately",
        .description = "Lists the flows that go on and those that ended lately, those with the most bytes first. FROM is\n"
                       "who began, TO what it called the other end. A router is not taken for what it forwards: ends\n"
                       "that are not on this network have no device. On a narrow terminal the less important columns\n"
                       "are left out; --wide shows them all.\n",
        .run = run,
};
