/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "engine/inventory/entry.h"

/* Networks, their prefixes and gateways. */

struct entry;

/* Who named the gateway or a prefix; the higher is believed over the lower. */
enum authority { AUTHORITY_NONE, AUTHORITY_RA, AUTHORITY_DHCP, AUTHORITY_SELF };

#define NETWORK_PREFIXES_MAX ELEMENTSOF(((struct network *) NULL)->prefixes)

/* What one DHCP server message said, gathered until it makes sense together. */
struct lease_news {
        uint64_t ts, frame;
        struct mac_address server;
        struct ip_address assigned, netmask, router;
};

struct network_entry {
        struct network network;
        uint32_t ifindex; /* for networks of unnamed interfaces (captures) */
        bool dirty;
        uint64_t seen_told; /* last_seen when it was told last */
        enum authority gateway_authority, name_authority;
        struct {
                enum authority authority;
                uint64_t seen;
        } prefix_sources[NETWORK_PREFIXES_MAX];
        struct lease_news lease;
};

/* What is captured on one interface and VLAN is one network at a time. */
struct scope {
        uint32_t ifindex;
        uint16_t vlan;
        bool gateway_checked; /* the gateway's MAC was compared since the interface was configured last */
        struct network_entry *network;
};

struct network_entry *network_by_id(const struct inventory *inventory, uint64_t id);
struct scope *scope_of(struct inventory *inventory, uint32_t ifindex, uint16_t vlan);
/* The one that an interface is in, by what the machine knows of it; NULL: over the limit. */
struct network_entry *network_choose(struct inventory *inventory, uint32_t ifindex, uint16_t vlan, uint64_t now);
/* The one whose gateway the sender of an ARP message claims to be; NULL: over the limit. */
struct network_entry *network_behind(struct inventory *inventory, const struct fact *fact, uint64_t now);
/* The network of an interface and VLAN. Made where there is none yet; NULL: over the limit. */
struct network_entry *network_of(struct inventory *inventory, uint32_t ifindex, uint16_t vlan, bool confirmed,
                                 uint64_t now);
int network_insert(struct inventory *inventory, struct network_entry *network);
struct network_entry *network_free(struct network_entry *network);
void network_changed(struct inventory *inventory, struct network_entry *network);
/* That a network is still there is worth saving so often. */
#define NETWORK_SEEN_INTERVAL (300 * NSEC_PER_SEC)
/* Somebody in it was. Inline, as it is said with each packet that tells something. */
static inline void network_heard(struct inventory *inventory, struct network_entry *network, uint64_t now) {
        network->network.last_seen = MAX(network->network.last_seen, now);
        if (network->network.last_seen - network->seen_told < NETWORK_SEEN_INTERVAL)
                return;
        network->seen_told = network->network.last_seen;
        network_changed(inventory, network);
}
void network_add_prefix(struct inventory *inventory, struct network_entry *network, const struct ip_address *address,
                        uint8_t length, enum authority authority, uint64_t now);
/* Those of `authority` that were not heard since `before`. */
void network_drop_prefixes(struct inventory *inventory, struct network_entry *network, enum authority authority,
                           uint64_t before);
bool network_has_ip(const struct network_entry *network, const struct ip_address *ip);
/* Are prefixes of that family known at all? */
bool network_knows_family(const struct network_entry *network, uint8_t family);
/* Not the network's or the broadcast address of a known prefix, and a host's. */
bool network_ip_is_host(const struct network_entry *network, const struct ip_address *ip);
void network_set_gateway(struct inventory *inventory, struct network_entry *network, const struct ip_address *ip,
                         enum authority authority);
void network_set_gateway_mac(struct inventory *inventory, struct network_entry *network, const struct mac_address *mac);
int network_set_name(struct network_entry *network, const char *name);
/* Does the kind tell of the network? */
static inline bool network_is_told_by(enum fact_kind kind) {
        return kind == FACT_DHCP_ASSIGNED_IP || kind == FACT_DHCP_NETMASK || kind == FACT_DHCP_ROUTER ||
               kind == FACT_DHCP_DOMAIN || kind == FACT_NDP_PREFIX || kind == FACT_NDP_ROUTER;
}

/* What DHCP servers and routers tell of the network. */
void network_take_fact(struct inventory *inventory, struct network_entry *network, const struct fact *fact, uint64_t now);
