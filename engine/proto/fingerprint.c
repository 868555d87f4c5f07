/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Digests by libcrypto. MD5 and SHA-256 name things here; nothing rests on their strength. */

#include "engine/proto/fingerprint.h"

#include <errno.h>
#include <openssl/evp.h>

#include "common/strbuf.h"

static int digest(const char *algorithm, const void *data, size_t length, char *ret, size_t size) {
        uint8_t hash[EVP_MAX_MD_SIZE];
        struct strbuf b = strbuf_make(ret, size);
        size_t n = 0;

        if (EVP_Q_digest(NULL, algorithm, NULL, data, length, hash, &n) != 1)
                return -ENOTSUP;
        strbuf_hex(&b, hash, n);
        return 0;
}

int fingerprint_md5(const void *data, size_t length, char ret[static FINGERPRINT_MD5_MAX]) {
        return digest("MD5", data, length, ret, FINGERPRINT_MD5_MAX);
}

int fingerprint_sha256(const void *data, size_t length, char ret[static FINGERPRINT_SHA256_MAX]) {
        return digest("SHA256", data, length, ret, FINGERPRINT_SHA256_MAX);
}
