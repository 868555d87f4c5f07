/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdint.h>

/* Multiplies and folds: each bit of both words reaches all of the result (as in wyhash, public domain). The quick hash of
 * one or two words, where one of them has a secret in it. */
static inline uint64_t mix64(uint64_t a, uint64_t b) {
        unsigned __int128 product = (unsigned __int128) a * b;

        return (uint64_t) product ^ (uint64_t) (product >> 64);
}
