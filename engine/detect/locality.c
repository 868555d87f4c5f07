/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Near and far. */

#include "engine/detect/locality.h"

#include <netinet/in.h>

#include "engine/detect/watch-table.h"

/* By then an interface has its address, or will have none. */
#define SETTLING_MAX (30 * NSEC_PER_SEC)

bool ip_is_on_link(const struct detect_host *host, const struct ip_address *ip, const struct ip_address *near) {
        bool any;

        if (ip_is_link_local(ip) || inventory_has_prefix_of(host->inventory, ip, &any))
                return true;
        if (any || ip->family != near->family)
                return false;
        return ip->family == AF_INET ? ip_is_private(ip) && ip_in_prefix(ip, near, 24) : ip_in_prefix(ip, near, 64);
}

uint64_t link_key(const struct detect_host *host, uint32_t ifindex, uint16_t vlan) {
        uint64_t network = inventory_network_at(host->inventory, ifindex, vlan);
        uint32_t place[2] = { ifindex, vlan };

        return network != 0 ? network : watch_key(place, sizeof place, "", 0, 0);
}

bool link_is_known(const struct detect_host *host, uint32_t ifindex, uint64_t heard, uint64_t now) {
        return now < heard || now - heard >= SETTLING_MAX || inventory_is_settled(host->inventory, ifindex);
}

bool ip_is_made_of(const struct ip_address *ip, const struct mac_address *mac) {
        const uint8_t *i = ip->bytes + 8, *m = mac->bytes;

        return ip->family == AF_INET6 && i[0] == (m[0] ^ 2) && i[1] == m[1] && i[2] == m[2] && i[3] == 0xff && i[4] == 0xfe &&
               i[5] == m[3] && i[6] == m[4] && i[7] == m[5];
}
