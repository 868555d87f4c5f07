/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A table of one place a hash, and no search. */

#include "engine/proto/phrases.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#define PLACES 256

struct phrases {
        uint64_t seed;
        struct phrase places[PLACES]; /* memory that was not touched yet takes none */
};

int phrases_new(struct phrases **ret, uint64_t seed) {
        struct phrases *p = calloc(1, sizeof *p);

        if (!p)
                return -ENOMEM;
        p->seed = seed;
        *ret = p;
        return 0;
}

struct phrases *phrases_free(struct phrases *phrases) {
        free(phrases);
        return NULL;
}

struct phrase *phrases_place(struct phrases *p, const void *key, size_t length) {
        return &p->places[XXH3_64bits_withSeed(key, length, p->seed) % PLACES];
}

bool phrase_is_of(const struct phrase *phrase, const void *key, size_t length) {
        return phrase->key_length == length && memcmp(phrase->key, key, length) == 0;
}

void phrase_keep(struct phrase *phrase, const void *key, size_t length, const char *first, const char *second) {
        const char *const texts[2] = { first, second };

        if (length > PHRASE_KEY_MAX || strlen(first) >= PHRASE_TEXT_MAX || strlen(second) >= PHRASE_TEXT_MAX)
                return;
        phrase->key_length = (uint16_t) length;
        memcpy(phrase->key, key, length);
        for (size_t i = 0; i < 2; i++) {
                phrase->lengths[i] = (uint16_t) strlen(texts[i]);
                memcpy(phrase->texts[i], texts[i], phrase->lengths[i] + 1U);
        }
}
