/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/macro.h"

/* Puts frames together for tests: headers in order of the wire, lengths given by the caller, checksums 0. */

struct builder {
        uint8_t data[8192];
        size_t length;
};

static inline void put_bytes(struct builder *b, const void *bytes, size_t n) {
        if (b->length + n > sizeof b->data)
                abort();
        memcpy(b->data + b->length, bytes, n);
        b->length += n;
}

static inline void put_zeros(struct builder *b, size_t n) {
        while (n-- > 0)
                put_bytes(b, "", 1);
}

static inline void put_text(struct builder *b, const char *text) {
        put_bytes(b, text, strlen(text));
}

/* "0a 0b0c": blanks are for the reader. */
static inline void put_hex(struct builder *b, const char *hex) {
        while (*hex) {
                char pair[3] = { hex[0], hex[1], 0 };
                uint8_t byte;

                if (*hex == ' ') {
                        hex++;
                        continue;
                }
                byte = (uint8_t) strtoul(pair, NULL, 16);
                put_bytes(b, &byte, 1);
                hex += 2;
        }
}

static inline void put_be16(struct builder *b, size_t value) {
        put_bytes(b, (uint8_t[]) { (uint8_t) (value >> 8), (uint8_t) value }, 2);
}

/* 02:00:00:00:00:01 -> 02:00:00:00:00:02 */
static inline void put_ethernet(struct builder *b, size_t type) {
        put_hex(b, "020000000002 020000000001");
        put_be16(b, type);
}

/* 10.0.0.1 -> 10.0.0.2; `fragment`: flags and offset as in the header */
static inline void put_ipv4_fragment(struct builder *b, uint8_t protocol, size_t payload, uint16_t id,
                                     uint16_t fragment) {
        put_hex(b, "45 00");
        put_be16(b, 20 + payload);
        put_be16(b, id);
        put_be16(b, fragment);
        put_bytes(b, (uint8_t[]) { 64, protocol }, 2);
        put_hex(b, "0000 0a000001 0a000002");
}

static inline void put_ipv4(struct builder *b, uint8_t protocol, size_t payload) {
        put_ipv4_fragment(b, protocol, payload, 7, 0);
}

/* fe80::1 -> fe80::2 */
static inline void put_ipv6(struct builder *b, uint8_t next, size_t payload) {
        put_hex(b, "60000000");
        put_be16(b, payload);
        put_bytes(b, (uint8_t[]) { next, 64 }, 2);
        put_hex(b, "fe800000000000000000000000000001 fe800000000000000000000000000002");
}

static inline void put_udp(struct builder *b, uint16_t source, uint16_t destination, size_t payload) {
        put_be16(b, source);
        put_be16(b, destination);
        put_be16(b, 8 + payload);
        put_be16(b, 0);
}

/* 35 bytes: IPv4 10.0.0.1 -> 10.0.0.2, UDP 1000 -> 2000, "payload" */
static inline void put_inner(struct builder *b) {
        put_ipv4(b, 17, 8 + 7);
        put_udp(b, 1000, 2000, 7);
        put_text(b, "payload");
}
