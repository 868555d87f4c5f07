/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/inventory/inventory.h"

/* The machine's interfaces as rtnetlink messages describe them: names, hardware and IP addresses, default
 * routes. Reads messages and keeps the table; opens no socket (links.c does). */

#define LINKS_MAX 1024
#define LINK_ADDRESSES_MAX 16
#define LINK_ROUTES_MAX 64

struct link {
        uint32_t ifindex;
        char name[16];
        uint16_t type;          /* ARPHRD_ value: Ethernet is 1 */
        bool up;                /* set up by the administrator */
        bool running;           /* has a carrier */
        bool loopback;
        struct mac_address mac; /* zero: has none */
        struct ip_address addresses[LINK_ADDRESSES_MAX];
        uint8_t prefix_lengths[LINK_ADDRESSES_MAX];
        size_t n_addresses;
        struct ip_address gateway; /* of the best default route through it; family 0: none */
};

/* Called by link_table_commit(), never while messages are being read. Any may be NULL. A link lives until
 * its `removed` returns. */
struct link_ops {
        void (*added)(void *userdata, const struct link *link);
        void (*changed)(void *userdata, const struct link *link);
        void (*removed)(void *userdata, const struct link *link);
        void *userdata;
};

struct link_table_counters {
        uint64_t malformed;  /* messages that contradict their own lengths */
        uint64_t overflow;   /* links, addresses and routes beyond the limits */
};

struct link_table;

int link_table_new(struct link_table **ret, const struct link_ops *ops);
struct link_table *link_table_free(struct link_table *table);

/* Reads one datagram of messages (RTM_NEWLINK, NEWADDR, NEWROUTE and their DEL; others are skipped).
 * 1: a dump's end was in it. 0: it was not. -EBADMSG: malformed from some point on; what came before
 * counts. Another -errno: the kernel's answer to a request. */
int link_table_read(struct link_table *table, const void *data, size_t length);

/* Tells what changed since the last commit: a call per link at most. */
void link_table_commit(struct link_table *table);

/* Around a full dump: what the dump does not name is gone. -EINTR: the kernel said that the dump is not of
 * one piece; nothing is removed, and it should be repeated. */
void link_table_begin_sync(struct link_table *table);
int link_table_end_sync(struct link_table *table);

/* Pointers live until the next commit. */
const struct link *link_table_get(const struct link_table *table, uint32_t ifindex);
const struct link *link_table_get_by_name(const struct link_table *table, const char *name);
/* The link of the best default route (IPv4 before IPv6, lowest metric first); where there is none, the
 * first one that is up and not the loopback. NULL: there is nothing to listen on. */
const struct link *link_table_default(const struct link_table *table);
void link_table_get_counters(const struct link_table *table, struct link_table_counters *ret);

/* What the inventory wants to know of an interface of this machine. `hostname` may be NULL. */
void link_to_inventory(const struct link *link, const char *hostname, struct inventory_interface *ret);
