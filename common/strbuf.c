/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A bounded string builder. It owns nothing and never fails: it marks itself truncated. */

#include "strbuf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct strbuf strbuf_make(char *data, size_t size) {
        data[0] = '\0';
        return (struct strbuf) { .data = data, .size = size };
}

void strbuf_reset(struct strbuf *b) {
        b->length = 0;
        b->truncated = false;
        b->data[0] = '\0';
}

void strbuf_bytes(struct strbuf *b, const void *data, size_t length) {
        size_t room = b->size - 1 - b->length;

        if (length > room) {
                length = room;
                b->truncated = true;
        }
        if (length == 0)
                return;
        memcpy(b->data + b->length, data, length);
        b->length += length;
        b->data[b->length] = '\0';
}

void strbuf_char(struct strbuf *b, char c) {
        strbuf_bytes(b, &c, 1);
}

void strbuf_string(struct strbuf *b, const char *s) {
        strbuf_bytes(b, s, strlen(s));
}

void strbuf_hex(struct strbuf *b, const void *data, size_t length) {
        static const char digits[] = "0123456789abcdef";
        const uint8_t *p = data;

        for (size_t i = 0; i < length && !b->truncated; i++)
                strbuf_bytes(b, (const char[]) { digits[p[i] >> 4], digits[p[i] & 15] }, 2);
}

void strbuf_printf(struct strbuf *b, const char *format, ...) {
        size_t room = b->size - b->length;
        va_list ap;
        int n;

        va_start(ap, format);
        n = vsnprintf(b->data + b->length, room, format, ap);
        va_end(ap);
        if (n < 0)
                b->data[b->length] = '\0';
        else if ((size_t) n >= room) {
                b->length = b->size - 1;
                b->truncated = true;
        } else
                b->length += (size_t) n;
}
