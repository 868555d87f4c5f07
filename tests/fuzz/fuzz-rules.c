/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Rule files and hostile values. Input: a rule file, and behind the first NUL byte up to VALUES_MAX values, a NUL
 * between them; each is classified as every kind of fact, said and asked. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "engine/classify/classify.h"

#define VALUES_MAX 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

DEFINE_CLEANUP(struct ruleset *, ruleset_free)

static void complain(void *userdata, const char *file, unsigned line, const char *message) {
        (void) userdata;
        /* The message must be a string of its own, whatever the file held. */
        if (strlen(message) == 0 || strlen(file) == 0 || line == 0)
                abort();
}

static void check_value(const struct ruleset *rules, const char *value) {
        struct classify_evidence evidence[2 * (_FACT_KIND_MAX + 1)];
        struct classification class;
        size_t n = 0;

        for (int kind = -1; kind < _FACT_KIND_MAX; kind++)
                for (unsigned asks = 0; asks < 2; asks++)
                        evidence[n++] = (struct classify_evidence) { kind, asks ? VOICE_ASKS : VOICE_SELF, value, 100 };
        classify(rules, NULL, evidence, n, &class);
        for (size_t i = 0; i < class.n_reasons; i++)
                if (class.reasons[i].evidence_index >= n)
                        abort();
        if (strlen(class.model) >= CLASSIFY_TEXT_MAX || class.type_confidence > 100)
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_(freep) char *text = malloc(size + 1);
        _cleanup_(ruleset_freep) struct ruleset *rules = NULL;
        _cleanup_(fclosep) FILE *f = NULL;
        unsigned n = 0;
        size_t length;

        if (!text || ruleset_new(&rules) < 0)
                return 0;
        memcpy(text, data, size);
        text[size] = '\0';
        length = strlen(text);
        f = length > 0 ? fmemopen(text, length, "r") : NULL;
        if (f && ruleset_load(rules, "fuzz.conf", f, complain, NULL) < 0)
                return 0;
        for (const char *value = text + length + 1; value < text + size && n < VALUES_MAX;
             value += strlen(value) + 1, n++)
                check_value(rules, value);
        return 0;
}
