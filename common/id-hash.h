/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdint.h>

/* uthash for tables whose keys are, or begin with, a 64-bit id, which is a hash already. (Its own function would also warn of a case
 * that falls through, with clang.) */
#define HASH_FUNCTION(key, length, hash) ((void) (length), (hash) = (unsigned) *(const uint64_t *) (key))

#include <uthash.h>
