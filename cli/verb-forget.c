/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lanscopectl forget: drops what is known of devices. */

#include "cli/device-change.h"
#include "cli/verbs.h"

static int run(const struct options *options, int argc, char *argv[]) {
        int status = 0;

        for (int i = 1; i < argc; i++)
                status |= device_change(options, argv[i], "Forget", "");
        return status;
}

const struct verb verb_forget = {
        .name = "forget",
        .arguments = "DEVICE...",
        .min_arguments = 1,
        .max_arguments = -1,
        .summary = "Delete what is known of a device",
        .description = "Deletes devices with all that is known of them, labels and notes included. A device that\n"
                       "is heard again comes back as a new one.\n",
        .run = run,
};
