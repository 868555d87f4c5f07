/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/cursor.h"
#include "common/macro.h"

/* What protects the first packets of QUIC (RFC 9001 §5): keys that anybody can derive who sees the first of them. */

#define QUIC_CID_MAX 20 /* RFC 9000 §17.2 */

struct quic_keys {
        uint8_t key[16], iv[12], hp[16]; /* AEAD key and nonce, header protection */
};

/* Is it a version whose keys can be derived? */
bool quic_version_is_known(uint32_t version);
/* RFC 9369 §3.2: its packet types have other numbers. */
bool quic_version_is_second(uint32_t version);
/* Google's, with the packets of the IETF's drafts and frames of their own (Q050, T050, T051); and does it shake hands by TLS? */
bool quic_version_is_google(uint32_t version);
bool quic_version_has_tls(uint32_t version);

/* Ciphers and digests, made once. */
struct quic_crypt;
int quic_crypt_new(struct quic_crypt **ret);
struct quic_crypt *quic_crypt_free(struct quic_crypt *c);
DEFINE_CLEANUP(struct quic_crypt *, quic_crypt_free)

/* Longest packet that is opened, in bytes; Initial packets have about 1200. */
#define QUIC_PACKET_MAX (16 * 1024)

/* Takes the protection off a packet with a long header: `packet` is all of it, `number_at` where its packet number
 * begins. What it holds goes to `ret`, QUIC_PACKET_MAX bytes. The number of bytes; -EBADMSG: too short, or not made
 * with these keys. */
int quic_open(struct quic_crypt *c, const struct quic_keys *keys, struct cursor packet, size_t number_at, uint8_t *ret);

/* What looks like a client's first packet. */
struct quic_first {
        uint32_t version;
        struct cursor cid;    /* the name that the client chose for the server: the keys are made of it */
        struct cursor packet; /* as for quic_open() */
        size_t number_at;
};

/* Opens it, and tells the keys of both sides (0 the client's). As quic_open(); -EOPNOTSUPP for a version that is not
 * known. */
int quic_open_first(struct quic_crypt *c, const struct quic_first *first, struct quic_keys ret_keys[static 2], uint8_t *ret);
