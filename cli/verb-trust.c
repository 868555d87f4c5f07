/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lanscopectl trust: whether a device is one of ours. */

#include <string.h>

#include "cli/device-change.h"
#include "cli/verbs.h"

static int run(const struct options *options, int argc, char *argv[]) {
        bool no = argc > 2 && strcmp(argv[2], "no") == 0;

        if (argc > 2 && !no && strcmp(argv[2], "yes") != 0) {
                fprintf(stderr, "'trust' takes yes or no, not '%s'.\n", argv[2]);
                return 2;
        }
        return device_change(options, argv[1], "SetTrusted", "b", (int) !no);
}

const struct verb verb_trust = {
        .name = "trust",
        .arguments = "DEVICE [yes|no]",
        .min_arguments = 1,
        .max_arguments = 2,
        .summary = "Trust a device, or no longer",
        .description = "Marks a device as trusted; with 'no' takes that back. Trusted devices are never dropped\n"
                       "to make room for others.\n",
        .run = run,
};
