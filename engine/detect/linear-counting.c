/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Of n addresses a bit of m stays zero with the probability exp(-n/m), so that zeros tell n. Where none is left one is assumed. */

#include "engine/detect/linear-counting.h"

#include <math.h>

#include "engine/detect/watch-table.h"

uint16_t linear_counting_bit(const struct ip_address *ip, uint16_t bits) {
        return (uint16_t) (watch_key(ip, sizeof *ip, "", 0, 0) % bits);
}

unsigned linear_counting_estimate(uint16_t bits, unsigned set) {
        unsigned zeros = bits - set;

        return (unsigned) lround(-bits * log((double) (zeros ?: 1) / bits));
}
