/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lanscopectl type: what the user says a device is. */

#include <string.h>

#include "cli/device-change.h"
#include "cli/verbs.h"
#include "engine/classify/device-type.h"

static void print_types(void) {
        fprintf(stderr, "Types are:");
        for (int i = 0; i < _TYPE_MAX; i++)
                if (i != TYPE_UNKNOWN)
                        fprintf(stderr, " %s", device_type_to_string((enum device_type) i));
        fprintf(stderr, "; auto returns to what the rules say.\n");
}

static int run(const struct options *options, int argc _unused_, char *argv[]) {
        const char *type = strcmp(argv[2], "auto") == 0 ? "" : argv[2];

        if (*type && device_type_from_string(type) == _TYPE_INVALID) {
                fprintf(stderr, "There is no device type '%s'. ", type);
                print_types();
                return 2;
        }
        return device_change(options, argv[1], "SetType", "s", type);
}

const struct verb verb_type = {
        .name = "type",
        .arguments = "DEVICE TYPE",
        .min_arguments = 2,
        .max_arguments = 2,
        .summary = "Say what a device is",
        .description = "Sets the type of a device, such as printer or phone. With 'auto' the rules decide again.\n"
                       "A type that there is not gets the list of those that there are.\n",
        .run = run,
};
