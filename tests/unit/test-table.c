/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include <errno.h>
#include <locale.h>
#include <stdlib.h>

#include "cli/table.h"

static const struct table_column columns[] = {
        { "NAME", .min_width = 6 },
        { "N", .right = true },
        { "EXTRA", .drop = 2 },
        { "LAST", .min_width = 4, .drop = 1 },
};

/* What the table looks like on a terminal of so many columns. The caller frees. */
static char *printed(unsigned width, bool utf8, const char *name) {
        struct screen screen = { .columns = width, .utf8 = utf8 };
        FILE *real = stdout;
        struct table *t;
        char *text = NULL;
        size_t length;

        assert_int_equal(table_new(&t, columns, ELEMENTSOF(columns)), 0);
        table_add(t, &screen, STYLE_BOLD, name);
        table_printf(t, STYLE_NONE, "%d", 7);
        table_add(t, &screen, STYLE_NONE, "");
        table_add(t, &screen, STYLE_NONE, "last");
        stdout = open_memstream(&text, &length);
        table_print(t, &screen, true, 0);
        fclose(stdout);
        stdout = real;
        table_free(t);
        return text;
}

static void check(unsigned width, bool utf8, const char *name, const char *wanted) {
        char *text = printed(width, utf8, name);

        assert_string_equal(text, wanted);
        free(text);
}

static void all_columns_are_aligned(void **state _unused_) {
        check(0, true, "printer", "NAME     N  EXTRA  LAST\nprinter  7  -      last\n");
}

static void wide_characters_take_two_columns(void **state _unused_) {
        check(0, true, "客厅", "NAME  N  EXTRA  LAST\n客厅  7  -      last\n");
        check(0, true, "Küche", "NAME   N  EXTRA  LAST\nKüche  7  -      last\n");
}

static void what_does_not_fit_is_left_out_then_cut(void **state _unused_) {
        check(22, true, "printer", "NAME     N  LAST\nprinter  7  last\n");
        check(16, true, "printer-2", "NAME     N  LAST\nprinte…  7  last\n");
        check(16, false, "printer-2", "NAME     N  LAST\nprinte~  7  last\n");
        check(10, true, "printer-2", "NAME     N\nprinte…  7\n");
        check(16, true, "客厅电视机", "NAME     N  LAST\n客厅电…  7  last\n");
}

static void cells_are_escaped(void **state _unused_) {
        check(0, true, "a\033[2Jb", "NAME       N  EXTRA  LAST\na\\x1b[2Jb  7  -      last\n");
}

static void text_is_cut_at_whole_characters(void **state _unused_) {
        assert_int_equal(text_width("a客b"), 4);
        assert_int_equal(text_fit("a客b", 3), 4);
        assert_int_equal(text_fit("a客b", 2), 1);
        assert_int_equal(text_fit("a客b", 0), 0);
        assert_int_equal(text_fit("abc", 9), 3);
        /* a letter and the accent that combines with it */
        assert_int_equal(text_width("e\xcc\x81x"), 2);
        assert_int_equal(text_fit("e\xcc\x81x", 1), 3);
}

static void terminal_without_utf8_gets_ascii(void **state _unused_) {
        struct screen screen = { .utf8 = false };
        char *text = screen_text(&screen, "K\xc3\xbc\\");

        assert_string_equal(text, "K\\xc3\\xbc\\\\");
        free(text);
}

static void check_wrapped(unsigned width, unsigned indent, const char *sentence, const char *wanted) {
        struct screen screen = { .columns = width, .utf8 = true };
        FILE *real = stdout;
        char *text = NULL;
        size_t length;

        stdout = open_memstream(&text, &length);
        screen_wrap(&screen, indent, sentence);
        fclose(stdout);
        stdout = real;
        assert_string_equal(text, wanted);
        free(text);
}

static void sentences_are_broken_between_words(void **state _unused_) {
        check_wrapped(12, 2, "one two three", "one two\n  three");
        check_wrapped(11, 2, "eins zwei 客厅", "eins zwei\n  客厅");
        check_wrapped(8, 2, "unbreakable word", "unbreakable\n  word");
        check_wrapped(0, 2, "one two\033 three", "one two\\x1b three");
        check_wrapped(80, 0, "", "");
}

static void too_many_columns_are_refused(void **state _unused_) {
        struct table *t = NULL;

        assert_int_equal(table_new(&t, columns, TABLE_COLUMNS_MAX + 1), -E2BIG);
        assert_null(t);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(all_columns_are_aligned),
                cmocka_unit_test(wide_characters_take_two_columns),
                cmocka_unit_test(what_does_not_fit_is_left_out_then_cut),
                cmocka_unit_test(cells_are_escaped),
                cmocka_unit_test(text_is_cut_at_whole_characters),
                cmocka_unit_test(terminal_without_utf8_gets_ascii),
                cmocka_unit_test(sentences_are_broken_between_words),
                cmocka_unit_test(too_many_columns_are_refused),
        };

        if (!setlocale(LC_CTYPE, "C.UTF-8"))
                return 77;
        return cmocka_run_group_tests(tests, NULL, NULL);
}
