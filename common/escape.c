/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Makes hostile text safe for terminal, JSON, CSV and markup. One decoder of UTF-8 (RFC 3629 §4) feeds
 * all four; each then says what a character becomes. */

#include "common/escape.h"

#include <stdint.h>
#include <string.h>

size_t text_decode(const uint8_t *s, size_t length, uint32_t *ret) {
        static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
        uint32_t c;
        size_t n;

        if (s[0] < 0x80) {
                *ret = s[0];
                return 1;
        }
        if ((s[0] & 0xe0) == 0xc0)
                n = 2, c = s[0] & 0x1f;
        else if ((s[0] & 0xf0) == 0xe0)
                n = 3, c = s[0] & 0x0f;
        else if ((s[0] & 0xf8) == 0xf0)
                n = 4, c = s[0] & 0x07;
        else
                return 0;
        if (n > length)
                return 0;
        for (size_t i = 1; i < n; i++) {
                if ((s[i] & 0xc0) != 0x80)
                        return 0;
                c = c << 6 | (s[i] & 0x3f);
        }
        if (c < smallest[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
                return 0;
        *ret = c;
        return n;
}

/* C0, DEL, C1, soft hyphen, and the format characters of Unicode's "Cf" that matter in names. */
bool text_is_unsafe(uint32_t c) {
        return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x61c || (c >= 0x200b && c <= 0x200f) ||
               (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
               (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe007f);
}

/* Appends whole or not at all, so that a cut never falls inside a character or an entity. */
static bool append_whole(struct strbuf *b, const void *data, size_t length) {
        if (b->truncated || b->size - 1 - b->length < length) {
                b->truncated = true;
                return false;
        }
        strbuf_bytes(b, data, length);
        return true;
}

static void append_hex_escape(struct strbuf *b, const uint8_t *s, size_t n) {
        static const char digits[] = "0123456789abcdef";

        for (size_t i = 0; i < n; i++)
                if (!append_whole(b, (const char[]) { '\\', 'x', digits[s[i] >> 4], digits[s[i] & 15] }, 4))
                        return;
}

static bool is_plain(uint8_t c) {
        return c >= 0x20 && c < 0x7f;
}

/* Are eight bytes ASCII, and neither control characters nor DEL? By the carries of the additions that reach each byte's highest
 * bit. */
static inline bool eight_are_plain(const char *s) {
        const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones * 0x80;
        uint64_t word;

        memcpy(&word, s, sizeof word);
        return ((word | (word + ones) | ~(word + ones * (0x80 - 0x20))) & tops) == 0;
}

bool text_is_plain(const char *s, size_t length) {
        size_t n = 0;

        if (length >= 8) {
                for (; n + 8 < length; n += 8)
                        if (!eight_are_plain(s + n))
                                return false;
                return eight_are_plain(s + length - 8); /* of which some were asked before */
        }
        while (n < length && is_plain((uint8_t) s[n]))
                n++;
        return n == length;
}

static size_t plain_length(const char *s, size_t length) {
        size_t n = 0;

        while (n + 8 <= length && eight_are_plain(s + n))
                n += 8;
        while (n < length && is_plain((uint8_t) s[n]))
                n++;
        return n;
}

bool text_is_utf8(const char *s, size_t length) {
        size_t plain = plain_length(s, length);
        const uint8_t *p = (const uint8_t *) s + plain;
        uint32_t c;

        length -= plain;
        while (length > 0) {
                size_t n = text_decode(p, length, &c);

                if (n == 0 || c == 0)
                        return false;
                p += n;
                length -= n;
        }
        return true;
}

/* The common walk: unsafe characters and stray bytes as \xNN, the rest through `special` (which gives the
 * replacement for a character, or NULL to keep it). */
static void escape_text(struct strbuf *b, const char *s, size_t length, const char *(*special)(uint32_t c)) {
        const uint8_t *p = (const uint8_t *) s;

        while (length > 0 && !b->truncated) {
                const char *replacement;
                uint32_t c = 0;
                size_t n = text_decode(p, length, &c);

                if (n == 0 || text_is_unsafe(c)) {
                        n = n == 0 ? 1 : n;
                        append_hex_escape(b, p, n);
                } else if ((replacement = special(c)))
                        append_whole(b, replacement, strlen(replacement));
                else
                        append_whole(b, p, n);
                p += n;
                length -= n;
        }
}

static const char *special_terminal(uint32_t c) {
        return c == '\\' ? "\\\\" : NULL;
}

void escape_terminal(struct strbuf *b, const char *s, size_t length) {
        escape_text(b, s, length, special_terminal);
}

static const char *special_markup(uint32_t c) {
        switch (c) {
        case '&':
                return "&amp;";
        case '<':
                return "&lt;";
        case '>':
                return "&gt;";
        case '"':
                return "&quot;";
        case '\'':
                return "&apos;";
        default:
                return NULL;
        }
}

void escape_markup(struct strbuf *b, const char *s, size_t length) {
        escape_text(b, s, length, special_markup);
}

static const char *special_csv(uint32_t c) {
        return c == '"' ? "\"\"" : NULL;
}

void escape_csv(struct strbuf *b, const char *s, size_t length) {
        bool formula = length > 0 && strchr("=+-@\t\r", s[0]) && s[0] != '\0';
        bool quote = formula;

        for (size_t i = 0; i < length && !quote; i++)
                quote = strchr(",\"\n\r;\t ", s[i]) != NULL;
        if (!quote) {
                escape_text(b, s, length, special_csv);
                return;
        }
        /* Room for the closing quote is kept, so that a cut field is still a field. */
        if (b->size - b->length < 4) {
                b->truncated = true;
                return;
        }
        strbuf_char(b, '"');
        if (formula)
                strbuf_char(b, '\'');
        b->size--;
        escape_text(b, s, length, special_csv);
        b->size++;
        strbuf_bytes(b, "\"", 1);
}

/* As UTF-16 code units (RFC 8259 §7). */
static void append_json_escape(struct strbuf *b, uint32_t c) {
        char text[16];
        struct strbuf u = STRBUF(text);

        if (c < 0x10000)
                strbuf_printf(&u, "\\u%04x", c);
        else
                strbuf_printf(&u, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10), 0xdc00 + ((c - 0x10000) & 0x3ff));
        append_whole(b, u.data, u.length);
}

void escape_json(struct strbuf *b, const char *s, size_t length) {
        const uint8_t *p = (const uint8_t *) s;

        if (b->size - b->length < 3) {
                b->truncated = true;
                return;
        }
        strbuf_char(b, '"');
        b->size--;
        while (length > 0 && !b->truncated) {
                uint32_t c = 0;
                size_t n = text_decode(p, length, &c);

                if (n == 0) {
                        n = 1;
                        append_whole(b, "\xef\xbf\xbd", 3);
                } else if (c == '"' || c == '\\')
                        append_whole(b, (const char[]) { '\\', (char) c }, 2);
                else if (c == '\n' || c == '\r' || c == '\t')
                        append_whole(b, c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t", 2);
                else if (text_is_unsafe(c))
                        append_json_escape(b, c);
                else
                        append_whole(b, p, n);
                p += n;
                length -= n;
        }
        b->size++;
        strbuf_bytes(b, "\"", 1);
}
