/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <endian.h>
#include <stdint.h>

/* Reads of memory that somebody else may write to meanwhile, such as a mapped file. A compiler may read plain memory as
 * often as it likes, and so use another number than the one that was checked. Each of these is one read, whose result is
 * the caller's own. They check no bounds, and need no alignment. */

struct once16 {
        uint16_t n;
} __attribute__((packed));

struct once32 {
        uint32_t n;
} __attribute__((packed));

struct once64 {
        uint64_t n;
} __attribute__((packed));

static inline uint8_t once_u8(const uint8_t *p) {
        return *(const volatile uint8_t *) p;
}

/* As they stand there. */
static inline uint16_t once_u16(const uint8_t *p) {
        return ((const volatile struct once16 *) p)->n;
}

static inline uint32_t once_u32(const uint8_t *p) {
        return ((const volatile struct once32 *) p)->n;
}

static inline uint64_t once_u64(const uint8_t *p) {
        return ((const volatile struct once64 *) p)->n;
}

static inline uint16_t once_be16(const uint8_t *p) {
        return be16toh(once_u16(p));
}

static inline uint32_t once_be32(const uint8_t *p) {
        return be32toh(once_u32(p));
}

static inline uint32_t once_le32(const uint8_t *p) {
        return le32toh(once_u32(p));
}
