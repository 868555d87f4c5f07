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

/* Two of one hash, the newer one first: with one place each, the values of a home pushed each other out all the time. */
#define WAYS 2

struct match_memo {
        uint64_t seed;
        struct kept *slots[MATCHES_KEPT_MAX / WAYS][WAYS];
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
        for (size_t i = 0; i < ELEMENTSOF(memo->slots); i++)
                for (size_t k = 0; k < WAYS; k++) {
                        free(memo->slots[i][k]);
                        memo->slots[i][k] = NULL;
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

        return hash % ELEMENTSOF(memo->slots);
}

static char *value_of(struct kept *kept) {
        return (char *) (kept->conditions + kept->n);
}

static bool is_of(struct kept *kept, const struct classify_evidence *evidence, size_t length) {
        return kept && kept->kind == (int) evidence->kind && kept->asks == (evidence->voice == VOICE_ASKS) &&
               kept->length == length && memcmp(value_of(kept), evidence->value, length) == 0;
}

int match_memo_find(const struct match_memo *memo, const struct classify_evidence *evidence, const uint16_t **ret) {
        size_t length = strnlen(evidence->value, MATCHES_VALUE_MAX + 1);
        struct kept *const *slot;

        if (length > MATCHES_VALUE_MAX)
                return -ENOENT;
        slot = memo->slots[place_of(memo, evidence, length)];
        for (size_t k = 0; k < WAYS; k++)
                if (is_of(slot[k], evidence, length)) {
                        *ret = slot[k]->conditions;
                        return slot[k]->n;
                }
        return -ENOENT;
}

void match_memo_keep(struct match_memo *memo, const struct classify_evidence *evidence, const uint16_t *conditions, size_t n) {
        size_t length = strnlen(evidence->value, MATCHES_VALUE_MAX + 1);
        struct kept *kept, **slot;

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
        slot = memo->slots[place_of(memo, evidence, length)];
        free(slot[WAYS - 1]);
        memmove(slot + 1, slot, (WAYS - 1) * sizeof *slot);
        slot[0] = kept;
}
