/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* match-signatures DATABASE: for each line of standard input, a value of tcp.raw_sig, what the database makes of it: the
 * match, the distance ("?" where it means nothing) and the name, between tabs. */

#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "engine/classify/os-signatures.h"

static void complain(void *userdata, const char *file, unsigned line, const char *message) {
        unsigned *complaints = userdata;

        ++*complaints;
        fprintf(stderr, "%s:%u: %s\n", file, line, message);
}

static int print_verdict(const struct os_signatures *set, const char *raw) {
        struct os_verdict verdict;
        char distance[8] = "?";
        int r = os_signatures_match(set, raw, &verdict);

        if (r < 0) {
                fprintf(stderr, "not a signature: %s\n", raw);
                return r;
        }
        if (!verdict.ttl_random)
                snprintf(distance, sizeof distance, "%u", verdict.distance);
        printf("%s\t%s\t%s\n", os_match_to_string(verdict.match), distance, verdict.name ? verdict.name : "???");
        return 0;
}

int main(int argc, char *argv[]) {
        _cleanup_(os_signatures_freep) struct os_signatures *set = NULL;
        _cleanup_(fclosep) FILE *f = argc == 2 ? fopen(argv[1], "re") : NULL;
        unsigned complaints = 0;
        char line[1024];
        int r = 0;

        if (!f || os_signatures_new(&set) < 0 || os_signatures_load(set, argv[1], f, complain, &complaints) <= 0)
                return 1;
        while (r >= 0 && fgets(line, sizeof line, stdin)) {
                line[strcspn(line, "\n")] = '\0';
                r = print_verdict(set, line);
        }
        return r < 0 || complaints > 0;
}
