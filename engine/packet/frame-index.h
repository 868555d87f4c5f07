/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "engine/packet/frame-run.h"

/* Where the frames of a shared run begin. Only the one before it says where one begins, and each is in another line of
 * memory, for which the processor has to wait: 100 ns, more than all else that a flow needs. So memory that is not in the
 * cache is walked in several sections at a time, each from where a record most likely begins. That is a guess, and is
 * believed only if the section before it ends exactly there. */

#define FRAME_INDEX_SECTIONS_MAX 8
/* Places that frame_index_find() needs room for: a record has 16 bytes at least, and each section begins and ends. */
#define FRAME_INDEX_ROOM(size) ((size) / FRAME_RUN_HEADER + 2 * FRAME_INDEX_SECTIONS_MAX)

/* Finds all whole records of `bytes`, which begins with one and may be written to by others meanwhile, up to one that
 * claims more than FRAME_RUN_FRAME_MAX bytes. Of the n found starts[0] to starts[n - 1] are where they begin, starts[n] is
 * where the last one ends; all of it lies within `size`. `sections`: 1 to FRAME_INDEX_SECTIONS_MAX; it makes no difference
 * to what is found. */
size_t frame_index_find(const uint8_t *bytes, uint32_t size, unsigned sections, const uint8_t **starts);
