/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "common/cleanup.h"
#include "engine/classify/vendor.h"
#include "engine/inventory/hash-index.h"
#include "engine/inventory/inventory.h"
#include "engine/token-bucket.h"

/* The inside of the inventory, shared by the files of this folder only.
 *
 *   inventory.c     composition: new/free, input, time, reading
 *   roster.c        the table of devices: create, remove, evict, who was heard when, what is to be told
 *   address-book.c  which IP address belongs to which device
 *   evidence.c      facts that are kept as evidence, and the policy a kind
 *   naming.c        evidence -> names and services
 *   network.c       networks, prefixes, gateways
 *   attribution.c   whom a fact is about, and what is learned from it
 *   interface.c     what this machine knows of itself
 *   class.c         evidence -> classification
 *   user.c          what the user decides; restore.c: records from the store; find.c: by name */

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

struct entry {
        struct device device; /* what readers get */
        struct network_entry *network;
        uint32_t changes;     /* since it was told last */
        bool told;            /* device_added was */
        bool dirty;           /* in the dirty list */
        bool fresh;           /* just restored: what is derived from the record is no change */
        bool names_stale, class_stale;
        enum tier tier;
        bool timed;           /* in the list of its presence */
        size_t text_bytes;    /* charged to it */
        size_t services_room, evidence_room;
        uint64_t ipv6_told;   /* when CHANGE_IPV6 was last marked for a mere replacement */
        struct entry *tier_prev, *tier_next;
        struct entry *presence_prev, *presence_next;
        struct entry *dirty_prev, *dirty_next;
};

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

#define INTERFACES_MAX 32

struct inventory {
        struct inventory_config config;
        struct inventory_ops ops;
        struct inventory_counters counters;
        const struct ruleset *rules;
        struct vendor_db *vendors; /* NULL: none on this machine */
        uint64_t now;
        uint64_t flushed;          /* when changes were last told */

        struct entry **entries;    /* by id */
        size_t n_entries, entries_room;
        struct hash_index by_mac, by_ip;
        struct entry *tiers[_TIER_MAX];          /* longest silent first */
        size_t tier_counts[_TIER_MAX];
        struct entry *presences[_PRESENCE_MAX];  /* idle and online ones, longest silent first */
        struct entry *dirty;
        bool networks_dirty;
        bool unsorted;             /* restored entries are not in those lists yet */
        size_t text_bytes;
        struct token_bucket evictions;

        struct network_entry **networks; /* by id */
        size_t n_networks;
        struct scope *scopes;
        size_t n_scopes, last_scope;
        struct inventory_interface *interfaces;
        size_t n_interfaces;
};

/* inventory.c: every entry into the inventory passes here. It is `now`, or later if it was later before: time never
 * runs back, however frames are stamped. */
uint64_t inventory_time(struct inventory *inventory, uint64_t now);

/* roster.c */
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
void entry_changed(struct inventory *inventory, struct entry *entry, uint32_t changes);
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

/* address-book.c */
enum claim {
        CLAIM_WEAK,   /* somebody used or named it: believed where nobody else has it */
        CLAIM_STRONG, /* ARP, NDP, DHCP */
        CLAIM_SELF,   /* this machine's own */
};
struct entry *entry_by_ip(const struct inventory *inventory, const struct network_entry *network,
                          const struct ip_address *ip);
/* True if the address is the entry's now. */
bool entry_bind(struct inventory *inventory, struct entry *entry, const struct ip_address *ip, enum fact_kind source,
                enum claim claim, uint64_t now);
void entry_unbind(struct inventory *inventory, struct entry *entry, const struct ip_address *ip);
/* Only if it was learned that way. */
void entry_unbind_source(struct inventory *inventory, struct entry *entry, const struct ip_address *ip,
                         enum fact_kind source);
/* Takes over a record of the address as it is; false if another device has it. */
bool entry_adopt_ip(struct inventory *inventory, struct entry *entry, const struct device_ip *ip);
void entry_unbind_all(struct inventory *inventory, struct entry *entry);

/* evidence.c */
struct evidence_policy {
        uint8_t confidence; /* of what it says, 0..100 */
        uint8_t keep;       /* pieces of this kind a device; 0: volatile, not kept */
        uint8_t name;       /* confidence as a name, 0: is none */
};
struct evidence_policy evidence_policy(enum fact_kind kind);
void entry_take_evidence(struct inventory *inventory, struct entry *entry, enum fact_kind kind, enum fact_voice voice,
                         const char *value, uint64_t now);
/* Takes over a record, merging it with the piece of the same value. */
void entry_adopt_evidence(struct inventory *inventory, struct entry *entry, const struct evidence *piece);
void entry_clear_evidence(struct inventory *inventory, struct entry *entry);

/* naming.c */
void entry_derive_names(struct inventory *inventory, struct entry *entry);
void entry_clear_names(struct inventory *inventory, struct entry *entry);
void entry_take_service(struct inventory *inventory, struct entry *entry, enum fact_kind kind, const char *value,
                        bool goodbye, uint64_t now);
void entry_adopt_service(struct inventory *inventory, struct entry *entry, const struct device_service *service);
void entry_clear_services(struct inventory *inventory, struct entry *entry);

/* class.c */
void entry_classify(struct inventory *inventory, struct entry *entry);
void entry_set_vendor(struct inventory *inventory, struct entry *entry);

/* network.c */
struct network_entry *network_by_id(const struct inventory *inventory, uint64_t id);
struct scope *scope_of(struct inventory *inventory, uint32_t ifindex, uint16_t vlan);
/* The one that an interface is in, by what the machine knows of it; NULL: over the limit. */
struct network_entry *network_choose(struct inventory *inventory, uint32_t ifindex, uint16_t vlan, uint64_t now);
/* The one whose gateway the sender of an ARP message claims to be; NULL: over the limit. */
struct network_entry *network_behind(struct inventory *inventory, const struct fact *fact, uint64_t now);
/* The network of an interface and VLAN. Made where there is none yet and `make` allows; NULL: over the limit. */
struct network_entry *network_of(struct inventory *inventory, uint32_t ifindex, uint16_t vlan, bool confirmed,
                                 uint64_t now);
int network_insert(struct inventory *inventory, struct network_entry *network);
struct network_entry *network_free(struct network_entry *network);
void network_changed(struct inventory *inventory, struct network_entry *network);
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
/* What DHCP servers and routers tell of the network. */
void network_take_fact(struct inventory *inventory, struct network_entry *network, const struct fact *fact, uint64_t now);

/* interface.c */
const struct inventory_interface *interface_by_index(const struct inventory *inventory, uint32_t ifindex);
/* The network that `fact` was heard in: another one than before if the gateway is another. */
struct network_entry *interface_check_gateway(struct inventory *inventory, struct network_entry *network,
                                              const struct fact *fact, uint64_t now);

/* attribution.c */
/* The device that `fact` is about, made if need be; NULL: none on this link. */
struct entry *fact_attribute(struct inventory *inventory, struct network_entry *network, const struct fact *fact,
                             uint64_t now);
void fact_apply(struct inventory *inventory, struct entry *entry, const struct fact *fact, uint64_t now);
