/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A hash table with a list in the order of use. The record follows its head. */

#include "engine/detect/watch-table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>
#include <xxhash.h>

#include "common/id-hash.h"

struct item {
        uint64_t key;
        struct item *prev, *next;
        UT_hash_handle hh;
        _Alignas(16) unsigned char record[];
};

struct watch_table {
        struct item *by_key, *items;
        size_t record_size;
        uint32_t max;
};

static struct item *item_of(const void *record) {
        return (struct item *) ((char *) (uintptr_t) record - offsetof(struct item, record));
}

int watch_table_new(struct watch_table **ret, size_t record_size, uint32_t max) {
        struct watch_table *t = calloc(1, sizeof *t);

        if (!t)
                return -ENOMEM;
        t->record_size = record_size;
        t->max = max;
        *ret = t;
        return 0;
}

struct watch_table *watch_table_free(struct watch_table *t) {
        if (!t)
                return NULL;
        while (t->items)
                watch_table_remove(t, t->items->record);
        free(t);
        return NULL;
}

void *watch_table_find(const struct watch_table *t, uint64_t key) {
        struct item *item;

        HASH_FIND(hh, t->by_key, &key, sizeof key, item);
        return item ? item->record : NULL;
}

void watch_table_remove(struct watch_table *t, void *record) {
        struct item *item = item_of(record);

        DL_DELETE(t->items, item);
        HASH_DEL(t->by_key, item);
        free(item);
}

/* New memory, or that of the record that gives way. */
static struct item *take_item(struct watch_table *t) {
        struct item *item;

        if (HASH_COUNT(t->by_key) < t->max)
                return malloc(sizeof *item + t->record_size);
        item = t->items;
        DL_DELETE(t->items, item);
        HASH_DEL(t->by_key, item);
        return item;
}

void *watch_table_get(struct watch_table *t, uint64_t key, bool *ret_new) {
        struct item *item;

        HASH_FIND(hh, t->by_key, &key, sizeof key, item);
        *ret_new = !item;
        if (item) {
                if (item->next) {
                        DL_DELETE(t->items, item);
                        DL_APPEND(t->items, item);
                }
                return item->record;
        }
        item = take_item(t);
        if (!item)
                return NULL;
        item->key = key;
        memset(item->record, 0, t->record_size);
        HASH_ADD(hh, t->by_key, key, sizeof item->key, item);
        DL_APPEND(t->items, item);
        return item->record;
}

void *watch_table_next(const struct watch_table *t, const void *record) {
        const struct item *item = record ? item_of(record)->next : t->items;

        return item ? (void *) (uintptr_t) item->record : NULL;
}

uint32_t watch_table_count(const struct watch_table *t) {
        return HASH_COUNT(t->by_key);
}

uint64_t watch_table_key(const void *record) {
        return item_of(record)->key;
}

uint64_t watch_key(const void *a, size_t a_size, const void *b, size_t b_size, uint64_t c) {
        return XXH3_64bits_withSeed(b, b_size, XXH3_64bits_withSeed(a, a_size, c));
}
