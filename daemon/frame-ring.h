/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/macro.h"

/* A queue of records of any size between one thread that writes and one that reads; no locks. Records stand in one
 * piece in memory, aligned to 8 bytes, and are read where they were written. */

struct frame_ring;

/* `size`: bytes, a power of two of 4096 at least. */
int frame_ring_new(struct frame_ring **ret, size_t size);
struct frame_ring *frame_ring_free(struct frame_ring *ring);
DEFINE_CLEANUP(struct frame_ring *, frame_ring_free)

/* The writer's. Room for `length` bytes; NULL: not now, or never (more than a quarter of the ring). What was written
 * can be read from frame_ring_commit() on; true: the reader had told that it goes to sleep and must be woken. */
void *frame_ring_reserve(struct frame_ring *ring, size_t length);
bool frame_ring_commit(struct frame_ring *ring);

/* The reader's. The oldest record, until frame_ring_release(); NULL: there is none. */
const void *frame_ring_peek(struct frame_ring *ring, size_t *ret_length);
void frame_ring_release(struct frame_ring *ring);
/* Tells the writer that the reader goes to sleep. False: it must not, something has come. */
bool frame_ring_sleep(struct frame_ring *ring);
