/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lanscoped: reads the command line and runs the manager. */

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "daemon/capture.h"
#include "daemon/log.h"
#include "daemon/manager.h"
#include "daemon/settings.h"

#define EXIT_USAGE 2

enum option_id {
        OPTION_CONFIG = 256,
        OPTION_MODE,
        OPTION_INTERFACE,
        OPTION_BACKEND,
        OPTION_DATABASE,
        OPTION_REPLAY,
        OPTION_REPLAY_EXIT,
        OPTION_RULES,
        OPTION_BUS,
        OPTION_LOG_LEVEL,
        OPTION_CHECK_CONFIG,
        OPTION_CLEAN_UP,
        OPTION_VERSION,
};

static const struct option options_long[] = {
        { "config", required_argument, NULL, OPTION_CONFIG },
        { "mode", required_argument, NULL, OPTION_MODE },
        { "interface", required_argument, NULL, OPTION_INTERFACE },
        { "backend", required_argument, NULL, OPTION_BACKEND },
        { "database", required_argument, NULL, OPTION_DATABASE },
        { "replay", required_argument, NULL, OPTION_REPLAY },
        { "replay-exit", no_argument, NULL, OPTION_REPLAY_EXIT },
        { "rules", required_argument, NULL, OPTION_RULES },
        { "bus", required_argument, NULL, OPTION_BUS },
        { "log-level", required_argument, NULL, OPTION_LOG_LEVEL },
        { "check-config", no_argument, NULL, OPTION_CHECK_CONFIG },
        { "clean-up", no_argument, NULL, OPTION_CLEAN_UP },
        { "help", no_argument, NULL, 'h' },
        { "version", no_argument, NULL, OPTION_VERSION },
        {},
};

static const char help_text[] =
        "lanscoped [OPTIONS]\n\n"
        "Tells every device on the network, what it is, and why it thinks so. Sends nothing.\n\n"
        "     --config=FILE       Read FILE instead of lanscoped.conf and its drop-ins\n"
        "     --mode=MODE         host, gateway or span\n"
        "     --interface=NAME    Listen on NAME; may be given several times\n"
        "     --backend=BACKEND   auto, ebpf or pcap\n"
        "     --database=FILE     Keep the inventory in FILE, or nowhere (\":memory:\")\n"
        "     --rules=DIR         Read classification rules from DIR alone\n"
        "     --replay=FILE       Read a capture file (\"-\": standard input) instead of the network, then keep serving\n"
        "     --replay-exit       End with the capture file\n"
        "     --bus=BUS           system, session, or the address of a bus\n"
        "     --log-level=LEVEL   debug, info, notice, warning or err\n"
        "     --check-config      Say what is wrong with configuration and rules, and exit\n"
        "     --clean-up          Remove what a service that crashed left attached to interfaces, and exit\n"
        "  -h --help              Show this\n"
        "     --version           Show the version\n\n"
        "See lanscoped(8) and lanscoped.conf(5).\n";

enum task { TASK_RUN, TASK_CHECK, TASK_CLEAN_UP, TASK_NONE };

static int usage_error(const char *what, const char *value) {
        fprintf(stderr, "lanscoped: %s '%s'. See lanscoped --help.\n", what, value);
        return -EINVAL;
}

/* An option that configuration has too: checked by the very function that reads the file. */
static int take_configured(struct manager_options *o, int id, const char *value) {
        struct config scratch;

        config_default(&scratch);
        switch (id) {
        case OPTION_MODE:
                if (config_set_mode(&scratch, value) < 0)
                        return usage_error("there is no mode", value);
                o->mode = value;
                return 0;
        case OPTION_BACKEND:
                if (config_set_backend(&scratch, value) < 0)
                        return usage_error("there is no backend", value);
                o->backend = value;
                return 0;
        default:
                if (config_add_interface(&scratch, value) < 0)
                        return usage_error("this cannot be an interface:", value);
                if (o->n_interfaces >= CONFIG_INTERFACES_MAX)
                        return usage_error("too many interfaces at", value);
                o->interfaces[o->n_interfaces++] = value;
                return 0;
        }
}

static int take_option(struct manager_options *o, enum task *task, int id, const char *value) {
        int level;

        switch (id) {
        case OPTION_CONFIG:
                o->config = value;
                return 0;
        case OPTION_MODE:
        case OPTION_BACKEND:
        case OPTION_INTERFACE:
                return take_configured(o, id, value);
        case OPTION_DATABASE:
                o->database = value;
                return 0;
        case OPTION_REPLAY:
                o->replay = value;
                return 0;
        case OPTION_REPLAY_EXIT:
                o->replay_exit = true;
                return 0;
        case OPTION_RULES:
                o->rules = value;
                return 0;
        case OPTION_BUS:
                o->bus = value;
                return 0;
        case OPTION_LOG_LEVEL:
                level = log_level_from_string(value);
                if (level < 0)
                        return usage_error("there is no log level", value);
                log_set_level(level);
                return 0;
        case OPTION_CHECK_CONFIG:
                *task = TASK_CHECK;
                return 0;
        case OPTION_CLEAN_UP:
                *task = TASK_CLEAN_UP;
                return 0;
        case OPTION_VERSION:
                puts("lanscoped " PACKAGE_VERSION);
                *task = TASK_NONE;
                return 0;
        case 'h':
                fputs(help_text, stdout);
                *task = TASK_NONE;
                return 0;
        default: /* getopt has said what is wrong */
                return -EINVAL;
        }
}

static int parse(int argc, char *argv[], struct manager_options *o, enum task *task) {
        int c;

        while (*task != TASK_NONE && (c = getopt_long(argc, argv, "h", options_long, NULL)) >= 0) {
                int r = take_option(o, task, c, optarg);

                if (r < 0)
                        return r;
        }
        if (*task == TASK_NONE)
                return 0;
        if (optind < argc)
                return usage_error("there is no argument", argv[optind]);
        if (o->replay_exit && !o->replay)
                return usage_error("only with --replay:", "--replay-exit");
        if (o->replay && o->n_interfaces > 0)
                return usage_error("not with --replay:", "--interface");
        return 0;
}

static int run(const struct manager_options *options) {
        _cleanup_(manager_freep) struct manager *manager = NULL;
        int r = manager_new(&manager, options);

        if (r >= 0)
                r = manager_run(manager);
        return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int check(const struct manager_options *options) {
        _cleanup_(strings_freep) char **complaints = NULL;
        struct ruleset *rules = NULL;
        struct config config;

        if (settings_load(options, &config, &rules, &complaints) < 0)
                return EXIT_FAILURE;
        ruleset_free(rules);
        if (complaints[0])
                return EXIT_FAILURE;
        puts("Configuration and rules are fine.");
        return EXIT_SUCCESS;
}

int main(int argc, char *argv[]) {
        struct manager_options options = {};
        enum task task = TASK_RUN;

        if (parse(argc, argv, &options, &task) < 0)
                return EXIT_USAGE;
        switch (task) {
        case TASK_RUN:
                return run(&options);
        case TASK_CHECK:
                return check(&options);
        case TASK_CLEAN_UP:
                capture_clean_up();
                return EXIT_SUCCESS;
        case TASK_NONE:
                return EXIT_SUCCESS;
        }
        return EXIT_FAILURE;
}
