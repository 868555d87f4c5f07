/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/address.h"
#include "common/strbuf.h"
#include "engine/detect/watch-table.h"

/* What detectors learn over days, so that it can be kept over restarts: a lesson is what one of them knows of one thing, in words
 * that only it understands, in ASCII. A record of a watch table that is to be kept begins with a struct learned. */

#define LESSON_TEXT_MAX 3072

struct lesson {
        const char *detector;   /* its name */
        uint64_t key;           /* tells its lessons apart, on every machine alike */
        struct mac_address mac; /* of whom it is */
        const char *text;
};

typedef void (*lesson_take_fn)(void *userdata, const struct lesson *lesson);

struct learned {
        struct mac_address mac;
        bool changed; /* since it was told last */
};

/* It is `mac`'s, and worth telling. */
static inline void learned_note(struct learned *l, const struct mac_address *mac) {
        l->mac = *mac;
        l->changed = true;
}

/* The next record behind `record` (NULL: the first) that changed, or of `all`; it counts as told. NULL: there is none. */
void *learned_next(struct watch_table *table, void *record, bool all);
/* The record for a lesson that comes back; NULL: out of memory. */
void *learned_recall(struct watch_table *table, const struct lesson *lesson);
/* Drops what was learned of `mac`. */
void learned_forget(struct watch_table *table, const struct mac_address *mac);

/* Tells `text` of a record. */
void lesson_tell(const char *detector, const void *record, const struct strbuf *text, lesson_take_fn take, void *userdata);

/* Words, each behind a space. */
void lesson_put_number(struct strbuf *b, uint64_t value);
void lesson_put_word(struct strbuf *b, const char *word); /* any bytes */
/* Take the next word off the front of `*text`. False: there is none, or it is not what it must be. */
bool lesson_get_number(const char **text, uint64_t max, uint64_t *ret);
bool lesson_get_word(const char **text, char *ret, size_t size);
