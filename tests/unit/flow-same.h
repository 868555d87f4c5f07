/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <string.h>

#include "engine/flow/flow-observation.h"

/* Two observations that a flow table would take for the same; of fields that do not matter to it they may differ. */
static inline bool observation_same(const struct flow_observation *a, const struct flow_observation *b) {
        if (a->rest != b->rest || a->ts != b->ts || a->length != b->length || a->direction != b->direction ||
            a->flags != b->flags || a->tcp_flags != b->tcp_flags || !mac_equal(&a->link_source, &b->link_source) ||
            !mac_equal(&a->link_destination, &b->link_destination))
                return false;
        if (a->flags & OBSERVATION_IPV6 ? memcmp(a->ends, b->ends, sizeof a->ends) != 0 : a->addresses != b->addresses)
                return false;
        return !(a->flags & OBSERVATION_TCP) || (a->sequence == b->sequence && a->acknowledgement == b->acknowledgement &&
                                                 a->payload == b->payload && a->window == b->window);
}

/* Where the short way has an answer it must be the decoder's. -1: it is not; 1: it is; 0: there is none. */
static inline int observation_check(struct packet_decoder *decoder, const struct frame *frame) {
        struct flow_observation fast, full;
        struct packet packet;
        bool taken;

        memset(&fast, 0xa5, sizeof fast);
        taken = flow_observation_from_frame(frame, &fast);
        if (packet_decode(decoder, frame, &packet) <= 0 && taken)
                return -1;
        if (!taken)
                return 0;
        return flow_observation_from_packet(&packet, &full) && observation_same(&fast, &full) ? 1 : -1;
}
