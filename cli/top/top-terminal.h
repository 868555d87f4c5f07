/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdint.h>

#include "cli/screen.h"

/* The terminal as a whole: taken over, given back whatever happens, painted on. The only place that knows curses. */

/* What paint looks like is the terminal's to say: colours, or bold and reverse where there or wanted are none. */
enum top_paint {
        TOP_PAINT_NONE,
        TOP_PAINT_BOLD,
        TOP_PAINT_DIM,
        TOP_PAINT_GOOD,
        TOP_PAINT_NOTICE,
        TOP_PAINT_BAD,
        TOP_PAINT_TITLES,   /* of columns */
        TOP_PAINT_SORTED,   /* the title of the column sorted by */
        TOP_PAINT_SELECTED,
        TOP_PAINT_TAB,      /* of the view that is open */
        TOP_PAINT_KEY,      /* what a function key does */
        TOP_PAINT_GRAPH,
        _TOP_PAINT_MAX,
};

enum top_paint top_paint_of_style(enum style style);

/* 0, or an errno after having said why not. */
int top_terminal_open(const struct screen *screen);
void top_terminal_close(void);

/* Lets the shell have the terminal, stops, and takes it again when it goes on. */
void top_terminal_suspend(void);
/* Everything is drawn again at the next top_terminal_flush(). */
void top_terminal_repaint(void);
/* Asks the terminal how large it is now. */
void top_terminal_resize(void);

void top_terminal_size(size_t *ret_rows, size_t *ret_columns);
/* The next key (top-keys.h); 0: none for now. */
uint32_t top_terminal_read_key(void);

void top_terminal_clear(void);
/* `text` is safe, and fits. */
void top_terminal_put(size_t row, size_t column, enum top_paint paint, const char *text, size_t length);
void top_terminal_fill(size_t row, size_t column, enum top_paint paint, size_t columns);
/* Where the cursor blinks, as nothing is hidden from who types; off the screen: hidden. */
void top_terminal_cursor(size_t row, size_t column);
void top_terminal_flush(void);
