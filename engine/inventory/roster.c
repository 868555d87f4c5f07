/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The table of devices: by id, by MAC, by how long they are silent, and by what is still to be told. Hard limits
 * are kept here. Lists are in the order in which devices were heard, to ten seconds, so that the one to leave and the one
 * to go offline stand in front; reading moves nothing. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>
#include <xxhash.h>

#include "engine/inventory/inventory-private.h"

/* Bare source addresses cost an attacker one frame each: they get this share of the table and no more. */
#define UNCONFIRMED_SHARE 8
/* Who is heard all the time changes its places in the lists so often. */
#define QUEUED_AGAIN (10 * NSEC_PER_SEC)

static uint64_t mac_hash(const struct inventory *inventory, const struct mac_address *mac) {
        return mix64(mac_to_word(mac) ^ inventory->secret[1], inventory->secret[0]);
}

/* First position whose id is not below `id`. */
static size_t position_of(const struct inventory *inventory, uint64_t id) {
        size_t low = 0, high = inventory->n_entries;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (inventory->entries[middle]->device.id < id)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

struct entry *entry_by_id(const struct inventory *inventory, uint64_t id) {
        size_t i = position_of(inventory, id);

        return i < inventory->n_entries && inventory->entries[i]->device.id == id ? inventory->entries[i] : NULL;
}

static bool has_mac(const struct entry *entry, const struct mac_address *mac) {
        for (size_t i = 0; i < entry->device.n_macs; i++)
                if (mac_equal(&entry->device.macs[i].address, mac))
                        return true;
        return false;
}

const struct mac_address *entry_latest_mac(const struct entry *entry) {
        const struct device *d = &entry->device;
        size_t latest = 0;

        for (size_t i = 1; i < d->n_macs; i++)
                if (d->macs[i].last_seen > d->macs[latest].last_seen)
                        latest = i;
        return &d->macs[latest].address;
}

struct entry *entry_by_mac(const struct inventory *inventory, const struct network_entry *network,
                           const struct mac_address *mac) {
        uint64_t hash = mac_hash(inventory, mac);
        struct entry *entry, *best = NULL;
        size_t position = 0;

        while ((entry = hash_index_next(&inventory->by_mac, hash, &position))) {
                if (!has_mac(entry, mac) || (network && entry->network != network))
                        continue;
                /* In a network an address is one device's. */
                if (network)
                        return entry;
                if (!best || entry->device.last_seen > best->device.last_seen ||
                    (entry->device.last_seen == best->device.last_seen && entry->device.id < best->device.id))
                        best = entry;
        }
        return best;
}

/* Stable across restarts and the same in every replay: it comes of the network and the first MAC alone, but for
 * the unlikely case that another device has it already. */
uint64_t roster_new_id(const struct inventory *inventory, uint64_t network, const struct mac_address *mac) {
        uint64_t seed = network, id;

        do
                id = XXH64(mac->bytes, sizeof mac->bytes, seed++);
        while (id == 0 || entry_by_id(inventory, id));
        return id;
}

char *entry_strndup(struct inventory *inventory, struct entry *entry, const char *text, size_t length) {
        /* What a device may keep in any case, and what it may keep while others leave room. */
        const size_t guaranteed = 2048, most = 16384;
        size_t bytes = entry->text_bytes + length + 1;
        char *copy;

        if (bytes > most || (bytes > guaranteed && inventory->text_bytes + length + 1 >
                                                           inventory->config.devices_max * guaranteed)) {
                inventory->counters.evidence_overflow++;
                return NULL;
        }
        copy = strndup(text, length);
        if (!copy)
                return NULL;
        length = strlen(copy) + 1;
        entry->text_bytes += length;
        inventory->text_bytes += length;
        return copy;
}

void entry_strfree(struct inventory *inventory, struct entry *entry, char *text) {
        if (!text)
                return;
        entry->text_bytes -= strlen(text) + 1;
        inventory->text_bytes -= strlen(text) + 1;
        free(text);
}

struct entry *entry_free(struct entry *entry) {
        struct device *d;

        if (!entry)
                return NULL;
        d = &entry->device;
        free(d->names);
        free(d->services);
        free(d->evidence);
        free(d->user.label);
        free(d->user.notes);
        free(d->oui_vendor);
        free(d->class);
        free(entry);
        return NULL;
}

static bool is_users(const struct device *device) {
        return device->user.label || device->user.notes || device->user.trusted || device->user.type != _TYPE_INVALID;
}

static enum tier tier_of(const struct entry *entry) {
        const struct device *d = &entry->device;

        if (is_users(d) || d->flags & (DEVICE_SELF | DEVICE_GATEWAY))
                return TIER_PROTECTED;
        if (!(d->flags & DEVICE_CONFIRMED))
                return TIER_UNCONFIRMED;
        return d->last_seen - d->first_seen < ESTABLISHED_AFTER ? TIER_FLEETING : TIER_ESTABLISHED;
}

static void tier_leave(struct inventory *inventory, struct entry *entry) {
        DL_DELETE2(inventory->tiers[entry->tier], entry, tier_prev, tier_next);
        inventory->tier_counts[entry->tier]--;
}

static void tier_enter(struct inventory *inventory, struct entry *entry) {
        entry->tier = tier_of(entry);
        DL_APPEND2(inventory->tiers[entry->tier], entry, tier_prev, tier_next);
        inventory->tier_counts[entry->tier]++;
}

void entry_retier(struct inventory *inventory, struct entry *entry) {
        if (tier_of(entry) == entry->tier)
                return;
        tier_leave(inventory, entry);
        tier_enter(inventory, entry);
}

static void presence_leave(struct inventory *inventory, struct entry *entry) {
        if (entry->timed)
                DL_DELETE2(inventory->presences[entry->device.presence], entry, presence_prev, presence_next);
        entry->timed = false;
}

/* This machine is online as long as it listens: only others are timed. */
static void presence_enter(struct inventory *inventory, struct entry *entry) {
        if (entry->device.presence == PRESENCE_OFFLINE || entry->device.flags & DEVICE_SELF)
                return;
        DL_APPEND2(inventory->presences[entry->device.presence], entry, presence_prev, presence_next);
        entry->timed = true;
}

void entry_set_presence(struct inventory *inventory, struct entry *entry, enum presence presence) {
        presence_leave(inventory, entry);
        if (entry->device.presence != presence && !entry->fresh)
                entry_changed(inventory, entry, CHANGE_PRESENCE);
        entry->device.presence = presence;
        presence_enter(inventory, entry);
}

void entry_set_flags(struct inventory *inventory, struct entry *entry, uint32_t set, uint32_t clear) {
        uint32_t flags = (entry->device.flags | set) & ~clear;

        if (flags == entry->device.flags)
                return;
        presence_leave(inventory, entry);
        entry->device.flags = flags;
        presence_enter(inventory, entry);
        entry_changed(inventory, entry, CHANGE_FLAGS);
        entry_retier(inventory, entry);
}

void entry_make_dirty(struct inventory *inventory, struct entry *entry) {
        entry->dirty = true;
        DL_APPEND2(inventory->dirty, entry, dirty_prev, dirty_next);
}

/* To the end of its lists. */
static void requeue(struct inventory *inventory, struct entry *entry, uint64_t now) {
        entry->queued = now;
        tier_leave(inventory, entry);
        tier_enter(inventory, entry);
        presence_leave(inventory, entry);
        presence_enter(inventory, entry);
}

void entry_heard(struct inventory *inventory, struct entry *entry, const struct mac_address *mac, uint64_t now) {
        uint64_t before = entry->device.last_seen;

        for (size_t i = 0; i < entry->device.n_macs; i++)
                if (mac_equal(&entry->device.macs[i].address, mac))
                        entry->device.macs[i].last_seen = MAX(entry->device.macs[i].last_seen, now);
        entry->device.last_seen = MAX(entry->device.last_seen, now);
        network_heard(inventory, entry->network, now);
        if (now - entry->queued >= QUEUED_AGAIN)
                requeue(inventory, entry, now);
        if (entry->device.presence != PRESENCE_ONLINE) {
                entry->device.away = now > before ? now - before : 0;
                entry_set_presence(inventory, entry, PRESENCE_ONLINE);
        }
        entry_changed(inventory, entry, CHANGE_SEEN);
}

int entry_add_mac(struct inventory *inventory, struct entry *entry, const struct device_mac *mac) {
        struct device *d = &entry->device;
        bool randomized = true;
        int r;

        if (d->n_macs == DEVICE_MACS_MAX)
                return -E2BIG;
        inventory->generation++;
        r = hash_index_add(&inventory->by_mac, mac_hash(inventory, &mac->address), entry);
        if (r < 0)
                return r;
        memmove(d->macs + 1, d->macs, d->n_macs * sizeof d->macs[0]);
        d->macs[0] = *mac;
        d->n_macs++;
        for (size_t i = 0; i < d->n_macs; i++)
                randomized = randomized && vendor_is_random(&d->macs[i].address);
        d->flags = (d->flags & ~DEVICE_RANDOMIZED) | (randomized ? DEVICE_RANDOMIZED : 0);
        entry_set_vendor(inventory, entry);
        return 0;
}

void entry_drop_mac(struct inventory *inventory, struct entry *entry, size_t i) {
        struct device *d = &entry->device;
        bool randomized = true;

        inventory->generation++;
        hash_index_remove(&inventory->by_mac, mac_hash(inventory, &d->macs[i].address), entry);
        d->n_macs--;
        memmove(&d->macs[i], &d->macs[i + 1], (d->n_macs - i) * sizeof d->macs[0]);
        for (size_t k = 0; k < d->n_macs; k++)
                randomized = randomized && vendor_is_random(&d->macs[k].address);
        d->flags = (d->flags & ~DEVICE_RANDOMIZED) | (randomized ? DEVICE_RANDOMIZED : 0);
        entry_set_vendor(inventory, entry);
}

static int make_space(struct inventory *inventory) {
        size_t room = inventory->entries_room ? inventory->entries_room * 2 : 64;
        struct entry **bigger;

        if (inventory->n_entries < inventory->entries_room)
                return 0;
        bigger = realloc(inventory->entries, room * sizeof *bigger);
        if (!bigger)
                return -ENOMEM;
        inventory->entries = bigger;
        inventory->entries_room = room;
        return 0;
}

int roster_insert(struct inventory *inventory, struct entry *entry) {
        size_t i = position_of(inventory, entry->device.id);
        int r = make_space(inventory);

        if (r < 0)
                return r;
        memmove(inventory->entries + i + 1, inventory->entries + i, (inventory->n_entries - i) * sizeof *inventory->entries);
        inventory->entries[i] = entry;
        inventory->n_entries++;
        entry->network->network.devices++;
        network_changed(inventory, entry->network);
        if (inventory->unsorted)
                return 0;
        tier_enter(inventory, entry);
        presence_enter(inventory, entry);
        return 0;
}

static void let_go(struct inventory *inventory, struct entry *entry) {
        size_t i = position_of(inventory, entry->device.id);

        tier_leave(inventory, entry);
        presence_leave(inventory, entry);
        if (entry->dirty)
                DL_DELETE2(inventory->dirty, entry, dirty_prev, dirty_next);
        inventory->n_entries--;
        memmove(inventory->entries + i, inventory->entries + i + 1, (inventory->n_entries - i) * sizeof *inventory->entries);
        entry->network->network.devices--;
        network_changed(inventory, entry->network);
}

void entry_remove(struct inventory *inventory, struct entry *entry, uint64_t successor) {
        if (entry->told && inventory->ops.device_removed)
                inventory->ops.device_removed(inventory->ops.userdata, &entry->device, successor);
        let_go(inventory, entry);
        entry_unbind_all(inventory, entry);
        while (entry->device.n_macs > 0)
                entry_drop_mac(inventory, entry, entry->device.n_macs - 1);
        entry_clear_names(inventory, entry);
        entry_clear_services(inventory, entry);
        entry_clear_evidence(inventory, entry);
        entry_free(entry);
}

/* The one that a newcomer may push out: bare addresses push out bare addresses only. */
static struct entry *find_victim(const struct inventory *inventory, bool confirmed) {
        for (enum tier tier = 0; tier < TIER_PROTECTED; tier++)
                if (inventory->tiers[tier])
                        return tier == TIER_UNCONFIRMED || confirmed ? inventory->tiers[tier] : NULL;
        return NULL;
}

static bool is_full(const struct inventory *inventory, bool confirmed) {
        size_t share = MAX(inventory->config.devices_max / UNCONFIRMED_SHARE, 1);

        return inventory->n_entries >= inventory->config.devices_max ||
               (!confirmed && inventory->tier_counts[TIER_UNCONFIRMED] >= share);
}

static bool make_room(struct inventory *inventory, bool confirmed, uint64_t now) {
        struct entry *victim;

        if (!is_full(inventory, confirmed))
                return true;
        victim = find_victim(inventory, confirmed);
        if (!victim || !token_bucket_take(&inventory->evictions, now)) {
                inventory->counters.refused++;
                return false;
        }
        entry_remove(inventory, victim, 0);
        inventory->counters.evicted++;
        return true;
}

void roster_shrink(struct inventory *inventory, size_t max) {
        struct entry *victim;

        while (inventory->n_entries > max && (victim = find_victim(inventory, true))) {
                entry_remove(inventory, victim, 0);
                inventory->counters.evicted++;
        }
}

struct entry *entry_new(struct inventory *inventory, struct network_entry *network, const struct mac_address *mac,
                        uint64_t now, bool confirmed) {
        struct device_mac first = { *mac, now, now };
        struct entry *entry;

        if (!make_room(inventory, confirmed, now))
                return NULL;
        entry = calloc(1, sizeof *entry);
        if (!entry)
                return NULL;
        entry->network = network;
        entry->turnovers = (struct token_bucket) { .burst = TURNOVER_BURST, .interval = TURNOVER_INTERVAL };
        entry->device = (struct device) {
                .id = roster_new_id(inventory, network->network.id, mac),
                .network = network->network.id,
                .flags = confirmed ? DEVICE_CONFIRMED : 0,
                .first_seen = now,
                .last_seen = now,
                .user.type = _TYPE_INVALID,
        };
        if (entry_add_mac(inventory, entry, &first) < 0)
                return entry_free(entry);
        if (roster_insert(inventory, entry) < 0) {
                entry_drop_mac(inventory, entry, 0);
                return entry_free(entry);
        }
        entry->class_stale = true;
        return entry;
}

static void derive(struct inventory *inventory, struct entry *entry) {
        if (entry->names_stale)
                entry_derive_names(inventory, entry);
        if (entry->class_stale)
                entry_classify(inventory, entry);
        entry->names_stale = entry->class_stale = false;
}

void entry_tell(struct inventory *inventory, struct entry *entry) {
        const struct inventory_ops *ops = &inventory->ops;
        uint32_t changes;

        derive(inventory, entry);
        changes = entry->changes;
        entry->changes = 0;
        entry->fresh = false;
        if (entry->dirty)
                DL_DELETE2(inventory->dirty, entry, dirty_prev, dirty_next);
        entry->dirty = false;
        if (!entry->told) {
                entry->told = true;
                if (ops->device_added)
                        ops->device_added(ops->userdata, &entry->device);
        } else if (changes != 0 && ops->device_changed)
                ops->device_changed(ops->userdata, &entry->device, changes);
}

void roster_tell_changes(struct inventory *inventory) {
        while (inventory->dirty)
                entry_tell(inventory, inventory->dirty);
}

static bool is_silent(const struct inventory *inventory, const struct entry *entry, uint64_t since) {
        return inventory->now > entry->device.last_seen && inventory->now - entry->device.last_seen >= since;
}

/* Nobody was heard before it was queued. */
static void age(struct inventory *inventory, enum presence presence, uint64_t since, enum presence next) {
        struct entry *entry = inventory->presences[presence], *behind;

        for (; entry && inventory->now - entry->queued >= since; entry = behind) {
                behind = entry->presence_next;
                if (is_silent(inventory, entry, since))
                        entry_set_presence(inventory, entry, next);
        }
}

void roster_age(struct inventory *inventory) {
        const struct inventory_config *c = &inventory->config;
        struct entry *entry;

        age(inventory, PRESENCE_ONLINE, c->idle_after, PRESENCE_IDLE);
        age(inventory, PRESENCE_IDLE, c->offline_after, PRESENCE_OFFLINE);
        while ((entry = inventory->tiers[TIER_UNCONFIRMED]) && is_silent(inventory, entry, UNCONFIRMED_EXPIRY)) {
                entry_remove(inventory, entry, 0);
                inventory->counters.expired++;
        }
}

static int compare_silence(const void *left, const void *right) {
        const struct device *a = &(*(struct entry *const *) left)->device, *b = &(*(struct entry *const *) right)->device;

        if (a->last_seen != b->last_seen)
                return a->last_seen < b->last_seen ? -1 : 1;
        return a->id < b->id ? -1 : a->id > b->id;
}

void roster_sort(struct inventory *inventory) {
        _cleanup_(freep) struct entry **sorted = calloc(MAX(inventory->n_entries, 1U), sizeof *sorted);
        struct entry **order = sorted ?: inventory->entries;

        inventory->unsorted = false;
        if (sorted) {
                memcpy(sorted, inventory->entries, inventory->n_entries * sizeof *sorted);
                qsort(sorted, inventory->n_entries, sizeof *sorted, compare_silence);
        }
        for (size_t i = 0; i < inventory->n_entries; i++) {
                tier_enter(inventory, order[i]);
                presence_enter(inventory, order[i]);
        }
}
