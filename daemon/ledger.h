/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "common/macro.h"
#include "daemon/store.h"

/* What devices sent and received, by the hour, between its being counted and its being in the database. Whoever empties
 * it fetches a device's hours inside a transaction, and says afterwards whether it was committed.
 *
 * Memory: for each device with traffic since the last flush some 150 bytes an hour, and 90 and the name for each
 * peer. */

/* Hours that one device may have waiting. While the database cannot be written for longer, the oldest become one. */
#define LEDGER_HOURS_MAX 24

struct ledger;

struct ledger_counters {
        uint64_t devices;     /* with traffic that is not in the database */
        uint64_t lost;        /* additions that found no memory */
        uint64_t peers_dropped; /* that were too many in an hour, and small */
        uint64_t hours_joined;
};

int ledger_new(struct ledger **ret);
struct ledger *ledger_free(struct ledger *ledger);
DEFINE_CLEANUP(struct ledger *, ledger_free)

/* `ts`: ns since the epoch, when it went. */
void ledger_add(struct ledger *ledger, uint64_t device, uint64_t ts, const struct device_traffic *traffic);
/* A part of it, by who was at the other end; the name is copied. */
void ledger_add_peer(struct ledger *ledger, uint64_t device, uint64_t ts, const struct store_peer *peer);
/* The device was merged into another. */
void ledger_move(struct ledger *ledger, uint64_t from, uint64_t to);
void ledger_drop(struct ledger *ledger, uint64_t device);

/* What waits of `device`, oldest first; marks it as fetched. Valid until the next call that changes it. */
const struct store_hour *ledger_fetch(struct ledger *ledger, uint64_t device, size_t *ret_n);
/* What was fetched is in the database, or is not. */
void ledger_fetched(struct ledger *ledger, bool written);
/* Everything that waits. */
void ledger_for_each(const struct ledger *ledger,
                     void (*take)(void *userdata, uint64_t device, const struct store_hour *hour), void *userdata);

void ledger_get_counters(const struct ledger *ledger, struct ledger_counters *ret);
