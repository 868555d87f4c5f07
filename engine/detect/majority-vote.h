/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "common/address.h"
#include "common/macro.h"

/* Who sends most of a flood, in one pass and the memory of one address (Boyer and Moore, "MJRTY: a fast majority vote
 * algorithm", 1991). If one address has more than half of the votes, it is `mac` in the end; so a service that is asked by
 * many names whoever happened to be ahead: `lead` says by how much. All zero to begin with. */
struct majority_vote {
        struct mac_address mac;
        uint32_t lead;
};

/* A lead does not come full circle, however long a flood lasts. */
#define MAJORITY_LEAD_MAX (UINT32_C(1) << 30)

static inline void majority_vote_take(struct majority_vote *vote, const struct mac_address *mac) {
        if (vote->lead == 0)
                vote->mac = *mac;
        if (mac_equal(&vote->mac, mac))
                vote->lead = MIN(vote->lead + 1, MAJORITY_LEAD_MAX);
        else
                vote->lead--;
}
