/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Addresses: formatting, parsing, and the classes that RFC 1122 §3.2.1.3, RFC 4291 §2 and IEEE 802
 * give them. Pure functions; nothing is looked up. */

#include "address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

const char *mac_format(const struct mac_address *mac, char buffer[static MAC_STRING_MAX]) {
        static const char digits[] = "0123456789abcdef";
        char *p = buffer;

        for (size_t i = 0; i < sizeof mac->bytes; i++) {
                *p++ = digits[mac->bytes[i] >> 4];
                *p++ = digits[mac->bytes[i] & 15];
                *p++ = i + 1 < sizeof mac->bytes ? ':' : '\0';
        }
        return buffer;
}

/* Each number that a byte may be, with a dot behind it. */
#define TEN(tens) tens "0.", tens "1.", tens "2.", tens "3.", tens "4.", tens "5.", tens "6.", tens "7.", tens "8.", tens "9."
static const char decimals[256][sizeof "255."] = {
        TEN(""),   TEN("1"),  TEN("2"),  TEN("3"),  TEN("4"),  TEN("5"),  TEN("6"),  TEN("7"),  TEN("8"),  TEN("9"),
        TEN("10"), TEN("11"), TEN("12"), TEN("13"), TEN("14"), TEN("15"), TEN("16"), TEN("17"), TEN("18"), TEN("19"),
        TEN("20"), TEN("21"), TEN("22"), TEN("23"), TEN("24"), "250.", "251.", "252.", "253.", "254.", "255.",
};

/* Takes a byte more than it gives: the last dot. */
static char *append_v4(char *p, const uint8_t bytes[static 4]) {
        for (unsigned i = 0; i < 4; i++) {
                memcpy(p, decimals[bytes[i]], 4);
                p += 2 + (bytes[i] >= 10) + (bytes[i] >= 100);
        }
        return p - 1;
}

static unsigned group_of(const uint8_t bytes[static 16], unsigned i) {
        return (unsigned) bytes[2 * i] << 8 | bytes[2 * i + 1];
}

/* RFC 5952 §4.2: the longest run of zero groups, the first of equals, of at least two. Returns its length. */
static unsigned longest_zeros(const uint8_t bytes[static 16], unsigned *ret_first) {
        unsigned best = 1;

        for (unsigned i = 0; i < 8; i++) {
                unsigned n = 0;

                while (i + n < 8 && group_of(bytes, i + n) == 0)
                        n++;
                if (n > best) {
                        best = n;
                        *ret_first = i;
                }
                i += n;
        }
        return best > 1 ? best : 0;
}

static char *append_group(char *p, unsigned group) {
        static const char digits[] = "0123456789abcdef";

        for (int shift = group > 0xfff ? 12 : group > 0xff ? 8 : group > 0xf ? 4 : 0; shift >= 0; shift -= 4)
                *p++ = digits[group >> shift & 15];
        return p;
}

/* As inet_ntop(), which also writes addresses that hold an IPv4 one (RFC 4291 §2.5.5) with that in dots. */
static char *append_v6(char *p, const uint8_t bytes[static 16]) {
        unsigned first = 8, zeros = longest_zeros(bytes, &first);
        bool dotted = first == 0 && (zeros == 6 || (zeros == 5 && group_of(bytes, 5) == 0xffff));

        for (unsigned i = 0; i < (dotted ? 6 : 8); i++) {
                if (i == first) {
                        *p++ = ':';
                        i += zeros - 1;
                        continue;
                }
                if (i > 0)
                        *p++ = ':';
                p = append_group(p, group_of(bytes, i));
        }
        if (dotted || (zeros > 0 && first + zeros == 8))
                *p++ = ':';
        return dotted ? append_v4(p, bytes + 12) : p;
}

size_t ip_print(const struct ip_address *ip, char buffer[static IP_STRING_MAX]) {
        char *end = buffer;

        if (ip->family == AF_INET)
                end = append_v4(buffer, ip->bytes);
        else if (ip->family == AF_INET6)
                end = append_v6(buffer, ip->bytes);
        *end = '\0';
        return (size_t) (end - buffer);
}

const char *ip_format(const struct ip_address *ip, char buffer[static IP_STRING_MAX]) {
        ip_print(ip, buffer);
        return buffer;
}

static int hex_digit(char c) {
        if (c >= '0' && c <= '9')
                return c - '0';
        if (c >= 'a' && c <= 'f')
                return c - 'a' + 10;
        if (c >= 'A' && c <= 'F')
                return c - 'A' + 10;
        return -1;
}

int mac_parse(const char *text, struct mac_address *ret) {
        struct mac_address mac = {};
        char separator = '\0';
        size_t group;

        if (strlen(text) == 17 && (text[2] == ':' || text[2] == '-')) {
                separator = text[2];
                group = 1;
        } else if (strlen(text) == 14 && text[4] == '.') {
                separator = '.';
                group = 2;
        } else
                return -EINVAL;

        for (size_t i = 0; i < sizeof mac.bytes; i++) {
                int high, low;

                if (i > 0 && i % group == 0 && *text++ != separator)
                        return -EINVAL;
                high = hex_digit(text[0]);
                low = high < 0 ? -1 : hex_digit(text[1]);
                if (low < 0)
                        return -EINVAL;
                mac.bytes[i] = (uint8_t) (high << 4 | low);
                text += 2;
        }

        *ret = mac;
        return 0;
}

int ip_parse(const char *text, struct ip_address *ret) {
        struct ip_address ip = {};

        if (inet_pton(AF_INET, text, ip.bytes) == 1)
                ip.family = AF_INET;
        else if (inet_pton(AF_INET6, text, ip.bytes) == 1)
                ip.family = AF_INET6;
        else
                return -EINVAL;

        *ret = ip;
        return 0;
}

bool mac_is_locally_administered(const struct mac_address *mac) {
        return mac->bytes[0] & 0x02;
}

/* Each load lies within what wrote the address: compilers copy its 17 bytes as a vector of 16 and one more, and a load that spans
 * both has to wait for them. */
bool ip_is_unspecified(const struct ip_address *ip) {
        uint64_t first, second;

        memcpy(&first, ip->bytes, sizeof first);
        memcpy(&second, ip->bytes + 7, sizeof second);
        return (first | second | ip->bytes[15]) == 0;
}

bool ip_is_loopback(const struct ip_address *ip) {
        static const uint8_t loopback6[16] = { [15] = 1 };

        if (ip->family == AF_INET)
                return ip->bytes[0] == 127;
        return memcmp(ip->bytes, loopback6, sizeof loopback6) == 0;
}
