/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "engine/inventory/entry.h"

/* The table of devices: create, remove, evict, who was heard when, what is to be told. */

struct entry *entry_by_id(const struct inventory *inventory, uint64_t id);
struct entry *entry_by_mac(const struct inventory *inventory, const struct network_entry *network,
                           const struct mac_address *mac);
/* Makes a device of `mac` in `network`, making room if need be. NULL: refused. */
struct entry *entry_new(struct inventory *inventory, struct network_entry *network, const struct mac_address *mac,
                        uint64_t now, bool confirmed);
/* Takes over a half-made entry into the tables; on failure the caller still owns it. */
int roster_insert(struct inventory *inventory, struct entry *entry);
uint64_t roster_new_id(const struct inventory *inventory, uint64_t network, const struct mac_address *mac);
void entry_remove(struct inventory *inventory, struct entry *entry, uint64_t successor);
struct entry *entry_free(struct entry *entry);
/* The MAC that was heard last. */
const struct mac_address *entry_latest_mac(const struct entry *entry);
int entry_add_mac(struct inventory *inventory, struct entry *entry, const struct device_mac *mac);
void entry_drop_mac(struct inventory *inventory, struct entry *entry, size_t i);
/* `mac`, one of its own, sent something. */
void entry_heard(struct inventory *inventory, struct entry *entry, const struct mac_address *mac, uint64_t now);
/* Puts it where its flags and user data say, at the end. */
void entry_retier(struct inventory *inventory, struct entry *entry);
void entry_set_presence(struct inventory *inventory, struct entry *entry, enum presence presence);
void entry_set_flags(struct inventory *inventory, struct entry *entry, uint32_t set, uint32_t clear);
/* Puts it into the list of those that have something to tell. */
void entry_make_dirty(struct inventory *inventory, struct entry *entry);
/* Inline, as each fact is a change. */
static inline void entry_changed(struct inventory *inventory, struct entry *entry, uint32_t changes) {
        entry->changes |= changes;
        if (!entry->dirty)
                entry_make_dirty(inventory, entry);
}
/* Tells device_added, or what changed. */
void entry_tell(struct inventory *inventory, struct entry *entry);
void roster_tell_changes(struct inventory *inventory);
void roster_age(struct inventory *inventory);
/* Puts restored entries into the lists, in order of last_seen. */
void roster_sort(struct inventory *inventory);
/* Evicts until no more than `max` are left, as far as possible. */
void roster_shrink(struct inventory *inventory, size_t max);

/* Text that peers make us keep is charged to the device and to the inventory. NULL: over the limit. */
char *entry_strndup(struct inventory *inventory, struct entry *entry, const char *text, size_t length);
void entry_strfree(struct inventory *inventory, struct entry *entry, char *text);
