/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include <stdlib.h>
#include <string.h>

#include "common/json-text.h"

static const char hostile[] = "{\"name\":\"\\u001b[31m\\u009b\\u202e\\\"<b>\",\"n\":7,\"on\":true,\"none\":null,"
                              "\"list\":[\"a\",\"=1+1\"],\"traffic\":{\"bytes\":12},\"evidence\":[{\"kind\":\"mdns.txt\","
                              "\"value\":\"x=1,2\"}],\"empty\":[],\"nothing\":{}}";

static char *written(struct json_object *o, bool pretty) {
        char *text = NULL;
        size_t length;
        FILE *f = open_memstream(&text, &length);

        assert_non_null(f);
        assert_int_equal(json_text_write(f, o, pretty), 0);
        fclose(f);
        return text;
}

static void text_is_the_same_json_without_a_control_character(void **state _unused_) {
        struct json_object *o = json_tokener_parse(hostile);

        for (int pretty = 0; pretty < 2; pretty++) {
                char *text = written(o, pretty);
                struct json_object *again = json_tokener_parse(text);

                assert_true(json_object_equal(o, again));
                for (const char *p = text; *p; p++)
                        assert_true((*p >= ' ' && *p < 0x7f) || (pretty && *p == '\n'));
                assert_true(pretty == (strchr(text, '\n') != NULL));
                json_object_put(again);
                free(text);
        }
        json_object_put(o);
}

static void long_text_is_written_whole(void **state _unused_) {
        char *value = calloc(1, 100001), *text;
        struct json_object *o;

        memset(value, 1, 100000);
        o = json_object_new_string(value);
        text = written(o, false);
        assert_int_equal(strlen(text), 6 * 100000 + 2);
        json_object_put(o);
        free(text);
        free(value);
}

static void csv_row_flattens_and_defuses(void **state _unused_) {
        static const char *const columns[] = { "n", "on", "none", "missing", "list", "traffic.bytes", "evidence", NULL };
        struct json_object *o = json_tokener_parse(hostile);
        char *text = NULL;
        size_t length;
        FILE *f = open_memstream(&text, &length);

        assert_int_equal(json_csv_write_titles(f, columns), 0);
        assert_int_equal(json_csv_write_row(f, o, columns), 0);
        fclose(f);
        assert_string_equal(text, "n,on,none,missing,list,traffic.bytes,evidence\r\n"
                                  "7,true,,,\"a; =1+1\",12,\"mdns.txt=x=1,2\"\r\n");
        free(text);
        json_object_put(o);
}

static void formula_in_a_name_is_text(void **state _unused_) {
        static const char *const columns[] = { "name", NULL };
        struct json_object *o = json_tokener_parse("{\"name\":\"=HYPERLINK(\\\"x\\\")\"}");
        char *text = NULL;
        size_t length;
        FILE *f = open_memstream(&text, &length);

        assert_int_equal(json_csv_write_row(f, o, columns), 0);
        fclose(f);
        assert_string_equal(text, "\"'=HYPERLINK(\"\"x\"\")\"\r\n");
        free(text);
        json_object_put(o);
}

static void times_keep_their_microseconds(void **state _unused_) {
        struct json_object *o = json_object_new_object();
        char *text;

        assert_int_equal(json_add_time(o, "ts", 1700000000123456), 0);
        assert_int_equal(json_add_time(o, "never", 0), 0);
        text = written(o, false);
        assert_string_equal(text, "{\"ts\":1700000000.123456,\"never\":null}");
        assert_int_equal(json_time_usec(json_at(o, "ts")), 1700000000123456);
        assert_int_equal(json_time_usec(json_at(o, "never")), 0);
        free(text);
        json_object_put(o);
}

static void paths_lead_nowhere_without_harm(void **state _unused_) {
        struct json_object *o = json_tokener_parse(hostile);

        assert_string_equal(json_text_at(o, "traffic.bytes.more"), "");
        assert_string_equal(json_text_at(o, "n"), "");
        assert_string_equal(json_text_at(NULL, "n"), "");
        assert_null(json_at(o, "none.more"));
        assert_null(json_at(o, "a-key-that-is-longer-than-any-key-which-a-record-of-lanscope-has-in-it"));
        json_object_put(o);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(text_is_the_same_json_without_a_control_character),
                cmocka_unit_test(long_text_is_written_whole),
                cmocka_unit_test(csv_row_flattens_and_defuses),
                cmocka_unit_test(formula_in_a_name_is_text),
                cmocka_unit_test(times_keep_their_microseconds),
                cmocka_unit_test(paths_lead_nowhere_without_harm),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
