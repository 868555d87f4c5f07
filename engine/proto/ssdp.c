/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* SSDP, the discovery of UPnP (UPnP Device Architecture 2.0 §1): HTTP's headers in one datagram. NOTIFY and
 * answers describe their sender; M-SEARCH tells what it looks for. */

#include <errno.h>
#include <strings.h>

#include "common/macro.h"
#include "engine/proto/dissector.h"

static const struct {
        const char *name;
        enum fact_kind kind;
} headers[] = {
        { "server", FACT_SSDP_SERVER },         { "usn", FACT_SSDP_USN },
        { "nt", FACT_SSDP_NT },                 { "nts", FACT_SSDP_NTS },
        { "st", FACT_SSDP_ST },                 { "location", FACT_SSDP_LOCATION },
        { "user-agent", FACT_SSDP_USER_AGENT }, { "x-user-agent", FACT_SSDP_X_USER_AGENT },
};

/* The longest header value that is read; only a folded one is copied. */
#define SSDP_VALUE_MAX 1024

struct ssdp_header {
        struct cursor name, value;
        char unfolded[SSDP_VALUE_MAX];
};

static bool is_blank(uint8_t c) {
        return c == ' ' || c == '\t';
}

static void trim(struct cursor *c) {
        while (c->data < c->end && is_blank(*c->data))
                c->data++;
        while (c->data < c->end && is_blank(c->end[-1]))
                c->end--;
}

static bool text_is(const struct cursor *c, const char *text) {
        size_t n = strlen(text);

        return cursor_left(c) == n && strncasecmp((const char *) c->data, text, n) == 0;
}

/* Ends at LF, CR LF or the end of the datagram; careless senders leave either out. */
static bool next_line(struct cursor *c, struct cursor *ret) {
        const uint8_t *end;

        if (cursor_left(c) == 0)
                return false;
        end = memchr(c->data, '\n', cursor_left(c));
        *ret = (struct cursor) { c->data, end ?: c->end };
        c->data = end ? end + 1 : c->end;
        if (ret->data < ret->end && ret->end[-1] == '\r')
                ret->end--;
        return true;
}

/* A line that starts with a blank goes on with the header before it (RFC 7230 §3.2.4). */
static void unfold(struct cursor *c, struct ssdp_header *h) {
        struct strbuf b = STRBUF(h->unfolded);
        struct cursor line;

        if (cursor_left(c) == 0 || !is_blank(c->data[0]))
                return;
        strbuf_bytes(&b, h->value.data, cursor_left(&h->value));
        while (cursor_left(c) > 0 && is_blank(c->data[0]) && next_line(c, &line)) {
                trim(&line);
                if (b.length > 0 && cursor_left(&line) > 0)
                        strbuf_char(&b, ' ');
                strbuf_bytes(&b, line.data, cursor_left(&line));
        }
        h->value = cursor_make(h->unfolded, b.length);
}

/* The next line with a colon; an empty line ends the headers. */
static bool next_header(struct cursor *c, struct ssdp_header *ret) {
        struct cursor line;

        while (next_line(c, &line) && cursor_left(&line) > 0) {
                const uint8_t *colon = memchr(line.data, ':', cursor_left(&line));

                if (!colon)
                        continue;
                ret->name = (struct cursor) { line.data, colon };
                ret->value = (struct cursor) { colon + 1, line.end };
                trim(&ret->name);
                trim(&ret->value);
                unfold(c, ret);
                return true;
        }
        return false;
}

static bool is_byebye(struct cursor c) {
        struct ssdp_header h;

        while (next_header(&c, &h))
                if (text_is(&h.name, "nts") && text_is(&h.value, "ssdp:byebye"))
                        return true;
        return false;
}

static void emit_header(struct emitter *e, const struct ssdp_header *h) {
        if (cursor_left(&h->value) == 0)
                return;
        for (size_t i = 0; i < ELEMENTSOF(headers); i++)
                if (text_is(&h->name, headers[i].name)) {
                        emit_bytes(e, headers[i].kind, h->value.data, cursor_left(&h->value));
                        return;
                }
}

static bool starts_with(const struct cursor *line, const char *text) {
        size_t n = strlen(text);

        return cursor_left(line) >= n && memcmp(line->data, text, n) == 0;
}

/* "NOTIFY * HTTP/1.1", "M-SEARCH * HTTP/1.1" or "HTTP/1.1 200 OK", case as it stands (RFC 7230 §3.1.1); NULL
 * for anything else. */
static const char *read_method(const struct cursor *line) {
        if (starts_with(line, "NOTIFY "))
                return "NOTIFY";
        if (starts_with(line, "M-SEARCH "))
                return "M-SEARCH";
        return starts_with(line, "HTTP/") ? "response" : NULL;
}

int ssdp_dissect(const struct packet *packet, struct emitter *emitter) {
        struct cursor c = packet->payload, line;
        struct ssdp_header h;
        const char *method;

        /* Empty lines in front are passed over: RFC 7230 §3.5. */
        do
                if (!next_line(&c, &line))
                        return 0;
        while (cursor_left(&line) == 0);
        method = read_method(&line);
        if (!method)
                return 0;
        /* 239.255.255.250 may be routed inside a site (RFC 2365 §6.2); ff02::c cannot be. */
        if (packet->destination.bytes[0] == 0xff && packet->destination.bytes[1] == 0x02)
                emitter->fact.flags |= FACT_LINK_SCOPED;
        if (strcmp(method, "response") == 0)
                emitter->fact.flags |= FACT_RESPONSE;
        if (is_byebye(c))
                emitter->fact.flags |= FACT_GOODBYE;
        emit_string(emitter, FACT_SSDP_METHOD, method);
        while (next_header(&c, &h))
                emit_header(emitter, &h);
        return 1;
}
