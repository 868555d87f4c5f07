/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "cli/top/top-pen.h"

/* A terminal of one line after the other: what was put where, a cell a column. */

#define ROWS 6
#define COLUMNS 16

static char cells[ROWS][COLUMNS][8];

static void put(size_t row, size_t column, const char *text, size_t length) {
        assert_true(row < ROWS && column < COLUMNS && length < sizeof cells[0][0]);
        memcpy(cells[row][column], text, length);
        cells[row][column][length] = '\0';
}

void top_terminal_put(size_t row, size_t column, enum top_paint paint _unused_, const char *text, size_t length) {
        while (length > 0) {
                size_t n = text_fit(text, 1), width = 1;

                if (n == 0) { /* takes two columns */
                        n = text_fit(text, 2);
                        width = 2;
                }
                assert_true(n > 0 && n <= length);
                put(row, column, text, n);
                if (width == 2)
                        put(row, column + 1, "", 0);
                column += width;
                text += n;
                length -= n;
        }
}

void top_terminal_fill(size_t row, size_t column, enum top_paint paint _unused_, size_t columns) {
        for (size_t i = 0; i < columns; i++)
                put(row, column + i, " ", 1);
}

static int setup(void **state _unused_) {
        for (size_t row = 0; row < ROWS; row++)
                for (size_t column = 0; column < COLUMNS; column++)
                        put(row, column, ".", 1);
        return 0;
}

static void check(size_t row, const char *wanted) {
        char line[8 * COLUMNS] = "";

        for (size_t column = 0; column < COLUMNS; column++)
                strcat(line, cells[row][column]);
        assert_string_equal(line, wanted);
}

static const struct screen utf8 = { .tty = true, .utf8 = true }, ascii = { .tty = true };

static void text_stays_where_it_belongs(void **state _unused_) {
        const struct top_pen pen = { &utf8 };

        assert_int_equal(top_pen_text(&pen, 0, 2, 5, TOP_PAINT_NONE, "abc"), 3);
        check(0, "..abc...........");
        assert_int_equal(top_pen_text(&pen, 1, 2, 5, TOP_PAINT_NONE, "abcdefgh"), 5);
        check(1, "..abcd….........");
        assert_int_equal(top_pen_text(&pen, 2, 2, 0, TOP_PAINT_NONE, "abc"), 0);
        check(2, "................");
        assert_int_equal(top_pen_text(&pen, 3, 0, 4, TOP_PAINT_NONE, "客厅电视"), 3); /* two and a half do not fit */
        check(3, "客….............");
        assert_int_equal(top_pen_text(&pen, 4, 0, 9, TOP_PAINT_NONE, "\033[1m"), 7);
        check(4, "\\x1b[1m.........");
        assert_int_equal(top_pen_text(&pen, 5, 0, 9, TOP_PAINT_NONE, "a\xcc\x88o"), 2); /* combines */
        check(5, "a\xcc\x88o..............");
}

static void cells_are_filled(void **state _unused_) {
        const struct top_pen pen = { &utf8 };

        top_pen_cell(&pen, 0, 1, 6, TOP_PAINT_NONE, false, "abc");
        check(0, ".abc   .........");
        top_pen_cell(&pen, 1, 1, 6, TOP_PAINT_NONE, true, "abc");
        check(1, ".   abc.........");
        top_pen_cell(&pen, 2, 1, 6, TOP_PAINT_NONE, true, "abcdefgh");
        check(2, ".abcde….........");
        top_pen_cell(&pen, 3, 1, 4, TOP_PAINT_NONE, false, "客厅电");
        check(3, ".客… ...........");
        top_pen_cell(&pen, 4, 1, 5, TOP_PAINT_NONE, true, "客厅");
        check(4, ". 客厅..........");
}

static void signs_have_letters_to_stand_for_them(void **state _unused_) {
        const struct top_pen pen = { &ascii };

        top_pen_cell(&pen, 0, 0, 3, TOP_PAINT_NONE, false, "●");
        check(0, "*  .............");
        top_pen_text(&pen, 1, 0, 4, TOP_PAINT_NONE, "abcdef");
        check(1, "abc~............");
        top_pen_text(&pen, 2, 0, 16, TOP_PAINT_NONE, "客");
        check(2, "\\xe5\\xae\\xa2....");
}

static void graphs_stand_on_the_ground(void **state _unused_) {
        static const uint64_t values[] = { 0, 1, 8, 16, 24, 32 };
        const struct top_pen pen = { &utf8 };

        top_pen_graph(&pen, &(const struct top_area) { 0, 1, 2, 8 }, TOP_PAINT_NONE, values, ELEMENTSOF(values), 0);
        check(0, ".      ▄█.......");
        check(1, ".   ▁▄███.......");
        check(2, "................");
}

static void graphs_show_the_newest_at_their_own_scale(void **state _unused_) {
        static const uint64_t values[] = { 1000000, 1, 2, 3, 4 };
        const struct top_pen pen = { &utf8 };

        top_pen_graph(&pen, &(const struct top_area) { 0, 0, 1, 4 }, TOP_PAINT_NONE, values, ELEMENTSOF(values), 0);
        check(0, "▂▄▆█............");
        top_pen_graph(&pen, &(const struct top_area) { 1, 0, 1, 4 }, TOP_PAINT_NONE, values, ELEMENTSOF(values), 1000);
        check(1, "▁▁▁▁............"); /* little is little, and not nothing */
        top_pen_graph(&pen, &(const struct top_area) { 2, 0, 1, 4 }, TOP_PAINT_NONE, values, 0, 0);
        check(2, "    ............");
        top_pen_graph(&(const struct top_pen) { &ascii }, &(const struct top_area) { 3, 0, 1, 4 }, TOP_PAINT_NONE, values,
                      ELEMENTSOF(values), 0);
        check(3, ".:|#............");
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup(text_stays_where_it_belongs, setup),
                cmocka_unit_test_setup(cells_are_filled, setup),
                cmocka_unit_test_setup(signs_have_letters_to_stand_for_them, setup),
                cmocka_unit_test_setup(graphs_stand_on_the_ground, setup),
                cmocka_unit_test_setup(graphs_show_the_newest_at_their_own_scale, setup),
        };

        setlocale(LC_CTYPE, "C.UTF-8");
        return cmocka_run_group_tests(tests, NULL, NULL);
}
