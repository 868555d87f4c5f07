/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cli/screen.h"
#include "common/macro.h"

/* Text in columns, cut to the width of the terminal. */

struct table;

#define TABLE_COLUMNS_MAX 16

struct table_column {
        const char *title;
        bool right;         /* numbers */
        unsigned min_width; /* may be cut down to this; 0: is never cut */
        unsigned drop;      /* 0: stays; 1: goes where cutting is not enough; above: shown only where there is room,
                             * the highest goes first */
};

/* `columns` must outlive the table. */
int table_new(struct table **ret, const struct table_column *columns, size_t n);
struct table *table_free(struct table *table);
DEFINE_CLEANUP(struct table *, table_free)

/* Fills the next cell, row by row. `text` is hostile and is escaped; "" shows as "-". */
int table_add(struct table *table, const struct screen *screen, enum style style, const char *text);
int table_printf(struct table *table, enum style style, const char *format, ...) _printf_(3, 4);

/* Prints it, with the titles if `legend`, each line behind `indent` spaces. */
void table_print(struct table *table, const struct screen *screen, bool legend, unsigned indent);
