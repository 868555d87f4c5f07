/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* What stands where on a terminal of a given size. */

#define TOP_ROWS_MIN 10
#define TOP_COLUMNS_MIN 40

struct top_area {
        size_t row, column, height, width; /* height 0: not shown */
};

struct top_layout {
        bool fits;
        struct top_area status, counts, graph, tabs, table, detail, keys; /* the table's first line are its titles */
};

void top_layout_compute(size_t rows, size_t columns, bool detail, struct top_layout *ret);
