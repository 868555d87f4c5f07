/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stddef.h>

/* Memory of many small things that live as long as each other: taken piece by piece, given back all at once. */

struct arena {
        struct arena_block *last; /* NULL: there is none yet */
        size_t used;              /* of it */
};

/* Aligned for pointers and 64-bit numbers, and not set to anything. NULL: there is no memory. */
void *arena_take(struct arena *arena, size_t size);
char *arena_string(struct arena *arena, const char *s);

/* Gives back what was taken since `arena` was as `then`; all of it: since it was {}. */
void arena_rewind(struct arena *arena, struct arena then);
