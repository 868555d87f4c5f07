/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What this machine knows of itself: the interfaces that it listens on, which network each is in, and the device
 * that it is. Believed over everything that is heard. */

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "engine/inventory/inventory-private.h"

const struct inventory_interface *interface_by_index(const struct inventory *inventory, uint32_t ifindex) {
        for (size_t i = 0; i < inventory->n_interfaces; i++)
                if (inventory->interfaces[i].ifindex == ifindex)
                        return &inventory->interfaces[i];
        return NULL;
}

static bool has_address(const struct inventory_interface *interface, const struct ip_address *ip) {
        for (size_t i = 0; i < interface->n_addresses; i++)
                if (ip_equal(&interface->addresses[i], ip))
                        return true;
        return false;
}

static bool same_v4(const struct inventory_interface *a, const struct inventory_interface *b) {
        for (size_t i = 0; i < a->n_addresses; i++)
                if (a->addresses[i].family == AF_INET && !has_address(b, &a->addresses[i]))
                        return false;
        return true;
}

/* Was it plugged in elsewhere, as far as one can see from here? IPv6 addresses come and go by themselves. */
static bool is_moved(const struct inventory_interface *old, const struct inventory_interface *new) {
        return !mac_equal(&old->mac, &new->mac) || !ip_equal(&old->gateway, &new->gateway) || !same_v4(old, new) ||
               !same_v4(new, old);
}

static struct inventory_interface *keep(struct inventory *inventory, const struct inventory_interface *interface,
                                        bool *ret_moved) {
        struct inventory_interface *old = (struct inventory_interface *) interface_by_index(inventory, interface->ifindex);
        struct inventory_interface *bigger;

        *ret_moved = !old || is_moved(old, interface);
        if (!old) {
                if (inventory->n_interfaces == INTERFACES_MAX)
                        return NULL;
                bigger = realloc(inventory->interfaces, (inventory->n_interfaces + 1) * sizeof *bigger);
                if (!bigger)
                        return NULL;
                inventory->interfaces = bigger;
                old = &bigger[inventory->n_interfaces++];
        }
        *old = *interface;
        old->n_addresses = MIN(old->n_addresses, ELEMENTSOF(old->addresses));
        old->name[sizeof old->name - 1] = old->hostname[sizeof old->hostname - 1] = '\0';
        return old;
}

static void describe_network(struct inventory *inventory, struct network_entry *network,
                             const struct inventory_interface *interface, uint64_t now) {
        network_drop_prefixes(inventory, network, AUTHORITY_SELF, UINT64_MAX);
        for (size_t i = 0; i < interface->n_addresses; i++)
                network_add_prefix(inventory, network, &interface->addresses[i], interface->prefix_lengths[i],
                                   AUTHORITY_SELF, now);
        if (interface->gateway.family != 0)
                network_set_gateway(inventory, network, &interface->gateway, AUTHORITY_SELF);
}

/* This machine had other addresses there before: they are others' now, or nobody's. */
static void disown(struct inventory *inventory, const struct inventory_interface *interface) {
        for (size_t i = 0; i < inventory->n_entries; i++) {
                struct entry *entry = inventory->entries[i];

                if (entry->device.flags & DEVICE_SELF &&
                    strcmp(entry->network->network.interface, interface->name) == 0 &&
                    entry_by_mac(inventory, entry->network, &interface->mac) != entry)
                        entry_set_flags(inventory, entry, 0, DEVICE_SELF);
        }
}

static void update_addresses(struct inventory *inventory, struct entry *entry,
                             const struct inventory_interface *interface, uint64_t now) {
        struct device *d = &entry->device;

        for (size_t i = d->n_ipv4; i-- > 0;)
                if (d->ipv4[i].source == FACT_HOST_ADDRESS && !has_address(interface, &d->ipv4[i].address))
                        entry_unbind(inventory, entry, &d->ipv4[i].address);
        for (size_t i = d->n_ipv6; i-- > 0;)
                if (d->ipv6[i].source == FACT_HOST_ADDRESS && !has_address(interface, &d->ipv6[i].address))
                        entry_unbind(inventory, entry, &d->ipv6[i].address);
        for (size_t i = 0; i < interface->n_addresses; i++)
                entry_bind(inventory, entry, &interface->addresses[i], FACT_HOST_ADDRESS, CLAIM_SELF, now);
}

static void make_self(struct inventory *inventory, struct network_entry *network,
                      const struct inventory_interface *interface, uint64_t now) {
        struct entry *entry;

        if (mac_is_zero(&interface->mac) || mac_is_group(&interface->mac))
                return;
        disown(inventory, interface);
        entry = entry_by_mac(inventory, network, &interface->mac);
        if (!entry)
                entry = entry_new(inventory, network, &interface->mac, now, true);
        if (!entry)
                return;
        entry_set_flags(inventory, entry, DEVICE_SELF | DEVICE_CONFIRMED, 0);
        entry_heard(inventory, entry, &interface->mac, now);
        update_addresses(inventory, entry, interface, now);
        entry_take_evidence(inventory, entry, FACT_HOST_NAME, VOICE_SELF, interface->hostname, strlen(interface->hostname), now);
        if (!entry->told)
                entry_tell(inventory, entry);
}

/* Not listening there any more: nothing is known of its presence. */
static void leave(struct inventory *inventory, struct network_entry *network, const struct mac_address *mac) {
        struct entry *entry = entry_by_mac(inventory, network, mac);

        if (entry && entry->device.flags & DEVICE_SELF)
                entry_set_presence(inventory, entry, PRESENCE_OFFLINE);
}

/* A network that frames made before the interface had a name. */
static void name_network(struct inventory *inventory, struct network_entry *network,
                         const struct inventory_interface *interface) {
        memcpy(network->network.interface, interface->name, sizeof network->network.interface);
        network->ifindex = 0;
        if (*network->network.name == '\0')
                network_set_name(network, interface->name);
        network_changed(inventory, network);
}

static struct network_entry *enter(struct inventory *inventory, const struct inventory_interface *interface,
                                   bool moved, uint64_t now) {
        struct scope *scope = scope_of(inventory, interface->ifindex, 0);
        struct network_entry *before = scope ? scope->network : NULL;

        if (!before)
                return network_of(inventory, interface->ifindex, 0, true, now);
        if (*before->network.interface == '\0' && *interface->name != '\0')
                name_network(inventory, before, interface);
        if (!moved)
                return before;
        scope->gateway_checked = false;
        scope->network = network_choose(inventory, interface->ifindex, 0, now) ?: before;
        inventory->generation++;
        if (scope->network != before)
                leave(inventory, before, &interface->mac);
        return scope->network;
}

void inventory_set_interface(struct inventory *inventory, const struct inventory_interface *interface, uint64_t now) {
        const struct inventory_interface *kept;
        struct network_entry *network;
        bool moved;

        now = inventory_time(inventory, now);
        kept = keep(inventory, interface, &moved);
        if (!kept)
                return;
        network = enter(inventory, kept, moved, now);
        if (!network)
                return;
        describe_network(inventory, network, kept, now);
        make_self(inventory, network, kept, now);
}

void inventory_remove_interface(struct inventory *inventory, uint32_t ifindex) {
        struct inventory_interface *interface = (struct inventory_interface *) interface_by_index(inventory, ifindex);
        size_t kept = 0;

        if (!interface)
                return;
        inventory_time(inventory, 0);
        for (size_t i = 0; i < inventory->n_scopes; i++)
                if (inventory->scopes[i].ifindex == ifindex)
                        leave(inventory, inventory->scopes[i].network, &interface->mac);
                else
                        inventory->scopes[kept++] = inventory->scopes[i];
        inventory->n_scopes = kept;
        inventory->generation++;
        *interface = inventory->interfaces[--inventory->n_interfaces];
}

uint64_t inventory_network_at(const struct inventory *inventory, uint32_t ifindex, uint16_t vlan) {
        for (size_t i = 0; i < inventory->n_scopes; i++)
                if (inventory->scopes[i].ifindex == ifindex && inventory->scopes[i].vlan == vlan)
                        return inventory->scopes[i].network->network.id;
        return 0;
}

static bool has_v4(const struct inventory_interface *interface) {
        for (size_t i = 0; i < interface->n_addresses; i++)
                if (interface->addresses[i].family == AF_INET)
                        return true;
        return false;
}

static bool heard_gateway(const struct inventory *inventory, uint32_t ifindex) {
        for (size_t i = 0; i < inventory->n_scopes; i++)
                if (inventory->scopes[i].ifindex == ifindex && inventory->scopes[i].vlan == 0)
                        return inventory->scopes[i].gateway_checked;
        return false;
}

bool interface_awaits_address(const struct inventory *inventory, uint32_t ifindex) {
        const struct inventory_interface *interface = interface_by_index(inventory, ifindex);

        return interface && interface->joins && !has_v4(interface);
}

bool inventory_is_settled(const struct inventory *inventory, uint32_t ifindex) {
        const struct inventory_interface *interface = interface_by_index(inventory, ifindex);

        if (!interface || !interface->joins)
                return true;
        return has_v4(interface) && (interface->gateway.family != AF_INET || heard_gateway(inventory, ifindex));
}

bool interface_asks_for_gateway(const struct inventory *inventory, const struct fact *fact) {
        if (!interface_by_index(inventory, fact->ifindex))
                return false;
        for (size_t i = 0; i < inventory->n_scopes; i++)
                if (inventory->scopes[i].ifindex == fact->ifindex && inventory->scopes[i].vlan == fact->vlan)
                        return !inventory->scopes[i].gateway_checked;
        return true;
}

/* A place that looks the same may be another: two homes have 192.168.1.1 behind different routers. Asked once each
 * time that the interface was configured, of the first claim to the gateway's address. */
struct network_entry *interface_check_gateway(struct inventory *inventory, struct network_entry *network,
                                              const struct fact *fact, uint64_t now) {
        const struct inventory_interface *interface = interface_by_index(inventory, fact->ifindex);
        struct scope *scope = scope_of(inventory, fact->ifindex, fact->vlan);
        struct network_entry *other;

        if (!interface || !scope || scope->gateway_checked || fact->kind != FACT_ARP_SENDER ||
            network->gateway_authority != AUTHORITY_SELF || !ip_equal(&fact->ip, &network->network.gateway_ip))
                return network;
        scope->gateway_checked = true;
        if (mac_is_zero(&network->network.gateway_mac) || mac_equal(&network->network.gateway_mac, &fact->mac))
                return network;
        other = network_behind(inventory, fact, now);
        if (!other)
                return network;
        leave(inventory, network, &interface->mac);
        scope->network = other;
        inventory->generation++;
        describe_network(inventory, other, interface, now);
        make_self(inventory, other, interface, now);
        return other;
}
