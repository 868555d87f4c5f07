/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Output that is not for people. */

#include "cli/output.h"

int output_no_memory(void) {
        fprintf(stderr, "Out of memory.\n");
        return 1;
}

int output_json(const struct options *options, struct json_object *o) {
        if (json_text_write(stdout, o, options->json == JSON_PRETTY) < 0)
                return output_no_memory();
        putchar('\n');
        return 0;
}
