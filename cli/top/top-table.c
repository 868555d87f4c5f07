/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The table of the view that is open, and the menu of its columns. */

#include "cli/top/top-view.h"

#include <string.h>

static void draw_title(const struct top_pen *pen, const struct top_list *list, size_t i, size_t row, size_t column,
                       size_t width) {
        const struct top_column *c = &list->kind->columns[i];
        enum top_paint paint = i == list->sort ? TOP_PAINT_SORTED : TOP_PAINT_TITLES;
        char text[64];

        snprintf(text, sizeof text, "%s", c->title);
        if (i == list->sort && strlen(text) < width)
                strcat(text, top_pen_sign(pen, c->greatest_first != list->invert ? "▼" : "▲"));
        top_pen_cell(pen, row, column, width, paint, c->right, text);
}

static void draw_titles(const struct top_pen *pen, const struct top_list *list, const struct top_area *area,
                        const size_t *widths) {
        size_t column = area->column;

        top_terminal_fill(area->row, area->column, TOP_PAINT_TITLES, area->width);
        for (size_t i = 0; i < list->kind->n_columns; i++) {
                if (widths[i] == 0)
                        continue;
                draw_title(pen, list, i, area->row, column, widths[i]);
                column += widths[i] + 1;
        }
}

static void draw_values(const struct top_pen *pen, const struct top_column *c, const struct top_row *row,
                        const struct top_area *cell,
                        enum top_paint paint) {
        const uint32_t *values;
        uint64_t wide[64];
        size_t n = c->values(row, &values);

        n = MIN(n, ELEMENTSOF(wide));
        for (size_t i = 0; i < n; i++)
                wide[i] = values[i];
        top_pen_graph(pen, cell, paint, wide, n, 8);
}

static void draw_cell(const struct top_pen *pen, const struct top_column *c, const struct top_row *row,
                      const struct top_area *cell,
                      uint64_t now, bool selected, bool stale) {
        enum top_paint paint = selected ? TOP_PAINT_SELECTED : stale ? TOP_PAINT_DIM : TOP_PAINT_NONE;
        char text[TOP_CELL_MAX];
        struct strbuf b = STRBUF(text);
        enum style style;

        if (c->values) {
                draw_values(pen, c, row, cell, paint == TOP_PAINT_NONE ? TOP_PAINT_GRAPH : paint);
                return;
        }
        style = c->format(row, now, &b);
        if (paint == TOP_PAINT_NONE)
                paint = top_paint_of_style(style);
        if (!c->right)
                top_pen_text(pen, cell->row, cell->column, cell->width, paint, text);
        else
                top_pen_cell(pen, cell->row, cell->column, cell->width, paint, true, text);
}

static void draw_row(struct top_model *m, const struct top_pen *pen, const struct top_area *area, size_t line,
                     size_t index,
                     const size_t *widths) {
        const struct top_list *list = top_model_list(m);
        struct top_area cell = { area->row + line, area->column, 1, 0 };
        bool selected = index == list->selected;

        if (selected)
                top_terminal_fill(cell.row, area->column, TOP_PAINT_SELECTED, area->width);
        for (size_t i = 0; i < list->kind->n_columns; i++) {
                cell.width = widths[i];
                if (widths[i] == 0)
                        continue;
                draw_cell(pen, &list->kind->columns[i], list->shown[index], &cell, m->now, selected,
                          m->link != TOP_LIVE);
                cell.column += widths[i] + 1;
        }
}

/* Why there is nothing. */
static void draw_empty(struct top_model *m, const struct top_pen *pen, const struct top_area *area) {
        const struct top_list *list = top_model_list(m);
        size_t row = area->row + MIN(area->height - 1, (size_t) 2), width = area->width - 2;

        if (area->height < 2)
                return;
        if (*m->notes[m->view])
                top_pen_text(pen, row, area->column + 2, width, TOP_PAINT_NOTICE, m->notes[m->view]);
        else if (list->n_rows > 0)
                top_pen_print(pen, row, area->column + 2, width, TOP_PAINT_DIM,
                              "Nothing has \"%s\" in it. Esc clears the filter.",
                              list->filter);
        else if (!m->status)
                top_pen_text(pen, row, area->column + 2, width, TOP_PAINT_DIM, "Waiting for lanscoped");
        else
                top_pen_print(pen, row, area->column + 2, width, TOP_PAINT_DIM, "No %s.", top_view_to_string(m->view));
}

void top_table_draw(struct top_model *m, const struct top_pen *pen, const struct top_area *area) {
        struct top_list *list = top_model_list(m);
        size_t widths[TOP_COLUMNS_MAX];

        if (area->height == 0)
                return;
        m->page = MAX(area->height - 1, (size_t) 1);
        top_list_scroll(list, area->height - 1);
        top_list_layout(list, area->width, widths);
        draw_titles(pen, list, area, widths);
        for (size_t line = 1; line < area->height && list->offset + line - 1 < list->n_shown; line++)
                draw_row(m, pen, area, line, list->offset + line - 1, widths);
        if (list->n_shown == 0)
                draw_empty(m, pen, area);
}

void top_menu_draw(struct top_model *m, const struct top_pen *pen, const struct top_area *area) {
        const struct top_list *list = top_model_list(m);
        size_t line = 1, width = MIN(area->width, (size_t) 20);

        top_pen_cell(pen, area->row, area->column, width, TOP_PAINT_TAB, false, "Sort by");
        for (size_t i = 0; i < list->kind->n_columns && line < area->height; i++) {
                const struct top_column *c = &list->kind->columns[i];
                char text[64];

                /* In a table that is lower than the menu it scrolls. */
                if (!c->compare || (m->menu >= area->height - 1 && i + area->height < m->menu + 3))
                        continue;
                snprintf(text, sizeof text, " %c %s", c->letter ? c->letter : ' ', c->title);
                top_pen_cell(pen, area->row + line, area->column, width, i == m->menu ? TOP_PAINT_SELECTED :
                             TOP_PAINT_NONE, false, text);
                top_pen_text(pen, area->row + line, area->column + width - 1, 1, TOP_PAINT_DIM, "│");
                line++;
        }
}
