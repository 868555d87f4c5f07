/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A bounded string builder. It owns nothing and never fails: it marks itself truncated. */

#include "strbuf.h"

#include <stdarg.h>
#include <stdio.h>

void strbuf_reset(struct strbuf *b) {
        b->length = 0;
        b->truncated = false;
        b->data[0] = '\0';
}

void strbuf_hex(struct strbuf *b, const void *data, size_t length) {
        static const char digits[] = "0123456789abcdef";
        size_t room = (b->size - 1 - b->length) / 2;
        const uint8_t *p = data;
        char *end;

        if (length > room) {
                length = room;
                b->truncated = true;
        }
        end = b->data + b->length;
        for (size_t i = 0; i < length; i++) {
                *end++ = digits[p[i] >> 4];
                *end++ = digits[p[i] & 15];
        }
        *end = '\0';
        b->length += 2 * length;
}

void strbuf_unsigned(struct strbuf *b, uint64_t number) {
        char digits[20];
        size_t n = sizeof digits;

        do
                digits[--n] = (char) ('0' + number % 10);
        while ((number /= 10) > 0);
        strbuf_bytes(b, digits + n, sizeof digits - n);
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
