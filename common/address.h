/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

/* Link-layer and network addresses as values. Bytes stand in wire order. */

struct mac_address {
        uint8_t bytes[6];
};

struct ip_address {
        uint8_t family;    /* AF_INET, AF_INET6, or 0 for none */
        uint8_t bytes[16]; /* IPv4 uses the first four, the rest is zero */
};

#define MAC_STRING_MAX sizeof("00:11:22:33:44:55")
#define IP_STRING_MAX 46 /* INET6_ADDRSTRLEN */

static inline struct mac_address mac_from_bytes(const uint8_t bytes[static 6]) {
        struct mac_address mac;

        memcpy(mac.bytes, bytes, sizeof mac.bytes);
        return mac;
}

static inline struct ip_address ip_from_v4(const uint8_t bytes[static 4]) {
        struct ip_address ip = { .family = AF_INET };

        memcpy(ip.bytes, bytes, 4);
        return ip;
}

static inline struct ip_address ip_from_v6(const uint8_t bytes[static 16]) {
        struct ip_address ip = { .family = AF_INET6 };

        memcpy(ip.bytes, bytes, 16);
        return ip;
}

/* Both write a NUL-terminated string and return `buffer`. No address gives "". IPv6 is written as
 * RFC 5952 §4 asks. */
const char *mac_format(const struct mac_address *mac, char buffer[static MAC_STRING_MAX]);
const char *ip_format(const struct ip_address *ip, char buffer[static IP_STRING_MAX]);
/* As ip_format(); returns the length of the string. */
size_t ip_print(const struct ip_address *ip, char buffer[static IP_STRING_MAX]);

/* 0, or -EINVAL. A MAC is read with ':' or '-' between its bytes, or Cisco's dots. */
int mac_parse(const char *text, struct mac_address *ret);
int ip_parse(const char *text, struct ip_address *ret);

static inline bool mac_equal(const struct mac_address *a, const struct mac_address *b) {
        return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

static inline bool ip_equal(const struct ip_address *a, const struct ip_address *b) {
        return memcmp(a, b, sizeof *a) == 0;
}

/* All 16 bytes as two numbers, in an order of its own: for hashes and comparisons. Each load lies within what wrote the address, or
 * has to wait for it: compilers copy its 17 bytes as a vector of 16 and one more. */
static inline void ip_to_words(const struct ip_address *ip, uint64_t ret[static 2]) {
        uint64_t first;

        memcpy(&first, ip, sizeof first); /* the family, and seven bytes */
        memcpy(&ret[1], ip->bytes + 7, sizeof ret[1]);
        ret[0] = le64toh(first) >> 8 | (uint64_t) ip->bytes[15] << 56;
}

/* Of a site, and not routed on the internet: RFC 1918 §3, RFC 4193 §3.1. */
static inline bool ip_is_of_site(const struct ip_address *ip) {
        const uint8_t *b = ip->bytes;

        if (ip->family == AF_INET)
                return b[0] == 10 || (b[0] == 172 && (b[1] & 0xf0) == 16) || (b[0] == 192 && b[1] == 168);
        return ip->family == AF_INET6 && (b[0] & 0xfe) == 0xfc;
}

/* As a number: for hashes. In two loads, as wide as what wrote the address: one that is wider has to wait for that. */
static inline uint64_t mac_to_word(const struct mac_address *mac) {
        uint32_t first;
        uint16_t last;

        memcpy(&first, mac->bytes, sizeof first);
        memcpy(&last, mac->bytes + sizeof first, sizeof last);
        return first | (uint64_t) last << 32;
}

static inline bool mac_is_zero(const struct mac_address *mac) {
        return mac_equal(mac, &(struct mac_address) {});
}

/* Multicast or broadcast: IEEE 802, I/G bit. */
static inline bool mac_is_group(const struct mac_address *mac) {
        return mac->bytes[0] & 0x01;
}

bool mac_is_locally_administered(const struct mac_address *mac);  /* U/L bit: randomised, virtual, or made up */

bool ip_is_unspecified(const struct ip_address *ip);
bool ip_is_loopback(const struct ip_address *ip);

/* And 255.255.255.255. Inline, as it is asked of each fact. */
static inline bool ip_is_multicast(const struct ip_address *ip) {
        static const uint8_t broadcast[4] = { 255, 255, 255, 255 };

        if (ip->family == AF_INET)
                return (ip->bytes[0] & 0xf0) == 0xe0 || memcmp(ip->bytes, broadcast, sizeof broadcast) == 0;
        return ip->bytes[0] == 0xff;
}

static inline bool ip_is_link_local(const struct ip_address *ip) {
        if (ip->family == AF_INET)
                return ip->bytes[0] == 169 && ip->bytes[1] == 254; /* RFC 3927 */
        return ip->bytes[0] == 0xfe && (ip->bytes[1] & 0xc0) == 0x80;
}

/* Can stand for one host on a network: not unspecified, loopback, multicast or broadcast. 0.0.0.0/8 is "this network",
 * 127.0.0.0/8 loopback, from 224.0.0.0 on there is multicast and what is reserved: RFC 1122 §3.2.1.3, RFC 1112 §4. */
static inline bool ip_is_host(const struct ip_address *ip) {
        uint8_t first = ip->bytes[0];

        if (ip->family == AF_INET)
                return first != 0 && first != 127 && first < 224;
        /* Of IPv6 no special address but those of multicast begins with another byte than zero (RFC 4291 §2.4). */
        return ip->family != 0 && first != 0xff && (first != 0 || !(ip_is_unspecified(ip) || ip_is_loopback(ip)));
}

/* Of the eight bytes from `at` on: 0 if the first `bits` of them are equal. */
static inline uint64_t ip_bits_differ(const struct ip_address *a, const struct ip_address *b, size_t at, unsigned bits) {
        uint64_t x, y;

        memcpy(&x, a->bytes + at, sizeof x);
        memcpy(&y, b->bytes + at, sizeof y);
        return bits == 0 ? 0 : be64toh(x ^ y) >> (64 - bits);
}

/* Same first `prefix_length` bits of the same family. Inline, as it is asked of each address. */
static inline bool ip_in_prefix(const struct ip_address *ip, const struct ip_address *prefix, uint8_t prefix_length) {
        if (ip->family != prefix->family || prefix_length > (ip->family == AF_INET ? 32 : 128))
                return false;
        if (prefix_length <= 64)
                return ip_bits_differ(ip, prefix, 0, prefix_length) == 0;
        return (ip_bits_differ(ip, prefix, 0, 64) | ip_bits_differ(ip, prefix, 8, prefix_length - 64U)) == 0;
}
