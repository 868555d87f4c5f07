/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lanscopectl unmute: takes exceptions back. */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "cli/bus.h"
#include "cli/verbs.h"
#include "dbus/lanscope-names.h"

static const struct bus_method unmute = { LANSCOPE_MANAGER_INTERFACE, "UnmuteAlerts", LANSCOPE_ACTION_MANAGE_ALERTS };

static bool parse_id(const char *word, uint64_t *ret) {
        char *end;

        errno = 0;
        *ret = strtoull(word, &end, 10);
        if (!errno && !*end && word[0] >= '0' && word[0] <= '9' && *ret > 0)
                return true;
        fprintf(stderr, "'%s' is not the number of an exception. See 'lanscopectl exceptions'.\n", word);
        return false;
}

static int run(const struct options *options, int argc, char *argv[]) {
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
        int status = 0;
        uint64_t id;

        for (int i = 1; i < argc; i++)
                if (!parse_id(argv[i], &id))
                        return 2;
        if (bus_open(options, &bus) < 0)
                return 1;
        for (int i = 1; i < argc; i++)
                status |= parse_id(argv[i], &id) && bus_call(bus, LANSCOPE_PATH, &unmute, NULL, "t", id) < 0;
        return status;
}

const struct verb verb_unmute = {
        .name = "unmute",
        .arguments = "ID...",
        .min_arguments = 1,
        .max_arguments = -1,
        .summary = "Take exceptions back",
        .description = "Removes exceptions, named by their ids: what they silenced raises alerts again.\n",
        .run = run,
};
