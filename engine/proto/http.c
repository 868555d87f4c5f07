/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* HTTP/1 (RFC 9110, 9112): what is asked of whom and by which program, what answers, and descriptions of UPnP
 * devices that pass by. Bodies are stepped over, not kept, unless they may be such a description. */

#include <errno.h>
#include <sys/types.h>

#include "common/macro.h"
#include "engine/proto/http-header.h"
#include "engine/proto/session.h"
#include "engine/proto/upnp.h"

/* Longest header section; servers refuse more than 8 to 16 KiB. */
#define HTTP_HEAD_MAX (32 * 1024)
/* Longest description of a device that is read; those of routers with many services reach 10 KiB. */
#define HTTP_XML_MAX (48 * 1024)

enum http_phase {
        HTTP_HEAD,        /* a start line comes next */
        HTTP_CHUNK,       /* a chunk's size comes next (RFC 9112 §7.1) */
        HTTP_TRAILER,     /* trailer lines up to an empty one */
        HTTP_XML,         /* a description of known length */
        HTTP_XML_CHUNKED, /* one in chunks */
        HTTP_XML_CLOSE,   /* one that ends with the connection */
};

struct http_side {
        enum http_phase phase;
        uint32_t scanned; /* bytes that hold no end of what is looked for */
        uint32_t length;  /* of a description */
};

struct http_state {
        struct http_side side[2];
        uint64_t heads;       /* requests without an answer, newest in bit 0: HEAD ones are set */
        uint64_t connects;    /* likewise for CONNECT */
        uint32_t unanswered;  /* how many of the bits count */
};

_Static_assert(sizeof(struct http_state) <= SESSION_STATE_SIZE, "http_state does not fit into a session");

/* What the headers say of the body. */
struct http_message {
        bool request, connect, head;
        unsigned status;
        bool has_length, chunked, xml, encoded;
        uint64_t length;
};

/* RFC 9110 §9, RFC 5789, WebDAV (RFC 4918, its versions RFC 3253, Exchange's), UPnP (GENA and SSDP over TCP), and what Microsoft
 * tunnels. */
#define METHOD(name) { name " ", sizeof name }
static const struct {
        const char *text; /* with the blank that ends it */
        size_t length;
} methods[] = {
        METHOD("GET"),         METHOD("POST"),        METHOD("HEAD"),      METHOD("PUT"),       METHOD("DELETE"),
        METHOD("OPTIONS"),     METHOD("CONNECT"),     METHOD("TRACE"),     METHOD("PATCH"),     METHOD("NOTIFY"),
        METHOD("SUBSCRIBE"),   METHOD("UNSUBSCRIBE"), METHOD("M-SEARCH"),  METHOD("M-POST"),    METHOD("PROPFIND"),
        METHOD("PROPPATCH"),   METHOD("MKCOL"),       METHOD("COPY"),      METHOD("MOVE"),      METHOD("LOCK"),
        METHOD("UNLOCK"),      METHOD("REPORT"),      METHOD("SEARCH"),    METHOD("POLL"),      METHOD("BCOPY"),
        METHOD("BMOVE"),       METHOD("BDELETE"),     METHOD("BPROPFIND"), METHOD("BPROPPATCH"), METHOD("MERGE"),
        METHOD("UPDATE"),      METHOD("LABEL"),       METHOD("CHECKIN"),   METHOD("CHECKOUT"),  METHOD("UNCHECKOUT"),
        METHOD("MKACTIVITY"),  METHOD("MKWORKSPACE"), METHOD("VERSION-CONTROL"),                METHOD("BASELINE-CONTROL"),
        METHOD("CCM_POST"),    METHOD("RPC_CONNECT"), METHOD("RPC_IN_DATA"),                    METHOD("RPC_OUT_DATA"),
        METHOD("SSTP_DUPLEX_POST"),
};

static const struct {
        const char *name;
        enum fact_kind kind;
} headers[] = {
        { "host", FACT_HTTP_HOST },
        { "user-agent", FACT_HTTP_USER_AGENT },
        { "server", FACT_HTTP_SERVER },
        { "x-powered-by", FACT_HTTP_X_POWERED_BY },
};

/* 1 if `data` starts with `text`, 0 if it may once there is more, -1 if not. */
static int starts_with(struct cursor data, const char *text, size_t length) {
        size_t n = MIN(cursor_left(&data), length);

        if (memcmp(data.data, text, n) != 0)
                return -1;
        return n == length;
}

/* Called for what begins each segment of a connection that nobody knows yet, so that the first byte decides for most.
 * Versions count as they are written: some servers call themselves HTTP/2.0 and speak HTTP/1. */
static int recognise_http(const struct session *session _unused_, struct cursor data) {
        int best;

        if (data.data[0] < 'A' || data.data[0] > 'Z')
                return -1;
        best = MAX(starts_with(data, "HTTP/", 5), starts_with(data, "ICY ", 4));
        for (size_t i = 0; i < ELEMENTSOF(methods) && best < 1; i++)
                if (data.data[0] == (uint8_t) methods[i].text[0])
                        best = MAX(best, starts_with(data, methods[i].text, methods[i].length));
        return best;
}

/* Splits off what stands before the next blank. */
static struct cursor next_word(struct cursor *line) {
        const uint8_t *blank = memchr(line->data, ' ', cursor_left(line));
        struct cursor word = { line->data, blank ?: line->end };

        line->data = word.end;
        http_trim(line);
        return word;
}

/* "HTTP/1.1 200 OK", and "ICY 200 OK" of radio stations (SHOUTcast) */
static int read_status_line(struct cursor line, struct http_message *m, struct emitter *e) {
        struct cursor status;

        next_word(&line);
        status = next_word(&line);
        if (cursor_left(&status) != 3)
                return -EBADMSG;
        for (size_t i = 0; i < 3; i++) {
                if (status.data[i] < '0' || status.data[i] > '9')
                        return -EBADMSG;
                m->status = m->status * 10 + (status.data[i] - '0');
        }
        emit_bytes(e, FACT_HTTP_STATUS, status.data, 3);
        return 0;
}

/* Up to a NUL, where one of those who answer would stop reading, too. */
static void append_word(struct strbuf *b, const struct cursor *word) {
        strbuf_bytes(b, word->data, strnlen((const char *) word->data, cursor_left(word)));
}

/* "GET /path HTTP/1.1". The version may be missing (HTTP/0.9); another protocol's name there (RTSP, SIP) means that
 * this is not HTTP. What stands between the URI and the version is not the URI's: blanks end it. */
static int read_request_line(struct cursor line, struct http_message *m, struct emitter *e) {
        struct cursor method = next_word(&line), uri = next_word(&line);
        const uint8_t *last = memrchr(line.data, ' ', cursor_left(&line));
        struct cursor version = { last ? last + 1 : line.data, line.end };
        char text[FACT_VALUE_MAX + 1];
        struct strbuf b = STRBUF(text);

        if (cursor_left(&uri) == 0)
                return -EBADMSG;
        if (cursor_begins(&version, "HTTP/", 5) < 1 && memchr(version.data, '/', cursor_left(&version)))
                return -EBADMSG;
        m->request = true;
        m->head = http_text_is(&method, "HEAD");
        m->connect = http_text_is(&method, "CONNECT");
        append_word(&b, &method);
        strbuf_char(&b, ' ');
        append_word(&b, &uri);
        emit_strbuf(e, FACT_HTTP_REQUEST, &b);
        return 0;
}

static bool contains(const struct cursor *text, const char *needle) {
        size_t n = strlen(needle);

        for (struct cursor c = *text; cursor_left(&c) >= n; c.data++) {
                struct cursor part = { c.data, c.data + n };

                if (http_text_is(&part, needle))
                        return true;
        }
        return false;
}

/* A length that is no number, or has no end, makes the rest unreadable. */
static int read_length(const struct cursor *value, struct http_message *m) {
        uint64_t length = 0;

        if (cursor_left(value) == 0)
                return -EBADMSG;
        for (const uint8_t *p = value->data; p < value->end; p++) {
                if (*p < '0' || *p > '9' || length > UINT64_MAX / 16)
                        return -EBADMSG;
                length = length * 10 + (*p - '0');
        }
        m->has_length = true;
        m->length = length;
        return 0;
}

static int read_header(const struct http_header *h, struct http_message *m, struct emitter *e) {
        for (size_t i = 0; i < ELEMENTSOF(headers); i++)
                if (http_text_is(&h->name, headers[i].name)) {
                        if (cursor_left(&h->value) > 0)
                                emit_bytes(e, headers[i].kind, h->value.data, cursor_left(&h->value));
                        return 0;
                }
        if (http_text_is(&h->name, "content-length"))
                return read_length(&h->value, m);
        if (http_text_is(&h->name, "transfer-encoding"))
                m->chunked |= contains(&h->value, "chunked");
        else if (http_text_is(&h->name, "content-type"))
                m->xml = contains(&h->value, "xml");
        else if (http_text_is(&h->name, "content-encoding"))
                m->encoded = !http_text_is(&h->value, "identity");
        return 0;
}

/* Answers come in the order of the requests (RFC 9112 §9.3). */
static void match_answer(struct http_state *state, struct http_message *m) {
        if (m->request) {
                state->heads = state->heads << 1 | m->head;
                state->connects = state->connects << 1 | m->connect;
                state->unanswered = MIN(state->unanswered + 1, UINT32_C(64));
        } else if (m->status >= 200 && state->unanswered > 0) {
                state->unanswered--;
                m->head = state->heads >> state->unanswered & 1;
                m->connect = state->connects >> state->unanswered & 1;
        }
}

/* What to do with the body (RFC 9112 §6.3). */
static int begin_body(struct session *session, unsigned side, const struct http_message *m) {
        struct http_side *s = &((struct http_state *) session_state(session))->side[side];
        bool description = !m->request && m->status == 200 && m->xml && !m->encoded;

        *s = (struct http_side) { .phase = HTTP_HEAD };
        if (!m->request && m->status == 101)
                return SESSION_DONE; /* another protocol from here on: WebSocket, HTTP/2 */
        if (!m->request && m->connect && m->status / 100 == 2) {
                session_recognise_again(session);
                return SESSION_MORE;
        }
        if (!m->request && (m->head || m->status < 200 || m->status == 204 || m->status == 304))
                return SESSION_MORE;
        if (m->chunked)
                s->phase = description ? HTTP_XML_CHUNKED : HTTP_CHUNK;
        else if (m->has_length && description && m->length <= HTTP_XML_MAX) {
                s->phase = HTTP_XML;
                s->length = (uint32_t) m->length;
                session_want(session, side, s->length);
        } else if (m->has_length)
                session_skip(session, side, m->length);
        else if (!m->request && !description)
                return SESSION_DONE; /* up to the end of the connection */
        else if (!m->request)
                s->phase = HTTP_XML_CLOSE;
        return SESSION_MORE;
}

/* Length of the start line and headers with the empty line behind them; 0 while that has not come. */
static size_t head_length(struct cursor data, struct http_side *s) {
        size_t n = cursor_left(&data), i = s->scanned;

        for (; i < n; i++) {
                const uint8_t *end = memchr(data.data + i, '\n', n - i);

                if (!end)
                        break;
                i = (size_t) (end - data.data);
                if (i + 1 < n && end[1] == '\n')
                        return i + 2;
                if (i + 2 < n && end[1] == '\r' && end[2] == '\n')
                        return i + 3;
                if (i + 2 >= n) {
                        s->scanned = (uint32_t) i;
                        return 0;
                }
        }
        s->scanned = (uint32_t) n;
        return 0;
}

/* The start line and headers, all of them or the first. */
static int read_head(struct session *session, unsigned side, struct cursor head, struct http_message *ret, struct emitter *e) {
        struct http_header h;
        struct cursor line;
        int r;

        if (!http_next_line(&head, &line))
                return -EBADMSG;
        if (cursor_begins(&line, "HTTP/", 5) == 1 || cursor_begins(&line, "ICY ", 4) == 1)
                r = read_status_line(line, ret, e);
        else
                r = read_request_line(line, ret, e);
        if (r < 0)
                return r;
        session_set_client(session, ret->request ? side : !side);
        while (http_next_header(&head, &h)) {
                r = read_header(&h, ret, e);
                if (r < 0)
                        return r;
        }
        match_answer(session_state(session), ret);
        return 0;
}

static int parse_head(struct session *session, unsigned side, struct cursor data, struct emitter *e, size_t *ret_done) {
        struct http_side *s = &((struct http_state *) session_state(session))->side[side];
        struct http_message m = {};
        size_t n;
        int r;

        /* Empty lines before a start line do not count (RFC 9112 §2.2). */
        if (data.data[0] == '\r' || data.data[0] == '\n') {
                *ret_done = 1;
                return SESSION_MORE;
        }
        /* What begins no message is not gathered until it is too long for one. */
        r = recognise_http(session, data);
        if (r < 0)
                return -EBADMSG;
        n = head_length(data, s);
        if (n == 0)
                return cursor_left(&data) > HTTP_HEAD_MAX ? -ENOBUFS : SESSION_MORE;
        if (r < 1)
                return -EBADMSG;
        *ret_done = n;
        data.end = data.data + n;
        r = read_head(session, side, data, &m, e);
        return r < 0 ? r : begin_body(session, side, &m);
}

/* "1a3;extension" in hex. -EBADMSG: no number, or one beyond any sense. */
static int read_chunk_size(struct cursor line, uint64_t *ret) {
        uint64_t size = 0;
        unsigned digits = 0;

        http_trim(&line);
        for (; line.data < line.end; line.data++, digits++) {
                uint8_t c = *line.data | 0x20;

                if (c >= '0' && c <= '9')
                        size = size << 4 | (c - '0');
                else if (c >= 'a' && c <= 'f')
                        size = size << 4 | (c - 'a' + 10);
                else
                        break;
                if (digits >= 15)
                        return -EBADMSG;
        }
        if (digits == 0)
                return -EBADMSG;
        *ret = size;
        return 0;
}

/* A whole line, or 0 bytes if its end has not come. */
static int whole_line(struct cursor *data, struct cursor *ret) {
        if (!memchr(data->data, '\n', MIN(cursor_left(data), (size_t) HTTP_VALUE_MAX)))
                return cursor_left(data) >= HTTP_VALUE_MAX ? -EBADMSG : 0;
        http_next_line(data, ret);
        return 1;
}

static int parse_chunk(struct session *session, unsigned side, struct cursor data, size_t *ret_done) {
        struct http_side *s = &((struct http_state *) session_state(session))->side[side];
        const uint8_t *start = data.data;
        struct cursor line;
        uint64_t size;
        int r = whole_line(&data, &line);

        if (r <= 0)
                return r;
        if (read_chunk_size(line, &size) < 0)
                return -EBADMSG;
        *ret_done = (size_t) (data.data - start);
        if (size == 0)
                s->phase = HTTP_TRAILER;
        else
                session_skip(session, side, size + 2); /* and the CR LF behind it */
        return SESSION_MORE;
}

static int parse_trailer(struct session *session, unsigned side, struct cursor data, size_t *ret_done) {
        struct http_side *s = &((struct http_state *) session_state(session))->side[side];
        const uint8_t *start = data.data;
        struct cursor line;
        int r = whole_line(&data, &line);

        if (r <= 0)
                return r;
        *ret_done = (size_t) (data.data - start);
        if (cursor_left(&line) == 0)
                s->phase = HTTP_HEAD;
        return SESSION_MORE;
}

/* Puts the chunks together. Bytes up to the last chunk's end, 0 while it has not come, or -EBADMSG. */
static ssize_t join_chunks(struct cursor data, struct strbuf *ret) {
        const uint8_t *start = data.data;
        struct cursor line, chunk;
        uint64_t size;
        int r;

        for (;;) {
                r = whole_line(&data, &line);
                if (r <= 0)
                        return r;
                r = read_chunk_size(line, &size);
                if (r < 0)
                        return r;
                if (size == 0)
                        return data.data - start;
                if (size > HTTP_XML_MAX)
                        return -EBADMSG;
                if (!cursor_take(&data, (size_t) size, &chunk) || !cursor_skip(&data, 2))
                        return 0;
                strbuf_bytes(ret, chunk.data, cursor_left(&chunk));
        }
}

static int parse_xml_chunked(struct session *session, unsigned side, struct cursor data, struct emitter *e, size_t *ret_done) {
        struct http_side *s = &((struct http_state *) session_state(session))->side[side];
        char text[HTTP_XML_MAX];
        struct strbuf b = STRBUF(text);
        ssize_t n;

        /* Joined when the last chunk may be there, not for every segment that comes. */
        if (cursor_left(&data) <= HTTP_XML_MAX && !memmem(data.data, cursor_left(&data), "\n0", 2))
                return SESSION_MORE;
        n = join_chunks(data, &b);
        if (n < 0 || (n == 0 && cursor_left(&data) > HTTP_XML_MAX)) {
                s->phase = HTTP_CHUNK; /* too large for a description: step over it */
                return SESSION_MORE;
        }
        if (n == 0)
                return SESSION_MORE;
        upnp_read_description(cursor_make(b.data, b.length), e);
        s->phase = HTTP_TRAILER;
        *ret_done = (size_t) n;
        return SESSION_MORE;
}

static int parse_xml_close(struct session *session, unsigned side, struct cursor data, struct emitter *e) {
        struct http_side *s = &((struct http_state *) session_state(session))->side[side];
        size_t n = cursor_left(&data);

        if (n > HTTP_XML_MAX)
                return SESSION_DONE;
        if (!memmem(data.data + s->scanned, n - s->scanned, "</root>", 7)) {
                s->scanned = (uint32_t) (n > 6 ? n - 6 : 0);
                return SESSION_MORE;
        }
        upnp_read_description(data, e);
        return SESSION_DONE;
}

static int parse_http(struct session *session, unsigned side, struct cursor data, bool fresh, struct emitter *e, size_t *ret_done) {
        struct http_side *s = &((struct http_state *) session_state(session))->side[side];

        if (fresh) {
                /* Behind a hole: what begins like a message is taken for one, the rest is stepped over. */
                int r = recognise_http(session, data);

                *s = (struct http_side) { .phase = HTTP_HEAD };
                if (r < 0) {
                        *ret_done = cursor_left(&data);
                        return SESSION_MORE;
                }
        }
        switch (s->phase) {
        case HTTP_HEAD:
                return parse_head(session, side, data, e, ret_done);
        case HTTP_CHUNK:
                return parse_chunk(session, side, data, ret_done);
        case HTTP_TRAILER:
                return parse_trailer(session, side, data, ret_done);
        case HTTP_XML:
                if (cursor_left(&data) < s->length)
                        return SESSION_MORE;
                upnp_read_description(cursor_make(data.data, s->length), e);
                *ret_done = s->length;
                *s = (struct http_side) { .phase = HTTP_HEAD };
                return SESSION_MORE;
        case HTTP_XML_CHUNKED:
                return parse_xml_chunked(session, side, data, e, ret_done);
        case HTTP_XML_CLOSE:
                return parse_xml_close(session, side, data, e);
        }
        return -EBADMSG;
}

/* Leaves of a cut head the lines that have their end; of a cut start line the words that do, where it is one of HTTP: a status, or
 * what is there of the word that follows says so. No other protocol of this kind has a name that begins alike. */
static bool leave_what_is_whole(struct cursor *head) {
        struct cursor rest = *head;
        const uint8_t *blank;

        if (http_leave_whole_lines(head))
                return true;
        blank = memrchr(head->data, ' ', cursor_left(head));
        if (!blank)
                return false;
        rest.data = head->end = blank + 1;
        return cursor_begins(head, "HTTP/", 5) == 1 || (cursor_left(&rest) > 0 && cursor_begins(&rest, "HTTP/", 5) >= 0);
}

/* A head without its end. What the body would be, and where, is not known. */
static void cut_http(struct session *session, unsigned side, struct cursor data, struct emitter *e) {
        const struct http_side *s = &((struct http_state *) session_state(session))->side[side];
        struct http_message m = {};

        if (s->phase == HTTP_HEAD && recognise_http(session, data) > 0 && leave_what_is_whole(&data))
                read_head(session, side, data, &m, e);
}

const struct session_parser http_parser = { "http", recognise_http, parse_http, cut_http };
