/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lanscopectl split: takes an address out of a device. */

#include "cli/device-change.h"
#include "cli/verbs.h"
#include "common/address.h"

static int run(const struct options *options, int argc _unused_, char *argv[]) {
        char text[MAC_STRING_MAX];
        struct mac_address mac;

        if (mac_parse(argv[2], &mac) < 0) {
                fprintf(stderr, "'%s' is not a MAC address.\n", argv[2]);
                return 2;
        }
        return device_change(options, argv[1], "Split", "s", mac_format(&mac, text));
}

const struct verb verb_split = {
        .name = "split",
        .arguments = "DEVICE MAC",
        .min_arguments = 2,
        .max_arguments = 2,
        .summary = "Make a device of its own of one address",
        .description = "Takes one MAC address out of a device that has several. The way back from 'merge'.\n",
        .run = run,
};
