/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "engine/inventory/entry.h"

/* Whom a fact is about, and what is learned from it. */

/* How long a fact's attribution holds for others with the same ends. */
enum attribution_term {
        TERM_FACT,    /* not at all: there was no room for its device, which each fact asks for anew */
        TERM_PACKET,  /* for what was said at the same time: a limit that time lifts decided */
        TERM_LASTING, /* until something changes that it depends on */
};

/* The device that `fact` is about, made if need be; NULL: none on this link. */
struct entry *fact_attribute(struct inventory *inventory, struct network_entry *network, const struct fact *fact,
                             uint64_t now, enum attribution_term *ret_term);
struct fact_ends;
/* Is it, of these ends, certainly nobody's, as one of its sender's before it was? See struct forwarder. */
bool fact_is_forwarded(const struct inventory *inventory, const struct fact *fact, const struct fact_ends *ends, uint64_t now);
void fact_apply(struct inventory *inventory, struct entry *entry, const struct fact *fact, uint64_t now);
