/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "cli/top/top-list.h"

struct thing {
        struct top_row row;
        const char *name;
        int size;
};

static const struct thing *thing_of(const struct top_row *row) {
        return (const struct thing *) row;
}

static enum style format_name(const struct top_row *row, uint64_t now _unused_, struct strbuf *b) {
        strbuf_string(b, thing_of(row)->name);
        return STYLE_NONE;
}

static int compare_name(const struct top_row *a, const struct top_row *b) {
        return strcmp(thing_of(a)->name, thing_of(b)->name);
}

static enum style format_size(const struct top_row *row, uint64_t now _unused_, struct strbuf *b) {
        strbuf_printf(b, "%d", thing_of(row)->size);
        return STYLE_NONE;
}

static int compare_size(const struct top_row *a, const struct top_row *b) {
        return thing_of(a)->size - thing_of(b)->size;
}

static void thing_free(struct top_row *row) {
        free(row->id);
        free(row);
}

static const struct top_column columns[] = {
        { "NAME", 6, 20, 0, .letter = 'N', .format = format_name, .compare = compare_name },
        { "SIZE", 4, 0, 1, true, true, 'S', format_size, compare_size },
        { "EXTRA", 5, 8, 2, .format = format_size },
};

static const struct top_kind things = { .name = "Things", .columns = columns, .n_columns = 3, .sort = 1,
                                        .free = thing_free };

/* "name:size name:size"; the id is the name. */
static void set(struct top_list *list, const char *text) {
        struct top_row **rows = calloc(16, sizeof *rows);
        char copy[256], *rest = copy;
        size_t n = 0;

        strcpy(copy, text);
        for (const char *word; (word = strsep(&rest, " "));) {
                struct thing *t = calloc(1, sizeof *t);
                const char *colon = strchr(word, ':');

                t->row.id = strndup(word, (size_t) (colon - word));
                t->name = t->row.id;
                t->size = atoi(colon + 1);
                rows[n++] = &t->row;
        }
        assert_int_equal(top_list_set_rows(list, rows, n, 0), 0);
}

static void check_order(const struct top_list *list, const char *wanted) {
        char text[256] = "";

        for (size_t i = 0; i < list->n_shown; i++) {
                strcat(text, i > 0 ? " " : "");
                strcat(text, list->shown[i]->id);
        }
        assert_string_equal(text, wanted);
}

static const char *selected(const struct top_list *list) {
        return top_list_selected(list) ? top_list_selected(list)->id : NULL;
}

static int setup(void **state) {
        struct top_list *list = malloc(sizeof *list);

        top_list_init(list, &things);
        set(list, "b:2 a:1 d:4 c:2");
        *state = list;
        return 0;
}

static int teardown(void **state) {
        top_list_done(*state);
        free(*state);
        return 0;
}

static void rows_are_sorted_and_ties_have_one_order(void **state) {
        struct top_list *list = *state;

        check_order(list, "d b c a");
        list->invert = true;
        top_list_arrange(list, 0);
        check_order(list, "a b c d");
        top_list_sort_by(list, 0);
        top_list_arrange(list, 0);
        check_order(list, "a b c d");
        top_list_sort_by(list, 0); /* again: the other way round */
        top_list_arrange(list, 0);
        check_order(list, "d c b a");
        top_list_sort_by(list, 2); /* has no order */
        assert_int_equal(list->sort, 0);
        assert_int_equal(top_list_find_letter(list, 'S'), 1);
        assert_int_equal(top_list_find_letter(list, 'Q'), 3);
}

static void the_selected_row_stays_selected_wherever_it_goes(void **state) {
        struct top_list *list = *state;

        assert_string_equal(selected(list), "d");
        top_list_select(list, 2);
        assert_string_equal(selected(list), "c");
        set(list, "a:1 b:2 c:9 d:4 e:3");
        check_order(list, "c d e b a");
        assert_string_equal(selected(list), "c");
        assert_int_equal(list->selected, 0);
}

static void who_selects_nothing_sees_whatever_is_first(void **state) {
        struct top_list *list = *state;

        set(list, "a:9 b:2");
        assert_string_equal(selected(list), "a");
        top_list_select(list, 1);
        top_list_select_first(list);
        set(list, "a:1 b:2");
        assert_string_equal(selected(list), "b");
}

static void the_place_of_a_row_that_is_gone_is_kept(void **state) {
        struct top_list *list = *state;

        top_list_select(list, 1);
        set(list, "d:4 c:2 a:1");
        assert_string_equal(selected(list), "c");
        top_list_select(list, 99);
        assert_string_equal(selected(list), "a");
        set(list, "d:4 c:2");
        assert_string_equal(selected(list), "c");
        top_list_select(list, -99);
        assert_string_equal(selected(list), "d");
        assert_int_equal(top_list_set_rows(list, calloc(1, sizeof(void *)), 0, 0), 0);
        assert_null(selected(list));
        top_list_select(list, 1);
        assert_null(selected(list));
}

static void a_filter_wants_all_words_in_any_case(void **state) {
        struct top_list *list = *state;

        set(list, "Printer:12 Ärger:2 客厅:12 PRINT:3");
        strcpy(list->filter, "print");
        top_list_arrange(list, 0);
        check_order(list, "Printer PRINT");
        strcpy(list->filter, " print  12 ");
        top_list_arrange(list, 0);
        check_order(list, "Printer");
        strcpy(list->filter, "ärg");
        top_list_arrange(list, 0);
        check_order(list, "Ärger");
        strcpy(list->filter, "厅");
        top_list_arrange(list, 0);
        check_order(list, "客厅");
        strcpy(list->filter, "Printer12"); /* not across cells */
        top_list_arrange(list, 0);
        check_order(list, "");
        assert_false(top_text_matches("not \xff utf-8", "\xfe"));
        assert_true(top_text_matches("not \xff utf-8", "\xff UTF"));
        assert_false(top_text_matches("客", "\xe5")); /* half a character */
}

static void search_goes_on_around_the_end(void **state) {
        struct top_list *list = *state;

        set(list, "aa:4 ab:3 ba:2 bb:1");
        assert_true(top_list_search(list, "B", 0, 0));
        assert_string_equal(selected(list), "ab");
        assert_true(top_list_search(list, "a", 3, 0));
        assert_string_equal(selected(list), "aa");
        assert_false(top_list_search(list, "x", 0, 0));
        assert_string_equal(selected(list), "aa");
}

static void the_selected_row_is_on_the_screen(void **state) {
        struct top_list *list = *state;

        top_list_scroll(list, 2);
        assert_int_equal(list->offset, 0);
        top_list_select(list, 3);
        top_list_scroll(list, 2);
        assert_int_equal(list->offset, 2);
        top_list_select(list, 1);
        top_list_scroll(list, 2);
        assert_int_equal(list->offset, 1);
        top_list_scroll(list, 10); /* a larger screen: no blank lines while there are rows */
        assert_int_equal(list->offset, 0);
        top_list_scroll(list, 0);
}

static void check_layout(struct top_list *list, size_t width, size_t name, size_t size, size_t extra) {
        size_t widths[TOP_COLUMNS_MAX];

        top_list_layout(list, width, widths);
        assert_int_equal(widths[0], name);
        assert_int_equal(widths[1], size);
        assert_int_equal(widths[2], extra);
}

static void columns_take_what_room_there_is(void **state) {
        check_layout(*state, 17, 6, 4, 5);
        check_layout(*state, 16, 11, 4, 0); /* the one of least use goes, and leaves its room */
        check_layout(*state, 11, 6, 4, 0);
        check_layout(*state, 10, 10, 0, 0);
        check_layout(*state, 3, 3, 0, 0);
        check_layout(*state, 20, 8, 4, 6);
        check_layout(*state, 200, 20, 4, 8);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(rows_are_sorted_and_ties_have_one_order, setup, teardown),
                cmocka_unit_test_setup_teardown(the_selected_row_stays_selected_wherever_it_goes, setup, teardown),
                cmocka_unit_test_setup_teardown(who_selects_nothing_sees_whatever_is_first, setup, teardown),
                cmocka_unit_test_setup_teardown(the_place_of_a_row_that_is_gone_is_kept, setup, teardown),
                cmocka_unit_test_setup_teardown(a_filter_wants_all_words_in_any_case, setup, teardown),
                cmocka_unit_test_setup_teardown(search_goes_on_around_the_end, setup, teardown),
                cmocka_unit_test_setup_teardown(the_selected_row_is_on_the_screen, setup, teardown),
                cmocka_unit_test_setup_teardown(columns_take_what_room_there_is, setup, teardown),
        };

        setlocale(LC_CTYPE, "C.UTF-8");
        return cmocka_run_group_tests(tests, NULL, NULL);
}
