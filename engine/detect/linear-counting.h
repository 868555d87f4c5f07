/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdint.h>

#include "common/address.h"

/* How many different addresses there were, by a map in which each of them sets a bit (Whang, Vander-Zanden and Taylor, "A
 * linear-time probabilistic counting algorithm for database applications", 1990). The map is the caller's. */

/* The bit of an address, in a map of `bits`. */
uint16_t linear_counting_bit(const struct ip_address *ip, uint16_t bits);
/* How many set `set` bits of a map of `bits`: at most bits * log(bits), which is what a full map gives. */
unsigned linear_counting_estimate(uint16_t bits, unsigned set);
