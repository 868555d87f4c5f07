/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/cursor.h"
#include "engine/proto/dissector.h"

/* The first messages of a TLS handshake, which DTLS and QUIC have as well (RFC 8446 §4.1, RFC 5246 §7.4.1, RFC 6347
 * §4.2.1, RFC 9001 §4): who is asked for, and the offers that tell one program from another. */

enum tls_transport {
        TLS_OVER_TCP,
        TLS_OVER_DATAGRAMS, /* DTLS */
        TLS_OVER_QUIC,
        _TLS_TRANSPORT_MAX,
};

#define TLS_CLIENT_HELLO 1
#define TLS_SERVER_HELLO 2
#define TLS_CERTIFICATE 11
#define TLS_FINISHED 20
/* Longest hello that is read, in bytes. Post-quantum key shares make them about 2 KiB. */
#define TLS_HELLO_MAX (16 * 1024)

#define TLS_EXTENSION_SERVER_NAME 0
#define TLS_EXTENSION_PROTOCOLS 16

/* Lists point into the message that was read; empty where there is none. */
struct tls_hello {
        uint16_t version;         /* legacy_version: what TLS 1.2 and before say */
        uint16_t cipher;          /* server: the one it took */
        struct cursor ciphers;    /* client: 16-bit numbers */
        struct cursor groups;     /* client: 16-bit numbers (RFC 8422 §5.1.1) */
        struct cursor formats;    /* client: bytes (§5.1.2) */
        struct cursor signatures; /* client: 16-bit numbers (RFC 8446 §4.2.3) */
        struct cursor versions;   /* 16-bit numbers (§4.2.1); server: the one it took */
        struct cursor protocols;  /* strings with their lengths (RFC 7301 §3.1) */
        struct cursor name;       /* client: of the host (RFC 6066 §3) */
        struct cursor parameters; /* client: QUIC's (RFC 9001 §8.2) */
        bool has_name;    /* the extension is there, whatever it holds */
        bool asks_again;  /* server: it is a HelloRetryRequest (RFC 8446 §4.1.4) */
        uint16_t n_extensions;
        uint16_t extensions[TLS_HELLO_MAX / 4]; /* their types, but for GREASE; each takes four bytes at least */
};

/* 0, or -EBADMSG, and `ret` is of no use. `body` is the message without its type and length. */
int tls_client_hello_read(struct cursor body, enum tls_transport transport, struct tls_hello *ret);
int tls_server_hello_read(struct cursor body, struct tls_hello *ret);

/* Read it and say its facts. 0, or -EBADMSG; of a server's 1 where all that both say from then on is encrypted (RFC 8446 §2). */
int tls_client_hello_emit(struct cursor body, enum tls_transport transport, struct emitter *e);
int tls_server_hello_emit(struct cursor body, enum tls_transport transport, struct emitter *e);
/* Says of the beginning of a client's the names that are whole; a fingerprint is of all its extensions. `length` is that
 * of the message, more than is there. 0, or -EBADMSG. */
int tls_client_hello_emit_cut(struct cursor body, size_t length, struct emitter *e);

/* A number that is there so that nobody gets used to the known ones (RFC 8701 §2). */
static inline bool tls_is_grease(uint16_t number) {
        return (number & 0x0f0f) == 0x0a0a && number >> 8 == (number & 0xff);
}
/* The version agreed on. */
uint16_t tls_server_hello_version(const struct tls_hello *hello);
