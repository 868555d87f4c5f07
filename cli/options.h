/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* The command line, read once by main() and handed to the verb. Strings are argv's. */

enum json_mode { JSON_OFF, JSON_SHORT, JSON_PRETTY };

struct options {
        enum json_mode json;
        bool no_legend, no_pager;
        const char *host, *machine; /* NULL: this one */

        /* Which devices, how shown */
        const char *type, *category, *presence, *network, *sort;
        bool online, trusted, untrusted, reverse, wide, watch;
        bool verbose;

        /* Which alerts */
        bool all, unacknowledged, pcap;
        const char *kind, *severity, *device, *peer, *note;
        uint64_t until; /* us since the epoch, 0: for ever */
        uint64_t since; /* us since the epoch, 0: all */
        uint32_t limit; /* 0: none */

        /* Which flows, what of traffic */
        const char *address, *protocol, *state;
        uint32_t port; /* 0: any */
        bool active, ended, hour, day;

        /* Files */
        const char *format, *output, *rules, *signatures, *model;
        bool drop_duplicates;
        bool facts, devices, alerts, flows, stats, eve; /* what analyze prints; none: the report */
        uint32_t max_flows; /* 0: the default */
        bool no_tcp_analysis;
        uint32_t workers; /* 0: none, the reader does it all */

        /* The dashboard */
        const char *view;
        uint64_t delay; /* us, 0: the default */
        uint32_t batch; /* pictures as text; 0: on a terminal */

        bool help, version;
};

struct verb {
        const char *name;
        const char *arguments; /* as in a synopsis */
        int min_arguments, max_arguments; /* -1: any number */
        const char *summary;     /* one line of lanscopectl --help */
        const char *description; /* the rest of VERB --help; ends with a newline */
        /* argv[0] is the verb. Exit status: 0, 1 failed, 2 usage. */
        int (*run)(const struct options *options, int argc, char *argv[]);
};

/* Options may stand anywhere, until "--". Returns the index of the first word that is none (argv is
 * permuted), or -1 after having said on standard error what is wrong. */
int options_parse(struct options *ret, int argc, char *argv[]);

/* False, with a message, when an option was given that means nothing to `verb`. */
bool options_fit(const struct options *options, const char *verb);

/* The options of `verb`, or those of all verbs when it is NULL. */
void options_print(FILE *f, const char *verb);
