/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "engine/inventory/entry.h"

/* Facts that are kept as evidence, and the policy a kind. */

struct evidence_policy {
        uint8_t confidence; /* of what it says, 0..100 */
        uint8_t keep;       /* pieces of this kind a device; 0: volatile, not kept */
        uint8_t name;       /* confidence as a name, 0: is none */
};
/* Is anything kept of this kind? */
bool evidence_is_kept(enum fact_kind kind);
struct evidence_policy evidence_policy(enum fact_kind kind);
/* `length`: of `value`, without the NUL that follows. */
void entry_take_evidence(struct inventory *inventory, struct entry *entry, enum fact_kind kind, enum fact_voice voice,
                         const char *value, size_t length, uint64_t now);
/* Takes over a record, merging it with the piece of the same value. */
void entry_adopt_evidence(struct inventory *inventory, struct entry *entry, const struct evidence *piece);
/* The rules are others: what they know is to be found out again. */
void entry_forget_rules(struct entry *entry);
void entry_clear_evidence(struct inventory *inventory, struct entry *entry);
