/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "engine/inventory/entry.h"

/* What this machine knows of itself. */

const struct inventory_interface *interface_by_index(const struct inventory *inventory, uint32_t ifindex);
/* It joins a network, and has no IPv4 address there yet: what is heard may be of another place than where it was. */
bool interface_awaits_address(const struct inventory *inventory, uint32_t ifindex);
/* May what follows give another network than before? */
bool interface_asks_for_gateway(const struct inventory *inventory, const struct fact *fact);
/* The network that `fact` was heard in: another one than before if the gateway is another. */
struct network_entry *interface_check_gateway(struct inventory *inventory, struct network_entry *network,
                                              const struct fact *fact, uint64_t now);
