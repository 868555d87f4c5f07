/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lanscopectl: reads the command line, finds the verb and runs it. */

#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "cli/options.h"
#include "cli/verbs.h"
#include "common/macro.h"
#include "config.h"

#define EXIT_USAGE 2

static const struct verb *const verbs[] = {
        &verb_status, &verb_list,  &verb_device, &verb_explain, &verb_networks, &verb_alerts, &verb_ack, &verb_mute, &verb_unmute, &verb_exceptions,
        &verb_flows,  &verb_traffic,
        &verb_top,    &verb_monitor, &verb_label, &verb_type,  &verb_notes,   &verb_trust,    &verb_forget, &verb_merge,
        &verb_split,  &verb_mode,  &verb_start,  &verb_stop,    &verb_reload,   &verb_export, &verb_analyze,
};

static const struct verb *verb_find(const char *name) {
        for (size_t i = 0; i < ELEMENTSOF(verbs); i++)
                if (strcmp(verbs[i]->name, name) == 0)
                        return verbs[i];
        return NULL;
}

static void print_help(void) {
        printf("lanscopectl [OPTIONS...] VERB [ARGUMENTS...]\n\n"
               "Shows every device on your network, what it is and why lanscope thinks so.\n\nVerbs:\n");
        for (size_t i = 0; i < ELEMENTSOF(verbs); i++) {
                char left[64];

                snprintf(left, sizeof left, "%s %s", verbs[i]->name, verbs[i]->arguments);
                printf("  %-40s %s\n", left, verbs[i]->summary);
        }
        printf("\nOptions:\n");
        options_print(stdout, NULL);
        printf("\nA verb's own options: 'lanscopectl VERB --help'. See also lanscopectl(1).\n");
}

static void print_verb_help(const struct verb *verb) {
        printf("lanscopectl %s [OPTIONS...]%s%s\n\n%s\nOptions:\n", verb->name, *verb->arguments ? " " : "", verb->arguments,
               verb->description);
        options_print(stdout, verb->name);
}

/* Levenshtein's distance of two short words. */
static size_t word_distance(const char *a, const char *b) {
        size_t row[32], n = strlen(b);

        if (n >= ELEMENTSOF(row))
                return n;
        for (size_t j = 0; j <= n; j++)
                row[j] = j;
        for (size_t i = 1; a[i - 1]; i++) {
                size_t diagonal = row[0];

                row[0] = i;
                for (size_t j = 1; j <= n; j++) {
                        size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
                        size_t inserted = MIN(row[j], row[j - 1]) + 1;

                        diagonal = row[j];
                        row[j] = MIN(replaced, inserted);
                }
        }
        return row[n];
}

static int unknown_verb(const char *word) {
        bool any = false;

        fprintf(stderr, "There is no verb '%s'.", word);
        for (size_t i = 0; i < ELEMENTSOF(verbs) && strlen(word) < 32; i++) {
                const char *name = verbs[i]->name;

                if (word_distance(word, name) > 2 && (strlen(word) < 2 || strncmp(name, word, strlen(word)) != 0))
                        continue;
                fprintf(stderr, "%s '%s'", any ? " or" : " Did you mean", name);
                any = true;
        }
        fprintf(stderr, "%s See 'lanscopectl --help'.\n", any ? "?" : "");
        return EXIT_USAGE;
}

static bool arguments_fit(const struct verb *verb, int n) {
        if (n >= verb->min_arguments && (verb->max_arguments < 0 || n <= verb->max_arguments))
                return true;
        fprintf(stderr, "usage: lanscopectl %s [OPTIONS...] %s\n", verb->name, verb->arguments);
        return false;
}

/* What was printed may still sit in the buffer; a full disk shows only now. */
static int finish(int status) {
        if (fflush(stdout) == 0 && !ferror(stdout))
                return status;
        if (errno != EPIPE)
                fprintf(stderr, "Cannot write output: %s\n", strerror(errno));
        return status > 0 ? status : 1;
}

int main(int argc, char *argv[]) {
        const struct verb *verb;
        struct options options;
        int first;

        setlocale(LC_CTYPE, "");
        first = options_parse(&options, argc, argv);
        if (first < 0)
                return EXIT_USAGE;
        if (options.version) {
                printf("lanscopectl %s\n", PACKAGE_VERSION);
                return finish(0);
        }
        if (first >= argc && options.help) {
                print_help();
                return finish(0);
        }
        verb = first < argc ? verb_find(argv[first]) : &verb_list;
        if (!verb)
                return unknown_verb(argv[first]);
        if (options.help) {
                print_verb_help(verb);
                return finish(0);
        }
        if (!options_fit(&options, verb->name) || !arguments_fit(verb, MAX(argc - first - 1, 0)))
                return EXIT_USAGE;
        return finish(verb->run(&options, argc - first, argv + first));
}
