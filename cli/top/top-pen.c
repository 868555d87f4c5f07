/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Text and little graphs, clipped to where they belong. */

#include "cli/top/top-pen.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/strbuf.h"

const char *top_pen_sign(const struct top_pen *pen, const char *sign) {
        static const char *const plain[][2] = {
                { "●", "*" }, { "◐", "+" }, { "○", "-" }, { "▼", "v" },
                { "▲", "^" }, { "…", "~" }, { "─", "-" }, { "│", "|" },
        };

        for (size_t i = 0; !pen->screen->utf8 && i < ELEMENTSOF(plain); i++)
                if (strcmp(plain[i][0], sign) == 0)
                        return plain[i][1];
        return sign;
}

size_t top_pen_text(const struct top_pen *pen, size_t row, size_t column, size_t width, enum top_paint paint,
                    const char *text) {
        const char *sign = top_pen_sign(pen, text);
        _cleanup_(freep) char *safe = sign != text ? strdup(sign) : screen_text(pen->screen, text);
        size_t taken, length;

        if (!safe || width == 0)
                return 0;
        taken = text_width(safe);
        if (taken <= width) {
                top_terminal_put(row, column, paint, safe, strlen(safe));
                return taken;
        }
        length = text_fit(safe, width - 1);
        top_terminal_put(row, column, paint, safe, length);
        safe[length] = '\0';
        taken = text_width(safe);
        top_terminal_put(row, column + taken, paint, top_pen_sign(pen, "…"), strlen(top_pen_sign(pen, "…")));
        return taken + 1;
}

size_t top_pen_print(const struct top_pen *pen, size_t row, size_t column, size_t width, enum top_paint paint,
                     const char *format,
                     ...) {
        char text[1024];
        va_list ap;

        va_start(ap, format);
        vsnprintf(text, sizeof text, format, ap);
        va_end(ap);
        return top_pen_text(pen, row, column, width, paint, text);
}

void top_pen_cell(const struct top_pen *pen, size_t row, size_t column, size_t width, enum top_paint paint, bool right,
                  const char *text) {
        size_t taken = 0;

        if (right) {
                _cleanup_(freep) char *safe = screen_text(pen->screen, text);
                size_t needed = safe ? text_width(safe) : 0;

                taken = needed < width ? width - needed : 0;
                top_terminal_fill(row, column, paint, taken);
        }
        taken += top_pen_text(pen, row, column + taken, width - taken, paint, text);
        if (taken < width)
                top_terminal_fill(row, column + taken, paint, width - taken);
}

static uint64_t greatest(const uint64_t *values, size_t n, uint64_t least) {
        for (size_t i = 0; i < n; i++)
                least = MAX(least, values[i]);
        return MAX(least, UINT64_C(1));
}

/* How full, of eight, a cell `level` cells above the ground is. What is not nothing can be seen. */
static size_t eighths_of(uint64_t value, uint64_t most, size_t height, size_t level) {
        size_t filled = (size_t) ((double) value / (double) most * (double) (8 * height) + 0.5);

        if (value > 0 && filled == 0)
                filled = 1;
        return filled <= 8 * level ? 0 : MIN(filled - 8 * level, (size_t) 8);
}

void top_pen_graph(const struct top_pen *pen, const struct top_area *area, enum top_paint paint, const uint64_t *values,
                   size_t n,
                   uint64_t least) {
        static const char *const blocks[] = { " ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
        static const char *const letters[] = { " ", ".", ".", ":", ":", "i", "|", "|", "#" };
        size_t shown = MIN(n, area->width), blank = area->width - shown;
        uint64_t most;

        values += n - shown;
        most = greatest(values, shown, least);
        for (size_t line = 0; line < area->height; line++) {
                char text[4 * 1024];
                struct strbuf b = STRBUF(text);

                for (size_t i = 0; i < shown; i++) {
                        size_t level = eighths_of(values[i], most, area->height, area->height - 1 - line);

                        strbuf_string(&b, pen->screen->utf8 ? blocks[level] : letters[level]);
                }
                top_terminal_fill(area->row + line, area->column, paint, blank);
                top_terminal_put(area->row + line, area->column + blank, paint, text, b.length);
        }
}
