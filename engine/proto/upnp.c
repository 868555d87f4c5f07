/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* UPnP device descriptions, as they pass by in HTTP answers. Only elements without elements inside are of
 * interest, so that no tree is built: tags are found one after the other. */

#include "engine/proto/upnp.h"

#include "common/macro.h"

/* Longest text of an element: the architecture asks for 64 to 128 characters, makers write more. */
#define UPNP_TEXT_MAX 1024

static const struct {
        const char *name;
        enum fact_kind kind;
} elements[] = {
        { "friendlyName", FACT_UPNP_FRIENDLY_NAME },       { "manufacturer", FACT_UPNP_MANUFACTURER },
        { "manufacturerURL", FACT_UPNP_MANUFACTURER_URL }, { "modelDescription", FACT_UPNP_MODEL_DESCRIPTION },
        { "modelName", FACT_UPNP_MODEL_NAME },             { "modelNumber", FACT_UPNP_MODEL_NUMBER },
        { "serialNumber", FACT_UPNP_SERIAL_NUMBER },       { "UDN", FACT_UPNP_UDN },
        { "deviceType", FACT_UPNP_DEVICE_TYPE },
};

static bool is_space(uint8_t c) {
        return c == ' ' || c == '\t' || c == '\r' || c == '\n';
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

static void append_text(struct strbuf *b, struct cursor text) {
        while (cursor_left(&text) > 0) {
                const uint8_t *end = *text.data == '&' ? memchr(text.data, ';', MIN(cursor_left(&text), (size_t) 12)) : NULL;

                if (end && append_entity(b, (struct cursor) { text.data + 1, end }))
                        text.data = end + 1;
                else
                        strbuf_char(b, (char) *text.data++);
        }
}

static void read_element(struct cursor name, struct cursor text, struct emitter *e) {
        const uint8_t *colon = memchr(name.data, ':', cursor_left(&name));
        char value[UPNP_TEXT_MAX];
        struct strbuf b = STRBUF(value);

        if (colon)
                name.data = colon + 1; /* a name space's prefix */
        while (text.data < text.end && is_space(*text.data))
                text.data++;
        while (text.data < text.end && is_space(text.end[-1]))
                text.end--;
        if (cursor_left(&text) == 0)
                return;
        for (size_t i = 0; i < ELEMENTSOF(elements); i++)
                if (cursor_left(&name) == strlen(elements[i].name) && memcmp(name.data, elements[i].name, cursor_left(&name)) == 0) {
                        append_text(&b, text);
                        emit_bytes(e, elements[i].kind, b.data, b.length);
                        return;
                }
}

void upnp_read_description(struct cursor xml, struct emitter *e) {
        if (!memmem(xml.data, cursor_left(&xml), "urn:schemas-upnp-org:device-1-0", 31))
                return;
        while (cursor_left(&xml) > 0) {
                const uint8_t *open = memchr(xml.data, '<', cursor_left(&xml)), *close, *next;
                struct cursor name;

                if (!open || !(close = memchr(open, '>', (size_t) (xml.end - open))))
                        return;
                next = memchr(close, '<', (size_t) (xml.end - close));
                if (!next)
                        return;
                name = (struct cursor) { open + 1, close };
                for (const uint8_t *p = name.data; p < name.end; p++)
                        if (is_space(*p))
                                name.end = p; /* attributes follow */
                if (cursor_left(&name) > 0 && *name.data != '/' && next + 1 < xml.end && next[1] == '/')
                        read_element(name, (struct cursor) { close + 1, next }, e);
                xml.data = next;
        }
}
