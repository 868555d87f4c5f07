/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Text in columns. A table too wide for the terminal first loses its optional columns, then its wordiest
 * columns are cut. */

#include "cli/table.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define GAP 2 /* columns between columns */

struct cell {
        const char *text; /* owned by the table, titles excepted */
        enum style style;
};

struct table {
        const struct table_column *columns;
        size_t n_columns;
        struct cell *cells; /* row by row */
        size_t n_cells, allocated;
};

int table_new(struct table **ret, const struct table_column *columns, size_t n) {
        struct table *t;

        if (n > TABLE_COLUMNS_MAX)
                return -E2BIG;
        t = calloc(1, sizeof *t);
        if (!t)
                return -ENOMEM;
        t->columns = columns;
        t->n_columns = n;
        *ret = t;
        return 0;
}

struct table *table_free(struct table *t) {
        if (!t)
                return NULL;
        for (size_t i = 0; i < t->n_cells; i++)
                free((void *) t->cells[i].text);
        free(t->cells);
        free(t);
        return NULL;
}

/* Takes `text` over. */
static int append(struct table *t, enum style style, char *text) {
        if (!text)
                return -ENOMEM;
        if (t->n_cells == t->allocated) {
                size_t n = t->allocated ? 2 * t->allocated : 256;
                struct cell *cells = reallocarray(t->cells, n, sizeof *cells);

                if (!cells) {
                        free(text);
                        return -ENOMEM;
                }
                t->cells = cells;
                t->allocated = n;
        }
        t->cells[t->n_cells++] = (struct cell) { text, style };
        return 0;
}

int table_add(struct table *t, const struct screen *screen, enum style style, const char *text) {
        if (!text || !*text)
                return append(t, STYLE_DIM, strdup("-"));
        return append(t, style, screen_text(screen, text));
}

int table_printf(struct table *t, enum style style, const char *format, ...) {
        char *text;
        va_list ap;
        int r;

        va_start(ap, format);
        r = vasprintf(&text, format, ap);
        va_end(ap);
        return append(t, style, r < 0 ? NULL : text);
}

static void measure(const struct table *t, bool legend, size_t *ret_widths) {
        for (size_t i = 0; i < t->n_columns; i++)
                ret_widths[i] = legend ? strlen(t->columns[i].title) : 1;
        for (size_t i = 0; i < t->n_cells; i++) {
                size_t width = text_width(t->cells[i].text), *max = &ret_widths[i % t->n_columns];

                *max = MAX(*max, width);
        }
}

static size_t total_width(const struct table *t, const size_t *widths) {
        size_t sum = 0;

        for (size_t i = 0; i < t->n_columns; i++)
                if (widths[i] > 0)
                        sum += widths[i] + (sum > 0 ? GAP : 0);
        return sum;
}

/* The column of rank `floor` or more that is best given up, or none: n_columns. */
static size_t find_droppable(const struct table *t, const size_t *widths, unsigned floor) {
        size_t best = t->n_columns;

        for (size_t i = 0; i < t->n_columns; i++)
                if (widths[i] > 0 && t->columns[i].drop >= floor &&
                    (best == t->n_columns || t->columns[i].drop > t->columns[best].drop))
                        best = i;
        return best;
}

static size_t find_widest(const struct table *t, const size_t *widths) {
        size_t best = t->n_columns;

        for (size_t i = 0; i < t->n_columns; i++)
                if (t->columns[i].min_width > 0 && widths[i] > t->columns[i].min_width &&
                    (best == t->n_columns || widths[i] > widths[best]))
                        best = i;
        return best;
}

static void cut(const struct table *t, size_t limit, size_t *widths) {
        size_t i;

        while (total_width(t, widths) > limit && (i = find_widest(t, widths)) < t->n_columns)
                widths[i]--;
}

/* A single long name must not cost all rows a column: what can be cut counts with a comfortable width. */
static void comfort(const struct table *t, const size_t *widths, size_t *ret) {
        for (size_t i = 0; i < t->n_columns; i++) {
                size_t enough = t->columns[i].min_width > 0 ? 2 * t->columns[i].min_width + 4 : widths[i];

                ret[i] = MIN(widths[i], enough);
        }
}

static void fit(const struct table *t, size_t limit, size_t *widths) {
        size_t full[TABLE_COLUMNS_MAX], wanted[TABLE_COLUMNS_MAX], i;

        comfort(t, widths, wanted);
        while (total_width(t, wanted) > limit && (i = find_droppable(t, widths, 2)) < t->n_columns)
                wanted[i] = widths[i] = 0;
        memcpy(full, widths, sizeof full);
        cut(t, limit, widths);
        while (total_width(t, widths) > limit && (i = find_droppable(t, full, 1)) < t->n_columns) {
                full[i] = 0;
                memcpy(widths, full, sizeof full);
                cut(t, limit, widths);
        }
}

static void print_cell(const struct screen *screen, const struct cell *cell, size_t width, bool right, bool last) {
        size_t taken = text_width(cell->text), length = strlen(cell->text);
        const char *dots = "";

        if (taken > width) {
                dots = screen->utf8 ? "…" : "~";
                length = text_fit(cell->text, width - 1);
                taken = width;
        }
        if (right)
                printf("%*s", (int) (width - taken), "");
        if (cell->style != STYLE_NONE)
                fputs(screen_style(screen, cell->style), stdout);
        fwrite(cell->text, 1, length, stdout);
        fputs(dots, stdout);
        if (cell->style != STYLE_NONE)
                fputs(screen_style(screen, STYLE_NONE), stdout);
        if (!right && !last)
                printf("%*s", (int) (width - taken), "");
}

static void print_row(const struct table *t, const struct screen *screen, const struct cell *cells, const size_t *widths,
                      unsigned indent) {
        size_t last = t->n_columns;

        while (last > 0 && widths[last - 1] == 0)
                last--;
        printf("%*s", (int) indent, "");
        for (size_t i = 0; i < last; i++) {
                if (widths[i] == 0)
                        continue;
                print_cell(screen, &cells[i], widths[i], t->columns[i].right, i + 1 == last);
                if (i + 1 < last)
                        printf("%*s", GAP, "");
        }
        putchar('\n');
}

static void print_titles(const struct table *t, const struct screen *screen, const size_t *widths, unsigned indent) {
        struct cell cells[TABLE_COLUMNS_MAX];

        for (size_t i = 0; i < t->n_columns; i++)
                cells[i] = (struct cell) { t->columns[i].title, STYLE_HEAD };
        print_row(t, screen, cells, widths, indent);
}

void table_print(struct table *t, const struct screen *screen, bool legend, unsigned indent) {
        size_t widths[TABLE_COLUMNS_MAX] = { 0 };

        measure(t, legend, widths);
        if (screen->columns > 0)
                fit(t, screen->columns > indent ? screen->columns - indent : 1, widths);
        if (legend)
                print_titles(t, screen, widths, indent);
        for (size_t i = 0; i + t->n_columns <= t->n_cells; i += t->n_columns)
                print_row(t, screen, &t->cells[i], widths, indent);
}
