/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "common/address.h"
#include "common/mix.h"

/* What detectors remember of many things: records of one size by a hash of what they are about. At most `max`; the one
 * that was not asked for by watch_table_get() for longest goes first. Reading does not promote. */

struct watch_table;

int watch_table_new(struct watch_table **ret, size_t record_size, uint32_t max); /* -ENOMEM */
/* As above; beside each record there are `beside_size` bytes for what only some records have. Nobody clears them or touches them
 * before their owner does, so that those of the others take no memory. */
int watch_table_new_beside(struct watch_table **ret, size_t record_size, uint32_t max, size_t beside_size);
struct watch_table *watch_table_free(struct watch_table *table);

/* The record of `key`, made (all zero, `*ret_new` true) if there is none. NULL: out of memory. Lives until the next get. */
void *watch_table_get(struct watch_table *table, uint64_t key, bool *ret_new);
/* As a get of its key would: `record` was asked for just now. */
void watch_table_use(struct watch_table *table, void *record);
void *watch_table_find(const struct watch_table *table, uint64_t key);
/* Has the place where `key` is looked for come in, meanwhile. */
void watch_table_fetch(const struct watch_table *table, uint64_t key);
/* Of a record. */
void watch_table_remove(struct watch_table *table, void *record);
/* Goes on behind `record`, from the one longest untouched on: NULL for the first, NULL behind the last. */
void *watch_table_next(const struct watch_table *table, const void *record);
uint32_t watch_table_count(const struct watch_table *table);
/* What is beside a record, for as long as the record lives. */
void *watch_table_beside(const struct watch_table *table, const void *record);
/* Whose record is it? */
uint64_t watch_table_key(const void *record);

/* Keys of an address and what goes with it, a number or the key of another address, for what is not kept over restarts: no keys are
 * made as often, and these take a third of what watch_key() does. */
static inline uint64_t watch_ip_key(const struct ip_address *ip, uint64_t rest) {
        uint64_t words[2];

        ip_to_words(ip, words);
        return mix64(mix64(words[0] ^ UINT64_C(0x9e3779b97f4a7c15), words[1] ^ UINT64_C(0xd1b54a32d192ed03)) ^ rest,
                     UINT64_C(0xbf58476d1ce4e5b9) ^ ip->family);
}

static inline uint64_t watch_mac_key(const struct mac_address *mac, uint64_t rest) {
        return mix64(mac_to_word(mac) ^ UINT64_C(0x9e3779b97f4a7c15), rest ^ UINT64_C(0xd1b54a32d192ed03));
}

/* A key of up to three things. Unkeyed: what peers can choose leads to a worse memory of themselves, at most. Inline, because
 * the sizes are constants nearly everywhere, and the hash of so many bytes is a few instructions. */
static inline uint64_t watch_key(const void *a, size_t a_size, const void *b, size_t b_size, uint64_t c) {
        return XXH3_64bits_withSeed(b, b_size, XXH3_64bits_withSeed(a, a_size, c));
}
