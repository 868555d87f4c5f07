/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include <errno.h>

#include "common/address.h"
#include "common/macro.h"

static void mac_is_read_in_three_spellings(void **state _unused_) {
        static const char *const good[] = { "a4:83:e7:00:1f:09", "A4-83-E7-00-1F-09", "a483.e700.1f09" };
        static const char *const bad[] = { "", "a4:83:e7:00:1f", "a4:83:e7:00:1f:0g", "a4:83-e7:00:1f:09", "a4:83:e7:00:1f:09:" };
        struct mac_address mac = {};
        char text[MAC_STRING_MAX];

        for (size_t i = 0; i < ELEMENTSOF(good); i++) {
                assert_int_equal(mac_parse(good[i], &mac), 0);
                assert_string_equal(mac_format(&mac, text), "a4:83:e7:00:1f:09");
        }
        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                assert_int_equal(mac_parse(bad[i], &mac), -EINVAL);
}

static void classes_of_addresses(void **state _unused_) {
        static const struct {
                const char *text;
                bool host, link_local;
        } cases[] = {
                { "0.0.0.0", false, false },     { "255.255.255.255", false, false }, { "127.0.0.1", false, false },
                { "224.0.0.251", false, false }, { "240.0.0.1", false, false },       { "0.1.2.3", false, false },
                { "192.168.1.7", true, false },  { "169.254.3.4", true, true },       { "::", false, false },
                { "::1", false, false },         { "ff02::fb", false, false },        { "fe80::1", true, true },
                { "febf::1", true, true },       { "fec0::1", true, false },          { "2001:db8::1", true, false },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                struct ip_address ip;

                assert_int_equal(ip_parse(cases[i].text, &ip), 0);
                assert_int_equal(ip_is_host(&ip), cases[i].host);
                assert_int_equal(ip_is_link_local(&ip), cases[i].link_local);
        }
}

static void prefixes(void **state _unused_) {
        struct ip_address ip, prefix;

        ip_parse("192.168.7.130", &ip);
        ip_parse("192.168.7.128", &prefix);
        assert_true(ip_in_prefix(&ip, &prefix, 25));
        assert_false(ip_in_prefix(&ip, &prefix, 31));
        assert_false(ip_in_prefix(&ip, &prefix, 33));
        assert_true(ip_in_prefix(&ip, &prefix, 0));
        ip_parse("fd77::1", &prefix);
        assert_false(ip_in_prefix(&ip, &prefix, 0));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(mac_is_read_in_three_spellings),
                cmocka_unit_test(classes_of_addresses),
                cmocka_unit_test(prefixes),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
