/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is read, not browsed: the detail pane and the help. */

#include "cli/top/top-view.h"

#include <stdlib.h>
#include <string.h>

#include "cli/top/top-detail.h"
#include "cli/top/top-keys.h"
#include "common/cleanup.h"
#include "config.h"

#define TITLE_WIDTH 11

/* Lines as they come out, wrapped, from `skip` on. */
struct flow_of_text {
        const struct top_pen *pen;
        const struct top_area *area;
        size_t skip, line, total;
};

/* Length of what goes on one line of `width` columns: whole words, if there are any. */
static size_t wrap(const char *text, size_t width) {
        size_t length = text_fit(text, width), blank;

        if (!text[length])
                return length;
        for (blank = length; blank > length / 2 && text[blank] != ' '; blank--)
                ;
        if (text[blank] == ' ')
                return blank;
        return length > 0 ? length : strlen(text);
}

static void put_line(struct flow_of_text *f, const char *title, size_t title_width, enum top_paint paint,
                     const char *text, size_t length) {
        const struct top_area *a = f->area;
        size_t row;

        f->total++;
        if (f->total <= f->skip || f->line >= a->height)
                return;
        row = a->row + f->line++;
        if (title_width > 0)
                top_pen_cell(f->pen, row, a->column, MIN(title_width, a->width), TOP_PAINT_DIM, true, title);
        top_terminal_put(row, a->column + title_width + 1, paint, text, length);
}

static void put_wrapped(struct flow_of_text *f, const char *title, size_t title_width, enum top_paint paint,
                        const char *raw) {
        _cleanup_(freep) char *safe = screen_text(f->pen->screen, raw);
        size_t width = f->area->width > title_width + 2 ? f->area->width - title_width - 2 : 1;
        const char *rest = safe ? safe : "";

        do {
                size_t length = wrap(rest, width);

                put_line(f, title, title_width, paint, rest, length);
                title = "";
                rest += length;
                rest += strspn(rest, " ");
        } while (*rest);
}

static void draw_rule(const struct top_pen *pen, const struct top_area *area, size_t hidden) {
        size_t taken = 0;

        while (taken < area->width)
                taken += top_pen_text(pen, area->row, area->column + taken, 1, TOP_PAINT_DIM, "─");
        if (hidden > 0)
                top_pen_print(pen, area->row, area->column + 2, area->width - 2, TOP_PAINT_DIM,
                              " %zu more lines: ] and [ scroll ", hidden);
        else
                top_pen_text(pen, area->row, area->column + 2, area->width - 2, TOP_PAINT_DIM, " Detail ");
}

static size_t put_lines(struct flow_of_text *f, const struct top_lines *lines) {
        for (size_t i = 0; i < lines->n; i++)
                put_wrapped(f, lines->lines[i].title, TITLE_WIDTH, top_paint_of_style(lines->lines[i].style),
                            lines->lines[i].text);
        return f->total;
}

void top_pane_draw(struct top_model *m, const struct top_pen *pen, const struct top_area *area) {
        struct top_area inner = { area->row + 1, area->column, area->height - 1, area->width };
        struct top_area none = { .width = area->width };
        struct flow_of_text measure = { .pen = pen, .area = &none }, shown = { .pen = pen, .area = &inner };
        _cleanup_(top_lines_done) struct top_lines lines = { 0 };
        size_t total;

        if (area->height < 2)
                return;
        top_detail_build(m, &lines);
        total = put_lines(&measure, &lines);
        m->detail_offset = MIN(m->detail_offset, total > inner.height ? total - inner.height : 0);
        shown.skip = m->detail_offset;
        put_lines(&shown, &lines);
        draw_rule(pen, area, total - m->detail_offset - shown.line);
        if (lines.n == 0)
                top_pen_text(pen, inner.row, inner.column + 2, inner.width - 2, TOP_PAINT_DIM, "Nothing is selected.");
}

void top_help_draw(struct top_model *m, const struct top_pen *pen, size_t rows, size_t columns) {
        struct top_area area = { 2, 1, rows - 3, columns - 2 };
        struct flow_of_text f = { .pen = pen, .area = &area };
        const char *keys, *text;
        size_t total = 0;

        while (top_keys_help(total, &keys))
                total++;
        m->help_offset = MIN(m->help_offset, total > 1 ? total - 1 : 0);
        top_pen_cell(pen, 0, 0, columns, TOP_PAINT_TITLES, false,
                     " lanscopectl top " PACKAGE_VERSION ": keys, as in htop");
        for (size_t i = m->help_offset; (text = top_keys_help(i, &keys)); i++)
                put_wrapped(&f, keys, columns < 60 ? 12 : 17, TOP_PAINT_NONE, text);
        top_pen_cell(pen, rows - 1, 0, columns, TOP_PAINT_KEY, false,
                     f.total > area.height ? " Up and Down scroll, any other key closes" : " Any key closes");
}
