/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Whose an end of a conversation is. A router's MAC stands on whatever it forwards: the device behind a MAC counts only
 * where the IP address can be its own. */

#include <netinet/in.h>

#include "engine/inventory/inventory-private.h"

/* Addresses that are not routed on the internet, with those behind a provider's translator: RFC 6598 §7. */
static bool is_private(const struct ip_address *ip) {
        return ip_is_of_site(ip) || (ip->family == AF_INET && ip->bytes[0] == 100 && (ip->bytes[1] & 0xc0) == 64);
}

static bool is_gateway(const struct entry *entry) {
        return entry->device.flags & DEVICE_GATEWAY ||
                mac_equal(&entry->network->network.gateway_mac, &entry->device.macs[0].address);
}

/* Nobody is known to have the address: can it be the one who sent the frame? */
static bool may_be_its_own(const struct entry *entry, const struct ip_address *ip) {
        /* Routers forward neither. */
        if (ip_is_link_local(ip) || ip_is_unspecified(ip))
                return true;
        if (is_gateway(entry) || !ip_is_host(ip))
                return false;
        return network_knows_family(entry->network, ip->family) ? network_has_ip(entry->network, ip) : is_private(ip);
}

const struct device *inventory_get_endpoint(const struct inventory *inventory, const struct mac_address *mac,
                                            const struct ip_address *ip) {
        const struct entry *entry = mac_is_zero(mac) || mac_is_group(mac) ? NULL : entry_by_mac(inventory, NULL, mac);
        const struct entry *owner;

        if (!entry)
                return NULL;
        owner = entry_by_ip(inventory, entry->network, ip);
        if (!owner && may_be_its_own(entry, ip))
                owner = entry;
        return owner ? &owner->device : NULL;
}
