/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Networks: what is captured on an interface and VLAN belongs to one network at a time. Which one that is comes
 * from what the machine itself knows of its interface (address, gateway), never from what peers say alone; a
 * gateway that becomes known later is added to the network that is there, so that nothing is split. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <xxhash.h>

#include "common/strbuf.h"
#include "engine/inventory/inventory-private.h"

/* RFC 1035 §2.3.4 */
#define DOMAIN_MAX 253
/* A gateway that was silent for so long may be replaced by another that peers speak of. */
#define GATEWAY_AGE (24 * 3600 * NSEC_PER_SEC)

struct network_entry *network_free(struct network_entry *network) {
        if (!network)
                return NULL;
        free(network->network.name);
        free(network);
        return NULL;
}

void network_changed(struct inventory *inventory, struct network_entry *network) {
        network->dirty = true;
        inventory->networks_dirty = true;
        inventory->generation++;
}

struct network_entry *network_by_id(const struct inventory *inventory, uint64_t id) {
        for (size_t i = 0; i < inventory->n_networks; i++)
                if (inventory->networks[i]->network.id == id)
                        return inventory->networks[i];
        return NULL;
}

int network_set_name(struct network_entry *network, const char *name) {
        char *copy = strdup(name);

        if (!copy)
                return -ENOMEM;
        free(network->network.name);
        network->network.name = copy;
        return 0;
}

int network_insert(struct inventory *inventory, struct network_entry *network) {
        struct network_entry **bigger;
        size_t i = inventory->n_networks;

        if (i >= inventory->config.networks_max)
                return -E2BIG;
        bigger = realloc(inventory->networks, (i + 1) * sizeof *bigger);
        if (!bigger)
                return -ENOMEM;
        inventory->networks = bigger;
        for (; i > 0 && bigger[i - 1]->network.id > network->network.id; i--)
                bigger[i] = bigger[i - 1];
        bigger[i] = network;
        inventory->n_networks++;
        return 0;
}

/* What makes a network: where it is, and if there was another one before, what tells them apart. */
struct network_key {
        char interface[16];
        uint32_t ifindex; /* of an interface without a name */
        uint32_t vlan;
        struct ip_address gateway;
        struct mac_address gateway_mac;
        uint8_t padding;
};

_Static_assert(sizeof(struct network_key) == 48, "no bytes between");

/* The same on all machines, as are the ids of devices, which come of it. */
static uint64_t new_id(const struct inventory *inventory, const struct network_key *key) {
        struct network_key bytes = *key;
        uint64_t seed = 0, id;

        bytes.ifindex = htole32(key->ifindex);
        bytes.vlan = htole32(key->vlan);
        do
                id = XXH64(&bytes, sizeof bytes, seed++);
        while (id == 0 || network_by_id(inventory, id));
        return id;
}

static struct network_entry *make_network(struct inventory *inventory, const struct network_key *key, uint64_t now) {
        struct network_entry *network = calloc(1, sizeof *network);

        if (!network)
                return NULL;
        network->ifindex = key->ifindex;
        network->network.id = new_id(inventory, key);
        network->network.vlan = (uint16_t) key->vlan;
        network->network.first_seen = network->network.last_seen = network->seen_told = now;
        memcpy(network->network.interface, key->interface, sizeof network->network.interface);
        if (network_set_name(network, key->interface) < 0 || network_insert(inventory, network) < 0)
                return network_free(network);
        if (inventory->ops.network_added)
                inventory->ops.network_added(inventory->ops.userdata, &network->network);
        return network;
}

/* Could it be the network that the interface is in, by its address and gateway? IPv6 prefixes change too often. */
static bool is_compatible(const struct network_entry *network, const struct inventory_interface *interface) {
        const struct network *n = &network->network;
        bool comparable = false;

        if (n->gateway_ip.family == AF_INET && interface->gateway.family == AF_INET)
                return ip_equal(&n->gateway_ip, &interface->gateway);
        for (size_t i = 0; i < interface->n_addresses; i++) {
                if (interface->addresses[i].family != AF_INET || !network_knows_family(network, AF_INET))
                        continue;
                if (network_has_ip(network, &interface->addresses[i]))
                        return true;
                comparable = true;
        }
        return !comparable;
}

static bool is_in_place(const struct network_entry *network, const struct network_key *key) {
        return strncmp(network->network.interface, key->interface, sizeof key->interface) == 0 &&
               network->network.vlan == key->vlan && (*key->interface || network->ifindex == key->ifindex);
}

/* The network last heard in that place that fits; what was restored from a store counts like any other. */
static struct network_entry *choose(const struct inventory *inventory, const struct network_key *key,
                                    const struct inventory_interface *interface, bool *ret_others) {
        struct network_entry *best = NULL;

        *ret_others = false;
        for (size_t i = 0; i < inventory->n_networks; i++) {
                struct network_entry *network = inventory->networks[i];

                if (!is_in_place(network, key))
                        continue;
                *ret_others = true;
                if (interface && key->vlan == 0 && !is_compatible(network, interface))
                        continue;
                if (!best || network->network.last_seen > best->network.last_seen)
                        best = network;
        }
        return best;
}

static struct network_key key_of(const struct inventory *inventory, uint32_t ifindex, uint16_t vlan) {
        const struct inventory_interface *interface = interface_by_index(inventory, ifindex);
        struct network_key key = { .vlan = vlan };

        if (interface && *interface->name)
                memcpy(key.interface, interface->name, sizeof key.interface);
        else
                key.ifindex = ifindex;
        return key;
}

struct network_entry *network_choose(struct inventory *inventory, uint32_t ifindex, uint16_t vlan, uint64_t now) {
        const struct inventory_interface *interface = interface_by_index(inventory, ifindex);
        struct network_key key = key_of(inventory, ifindex, vlan);
        bool others;
        struct network_entry *network = choose(inventory, &key, interface, &others);

        if (network)
                return network;
        if (others && interface)
                key.gateway = interface->gateway;
        return make_network(inventory, &key, now);
}

struct scope *scope_of(struct inventory *inventory, uint32_t ifindex, uint16_t vlan) {
        size_t i = inventory->last_scope;

        if (i < inventory->n_scopes && inventory->scopes[i].ifindex == ifindex && inventory->scopes[i].vlan == vlan)
                return &inventory->scopes[i];
        for (i = 0; i < inventory->n_scopes; i++)
                if (inventory->scopes[i].ifindex == ifindex && inventory->scopes[i].vlan == vlan) {
                        inventory->last_scope = i;
                        return &inventory->scopes[i];
                }
        return NULL;
}

/* Bare frames with invented VLAN tags get half of the table. */
static _noinline_ struct scope *make_scope(struct inventory *inventory, uint32_t ifindex, uint16_t vlan, bool confirmed, uint64_t now) {
        size_t max = confirmed ? inventory->config.networks_max : MAX(inventory->config.networks_max / 2, 1);
        struct network_entry *network = inventory->n_scopes < max ? network_choose(inventory, ifindex, vlan, now) : NULL;
        struct scope *bigger;

        if (!network)
                return NULL;
        bigger = realloc(inventory->scopes, (inventory->n_scopes + 1) * sizeof *bigger);
        if (!bigger)
                return NULL;
        inventory->scopes = bigger;
        bigger[inventory->n_scopes] = (struct scope) { .ifindex = ifindex, .vlan = vlan, .network = network };
        return &bigger[inventory->n_scopes++];
}

struct network_entry *network_of(struct inventory *inventory, uint32_t ifindex, uint16_t vlan, bool confirmed,
                                 uint64_t now) {
        struct scope *scope = scope_of(inventory, ifindex, vlan) ?: make_scope(inventory, ifindex, vlan, confirmed, now);

        if (!scope)
                inventory->counters.refused++;
        return scope ? scope->network : NULL;
}

static void mark_gateway(struct inventory *inventory, struct network_entry *network, bool is) {
        struct entry *entry = NULL;
        char ip[IP_STRING_MAX];

        if (!mac_is_zero(&network->network.gateway_mac))
                entry = entry_by_mac(inventory, network, &network->network.gateway_mac);
        if (!entry)
                return;
        entry_set_flags(inventory, entry, is ? DEVICE_GATEWAY : 0, is ? 0 : DEVICE_GATEWAY);
        if (!is || network->gateway_authority != AUTHORITY_SELF)
                return;
        ip_format(&network->network.gateway_ip, ip);
        entry_take_evidence(inventory, entry, FACT_HOST_GATEWAY, VOICE_SERVES, ip, strlen(ip), inventory->now);
}

void network_set_gateway_mac(struct inventory *inventory, struct network_entry *network, const struct mac_address *mac) {
        if (!mac_equal(&network->network.gateway_mac, mac)) {
                mark_gateway(inventory, network, false);
                network->network.gateway_mac = *mac;
                network_changed(inventory, network);
        }
        mark_gateway(inventory, network, true);
}

static bool is_gateway_gone(const struct inventory *inventory, const struct network_entry *network) {
        const struct mac_address *mac = &network->network.gateway_mac;
        const struct entry *entry = mac_is_zero(mac) ? NULL : entry_by_mac(inventory, network, mac);

        return entry && inventory->now > entry->device.last_seen && inventory->now - entry->device.last_seen > GATEWAY_AGE;
}

void network_set_gateway(struct inventory *inventory, struct network_entry *network, const struct ip_address *ip,
                         enum authority authority) {
        struct network *n = &network->network;
        struct entry *owner;

        if (!ip_is_host(ip) || authority < network->gateway_authority)
                return;
        if (ip_equal(&n->gateway_ip, ip)) {
                network->gateway_authority = authority;
                return;
        }
        /* Of two peers that say different things the first one stands, as long as it is there. */
        if (authority == network->gateway_authority && authority != AUTHORITY_SELF && n->gateway_ip.family != 0 &&
            !is_gateway_gone(inventory, network))
                return;
        mark_gateway(inventory, network, false);
        n->gateway_mac = (struct mac_address) {};
        n->gateway_ip = *ip;
        network->gateway_authority = authority;
        network_changed(inventory, network);
        owner = entry_by_ip(inventory, network, ip);
        if (owner)
                network_set_gateway_mac(inventory, network, entry_latest_mac(owner));
}

bool network_has_ip(const struct network_entry *network, const struct ip_address *ip) {
        const struct network *n = &network->network;

        for (size_t i = 0; i < n->n_prefixes; i++)
                if (ip_in_prefix(ip, &n->prefixes[i].address, n->prefixes[i].length))
                        return true;
        return false;
}

bool inventory_has_prefix_of(const struct inventory *inventory, const struct ip_address *ip, bool *ret_family) {
        *ret_family = false;
        for (size_t i = 0; i < inventory->n_networks; i++) {
                const struct network *n = &inventory->networks[i]->network;

                for (size_t k = 0; k < n->n_prefixes; k++) {
                        *ret_family |= n->prefixes[k].address.family == ip->family;
                        if (ip_in_prefix(ip, &n->prefixes[k].address, n->prefixes[k].length))
                                return true;
                }
        }
        return false;
}

bool network_knows_family(const struct network_entry *network, uint8_t family) {
        for (size_t i = 0; i < network->network.n_prefixes; i++)
                if (network->network.prefixes[i].address.family == family)
                        return true;
        return false;
}

static uint32_t v4_number(const struct ip_address *ip) {
        return (uint32_t) ip->bytes[0] << 24 | (uint32_t) ip->bytes[1] << 16 | (uint32_t) ip->bytes[2] << 8 | ip->bytes[3];
}

/* All host bits 0 or 1. RFC 3021: a /31 has no broadcast address. */
static bool is_edge(const struct ip_address *ip, uint8_t length) {
        uint32_t mask = length < 31 ? UINT32_MAX >> length : 0;
        uint32_t host = v4_number(ip) & mask;

        return mask != 0 && (host == 0 || host == mask);
}

bool network_ip_is_host(const struct network_entry *network, const struct ip_address *ip) {
        const struct network *n = &network->network;

        if (!ip_is_host(ip))
                return false;
        for (size_t i = 0; i < n->n_prefixes; i++)
                if (ip->family == AF_INET && ip_in_prefix(ip, &n->prefixes[i].address, n->prefixes[i].length) &&
                    is_edge(ip, n->prefixes[i].length))
                        return false;
        return true;
}

/* The address without its host part. */
static struct ip_address prefix_of(const struct ip_address *address, uint8_t length) {
        struct ip_address prefix = *address;

        for (unsigned i = 0; i < sizeof prefix.bytes; i++)
                if (i * 8 >= length)
                        prefix.bytes[i] = 0;
                else if (length - i * 8 < 8)
                        prefix.bytes[i] &= (uint8_t) (0xff << (8 - (length - i * 8)));
        return prefix;
}

static void drop_prefix(struct inventory *inventory, struct network_entry *network, size_t i) {
        struct network *n = &network->network;

        n->n_prefixes--;
        memmove(&n->prefixes[i], &n->prefixes[i + 1], (n->n_prefixes - i) * sizeof n->prefixes[0]);
        memmove(&network->prefix_sources[i], &network->prefix_sources[i + 1],
                (n->n_prefixes - i) * sizeof network->prefix_sources[0]);
        network_changed(inventory, network);
}

/* Of a full list the least believed leaves, then the one not heard for longest; never one that is believed more. */
static bool make_prefix_room(struct inventory *inventory, struct network_entry *network, enum authority authority) {
        size_t worst = 0;

        if (network->network.n_prefixes < NETWORK_PREFIXES_MAX)
                return true;
        for (size_t i = 1; i < network->network.n_prefixes; i++)
                if (network->prefix_sources[i].authority < network->prefix_sources[worst].authority ||
                    (network->prefix_sources[i].authority == network->prefix_sources[worst].authority &&
                     network->prefix_sources[i].seen < network->prefix_sources[worst].seen))
                        worst = i;
        if (network->prefix_sources[worst].authority > authority)
                return false;
        drop_prefix(inventory, network, worst);
        return true;
}

void network_add_prefix(struct inventory *inventory, struct network_entry *network, const struct ip_address *address,
                        uint8_t length, enum authority authority, uint64_t now) {
        struct ip_address prefix = prefix_of(address, length);
        struct network *n = &network->network;

        /* Shorter ones than any that is really handed out would take the Internet for the link. */
        if (!ip_is_host(address) || ip_is_link_local(address) || length < (address->family == AF_INET ? 8 : 16) ||
            length > (address->family == AF_INET ? 32 : 128))
                return;
        for (size_t i = 0; i < n->n_prefixes; i++)
                if (n->prefixes[i].length == length && ip_equal(&n->prefixes[i].address, &prefix)) {
                        network->prefix_sources[i].authority = MAX(network->prefix_sources[i].authority, authority);
                        network->prefix_sources[i].seen = now;
                        return;
                }
        if (!make_prefix_room(inventory, network, authority))
                return;
        n->prefixes[n->n_prefixes].address = prefix;
        n->prefixes[n->n_prefixes].length = length;
        network->prefix_sources[n->n_prefixes].authority = authority;
        network->prefix_sources[n->n_prefixes].seen = now;
        n->n_prefixes++;
        network_changed(inventory, network);
}

/* The first of a comma-separated list. */
static bool read_first_ip(const char *value, struct ip_address *ret) {
        char text[IP_STRING_MAX];
        struct strbuf b = STRBUF(text);

        strbuf_bytes(&b, value, strcspn(value, ", "));
        return ip_parse(text, ret) >= 0;
}

static int mask_length(const struct ip_address *mask) {
        uint32_t bits = v4_number(mask);
        int length = 0;

        if (mask->family != AF_INET)
                return -EINVAL;
        while (length < 32 && bits & (UINT32_C(1) << (31 - length)))
                length++;
        return bits == (length == 0 ? 0 : UINT32_MAX << (32 - length)) ? length : -EINVAL;
}

/* A lease that was given, with its netmask, tells the prefix; with its router, the gateway. */
static void use_lease(struct inventory *inventory, struct network_entry *network, uint64_t now) {
        const struct lease_news *lease = &network->lease;
        int length = mask_length(&lease->netmask);

        if (!ip_is_host(&lease->assigned) || length < 8 || length > 30)
                return;
        network_add_prefix(inventory, network, &lease->assigned, (uint8_t) length, AUTHORITY_DHCP, now);
        if (ip_in_prefix(&lease->router, &lease->assigned, (uint8_t) length))
                network_set_gateway(inventory, network, &lease->router, AUTHORITY_DHCP);
}

static void take_lease(struct inventory *inventory, struct network_entry *network, const struct fact *fact, uint64_t now) {
        struct lease_news *lease = &network->lease;
        struct ip_address ip;

        if (!read_first_ip(fact->value, &ip))
                return;
        if (lease->ts != fact->ts || lease->frame != fact->frame || !mac_equal(&lease->server, &fact->mac))
                *lease = (struct lease_news) { .ts = fact->ts, .frame = fact->frame, .server = fact->mac };
        if (fact->kind == FACT_DHCP_ASSIGNED_IP)
                lease->assigned = ip;
        else if (fact->kind == FACT_DHCP_NETMASK)
                lease->netmask = ip;
        else
                lease->router = ip;
        use_lease(inventory, network, now);
}

static void take_prefix(struct inventory *inventory, struct network_entry *network, const char *value, uint64_t now) {
        const char *slash = strchr(value, '/');
        char text[IP_STRING_MAX];
        struct strbuf b = STRBUF(text);
        struct ip_address ip;
        long length;

        if (!slash)
                return;
        strbuf_bytes(&b, value, (size_t) (slash - value));
        length = strtol(slash + 1, NULL, 10);
        if (ip_parse(text, &ip) >= 0 && ip.family == AF_INET6 && length > 0 && length <= 128)
                network_add_prefix(inventory, network, &ip, (uint8_t) length, AUTHORITY_RA, now);
}

static void take_router(struct inventory *inventory, struct network_entry *network, const struct fact *fact) {
        struct ip_address ip;

        if (fact->flags & FACT_GOODBYE || !read_first_ip(fact->value, &ip) || !ip_is_link_local(&ip))
                return;
        network_set_gateway(inventory, network, &ip, AUTHORITY_RA);
        if (ip_equal(&network->network.gateway_ip, &ip) && mac_is_zero(&network->network.gateway_mac))
                network_set_gateway_mac(inventory, network, &fact->mac);
}

static void take_domain(struct inventory *inventory, struct network_entry *network, const char *value) {
        if (network->name_authority >= AUTHORITY_DHCP || *value == '\0' || strncmp(value, "hex:", 4) == 0 ||
            strlen(value) > DOMAIN_MAX)
                return;
        network->name_authority = AUTHORITY_DHCP;
        if (strcmp(network->network.name, value) != 0 && network_set_name(network, value) >= 0)
                network_changed(inventory, network);
}

void network_take_fact(struct inventory *inventory, struct network_entry *network, const struct fact *fact, uint64_t now) {
        if (fact->kind == FACT_DHCP_ASSIGNED_IP || fact->kind == FACT_DHCP_NETMASK || fact->kind == FACT_DHCP_ROUTER) {
                if (!interface_awaits_address(inventory, fact->ifindex))
                        take_lease(inventory, network, fact, now);
        } else if (fact->kind == FACT_NDP_PREFIX)
                take_prefix(inventory, network, fact->value, now);
        else if (fact->kind == FACT_NDP_ROUTER)
                take_router(inventory, network, fact);
        else if (fact->kind == FACT_DHCP_DOMAIN)
                take_domain(inventory, network, fact->value);
}

/* The network of that gateway in the place of `fact`, known or new. */
struct network_entry *network_behind(struct inventory *inventory, const struct fact *fact, uint64_t now) {
        struct network_key key = key_of(inventory, fact->ifindex, fact->vlan);

        for (size_t i = 0; i < inventory->n_networks; i++) {
                struct network_entry *network = inventory->networks[i];

                if (is_in_place(network, &key) && mac_equal(&network->network.gateway_mac, &fact->mac) &&
                    ip_equal(&network->network.gateway_ip, &fact->ip))
                        return network;
        }
        key.gateway = fact->ip;
        key.gateway_mac = fact->mac;
        return make_network(inventory, &key, now);
}

void network_drop_prefixes(struct inventory *inventory, struct network_entry *network, enum authority authority,
                           uint64_t before) {
        for (size_t i = network->network.n_prefixes; i-- > 0;)
                if (network->prefix_sources[i].authority == authority && network->prefix_sources[i].seen < before)
                        drop_prefix(inventory, network, i);
}
