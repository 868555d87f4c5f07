/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include <stdio.h>

#include "common/macro.h"
#include "engine/proto/xml.h"

/* Every tag as "name" or "/name", a leaf's text behind a "=". */
static const char *scan(const char *xml, char *ret, size_t size) {
        struct cursor c = cursor_make(xml, strlen(xml));
        struct strbuf b = strbuf_make(ret, size);
        struct xml_tag tag;

        while (xml_next_tag(&c, &tag)) {
                strbuf_string(&b, tag.closes ? " /" : " ");
                strbuf_bytes(&b, tag.name.data, cursor_left(&tag.name));
                if (tag.leaf) {
                        strbuf_char(&b, '=');
                        xml_append_text(&b, tag.text);
                }
        }
        return ret;
}

static void tags_come_in_order(void **state _unused_) {
        char text[256];

        assert_string_equal(scan("<?xml version='1.0'?><a:b x='1'><c> d\n</c><e/></a:b>", text, sizeof text), " b c=d /c e /b");
        assert_string_equal(scan("<a>text<b>inner</b></a>", text, sizeof text), " a b=inner /b /a");
        assert_string_equal(scan("<a></a>", text, sizeof text), " a= /a");
}

static void comments_and_data_are_passed_over(void **state _unused_) {
        char text[256];

        assert_string_equal(scan("<!DOCTYPE a><!-- <b>x</b> --><a>y</a>", text, sizeof text), " a=y /a");
        assert_string_equal(scan("<![CDATA[<b>x</b>]]><a>y</a>", text, sizeof text), " a=y /a");
        assert_string_equal(scan("<a>y</a><!-- <b>x</b>", text, sizeof text), " a=y /a");
}

static void entities_become_characters(void **state _unused_) {
        char text[256];

        assert_string_equal(scan("<a>&lt;&amp;&gt;&quot;&apos; &#228;&#xe4;&#x1F600;</a>", text, sizeof text),
                            " a=<&>\"' \xc3\xa4\xc3\xa4\xf0\x9f\x98\x80 /a");
        assert_string_equal(scan("<a>&no;&#0;&#xd800;&#x110000;&;&</a>", text, sizeof text),
                            " a=&no;&#0;&#xd800;&#x110000;&;& /a");
}

static void what_is_cut_ends(void **state _unused_) {
        static const char xml[] = "<?xml?><!--c--><a:b x='1'><c>&amp;d</c><![CDATA[x]]></a:b>";
        char text[256];

        for (size_t n = 0; n < sizeof xml; n++) {
                char part[sizeof xml];

                memcpy(part, xml, n);
                part[n] = '\0';
                scan(part, text, sizeof text);
                assert_memory_equal(" b c=&d /c /b", text, strlen(text));
        }
}

static void words_are_separated_by_white_space(void **state _unused_) {
        static const char list[] = " \n one\ttwo  three";
        struct cursor c = cursor_make(list, strlen(list)), word;
        char text[64];
        struct strbuf b = STRBUF(text);

        while (xml_next_word(&c, &word)) {
                strbuf_bytes(&b, word.data, cursor_left(&word));
                strbuf_char(&b, '|');
        }
        assert_string_equal(text, "one|two|three|");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(tags_come_in_order),
                cmocka_unit_test(comments_and_data_are_passed_over),
                cmocka_unit_test(entities_become_characters),
                cmocka_unit_test(what_is_cut_ends),
                cmocka_unit_test(words_are_separated_by_white_space),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
