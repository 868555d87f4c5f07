/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Positions count bytes for ever and are taken modulo the size. Each side owns one of them and keeps what it last saw of
 * the other's, so that the cache line is only fetched when the ring looks full, or empty. */

#include "daemon/frame-ring.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

/* Before each record; a length of SKIP: the rest up to the ring's end is not used. */
struct header {
        uint64_t length;
};

#define SKIP UINT64_MAX
#define CACHE_LINE 64

struct frame_ring {
        uint8_t *data;
        uint64_t size;
        _Alignas(CACHE_LINE) _Atomic uint64_t written; /* by the writer, up to here */
        uint64_t reserved, read_seen;
        _Alignas(CACHE_LINE) _Atomic uint64_t read;    /* by the reader */
        uint64_t written_seen, taken;
        _Alignas(CACHE_LINE) atomic_bool sleeping;
};

int frame_ring_new(struct frame_ring **ret, size_t size) {
        struct frame_ring *ring = NULL;

        if (size < 4096 || (size & (size - 1)) != 0)
                return -EINVAL;
        if (posix_memalign((void **) &ring, CACHE_LINE, sizeof *ring) != 0)
                return -ENOMEM;
        *ring = (struct frame_ring) { .data = malloc(size), .size = size };
        if (!ring->data) {
                free(ring);
                return -ENOMEM;
        }
        *ret = ring;
        return 0;
}

struct frame_ring *frame_ring_free(struct frame_ring *ring) {
        if (ring)
                free(ring->data);
        free(ring);
        return NULL;
}

static struct header *header_at(const struct frame_ring *ring, uint64_t position) {
        return (struct header *) (ring->data + (position & (ring->size - 1)));
}

static bool has_room(struct frame_ring *ring, uint64_t end) {
        if (end - ring->read_seen <= ring->size)
                return true;
        ring->read_seen = atomic_load_explicit(&ring->read, memory_order_acquire);
        return end - ring->read_seen <= ring->size;
}

void *frame_ring_reserve(struct frame_ring *ring, size_t length) {
        uint64_t begin = atomic_load_explicit(&ring->written, memory_order_relaxed);
        uint64_t left = ring->size - (begin & (ring->size - 1)), whole;

        if (length > ring->size / 4)
                return NULL;
        whole = sizeof(struct header) + ((length + 7) & ~(uint64_t) 7);
        if (whole > left) {
                if (!has_room(ring, begin + left + whole))
                        return NULL;
                header_at(ring, begin)->length = SKIP;
                begin += left;
        }
        if (!has_room(ring, begin + whole))
                return NULL;
        header_at(ring, begin)->length = length;
        ring->reserved = begin + whole;
        return header_at(ring, begin) + 1;
}

bool frame_ring_commit(struct frame_ring *ring) {
        /* Sequentially consistent, as is frame_ring_sleep(): one of the two sees what the other did. */
        atomic_store(&ring->written, ring->reserved);
        return atomic_load(&ring->sleeping) && atomic_exchange(&ring->sleeping, false);
}

const void *frame_ring_peek(struct frame_ring *ring, size_t *ret_length) {
        uint64_t position = atomic_load_explicit(&ring->read, memory_order_relaxed);
        struct header *header;

        if (position == ring->written_seen)
                ring->written_seen = atomic_load_explicit(&ring->written, memory_order_acquire);
        if (position == ring->written_seen)
                return NULL;
        header = header_at(ring, position);
        if (header->length == SKIP) {
                position += ring->size - (position & (ring->size - 1));
                header = header_at(ring, position);
        }
        *ret_length = header->length;
        ring->taken = position + sizeof *header + ((header->length + 7) & ~(uint64_t) 7);
        return header + 1;
}

void frame_ring_release(struct frame_ring *ring) {
        atomic_store_explicit(&ring->read, ring->taken, memory_order_release);
}

bool frame_ring_sleep(struct frame_ring *ring) {
        atomic_store(&ring->sleeping, true);
        if (atomic_load(&ring->written) == atomic_load_explicit(&ring->read, memory_order_relaxed))
                return true;
        atomic_store(&ring->sleeping, false);
        return false;
}
