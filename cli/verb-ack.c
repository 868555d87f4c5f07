/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lanscopectl ack: acknowledges alerts. */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "cli/bus.h"
#include "cli/output.h"
#include "cli/verbs.h"
#include "common/cleanup.h"
#include "dbus/lanscope-names.h"

static const struct bus_method acknowledge = { LANSCOPE_MANAGER_INTERFACE, "AcknowledgeAlerts", LANSCOPE_ACTION_MANAGE_ALERTS };

static bool parse_id(const char *word, uint64_t *ret) {
        unsigned long long id;
        char *end;

        errno = 0;
        id = strtoull(word, &end, 10);
        if (errno || *end || word[0] < '0' || word[0] > '9' || id == 0) {
                fprintf(stderr, "'%s' is not the number of an alert. See 'lanscopectl alerts'.\n", word);
                return false;
        }
        *ret = id;
        return true;
}

/* No ids stand for all alerts. */
static int call(const struct options *options, const uint64_t *ids, size_t n) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *message = NULL, *reply = NULL;
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
        uint32_t done = 0;

        if (bus_open(options, &bus) < 0 || bus_new_call(bus, LANSCOPE_PATH, &acknowledge, &message) < 0)
                return 1;
        if (sd_bus_message_append_array(message, 't', ids, n * sizeof *ids) < 0)
                return output_no_memory();
        if (bus_call_message(bus, message, acknowledge.action, &reply) < 0 || sd_bus_message_read(reply, "u", &done) < 0)
                return 1;
        if (!options->no_legend && options->json == JSON_OFF)
                printf("%" PRIu32 " %s acknowledged.\n", done, done == 1 ? "alert" : "alerts");
        return 0;
}

static int run(const struct options *options, int argc, char *argv[]) {
        _cleanup_(freep) uint64_t *ids = NULL;

        if (options->all != (argc == 1)) {
                fprintf(stderr, "Name the alerts by their ids, or all of them with --all.\n");
                return 2;
        }
        ids = calloc((size_t) argc, sizeof *ids);
        if (!ids)
                return output_no_memory();
        for (int i = 1; i < argc; i++)
                if (!parse_id(argv[i], &ids[i - 1]))
                        return 2;
        return call(options, ids, (size_t) argc - 1);
}

const struct verb verb_ack = {
        .name = "ack",
        .arguments = "ID...|--all",
        .max_arguments = -1,
        .summary = "Acknowledge alerts",
        .description = "Marks alerts, named by their ids, or all of them, as seen.\n",
        .run = run,
};
