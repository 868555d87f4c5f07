/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>

#include "engine/detect/detector.h"

/* Where an address belongs. */

/* Of a site of ours, whether on this link or behind a router of it: RFC 1918, RFC 3927, RFC 4193, link-local. */
bool ip_is_private(const struct ip_address *ip);
/* In a prefix of a network that the inventory knows; where it knows none of this family, next to `near` (the same /24 of
 * private addresses, or /64). */
bool ip_is_on_link(const struct detect_host *host, const struct ip_address *ip, const struct ip_address *near);
/* Anywhere on the internet. */
bool ip_is_public(const struct detect_host *host, const struct ip_address *ip);
