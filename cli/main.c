/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lanscopectl: finds the verb and calls it. */

#include <stdio.h>
#include <string.h>

#include "cli/verbs.h"

int main(int argc, char *argv[]) {
        if (argc > 1 && strcmp(argv[1], "analyze") == 0)
                return verb_analyze(argc - 1, argv + 1);
        fprintf(stderr, "usage: lanscopectl VERB\n");
        return 2;
}
