/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* QUIC (RFC 9000, RFC 9001, RFC 9369): the hellos in its first packets. Anybody who sees a client's first packet can
 * open it; what it holds comes in pieces, over several packets and datagrams, in any order. Later packets, whose
 * keys are secret, are stepped over. */

#include <errno.h>

#include "engine/proto/datagram.h"
#include "engine/proto/gquic.h"
#include "engine/proto/quic-keys.h"
#include "engine/proto/tls-hello.h"

#define LONG_HEADER 0x80
/* Bytes of the name that a client chooses for a server that it does not know yet. */
#define CHOSEN_CID_MIN 8

#define FRAME_PADDING 0x00
#define FRAME_PING 0x01
#define FRAME_ACK 0x02
#define FRAME_ACK_ECN 0x03
#define FRAME_CRYPTO 0x06
/* Google's have numbers and acknowledgements of their own (Chromium's net/quic). */
#define GOOGLE_PING 0x07
#define GOOGLE_CRYPTO 0x08
#define GOOGLE_ACK 0x40
#define GOOGLE_ACK_MASK 0xc0
#define GOOGLE_ACK_RANGES 0x20 /* it has more than one range */

enum packet_type {
        PACKET_INITIAL,
        PACKET_ZERO_RTT,
        PACKET_HANDSHAKE,
        PACKET_RETRY,
};

struct quic_state {
        struct quic_keys keys[2]; /* the client's, the server's */
        uint32_t version;         /* 0: no client was heard */
        uint32_t taken[2];        /* by side: bytes of its handshake that were read */
        uint8_t cid[QUIC_CID_MAX], cid_length; /* that the keys are of */
        uint8_t client;           /* side */
};

_Static_assert(sizeof(struct quic_state) <= DATAGRAM_STATE_SIZE, "quic_state does not fit");

struct long_packet {
        enum packet_type type;
        uint32_t version;
        struct cursor destination; /* connection ID */
        struct cursor whole;       /* header and payload */
        size_t number_at;          /* of the packet number in it */
};

static bool take_id(struct cursor *c, struct cursor *ret) {
        uint8_t n;

        return cursor_u8(c, &n) && n <= QUIC_CID_MAX && cursor_take(c, n, ret);
}

static enum packet_type type_of(uint8_t first, uint32_t version) {
        return (enum packet_type) (((first >> 4) - quic_version_is_second(version)) & 3);
}

/* RFC 9000 §17.2. 1, or 0: something else begins here. The fixed bit need not be set (RFC 9287). */
static int next_packet(struct cursor *c, struct long_packet *ret) {
        struct cursor at = *c, id, token;
        struct long_packet p;
        uint64_t length;
        uint8_t first;

        if (!cursor_u8(&at, &first) || !(first & LONG_HEADER) || !cursor_be32(&at, &p.version) ||
            !quic_version_is_known(p.version) || !take_id(&at, &p.destination) || !take_id(&at, &id))
                return 0;
        p.type = type_of(first, p.version);
        if (p.type == PACKET_RETRY)
                return 0; /* the next Initial of the client names other keys by itself */
        if (p.type == PACKET_INITIAL && (!cursor_varint(&at, &length) || !cursor_take(&at, length, &token)))
                return 0;
        if (!cursor_varint(&at, &length))
                return 0;
        p.number_at = (size_t) (at.data - c->data);
        if (!cursor_skip(&at, length))
                return 0; /* cut off by the capture */
        p.whole = (struct cursor) { c->data, at.data };
        *c = at;
        *ret = p;
        return 1;
}

bool quic_may_be_datagram(struct cursor payload) {
        uint8_t first;
        uint32_t version;

        return cursor_u8(&payload, &first) && first & LONG_HEADER && cursor_be32(&payload, &version) &&
               quic_version_is_known(version);
}

static bool is_of(const struct quic_state *s, const struct long_packet *p) {
        return s->version == p->version && s->cid_length == cursor_left(&p->destination) &&
               memcmp(s->cid, p->destination.data, s->cid_length) == 0;
}

/* Opens the first packet of a connection: its keys are those of the name that the client chose for the server. */
static int open_first(struct datagram *d, const struct long_packet *p, uint8_t *plain) {
        struct quic_state fresh = { .version = p->version, .client = (uint8_t) datagram_side(d) }, *s;
        struct quic_first first = { p->version, p->destination, p->whole, p->number_at };
        struct quic_crypt *crypt = datagram_quic_crypt(d);
        int n = crypt ? quic_open_first(crypt, &first, fresh.keys, plain) : -ENOTSUP;

        if (n < 0)
                return n;
        fresh.cid_length = (uint8_t) cursor_left(&p->destination);
        memcpy(fresh.cid, p->destination.data, fresh.cid_length);
        s = datagram_state(d, true);
        *s = fresh;
        datagram_pieces_drop(d);
        return n;
}

/* May it be a client's first packet? The name that it chose has at least eight bytes (RFC 9000 §7.2), but after a Retry
 * it is the server's choice. */
static bool may_be_first(const struct datagram *d, const struct quic_state *s, const struct long_packet *p) {
        if (!s || datagram_side(d) != s->client)
                return cursor_left(&p->destination) >= CHOSEN_CID_MIN;
        return !is_of(s, p);
}

/* Opens a packet with the keys of its connection. Length, or -EBADMSG. */
static int open_packet(struct datagram *d, const struct long_packet *p, uint8_t *plain) {
        struct quic_state *s = datagram_state(d, false);
        int n = -EBADMSG;

        if (s && s->version == p->version)
                n = quic_open(datagram_quic_crypt(d), &s->keys[datagram_side(d) != s->client], p->whole, p->number_at,
                              plain);
        if (n < 0 && may_be_first(d, s, p))
                n = open_first(d, p, plain);
        return n;
}

static void take_message(struct datagram *d, uint8_t type, struct cursor body, const struct quic_state *s,
                         struct emitter *e) {
        bool client = datagram_side(d) == s->client;

        if (type != (client ? TLS_CLIENT_HELLO : TLS_SERVER_HELLO))
                return;
        emit_printf(e, FACT_QUIC_VERSION, "0x%08x", s->version);
        if (client)
                tls_client_hello_emit(body, TLS_OVER_QUIC, e);
        else
                tls_server_hello_emit(body, TLS_OVER_QUIC, e);
}

/* Whole messages at the front of what has come; 0, or -EBADMSG. */
static int take_messages(struct datagram *d, struct datagram_pieces *p, struct quic_state *s, struct emitter *e) {
        struct cursor c = cursor_make(p->data, p->ready), body;
        uint32_t length;
        uint8_t type;

        while (cursor_u8(&c, &type) && cursor_be24(&c, &length)) {
                if (length > TLS_HELLO_MAX)
                        return -EBADMSG;
                if (!cursor_take(&c, length, &body))
                        return 0;
                take_message(d, type, body, s, e);
                s->taken[datagram_side(d)] += 4 + length;
                datagram_pieces_drop(d);
                return 0; /* what follows comes again if it is wanted: after a HelloRetryRequest */
        }
        return 0;
}

/* What a client of Q050 says, in tags. */
static int take_google_hello(struct datagram *d, const struct datagram_pieces *p, struct quic_state *s, struct emitter *e) {
        size_t length = gquic_hello_length(cursor_make(p->data, p->ready));
        int r = 0;

        if (length > TLS_HELLO_MAX)
                return -EBADMSG;
        if (length == 0 || length > p->ready)
                return 0;
        if (datagram_side(d) == s->client && memcmp(p->data, "CHLO", 4) == 0)
                r = gquic_hello_emit(cursor_make(p->data, length), e);
        s->taken[datagram_side(d)] += (uint32_t) length;
        datagram_pieces_drop(d);
        return MIN(r, 0);
}

static int take_crypto(struct datagram *d, uint64_t offset, struct cursor data, struct emitter *e) {
        struct quic_state *s = datagram_state(d, false);
        uint32_t taken = s->taken[datagram_side(d)];
        struct datagram_pieces *p;
        int r;

        if (offset < taken) {
                if (!cursor_skip(&data, taken - offset))
                        return 0; /* sent again */
                offset = taken;
        }
        if (cursor_left(&data) == 0)
                return 0;
        p = datagram_pieces(d, true);
        if (!p)
                return -ENOMEM;
        r = datagram_pieces_put(p, offset - taken, data);
        if (r < 0)
                return r;
        return quic_version_has_tls(s->version) ? take_messages(d, p, s, e) : take_google_hello(d, p, s, e);
}

/* RFC 9000 §19.3: it says which packets came. */
static bool skip_ack(struct cursor *c, bool ecn) {
        uint64_t ranges, skipped;

        if (!cursor_varint(c, &skipped) || !cursor_varint(c, &skipped) || !cursor_varint(c, &ranges) ||
            !cursor_varint(c, &skipped))
                return false;
        for (; ranges > 0; ranges--)
                if (!cursor_varint(c, &skipped) || !cursor_varint(c, &skipped))
                        return false;
        return !ecn || (cursor_varint(c, &skipped) && cursor_varint(c, &skipped) && cursor_varint(c, &skipped));
}

static int read_crypto(struct cursor *c, uint64_t *ret_offset, struct cursor *ret) {
        uint64_t length;

        return cursor_varint(c, ret_offset) && cursor_varint(c, &length) && cursor_take(c, length, ret) ? 1 : -EBADMSG;
}

/* The next CRYPTO frame: 1; 0: there is none; -EBADMSG. RFC 9000 §12.4: these, and the end of a connection, are all that
 * such a packet may hold. */
static int next_crypto(struct cursor *c, uint64_t *ret_offset, struct cursor *ret) {
        uint64_t type;

        while (cursor_varint(c, &type)) {
                if (type == FRAME_PADDING || type == FRAME_PING)
                        continue;
                if (type != FRAME_ACK && type != FRAME_ACK_ECN)
                        return type == FRAME_CRYPTO ? read_crypto(c, ret_offset, ret) : 0;
                if (!skip_ack(c, type == FRAME_ACK_ECN))
                        return -EBADMSG;
        }
        return 0;
}

/* The greatest number, a delay, ranges with the gaps between them, and when packets came. */
static bool skip_google_ack(struct cursor *c, uint8_t type) {
        static const uint8_t sizes[] = { 1, 2, 4, 6 };
        size_t size = sizes[type & 3];
        uint8_t ranges = 0, stamps;

        if (!cursor_skip(c, sizes[type >> 2 & 3] + 2U) || (type & GOOGLE_ACK_RANGES && !cursor_u8(c, &ranges)) ||
            !cursor_skip(c, size + ranges * (1 + size)) || !cursor_u8(c, &stamps))
                return false;
        return stamps == 0 || cursor_skip(c, 5 + (stamps - 1) * 3U);
}

static int next_google_crypto(struct cursor *c, uint64_t *ret_offset, struct cursor *ret) {
        uint8_t type;

        while (cursor_u8(c, &type)) {
                if (type == FRAME_PADDING || type == GOOGLE_PING)
                        continue;
                if ((type & GOOGLE_ACK_MASK) != GOOGLE_ACK)
                        return type == GOOGLE_CRYPTO ? read_crypto(c, ret_offset, ret) : 0;
                if (!skip_google_ack(c, type))
                        return -EBADMSG;
        }
        return 0;
}

static int take_frames(struct datagram *d, uint32_t version, struct cursor c, struct emitter *e) {
        bool google = quic_version_is_google(version);
        struct cursor data;
        uint64_t offset;
        int r;

        while ((r = google ? next_google_crypto(&c, &offset, &data) : next_crypto(&c, &offset, &data)) > 0) {
                r = take_crypto(d, offset, data, e);
                if (r < 0)
                        return r;
        }
        return r;
}

/* That it is QUIC shows in that it can be opened. */
static int parse_quic(struct datagram *d, struct cursor payload, struct emitter *e) {
        uint8_t plain[QUIC_PACKET_MAX];
        struct long_packet p;
        bool opened = false;
        int n, r = 0;

        while (r >= 0 && next_packet(&payload, &p) > 0) {
                if (p.type != PACKET_INITIAL)
                        continue;
                n = open_packet(d, &p, plain);
                if (n < 0)
                        continue;
                opened = true;
                r = take_frames(d, p.version, cursor_make(plain, (size_t) n), e);
        }
        return r < 0 ? r : opened;
}

const struct datagram_parser quic_datagram_parser = { "quic", parse_quic };
