/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"

/* Patterns over text that a device sent. '*' stands for any run of bytes, '?' for one character, "[a-z0-9]" and
 * "[!a-z]" for one byte of a set, '\' takes the next character as it is. Each '*' captures the shortest run that
 * lets the pattern match. Text between two '*' is looked for from left to right and never again, so that a
 * match takes at most length of value times length of pattern steps, whatever the value. */

#define GLOB_CAPTURES_MAX 9
#define GLOB_VALUE_MAX UINT16_MAX

struct glob;

enum glob_flags {
        GLOB_CASE = 1 << 0,      /* case matters; without it ASCII letters are equal in either case */
        GLOB_LITERAL = 1 << 1,   /* the text has no wildcards of its own */
        GLOB_OPEN_START = 1 << 2, /* as if '*' stood before the text */
        GLOB_OPEN_END = 1 << 3,  /* as if '*' stood behind the text */
};

struct glob_capture {
        uint16_t start, length; /* in the value */
};

/* A pattern goes with `memory`. -EINVAL: a set without its ']', a lone '\', or more '*' than GLOB_CAPTURES_MAX;
 * -ENOMEM. */
int glob_new(struct glob **ret, struct arena *memory, const char *text, unsigned flags);

/* `captures` has room for GLOB_CAPTURES_MAX, or is NULL; it is only written where the value matches. At most
 * GLOB_VALUE_MAX bytes. */
bool glob_match(const struct glob *glob, const char *value, size_t length, struct glob_capture *captures);
size_t glob_n_captures(const struct glob *glob);

static inline uint8_t glob_fold(uint8_t c) {
        return c >= 'A' && c <= 'Z' ? (uint8_t) (c + ('a' - 'A')) : c;
}

/* Three bytes in a row, in lower case, as a number. */
#define GLOB_GRAM 3
static inline uint32_t glob_gram(const uint8_t bytes[static GLOB_GRAM]) {
        return (uint32_t) glob_fold(bytes[0]) | (uint32_t) glob_fold(bytes[1]) << 8 | (uint32_t) glob_fold(bytes[2]) << 16;
}

/* Those that every matching value holds, the first `room` of them. How many they are. */
size_t glob_grams(const struct glob *glob, uint32_t *ret, size_t room);
