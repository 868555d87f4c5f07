/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "engine/classify/match-memo.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

struct kept {
        int16_t kind;
        bool asks; /* all that conditions ask for of a voice */
        uint8_t length, n; /* of the value, without a NUL; conditions, which stand before it */
        uint16_t conditions[];
};

struct match_memo {
        uint64_t seed;
        struct kept *slots[MATCHES_KEPT_MAX];
};

int match_memo_new(struct match_memo **ret, uint64_t seed) {
        struct match_memo *memo = calloc(1, sizeof *memo);

        if (!memo)
                return -ENOMEM;
        memo->seed = seed;
        *ret = memo;
        return 0;
}

void match_memo_forget(struct match_memo *memo) {
        for (size_t i = 0; i < MATCHES_KEPT_MAX; i++) {
                free(memo->slots[i]);
                memo->slots[i] = NULL;
        }
}

struct match_memo *match_memo_free(struct match_memo *memo) {
        if (memo)
                match_memo_forget(memo);
        free(memo);
        return NULL;
}

static size_t place_of(const struct match_memo *memo, const struct classify_evidence *evidence, size_t length) {
        uint64_t hash = XXH3_64bits_withSeed(evidence->value, length, memo->seed + (uint64_t) evidence->kind);

        return hash % MATCHES_KEPT_MAX;
}

static char *value_of(struct kept *kept) {
        return (char *) (kept->conditions + kept->n);
}

int match_memo_find(const struct match_memo *memo, const struct classify_evidence *evidence, const uint16_t **ret) {
        size_t length = strnlen(evidence->value, MATCHES_VALUE_MAX + 1);
        struct kept *kept;

        if (length > MATCHES_VALUE_MAX)
                return -ENOENT;
        kept = memo->slots[place_of(memo, evidence, length)];
        if (!kept || kept->kind != (int) evidence->kind || kept->asks != (evidence->voice == VOICE_ASKS) ||
            kept->length != length || memcmp(value_of(kept), evidence->value, length) != 0)
                return -ENOENT;
        *ret = kept->conditions;
        return kept->n;
}

void match_memo_keep(struct match_memo *memo, const struct classify_evidence *evidence, const uint16_t *conditions, size_t n) {
        size_t length = strnlen(evidence->value, MATCHES_VALUE_MAX + 1), place;
        struct kept *kept;

        if (length > MATCHES_VALUE_MAX || n > MATCHES_CONDITIONS_MAX)
                return;
        kept = malloc(sizeof *kept + n * sizeof *conditions + length);
        if (!kept)
                return;
        kept->kind = (int16_t) evidence->kind;
        kept->asks = evidence->voice == VOICE_ASKS;
        kept->length = (uint8_t) length;
        kept->n = (uint8_t) n;
        if (n > 0)
                memcpy(kept->conditions, conditions, n * sizeof *conditions);
        memcpy(value_of(kept), evidence->value, length);
        place = place_of(memo, evidence, length);
        free(memo->slots[place]);
        memo->slots[place] = kept;
}
