/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The areas of the screen: from the top down, what is left is the table's. */

#include "cli/top/top-layout.h"

#include "common/macro.h"

#define BESIDE_MIN 140  /* columns for a table and a pane side by side */
#define BELOW_MIN 12    /* lines for a table and a pane, one below the other */

static size_t graph_height(size_t rows) {
        return rows < 16 ? 1 : rows < 30 ? 2 : rows < 45 ? 3 : 5;
}

static struct top_area take_lines(size_t *row, size_t columns, size_t height) {
        struct top_area area = { *row, 0, height, columns };

        *row += height;
        return area;
}

static void split(struct top_layout *l) {
        size_t left;

        l->detail = l->table;
        if (l->table.width >= BESIDE_MIN) {
                left = l->table.width * 3 / 5;
                l->table.width = left;
                l->detail.column = left + 1;
                l->detail.width -= left + 1;
        } else if (l->table.height >= BELOW_MIN) {
                left = l->table.height * 2 / 5;
                l->table.height = left;
                l->detail.row += left;
                l->detail.height -= left;
        } else
                l->table.height = 0;
}

void top_layout_compute(size_t rows, size_t columns, bool detail, struct top_layout *ret) {
        size_t row = 0;

        *ret = (struct top_layout) { .fits = rows >= TOP_ROWS_MIN && columns >= TOP_COLUMNS_MIN };
        if (!ret->fits)
                return;
        ret->status = take_lines(&row, columns, 1);
        ret->counts = take_lines(&row, columns, rows >= 16);
        ret->graph = take_lines(&row, columns, graph_height(rows));
        ret->tabs = take_lines(&row, columns, 1);
        ret->table = take_lines(&row, columns, rows - row - 1);
        ret->keys = take_lines(&row, columns, 1);
        if (detail)
                split(ret);
}
