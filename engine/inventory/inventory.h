/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "engine/inventory/device.h"

/* Facts -> devices. Owns all devices and networks; knows nothing of frames, time sources, storage or the
 * bus. Limits are hard: when the table is full the least worthy device leaves first (unconfirmed, then
 * longest silent), and one that the user trusted, labelled or typed never does. */

struct inventory;

struct inventory_config {
        uint32_t devices_max;   /* default 16384 */
        uint32_t networks_max;  /* default 64 */
        uint64_t idle_after;    /* ns of silence; default 5 min */
        uint64_t offline_after; /* ns of silence; default 15 min */
        uint64_t hash_seed;     /* read by inventory_new() alone; see struct engine_config */
};

struct inventory_counters {
        uint64_t facts, devices, evicted, refused, address_overflow, evidence_overflow;
        uint64_t unattributed; /* facts that tell of no device on this link: routed, tunnelled, relayed, forged */
        /* TCP signatures that speak for a device: with a name, without one, and how many of them were not looked up lately. */
        uint64_t os_known, os_unknown, os_searches;
        uint64_t expired;      /* devices of which no more than a source address was seen, a day ago */
};

enum device_change {
        CHANGE_ADDRESSES = 1 << 0,
        CHANGE_IPV4 = 1 << 1,
        CHANGE_IPV6 = 1 << 2,
        CHANGE_NAMES = 1 << 3,
        CHANGE_SERVICES = 1 << 4,
        CHANGE_EVIDENCE = 1 << 5, /* new piece; counts and times alone do not tell */
        CHANGE_CLASS = 1 << 6,
        CHANGE_PRESENCE = 1 << 7,
        CHANGE_USER = 1 << 8,
        CHANGE_FLAGS = 1 << 9,
        CHANGE_SEEN = 1 << 10,    /* last_seen or traffic: not worth a signal, but worth saving */
        CHANGE_NETWORK = 1 << 11,
};

/* Changes of a device are gathered and told by inventory_advance(); what the user sets and a new device are told at
 * once. The callbacks must not change the inventory. */
struct inventory_ops {
        void (*device_added)(void *userdata, const struct device *device);
        void (*device_changed)(void *userdata, const struct device *device, uint32_t changes);
        /* Called just before the device is freed. `successor` is what it was merged into, 0 otherwise. */
        void (*device_removed)(void *userdata, const struct device *device, uint64_t successor);
        /* `traffic` was added to the device's, at `ts` (ns since the epoch). */
        void (*traffic)(void *userdata, const struct device *device, const struct device_traffic *traffic, uint64_t ts);
        void (*network_added)(void *userdata, const struct network *network);
        void (*network_changed)(void *userdata, const struct network *network);
        void *userdata;
};

void inventory_config_default(struct inventory_config *config);
int inventory_new(struct inventory **ret, const struct inventory_config *config, const struct inventory_ops *ops);
struct inventory *inventory_free(struct inventory *inventory);

/* `rules` must outlive the inventory or the next call; all devices are classified anew. NULL: none. */
void inventory_set_rules(struct inventory *inventory, const struct ruleset *rules);
/* May be called with new values at any time. */
void inventory_set_config(struct inventory *inventory, const struct inventory_config *config);

/* What the machine itself knows of an interface it listens on (rtnetlink); makes its own device. */
struct inventory_interface {
        uint32_t ifindex;
        char name[16];
        struct mac_address mac;       /* zero: has none */
        struct ip_address addresses[16];
        uint8_t prefix_lengths[16];
        size_t n_addresses;
        struct ip_address gateway;    /* family 0: none */
        char hostname[65];
        bool joins;                   /* as a host does: it comes to networks and goes, and is given an address there */
};
void inventory_set_interface(struct inventory *inventory, const struct inventory_interface *interface, uint64_t now);
void inventory_remove_interface(struct inventory *inventory, uint32_t ifindex);

/* Input. */
void inventory_take_fact(struct inventory *inventory, const struct fact *fact);
/* Would it certainly learn nothing of a fact that begins like `head`, whatever it says, because it is about no device? Has to find
 * that out, as for the fact itself, which is not to do over if it is taken next. And `n` such facts, counted and not taken. */
bool inventory_is_nobodys(struct inventory *inventory, const struct fact *head);
void inventory_pass_facts(struct inventory *inventory, unsigned n);

struct sighting { /* a source address was seen, with no more than that */
        uint32_t ifindex;
        uint16_t vlan;
        struct mac_address mac;
        /* ns since the epoch; 0: it sent nothing, frames only went to it, which is no sign of its being there */
        uint64_t first, last;
        struct device_traffic traffic; /* to add */
};
void inventory_take_sighting(struct inventory *inventory, const struct sighting *sighting);

/* Lets time pass: presence, expiry. Cheap; call about once a second of packet time. */
void inventory_advance(struct inventory *inventory, uint64_t now);
/* When inventory_advance() next has something to do; UINT64_MAX: never. */
uint64_t inventory_next_deadline(const struct inventory *inventory);

/* Reading. Pointers live until the next call that changes the inventory. */
const struct device *inventory_get(const struct inventory *inventory, uint64_t id);
const struct device *inventory_get_by_mac(const struct inventory *inventory, const struct mac_address *mac);
/* Whose `ip` is, as seen in frames from or to `mac`: of what a router forwards, nobody's. NULL: of no device here. */
const struct device *inventory_get_endpoint(const struct inventory *inventory, const struct mac_address *mac,
                                            const struct ip_address *ip);
/* The one that has the address, of whatever network; of several the one heard last. */
const struct device *inventory_get_by_ip(const struct inventory *inventory, const struct ip_address *ip);
const struct network *inventory_get_network(const struct inventory *inventory, uint64_t id);
/* Is the address in a prefix of any network? If not, `*ret_family`: is any prefix of its family known? */
bool inventory_has_prefix_of(const struct inventory *inventory, const struct ip_address *ip, bool *ret_family);
/* The one that is heard on an interface and VLAN; 0: not known yet. */
uint64_t inventory_network_at(const struct inventory *inventory, uint32_t ifindex, uint16_t vlan);
/* Is it known where the interface is? Not for one that joins a network, until it has an address there and heard the gateway. */
bool inventory_is_settled(const struct inventory *inventory, uint32_t ifindex);
/* Iterates in order of id: start with *position = 0. NULL at the end. */
const struct device *inventory_next(const struct inventory *inventory, size_t *position);
const struct network *inventory_next_network(const struct inventory *inventory, size_t *position);
/* Devices that `name` may mean: a MAC, an IP address, an id in hex, a label, a host name or what it is shown as, whole
 * and without case. Number found; up to `n` are stored. */
size_t inventory_find(const struct inventory *inventory, const char *name, const struct device **ret, size_t n);
void inventory_get_counters(const struct inventory *inventory, struct inventory_counters *ret);

/* What the user decides. -ENOENT no such device; -EINVAL, -E2BIG bad or long text (valid UTF-8, no control
 * characters in labels); -ENOMEM. NULL or "" takes a text back. Nothing is changed on failure. */
int inventory_set_label(struct inventory *inventory, uint64_t id, const char *label);
int inventory_set_notes(struct inventory *inventory, uint64_t id, const char *notes);
int inventory_set_type(struct inventory *inventory, uint64_t id, enum device_type type); /* _TYPE_INVALID: back to automatic */
int inventory_set_trusted(struct inventory *inventory, uint64_t id, bool trusted);
int inventory_forget(struct inventory *inventory, uint64_t id);
/* Moves all of `other` into `id`, and remembers that its MACs belong there. -EINVAL: the same device; -EXDEV: of
 * another network; -E2BIG: more addresses than a device may have. */
int inventory_merge(struct inventory *inventory, uint64_t id, uint64_t other);
/* Takes one MAC out into a device of its own, whose id is returned. -EINVAL: it has no other MAC; -ENOSPC: the table
 * is full. */
int inventory_split(struct inventory *inventory, uint64_t id, const struct mac_address *mac, uint64_t *ret_id);

/* Marks the device as told of (new_device alert raised, or seen in the learning period). */
int inventory_set_known(struct inventory *inventory, uint64_t id);

/* Restoring from the store, before any traffic: networks first. The records are copied; names, class, vendor and
 * presence are derived anew by the first inventory_advance(), which is called before anybody reads. -EEXIST, -E2BIG,
 * -EINVAL on records that cannot be. No ops are called. */
int inventory_restore_network(struct inventory *inventory, const struct network *network);
int inventory_restore_device(struct inventory *inventory, const struct device *device);
