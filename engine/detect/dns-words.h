/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* What DNS names look like. `name` is a fact's "NAME TYPE". */

/* The length of the name, without the type. */
size_t dns_words_length(const char *name);
/* The last two labels of a name that carry no data, as far as there are such, within it: whose the data are. */
struct dns_owner {
        const char *labels[2];
        size_t lengths[2];
};

/* Does a label of it carry data: long, and of the letters of hexadecimal, base 32 or base 64, or of bytes, rather than of words?
 * Shorter ones do for types that have room for an answer, and any name for a type that nothing else asks for. */
bool dns_words_carry_data(const char *name, struct dns_owner *ret_owner);
/* The registered label ("example" of www.example.com), as far as that is known without a list; its length in `*ret`. */
const char *dns_words_registered(const char *name, size_t *ret);
/* Looks like drawn by lot: hard to pronounce, or digits in between. */
bool dns_words_are_random(const char *label, size_t length);
