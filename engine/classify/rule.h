/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/macro.h"
#include "engine/classify/device-type.h"
#include "engine/classify/glob.h"
#include "engine/classify/os-signatures.h"
#include "engine/fact.h"

/* Rules as they are kept, for the files of this folder: rules-load.c makes them, classify.c applies them. */

#define RULES_MAX 4096       /* rules in a set */
#define CONDITIONS_MAX 8192  /* conditions in a set */
#define RULE_CONDITIONS_MAX 24

/* What a condition looks at: a kind of fact, the vendor of the address, or the first label of the names by which a
 * device calls itself, whatever the protocol. */
#define SLOT_VENDOR 0
#define SLOT_OF_KIND(kind) ((uint16_t) ((kind) + 1))
#define SLOT_NAME (_FACT_KIND_MAX + 1)
#define SLOT_MAX (_FACT_KIND_MAX + 2)

enum condition_role {
        CONDITION_ALL, /* Match=, Asks=: must hold */
        CONDITION_ANY, /* Any=: one of the rule's must hold */
        CONDITION_NOT, /* Not=: must not hold */
};

struct condition {
        uint16_t slot;
        uint8_t role;   /* enum condition_role */
        bool asks;      /* matches only what the device asks for; without it, only what it does not */
        struct glob *glob;
};

struct rule {
        char *name;
        enum device_type type; /* TYPE_UNKNOWN: says nothing of it */
        char *vendor, *model, *os; /* templates with $1 … $9; NULL: says nothing of it */
        uint8_t confidence;
        unsigned file; /* ruleset.n_files when it was read */
        size_t n_conditions;
        struct condition *conditions; /* at most RULE_CONDITIONS_MAX */
        uint16_t first; /* where they begin in the ruleset's row */
};

/* Where a condition can hold at all: by three bytes of text that its pattern cannot do without. A value is
 * scanned once, and only the conditions found on the way are tried. */
#define INDEX_BUCKETS 8192
#define INDEX_NONE UINT16_MAX

struct indexed_condition {
        const struct condition *condition;
        uint16_t rule; /* index */
        uint16_t next; /* in the same bucket or list */
};

struct ruleset {
        struct rule *rules[RULES_MAX]; /* sorted by name */
        size_t n_rules;
        size_t n_rule_conditions; /* of all rules */
        unsigned n_files; /* read so far */
        struct arena memory; /* of the rules, and of those that others replaced */
        struct os_signatures *signatures; /* NULL: none */

        struct indexed_condition *conditions; /* of all rules in a row */
        size_t n_conditions;
        uint16_t buckets[INDEX_BUCKETS];
        uint16_t unfiltered[SLOT_MAX]; /* patterns too short or too open for the index */
};

static inline uint16_t index_bucket(uint16_t slot, uint32_t gram) {
        uint32_t x = gram | (uint32_t) slot << 24;

        x ^= (uint32_t) slot * UINT32_C(0x9e3779b1);
        return (uint16_t) ((x * UINT32_C(0x85ebca6b)) >> 16) % INDEX_BUCKETS;
}

/* Builds the index anew. -ENOMEM: then the set is empty. */
int ruleset_index(struct ruleset *rules);
