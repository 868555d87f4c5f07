/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include <string.h>

#include "common/macro.h"
#include "engine/detect/dns-words.h"

static void data_is_told_from_words(void **state _unused_) {
        assert_true(dns_words_carry_data("546b03f50000000000a6023ed4df184d6ac5c2628b47714f.example A"));
        assert_true(dns_words_carry_data("t1.mfrggzdfmztwq2lknnwg23tpobyxe43uov3ho6dzpi.tunnel.example TXT"));
        assert_true(dns_words_carry_data("hex:c00c80 NULL"));
        assert_false(dns_words_carry_data("www.example.com A"));
        assert_false(dns_words_carry_data("internationalisation-of-applications.example.com A"));
        assert_false(dns_words_carry_data("d3ag4hukkh62yn.cloudfront.example A"));
        assert_false(dns_words_carry_data("www.example.com 0123456789abcdef0123456789abcdef"));
        assert_false(dns_words_carry_data(""));
        assert_false(dns_words_carry_data(". NS"));
}

static void registered_label_is_the_last_but_one(void **state _unused_) {
        static const struct {
                const char *name, *label;
        } cases[] = {
                { "www.example.com A", "example" }, { "example.com", "example" }, { "a.b.c.example.com. A", "example" },
                { "localhost A", "" }, { "", "" }, { ".com A", "" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                size_t n;
                const char *label = dns_words_registered(cases[i].name, &n);

                assert_int_equal(n, strlen(cases[i].label));
                assert_memory_equal(label, cases[i].label, n);
        }
}

static void drawn_names_look_drawn(void **state _unused_) {
        static const char *const drawn[] = { "xkqjzvbwpt", "a8f3k2q9x", "qwrtplkjhg" };
        static const char *const words[] = { "wikipedia", "stackoverflow", "microsoft", "office365", "short", "xkcd" };

        for (size_t i = 0; i < ELEMENTSOF(drawn); i++)
                assert_true(dns_words_are_random(drawn[i], strlen(drawn[i])));
        for (size_t i = 0; i < ELEMENTSOF(words); i++)
                assert_false(dns_words_are_random(words[i], strlen(words[i])));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(data_is_told_from_words),
                cmocka_unit_test(registered_label_is_the_last_but_one),
                cmocka_unit_test(drawn_names_look_drawn),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
