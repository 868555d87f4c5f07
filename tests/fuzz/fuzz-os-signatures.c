/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Databases of TCP signatures and what is looked up in them. Input: a file, and behind the first NUL byte values of
 * tcp.raw_sig, a NUL between them. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "engine/classify/os-signatures.h"

#define VALUES_MAX 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void complain(void *userdata, const char *file, unsigned line, const char *message) {
        (void) userdata;
        if (strlen(message) == 0 || strlen(file) == 0 || line == 0)
                abort();
}

static void check_value(const struct os_signatures *set, const char *value) {
        struct os_verdict v;

        if (os_signatures_match(set, value, &v) < 0)
                return;
        if ((v.match == OS_MATCH_NONE) != (v.name == NULL) || (v.match == OS_MATCH_NONE) != (v.signature == NULL))
                abort();
        if (v.match == OS_MATCH_FUZZY && v.is_program)
                abort();
        if (v.name && (strlen(v.name) == 0 || strlen(v.name) > 96))
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_(freep) char *text = malloc(size + 1);
        _cleanup_(os_signatures_freep) struct os_signatures *set = NULL;
        _cleanup_(fclosep) FILE *f = NULL;
        size_t length;
        unsigned n = 0;

        if (!text || os_signatures_new(&set) < 0)
                return 0;
        memcpy(text, data, size);
        text[size] = '\0';
        length = strlen(text);
        f = length > 0 ? fmemopen(text, length, "r") : NULL;
        if (f && os_signatures_load(set, "fuzz.fp", f, complain, NULL) < 0)
                return 0;
        for (const char *value = text + length + 1; value < text + size && n < VALUES_MAX; value += strlen(value) + 1, n++)
                check_value(set, value);
        return 0;
}
