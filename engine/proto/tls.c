/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* TLS over TCP (RFC 8446 §5, RFC 5246 §6.2): records that carry a handshake, whose messages may be cut into records
 * in any way, up to where it goes on encrypted. What a client sends in the form of SSL 2 has no fingerprint;
 * the answer to it is read. */

#include <errno.h>

#include "common/macro.h"
#include "engine/proto/certificate.h"
#include "engine/proto/session.h"
#include "engine/proto/tls-hello.h"

#define RECORD_CHANGE_CIPHER_SPEC 20
#define RECORD_ALERT 21
#define RECORD_HANDSHAKE 22
#define RECORD_DATA 23
#define RECORD_HEARTBEAT 24
#define RECORD_HEADER 5
/* RFC 5246 §6.2.3: 2^14 bytes, and what encryption may add. */
#define RECORD_MAX (16 * 1024 + 2048)
#define MESSAGE_HEADER 4
/* Longest message that is read: a chain of certificates, all of which a stream must be able to keep. */
#define MESSAGE_MAX (48 * 1024)
/* Longest message that is passed over; a certificate request with the names of many authorities is long. */
#define MESSAGE_SKIP_MAX (256 * 1024)
/* What may stand before the first record of a side when the other one is known to speak TLS. */
#define PREAMBLE_MAX (16 * 1024)

struct tls_side {
        uint32_t skip;     /* bytes of a message still to be passed over */
        uint16_t record;   /* bytes left of the handshake record that is being read */
        uint16_t preamble; /* bytes before the first record */
        bool started;      /* a record was read */
        bool lost;         /* bytes are missing: the start of a record is looked for */
        bool sealed;       /* ChangeCipherSpec was seen */
        bool hello;        /* a client's hello was read, which no server has asked to say again */
};

struct tls_state {
        struct tls_side side[2];
};

_Static_assert(sizeof(struct tls_state) <= SESSION_STATE_SIZE, "tls_state does not fit into a session");

struct record {
        uint8_t type;
        uint16_t version, length;
};

/* 1, 0: too few bytes, -EBADMSG. */
static int read_header(struct cursor *data, struct record *ret) {
        struct cursor at = *data;
        struct record r;

        if (cursor_left(&at) >= 1 && (at.data[0] < RECORD_CHANGE_CIPHER_SPEC || at.data[0] > RECORD_HEARTBEAT))
                return -EBADMSG;
        if (cursor_left(&at) >= 2 && at.data[1] != 3)
                return -EBADMSG;
        if (!cursor_u8(&at, &r.type) || !cursor_be16(&at, &r.version) || !cursor_be16(&at, &r.length))
                return 0;
        if (r.length > RECORD_MAX)
                return -EBADMSG;
        *ret = r;
        *data = at;
        return 1;
}

/* Messages of a handshake that pass in the clear: RFC 8446 §B.3, RFC 5246 §7.4, and what IANA added. */
static bool is_message_type(uint8_t type) {
        return type <= 6 || type == 8 || (type >= 11 && type <= 16) || (type >= 20 && type <= 25) || type == 67;
}

/* Does the record's content begin like what it says it is? */
static int content_fits(const struct record *r, struct cursor content) {
        uint8_t first, length;

        if (r->type == RECORD_DATA)
                return r->length > 0 ? 1 : -EBADMSG;
        if (!cursor_u8(&content, &first))
                return 0;
        switch (r->type) {
        case RECORD_CHANGE_CIPHER_SPEC:
                return r->length == 1 && first == 1 ? 1 : -EBADMSG;
        case RECORD_ALERT:
                return r->length == 2 && (first == 1 || first == 2) ? 1 : -EBADMSG;
        case RECORD_HANDSHAKE:
                if (!is_message_type(first) || r->length == 0)
                        return -EBADMSG;
                if (r->length == 1)
                        return 1;
                if (!cursor_u8(&content, &length))
                        return 0;
                return length <= 3 ? 1 : -EBADMSG; /* of a message up to MESSAGE_SKIP_MAX */
        default:
                return r->length > 0 ? 1 : -EBADMSG;
        }
}

/* Does a record begin here? 1, 0: too few bytes to tell, -EBADMSG. */
static int record_begins(struct cursor data) {
        struct record record;
        int r = read_header(&data, &record);

        if (r <= 0)
                return r;
        return record.version > 0x0304 ? -EBADMSG : content_fits(&record, data);
}

static int recognise_tls(const struct session *session _unused_, struct cursor data) {
        int r = record_begins(data);

        return r < 0 ? -1 : r;
}

/* Goes to where a record begins. What a protocol said before STARTTLS may still stand in front of the first, and behind a
 * hole the rest of one. 1 there, 0 not. */
static int find_record(struct tls_side *s, struct cursor *data) {
        size_t passed = 0;
        int r = record_begins(*data);

        while (r < 0 && cursor_skip(data, 1)) {
                passed++;
                r = cursor_left(data) > 0 ? record_begins(*data) : 0;
        }
        s->preamble = (uint16_t) MIN(s->preamble + passed, (size_t) UINT16_MAX);
        if (r > 0) {
                s->started = true;
                s->lost = false;
        }
        return r > 0;
}

/* Encrypted messages follow ChangeCipherSpec, but where the server asked for another hello (RFC 8446 §D.4). 1 a
 * hello, 0 too few bytes, -EBADMSG. */
static int is_plain_hello(const struct record *record, struct cursor content) {
        uint32_t length;
        uint8_t type;

        if (!cursor_u8(&content, &type) || !cursor_be24(&content, &length))
                return 0;
        if (type != TLS_CLIENT_HELLO && type != TLS_SERVER_HELLO)
                return -EBADMSG;
        return length + MESSAGE_HEADER == record->length ? 1 : -EBADMSG;
}

/* The next bytes are of no interest, those that are here and those that are not yet. */
static void pass(struct session *session, unsigned side, struct cursor *data, size_t n) {
        size_t here = MIN(n, cursor_left(data));

        cursor_skip(data, here);
        session_skip(session, side, n - here);
}

static int read_record(struct session *session, unsigned side, struct tls_side *s, struct cursor *data) {
        struct cursor at = *data;
        struct record record;
        int r = read_header(&at, &record);

        if (r <= 0)
                return r;
        if (record.type == RECORD_DATA)
                return SESSION_DONE;
        if (record.type == RECORD_HANDSHAKE && s->sealed) {
                r = is_plain_hello(&record, at);
                if (r <= 0)
                        return r < 0 ? SESSION_DONE : SESSION_MORE;
        }
        s->sealed |= record.type == RECORD_CHANGE_CIPHER_SPEC;
        *data = at;
        if (record.type == RECORD_HANDSHAKE)
                s->record = record.length;
        else
                pass(session, side, data, record.length);
        return SESSION_MORE;
}

/* Copies `n` bytes of the handshake out of its records, of which `record` bytes are left of the first. 1; 0: too few
 * bytes, at least *ret_missing more are needed; -EBADMSG. */
static int gather(struct cursor *data, uint16_t *record, uint8_t *ret, size_t n, size_t *ret_missing) {
        struct record header;
        size_t part;
        int r;

        for (; n > 0; n -= part) {
                while (*record == 0) {
                        r = read_header(data, &header);
                        if (r < 0 || (r > 0 && header.type != RECORD_HANDSHAKE))
                                return -EBADMSG;
                        if (r == 0) {
                                *ret_missing = n + 1;
                                return 0;
                        }
                        *record = header.length;
                }
                part = MIN(n, (size_t) *record);
                part = MIN(part, cursor_left(data));
                if (part == 0) {
                        *ret_missing = n;
                        return 0;
                }
                cursor_copy(data, ret, part);
                ret += part;
                *record -= (uint16_t) part;
        }
        return 1;
}

/* With TLS 1.3 it is the last message in the clear. A client whose hello waits behind a hole is still listened to. */
static int take_server_hello(struct session *session, unsigned side, struct cursor body, struct emitter *e) {
        struct tls_side *client = &((struct tls_state *) session_state(session))->side[!side];
        int r = tls_server_hello_emit(body, TLS_OVER_TCP, e);

        if (r > 0)
                return client->hello ? SESSION_OVER : SESSION_DONE;
        client->hello = false;
        return r;
}

static int take_client_hello(struct session *session, unsigned side, struct cursor body, struct emitter *e) {
        ((struct tls_state *) session_state(session))->side[side].hello = true;
        session_set_client(session, side);
        return tls_client_hello_emit(body, TLS_OVER_TCP, e);
}

/* A message that says something, whole. A session_result, or -EBADMSG. */
static int take_message(struct session *session, unsigned side, uint8_t type, struct cursor body, struct emitter *e) {
        if (type == TLS_CERTIFICATE)
                return certificate_list_emit(body, e);
        if (type == TLS_SERVER_HELLO)
                return take_server_hello(session, side, body, e);
        return take_client_hello(session, side, body, e);
}

static bool is_interesting(uint8_t type) {
        return type == TLS_CLIENT_HELLO || type == TLS_SERVER_HELLO || type == TLS_CERTIFICATE;
}

/* A message in several records. */
static int read_scattered(struct session *session, unsigned side, uint8_t type, size_t length, struct cursor *data,
                          struct tls_side *s, struct emitter *e) {
        uint8_t message[MESSAGE_HEADER + MESSAGE_MAX];
        const uint8_t *start = data->data;
        struct cursor at = *data;
        uint16_t record = s->record;
        size_t missing;
        int r = gather(&at, &record, message, MESSAGE_HEADER + length, &missing);

        if (r == 0)
                session_want(session, side, (uint32_t) ((size_t) (at.data - start) + missing));
        if (r <= 0)
                return r;
        s->record = record;
        *data = at;
        return take_message(session, side, type, cursor_make(message + MESSAGE_HEADER, length), e);
}

/* SESSION_MORE, though more bytes may be needed; or what the message ends; or -EBADMSG, -ENOBUFS. */
static int read_message(struct session *session, unsigned side, struct tls_side *s, struct cursor *data,
                        struct emitter *e) {
        uint8_t bytes[MESSAGE_HEADER], type;
        struct cursor at = *data, header = cursor_make(bytes, sizeof bytes);
        uint16_t record = s->record;
        uint32_t length;
        size_t missing;
        int r = gather(&at, &record, bytes, sizeof bytes, &missing);

        if (r <= 0)
                return r;
        cursor_u8(&header, &type);
        cursor_be24(&header, &length);
        if (!is_message_type(type) || length > MESSAGE_SKIP_MAX)
                return -EBADMSG;
        if (!is_interesting(type)) {
                s->skip = length;
                s->record = record;
                *data = at;
                return 0;
        }
        if (length > MESSAGE_MAX)
                return -ENOBUFS;
        if (s->record < MESSAGE_HEADER + length)
                return read_scattered(session, side, type, length, data, s, e);
        at = *data;
        if (!cursor_skip(&at, MESSAGE_HEADER) || !cursor_take(&at, length, &header)) {
                session_want(session, side, MESSAGE_HEADER + length);
                return 0;
        }
        s->record -= (uint16_t) (MESSAGE_HEADER + length);
        *data = at;
        return take_message(session, side, type, header, e);
}

/* Passes over what is left of a message, as far as it goes in this record. */
static void skip_message(struct session *session, unsigned side, struct tls_side *s, struct cursor *data) {
        uint16_t n = (uint16_t) MIN(s->skip, (uint32_t) s->record);

        pass(session, side, data, n);
        s->skip -= n;
        s->record -= n;
}

/* The next step through a handshake record, or to one. */
static int read_step(struct session *session, unsigned side, struct tls_side *s, struct cursor *data, struct emitter *e) {
        if (s->record == 0)
                return read_record(session, side, s, data);
        if (s->skip == 0)
                return read_message(session, side, s, data, e);
        skip_message(session, side, s, data);
        return SESSION_MORE;
}

static int parse_tls(struct session *session, unsigned side, struct cursor data, bool fresh, struct emitter *e,
                     size_t *ret_done) {
        struct tls_side *s = &((struct tls_state *) session_state(session))->side[side];
        const uint8_t *start = data.data, *before;
        int r;

        if (fresh && s->started) {
                s->lost = true;
                s->skip = s->record = 0;
        }
        if ((s->lost || !s->started) && !find_record(s, &data)) {
                *ret_done = (size_t) (data.data - start);
                return s->preamble > PREAMBLE_MAX ? SESSION_DONE : SESSION_MORE;
        }
        do {
                before = data.data;
                r = read_step(session, side, s, &data, e);
        } while (r == SESSION_MORE && data.data > before && cursor_left(&data) > 0);
        *ret_done = (size_t) (data.data - start);
        return r;
}

/* A client's hello without its end, as far as its first record goes: most say soon whom it is for. */
static void cut_tls(struct session *session, unsigned side, struct cursor data, struct emitter *e) {
        struct tls_side *s = &((struct tls_state *) session_state(session))->side[side];
        uint32_t length;
        uint8_t type;

        data.end = data.data + MIN(cursor_left(&data), (size_t) s->record);
        if (s->lost || s->skip > 0 || !cursor_u8(&data, &type) || !cursor_be24(&data, &length))
                return;
        if (type != TLS_CLIENT_HELLO || length > TLS_HELLO_MAX || cursor_left(&data) >= length)
                return;
        if (tls_client_hello_emit_cut(data, length, e) < 0)
                return;
        s->hello = true;
        session_set_client(session, side);
}

const struct session_parser tls_parser = { "tls", recognise_tls, parse_tls, cut_tls };
