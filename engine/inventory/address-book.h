/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "engine/inventory/entry.h"

/* Which IP address belongs to which device. */

enum claim {
        CLAIM_WEAK,   /* somebody used or named it: believed where nobody else has it */
        CLAIM_STRONG, /* ARP, NDP, DHCP */
        CLAIM_SELF,   /* this machine's own */
};
struct entry *entry_by_ip(const struct inventory *inventory, const struct network_entry *network,
                          const struct ip_address *ip);
/* Changes whenever somebody gets or loses the address. */
uint32_t *address_generation(struct inventory *inventory, const struct ip_address *ip);
/* NULL: it has it not. */
struct device_ip *entry_find_ip(struct entry *entry, const struct ip_address *ip);
/* The entry has the address, of which nothing changed since it was bound, and says so again. False: it has to be bound. */
bool entry_hold(struct inventory *inventory, struct entry *entry, const struct ip_address *ip, enum fact_kind source,
                enum claim claim, uint64_t now);
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
