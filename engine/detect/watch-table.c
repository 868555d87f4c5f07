/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* An index by key and a list in the order of use. The record follows its head. */

#include "engine/detect/watch-table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "common/mix.h"
#include "engine/inventory/hash-index.h"

struct item {
        uint64_t key;
        struct item *prev, *next;
        _Alignas(16) unsigned char record[];
};

struct watch_table {
        struct hash_index index;
        struct item *items; /* longest unasked for first */
        uint64_t secret;
        size_t record_size;
        uint32_t max, count;
};

static struct item *item_of(const void *record) {
        return (struct item *) ((char *) (uintptr_t) record - offsetof(struct item, record));
}

int watch_table_new(struct watch_table **ret, size_t record_size, uint32_t max) {
        struct watch_table *t = calloc(1, sizeof *t);

        if (!t)
                return -ENOMEM;
        /* Where memory lies is not for peers to know, who could else choose keys of one bucket. No result depends on it. */
        t->secret = mix64((uintptr_t) t, UINT64_C(0x9e3779b97f4a7c15)) | 1;
        t->record_size = record_size;
        t->max = max;
        *ret = t;
        return 0;
}

struct watch_table *watch_table_free(struct watch_table *t) {
        if (!t)
                return NULL;
        for (struct item *item = t->items, *next; item; item = next) {
                next = item->next;
                free(item);
        }
        hash_index_clear(&t->index);
        free(t);
        return NULL;
}

static uint64_t hash_of(const struct watch_table *t, uint64_t key) {
        return mix64(key, t->secret);
}

static struct item *find(const struct watch_table *t, uint64_t key) {
        uint64_t hash = hash_of(t, key);
        size_t position = 0;

        for (struct item *item; (item = hash_index_next(&t->index, hash, &position));)
                if (item->key == key)
                        return item;
        return NULL;
}

void *watch_table_find(const struct watch_table *t, uint64_t key) {
        struct item *item = find(t, key);

        return item ? item->record : NULL;
}

static void let_go(struct watch_table *t, struct item *item) {
        DL_DELETE(t->items, item);
        hash_index_remove(&t->index, hash_of(t, item->key), item);
        t->count--;
}

void watch_table_remove(struct watch_table *t, void *record) {
        struct item *item = item_of(record);

        let_go(t, item);
        free(item);
}

/* New memory, or that of the record that gives way. */
static struct item *take_item(struct watch_table *t) {
        struct item *item;

        if (t->count < t->max)
                return malloc(sizeof *item + t->record_size);
        item = t->items;
        let_go(t, item);
        /* The next to give way was not touched for long. */
        __builtin_prefetch(t->items, 1);
        return item;
}

static void use(struct watch_table *t, struct item *item) {
        if (!item->next)
                return;
        DL_DELETE(t->items, item);
        DL_APPEND(t->items, item);
}

void watch_table_use(struct watch_table *t, void *record) {
        use(t, item_of(record));
}

void *watch_table_get(struct watch_table *t, uint64_t key, bool *ret_new) {
        struct item *item = find(t, key);

        *ret_new = !item;
        if (item) {
                use(t, item);
                return item->record;
        }
        item = take_item(t);
        if (!item)
                return NULL;
        if (hash_index_add(&t->index, hash_of(t, key), item) < 0) {
                free(item);
                return NULL;
        }
        item->key = key;
        memset(item->record, 0, t->record_size);
        DL_APPEND(t->items, item);
        t->count++;
        return item->record;
}

void *watch_table_next(const struct watch_table *t, const void *record) {
        const struct item *item = record ? item_of(record)->next : t->items;

        return item ? (void *) (uintptr_t) item->record : NULL;
}

uint32_t watch_table_count(const struct watch_table *t) {
        return t->count;
}

uint64_t watch_table_key(const void *record) {
        return item_of(record)->key;
}
