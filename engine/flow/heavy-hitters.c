/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Space-Saving. Places stand in a heap by their counts, the least on top, and are found by key through an index of open
 * addressing that is at most half full. */

#include "engine/flow/heavy-hitters.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/mix.h"

struct place {
        struct heavy_hitter hitter;
        uint64_t count; /* bytes both ways, and the error */
        uint32_t slot;  /* of the index */
};

struct heavy_hitters {
        struct place *places; /* [0..taken) in use */
        uint32_t *heap;       /* places by count, the least first */
        uint32_t *heap_at;    /* where in the heap a place stands */
        uint32_t *slots;      /* place + 1; 0: empty */
        uint32_t mask;        /* of slots */
        uint64_t seed;
        struct heavy_counters counters;
};

_Static_assert(sizeof(struct place) + 2 * sizeof(uint32_t) + 2 * sizeof(uint32_t) <= 104, "as heavy-hitters.h says");

struct ip_address heavy_key_to_address(const struct heavy_key *key) {
        struct ip_address ip = { .family = (uint8_t) key->words[2] };

        memcpy(ip.bytes, key->words, sizeof ip.bytes);
        return ip;
}

/* A power of two, twice `places` or more. */
static uint32_t slots_for(uint32_t places) {
        uint32_t n = 2;

        while (n < 2 * places)
                n *= 2;
        return n;
}

int heavy_hitters_new(struct heavy_hitters **ret, uint32_t places, uint64_t seed) {
        _cleanup_(heavy_hitters_freep) struct heavy_hitters *h = NULL;

        if (places < 1 || places > HEAVY_HITTERS_MAX)
                return -EINVAL;
        h = calloc(1, sizeof *h);
        if (!h)
                return -ENOMEM;
        h->counters.places = places;
        h->mask = slots_for(places) - 1;
        h->seed = seed;
        h->places = calloc(places, sizeof *h->places);
        h->heap = calloc(places, sizeof *h->heap);
        h->heap_at = calloc(places, sizeof *h->heap_at);
        h->slots = calloc((size_t) h->mask + 1, sizeof *h->slots);
        if (!h->places || !h->heap || !h->heap_at || !h->slots)
                return -ENOMEM;
        *ret = TAKE_PTR(h);
        return 0;
}

struct heavy_hitters *heavy_hitters_free(struct heavy_hitters *h) {
        if (!h)
                return NULL;
        free(h->places);
        free(h->heap);
        free(h->heap_at);
        free(h->slots);
        free(h);
        return NULL;
}

/* The index. */

static uint32_t home_of(const struct heavy_hitters *h, const struct heavy_key *key) {
        uint64_t hash = mix64(key->words[0] ^ h->seed, key->words[1] ^ UINT64_C(0x9e3779b97f4a7c15));

        hash = mix64(hash ^ key->words[2], h->seed | UINT64_C(0xd6e8feb86659fd93));
        return (uint32_t) (hash >> 32) & h->mask;
}

static bool key_equal(const struct heavy_key *a, const struct heavy_key *b) {
        return a->words[0] == b->words[0] && a->words[1] == b->words[1] && a->words[2] == b->words[2];
}

/* The slot of `key`, or the empty one where it belongs. */
static uint32_t find_slot(const struct heavy_hitters *h, const struct heavy_key *key) {
        uint32_t i = home_of(h, key);

        while (h->slots[i] != 0 && !key_equal(&h->places[h->slots[i] - 1].hitter.key, key))
                i = (i + 1) & h->mask;
        return i;
}

static void set_slot(struct heavy_hitters *h, uint32_t slot, uint32_t place) {
        h->slots[slot] = place + 1;
        h->places[place].slot = slot;
}

/* Closes the gap: whoever stands behind it and could not be found any more moves up. */
static void clear_slot(struct heavy_hitters *h, uint32_t gap) {
        h->slots[gap] = 0;
        for (uint32_t i = (gap + 1) & h->mask; h->slots[i] != 0; i = (i + 1) & h->mask) {
                uint32_t place = h->slots[i] - 1, home = home_of(h, &h->places[place].hitter.key);

                if (((i - home) & h->mask) < ((i - gap) & h->mask))
                        continue;
                h->slots[i] = 0;
                set_slot(h, gap, place);
                gap = i;
        }
}

/* The heap. Counts only grow, so that places only sink. */

static void heap_set(struct heavy_hitters *h, uint32_t at, uint32_t place) {
        h->heap[at] = place;
        h->heap_at[place] = at;
}

static void sink(struct heavy_hitters *h, uint32_t place) {
        uint32_t at = h->heap_at[place], n = h->counters.taken;

        for (;;) {
                uint32_t child = 2 * at + 1;

                if (child + 1 < n && h->places[h->heap[child + 1]].count < h->places[h->heap[child]].count)
                        child++;
                if (child >= n || h->places[h->heap[child]].count >= h->places[place].count)
                        break;
                heap_set(h, at, h->heap[child]);
                at = child;
        }
        heap_set(h, at, place);
}

/* A new place has a count of 0, which nothing is less than: up to the top it goes. */
static void rise(struct heavy_hitters *h, uint32_t place) {
        uint32_t at = h->heap_at[place];

        for (; at > 0 && h->places[h->heap[(at - 1) / 2]].count > h->places[place].count; at = (at - 1) / 2)
                heap_set(h, at, h->heap[(at - 1) / 2]);
        heap_set(h, at, place);
}

static uint32_t take_free(struct heavy_hitters *h, const struct heavy_key *key, uint32_t slot) {
        uint32_t place = h->counters.taken++;

        h->places[place].hitter.key = *key;
        set_slot(h, slot, place);
        heap_set(h, place, place);
        rise(h, place);
        return place;
}

static uint32_t take_least(struct heavy_hitters *h, const struct heavy_key *key) {
        uint32_t place = h->heap[0];
        struct place *p = &h->places[place];

        clear_slot(h, p->slot);
        p->hitter = (struct heavy_hitter) { .key = *key, .error = p->count };
        set_slot(h, find_slot(h, key), place);
        h->counters.displaced++;
        return place;
}

void heavy_hitters_add(struct heavy_hitters *h, const struct heavy_key *key, const struct heavy_amounts *amounts) {
        uint64_t bytes = amounts->bytes[0] + amounts->bytes[1];
        uint32_t slot = find_slot(h, key), place;
        struct heavy_amounts *sum;

        if (h->slots[slot] != 0)
                place = h->slots[slot] - 1;
        else if (h->counters.taken < h->counters.places)
                place = take_free(h, key, slot);
        else
                place = take_least(h, key);
        sum = &h->places[place].hitter.amounts;
        for (unsigned i = 0; i < 2; i++) {
                sum->bytes[i] += amounts->bytes[i];
                sum->packets[i] += amounts->packets[i];
        }
        h->places[place].count += bytes;
        h->counters.bytes += bytes;
        sink(h, place);
}

static uint64_t bytes_of(const struct heavy_hitter *hitter) {
        return hitter->amounts.bytes[0] + hitter->amounts.bytes[1];
}

/* -1: `a` comes first. */
static int compare(const struct heavy_hitter *a, const struct heavy_hitter *b) {
        uint64_t x = bytes_of(a), y = bytes_of(b);

        if (x != y)
                return x > y ? -1 : 1;
        return memcmp(&a->key, &b->key, sizeof a->key);
}

/* Into a sorted list of `n` that has room for `room`. */
static size_t insert(struct heavy_hitter *list, size_t n, size_t room, const struct heavy_hitter *hitter) {
        size_t i;

        if (n == room && compare(hitter, &list[n - 1]) > 0)
                return n;
        for (i = n == room ? n - 1 : n; i > 0 && compare(hitter, &list[i - 1]) < 0; i--)
                list[i] = list[i - 1];
        list[i] = *hitter;
        return MIN(n + 1, room);
}

size_t heavy_hitters_get(const struct heavy_hitters *h, struct heavy_hitter *ret, size_t n) {
        size_t kept = 0;

        for (uint32_t i = 0; n > 0 && i < h->counters.taken; i++)
                if (bytes_of(&h->places[i].hitter) > 0)
                        kept = insert(ret, kept, n, &h->places[i].hitter);
        return kept;
}

void heavy_hitters_turn(struct heavy_hitters *h) {
        for (uint32_t i = 0; i < h->counters.taken; i++) {
                h->places[i].hitter.amounts = (struct heavy_amounts) {};
                h->places[i].hitter.error = 0;
                h->places[i].count = 0; /* any order is a heap now */
        }
        h->counters.bytes = 0;
}

void heavy_hitters_get_counters(const struct heavy_hitters *h, struct heavy_counters *ret) {
        *ret = h->counters;
}
