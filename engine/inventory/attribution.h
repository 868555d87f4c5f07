/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "engine/inventory/entry.h"

/* Whom a fact is about, and what is learned from it. */

/* The device that `fact` is about, made if need be; NULL: none on this link. */
struct entry *fact_attribute(struct inventory *inventory, struct network_entry *network, const struct fact *fact,
                             uint64_t now);
void fact_apply(struct inventory *inventory, struct entry *entry, const struct fact *fact, uint64_t now);
