/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* DTLS (RFC 6347 §4, RFC 9147 §4): the messages of a handshake, which come in fragments, in any order, and more than
 * once; as long as they are in the clear. */

#include <errno.h>

#include "common/macro.h"
#include "engine/proto/certificate.h"
#include "engine/proto/datagram.h"
#include "engine/proto/tls-hello.h"

#define RECORD_HANDSHAKE 22
#define RECORD_HEADER 13
/* What OpenSSL's first versions called it, and some VPN servers still do. */
#define VERSION_OLD 0x0100

struct fragment {
        uint8_t type;
        uint16_t sequence;
        uint32_t length, offset; /* of the message; of the fragment in it */
        struct cursor data;
};

/* 1, or 0: no record that could be one in the clear. */
static int next_record(struct cursor *c, uint8_t *ret_type, struct cursor *ret) {
        struct cursor at = *c;
        uint16_t version, epoch, length;

        if (!cursor_u8(&at, ret_type) || !cursor_be16(&at, &version) || !cursor_be16(&at, &epoch) ||
            !cursor_skip(&at, 6) || !cursor_be16(&at, &length) || !cursor_take(&at, length, ret))
                return 0;
        if ((version >> 8 != 0xfe && version != VERSION_OLD) || epoch != 0 || *ret_type < 20 || *ret_type > 26)
                return 0;
        *c = at;
        return 1;
}

static bool next_fragment(struct cursor *c, struct fragment *ret) {
        struct fragment f;
        uint32_t n;

        if (!cursor_u8(c, &f.type) || !cursor_be24(c, &f.length) || !cursor_be16(c, &f.sequence) ||
            !cursor_be24(c, &f.offset) || !cursor_be24(c, &n) || !cursor_take(c, n, &f.data))
                return false;
        if (f.offset > f.length || n > f.length - f.offset)
                return false;
        *ret = f;
        return true;
}

/* The access points of a controller put four bytes in front of the records (CAPWAP, RFC 5415 §4.2: version 0, type 1). */
static void skip_preamble(struct cursor *payload) {
        struct cursor at = *payload;
        uint32_t preamble;

        if (cursor_be32(&at, &preamble) && preamble == UINT32_C(0x01000000))
                *payload = at;
}

bool dtls_may_be_datagram(struct cursor payload) {
        struct fragment f;
        struct cursor record;
        uint8_t type;

        skip_preamble(&payload);
        if (cursor_left(&payload) < RECORD_HEADER || payload.data[0] != RECORD_HANDSHAKE)
                return false;
        return next_record(&payload, &type, &record) && next_fragment(&record, &f) && f.type <= 25;
}

static int take_message(uint8_t type, struct cursor body, struct emitter *e) {
        if (type == TLS_CLIENT_HELLO)
                return tls_client_hello_emit(body, TLS_OVER_DATAGRAMS, e);
        if (type == TLS_SERVER_HELLO)
                return tls_server_hello_emit(body, TLS_OVER_DATAGRAMS, e);
        return certificate_list_emit(body, e);
}

/* A part of a message: one message at a time is put together for each side. */
static int take_part(struct datagram *d, const struct fragment *f, struct emitter *e) {
        uint32_t message = UINT32_C(1) << 24 | (uint32_t) f->type << 16 | f->sequence;
        struct datagram_pieces *p;
        int r;

        if (f->length > DATAGRAM_MESSAGE_MAX)
                return -ENOBUFS;
        p = datagram_pieces(d, true);
        if (p && p->message != 0 && p->message != message) {
                datagram_pieces_drop(d);
                p = datagram_pieces(d, true);
        }
        if (!p)
                return -ENOMEM;
        p->message = message;
        r = datagram_pieces_put(p, f->offset, f->data);
        if (r < 0 || p->ready < f->length)
                return r;
        r = take_message(f->type, cursor_make(p->data, f->length), e);
        datagram_pieces_drop(d);
        return r;
}

static int take_fragment(struct datagram *d, const struct fragment *f, struct emitter *e) {
        if (f->type != TLS_CLIENT_HELLO && f->type != TLS_SERVER_HELLO && f->type != TLS_CERTIFICATE)
                return 0;
        if (cursor_left(&f->data) == f->length)
                return take_message(f->type, f->data, e);
        return take_part(d, f, e);
}

static int parse_dtls(struct datagram *d, struct cursor payload, struct emitter *e) {
        struct cursor record;
        struct fragment f;
        uint8_t type;
        int r;

        skip_preamble(&payload);
        while (next_record(&payload, &type, &record) > 0)
                while (type == RECORD_HANDSHAKE && cursor_left(&record) > 0) {
                        if (!next_fragment(&record, &f))
                                return -EBADMSG;
                        r = take_fragment(d, &f, e);
                        if (r < 0)
                                return r;
                }
        return 1;
}

const struct datagram_parser dtls_datagram_parser = { "dtls", parse_dtls };
