/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/cursor.h"

/* Header lines in the manner of HTTP (RFC 9112 §2, §5), as HTTP and SSDP have them, read with the patience that
 * careless senders need: lines end at LF, CR LF or the end of the data; blanks around names and values do not
 * count; a line that starts with a blank goes on with the one before. */

#define HTTP_VALUE_MAX 1024 /* of a folded value; others are not copied and may be longer */

struct http_header {
        struct cursor name, value;
        char unfolded[HTTP_VALUE_MAX];
};

/* False at the end of the data. The line comes without its end. */
bool http_next_line(struct cursor *c, struct cursor *ret);
/* Leaves of data whose end is missing the lines that have theirs. False: none has, and nothing changes. */
bool http_leave_whole_lines(struct cursor *c);
/* The next line with a colon; false at an empty line, which is read, or at the end. */
bool http_next_header(struct cursor *c, struct http_header *ret);

/* Names of headers are looked for in lists of them: nearly all differ in the first letter. */
bool http_text_is_rest(const struct cursor *text, const char *expected);
/* Without regard to case, as for names of headers. `expected` is not empty. */
static inline bool http_text_is(const struct cursor *text, const char *expected) {
        return cursor_left(text) > 0 && ((text->data[0] ^ (uint8_t) expected[0]) & ~0x20) == 0 && http_text_is_rest(text, expected);
}

void http_trim(struct cursor *text);
