/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Initial keys and packet protection of QUIC (RFC 9001 §5.2 to §5.4, RFC 9369 §3.3), by libcrypto. */

#include "engine/proto/quic-keys.h"

/* SHA-256 itself, and not as one of many digests: see struct hmac. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include <errno.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "common/strbuf.h"
#include "engine/crypto.h"

#define SALT_LENGTH 20
#define SECRET_LENGTH SHA256_DIGEST_LENGTH
#define SAMPLE_LENGTH 16
#define TAG_LENGTH 16
#define HEADER_MAX 1500 /* of a packet, with its token */

/* RFC 9001 §5.2 and RFC 9369 §3.3.1; those of the drafts from their texts. */
static const struct {
        uint32_t first, last; /* versions */
        uint8_t salt[SALT_LENGTH];
        bool second, google, tags; /* a hello of tags, and not of TLS */
} salts[] = {
        { 0x00000001, 0x00000001,
          { 0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17,
            0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a } },
        { 0x6b3343cf, 0x6b3343cf,
          { 0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93,
            0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9 }, .second = true },
        { 0xff000021, 0xff000022, /* drafts 33 and 34 */
          { 0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17,
            0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a } },
        { 0xff00001d, 0xff000020, /* 29 to 32 */
          { 0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c, 0x9e, 0x97,
            0x86, 0xf1, 0x9c, 0x61, 0x11, 0xe0, 0x43, 0x90, 0xa8, 0x99 } },
        { 0xff000017, 0xff00001c, /* 23 to 28 */
          { 0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, 0xa7,
            0xd2, 0x43, 0x2b, 0xb4, 0x63, 0x65, 0xbe, 0xf9, 0xf5, 0x02 } },
        { 0xff000015, 0xff000016, /* 21 and 22 */
          { 0x7f, 0xbc, 0xdb, 0x0e, 0x7c, 0x66, 0xbb, 0xe9, 0x19, 0x3a,
            0x96, 0xcd, 0x21, 0x51, 0x9e, 0xbd, 0x7a, 0x02, 0x64, 0x4a } },
        { 0x51303530, 0x51303530, /* Google's "Q050", T050 and T051, from Chromium's code */
          { 0x50, 0x45, 0x74, 0xef, 0xd0, 0x66, 0xfe, 0x2f, 0x9d, 0x94,
            0x5c, 0xfc, 0xdb, 0xd3, 0xa7, 0xf0, 0xd3, 0xb5, 0x6b, 0x45 }, .google = true, .tags = true },
        { 0x54303530, 0x54303530,
          { 0x7f, 0xf5, 0x79, 0xe5, 0xac, 0xd0, 0x72, 0x91, 0x55, 0x80,
            0x30, 0x4c, 0x43, 0xa2, 0x36, 0x7c, 0x60, 0x48, 0x83, 0x10 }, .google = true },
        { 0x54303531, 0x54303531,
          { 0x7a, 0x4e, 0xde, 0xf4, 0xe7, 0xcc, 0xee, 0x5f, 0xa4, 0x50,
            0x6c, 0x19, 0x12, 0x4f, 0xc8, 0xcc, 0xda, 0x6e, 0x03, 0x3d }, .google = true },
};

/* HMAC-SHA-256 (RFC 2104 §2) with a key: what both digests are once they have taken it. Libcrypto's MACs do the same through
 * contexts that are allocated and looked up: that took nearly as long as the digests. */
struct hmac {
        SHA256_CTX inner, outer;
};

struct quic_crypt {
        EVP_CIPHER_CTX *block;  /* AES-128-ECB: header protection */
        EVP_CIPHER_CTX *packet; /* AES-128-GCM */
        struct hmac extract;
        int salt;               /* that `extract` has; -1 none */
};

/* Of which draft's salt a version is that has none of its own: Facebook's, and those that nobody has (RFC 9000 §15), with
 * which clients make servers tell theirs. */
static uint32_t draft_of(uint32_t version) {
        if ((version & 0x0f0f0f0f) == 0x0a0a0a0a)
                return 0xff00001d;
        switch (version) {
        case 0xfaceb001:
                return 0xff000016;
        case 0xfaceb002:
        case 0xfaceb00e:
                return 0xff00001b;
        default:
                return version;
        }
}

static int find_salt(uint32_t version) {
        version = draft_of(version);
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

bool quic_version_is_google(uint32_t version) {
        int i = find_salt(version);

        return i >= 0 && salts[i].google;
}

bool quic_version_has_tls(uint32_t version) {
        int i = find_salt(version);

        return i < 0 || !salts[i].tags;
}

static SHA256_CTX begin_with(const uint8_t *key, size_t length, uint8_t pad) {
        uint8_t block[SHA256_CBLOCK];
        SHA256_CTX context;

        memset(block, pad, sizeof block);
        for (size_t i = 0; i < length; i++)
                block[i] ^= key[i];
        SHA256_Init(&context);
        SHA256_Update(&context, block, sizeof block);
        return context;
}

/* The key is no longer than SHA256_CBLOCK. */
static struct hmac hmac_make(const uint8_t *key, size_t length) {
        return (struct hmac) { begin_with(key, length, 0x36), begin_with(key, length, 0x5c) };
}

static void hmac(const struct hmac *h, const void *data, size_t length, uint8_t ret[static SECRET_LENGTH]) {
        SHA256_CTX inner = h->inner, outer = h->outer;

        SHA256_Update(&inner, data, length);
        SHA256_Final(ret, &inner);
        SHA256_Update(&outer, ret, SECRET_LENGTH);
        SHA256_Final(ret, &outer);
}

/* HKDF-Expand-Label (RFC 8446 §7.1) with an empty context, for at most 32 bytes: one block (RFC 5869 §2.3). */
static void expand(const struct hmac *secret, const char *label, uint8_t *ret, size_t n) {
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
        hmac(secret, b.data, b.length, block);
        memcpy(ret, block, n);
}

/* HKDF-Extract (RFC 5869 §2.2). Most packets are of one version: its salt stays set. */
static struct hmac extract(struct quic_crypt *c, int salt, struct cursor cid) {
        uint8_t initial[SECRET_LENGTH];

        if (c->salt != salt)
                c->extract = hmac_make(salts[salt].salt, SALT_LENGTH);
        c->salt = salt;
        hmac(&c->extract, cid.data, cursor_left(&cid), initial);
        return hmac_make(initial, sizeof initial);
}

/* What all of a side's keys are expanded from. */
static struct hmac side_secret(const struct hmac *initial, const char *side) {
        uint8_t secret[SECRET_LENGTH];

        expand(initial, side, secret, sizeof secret);
        return hmac_make(secret, sizeof secret);
}

static void expand_header_key(const struct hmac *secret, bool second, struct quic_keys *ret) {
        expand(secret, second ? "quicv2 hp" : "quic hp", ret->hp, sizeof ret->hp);
}

static void expand_packet_keys(const struct hmac *secret, bool second, struct quic_keys *ret) {
        expand(secret, second ? "quicv2 key" : "quic key", ret->key, sizeof ret->key);
        expand(secret, second ? "quicv2 iv" : "quic iv", ret->iv, sizeof ret->iv);
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
        crypto_open();
        c->block = make_context("AES-128-ECB");
        c->packet = make_context("AES-128-GCM");
        c->salt = -1;
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

/* Libcrypto refused. What it queued of why is for nobody. */
static int refused(void) {
        ERR_clear_error();
        return -EBADMSG;
}

/* RFC 9001 §5.4.1: the mask for the first byte and the packet number. It is a whole block: padding would come behind it. */
static int make_mask(struct quic_crypt *c, const uint8_t *key, const uint8_t *sample, uint8_t ret[static SAMPLE_LENGTH]) {
        int n;

        if (EVP_CipherInit_ex2(c->block, NULL, key, NULL, 1, NULL) != 1 ||
            EVP_CipherUpdate(c->block, ret, &n, sample, SAMPLE_LENGTH) != 1 || n != SAMPLE_LENGTH)
                return refused();
        return 0;
}

/* The header of a packet as it was before it was protected. */
struct plain_header {
        uint8_t bytes[HEADER_MAX];
        size_t length, number_length; /* the one with the packet number, and of that alone */
};

static int open_header(struct quic_crypt *c, const struct quic_keys *keys, struct cursor packet, size_t number_at,
                       struct plain_header *ret) {
        uint8_t mask[SAMPLE_LENGTH];

        /* The sample begins where the data would with the longest packet number (§5.4.2). */
        if (number_at + 4 > sizeof ret->bytes || cursor_left(&packet) > QUIC_PACKET_MAX ||
            cursor_left(&packet) < number_at + 4 + SAMPLE_LENGTH ||
            make_mask(c, keys->hp, packet.data + number_at + 4, mask) < 0)
                return -EBADMSG;
        memcpy(ret->bytes, packet.data, number_at + 4);
        ret->bytes[0] ^= mask[0] & 0x0f;
        /* RFC 9000 §17.2: reserved bits are zero. With other keys than the right ones they seldom are. */
        if (ret->bytes[0] & 0x0c)
                return -EBADMSG;
        ret->number_length = (ret->bytes[0] & 3) + 1;
        ret->length = number_at + ret->number_length;
        for (size_t i = 0; i < ret->number_length; i++)
                ret->bytes[number_at + i] ^= mask[1 + i];
        return 0;
}

static int decrypt(struct quic_crypt *c, const uint8_t *key, const uint8_t *nonce, const struct plain_header *header,
                   struct cursor data, uint8_t *ret) {
        uint8_t tag[TAG_LENGTH];
        int length = (int) cursor_left(&data) - TAG_LENGTH, n;

        memcpy(tag, data.end - TAG_LENGTH, TAG_LENGTH);
        if (EVP_CipherInit_ex2(c->packet, NULL, key, nonce, 0, NULL) != 1 ||
            EVP_CIPHER_CTX_ctrl(c->packet, EVP_CTRL_AEAD_SET_TAG, TAG_LENGTH, tag) != 1 ||
            EVP_CipherUpdate(c->packet, NULL, &n, header->bytes, (int) header->length) != 1 ||
            EVP_CipherUpdate(c->packet, ret, &n, data.data, length) != 1 || n != length ||
            EVP_CipherFinal_ex(c->packet, ret + n, &n) != 1)
                return refused();
        return length;
}

static int open_payload(struct quic_crypt *c, const struct quic_keys *keys, const struct plain_header *header,
                        struct cursor packet, uint8_t *ret) {
        const uint8_t *number = header->bytes + header->length - header->number_length;
        uint8_t nonce[sizeof keys->iv];

        if (!cursor_skip(&packet, header->length) || cursor_left(&packet) < TAG_LENGTH)
                return -EBADMSG;
        memcpy(nonce, keys->iv, sizeof nonce);
        for (size_t i = 0; i < header->number_length; i++)
                nonce[sizeof nonce - header->number_length + i] ^= number[i];
        return decrypt(c, keys->key, nonce, header, packet, ret);
}

int quic_open(struct quic_crypt *c, const struct quic_keys *keys, struct cursor packet, size_t number_at, uint8_t *ret) {
        struct plain_header header;
        int r = open_header(c, keys, packet, number_at, &header);

        return r < 0 ? r : open_payload(c, keys, &header, packet, ret);
}

/* The keys one after the other, because few packets that only look like a first one pass the first of them. */
static int open_first(struct quic_crypt *c, const struct quic_first *first, struct quic_keys ret_keys[static 2], uint8_t *ret) {
        struct hmac initial, secret;
        struct plain_header header;
        int i = find_salt(first->version), r;
        bool second = i >= 0 && salts[i].second;

        if (i < 0)
                return -EOPNOTSUPP;
        initial = extract(c, i, first->cid);
        secret = side_secret(&initial, "client in");
        expand_header_key(&secret, second, &ret_keys[0]);
        r = open_header(c, &ret_keys[0], first->packet, first->number_at, &header);
        if (r < 0)
                return r;
        expand_packet_keys(&secret, second, &ret_keys[0]);
        r = open_payload(c, &ret_keys[0], &header, first->packet, ret);
        if (r < 0)
                return r;
        secret = side_secret(&initial, "server in");
        expand_header_key(&secret, second, &ret_keys[1]);
        expand_packet_keys(&secret, second, &ret_keys[1]);
        return r;
}

int quic_open_first(struct quic_crypt *c, const struct quic_first *first, struct quic_keys ret_keys[static 2], uint8_t *ret) {
        struct quic_keys keys[2];
        int r = open_first(c, first, keys, ret);

        if (r >= 0)
                memcpy(ret_keys, keys, sizeof keys);
        return r;
}
