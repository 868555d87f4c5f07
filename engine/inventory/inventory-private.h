/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "common/cleanup.h"
#include "common/mix.h"
#include "engine/classify/match-memo.h"
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

/* What attribution looks at in a fact of an ordinary kind: the two MACs, the IP address, the hop limit, whether it went to a
 * group, interface, VLAN and flags. Words, since fields would be written one by one and read as words again, which has to wait
 * for all of them. */
struct fact_ends {
        uint64_t words[5];
};

/* Whom facts with these ends are about, as long as nothing changes that this depends on. */
struct attribution {
        uint64_t generation;
        uint32_t address_generation;
        bool bound;          /* the IP address became the entry's, or was it */
        const uint32_t *address_generation_now; /* of its IP address */
        struct fact_ends ends;
        struct entry *entry; /* NULL: nobody's */
};

/* Who was heard last in the name of somebody elsewhere, as who forwards is, or makes addresses up: facts with these ends are
 * nobody's, whatever their IP address is, unless it has a place on the link. A flood's never come again, so that what was found out
 * of each alone helps none. */
struct forwarder {
        uint64_t generation;
        uint64_t until;             /* ns: a limit that time lifts decided; UINT64_MAX: it was none */
        struct fact_ends ends;      /* without the IP address */
        const struct network_entry *network;
        const struct entry *full;   /* whose list of addresses was full; NULL: it does not matter */
};

#define ATTRIBUTIONS 512
#define ADDRESS_GENERATIONS 256

/* Facts come several in a row that differ in what they say alone, for each packet tells many: whom the first of them is
 * about, so are the others. */
struct latest_fact {
        struct attribution *attribution; /* NULL: there is none, or more was heard since */
        uint64_t ts, frame; /* of the fact */
        bool bound;         /* its IP address is settled */
};

struct inventory {
        struct inventory_config config;
        struct inventory_ops ops;
        struct inventory_counters counters;
        const struct ruleset *rules;
        struct match_memo *matches; /* of those rules */
        struct vendor_db *vendors; /* NULL: none on this machine */
        struct os_guesses *os_guesses;
        uint64_t now;
        uint64_t flushed;          /* when changes were last told */

        struct entry **entries;    /* by id */
        size_t n_entries, entries_room;
        struct hash_index by_mac, by_ip;
        uint64_t secret[2];        /* of their hashes; never of ids, which are the same everywhere */
        uint64_t generation;       /* of those two, of networks and of what is known of addresses */
        uint32_t address_generations[ADDRESS_GENERATIONS]; /* of addresses by hash: of who has them in passing */
        struct latest_fact latest;
        struct attribution attributions[ATTRIBUTIONS][2]; /* by hash of the ends */
        struct attribution passing; /* one that holds for its packet alone */
        struct forwarder forwarder;
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

/* Is what was found out of the sender still so? */
static inline bool attribution_is_current(const struct inventory *inventory, const struct attribution *a) {
        return a->generation == inventory->generation && a->address_generation == *a->address_generation_now;
}

static inline bool latest_is_current(const struct inventory *inventory) {
        return inventory->latest.attribution && attribution_is_current(inventory, inventory->latest.attribution);
}

/* inventory.c: every entry into the inventory passes here. It is `now`, or later if it was later before: time never
 * runs back, however frames are stamped. */
uint64_t inventory_time(struct inventory *inventory, uint64_t now);

static inline struct fact_ends fact_ends_of(const struct fact *fact) {
        uint64_t kept = fact->flags & (FACT_HAS_MAC | FACT_TUNNELLED | FACT_LINK_SCOPED | FACT_HAS_SUBJECT);
        uint64_t ip[2];

        ip_to_words(&fact->ip, ip);
        return (struct fact_ends) { {
                mac_to_word(&fact->mac) | (uint64_t) fact->ip.family << 48 | (uint64_t) fact->hop_limit << 56,
                mac_to_word(&fact->source) | kept << 48,
                ip[0],
                ip[1],
                (uint64_t) fact->ifindex << 32 | (uint64_t) fact->vlan << 16 | ip_is_multicast(&fact->destination),
        } };
}

/* But for the IP address. Without a loop, which compilers make vectors of: those wait for the words, too. */
static inline bool fact_ends_equal_but_ip(const struct fact_ends *a, const struct fact_ends *b) {
        const uint64_t *x = a->words, *y = b->words;

        return ((x[0] ^ y[0]) | (x[1] ^ y[1]) | (x[4] ^ y[4])) == 0;
}

static inline bool fact_ends_equal(const struct fact_ends *a, const struct fact_ends *b) {
        const uint64_t *x = a->words, *y = b->words;

        return fact_ends_equal_but_ip(a, b) && ((x[2] ^ y[2]) | (x[3] ^ y[3])) == 0;
}

/* For the indexes. */
static inline uint64_t inventory_hash(const struct inventory *inventory, uint64_t high, uint64_t low) {
        return mix64(mix64(high ^ inventory->secret[0], inventory->secret[1]) ^ low, inventory->secret[0]);
}
