/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lanscoped: reads the command line and runs the manager. */

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "config.h"
#include "daemon/capture.h"
#include "daemon/log.h"
#include "daemon/manager.h"
#include "daemon/settings.h"
#include "engine/detect/model.h"

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
        OPTION_SETTINGS, /* those of settings[], in its order */
};

/* Keys of the configuration that have an option of their own. */
static const struct setting_option {
        const char *name, *argument; /* NULL: "yes" is meant */
        const char *section, *key, *help;
} settings[] = {
        { "promiscuous", NULL, "Capture", "Promiscuous", "Ask for frames that are not for this machine, in host mode too" },
        { "snaplen", "SIZE", "Capture", "SnapLen", "Bytes of each frame that libpcap delivers" },
        { "timeout", "SPAN", "Capture", "TimeoutSec", "How long libpcap may gather frames" },
        { "immediate", NULL, "Capture", "ImmediateMode", "Do not let it gather any" },
        { "buffer-size", "SIZE", "Capture", "BufferSize", "Between kernel and service" },
        { "workers", "N", "Capture", "Workers", "Let N threads share an interface that libpcap reads" },
        { "filter", "EXPRESSION", "Capture", "Filter", "Capture only what matches, by libpcap" },
        { "count", "N", "Capture", "PacketCount", "Stop capturing after N frames" },
        { "max-flows", "N", "Flows", "MaxFlows", "Keep at most N flows at a time" },
        { "flow-timeout", "SPAN", "Flows", "FlowTimeoutSec", "Silence after which a TCP or UDP flow is over" },
        { "flow-log", "FILE", "Output", "FlowLog", "Append flows to FILE as they end, as JSON lines" },
        { "alert-log", "FILE", "Output", "AlertLog", "Append alerts to FILE" },
        { "event-log", "FILE", "Output", "EventLog", "Append events to FILE, as Suricata's EVE log has them" },
        { "event-socket", "PATH", "Output", "EventSocket", "Send them to whoever listens at PATH" },
        { "statistics-log", "FILE", "Output", "StatisticsLog", "Append statistics to FILE" },
        { "statistics-interval", "SPAN", "Output", "StatisticsIntervalSec", "How often" },
        { "top", "N", "Output", "TopFlows", "With the N flows that move most" },
        { "queue", "N", "Output", "QueueCapacity", "Lines that may wait for each of these files" },
};

static const struct option options_fixed[] = {
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
        "Instead of what lanscoped.conf says:\n";

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

static int take_setting(struct manager_options *o, const struct setting_option *s, const char *value) {
        struct config scratch;
        char reason[256] = "";

        config_default(&scratch);
        value = value ? value : "yes";
        if (config_set(&scratch, s->section, s->key, value) < 0) {
                fprintf(stderr, "lanscoped: --%s cannot be '%s'. See %s= in lanscoped.conf(5).\n", s->name, value, s->key);
                return -EINVAL;
        }
        if (strcmp(s->key, "Filter") == 0 && capture_check_filter(value, reason) < 0) {
                fprintf(stderr, "lanscoped: %s. See pcap-filter(7).\n", reason);
                return -EINVAL;
        }
        if (o->n_overrides >= OVERRIDES_MAX)
                return usage_error("too many options at", s->name);
        o->overrides[o->n_overrides].section = s->section;
        o->overrides[o->n_overrides].key = s->key;
        o->overrides[o->n_overrides++].value = value;
        return 0;
}

static void print_help(void) {
        fputs(help_text, stdout);
        for (size_t i = 0; i < ELEMENTSOF(settings); i++) {
                char left[64];

                snprintf(left, sizeof left, "--%s%s%s", settings[i].name, settings[i].argument ? "=" : "",
                         settings[i].argument ? settings[i].argument : "");
                printf("     %-26s %s\n", left, settings[i].help);
        }
        puts("\nSee lanscoped(8) and lanscoped.conf(5).");
}

static int take_option(struct manager_options *o, enum task *task, int id, const char *value) {
        int level;

        if (id >= OPTION_SETTINGS)
                return take_setting(o, &settings[id - OPTION_SETTINGS], value);

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
                print_help();
                *task = TASK_NONE;
                return 0;
        default: /* getopt has said what is wrong */
                return -EINVAL;
        }
}

/* Those of options_fixed[] without its end, those of settings[], and the end. */
static void make_options(struct option ret[static ELEMENTSOF(options_fixed) + ELEMENTSOF(settings)]) {
        size_t n = ELEMENTSOF(options_fixed) - 1;

        memcpy(ret, options_fixed, sizeof options_fixed);
        for (size_t i = 0; i < ELEMENTSOF(settings); i++)
                ret[n + i] = (struct option) { settings[i].name, settings[i].argument ? required_argument : no_argument, NULL,
                                               OPTION_SETTINGS + (int) i };
        ret[n + ELEMENTSOF(settings)] = (struct option) {};
}

static int parse(int argc, char *argv[], struct manager_options *o, enum task *task) {
        struct option options[ELEMENTSOF(options_fixed) + ELEMENTSOF(settings)];
        int c;

        make_options(options);
        while (*task != TASK_NONE && (c = getopt_long(argc, argv, "h", options, NULL)) >= 0) {
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
        int r;

        /* Packets are in this memory: no core dump, wherever the kernel would send one, and no reader but root. */
        (void) prctl(PR_SET_DUMPABLE, 0);
        r = manager_new(&manager, options);
        if (r >= 0)
                r = manager_run(manager);
        return r < 0 ? EXIT_FAILURE : r;
}

static int check(const struct manager_options *options) {
        _cleanup_(strings_freep) char **complaints = NULL;
        _cleanup_(model_freep) struct model *model = NULL;
        struct ruleset *rules = NULL;
        struct config config;

        if (settings_load(options, &config, &rules, &model, &complaints) < 0)
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
