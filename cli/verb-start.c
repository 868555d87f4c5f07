/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lanscopectl start: start capturing. */

#include "cli/bus.h"
#include "cli/verbs.h"
#include "dbus/lanscope-names.h"

static const struct bus_method start = { LANSCOPE_MANAGER_INTERFACE, "StartCapture", LANSCOPE_ACTION_CONTROL };

static int run(const struct options *options, int argc _unused_, char *argv[] _unused_) {
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;

        return bus_open(options, &bus) < 0 || bus_call(bus, LANSCOPE_PATH, &start, NULL, "") < 0;
}

const struct verb verb_start = {
        .name = "start",
        .arguments = "",
        .summary = "Start capturing",
        .description = "Starts to listen again after 'stop'.\n",
        .run = run,
};
