/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cli/top/top-layout.h"
#include "cli/top/top-terminal.h"
#include "common/macro.h"

/* Writes on the terminal what fits, and nothing that the terminal would obey. Text is as it was heard. */

struct top_pen {
        const struct screen *screen; /* what may be written: UTF-8 or not */
};

/* At most `width` columns; what is cut ends in "…". Returns the columns taken. */
size_t top_pen_text(const struct top_pen *pen, size_t row, size_t column, size_t width, enum top_paint paint,
                    const char *text);
size_t top_pen_print(const struct top_pen *pen, size_t row, size_t column, size_t width, enum top_paint paint,
                     const char *format, ...)
        _printf_(6, 7);
/* `width` columns, whatever the text. */
void top_pen_cell(const struct top_pen *pen, size_t row, size_t column, size_t width, enum top_paint paint, bool right,
                  const char *text);

/* Bars of the last values, the newest at the right edge; the greatest of those shown, or `least` if none is as great,
 * is the whole height. */
void top_pen_graph(const struct top_pen *pen, const struct top_area *area, enum top_paint paint, const uint64_t *values,
                   size_t n,
                   uint64_t least);

/* One of the few signs beyond ASCII that this program itself writes, or what stands for it where it cannot be. */
const char *top_pen_sign(const struct top_pen *pen, const char *sign);
