/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The inventory as a whole: what goes in, what time does, and what can be read. */

#include "engine/inventory/inventory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/inventory/inventory-private.h"

/* Each eviction is two events for the store and the bus. More in a row than this is a flood, and newcomers are
 * refused until tokens come back. */
#define EVICTION_BURST 256
#define EVICTION_INTERVAL (NSEC_PER_SEC / 32)
/* Changes are told so often at most. */
#define TELL_INTERVAL NSEC_PER_SEC

void inventory_config_default(struct inventory_config *config) {
        *config = (struct inventory_config) {
                .devices_max = 16384,
                .networks_max = 64,
                .idle_after = 5 * 60 * NSEC_PER_SEC,
                .offline_after = 15 * 60 * NSEC_PER_SEC,
        };
}

int inventory_new(struct inventory **ret, const struct inventory_config *config, const struct inventory_ops *ops) {
        struct inventory *inventory = calloc(1, sizeof *inventory);

        if (!inventory)
                return -ENOMEM;
        if (os_guesses_new(&inventory->os_guesses, config->hash_seed) < 0 ||
            match_memo_new(&inventory->matches, config->hash_seed) < 0) {
                os_guesses_free(inventory->os_guesses);
                free(inventory);
                return -ENOMEM;
        }
        inventory->secret[0] = mix64(config->hash_seed ^ UINT64_C(0x9e3779b97f4a7c15), UINT64_C(0xbf58476d1ce4e5b9));
        inventory->secret[1] = mix64(config->hash_seed ^ UINT64_C(0x94d049bb133111eb), UINT64_C(0xd6e8feb86659fd93));
        inventory->generation = 1; /* later than that of attributions that were never made */
        inventory->evictions = (struct token_bucket) { .burst = EVICTION_BURST, .interval = EVICTION_INTERVAL };
        inventory_set_config(inventory, config);
        if (ops)
                inventory->ops = *ops;
        /* Without the hardware database vendors are unknown, no more. */
        if (vendor_db_new(&inventory->vendors) < 0)
                inventory->vendors = NULL;
        *ret = inventory;
        return 0;
}

struct inventory *inventory_free(struct inventory *inventory) {
        if (!inventory)
                return NULL;
        inventory->ops = (struct inventory_ops) {};
        inventory_time(inventory, 0);
        while (inventory->n_entries > 0)
                entry_remove(inventory, inventory->entries[inventory->n_entries - 1], 0);
        for (size_t i = 0; i < inventory->n_networks; i++)
                network_free(inventory->networks[i]);
        hash_index_clear(&inventory->by_mac);
        hash_index_clear(&inventory->by_ip);
        vendor_db_free(inventory->vendors);
        os_guesses_free(inventory->os_guesses);
        match_memo_free(inventory->matches);
        free(inventory->entries);
        free(inventory->networks);
        free(inventory->scopes);
        free(inventory->interfaces);
        free(inventory);
        return NULL;
}

void inventory_set_config(struct inventory *inventory, const struct inventory_config *config) {
        struct inventory_config *c = &inventory->config;

        *c = *config;
        c->devices_max = MAX(c->devices_max, 1);
        c->networks_max = MAX(c->networks_max, 1);
        c->offline_after = MAX(c->offline_after, c->idle_after);
        inventory_time(inventory, 0);
        roster_shrink(inventory, c->devices_max);
}

void inventory_set_rules(struct inventory *inventory, const struct ruleset *rules) {
        inventory->rules = rules;
        os_guesses_forget(inventory->os_guesses);
        match_memo_forget(inventory->matches);
        for (size_t i = 0; i < inventory->n_entries; i++) {
                entry_forget_rules(inventory->entries[i]);
                entry_classify(inventory, inventory->entries[i]);
                inventory->entries[i]->class_stale = false;
                if (inventory->entries[i]->changes != 0)
                        entry_changed(inventory, inventory->entries[i], 0);
        }
}

uint64_t inventory_time(struct inventory *inventory, uint64_t now) {
        if (inventory->unsorted)
                roster_sort(inventory);
        inventory->latest.attribution = NULL;
        inventory->now = MAX(inventory->now, now);
        return inventory->now;
}

/* Two kinds may be attributed in ways of their own. */
static bool is_common(const struct inventory *inventory, const struct fact *fact) {
        if (fact->kind == FACT_ARP_SENDER)
                return !interface_asks_for_gateway(inventory, fact);
        return fact->kind != FACT_ARP_L2_MISMATCH;
}

static bool is_of_latest(struct inventory *inventory, const struct fact *fact) {
        const struct latest_fact *l = &inventory->latest;
        struct fact_ends ends;

        if (!latest_is_current(inventory) || fact->ts != l->ts || fact->frame != l->frame)
                return false;
        ends = fact_ends_of(fact);
        return fact_ends_equal(&l->attribution->ends, &ends) && is_common(inventory, fact);
}

/* Where it is, or is to be: of two that have one hash the former stays as long as it holds. */
static struct attribution *attribution_of(struct inventory *inventory, const struct fact_ends *ends) {
        const uint64_t *w = ends->words;
        /* The sender of the frame is nearly always whom the fact is about: of that word the flags alone. */
        uint64_t hash = mix64(w[0] ^ w[1] >> 48 ^ inventory->secret[0], w[2] ^ w[3] ^ w[4] ^ inventory->secret[1]);
        struct attribution *two = inventory->attributions[hash % ATTRIBUTIONS];

        if (fact_ends_equal(&two[0].ends, ends))
                return &two[0];
        return fact_ends_equal(&two[1].ends, ends) || attribution_is_current(inventory, &two[0]) ? &two[1] : &two[0];
}

static void note_latest(struct inventory *inventory, const struct fact *fact, struct attribution *attribution) {
        inventory->latest = (struct latest_fact) { .attribution = attribution, .ts = fact->ts, .frame = fact->frame };
}

static struct entry *attribute_anew(struct inventory *inventory, const struct fact *fact, uint64_t now,
                                    enum attribution_term *ret_term) {
        struct network_entry *network = network_of(inventory, fact->ifindex, fact->vlan, true, now);

        *ret_term = TERM_FACT;
        if (!network)
                return NULL;
        network = interface_check_gateway(inventory, network, fact, now);
        return fact_attribute(inventory, network, fact, now, ret_term);
}

/* As it was before, with what time changes. */
static struct entry *attribute_as_before(struct inventory *inventory, const struct fact *fact, struct attribution *a, uint64_t now) {
        if (!a->entry)
                inventory->counters.unattributed++;
        else
                entry_heard(inventory, a->entry, &fact->mac, now);
        note_latest(inventory, fact, a);
        return a->entry;
}

/* Of the first fact of a packet. */
static _noinline_ struct entry *attribute(struct inventory *inventory, const struct fact *fact) {
        uint64_t now = inventory_time(inventory, fact->ts);
        enum attribution_term term;
        struct attribution *a;
        struct fact_ends ends;
        struct entry *entry;

        if (!is_common(inventory, fact))
                return attribute_anew(inventory, fact, now, &term);
        ends = fact_ends_of(fact);
        a = attribution_of(inventory, &ends);
        if (fact_ends_equal(&a->ends, &ends) && attribution_is_current(inventory, a))
                return attribute_as_before(inventory, fact, a, now);
        if (fact_is_forwarded(inventory, fact, &ends, now)) {
                inventory->counters.unattributed++;
                entry = NULL;
                term = TERM_PACKET;
        } else {
                entry = attribute_anew(inventory, fact, now, &term);
        }
        if (term == TERM_FACT)
                return entry;
        if (term == TERM_PACKET)
                a = &inventory->passing;
        *a = (struct attribution) {
                .generation = inventory->generation,
                .address_generation_now = address_generation(inventory, &fact->ip),
                .ends = ends,
                .entry = entry,
        };
        a->address_generation = *a->address_generation_now;
        note_latest(inventory, fact, a);
        return entry;
}

/* As attribute() did a moment ago. */
static struct entry *attribute_again(struct inventory *inventory) {
        struct entry *entry = inventory->latest.attribution->entry;

        if (entry)
                entry_changed(inventory, entry, CHANGE_SEEN);
        else
                inventory->counters.unattributed++;
        return entry;
}

static struct entry *entry_of(struct inventory *inventory, const struct fact *fact) {
        return is_of_latest(inventory, fact) ? attribute_again(inventory) : attribute(inventory, fact);
}

bool inventory_is_nobodys(struct inventory *inventory, const struct fact *head) {
        struct inventory_counters *c = &inventory->counters;
        uint64_t unattributed = c->unattributed, refused = c->refused;
        struct entry *entry;

        if (!(head->flags & FACT_HAS_MAC))
                return false;
        entry = entry_of(inventory, head);
        /* Nothing came yet. */
        c->unattributed = unattributed;
        c->refused = refused;
        return !entry && inventory->latest.attribution;
}

void inventory_pass_facts(struct inventory *inventory, unsigned n) {
        inventory->counters.facts += n;
        inventory->counters.unattributed += n;
}

void inventory_take_fact(struct inventory *inventory, const struct fact *fact) {
        struct entry *entry;

        inventory->counters.facts++;
        if (!(fact->flags & FACT_HAS_MAC))
                return;
        entry = entry_of(inventory, fact);
        if (!entry)
                return;
        fact_apply(inventory, entry, fact, inventory->now);
        if (!entry->told)
                entry_tell(inventory, entry);
}

static void add_traffic(struct device_traffic *sum, const struct device_traffic *more) {
        sum->packets_sent += more->packets_sent;
        sum->bytes_sent += more->bytes_sent;
        sum->packets_received += more->packets_received;
        sum->bytes_received += more->bytes_received;
}

void inventory_take_sighting(struct inventory *inventory, const struct sighting *sighting) {
        uint64_t now = inventory_time(inventory, sighting->last);
        /* What was only sent to it does not show that it is there. */
        bool sent = sighting->traffic.packets_sent > 0 || sighting->traffic.packets_received == 0;
        struct network_entry *network;
        struct entry *entry;

        if (mac_is_zero(&sighting->mac) || mac_is_group(&sighting->mac))
                return;
        network = network_of(inventory, sighting->ifindex, sighting->vlan, false, now);
        if (!network)
                return;
        entry = entry_by_mac(inventory, network, &sighting->mac);
        if (!entry && sent)
                entry = entry_new(inventory, network, &sighting->mac, now, false);
        if (!entry)
                return;
        add_traffic(&entry->device.traffic, &sighting->traffic);
        if (sent)
                entry_heard(inventory, entry, &sighting->mac, now);
        else
                entry_changed(inventory, entry, CHANGE_SEEN);
        if (!entry->told)
                entry_tell(inventory, entry);
        if (inventory->ops.traffic)
                inventory->ops.traffic(inventory->ops.userdata, &entry->device, &sighting->traffic, now);
}

static void tell_networks(struct inventory *inventory) {
        if (!inventory->networks_dirty)
                return;
        inventory->networks_dirty = false;
        for (size_t i = 0; i < inventory->n_networks; i++) {
                struct network_entry *network = inventory->networks[i];

                if (network->dirty && inventory->ops.network_changed)
                        inventory->ops.network_changed(inventory->ops.userdata, &network->network);
                network->dirty = false;
        }
}

void inventory_advance(struct inventory *inventory, uint64_t now) {
        inventory->flushed = inventory_time(inventory, now);
        roster_age(inventory);
        roster_tell_changes(inventory);
        tell_networks(inventory);
}

static uint64_t after(uint64_t time, uint64_t interval) {
        return time > UINT64_MAX - interval ? UINT64_MAX : time + interval;
}

/* When the first of a list was silent for so long. Who was queued later was heard later. */
static uint64_t next_silent(const struct entry *entry, uint64_t interval) {
        uint64_t next = UINT64_MAX;

        for (; entry && after(entry->queued, interval) < next; entry = entry->presence_next)
                next = MIN(next, after(entry->device.last_seen, interval));
        return next;
}

uint64_t inventory_next_deadline(const struct inventory *inventory) {
        const struct entry *unconfirmed = inventory->tiers[TIER_UNCONFIRMED];
        const struct inventory_config *c = &inventory->config;
        uint64_t next = UINT64_MAX;

        if (inventory->unsorted)
                return inventory->now;
        if (inventory->dirty || inventory->networks_dirty)
                next = inventory->flushed + TELL_INTERVAL;
        next = MIN(next, next_silent(inventory->presences[PRESENCE_ONLINE], c->idle_after));
        next = MIN(next, next_silent(inventory->presences[PRESENCE_IDLE], c->offline_after));
        return unconfirmed ? MIN(next, after(unconfirmed->device.last_seen, UNCONFIRMED_EXPIRY)) : next;
}

const struct device *inventory_get(const struct inventory *inventory, uint64_t id) {
        const struct entry *entry = entry_by_id(inventory, id);

        return entry ? &entry->device : NULL;
}

const struct device *inventory_get_by_mac(const struct inventory *inventory, const struct mac_address *mac) {
        const struct entry *entry = entry_by_mac(inventory, NULL, mac);

        return entry ? &entry->device : NULL;
}

const struct device *inventory_get_by_ip(const struct inventory *inventory, const struct ip_address *ip) {
        const struct entry *entry = entry_by_ip(inventory, NULL, ip);

        return entry ? &entry->device : NULL;
}

const struct network *inventory_get_network(const struct inventory *inventory, uint64_t id) {
        const struct network_entry *network = network_by_id(inventory, id);

        return network ? &network->network : NULL;
}

const struct device *inventory_next(const struct inventory *inventory, size_t *position) {
        return *position < inventory->n_entries ? &inventory->entries[(*position)++]->device : NULL;
}

const struct network *inventory_next_network(const struct inventory *inventory, size_t *position) {
        return *position < inventory->n_networks ? &inventory->networks[(*position)++]->network : NULL;
}

void inventory_get_counters(const struct inventory *inventory, struct inventory_counters *ret) {
        *ret = inventory->counters;
        ret->devices = inventory->n_entries;
}
