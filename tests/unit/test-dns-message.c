/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include <errno.h>
#include <stdlib.h>

#include "common/macro.h"
#include "engine/proto/dns-message.h"

#define HEADER_SIZE 12

/* id 1, response, 1 question "a.bc" A IN; 1 answer: pointer to it, CNAME, TTL 60, "x" + pointer to "bc" */
static const uint8_t response[] = {
        0, 1, 0x84, 0, 0, 1, 0, 1, 0, 0, 0, 0,             /* header */
        1, 'a', 2, 'b', 'c', 0, 0, 1, 0, 1,                /* question, at 12 */
        0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 60, 0, 4,           /* answer, at 22 */
        1, 'x', 0xc0, 14,                                  /* its data, at 34 */
};

static void questions_and_records(void **state _unused_) {
        struct dns_question question;
        struct dns_record record;
        struct dns_message m;
        struct dns_name name;

        assert_int_equal(dns_message_open(&m, cursor_make(response, sizeof response)), 0);
        assert_int_equal(dns_message_next_question(&m, &question), 1);
        assert_string_equal(question.name.text, "a.bc");
        assert_int_equal(question.type, DNS_TYPE_A);
        assert_int_equal(dns_message_next_question(&m, &question), 0);
        assert_int_equal(dns_message_next_record(&m, &record), 1);
        assert_int_equal(record.section, DNS_ANSWER);
        assert_string_equal(record.name.text, "a.bc");
        assert_int_equal(record.ttl, 60);
        assert_int_equal(dns_name_read(&m, &record.data, &name), 0);
        assert_string_equal(name.text, "x.bc");
        assert_int_equal(cursor_left(&record.data), 0);
        assert_int_equal(dns_message_next_record(&m, &record), 0);
}

static void unread_questions_are_passed_over(void **state _unused_) {
        struct dns_record record;
        struct dns_message m;

        assert_int_equal(dns_message_open(&m, cursor_make(response, sizeof response)), 0);
        assert_int_equal(dns_message_next_record(&m, &record), 1);
        assert_string_equal(record.name.text, "a.bc");
}

static void every_cut_is_refused(void **state _unused_) {
        for (size_t n = 0; n < sizeof response; n++) {
                uint8_t *exact = malloc(n ?: 1);
                struct dns_record record;
                struct dns_message m;

                memcpy(exact, response, n);
                if (n < HEADER_SIZE)
                        assert_int_equal(dns_message_open(&m, cursor_make(exact, n)), -EBADMSG);
                else {
                        assert_int_equal(dns_message_open(&m, cursor_make(exact, n)), 0);
                        assert_int_equal(dns_message_next_record(&m, &record), -EBADMSG);
                }
                free(exact);
        }
}

/* Reads the name at `at` of a message that is `data`. */
static int read_at(const void *data, size_t length, size_t at, struct dns_name *ret) {
        struct dns_message m = { .whole = cursor_make(data, length) };
        struct cursor c = m.whole;

        assert_true(cursor_skip(&c, at));
        return dns_name_read(&m, &c, ret);
}

static void pointers_go_backwards_alone(void **state _unused_) {
        static const uint8_t self[] = { 1, 'a', 0xc0, 2, 0 }, forward[] = { 0xc0, 2, 1, 'a', 0 },
                into_itself[] = { 1, 'a', 0xc0, 0 }, cut[] = { 1, 'a', 0xc0 };
        struct dns_name name;

        assert_int_equal(read_at(self, sizeof self, 2, &name), -EBADMSG);
        assert_int_equal(read_at(forward, sizeof forward, 0, &name), -EBADMSG);
        assert_int_equal(read_at(into_itself, sizeof into_itself, 0, &name), -EBADMSG);
        assert_int_equal(read_at(cut, sizeof cut, 0, &name), -EBADMSG);
}

/* "a" at 0, then pointers, each to the one before. */
static void chains_of_pointers_are_bounded(void **state _unused_) {
        uint8_t chain[3 + 2 * 200] = { 1, 'a', 0 };
        struct dns_name name;

        for (unsigned i = 0; i < 200; i++) {
                chain[3 + 2 * i] = (uint8_t) (0xc0 | (i == 0 ? 0 : (1 + 2 * i) >> 8));
                chain[4 + 2 * i] = (uint8_t) (i == 0 ? 0 : 1 + 2 * i);
        }
        assert_int_equal(read_at(chain, sizeof chain, 3 + 2 * 126, &name), 0);
        assert_string_equal(name.text, "a");
        assert_int_equal(read_at(chain, sizeof chain, 3 + 2 * 127, &name), -EBADMSG);
}

static void extended_labels_are_refused(void **state _unused_) {
        static const uint8_t bits[] = { 0x41, 7, 0 }, unknown[] = { 0x80, 7, 0 };
        struct dns_name name;

        assert_int_equal(read_at(bits, sizeof bits, 0, &name), -EBADMSG);
        assert_int_equal(read_at(unknown, sizeof unknown, 0, &name), -EBADMSG);
}

static void text_of_names(void **state _unused_) {
        static const struct {
                const char *wire, *text;
        } cases[] = {
                { "", "." },
                { "\3MiX\4ed.x", "MiX.ed.x" },
                { "\5\1a\nb\177", "\\001a\\nb\\177" },
                { "\3a\377b", "a\xef\xbf\xbd" "b" },
                { "\2\302\233", "\\u009B" },
                { "\3\342\200\256", "\\u202E" },
                { "\2\303\274", "ü" },
                { "\4back\1\\", "back.\\" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                struct cursor c = cursor_make(cases[i].wire, strlen(cases[i].wire) + 1);
                struct dns_name name;

                assert_int_equal(dns_name_read_plain(&c, &name), 0);
                assert_string_equal(name.text, cases[i].text);
                assert_int_equal(name.length, strlen(cases[i].text));
        }
}

/* Four labels of 61 and one of 5 make 253 characters, which is 255 octets; one more does not fit. */
static void names_end_at_255_octets(void **state _unused_) {
        uint8_t wire[4 * 62 + 8] = { 0 };
        struct dns_name name;

        for (int i = 0; i < 4; i++) {
                wire[62 * i] = 61;
                memset(wire + 62 * i + 1, 1, 61); /* a control character: the longest text */
        }
        wire[248] = 5;
        memset(wire + 249, 'b', 5);
        assert_int_equal(read_at(wire, sizeof wire, 0, &name), 0);
        assert_false(name.too_long);
        assert_int_equal(name.length, 4 * 61 * 4 + 4 + 5);
        wire[248] = 6;
        wire[254] = 'b';
        assert_int_equal(read_at(wire, sizeof wire, 0, &name), 0);
        assert_true(name.too_long);
        assert_string_equal(name.text, "");
}

static void a_plain_name_may_be_partial(void **state _unused_) {
        static const uint8_t partial[] = { 2, 'p', 'c' }, cut[] = { 3, 'p', 'c' }, pointer[] = { 1, 'a', 0xc0, 0 };
        struct cursor c = cursor_make(partial, sizeof partial);
        struct dns_name name;

        assert_int_equal(dns_name_read_plain(&c, &name), 0);
        assert_string_equal(name.text, "pc");
        c = cursor_make(cut, sizeof cut);
        assert_int_equal(dns_name_read_plain(&c, &name), -EBADMSG);
        c = cursor_make(pointer, sizeof pointer);
        assert_int_equal(dns_name_read_plain(&c, &name), -EBADMSG);
        assert_ptr_equal(c.data, pointer);
}

static void types_and_suffixes(void **state _unused_) {
        struct dns_name name = { .text = "4.3.2.1.In-Addr.ARPA", .length = 20 };
        char text[32];
        struct strbuf b = STRBUF(text);

        dns_type_append(&b, 28);
        dns_type_append(&b, 255);
        dns_type_append(&b, 3);
        dns_type_append(&b, 65535);
        assert_string_equal(text, "AAAAANYTYPE3TYPE65535");
        assert_true(dns_name_ends_with(&name, ".in-addr.arpa"));
        assert_false(dns_name_ends_with(&name, "a.longer.name.than.4.3.2.1.in-addr.arpa"));
        assert_true(dns_name_is(&name, "4.3.2.1.in-addr.arpa"));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(questions_and_records),
                cmocka_unit_test(unread_questions_are_passed_over),
                cmocka_unit_test(every_cut_is_refused),
                cmocka_unit_test(pointers_go_backwards_alone),
                cmocka_unit_test(chains_of_pointers_are_bounded),
                cmocka_unit_test(extended_labels_are_refused),
                cmocka_unit_test(text_of_names),
                cmocka_unit_test(names_end_at_255_octets),
                cmocka_unit_test(a_plain_name_may_be_partial),
                cmocka_unit_test(types_and_suffixes),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
