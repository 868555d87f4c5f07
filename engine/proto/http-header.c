/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Header lines in the manner of HTTP. Nothing is kept between calls. */

#include "engine/proto/http-header.h"

#include <string.h>
#include <strings.h>

#include "common/strbuf.h"

static bool is_blank(uint8_t c) {
        return c == ' ' || c == '\t';
}

void http_trim(struct cursor *c) {
        while (c->data < c->end && is_blank(*c->data))
                c->data++;
        while (c->data < c->end && is_blank(c->end[-1]))
                c->end--;
}

bool http_text_is_rest(const struct cursor *c, const char *text) {
        size_t n = strlen(text);

        return cursor_left(c) == n && strncasecmp((const char *) c->data, text, n) == 0;
}

bool http_next_line(struct cursor *c, struct cursor *ret) {
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

bool http_leave_whole_lines(struct cursor *c) {
        const uint8_t *last = cursor_left(c) > 0 ? memrchr(c->data, '\n', cursor_left(c)) : NULL;

        if (!last)
                return false;
        c->end = last + 1;
        return true;
}

/* A line that starts with a blank goes on with the header before it (RFC 9112 §5.2). */
static void unfold(struct cursor *c, struct http_header *h) {
        struct strbuf b = STRBUF(h->unfolded);
        struct cursor line;

        if (cursor_left(c) == 0 || !is_blank(c->data[0]))
                return;
        strbuf_bytes(&b, h->value.data, cursor_left(&h->value));
        while (cursor_left(c) > 0 && is_blank(c->data[0]) && http_next_line(c, &line)) {
                http_trim(&line);
                if (b.length > 0 && cursor_left(&line) > 0)
                        strbuf_char(&b, ' ');
                strbuf_bytes(&b, line.data, cursor_left(&line));
        }
        h->value = cursor_make(h->unfolded, b.length);
}

bool http_next_header(struct cursor *c, struct http_header *ret) {
        struct cursor line;

        while (http_next_line(c, &line) && cursor_left(&line) > 0) {
                const uint8_t *colon = memchr(line.data, ':', cursor_left(&line));

                if (!colon)
                        continue;
                ret->name = (struct cursor) { line.data, colon };
                ret->value = (struct cursor) { colon + 1, line.end };
                http_trim(&ret->name);
                http_trim(&ret->value);
                unfold(c, ret);
                return true;
        }
        return false;
}
