/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* SSDP, the discovery of UPnP (UPnP Device Architecture 2.0 §1): HTTP's headers in one datagram. NOTIFY and
 * answers describe their sender; M-SEARCH tells what it looks for. */

#include <errno.h>
#include <sys/socket.h>

#include "common/macro.h"
#include "engine/proto/dissector.h"
#include "engine/proto/http-header.h"

static const struct {
        const char *name;
        enum fact_kind kind;
} headers[] = {
        { "server", FACT_SSDP_SERVER },         { "usn", FACT_SSDP_USN },
        { "nt", FACT_SSDP_NT },                 { "nts", FACT_SSDP_NTS },
        { "st", FACT_SSDP_ST },                 { "location", FACT_SSDP_LOCATION },
        { "user-agent", FACT_SSDP_USER_AGENT }, { "x-user-agent", FACT_SSDP_X_USER_AGENT },
};

/* Is there such a header? With NULL for the value, any will do. */
static bool has_header(struct cursor c, const char *name, const char *value) {
        struct http_header h;

        while (http_next_header(&c, &h))
                if (http_text_is(&h.name, name) && (!value || http_text_is(&h.value, value)))
                        return true;
        return false;
}

static void emit_header(struct emitter *e, const struct http_header *h) {
        if (cursor_left(&h->value) == 0)
                return;
        for (size_t i = 0; i < ELEMENTSOF(headers); i++)
                if (http_text_is(&h->name, headers[i].name)) {
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

/* Of a datagram that was cut the lines that have their end. */
static struct cursor whole_lines(const struct packet *packet) {
        struct cursor c = packet->payload;

        if (packet->payload_length > cursor_left(&c) && !http_leave_whole_lines(&c))
                c.end = c.data;
        return c;
}

static int dissect_message(const struct packet *packet, struct emitter *e, const char *method, struct cursor c) {
        struct http_header h;

        /* 239.255.255.250 may be routed inside a site (RFC 2365 §6.2); ff02::c cannot be. */
        if (packet->destination.family == AF_INET6 && load_be16(packet->destination.bytes) == 0xff02)
                e->fact.flags |= FACT_LINK_SCOPED;
        if (strcmp(method, "response") == 0)
                e->fact.flags |= FACT_RESPONSE;
        if (has_header(c, "nts", "ssdp:byebye"))
                e->fact.flags |= FACT_GOODBYE;
        emit_string(e, FACT_SSDP_METHOD, method);
        while (http_next_header(&c, &h))
                emit_header(e, &h);
        return 1;
}

int ssdp_dissect(const struct packet *packet, struct emitter *emitter) {
        struct cursor c = whole_lines(packet), line;
        const char *method;

        /* Empty lines in front are passed over: RFC 7230 §3.5. */
        do
                if (!http_next_line(&c, &line))
                        return 0;
        while (cursor_left(&line) == 0);
        method = read_method(&line);
        return method ? dissect_message(packet, emitter, method, c) : 0;
}

bool ssdp_may_be_reply(struct cursor payload) {
        return starts_with(&payload, "HTTP/1.");
}

/* A search comes from any port, and many devices (Chromecasts, some routers) answer to it from another than
 * 1900: then nothing but the answer itself tells what it is. */
int ssdp_reply_dissect(const struct packet *packet, struct emitter *emitter) {
        struct cursor c = whole_lines(packet), line;

        if (!ssdp_may_be_reply(c) || !http_next_line(&c, &line))
                return 0;
        if (!has_header(c, "st", NULL) || !has_header(c, "usn", NULL))
                return 0;
        return dissect_message(packet, emitter, "response", c);
}
