/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include <stdio.h>
#include <string.h>

#include "engine/proto/phrases.h"

static void texts_are_found_by_what_they_were_made_of(void **state _unused_) {
        _cleanup_(phrases_freep) struct phrases *p = NULL;
        struct phrase *phrase;

        assert_int_equal(phrases_new(&p, 1), 0);
        phrase = phrases_place(p, "abc", 3);
        assert_false(phrase_is_of(phrase, "abc", 3));
        phrase_keep(phrase, "abc", 3, "one", "the other");
        phrase = phrases_place(p, "abc", 3);
        assert_true(phrase_is_of(phrase, "abc", 3));
        assert_false(phrase_is_of(phrase, "abd", 3));
        assert_false(phrase_is_of(phrase, "abc", 2));
        assert_string_equal(phrase->texts[0], "one");
        assert_int_equal(phrase->lengths[0], 3);
        assert_string_equal(phrase->texts[1], "the other");
        assert_int_equal(phrase->lengths[1], 9);
}

/* Many more than there are places for. */
static void what_is_kept_is_never_another_ones(void **state _unused_) {
        _cleanup_(phrases_freep) struct phrases *p = NULL;
        unsigned found = 0;
        char text[32];

        assert_int_equal(phrases_new(&p, 1), 0);
        for (unsigned i = 0; i < 40000; i++) {
                unsigned key = i % 8 == 0 ? 7 : i * 2654435761U;
                struct phrase *phrase = phrases_place(p, &key, sizeof key);

                snprintf(text, sizeof text, "%u", key);
                if (phrase_is_of(phrase, &key, sizeof key)) {
                        assert_string_equal(phrase->texts[0], text);
                        found++;
                }
                phrase_keep(phrase, &key, sizeof key, text, "");
        }
        assert_true(found > 4000);
}

static void what_is_too_long_is_not_kept(void **state _unused_) {
        _cleanup_(phrases_freep) struct phrases *p = NULL;
        char text[PHRASE_TEXT_MAX + 1] = {};
        struct phrase *phrase;

        assert_int_equal(phrases_new(&p, 1), 0);
        memset(text, 'a', PHRASE_TEXT_MAX);
        phrase = phrases_place(p, "k", 1);
        phrase_keep(phrase, "k", 1, "short", text);
        assert_false(phrase_is_of(phrase, "k", 1));
        phrase_keep(phrase, "k", 1, "short", text + 1);
        assert_true(phrase_is_of(phrase, "k", 1));
        assert_string_equal(phrase->texts[1], text + 1);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(texts_are_found_by_what_they_were_made_of),
                cmocka_unit_test(what_is_kept_is_never_another_ones),
                cmocka_unit_test(what_is_too_long_is_not_kept),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
