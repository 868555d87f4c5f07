/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Initial keys and packet protection of QUIC (RFC 9001 §5.2 to §5.4, RFC 9369 §3.3), by libcrypto. */

#include "engine/proto/quic-keys.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

#include "common/strbuf.h"

#define SALT_LENGTH 20
#define SECRET_LENGTH 32
#define SAMPLE_LENGTH 16
#define TAG_LENGTH 16
#define HEADER_MAX 1500 /* of a packet, with its token */

/* RFC 9001 §5.2 and RFC 9369 §3.3.1; those of the drafts and of Facebook's own version from their texts. */
static const struct {
        uint32_t first, last; /* versions */
        uint8_t salt[SALT_LENGTH];
        bool second;
} salts[] = {
        { 0x00000001, 0x00000001,
          { 0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17,
            0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a } },
        { 0x6b3343cf, 0x6b3343cf,
          { 0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93,
            0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9 }, true },
        { 0xff000021, 0xff000022, /* drafts 33 and 34 */
          { 0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17,
            0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a } },
        { 0xff00001d, 0xff000020, /* 29 to 32 */
          { 0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c, 0x9e, 0x97,
            0x86, 0xf1, 0x9c, 0x61, 0x11, 0xe0, 0x43, 0x90, 0xa8, 0x99 } },
        { 0xff000017, 0xff00001c, /* 23 to 28 */
          { 0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, 0xa7,
            0xd2, 0x43, 0x2b, 0xb4, 0x63, 0x65, 0xbe, 0xf9, 0xf5, 0x02 } },
        { 0xfaceb002, 0xfaceb002,
          { 0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, 0xa7,
            0xd2, 0x43, 0x2b, 0xb4, 0x63, 0x65, 0xbe, 0xf9, 0xf5, 0x02 } },
};

struct quic_crypt {
        EVP_CIPHER_CTX *block;  /* AES-128-ECB: header protection */
        EVP_CIPHER_CTX *packet; /* AES-128-GCM */
};

static int find_salt(uint32_t version) {
        for (size_t i = 0; i < ELEMENTSOF(salts); i++)
                if (version >= salts[i].first && version <= salts[i].last)
                        return (int) i;
        return -1;
}

bool quic_version_is_known(uint32_t version) {
        return find_salt(version) >= 0;
}

bool quic_version_is_second(uint32_t version) {
        int i = find_salt(version);

        return i >= 0 && salts[i].second;
}

static bool hmac(const void *key, size_t key_length, const void *data, size_t length,
                 uint8_t ret[static SECRET_LENGTH]) {
        unsigned n;

        return HMAC(EVP_sha256(), key, (int) key_length, data, length, ret, &n) && n == SECRET_LENGTH;
}

/* HKDF-Expand-Label (RFC 8446 §7.1) with an empty context, for at most 32 bytes: one block (RFC 5869 §2.3). */
static bool expand(const uint8_t secret[static SECRET_LENGTH], const char *label, uint8_t *ret, size_t n) {
        uint8_t block[SECRET_LENGTH];
        char info[64];
        struct strbuf b = STRBUF(info);
        size_t length = strlen("tls13 ") + strlen(label);

        strbuf_char(&b, 0);
        strbuf_char(&b, (char) n);
        strbuf_char(&b, (char) length);
        strbuf_string(&b, "tls13 ");
        strbuf_string(&b, label);
        strbuf_char(&b, 0); /* the context's length */
        strbuf_char(&b, 1); /* the block's number */
        if (!hmac(secret, SECRET_LENGTH, b.data, b.length, block))
                return false;
        memcpy(ret, block, n);
        return true;
}

static bool derive_side(const uint8_t initial[static SECRET_LENGTH], const char *label, bool second,
                        struct quic_keys *ret) {
        uint8_t secret[SECRET_LENGTH];

        return expand(initial, label, secret, sizeof secret) &&
               expand(secret, second ? "quicv2 key" : "quic key", ret->key, sizeof ret->key) &&
               expand(secret, second ? "quicv2 iv" : "quic iv", ret->iv, sizeof ret->iv) &&
               expand(secret, second ? "quicv2 hp" : "quic hp", ret->hp, sizeof ret->hp);
}

int quic_keys_derive(uint32_t version, struct cursor cid, struct quic_keys ret[static 2]) {
        uint8_t initial[SECRET_LENGTH];
        int i = find_salt(version);

        if (i < 0)
                return -EOPNOTSUPP;
        if (!hmac(salts[i].salt, SALT_LENGTH, cid.data, cursor_left(&cid), initial) ||
            !derive_side(initial, "client in", salts[i].second, &ret[0]) ||
            !derive_side(initial, "server in", salts[i].second, &ret[1])) {
                ERR_clear_error();
                return -EIO;
        }
        return 0;
}

static EVP_CIPHER_CTX *make_context(const char *name) {
        EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
        EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, name, NULL);
        int encrypt = strcmp(name, "AES-128-ECB") == 0;

        if (!context || !cipher || EVP_CipherInit_ex2(context, cipher, NULL, NULL, encrypt, NULL) != 1) {
                EVP_CIPHER_CTX_free(context);
                context = NULL;
        }
        EVP_CIPHER_free(cipher);
        return context;
}

int quic_crypt_new(struct quic_crypt **ret) {
        _cleanup_(quic_crypt_freep) struct quic_crypt *c = calloc(1, sizeof *c);

        if (!c)
                return -ENOMEM;
        c->block = make_context("AES-128-ECB");
        c->packet = make_context("AES-128-GCM");
        if (!c->block || !c->packet)
                return -ENOTSUP;
        *ret = TAKE_PTR(c);
        return 0;
}

struct quic_crypt *quic_crypt_free(struct quic_crypt *c) {
        if (!c)
                return NULL;
        EVP_CIPHER_CTX_free(c->block);
        EVP_CIPHER_CTX_free(c->packet);
        free(c);
        return NULL;
}

/* RFC 9001 §5.4.1: the mask for the first byte and the packet number. */
static bool make_mask(struct quic_crypt *c, const struct quic_keys *keys, const uint8_t *sample,
                      uint8_t ret[static SAMPLE_LENGTH]) {
        int n;

        return EVP_CipherInit_ex2(c->block, NULL, keys->hp, NULL, 1, NULL) == 1 &&
               EVP_CIPHER_CTX_set_padding(c->block, 0) == 1 &&
               EVP_CipherUpdate(c->block, ret, &n, sample, SAMPLE_LENGTH) == 1 && n == SAMPLE_LENGTH;
}

static int decrypt(struct quic_crypt *c, const uint8_t *key, const uint8_t *nonce, struct cursor header,
                   struct cursor data, uint8_t *ret) {
        uint8_t tag[TAG_LENGTH];
        int length = (int) cursor_left(&data) - TAG_LENGTH, n;

        memcpy(tag, data.end - TAG_LENGTH, TAG_LENGTH);
        if (EVP_CipherInit_ex2(c->packet, NULL, key, nonce, 0, NULL) != 1 ||
            EVP_CIPHER_CTX_ctrl(c->packet, EVP_CTRL_AEAD_SET_TAG, TAG_LENGTH, tag) != 1 ||
            EVP_CipherUpdate(c->packet, NULL, &n, header.data, (int) cursor_left(&header)) != 1 ||
            EVP_CipherUpdate(c->packet, ret, &n, data.data, length) != 1 || n != length ||
            EVP_CipherFinal_ex(c->packet, ret + n, &n) != 1)
                return -EBADMSG;
        return length;
}

int quic_open(struct quic_crypt *c, const struct quic_keys *keys, struct cursor packet, size_t number_at,
              uint8_t *ret) {
        uint8_t header[HEADER_MAX], mask[SAMPLE_LENGTH], nonce[sizeof keys->iv];
        size_t length = cursor_left(&packet), number_length;
        struct cursor data = packet;
        int r = -EBADMSG;

        /* The sample begins where the data would with the longest packet number (§5.4.2). */
        if (number_at + 4 > sizeof header || length > QUIC_PACKET_MAX || length < number_at + 4 + SAMPLE_LENGTH)
                return -EBADMSG;
        if (make_mask(c, keys, packet.data + number_at + 4, mask)) {
                memcpy(header, packet.data, number_at + 4);
                header[0] ^= mask[0] & 0x0f;
                number_length = (header[0] & 3) + 1;
                memcpy(nonce, keys->iv, sizeof nonce);
                for (size_t i = 0; i < number_length; i++) {
                        header[number_at + i] ^= mask[1 + i];
                        nonce[sizeof nonce - number_length + i] ^= header[number_at + i];
                }
                cursor_skip(&data, number_at + number_length);
                if (cursor_left(&data) >= TAG_LENGTH)
                        r = decrypt(c, keys->key, nonce, cursor_make(header, number_at + number_length), data, ret);
        }
        if (r < 0)
                ERR_clear_error();
        return r;
}
