/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "macro.h"

/* Builds a NUL-terminated string in memory of the caller's, never past its end. What does not fit is
 * left out and `truncated` says so. Allocates nothing. */

struct strbuf {
        char *data;
        size_t length; /* without the NUL */
        size_t size;   /* with the NUL; at least 1 */
        bool truncated;
};

#define STRBUF(array) strbuf_make((array), sizeof(array))

static inline struct strbuf strbuf_make(char *data, size_t size) {
        data[0] = '\0';
        return (struct strbuf) { .data = data, .size = size };
}

static inline void strbuf_bytes(struct strbuf *b, const void *data, size_t length) {
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

static inline void strbuf_char(struct strbuf *b, char c) {
        strbuf_bytes(b, &c, 1);
}

static inline void strbuf_string(struct strbuf *b, const char *s) {
        strbuf_bytes(b, s, strlen(s));
}

void strbuf_reset(struct strbuf *b);
void strbuf_unsigned(struct strbuf *b, uint64_t number); /* in decimal */
void strbuf_hex(struct strbuf *b, const void *data, size_t length);
void strbuf_printf(struct strbuf *b, const char *format, ...) _printf_(2, 3);
