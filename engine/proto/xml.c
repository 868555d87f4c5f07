/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A scanner for the XML that devices describe themselves with: UPnP descriptions, SOAP of WS-Discovery. */

#include "engine/proto/xml.h"

#include <string.h>

#include "common/macro.h"

static bool is_space(uint8_t c) {
        return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool starts_with(const struct cursor *c, const char *text) {
        return cursor_left(c) >= strlen(text) && memcmp(c->data, text, strlen(text)) == 0;
}

/* Moves behind the next `end`; to the end of all where there is none. */
static void skip_past(struct cursor *c, const char *end) {
        const uint8_t *found = memmem(c->data, cursor_left(c), end, strlen(end));

        c->data = found ? found + strlen(end) : c->end;
}

/* Moves to the "<" of the next tag that is one. */
static bool find_tag(struct cursor *c) {
        for (;;) {
                const uint8_t *open = cursor_left(c) > 0 ? memchr(c->data, '<', cursor_left(c)) : NULL;

                if (!open)
                        return false;
                c->data = open;
                if (starts_with(c, "<!--"))
                        skip_past(c, "-->");
                else if (starts_with(c, "<![CDATA["))
                        skip_past(c, "]]>");
                else if (starts_with(c, "<?") || starts_with(c, "<!"))
                        skip_past(c, ">");
                else
                        return true;
        }
}

/* What stands between < and >, down to the name. */
static void read_name(struct cursor inside, struct xml_tag *tag) {
        const uint8_t *colon;

        tag->closes = cursor_left(&inside) > 0 && *inside.data == '/';
        if (tag->closes)
                inside.data++;
        for (const uint8_t *p = inside.data; p < inside.end; p++)
                if (is_space(*p) || *p == '/') {
                        inside.end = p;
                        break;
                }
        colon = cursor_left(&inside) > 0 ? memchr(inside.data, ':', cursor_left(&inside)) : NULL;
        if (colon)
                inside.data = colon + 1;
        tag->name = inside;
}

static void trim(struct cursor *text) {
        while (text->data < text->end && is_space(*text->data))
                text->data++;
        while (text->data < text->end && is_space(text->end[-1]))
                text->end--;
}

bool xml_next_tag(struct cursor *c, struct xml_tag *ret) {
        const uint8_t *close, *next;

        if (!find_tag(c))
                return false;
        close = memchr(c->data, '>', cursor_left(c));
        if (!close)
                return false;
        read_name((struct cursor) { c->data + 1, close }, ret);
        next = memchr(close, '<', (size_t) (c->end - close));
        if (!next)
                next = c->end;
        ret->text = (struct cursor) { close + 1, next };
        ret->leaf = !ret->closes && close[-1] != '/' && next + 1 < c->end && next[1] == '/';
        trim(&ret->text);
        c->data = next;
        return true;
}

bool xml_is(const struct xml_tag *tag, const char *name) {
        return cursor_left(&tag->name) == strlen(name) && memcmp(tag->name.data, name, strlen(name)) == 0;
}

bool xml_next_word(struct cursor *text, struct cursor *ret) {
        trim(text);
        if (cursor_left(text) == 0)
                return false;
        ret->data = text->data;
        while (text->data < text->end && !is_space(*text->data))
                text->data++;
        ret->end = text->data;
        return true;
}

static void append_utf8(struct strbuf *b, uint32_t c) {
        if (c < 0x80)
                strbuf_char(b, (char) c);
        else if (c < 0x800)
                strbuf_bytes(b, (const char[]) { (char) (0xc0 | c >> 6), (char) (0x80 | (c & 63)) }, 2);
        else if (c < 0x10000)
                strbuf_bytes(b, (const char[]) { (char) (0xe0 | c >> 12), (char) (0x80 | (c >> 6 & 63)), (char) (0x80 | (c & 63)) }, 3);
        else
                strbuf_bytes(b, (const char[]) { (char) (0xf0 | c >> 18), (char) (0x80 | (c >> 12 & 63)), (char) (0x80 | (c >> 6 & 63)), (char) (0x80 | (c & 63)) }, 4);
}

/* "#228" or "#xe4"; false for what is no character of XML (XML 1.0 §2.2). */
static bool append_numbered(struct strbuf *b, struct cursor name) {
        uint32_t c = 0, base = 10;

        if (cursor_left(&name) > 0 && (*name.data | 0x20) == 'x') {
                base = 16;
                name.data++;
        }
        if (cursor_left(&name) == 0 || cursor_left(&name) > 7)
                return false;
        for (; name.data < name.end; name.data++) {
                uint8_t lower = *name.data | 0x20;
                uint32_t digit = *name.data >= '0' && *name.data <= '9' ? *name.data - '0'
                                 : lower >= 'a' && lower <= 'f'         ? lower - 'a' + 10
                                                                        : 99;

                if (digit >= base)
                        return false;
                c = c * base + digit;
        }
        if (c == 0 || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
                return false;
        append_utf8(b, c);
        return true;
}

/* What stands between & and ; (XML 1.0 §4.6). */
static bool append_entity(struct strbuf *b, struct cursor name) {
        static const struct {
                const char *name;
                char c;
        } entities[] = { { "amp", '&' }, { "lt", '<' }, { "gt", '>' }, { "quot", '"' }, { "apos", '\'' } };

        if (cursor_left(&name) > 1 && *name.data == '#')
                return append_numbered(b, (struct cursor) { name.data + 1, name.end });
        for (size_t i = 0; i < ELEMENTSOF(entities); i++)
                if (cursor_left(&name) == strlen(entities[i].name) && memcmp(name.data, entities[i].name, cursor_left(&name)) == 0) {
                        strbuf_char(b, entities[i].c);
                        return true;
                }
        return false;
}

void xml_append_text(struct strbuf *b, struct cursor text) {
        while (cursor_left(&text) > 0) {
                const uint8_t *end = *text.data == '&' ? memchr(text.data, ';', MIN(cursor_left(&text), (size_t) 12)) : NULL;

                if (end && append_entity(b, (struct cursor) { text.data + 1, end }))
                        text.data = end + 1;
                else
                        strbuf_char(b, (char) *text.data++);
        }
}
