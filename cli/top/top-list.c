/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A table that keeps its place while its rows are replaced under it once a second. */

#include "cli/top/top-list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <wctype.h>

#include "common/escape.h"

void top_list_init(struct top_list *list, const struct top_kind *kind) {
        *list = (struct top_list) { .kind = kind, .sort = kind->sort };
}

static void free_rows(const struct top_kind *kind, struct top_row **rows, size_t n) {
        for (size_t i = 0; i < n; i++)
                kind->free(rows[i]);
        free(rows);
}

void top_list_done(struct top_list *list) {
        free_rows(list->kind, list->rows, list->n_rows);
        free(list->shown);
        free(list->chosen);
        *list = (struct top_list) { .kind = list->kind };
}

/* Letters as they are compared. What is not UTF-8 stands for itself. */
static size_t fold(const char *s, size_t length, uint32_t *ret) {
        size_t n = text_decode((const uint8_t *) s, length, ret);

        if (n == 0) {
                *ret = UINT32_C(0x110000) + (uint8_t) *s;
                return 1;
        }
        *ret = (uint32_t) towlower((wint_t) *ret);
        return n;
}

static bool begins_with(const char *text, size_t left, const char *word, size_t length) {
        uint32_t a, b;

        while (length > 0) {
                size_t n = fold(word, length, &b), m;

                if (left == 0)
                        return false;
                m = fold(text, left, &a);
                if (a != b)
                        return false;
                word += n;
                length -= n;
                text += m;
                left -= m;
        }
        return true;
}

static bool has_word(const char *text, const char *word, size_t length) {
        size_t left = strlen(text);
        uint32_t c;

        for (size_t n; left > 0; text += n, left -= n) {
                if (begins_with(text, left, word, length))
                        return true;
                n = fold(text, left, &c);
        }
        return false;
}

bool top_text_matches(const char *text, const char *words) {
        for (;;) {
                size_t length;

                words += strspn(words, " ");
                length = strcspn(words, " ");
                if (length == 0)
                        return true;
                if (!has_word(text, words, length))
                        return false;
                words += length;
        }
}

static bool row_matches(const struct top_list *list, const struct top_row *row, const char *words, uint64_t now) {
        char text[8 * TOP_CELL_MAX];
        struct strbuf b = STRBUF(text);

        if (!*words)
                return true;
        for (size_t i = 0; i < list->kind->n_columns; i++) {
                if (list->kind->columns[i].format)
                        list->kind->columns[i].format(row, now, &b);
                strbuf_char(&b, '\n'); /* no word has it: nothing matches across cells */
        }
        if (list->kind->more)
                list->kind->more(row, &b);
        return top_text_matches(text, words);
}

static int compare_rows(const void *a, const void *b, void *userdata) {
        const struct top_row *x = *(struct top_row *const *) a, *y = *(struct top_row *const *) b;
        const struct top_list *list = userdata;
        const struct top_column *column = &list->kind->columns[list->sort];
        int r = column->compare(x, y);

        if (r != 0)
                return column->greatest_first != list->invert ? -r : r;
        return strcmp(x->id, y->id);
}

/* Where the chosen row is now, or n_shown. */
static size_t find_chosen(const struct top_list *list) {
        for (size_t i = 0; list->chosen && i < list->n_shown; i++)
                if (strcmp(list->shown[i]->id, list->chosen) == 0)
                        return i;
        return list->n_shown;
}

static void choose(struct top_list *list) {
        free(list->chosen);
        list->chosen = list->n_shown > 0 ? strdup(list->shown[list->selected]->id) : NULL;
}

void top_list_arrange(struct top_list *list, uint64_t now) {
        size_t at;

        list->n_shown = 0;
        for (size_t i = 0; i < list->n_rows; i++)
                if (row_matches(list, list->rows[i], list->filter, now))
                        list->shown[list->n_shown++] = list->rows[i];
        if (list->n_shown > 0)
                qsort_r(list->shown, list->n_shown, sizeof *list->shown, compare_rows, list);
        at = find_chosen(list);
        if (!list->chosen)
                list->selected = 0;
        else if (at < list->n_shown)
                list->selected = at;
        else {
                list->selected = list->n_shown > 0 ? MIN(list->selected, list->n_shown - 1) : 0;
                choose(list);
        }
}

int top_list_set_rows(struct top_list *list, struct top_row **rows, size_t n, uint64_t now) {
        struct top_row **shown = calloc(MAX(n, (size_t) 1), sizeof *shown);

        if (!shown) {
                free_rows(list->kind, rows, n);
                return -ENOMEM;
        }
        free_rows(list->kind, list->rows, list->n_rows);
        free(list->shown);
        list->rows = rows;
        list->n_rows = n;
        list->shown = shown;
        top_list_arrange(list, now);
        return 0;
}

struct top_row *top_list_selected(const struct top_list *list) {
        return list->n_shown > 0 ? list->shown[list->selected] : NULL;
}

void top_list_select(struct top_list *list, long index) {
        if (list->n_shown == 0)
                return;
        list->selected = index < 0 ? 0 : MIN((size_t) index, list->n_shown - 1);
        choose(list);
}

void top_list_select_first(struct top_list *list) {
        free(list->chosen);
        list->chosen = NULL;
        list->selected = 0;
}

void top_list_scroll(struct top_list *list, size_t height) {
        size_t last = list->n_shown > height ? list->n_shown - height : 0;

        if (height == 0)
                return;
        if (list->selected < list->offset)
                list->offset = list->selected;
        else if (list->selected >= list->offset + height)
                list->offset = list->selected - height + 1;
        list->offset = MIN(list->offset, last);
}

bool top_list_search(struct top_list *list, const char *text, size_t from, uint64_t now) {
        for (size_t n = 0; n < list->n_shown; n++) {
                size_t i = (from + n) % list->n_shown;

                if (!row_matches(list, list->shown[i], text, now))
                        continue;
                top_list_select(list, (long) i);
                return true;
        }
        return false;
}

void top_list_sort_by(struct top_list *list, size_t column) {
        if (column >= list->kind->n_columns || !list->kind->columns[column].compare)
                return;
        list->invert = column == list->sort && !list->invert;
        list->sort = column;
}

size_t top_list_find_letter(const struct top_list *list, char letter) {
        size_t i;

        for (i = 0; i < list->kind->n_columns; i++)
                if (list->kind->columns[i].letter == letter)
                        break;
        return i;
}

static size_t total_width(const size_t *widths, size_t n) {
        size_t sum = 0;

        for (size_t i = 0; i < n; i++)
                if (widths[i] > 0)
                        sum += widths[i] + (sum > 0);
        return sum;
}

/* Leaves out the column that is best missed. False: none of those that are left may go. */
static bool leave_out(const struct top_kind *kind, size_t *widths) {
        size_t worst = kind->n_columns;

        for (size_t i = 0; i < kind->n_columns; i++)
                if (widths[i] > 0 && kind->columns[i].drop > 0 &&
                    (worst == kind->n_columns || kind->columns[i].drop > kind->columns[worst].drop))
                        worst = i;
        if (worst == kind->n_columns)
                return false;
        widths[worst] = 0;
        return true;
}

/* A column a step, so that what is left is shared evenly. */
static void share_out(const struct top_kind *kind, size_t room, size_t *widths) {
        for (bool any = true; any && room > 0;) {
                any = false;
                for (size_t i = 0; i < kind->n_columns && room > 0; i++)
                        if (widths[i] > 0 && widths[i] < kind->columns[i].most) {
                                widths[i]++;
                                room--;
                                any = true;
                        }
        }
}

/* What may not go is cut, the widest first. */
static void squeeze(size_t n, size_t width, size_t *widths) {
        while (total_width(widths, n) > width) {
                size_t widest = 0;

                for (size_t i = 1; i < n; i++)
                        if (widths[i] > widths[widest])
                                widest = i;
                if (widths[widest] == 0)
                        return;
                widths[widest]--;
        }
}

void top_list_layout(const struct top_list *list, size_t width, size_t ret_widths[static TOP_COLUMNS_MAX]) {
        const struct top_kind *kind = list->kind;
        size_t total;

        for (size_t i = 0; i < kind->n_columns; i++)
                ret_widths[i] = kind->columns[i].width;
        while (total_width(ret_widths, kind->n_columns) > width && leave_out(kind, ret_widths))
                ;
        squeeze(kind->n_columns, width, ret_widths);
        total = total_width(ret_widths, kind->n_columns);
        share_out(kind, width > total ? width - total : 0, ret_widths);
}
