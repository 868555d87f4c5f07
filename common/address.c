/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Addresses: formatting, parsing, and the classes that RFC 1122 §3.2.1.3, RFC 4291 §2 and IEEE 802
 * give them. Pure functions; nothing is looked up. */

#include "address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

struct mac_address mac_from_bytes(const uint8_t bytes[static 6]) {
        struct mac_address mac;

        memcpy(mac.bytes, bytes, sizeof mac.bytes);
        return mac;
}

struct ip_address ip_from_v4(const uint8_t bytes[static 4]) {
        struct ip_address ip = { .family = AF_INET };

        memcpy(ip.bytes, bytes, 4);
        return ip;
}

struct ip_address ip_from_v6(const uint8_t bytes[static 16]) {
        struct ip_address ip = { .family = AF_INET6 };

        memcpy(ip.bytes, bytes, 16);
        return ip;
}

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

const char *ip_format(const struct ip_address *ip, char buffer[static IP_STRING_MAX]) {
        if (ip->family == 0 || !inet_ntop(ip->family, ip->bytes, buffer, IP_STRING_MAX))
                buffer[0] = '\0';
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

bool mac_equal(const struct mac_address *a, const struct mac_address *b) {
        return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

bool ip_equal(const struct ip_address *a, const struct ip_address *b) {
        return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

bool mac_is_zero(const struct mac_address *mac) {
        static const struct mac_address zero;

        return mac_equal(mac, &zero);
}

bool mac_is_group(const struct mac_address *mac) {
        return mac->bytes[0] & 0x01;
}

bool mac_is_locally_administered(const struct mac_address *mac) {
        return mac->bytes[0] & 0x02;
}

bool ip_is_unspecified(const struct ip_address *ip) {
        static const uint8_t zero[16];

        return memcmp(ip->bytes, zero, sizeof zero) == 0;
}

bool ip_is_loopback(const struct ip_address *ip) {
        static const uint8_t loopback6[16] = { [15] = 1 };

        if (ip->family == AF_INET)
                return ip->bytes[0] == 127;
        return memcmp(ip->bytes, loopback6, sizeof loopback6) == 0;
}

bool ip_is_multicast(const struct ip_address *ip) {
        static const uint8_t broadcast[4] = { 255, 255, 255, 255 };

        if (ip->family == AF_INET)
                return (ip->bytes[0] & 0xf0) == 0xe0 || memcmp(ip->bytes, broadcast, sizeof broadcast) == 0;
        return ip->bytes[0] == 0xff;
}

bool ip_is_link_local(const struct ip_address *ip) {
        if (ip->family == AF_INET)
                return ip->bytes[0] == 169 && ip->bytes[1] == 254; /* RFC 3927 */
        return ip->bytes[0] == 0xfe && (ip->bytes[1] & 0xc0) == 0x80;
}

bool ip_is_host(const struct ip_address *ip) {
        if (ip->family == 0 || ip_is_unspecified(ip) || ip_is_loopback(ip) || ip_is_multicast(ip))
                return false;
        /* 0.0.0.0/8 is "this network" and 240.0.0.0/4 is reserved: RFC 1122 §3.2.1.3, RFC 1112 §4. */
        return ip->family != AF_INET || (ip->bytes[0] != 0 && ip->bytes[0] < 240);
}

bool ip_in_prefix(const struct ip_address *ip, const struct ip_address *prefix, uint8_t prefix_length) {
        size_t whole = prefix_length / 8, bits = prefix_length % 8;

        if (ip->family != prefix->family || prefix_length > (ip->family == AF_INET ? 32 : 128))
                return false;
        if (memcmp(ip->bytes, prefix->bytes, whole) != 0)
                return false;
        return bits == 0 || ((ip->bytes[whole] ^ prefix->bytes[whole]) >> (8 - bits)) == 0;
}
