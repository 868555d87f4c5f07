/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdint.h>

/* mix64() of 32-bit processors, for which compilers have no product of 128 bits: multiplication by halves. */
static inline uint64_t mix64_by_halves(uint64_t a, uint64_t b) {
        uint64_t low = (a & UINT32_MAX) * (b & UINT32_MAX), high = (a >> 32) * (b >> 32);
        uint64_t middle = (a >> 32) * (b & UINT32_MAX) + (low >> 32);
        uint64_t other = (a & UINT32_MAX) * (b >> 32) + (middle & UINT32_MAX);

        return ((low & UINT32_MAX) | other << 32) ^ (high + (middle >> 32) + (other >> 32));
}

/* Multiplies and folds: each bit of both words reaches all of the result (as in wyhash, public domain). The quick hash
 * of one or two words, where one of them has a secret in it. The same on all machines. */
static inline uint64_t mix64(uint64_t a, uint64_t b) {
#ifdef __SIZEOF_INT128__
        unsigned __int128 product = (unsigned __int128) a * b;

        return (uint64_t) product ^ (uint64_t) (product >> 64);
#else
        return mix64_by_halves(a, b);
#endif
}
