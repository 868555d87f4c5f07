/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lanscopectl merge: two entries that are one device. */

#include "cli/bus.h"
#include "cli/verbs.h"
#include "common/cleanup.h"
#include "dbus/lanscope-names.h"

static const struct bus_method merge = { LANSCOPE_DEVICE_INTERFACE, "Merge", LANSCOPE_ACTION_MANAGE_DEVICES };

static int run(const struct options *options, int argc, char *argv[]) {
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
        _cleanup_(freep) char *path = NULL;

        if (bus_open(options, &bus) < 0 || bus_find_device(bus, argv[1], &path) < 0)
                return 1;
        for (int i = 2; i < argc; i++) {
                _cleanup_(freep) char *other = NULL;

                if (bus_find_device(bus, argv[i], &other) < 0 || bus_call(bus, path, &merge, NULL, "o", other) < 0)
                        return 1;
        }
        return 0;
}

const struct verb verb_merge = {
        .name = "merge",
        .arguments = "DEVICE OTHER...",
        .min_arguments = 2,
        .max_arguments = -1,
        .summary = "Make one device of several",
        .description = "Tells lanscope that OTHER is the same device, such as a laptop's second network card. DEVICE\n"
                       "takes over its addresses and all that is known of it. See also 'split'.\n",
        .run = run,
};
