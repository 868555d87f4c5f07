/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "engine/proto/quic-keys.h"

/* Packets of QUIC for tests. */

static inline size_t quic_hex(const char *text, uint8_t *ret) {
        size_t n = 0;

        for (; text[0] && text[1]; text += 2) {
                unsigned byte = 0;

                for (unsigned i = 0; i < 2; i++)
                        byte = byte << 4 | (unsigned) (text[i] <= '9' ? text[i] - '0' : text[i] - 'a' + 10);
                ret[n++] = (uint8_t) byte;
        }
        return n;
}

/* HKDF-Expand-Label (RFC 8446 §7.1) without a context. */
static inline void quic_expand(const uint8_t *secret, const char *label, uint8_t *ret, size_t n) {
        uint8_t info[64] = { 0, (uint8_t) n, (uint8_t) (6 + strlen(label)), 't', 'l', 's', '1', '3', ' ' }, block[32];
        size_t length = 9 + strlen(label);

        memcpy(info + 9, label, strlen(label));
        info[length + 1] = 1; /* behind the length of the context */
        HMAC(EVP_sha256(), secret, 32, info, length + 2, block, NULL);
        memcpy(ret, block, n);
}

#define QUIC_Q050 0x51303530
#define QUIC_T050 0x54303530
#define QUIC_T051 0x54303531

static inline const char *quic_salt_of(uint32_t version) {
        switch (version) {
        case QUIC_Q050:
                return "504574efd066fe2f9d945cfcdbd3a7f0d3b56b45";
        case QUIC_T050:
                return "7ff579e5acd072915580304c43a2367c60488310";
        case QUIC_T051:
                return "7a4edef4e7ccee5fa4506c19124fc8ccda6e033d";
        default:
                return quic_version_is_second(version) ? "0dede3def700a6db819381be6e269dcbf9bd2ed9" :
                                                         "38762cf7f55934b34d179ae6a4c80cadccbb7f0a";
        }
}

/* RFC 9001 §5.2, RFC 9369 §3.3: keys of both sides, 0 the client's. */
static inline void quic_keys_of(uint32_t version, const void *id, size_t id_length, struct quic_keys ret[static 2]) {
        bool second = quic_version_is_second(version);
        uint8_t salt[20], initial[32], secret[32];

        quic_hex(quic_salt_of(version), salt);
        HMAC(EVP_sha256(), salt, sizeof salt, id, id_length, initial, NULL);
        for (unsigned side = 0; side < 2; side++) {
                quic_expand(initial, side ? "server in" : "client in", secret, sizeof secret);
                quic_expand(secret, second ? "quicv2 key" : "quic key", ret[side].key, sizeof ret[side].key);
                quic_expand(secret, second ? "quicv2 iv" : "quic iv", ret[side].iv, sizeof ret[side].iv);
                quic_expand(secret, second ? "quicv2 hp" : "quic hp", ret[side].hp, sizeof ret[side].hp);
        }
}

/* RFC 9001 §5.3, §5.4: `header` ends with the packet number, whose length is in its first byte. Returns the length. */
static inline size_t quic_protect(const struct quic_keys *keys, const uint8_t *header, size_t header_length, const uint8_t *payload,
                                  size_t length, uint8_t *ret) {
        size_t number_length = (header[0] & 3) + 1, number_at = header_length - number_length;
        EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
        uint8_t nonce[12], mask[16];
        int n;

        memcpy(nonce, keys->iv, sizeof nonce);
        for (size_t i = 0; i < number_length; i++)
                nonce[sizeof nonce - number_length + i] ^= header[number_at + i];
        memcpy(ret, header, header_length);
        EVP_EncryptInit_ex2(c, EVP_aes_128_gcm(), keys->key, nonce, NULL);
        EVP_EncryptUpdate(c, NULL, &n, header, (int) header_length);
        EVP_EncryptUpdate(c, ret + header_length, &n, payload, (int) length);
        EVP_EncryptFinal_ex(c, ret + header_length + length, &n);
        EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, 16, ret + header_length + length);
        EVP_CIPHER_CTX_reset(c);
        EVP_EncryptInit_ex2(c, EVP_aes_128_ecb(), keys->hp, NULL, NULL);
        EVP_EncryptUpdate(c, mask, &n, ret + number_at + 4, 16);
        EVP_CIPHER_CTX_free(c);
        ret[0] ^= mask[0] & 0x0f;
        for (size_t i = 0; i < number_length; i++)
                ret[number_at + i] ^= mask[1 + i];
        return header_length + length + 16;
}

/* An Initial: first byte, version (4), destination ID (1+n), source ID (1+0), token (1+0), length (2), number (1). */
static inline size_t quic_initial(uint32_t version, const struct quic_keys *keys, const void *id, size_t id_length, uint8_t number,
                                  const uint8_t *payload, size_t length, uint8_t *ret) {
        size_t covered = 1 + length + 16, n = 0;
        uint8_t header[64];

        header[n++] = quic_version_is_second(version) ? 0xd0 : 0xc0;
        for (int shift = 24; shift >= 0; shift -= 8)
                header[n++] = (uint8_t) (version >> shift);
        header[n++] = (uint8_t) id_length;
        memcpy(header + n, id, id_length);
        n += id_length;
        header[n++] = 0;
        header[n++] = 0;
        header[n++] = (uint8_t) (0x40 | covered >> 8);
        header[n++] = (uint8_t) covered;
        header[n++] = number;
        return quic_protect(keys, header, n, payload, length, ret);
}

/* RFC 9000 §19.6: type, offset (2), length (2), data. */
static inline size_t quic_crypto(size_t offset, const uint8_t *data, size_t length, uint8_t *ret) {
        ret[0] = 6;
        ret[1] = (uint8_t) (0x40 | offset >> 8);
        ret[2] = (uint8_t) offset;
        ret[3] = (uint8_t) (0x40 | length >> 8);
        ret[4] = (uint8_t) length;
        memcpy(ret + 5, data + offset, length);
        return 5 + length;
}
