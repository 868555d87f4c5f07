/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"
#include "tests/unit/datagram-log.h"

/* "CHLO", 3 tags; PAD ends at 2, SNI at 11, UAID at 18; their values. */
#define HELLO                                                                           \
        "CHLO\3\0\0\0PAD\0\2\0\0\0SNI\0\13\0\0\0UAID\22\0\0\0"                          \
        "--name.testagent/1"
static const char facts[] = "gquic.sni name.test\ngquic.user_agent agent/1\n";

static void hellos_behind_any_header(void **state _unused_) {
        /* flags, [connection ID (8)], version, packet number, hash (12), a stream frame's head. */
        static const char with_id[] = "\x0d" "12345678" "Q025" "\1" "abcdefghijkl" "\0\xa0\1\0\4" HELLO;
        static const char without_id[] = "\x01" "Q043" "\1" "abcdefghijkl" "\x80\1" HELLO;
        /* long header: flags, version, lengths of the IDs, an ID of 8 */
        static const char long_header[] = "\xc3" "Q046" "\x50" "12345678" "\0\0\0\1" "abcdefghijkl" "\xa0\1\0\4" HELLO;
        static const struct { const char *data; size_t n; } cases[] = {
                { with_id, sizeof with_id - 1 }, { without_id, sizeof without_id - 1 }, { long_header, sizeof long_header - 1 },
        };
        struct datagram_log l;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                datagram_log_begin(&l);
                assert_true(datagram_log_say(&l, 0, cases[i].data, cases[i].n));
                assert_string_equal(l.log.text, facts);
                for (size_t n = 0; n < cases[i].n; n++) { /* cut off: what is whole is told */
                        l.log.length = 0;
                        l.log.text[0] = '\0';
                        datagram_log_say(&l, 0, cases[i].data, n);
                        assert_memory_equal(l.log.text, facts, strlen(l.log.text));
                }
                datagram_log_end(&l);
        }
}

static void ends_that_go_backwards_are_refused(void **state _unused_) {
        static const char lie[] = "\x01Q043\1abcdefghijkl\x80\1" "CHLO\2\0\0\0PAD\0\5\0\0\0SNI\0\2\0\0\0xxxxxxxx";
        static const char many[] = "\x01Q043\1abcdefghijkl\x80\1" "CHLO\xff\xff\0\0SNI\0\2\0\0\0xxxxxxxx";
        struct datagram_counters counters;
        struct datagram_log l;

        datagram_log_begin(&l);
        assert_true(datagram_log_say(&l, 0, lie, sizeof lie - 1));
        assert_true(datagram_log_say(&l, 0, many, sizeof many - 1));
        datagram_table_get_counters(l.table, &counters);
        assert_int_equal(counters.parsers[2].malformed, 2);
        assert_string_equal(l.log.text, "");
        datagram_log_end(&l);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(hellos_behind_any_header),
                cmocka_unit_test(ends_that_go_backwards_are_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
