/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lanscopectl alerts: what happened. */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/alert-view.h"
#include "cli/bus-lists.h"
#include "cli/output.h"
#include "cli/verbs.h"
#include "cli/when.h"
#include "common/cleanup.h"
#include "dbus/lanscope-names.h"

/* What the service lists at most. */
#define ALERTS_MAX 1000

static void print_total(const struct options *options, size_t n, bool more) {
        printf("\n%zu %s%s%s\n", n, options->all ? "" : "unacknowledged ", n == 1 ? "alert" : "alerts",
               n >= ALERTS_MAX ? ", the newest; 'lanscopectl export alerts' has all." :
               more ? ", the newest of more; --limit tells how many." : ".");
}

/* Where it is not told whom alerts are about, it is told why. */
static void print_missing(struct json_object *alerts) {
        if (json_object_array_length(alerts) > 0 && !json_at(json_object_array_get_idx(alerts, 0), "peer"))
                printf("With whom devices were in contact is shown to root and to users with the polkit action\n%s.\n",
                       LANSCOPE_ACTION_INSPECT_TRAFFIC);
}

static int print(const struct options *options, struct json_object *alerts, bool more) {
        struct screen screen;
        int r;

        screen_open(&screen, options, true);
        r = alerts_print(&screen, options, alerts, when_now());
        if (r >= 0 && !options->no_legend) {
                print_total(options, json_object_array_length(alerts), more);
                print_missing(alerts);
        }
        screen_close(&screen);
        return r < 0 ? output_no_memory() : 0;
}

/* One more is asked for, to see whether there is one. */
static int list(sd_bus *bus, const struct options *options, struct json_object **ret, bool *ret_more) {
        struct options wanted = *options;
        size_t n;
        int r;

        if (options->limit > 0 && options->limit < ALERTS_MAX)
                wanted.limit++;
        r = bus_list_alerts(bus, &wanted, ret);
        if (r < 0)
                return r;
        n = json_object_array_length(*ret);
        *ret_more = options->limit > 0 && n > options->limit;
        if (*ret_more)
                json_object_array_del_idx(*ret, options->limit, n - options->limit);
        return 0;
}

static const struct bus_method open_evidence = { LANSCOPE_MANAGER_INTERFACE, "OpenEvidence", LANSCOPE_ACTION_CAPTURE_PACKETS };

static int copy(int from, int to) {
        char buffer[65536];
        ssize_t n;

        while ((n = read(from, buffer, sizeof buffer)) > 0)
                if (write(to, buffer, (size_t) n) != n)
                        return errno ? -errno : -ENOSPC;
        return n < 0 ? -errno : 0;
}

/* Others need not read what was captured. */
static int save_evidence(const struct options *options, const char *word, const char *path) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
        _cleanup_(closep) int to = -1;
        uint64_t id = strtoull(word, NULL, 10);
        int from, r;

        if (bus_open(options, &bus) < 0 || bus_call(bus, LANSCOPE_PATH, &open_evidence, &reply, "t", id) < 0)
                return 1;
        /* The descriptor belongs to the message. */
        if (sd_bus_message_read(reply, "h", &from) < 0) {
                fprintf(stderr, "lanscoped sent no file.\n");
                return 1;
        }
        to = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        r = to < 0 ? -errno : copy(from, to);
        if (r < 0)
                fprintf(stderr, "Cannot write %s: %s\n", path, strerror(-r));
        return r < 0;
}

static bool is_number(const char *word) {
        return *word && strspn(word, "0123456789") == strlen(word);
}

static int run(const struct options *options, int argc, char *argv[]) {
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
        _cleanup_(json_putp) struct json_object *alerts = NULL;
        bool more;
        int r;

        if (options->pcap != (argc == 3) || argc == 2 || (options->pcap && !is_number(argv[1]))) {
                fprintf(stderr, "usage: lanscopectl alerts [OPTIONS...]\n       lanscopectl alerts --pcap ID FILE\n");
                return 2;
        }
        if (options->pcap)
                return save_evidence(options, argv[1], argv[2]);
        if (options->all && options->unacknowledged) {
                fprintf(stderr, "--all and --unacknowledged exclude each other.\n");
                return 2;
        }
        r = bus_open(options, &bus);
        if (r >= 0)
                r = list(bus, options, &alerts, &more);
        if (r < 0)
                return exit_status(r);
        return options->json != JSON_OFF ? output_json(options, alerts) : print(options, alerts, more);
}

const struct verb verb_alerts = {
        .name = "alerts",
        .arguments = "[--pcap ID FILE]",
        .max_arguments = 2,
        .summary = "List alerts",
        .description = "Lists the alerts that nobody acknowledged yet, newest first (1000 at most); --all lists the\n"
                       "others, too. On a narrow terminal the less important columns are left out; --wide shows\n"
                       "them all.\n",
        .run = run,
};
