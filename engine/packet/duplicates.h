/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdint.h>

#include "common/macro.h"
#include "engine/packet/frame.h"

/* Copies that a switch makes: a mirror port gets a frame where it comes in and again where it goes out, and once more on the
 * other side of a router. A frame is a copy if the same packet was there within a window of time:
 *
 *   - IP: the same bytes from the IP header on, but for the hop limit, which is the same or one lower or higher, and the checksum
 *     that follows from it. Tags of VLANs do not count.
 *   - anything else on Ethernet: the same bytes and the same addresses, but for tags.
 *   - other links: the same bytes.
 *
 * What a host sends again differs: in the identification of IPv4, in timestamps of TCP. Where it does not (IPv6 without
 * timestamps, within the window) it is taken for a copy. What NAT rewrote is not recognised. */

enum duplicate {
        DUPLICATE_NONE,
        DUPLICATE_EXACT,  /* between the same link addresses */
        DUPLICATE_ROUTED, /* on another link: other addresses, another hop limit */
};

/* A switch forwards within microseconds, a router within a millisecond. */
#define DUPLICATE_WINDOW_DEFAULT (2 * NSEC_PER_MSEC)

struct duplicates_counters {
        uint64_t exact, routed;
        uint64_t overflow; /* packets forgotten within the window, because of newer ones */
};

struct duplicates;

/* `seed` is what a sender must not know who wants others' frames to be taken for copies. */
int duplicates_new(struct duplicates **ret, uint64_t window, uint64_t seed);
struct duplicates *duplicates_free(struct duplicates *duplicates);
DEFINE_CLEANUP(struct duplicates *, duplicates_free)
/* ns; 0: nothing is a copy. */
void duplicates_set_window(struct duplicates *duplicates, uint64_t window);

/* Is `frame` a copy of one that was given before? Remembers it. */
enum duplicate duplicates_check(struct duplicates *duplicates, const struct frame *frame);
const struct duplicates_counters *duplicates_counters(const struct duplicates *duplicates);
