/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* SSDP, the discovery of UPnP (UPnP Device Architecture 2.0 §1): HTTP's headers in one datagram. NOTIFY and
 * answers describe their sender; M-SEARCH tells what it looks for. */

#include <errno.h>

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

static bool is_byebye(struct cursor c) {
        struct http_header h;

        while (http_next_header(&c, &h))
                if (http_text_is(&h.name, "nts") && http_text_is(&h.value, "ssdp:byebye"))
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

int ssdp_dissect(const struct packet *packet, struct emitter *emitter) {
        struct cursor c = packet->payload, line;
        struct http_header h;
        const char *method;

        /* Empty lines in front are passed over: RFC 7230 §3.5. */
        do
                if (!http_next_line(&c, &line))
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
        while (http_next_header(&c, &h))
                emit_header(emitter, &h);
        return 1;
}
