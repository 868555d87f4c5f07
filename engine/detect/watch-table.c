/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* An index by key, and a list in the order of use, of records that are known by their numbers: what a flood fills over and over
 * is one array, of which the kernel gives only the pages that are used. The record follows its head. */

#include "engine/detect/watch-table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/macro.h"
#include "common/mix.h"
#include "engine/flow/flow-index.h"

#define ALIGNMENT 16
#define LINE 64
#define INDEX_MIN 64
#define SLOTS_EACH UINT64_C(4) /* at least: most of what a flood looks for is not there, which the first slot should tell */
#define NOBODY 0 /* numbers begin with 1; item 0 is the list's head */

struct item {
        uint64_t key;
        uint32_t older, newer; /* longest unasked for first; a ring through item 0. Of free ones `newer` is the next */
        _Alignas(ALIGNMENT) unsigned char record[];
};

struct watch_table {
        struct flow_index index;
        unsigned char *items; /* max and the head */
        unsigned char *beside; /* by number; NULL: there is nothing */
        uint64_t secret;
        size_t stride, record_size, beside_size;
        uint32_t max, count, used, free; /* used: of the items, from the front; free: list of those given back */
};

_Static_assert(sizeof(struct item) == ALIGNMENT, "of a line most is the record's");

static inline struct item *item_at(const struct watch_table *t, uint32_t number) {
        return (struct item *) (t->items + number * t->stride);
}

static struct item *item_of(const void *record) {
        return (struct item *) ((char *) (uintptr_t) record - offsetof(struct item, record));
}

static uint32_t number_of(const struct watch_table *t, const struct item *item) {
        return item_at(t, item->older)->newer;
}

/* Small records do not lie across two cache lines. */
static size_t stride_of(size_t record_size) {
        size_t size = (sizeof(struct item) + record_size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;

        return size > LINE / 2 && size < LINE ? LINE : size;
}

int watch_table_new(struct watch_table **ret, size_t record_size, uint32_t max) {
        struct watch_table *t = calloc(1, sizeof *t);

        if (!t)
                return -ENOMEM;
        /* Where memory lies is not for peers to know, who could else choose keys of one bucket. No result depends on it. */
        t->secret = mix64((uintptr_t) t, UINT64_C(0x9e3779b97f4a7c15)) | 1;
        t->record_size = record_size;
        t->stride = stride_of(record_size);
        t->max = max;
        t->items = aligned_alloc(LINE, (((size_t) max + 1) * t->stride + LINE - 1) / LINE * LINE);
        if (!t->items || flow_index_init(&t->index, INDEX_MIN) < 0) {
                watch_table_free(t);
                return -ENOMEM;
        }
        *item_at(t, 0) = (struct item) { .key = 0 };
        *ret = t;
        return 0;
}

int watch_table_new_beside(struct watch_table **ret, size_t record_size, uint32_t max, size_t beside_size) {
        struct watch_table *t;
        int r = watch_table_new(&t, record_size, max);

        if (r < 0)
                return r;
        t->beside_size = beside_size;
        t->beside = malloc(max * beside_size);
        if (!t->beside) {
                watch_table_free(t);
                return -ENOMEM;
        }
        *ret = t;
        return 0;
}

struct watch_table *watch_table_free(struct watch_table *t) {
        if (!t)
                return NULL;
        flow_index_done(&t->index);
        free(t->items);
        free(t->beside);
        free(t);
        return NULL;
}

static uint64_t hash_of(const void *userdata, uint32_t number) {
        const struct watch_table *t = userdata;

        return mix64(item_at(t, number)->key, t->secret);
}

static inline uint32_t find(const struct watch_table *t, uint64_t key) {
        struct flow_probe probe = flow_index_probe(&t->index, mix64(key, t->secret));
        uint32_t number;

        for (; (number = flow_index_find(&t->index, &probe)) > 0; flow_index_step(&t->index, &probe))
                if (item_at(t, number)->key == key)
                        return number;
        return NOBODY;
}

void *watch_table_find(const struct watch_table *t, uint64_t key) {
        uint32_t number = find(t, key);

        return number != NOBODY ? item_at(t, number)->record : NULL;
}

void watch_table_fetch(const struct watch_table *t, uint64_t key) {
        flow_index_fetch(&t->index, mix64(key, t->secret));
}

static inline void unlink_item(struct watch_table *t, struct item *item) {
        item_at(t, item->older)->newer = item->newer;
        item_at(t, item->newer)->older = item->older;
}

static inline void append(struct watch_table *t, uint32_t number) {
        struct item *item = item_at(t, number), *head = item_at(t, 0);

        item->older = head->older;
        item->newer = 0;
        item_at(t, head->older)->newer = number;
        head->older = number;
}

static uint32_t let_go(struct watch_table *t, struct item *item) {
        uint32_t number = number_of(t, item);

        flow_index_remove(&t->index, mix64(item->key, t->secret), number, hash_of, t);
        unlink_item(t, item);
        t->count--;
        return number;
}

void watch_table_remove(struct watch_table *t, void *record) {
        struct item *item = item_of(record);
        uint32_t number = let_go(t, item);

        item->newer = t->free;
        t->free = number;
}

/* Those that give way next were not touched for long: of the first its place in the index is fetched, the second itself. */
static void fetch_oldest(const struct watch_table *t) {
        uint32_t first = item_at(t, 0)->newer;

        flow_index_fetch(&t->index, hash_of(t, first));
        __builtin_prefetch(item_at(t, item_at(t, first)->newer), 1);
}

/* A number that is free, or that of the record that gives way. */
static uint32_t take_number(struct watch_table *t) {
        uint32_t number = t->free;

        if (t->count == t->max) {
                number = let_go(t, item_at(t, item_at(t, 0)->newer));
                fetch_oldest(t);
        } else if (number == NOBODY) {
                number = ++t->used;
        } else {
                t->free = item_at(t, number)->newer;
        }
        return number;
}

static int grow(struct watch_table *t) {
        struct flow_index grown;
        int r = flow_index_init(&grown, (t->index.mask + 1) * 2);

        if (r < 0)
                return r;
        for (uint32_t number = item_at(t, 0)->newer; number != NOBODY; number = item_at(t, number)->newer)
                flow_index_insert(&grown, hash_of(t, number), number);
        flow_index_done(&t->index);
        t->index = grown;
        return 0;
}

static inline void use(struct watch_table *t, uint32_t number) {
        struct item *item = item_at(t, number);

        if (item->newer == NOBODY)
                return;
        unlink_item(t, item);
        append(t, number);
}

void watch_table_use(struct watch_table *t, void *record) {
        use(t, number_of(t, item_of(record)));
}

static _noinline_ void *add(struct watch_table *t, uint64_t key) {
        struct item *item;
        uint32_t number;

        if (t->count < t->max && (t->count + 1) * SLOTS_EACH > t->index.mask + 1 && grow(t) < 0)
                return NULL;
        number = take_number(t);
        item = item_at(t, number);
        item->key = key;
        memset(item->record, 0, t->record_size);
        flow_index_insert(&t->index, mix64(key, t->secret), number);
        append(t, number);
        t->count++;
        return item->record;
}

void *watch_table_get(struct watch_table *t, uint64_t key, bool *ret_new) {
        uint32_t number = find(t, key);

        *ret_new = number == NOBODY;
        if (number == NOBODY)
                return add(t, key);
        use(t, number);
        return item_at(t, number)->record;
}

void *watch_table_next(const struct watch_table *t, const void *record) {
        uint32_t number = record ? item_of(record)->newer : item_at(t, 0)->newer;

        return number != NOBODY ? item_at(t, number)->record : NULL;
}

uint32_t watch_table_count(const struct watch_table *t) {
        return t->count;
}

void *watch_table_beside(const struct watch_table *t, const void *record) {
        return t->beside + (number_of(t, item_of(record)) - 1) * t->beside_size;
}

uint64_t watch_table_key(const void *record) {
        return item_of(record)->key;
}
