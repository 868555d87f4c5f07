/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "cli/options.h"

/* Standard output as a place where people read: its width, colours, alphabet, and the pager. */

struct screen {
        bool tty;         /* a person looks at it, through a pager or not */
        bool colors;
        bool utf8;        /* characters beyond ASCII may be written */
        unsigned columns; /* 0: no limit */
        pid_t pager;      /* 0: none */
};

enum style { STYLE_NONE, STYLE_HEAD, STYLE_BOLD, STYLE_DIM, STYLE_GOOD, STYLE_NOTICE, STYLE_BAD, _STYLE_MAX };

/* Looks at the terminal and, unless `page` is false or the options say no, starts the pager. Whatever is
 * printed on stdout afterwards goes through it. Cannot fail: without a pager the output goes straight. */
void screen_open(struct screen *ret, const struct options *options, bool page);
/* Waits until the reader has left the pager. */
void screen_close(struct screen *screen);

/* The escape sequence that begins or, with STYLE_NONE, ends a style; "" without colours. */
const char *screen_style(const struct screen *screen, enum style style);

/* What a device said, made safe and writable here. The caller frees; NULL: no memory. */
char *screen_text(const struct screen *screen, const char *s);
/* Prints it. */
void screen_print(const struct screen *screen, const char *s);

/* Prints it where column `indent` is reached already, broken between words where the terminal ends; the lines that
 * follow begin at `indent`, too. */
void screen_wrap(const struct screen *screen, unsigned indent, const char *s);

/* Columns that safe text takes on the terminal. */
size_t text_width(const char *s);
/* Length in bytes of the longest beginning of `s` that takes at most `width` columns. */
size_t text_fit(const char *s, size_t width);
