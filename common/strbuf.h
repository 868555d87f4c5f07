/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>

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

struct strbuf strbuf_make(char *data, size_t size);
void strbuf_reset(struct strbuf *b);
void strbuf_char(struct strbuf *b, char c);
void strbuf_bytes(struct strbuf *b, const void *data, size_t length);
void strbuf_string(struct strbuf *b, const char *s);
void strbuf_hex(struct strbuf *b, const void *data, size_t length);
void strbuf_printf(struct strbuf *b, const char *format, ...) _printf_(2, 3);
