/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lanscopectl label: what the user calls a device. */

#include "cli/device-change.h"
#include "cli/verbs.h"

static int run(const struct options *options, int argc _unused_, char *argv[]) {
        return device_change(options, argv[1], "SetLabel", "s", argv[2]);
}

const struct verb verb_label = {
        .name = "label",
        .arguments = "DEVICE TEXT",
        .min_arguments = 2,
        .max_arguments = 2,
        .summary = "Give a device a name of your own",
        .description = "Calls a device TEXT from now on, whatever it says of itself. An empty TEXT takes it back.\n",
        .run = run,
};
