/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

/* -EINVAL: a set without its ']', a lone '\', or more '*' than GLOB_CAPTURES_MAX; -ENOMEM. */
int glob_new(struct glob **ret, const char *text, unsigned flags);
struct glob *glob_free(struct glob *glob);

/* `captures` has room for GLOB_CAPTURES_MAX, or is NULL; it is only written where the value matches. At most
 * GLOB_VALUE_MAX bytes. */
bool glob_match(const struct glob *glob, const char *value, size_t length, struct glob_capture *captures);
size_t glob_n_captures(const struct glob *glob);

/* Three bytes in a row that every matching value holds, in lower case; `i` counts from 0 over all places where
 * they may stand. -ENOENT behind the last place, 0: none here, 1: `ret` is set. */
#define GLOB_GRAM 3
int glob_gram(const struct glob *glob, size_t i, uint8_t ret[static GLOB_GRAM]);

static inline uint8_t glob_fold(uint8_t c) {
        return c >= 'A' && c <= 'Z' ? (uint8_t) (c + ('a' - 'A')) : c;
}
