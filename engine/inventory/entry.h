/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "common/macro.h"
#include "engine/inventory/inventory.h"
#include "engine/token-bucket.h"

/* A device with what the inventory needs to keep it: the inside, for the files of this folder only. */

struct network_entry;

/* How easily a device gives way to a newcomer, first to last. */
enum tier {
        TIER_UNCONFIRMED, /* no more than a source address was seen */
        TIER_FLEETING,    /* heard for less than ESTABLISHED_AFTER: what a flood of invented addresses looks like */
        TIER_ESTABLISHED,
        TIER_PROTECTED,   /* the user's, this machine, a gateway: never */
        _TIER_MAX,
};

#define ESTABLISHED_AFTER (10 * 60 * NSEC_PER_SEC)
/* An unconfirmed device silent for so long leaves. */
#define UNCONFIRMED_EXPIRY (24 * 3600 * NSEC_PER_SEC)

#define EVIDENCE_HINTS 128

/* A list of addresses may turn over so often, and once more each minute. */
#define TURNOVER_BURST 64
#define TURNOVER_INTERVAL (60 * NSEC_PER_SEC)

struct entry {
        struct device device; /* what readers get */
        struct network_entry *network;
        uint32_t changes;     /* since it was told last */
        bool told;            /* device_added was */
        bool dirty;           /* in the dirty list */
        bool fresh;           /* just restored: what is derived from the record is no change */
        bool names_stale, class_stale;
        bool names_compete;   /* it has several pieces of evidence of a kind that gives names */
        enum tier tier;
        uint64_t queued;      /* when it came to the end of its lists; it was not heard before */
        bool timed;           /* in the list of its presence */
        size_t text_bytes;    /* charged to it */
        size_t services_room, evidence_room;
        uint8_t evidence_hints[EVIDENCE_HINTS]; /* where pieces were found last, from the end: evidence.c */
        struct token_bucket turnovers; /* of addresses that a full list lost to others that it only sent from */
        uint64_t ipv6_told;   /* when CHANGE_IPV6 was last marked for a mere replacement */
        struct entry *tier_prev, *tier_next;
        struct entry *presence_prev, *presence_next;
        struct entry *dirty_prev, *dirty_next;
};
