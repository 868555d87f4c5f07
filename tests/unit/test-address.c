/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include <arpa/inet.h>
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

static void assert_written_as_libc_does(const struct ip_address *ip) {
        char text[IP_STRING_MAX], expected[IP_STRING_MAX];

        assert_non_null(inet_ntop(ip->family, ip->bytes, expected, sizeof expected));
        assert_string_equal(ip_format(ip, text), expected);
        assert_int_equal(ip_print(ip, text), strlen(expected));
}

/* Each choice of groups that are zero, with numbers of one to four digits in the others; and ::ffff:a.b.c.d. */
static void addresses_are_written_as_libc_does(void **state _unused_) {
        static const uint8_t numbers[][2] = { { 0, 9 }, { 0, 0x10 }, { 0, 0xff }, { 1, 0 }, { 0x0f, 0xff }, { 0x12, 0 }, { 0xff, 0xff } };
        struct ip_address ip = { .family = AF_INET6 };
        char text[IP_STRING_MAX];

        for (unsigned i = 0; i < 256 * ELEMENTSOF(numbers); i++) {
                for (unsigned group = 0; group < 8; group++) {
                        bool zero = i % 256 >> group & 1;

                        ip.bytes[2 * group] = zero ? 0 : numbers[(i / 256 + group) % ELEMENTSOF(numbers)][0];
                        ip.bytes[2 * group + 1] = zero ? 0 : numbers[(i / 256 + group) % ELEMENTSOF(numbers)][1];
                }
                assert_written_as_libc_does(&ip);
        }
        for (unsigned byte = 0; byte < 256; byte++) {
                ip = ip_from_v4((const uint8_t[]) { (uint8_t) byte, 0, (uint8_t) (byte * 7), (uint8_t) (255 - byte) });
                assert_written_as_libc_does(&ip);
                ip = ip_from_v6((const uint8_t[16]) { [10] = 255, 255, 10, (uint8_t) byte, 0, (uint8_t) (byte / 3) });
                assert_written_as_libc_does(&ip);
        }
        ip.family = 0;
        assert_string_equal(ip_format(&ip, text), "");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(mac_is_read_in_three_spellings),
                cmocka_unit_test(addresses_are_written_as_libc_does),
                cmocka_unit_test(classes_of_addresses),
                cmocka_unit_test(prefixes),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
