/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "common/cleanup.h"
#include "engine/classify/vendor.h"
#include "engine/inventory/address-book.h"
#include "engine/inventory/attribution.h"
#include "engine/inventory/class.h"
#include "engine/inventory/entry.h"
#include "engine/inventory/evidence.h"
#include "engine/inventory/hash-index.h"
#include "engine/inventory/interface.h"
#include "engine/inventory/naming.h"
#include "engine/inventory/network.h"
#include "engine/inventory/os-guess.h"
#include "engine/inventory/roster.h"
#include "engine/token-bucket.h"

/* The inside of the inventory, shared by the files of this folder only. */

#define INTERFACES_MAX 32

struct inventory {
        struct inventory_config config;
        struct inventory_ops ops;
        struct inventory_counters counters;
        const struct ruleset *rules;
        struct vendor_db *vendors; /* NULL: none on this machine */
        struct os_guesses *os_guesses;
        uint64_t now;
        uint64_t flushed;          /* when changes were last told */

        struct entry **entries;    /* by id */
        size_t n_entries, entries_room;
        struct hash_index by_mac, by_ip;
        uint64_t seed;             /* of their hashes; never of ids, which are the same everywhere */
        struct entry *tiers[_TIER_MAX];          /* longest silent first */
        size_t tier_counts[_TIER_MAX];
        struct entry *presences[_PRESENCE_MAX];  /* idle and online ones, longest silent first */
        struct entry *dirty;
        bool networks_dirty;
        bool unsorted;             /* restored entries are not in those lists yet */
        size_t text_bytes;
        struct token_bucket evictions;

        struct network_entry **networks; /* by id */
        size_t n_networks;
        struct scope *scopes;
        size_t n_scopes, last_scope;
        struct inventory_interface *interfaces;
        size_t n_interfaces;
};

/* inventory.c: every entry into the inventory passes here. It is `now`, or later if it was later before: time never
 * runs back, however frames are stamped. */
uint64_t inventory_time(struct inventory *inventory, uint64_t now);
