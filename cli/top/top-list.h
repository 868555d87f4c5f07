/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/screen.h"
#include "common/macro.h"
#include "common/strbuf.h"

/* Rows of one kind (devices, flows, alerts): those that the filter lets through, in order, with one of them selected.
 * Knows neither terminal nor bus. */

#define TOP_COLUMNS_MAX 16
#define TOP_FILTER_MAX 128
#define TOP_CELL_MAX 512

/* The beginning of each kind's own structure. */
struct top_row {
        char *id; /* of the thing that it tells of: the same in the next picture; owned */
};

struct top_column {
        const char *title;
        uint8_t width;       /* that it needs */
        uint8_t most;        /* that it has a use for; 0: no more than `width` */
        uint8_t drop;        /* 0: never left out; else the greatest goes first */
        bool right;
        bool greatest_first; /* when sorted */
        char letter;         /* key that sorts by it; 0: none */
        /* The text as it was heard, not escaped. `now`: us since the epoch. */
        enum style (*format)(const struct top_row *row, uint64_t now, struct strbuf *b);
        int (*compare)(const struct top_row *a, const struct top_row *b);
        /* Instead of `format`: numbers to draw a little graph of, oldest first. */
        size_t (*values)(const struct top_row *row, const uint32_t **ret);
};

struct top_kind {
        const char *name;
        const struct top_column *columns;
        size_t n_columns;
        size_t sort; /* the column to begin with */
        /* What a filter finds beside the columns; may be NULL. */
        void (*more)(const struct top_row *row, struct strbuf *b);
        void (*free)(struct top_row *row);
};

struct top_list {
        const struct top_kind *kind;
        struct top_row **rows;  /* all; owned */
        size_t n_rows;
        struct top_row **shown; /* borrowed from `rows` */
        size_t n_shown;
        size_t sort;
        bool invert;
        char filter[TOP_FILTER_MAX]; /* words that must all be there, in whatever case */
        char *chosen;           /* id of the selected row; NULL: the first, whichever that is */
        size_t selected, offset; /* of `shown`; the first one on the screen */
};

void top_list_init(struct top_list *list, const struct top_kind *kind);
void top_list_done(struct top_list *list);

/* Replaces all rows; takes array and rows over, also on failure. -ENOMEM. */
int top_list_set_rows(struct top_list *list, struct top_row **rows, size_t n, uint64_t now);
/* Filters and sorts anew. The selected row stays selected wherever it goes; when it is gone, what took its place. */
void top_list_arrange(struct top_list *list, uint64_t now);

/* NULL: there are none. */
struct top_row *top_list_selected(const struct top_list *list);
/* Beyond either end is the end. */
void top_list_select(struct top_list *list, long index);
/* The first, and whatever will be the first. */
void top_list_select_first(struct top_list *list);
/* Moves the rows on the screen, `height` of them, so that the selected one is there. */
void top_list_scroll(struct top_list *list, size_t height);
/* Selects the next row with `text` in it, from `from` on and around the end. */
bool top_list_search(struct top_list *list, const char *text, size_t from, uint64_t now);

/* By the column that it is sorted by already: the other way round. */
void top_list_sort_by(struct top_list *list, size_t column);
/* The number of the column with this letter; n_columns: none has it. */
size_t top_list_find_letter(const struct top_list *list, char letter);

/* How wide each column is drawn when there is room for `width` in all, with a blank between them; 0: left out. */
void top_list_layout(const struct top_list *list, size_t width, size_t ret_widths[static TOP_COLUMNS_MAX]);

/* Are all words of `words` in `text`? Letters in either case are the same. */
bool top_text_matches(const char *text, const char *words);
