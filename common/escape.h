/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "strbuf.h"

/* What a device says is hostile text. These make it safe for where it goes next; each appends to
 * `b`, stays inside it, and ends on a whole character. */

/* Length of the character at `s`, of which `length` (at least 1) bytes are there, and its code point; 0
 * for bytes that are not UTF-8. */
size_t text_decode(const uint8_t *s, size_t length, uint32_t *ret);

/* Characters that a terminal obeys, or that hide or reorder what stands around them. */
bool text_is_unsafe(uint32_t c);

/* Printable ASCII, and nothing else? */
bool text_is_plain(const char *s, size_t length);
/* Valid UTF-8 (RFC 3629) without NUL? */
bool text_is_utf8(const char *s, size_t length);

/* For a terminal or the journal: C0, C1, DEL, bidirectional overrides and other invisible format
 * characters, and bytes that are not UTF-8, come out as \xNN (each byte); a backslash doubles. */
void escape_terminal(struct strbuf *b, const char *s, size_t length);

/* A JSON string with its quotes (RFC 8259 §7); bytes that are not UTF-8 become U+FFFD,
 * characters that a terminal obeys or that cannot be seen \uNNNN. */
void escape_json(struct strbuf *b, const char *s, size_t length);

/* A CSV field (RFC 4180), quoted where needed; a field that a spreadsheet would take for a formula
 * (it starts with = + - @ TAB or CR) gets an apostrophe in front. Control characters as for a terminal. */
void escape_csv(struct strbuf *b, const char *s, size_t length);

/* Text for markup (Pango, notifications): & < > " ' as entities; control characters as for a terminal. */
void escape_markup(struct strbuf *b, const char *s, size_t length);
