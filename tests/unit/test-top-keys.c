/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "cli/top/top-keys.h"

/* Five devices: a to e, of which e is the largest. */
static int setup(void **state) {
        struct json_object *list = json_tokener_parse(
                "[{\"id\":\"1\",\"name\":\"a\",\"traffic\":{\"bytes_sent\":1}},{\"id\":\"2\",\"name\":\"b\",\"traffic\":{\"bytes_sent\":2}},"
                "{\"id\":\"3\",\"name\":\"c\",\"traffic\":{\"bytes_sent\":3}},{\"id\":\"4\",\"name\":\"d\",\"traffic\":{\"bytes_sent\":4}},"
                "{\"id\":\"5\",\"name\":\"äx\",\"traffic\":{\"bytes_sent\":5}}]");
        struct top_model *m = malloc(sizeof *m);

        top_model_init(m);
        m->page = 2;
        assert_int_equal(top_model_take_devices(m, list, 1), 0);
        json_object_put(list);
        *state = m;
        return 0;
}

static int teardown(void **state) {
        top_model_done(*state);
        free(*state);
        return 0;
}

static void press(struct top_model *m, uint32_t key) {
        assert_int_equal(top_keys_press(m, key), TOP_GO_ON);
}

static void type(struct top_model *m, const char *text) {
        for (; *text; text++)
                press(m, (unsigned char) *text);
}

static const char *selected(struct top_model *m) {
        return top_list_selected(top_model_list(m))->id;
}

static void arrows_and_pages_move(void **state) {
        struct top_model *m = *state;

        assert_string_equal(selected(m), "5");
        press(m, TOP_KEY_UP);
        assert_string_equal(selected(m), "5");
        press(m, TOP_KEY_DOWN);
        assert_string_equal(selected(m), "4");
        press(m, TOP_KEY_PAGE_DOWN);
        assert_string_equal(selected(m), "2");
        press(m, TOP_KEY_PAGE_DOWN);
        assert_string_equal(selected(m), "1");
        press(m, TOP_KEY_PAGE_UP);
        assert_string_equal(selected(m), "3");
        press(m, TOP_KEY_END);
        assert_string_equal(selected(m), "1");
        press(m, TOP_KEY_HOME);
        assert_string_equal(selected(m), "5");
        press(m, 'j');
        press(m, 'k');
        assert_string_equal(selected(m), "5");
}

static void views_come_round(void **state) {
        struct top_model *m = *state;

        press(m, TOP_KEY_TAB);
        assert_int_equal(m->view, TOP_FLOWS);
        press(m, TOP_KEY_TAB);
        assert_int_equal(m->view, TOP_TALKERS);
        press(m, TOP_KEY_TAB);
        press(m, TOP_KEY_TAB);
        assert_int_equal(m->view, TOP_DEVICES);
        press(m, TOP_KEY_BACK_TAB);
        assert_int_equal(m->view, TOP_ALERTS);
        press(m, '2');
        assert_int_equal(m->view, TOP_FLOWS);
        press(m, TOP_KEY_DOWN); /* nothing there */
        press(m, '1');
        assert_int_equal(m->view, TOP_DEVICES);
}

static void letters_sort_and_invert(void **state) {
        struct top_model *m = *state;

        press(m, 'N');
        assert_string_equal(top_model_list(m)->shown[0]->id, "1");
        press(m, 'N');
        assert_string_equal(top_model_list(m)->shown[0]->id, "5");
        press(m, 'I');
        assert_string_equal(top_model_list(m)->shown[0]->id, "1");
        press(m, 'M');
        assert_string_equal(top_model_list(m)->shown[0]->id, "5");
        press(m, 'Q'); /* no column */
        assert_string_equal(top_model_list(m)->shown[0]->id, "5");
}

static void a_filter_works_while_it_is_typed(void **state) {
        struct top_model *m = *state;
        struct top_list *list = top_model_list(m);

        press(m, '/');
        assert_int_equal(m->mode, TOP_FILTER);
        type(m, "q"); /* no key of browsing */
        assert_int_equal(list->n_shown, 0);
        press(m, TOP_KEY_BACKSPACE);
        assert_int_equal(list->n_shown, 5);
        press(m, 0xc4); /* Ä */
        assert_int_equal(list->n_shown, 1);
        press(m, TOP_KEY_BACKSPACE); /* all of its bytes */
        assert_string_equal(m->typed, "");
        type(m, "b");
        press(m, TOP_KEY_ENTER);
        assert_int_equal(m->mode, TOP_BROWSE);
        assert_string_equal(list->filter, "b");
        press(m, TOP_KEY_F4);
        type(m, "zzz");
        assert_int_equal(list->n_shown, 0);
        press(m, TOP_KEY_ESCAPE); /* back to the one before */
        assert_string_equal(list->filter, "b");
        press(m, TOP_KEY_ESCAPE);
        assert_string_equal(list->filter, "");
        assert_int_equal(list->n_shown, 5);
}

static void what_is_typed_is_bounded_and_harmless(void **state) {
        struct top_model *m = *state;

        press(m, '/');
        for (int i = 0; i < 300; i++)
                press(m, 0x1f600); /* four bytes */
        assert_true(strlen(m->typed) < TOP_FILTER_MAX);
        assert_int_equal(strlen(m->typed) % 4, 0);
        press(m, 0x15);
        assert_string_equal(m->typed, "");
        press(m, 0x202e);
        press(m, 0x9b);
        press(m, TOP_KEY_F2); /* does what it does elsewhere */
        assert_string_equal(m->typed, "");
        assert_true(m->detail);
}

static void search_finds_the_next(void **state) {
        struct top_model *m = *state;

        press(m, 'N');
        press(m, TOP_KEY_F3);
        type(m, "c");
        assert_string_equal(selected(m), "3");
        type(m, "zz");
        assert_string_equal(selected(m), "3");
        assert_string_equal(m->message, "Nothing found");
        press(m, 0x15);
        assert_string_equal(m->message, "");
        type(m, "B"); /* total sizes have it, too: "2 B" */
        assert_string_equal(selected(m), "3");
        press(m, TOP_KEY_F3);
        assert_string_equal(selected(m), "4");
        press(m, TOP_KEY_ENTER);
        assert_int_equal(m->mode, TOP_BROWSE);
}

static void the_menu_offers_what_can_be_sorted(void **state) {
        struct top_model *m = *state;
        size_t sort = top_model_list(m)->sort;

        press(m, TOP_KEY_F6);
        assert_int_equal(m->menu, sort);
        press(m, TOP_KEY_DOWN); /* the last one */
        assert_int_equal(m->menu, sort);
        for (int i = 0; i < 30; i++) {
                press(m, TOP_KEY_UP);
                assert_non_null(top_model_list(m)->kind->columns[m->menu].compare);
        }
        press(m, TOP_KEY_ENTER);
        assert_string_equal(top_model_list(m)->kind->columns[top_model_list(m)->sort].title, "NAME");
        assert_string_equal(top_model_list(m)->shown[0]->id, "1");
        press(m, '>');
        press(m, TOP_KEY_DOWN);
        press(m, TOP_KEY_ESCAPE);
        assert_string_equal(top_model_list(m)->kind->columns[top_model_list(m)->sort].title, "NAME");
}

static void escape_closes_one_thing_at_a_time(void **state) {
        struct top_model *m = *state;

        press(m, '/');
        type(m, "b");
        press(m, TOP_KEY_ENTER);
        press(m, TOP_KEY_ENTER);
        assert_true(m->detail);
        press(m, TOP_KEY_ESCAPE);
        assert_false(m->detail);
        assert_string_equal(top_model_list(m)->filter, "b");
        press(m, TOP_KEY_ESCAPE);
        assert_string_equal(top_model_list(m)->filter, "");
        press(m, TOP_KEY_ESCAPE);
}

static void pause_help_and_the_ways_out(void **state) {
        struct top_model *m = *state;

        press(m, ' ');
        assert_true(m->paused);
        assert_string_equal(top_keys_label(m, 5), "Go on");
        press(m, 'p');
        assert_false(m->paused);
        press(m, '?');
        assert_int_equal(m->mode, TOP_HELP);
        press(m, 'q'); /* closes the help only */
        assert_int_equal(m->mode, TOP_BROWSE);
        assert_int_equal(top_keys_press(m, 0x0c), TOP_REPAINT);
        assert_int_equal(top_keys_press(m, 'q'), TOP_QUIT);
        assert_int_equal(top_keys_press(m, TOP_KEY_F10), TOP_QUIT);
}

static void only_an_alert_can_be_acknowledged(void **state) {
        struct json_object *list = json_tokener_parse("[{\"id\":7,\"message\":\"m\"}]");
        struct top_model *m = *state;

        press(m, 'a');
        assert_string_not_equal(m->message, "");
        assert_string_equal(top_keys_label(m, 9), "");
        press(m, '4');
        press(m, TOP_KEY_F9); /* there are none */
        assert_int_equal(top_model_take_alerts(m, list), 0);
        assert_int_equal(top_keys_press(m, TOP_KEY_F9), TOP_ACKNOWLEDGE);
        assert_string_equal(top_keys_label(m, 9), "Ack");
        json_object_put(list);
}

/* Every letter that sorts is told of, and no key has two meanings. */
static void help_knows_the_letters(void **state) {
        struct top_model *m = *state;
        const char *keys, *text;
        char all[1024] = "";
        size_t n;

        for (n = 0; (text = top_keys_help(n, &keys)); n++) {
                strcat(all, " ");
                strcat(all, keys);
        }
        strcat(all, " ");
        assert_true(n > 15);
        for (int view = 0; view < _TOP_VIEW_MAX; view++)
                for (size_t i = 0; i < m->lists[view].kind->n_columns; i++) {
                        char letter[4] = { ' ', m->lists[view].kind->columns[i].letter, ' ', '\0' };

                        if (letter[1] == '\0')
                                continue;
                        assert_non_null(strstr(all, letter));
                        assert_int_equal(top_list_find_letter(&m->lists[view], letter[1]), i);
                        m->view = (enum top_view) view;
                        press(m, (unsigned char) letter[1]);
                        assert_int_equal(m->lists[view].sort, i);
                }
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(arrows_and_pages_move, setup, teardown),
                cmocka_unit_test_setup_teardown(views_come_round, setup, teardown),
                cmocka_unit_test_setup_teardown(letters_sort_and_invert, setup, teardown),
                cmocka_unit_test_setup_teardown(a_filter_works_while_it_is_typed, setup, teardown),
                cmocka_unit_test_setup_teardown(what_is_typed_is_bounded_and_harmless, setup, teardown),
                cmocka_unit_test_setup_teardown(search_finds_the_next, setup, teardown),
                cmocka_unit_test_setup_teardown(the_menu_offers_what_can_be_sorted, setup, teardown),
                cmocka_unit_test_setup_teardown(escape_closes_one_thing_at_a_time, setup, teardown),
                cmocka_unit_test_setup_teardown(pause_help_and_the_ways_out, setup, teardown),
                cmocka_unit_test_setup_teardown(only_an_alert_can_be_acknowledged, setup, teardown),
                cmocka_unit_test_setup_teardown(help_knows_the_letters, setup, teardown),
        };

        setlocale(LC_CTYPE, "C.UTF-8");
        return cmocka_run_group_tests(tests, NULL, NULL);
}
