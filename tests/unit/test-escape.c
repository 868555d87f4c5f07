/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include <string.h>

#include "common/escape.h"

typedef void (*escape_fn)(struct strbuf *b, const char *s, size_t length);

static void check(escape_fn escape, const char *in, const char *out) {
        char buffer[256];
        struct strbuf b = STRBUF(buffer);

        escape(&b, in, strlen(in));
        assert_string_equal(buffer, out);
        assert_false(b.truncated);
}

static void terminal_gets_no_control_characters(void **state _unused_) {
        check(escape_terminal, "Küche", "Küche");
        check(escape_terminal, "a\033[31mb", "a\\x1b[31mb");
        check(escape_terminal, "back\\slash", "back\\\\slash");
        check(escape_terminal, "c1\xc2\x9b", "c1\\xc2\\x9b");
        check(escape_terminal, "rlo\xe2\x80\xae", "rlo\\xe2\\x80\\xae");
        check(escape_terminal, "bad\xff\xc0\x80", "bad\\xff\\xc0\\x80");
}

static void csv_holds_no_formulas(void **state _unused_) {
        check(escape_csv, "plain", "plain");
        check(escape_csv, "=1+2", "\"'=1+2\"");
        check(escape_csv, "-x", "\"'-x\"");
        check(escape_csv, "a,\"b\"", "\"a,\"\"b\"\"\"");
}

static void json_and_markup(void **state _unused_) {
        check(escape_json, "a\"\\\n\001\xff", "\"a\\\"\\\\\\n\\u0001\xef\xbf\xbd\"");
        check(escape_json, "\xc2\x9b\xe2\x80\xae\xf3\xa0\x81\x81\x7f", "\"\\u009b\\u202e\\udb40\\udc41\\u007f\"");
        check(escape_markup, "<b>&'\"", "&lt;b&gt;&amp;&apos;&quot;");
}

static void a_cut_never_splits_a_character(void **state _unused_) {
        static const escape_fn all[] = { escape_terminal, escape_json, escape_csv, escape_markup };

        for (size_t i = 0; i < ELEMENTSOF(all); i++)
                for (size_t size = 1; size < 24; size++) {
                        char buffer[24];
                        struct strbuf b = strbuf_make(buffer, size);

                        all[i](&b, "=ä\033<\"\xff€x", 11);
                        assert_true(b.length < size);
                        assert_int_equal(strlen(buffer), b.length);
                        assert_true(text_is_utf8(buffer, b.length));
                }
}

/* Wherever it stands in texts of any length: they are looked at eight bytes at a time. */
static void one_byte_makes_text_other_than_plain(void **state _unused_) {
        static const char others[] = { '\0', '\037', '\177', '\200', '\377' };
        char text[40];

        memset(text, '~', sizeof text);
        for (size_t length = 0; length <= sizeof text; length++) {
                assert_true(text_is_plain(text, length));
                for (size_t at = 0; at < length; at++) {
                        for (size_t i = 0; i < sizeof others; i++) {
                                text[at] = others[i];
                                assert_false(text_is_plain(text, length));
                                assert_true(text_is_plain(text, at));
                                assert_int_equal(text_is_utf8(text, length), others[i] > 0);
                        }
                        text[at] = at % 2 == 0 ? '~' : ' ';
                }
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(terminal_gets_no_control_characters),
                cmocka_unit_test(csv_holds_no_formulas),
                cmocka_unit_test(json_and_markup),
                cmocka_unit_test(a_cut_never_splits_a_character),
                cmocka_unit_test(one_byte_makes_text_other_than_plain),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
