/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include <string.h>

#include "common/macro.h"
#include "engine/detect/dns-words.h"

static bool carries_data(const char *name) {
        struct dns_owner owner;

        return dns_words_carry_data(name, &owner);
}

static void data_is_told_from_words(void **state _unused_) {
        assert_true(carries_data("546b03f50000000000a6023ed4df184d6ac5c2628b47714f.example A"));
        assert_true(carries_data("t1.mfrggzdfmztwq2lknnwg23tpobyxe43uov3ho6dzpi.tunnel.example TXT"));
        assert_true(carries_data("hex:c00c80 NULL"));
        assert_true(carries_data("0a1b01cafe00020003.t.example A"));
        assert_true(carries_data("paeycg3q.tunnel.example NULL"));
        assert_true(carries_data("paeycg3q.tunnel.example TYPE65399"));
        assert_true(carries_data("pi4aaae9x.tunnel.example TXT"));
        assert_true(carries_data("1eaba\xbd\xfa\xe4\xc8.tunnel.example A"));
        assert_true(carries_data("www.0a1b01cafe000200.t.example A"));
        assert_true(carries_data("hex:c0 A"));
        assert_false(carries_data("www.0a1b01cafe00020.t.example A"));
        assert_false(carries_data("www.0a1b01cafe00020g.t.example A"));
        assert_false(carries_data("paeycg3q.tunnel.example A"));
        assert_false(carries_data("4.3.2.1.zen.example TXT"));
        assert_false(carries_data("selector1._domainkey.example.com TXT"));
        assert_false(carries_data("www.example.com TYPE64"));
        assert_false(carries_data("b\xc3\xbc" "cher.example.com A"));
        assert_false(carries_data("www.example.com A"));
        assert_false(carries_data("internationalisation-of-applications.example.com A"));
        assert_false(carries_data("d3ag4hukkh62yn.cloudfront.example A"));
        assert_false(carries_data("www.example.com 0123456789abcdef0123456789abcdef"));
        assert_false(carries_data(""));
        assert_false(carries_data(". NS"));
}

static void data_have_an_owner(void **state _unused_) {
        static const struct {
                const char *name, *first, *second;
        } cases[] = {
                { "546b03f50000000000a6023ed4.17.x.evil.example A", "evil", "example" },
                { "dnscat.546b03f50000000000a6023ed4 TXT", "", "dnscat" },
                { "dnscat.546b03f50000000000a6023ed4.8d6ac5c2628b47714f TXT", "", "dnscat" },
                { "paeycg3q.pirate.example NULL", "pirate", "example" },
                { "hex:c00c80 NULL", "", "" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                struct dns_owner o;

                assert_true(dns_words_carry_data(cases[i].name, &o));
                assert_int_equal(o.lengths[0], strlen(cases[i].first));
                assert_memory_equal(o.labels[0], cases[i].first, o.lengths[0]);
                assert_int_equal(o.lengths[1], strlen(cases[i].second));
                assert_memory_equal(o.labels[1], cases[i].second, o.lengths[1]);
        }
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
                cmocka_unit_test(data_have_an_owner),
                cmocka_unit_test(registered_label_is_the_last_but_one),
                cmocka_unit_test(drawn_names_look_drawn),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
