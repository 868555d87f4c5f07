/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which IP address belongs to which device. In a network an address has one owner, and it stands in the list of
 * that device only. Addresses move when somebody else claims them by ARP, NDP or DHCP, but not while the owner was
 * heard to claim them just now, and never away from this machine or from the gateway: a forged claim would let the
 * rest of the inventory blame the wrong device. An address that was made of a known device's MAC is that device's. */

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "engine/inventory/inventory-private.h"

/* A claim stands for so long against another's. ARP caches ask again within a minute (RFC 1122 §2.3.2.1). */
#define CLAIM_HOLDS (30 * NSEC_PER_SEC)
/* After so long a silence a weak claim is believed as well. */
#define CLAIM_FADES (3600 * NSEC_PER_SEC)
/* When a full list of IPv6 addresses turns over (temporary addresses, RFC 8981), that is told so often at most. */
#define IPV6_QUIET (300 * NSEC_PER_SEC)

struct ip_list {
        struct device_ip *items;
        size_t *n;
        size_t max;
        uint32_t change;
};

static uint64_t ip_hash(const struct inventory *inventory, const struct ip_address *ip) {
        uint64_t words[2];

        ip_to_words(ip, words);
        return inventory_hash(inventory, words[0], words[1]);
}

uint32_t *address_generation(struct inventory *inventory, const struct ip_address *ip) {
        return &inventory->address_generations[ip_hash(inventory, ip) % ADDRESS_GENERATIONS];
}

/* Was the owner heard to claim the address? Such a one tells of other addresses, too: is_another() in attribution.c. */
static bool is_claimed(enum fact_kind source) {
        return source == FACT_ARP_SENDER || source == FACT_DHCP_ASSIGNED_IP;
}

/* Somebody got or loses it. */
static void note_change(struct inventory *inventory, const struct device_ip *ip) {
        if (is_claimed(ip->source))
                inventory->generation++;
        else
                (*address_generation(inventory, &ip->address))++;
}

static struct ip_list list_of(struct entry *entry, const struct ip_address *ip) {
        struct device *d = &entry->device;

        if (ip->family == AF_INET)
                return (struct ip_list) { d->ipv4, &d->n_ipv4, DEVICE_IPV4_MAX, CHANGE_IPV4 };
        return (struct ip_list) { d->ipv6, &d->n_ipv6, DEVICE_IPV6_MAX, CHANGE_IPV6 };
}

struct device_ip *entry_find_ip(struct entry *entry, const struct ip_address *ip) {
        struct ip_list list = list_of(entry, ip);

        for (size_t i = 0; i < *list.n; i++)
                if (ip_equal(&list.items[i].address, ip))
                        return &list.items[i];
        return NULL;
}

struct entry *entry_by_ip(const struct inventory *inventory, const struct network_entry *network,
                          const struct ip_address *ip) {
        uint64_t hash = ip_hash(inventory, ip);
        struct entry *entry, *best = NULL;
        size_t position = 0;

        while ((entry = hash_index_next(&inventory->by_ip, hash, &position)))
                if ((!network || entry->network == network) && entry_find_ip(entry, ip) &&
                    (!best || entry->device.last_seen > best->device.last_seen))
                        best = entry;
        return best;
}

static void drop(struct inventory *inventory, struct entry *entry, struct device_ip *ip) {
        struct ip_list list = list_of(entry, &ip->address);
        size_t i = (size_t) (ip - list.items);

        note_change(inventory, ip);
        hash_index_remove(&inventory->by_ip, ip_hash(inventory, &ip->address), entry);
        (*list.n)--;
        memmove(ip, ip + 1, (*list.n - i) * sizeof *ip);
}

void entry_unbind(struct inventory *inventory, struct entry *entry, const struct ip_address *ip) {
        struct device_ip *found = entry_find_ip(entry, ip);

        if (!found)
                return;
        entry_changed(inventory, entry, list_of(entry, ip).change);
        drop(inventory, entry, found);
}

void entry_unbind_source(struct inventory *inventory, struct entry *entry, const struct ip_address *ip,
                         enum fact_kind source) {
        const struct device_ip *found = entry_find_ip(entry, ip);

        if (found && found->source == source)
                entry_unbind(inventory, entry, ip);
}

void entry_unbind_all(struct inventory *inventory, struct entry *entry) {
        while (entry->device.n_ipv4 > 0)
                drop(inventory, entry, &entry->device.ipv4[entry->device.n_ipv4 - 1]);
        while (entry->device.n_ipv6 > 0)
                drop(inventory, entry, &entry->device.ipv6[entry->device.n_ipv6 - 1]);
}

/* Drops the address that was silent for longest if the list is full. True: it was. */
static bool make_room(struct inventory *inventory, struct entry *entry, const struct ip_list *list) {
        struct device_ip *oldest = list->items;

        if (*list->n < list->max)
                return false;
        for (size_t i = 1; i < *list->n; i++)
                if (list->items[i].last_seen <= oldest->last_seen)
                        oldest = &list->items[i];
        drop(inventory, entry, oldest);
        inventory->counters.address_overflow++;
        return true;
}

static void tell_new(struct inventory *inventory, struct entry *entry, uint32_t change, bool replaced, uint64_t now) {
        if (change == CHANGE_IPV6 && replaced) {
                if (entry->ipv6_told != 0 && now - entry->ipv6_told < IPV6_QUIET)
                        return;
                entry->ipv6_told = MAX(now, 1U);
        }
        entry_changed(inventory, entry, change);
}

static bool add(struct inventory *inventory, struct entry *entry, const struct device_ip *ip, uint64_t now) {
        struct ip_list list = list_of(entry, &ip->address);
        bool replaced = make_room(inventory, entry, &list);

        if (hash_index_add(&inventory->by_ip, ip_hash(inventory, &ip->address), entry) < 0)
                return false;
        note_change(inventory, ip);
        memmove(list.items + 1, list.items, *list.n * sizeof *list.items);
        list.items[0] = *ip;
        (*list.n)++;
        tell_new(inventory, entry, list.change, replaced, now);
        return true;
}

/* The MAC that an IPv6 address was made of (RFC 4291 appendix A: EUI-64, universal bit inverted). False: of none. */
static bool read_eui64(const struct ip_address *ip, struct mac_address *ret) {
        const uint8_t *id = ip->bytes + 8;

        if (ip->family != AF_INET6 || id[3] != 0xff || id[4] != 0xfe)
                return false;
        *ret = (struct mac_address) { { id[0] ^ 2, id[1], id[2], id[5], id[6], id[7] } };
        return true;
}

/* The device whose MAC the address was made of: whoever else claims it forges, or answers for it. NULL: unknown. */
static const struct entry *natural_owner(const struct inventory *inventory, const struct network_entry *network,
                                         const struct ip_address *ip) {
        struct mac_address mac;

        return read_eui64(ip, &mac) ? entry_by_mac(inventory, network, &mac) : NULL;
}

/* May `claim` take the address away from its owner? */
static bool owner_yields(const struct entry *owner, const struct device_ip *ip, enum claim claim, uint64_t now) {
        uint64_t silence = now > ip->last_seen ? now - ip->last_seen : 0;

        if (claim == CLAIM_SELF)
                return true;
        if (owner->device.flags & DEVICE_SELF && ip->source == FACT_HOST_ADDRESS)
                return false;
        if (owner->device.flags & DEVICE_GATEWAY && owner->device.presence != PRESENCE_OFFLINE &&
            ip_equal(&owner->network->network.gateway_ip, &ip->address))
                return false;
        if (claim == CLAIM_STRONG && ip->source == FACT_DHCP_REQUESTED_IP)
                return true; /* it was about to have it; whether it got it was not heard */
        return silence >= (claim == CLAIM_STRONG ? CLAIM_HOLDS : CLAIM_FADES);
}

static void bound(struct inventory *inventory, struct entry *entry, const struct ip_address *ip, enum claim claim) {
        struct network_entry *network = entry->network;

        if (claim != CLAIM_WEAK && ip_equal(&network->network.gateway_ip, ip))
                network_set_gateway_mac(inventory, network, entry_latest_mac(entry));
}

bool entry_hold(struct inventory *inventory, struct entry *entry, const struct ip_address *ip, enum fact_kind source,
                enum claim claim, uint64_t now) {
        struct device_ip *held = entry_find_ip(entry, ip);

        if (!held || (claim != CLAIM_WEAK && held->source != source))
                return false;
        held->last_seen = MAX(held->last_seen, now);
        bound(inventory, entry, ip, claim);
        return true;
}

bool entry_bind(struct inventory *inventory, struct entry *entry, const struct ip_address *ip, enum fact_kind source,
                enum claim claim, uint64_t now) {
        struct device_ip fresh = { *ip, now, now, source };
        struct entry *owner = entry_by_ip(inventory, entry->network, ip);
        const struct entry *natural = natural_owner(inventory, entry->network, ip);
        struct device_ip *held;

        if (!network_ip_is_host(entry->network, ip) || (natural && natural != entry && claim != CLAIM_SELF))
                return false;
        if (owner && owner != entry) {
                held = entry_find_ip(owner, ip);
                if (natural != entry && !owner_yields(owner, held, claim, now))
                        return false;
                entry_unbind(inventory, owner, ip);
        }
        held = entry_find_ip(entry, ip);
        if (held) {
                held->last_seen = MAX(held->last_seen, now);
                if (claim != CLAIM_WEAK && held->source != FACT_HOST_ADDRESS && held->source != source) {
                        inventory->generation += is_claimed(source) != is_claimed(held->source);
                        held->source = source;
                }
        } else if (!add(inventory, entry, &fresh, now))
                return false;
        bound(inventory, entry, ip, claim);
        return true;
}

bool entry_adopt_ip(struct inventory *inventory, struct entry *entry, const struct device_ip *ip) {
        struct entry *owner = entry_by_ip(inventory, entry->network, &ip->address);
        struct ip_list list = list_of(entry, &ip->address);

        if (owner || *list.n == list.max || !ip_is_host(&ip->address) ||
            hash_index_add(&inventory->by_ip, ip_hash(inventory, &ip->address), entry) < 0)
                return false;
        list.items[(*list.n)++] = *ip;
        inventory->generation++;
        return true;
}
