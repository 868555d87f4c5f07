/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Certificates by a hash of their bytes, compared byte for byte, so that none can pass for another. Facts are written
 * down on their way out: kind (2 bytes), value, NUL. */

#include "engine/proto/certificate-memo.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

struct kept {
        size_t length, facts; /* bytes of the certificate, and of what it says, behind it */
        uint8_t data[];
};

struct certificate_memo {
        uint64_t seed;
        struct kept *slots[CERTIFICATES_KEPT_MAX];
};

struct recorder {
        const struct fact_sink *next;
        size_t length, room;
        bool incomplete;
        uint8_t data[CERTIFICATE_KEPT_BYTES];
};

int certificate_memo_new(struct certificate_memo **ret, uint64_t seed) {
        struct certificate_memo *memo = calloc(1, sizeof *memo);

        if (!memo)
                return -ENOMEM;
        memo->seed = seed;
        *ret = memo;
        return 0;
}

struct certificate_memo *certificate_memo_free(struct certificate_memo *memo) {
        if (!memo)
                return NULL;
        for (size_t i = 0; i < CERTIFICATES_KEPT_MAX; i++)
                free(memo->slots[i]);
        free(memo);
        return NULL;
}

static void record(void *userdata, const struct fact *fact) {
        struct recorder *r = userdata;
        size_t n = sizeof(uint16_t) + fact->value_length + 1;
        uint16_t kind = (uint16_t) fact->kind;

        if (n > r->room - r->length || fact->flags & FACT_VALUE_CUT)
                r->incomplete = true;
        if (!r->incomplete) {
                memcpy(r->data + r->length, &kind, sizeof kind);
                memcpy(r->data + r->length + sizeof kind, fact->value, fact->value_length + 1);
                r->length += n;
        }
        r->next->take(r->next->userdata, fact);
}

static void repeat(const struct kept *kept, struct emitter *e) {
        const uint8_t *at = kept->data + kept->length, *end = at + kept->facts;

        while (at < end) {
                const char *value = (const char *) at + sizeof(uint16_t);
                uint16_t kind;

                memcpy(&kind, at, sizeof kind);
                emit_string(e, (enum fact_kind) kind, value);
                at += sizeof kind + strlen(value) + 1;
        }
}

static void keep(struct kept **slot, struct cursor der, const struct recorder *r) {
        struct kept *kept = malloc(sizeof *kept + cursor_left(&der) + r->length);

        if (!kept)
                return;
        kept->length = cursor_left(&der);
        kept->facts = r->length;
        memcpy(kept->data, der.data, kept->length);
        memcpy(kept->data + kept->length, r->data, r->length);
        free(*slot);
        *slot = kept;
}

int certificate_memo_emit(struct certificate_memo *memo, struct cursor der, struct emitter *e) {
        size_t length = cursor_left(&der);
        struct kept **slot = &memo->slots[XXH3_64bits_withSeed(der.data, length, memo->seed) % CERTIFICATES_KEPT_MAX];
        struct recorder recorder;
        int r;

        if (length > CERTIFICATE_KEPT_BYTES)
                return certificate_emit(der, e);
        if (*slot && (*slot)->length == length && memcmp((*slot)->data, der.data, length) == 0) {
                repeat(*slot, e);
                return 0;
        }
        recorder.next = e->sink;
        recorder.length = 0;
        recorder.room = CERTIFICATE_KEPT_BYTES - length;
        recorder.incomplete = false;
        e->sink = &(struct fact_sink) { record, &recorder };
        r = certificate_emit(der, e);
        e->sink = recorder.next;
        if (r >= 0 && !recorder.incomplete)
                keep(slot, der, &recorder);
        return r;
}
