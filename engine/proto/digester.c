/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Digests by libcrypto, looked up once: to ask for one by name costs more than to compute it. What is remembered is
 * found by a hash and compared byte for byte, so that it can never be another text's. */

#include "engine/proto/digester.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "common/strbuf.h"
#include "engine/crypto.h"

#define SLOTS 128
/* Longest text that is remembered: what goes into JA3 and JA4 of browsers has up to 200 bytes. */
#define TEXT_MAX 256

enum algorithm { MD5, SHA256, _ALGORITHM_MAX };

struct slot {
        uint16_t length; /* of the text; 0: empty */
        uint8_t algorithm;
        uint8_t size;    /* of the digest */
        uint8_t text[TEXT_MAX], digest[32];
};

struct digester {
        bool opened;
        EVP_MD *digests[_ALGORITHM_MAX]; /* NULL: refused */
        EVP_MD_CTX *context;
        uint64_t seed;
        struct slot slots[SLOTS];
};

int digester_new(struct digester **ret, uint64_t seed) {
        _cleanup_(digester_freep) struct digester *d = calloc(1, sizeof *d);

        if (!d)
                return -ENOMEM;
        d->seed = seed;
        *ret = TAKE_PTR(d);
        return 0;
}

struct digester *digester_free(struct digester *d) {
        if (!d)
                return NULL;
        for (size_t i = 0; i < _ALGORITHM_MAX; i++)
                EVP_MD_free(d->digests[i]);
        EVP_MD_CTX_free(d->context);
        free(d);
        return NULL;
}

/* When the first digest is wanted: libcrypto takes a millisecond to look up what it has. */
static void open_digests(struct digester *d) {
        d->opened = true;
        crypto_open();
        d->context = EVP_MD_CTX_new();
        d->digests[MD5] = EVP_MD_fetch(NULL, "MD5", NULL);
        d->digests[SHA256] = EVP_MD_fetch(NULL, "SHA256", NULL);
}

static int compute(struct digester *d, enum algorithm algorithm, const void *data, size_t length,
                   uint8_t ret[static EVP_MAX_MD_SIZE], unsigned *ret_size) {
        if (!d->opened)
                open_digests(d);
        if (!d->context || !d->digests[algorithm] || EVP_DigestInit_ex2(d->context, d->digests[algorithm], NULL) != 1 ||
            EVP_DigestUpdate(d->context, data, length) != 1 || EVP_DigestFinal_ex(d->context, ret, ret_size) != 1)
                return -ENOTSUP;
        return 0;
}

static bool holds(const struct slot *slot, enum algorithm algorithm, const void *data, size_t length) {
        return slot->length == length && slot->algorithm == algorithm && memcmp(slot->text, data, length) == 0;
}

static int remember(struct digester *d, struct slot *slot, enum algorithm algorithm, const void *data, size_t length) {
        uint8_t hash[EVP_MAX_MD_SIZE];
        unsigned size;
        int r = compute(d, algorithm, data, length, hash, &size);

        if (r < 0)
                return r;
        slot->length = (uint16_t) length;
        slot->algorithm = (uint8_t) algorithm;
        slot->size = (uint8_t) size;
        memcpy(slot->text, data, length);
        memcpy(slot->digest, hash, size);
        return 0;
}

static int digest(struct digester *d, enum algorithm algorithm, const void *data, size_t length, char *ret, size_t size) {
        struct strbuf b = strbuf_make(ret, size);
        uint8_t hash[EVP_MAX_MD_SIZE];
        struct slot *slot;
        unsigned n;
        int r;

        if (length == 0 || length > TEXT_MAX) {
                r = compute(d, algorithm, data, length, hash, &n);
                if (r >= 0)
                        strbuf_hex(&b, hash, n);
                return r;
        }
        slot = &d->slots[(XXH3_64bits_withSeed(data, length, d->seed) + algorithm) % SLOTS];
        if (!holds(slot, algorithm, data, length)) {
                r = remember(d, slot, algorithm, data, length);
                if (r < 0)
                        return r;
        }
        strbuf_hex(&b, slot->digest, slot->size);
        return 0;
}

int digester_md5(struct digester *d, const void *data, size_t length, char ret[static DIGEST_MD5_MAX]) {
        return digest(d, MD5, data, length, ret, DIGEST_MD5_MAX);
}

int digester_sha256(struct digester *d, const void *data, size_t length, char ret[static DIGEST_SHA256_MAX]) {
        return digest(d, SHA256, data, length, ret, DIGEST_SHA256_MAX);
}
