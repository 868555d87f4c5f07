/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The one way to read bytes that came from elsewhere: every read is checked against the end, and a
 * read that does not fit returns false, leaves the output untouched and the cursor where it was.
 * Numbers come out in host order. A cursor never owns what it points to. */

struct cursor {
        const uint8_t *data;
        const uint8_t *end;
};

static inline struct cursor cursor_make(const void *data, size_t length) {
        return (struct cursor) { data, (const uint8_t *) data + length };
}

static inline size_t cursor_left(const struct cursor *c) {
        return (size_t) (c->end - c->data);
}

static inline bool cursor_skip(struct cursor *c, size_t n) {
        if (cursor_left(c) < n)
                return false;
        c->data += n;
        return true;
}

/* Splits off the next n bytes as a cursor of their own. */
static inline bool cursor_take(struct cursor *c, size_t n, struct cursor *ret) {
        if (cursor_left(c) < n)
                return false;
        *ret = (struct cursor) { c->data, c->data + n };
        c->data += n;
        return true;
}

static inline bool cursor_copy(struct cursor *c, void *ret, size_t n) {
        if (cursor_left(c) < n)
                return false;
        memcpy(ret, c->data, n);
        c->data += n;
        return true;
}

static inline bool cursor_u8(struct cursor *c, uint8_t *ret) {
        if (cursor_left(c) < 1)
                return false;
        *ret = *c->data++;
        return true;
}

static inline uint16_t load_be16(const uint8_t *p) {
        return (uint16_t) ((p[0] << 8) | p[1]);
}

static inline uint32_t load_be32(const uint8_t *p) {
        return ((uint32_t) p[0] << 24) | ((uint32_t) p[1] << 16) | ((uint32_t) p[2] << 8) | p[3];
}

static inline uint16_t load_le16(const uint8_t *p) {
        return (uint16_t) ((p[1] << 8) | p[0]);
}

static inline uint32_t load_le32(const uint8_t *p) {
        return ((uint32_t) p[3] << 24) | ((uint32_t) p[2] << 16) | ((uint32_t) p[1] << 8) | p[0];
}

static inline bool cursor_be16(struct cursor *c, uint16_t *ret) {
        if (cursor_left(c) < 2)
                return false;
        *ret = load_be16(c->data);
        c->data += 2;
        return true;
}

static inline bool cursor_be24(struct cursor *c, uint32_t *ret) {
        if (cursor_left(c) < 3)
                return false;
        *ret = ((uint32_t) c->data[0] << 16) | load_be16(c->data + 1);
        c->data += 3;
        return true;
}

static inline bool cursor_be32(struct cursor *c, uint32_t *ret) {
        if (cursor_left(c) < 4)
                return false;
        *ret = load_be32(c->data);
        c->data += 4;
        return true;
}

static inline bool cursor_le16(struct cursor *c, uint16_t *ret) {
        if (cursor_left(c) < 2)
                return false;
        *ret = load_le16(c->data);
        c->data += 2;
        return true;
}

static inline bool cursor_le32(struct cursor *c, uint32_t *ret) {
        if (cursor_left(c) < 4)
                return false;
        *ret = load_le32(c->data);
        c->data += 4;
        return true;
}

/* QUIC's variable-length integer (RFC 9000 §16). */
static inline bool cursor_varint(struct cursor *c, uint64_t *ret) {
        uint64_t value;
        size_t n;

        if (c->data >= c->end)
                return false;
        n = (size_t) 1 << (c->data[0] >> 6);
        if (cursor_left(c) < n)
                return false;
        value = c->data[0] & 0x3f;
        for (size_t i = 1; i < n; i++)
                value = value << 8 | c->data[i];
        c->data += n;
        *ret = value;
        return true;
}

/* 1 if the bytes begin with `text`, 0 if they may once there are more of them, -1 if not. */
static inline int cursor_begins(const struct cursor *c, const void *text, size_t length) {
        size_t left = cursor_left(c);

        if (memcmp(c->data, text, left < length ? left : length) != 0)
                return -1;
        return left >= length;
}
