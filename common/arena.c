/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Blocks of which pieces are cut off one behind the other. A piece too large for a common block has one of its own. */

#include "common/arena.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "common/macro.h"

#define ALIGNMENT ((size_t) 8)

/* AddressSanitizer is to see where each piece ends. */
#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if defined __SANITIZE_ADDRESS__ || __has_feature(address_sanitizer)
#define BLOCK_SIZE ((size_t) 0)
#else
#define BLOCK_SIZE ((size_t) 16 << 10)
#endif

struct arena_block {
        struct arena_block *before;
        size_t size;
        alignas(ALIGNMENT) char data[];
};

static int add_block(struct arena *arena, size_t size) {
        struct arena_block *block = malloc(sizeof *block + MAX(size, BLOCK_SIZE));

        if (!block)
                return -1;
        block->before = arena->last;
        block->size = MAX(size, BLOCK_SIZE);
        *arena = (struct arena) { .last = block };
        return 0;
}

void *arena_take(struct arena *arena, size_t size) {
        char *piece;

        size = (size + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
        if ((!arena->last || size > arena->last->size - arena->used) && add_block(arena, size) < 0)
                return NULL;
        piece = arena->last->data + arena->used;
        arena->used += size;
        return piece;
}

char *arena_string(struct arena *arena, const char *s) {
        size_t size = strlen(s) + 1;
        char *copy = arena_take(arena, size);

        return copy ? memcpy(copy, s, size) : NULL;
}

void arena_rewind(struct arena *arena, struct arena then) {
        while (arena->last != then.last) {
                struct arena_block *block = arena->last;

                arena->last = block->before;
                free(block);
        }
        arena->used = then.used;
}
