/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/macro.h"

/* Texts that are made of the same few bytes again and again, as the fingerprints of a program that says the same hello to
 * everybody: made once, and found by those bytes after that. A fixed number; the newer one stays. What is found is compared
 * byte for byte, so that it can never be another's. */

#define PHRASE_KEY_MAX 384
#define PHRASE_TEXT_MAX 256 /* bytes with the NUL */

struct phrase {
        uint16_t key_length; /* 0: none is kept here */
        uint16_t lengths[2]; /* of the texts, without the NUL */
        uint8_t key[PHRASE_KEY_MAX];
        char texts[2][PHRASE_TEXT_MAX]; /* valid UTF-8, printable */
};

struct phrases;

/* `seed`: what a sender must not know who wants to push others' texts out. -ENOMEM. */
int phrases_new(struct phrases **ret, uint64_t seed);
struct phrases *phrases_free(struct phrases *phrases);
DEFINE_CLEANUP(struct phrases *, phrases_free)

/* Where texts made of `key` (1 to PHRASE_KEY_MAX bytes) are kept, or are to be: phrase_is_of() says which. */
struct phrase *phrases_place(struct phrases *phrases, const void *key, size_t length);
bool phrase_is_of(const struct phrase *phrase, const void *key, size_t length);
/* Keeps two texts, in place of what was there. Does nothing if one is too long. */
void phrase_keep(struct phrase *phrase, const void *key, size_t length, const char *first, const char *second);
