/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>

#include "engine/detect/detector.h"

/* Where an address belongs, and where something was heard. */

/* Of a site of ours, whether on this link or behind a router of it: RFC 1918, RFC 3927, RFC 4193, link-local. Inline, as it is asked
 * of both ends of each contact and of each flow. */
static inline bool ip_is_private(const struct ip_address *ip) {
        return ip_is_link_local(ip) || ip_is_of_site(ip);
}

/* In a prefix of a network that the inventory knows; where it knows none of this family, next to `near` (the same /24 of
 * private addresses, or /64). */
bool ip_is_on_link(const struct detect_host *host, const struct ip_address *ip, const struct ip_address *near);
/* What is learned of a link is kept under this: the id of its network, which is the same after a restart. */
uint64_t link_key(const struct detect_host *host, uint32_t ifindex, uint16_t vlan);
/* False: what was heard at `heard` must wait. This machine has just come to where it is, and may know in a moment that this is
 * another network than the one before. */
bool link_is_known(const struct detect_host *host, uint32_t ifindex, uint64_t heard, uint64_t now);
/* Anywhere on the internet. */
static inline bool ip_is_public(const struct detect_host *host, const struct ip_address *ip) {
        bool any;

        return ip_is_host(ip) && !ip_is_private(ip) && !inventory_has_prefix_of(host->inventory, ip, &any);
}
/* Is the interface identifier of an IPv6 address made of this MAC (RFC 4291 appendix A)? */
bool ip_is_made_of(const struct ip_address *ip, const struct mac_address *mac);
