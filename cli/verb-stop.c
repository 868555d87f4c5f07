/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lanscopectl stop: stop capturing. */

#include "cli/bus.h"
#include "cli/verbs.h"
#include "dbus/lanscope-names.h"

static const struct bus_method stop = { LANSCOPE_MANAGER_INTERFACE, "StopCapture", LANSCOPE_ACTION_CONTROL };

static int run(const struct options *options, int argc _unused_, char *argv[] _unused_) {
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;

        return bus_open(options, &bus) < 0 || bus_call(bus, LANSCOPE_PATH, &stop, NULL, "") < 0;
}

const struct verb verb_stop = {
        .name = "stop",
        .arguments = "",
        .summary = "Stop capturing",
        .description = "Stops listening. Devices and alerts stay as they are; the service keeps running.\n",
        .run = run,
};
