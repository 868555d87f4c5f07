/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "engine/flow/flow-record.h"

/* What one flow did for a while, counted elsewhere: by the programs in the kernel. Deltas of one flow may come in any
 * order, several for the same time (each processor counts for itself), and a little late; packets that they count
 * must not be given to the flow table as well. */

struct flow_table;

struct flow_delta_direction {
        uint64_t packets, bytes;    /* frames as long as they were on the wire, without FCS */
        uint64_t first, last;       /* ns since the epoch; 0: nothing went this way */
        uint16_t shortest, longest; /* frames */
        /* TCP */
        uint8_t tcp_flags;          /* all that were seen (enum tcp_flag) */
        bool data, bare_ack;        /* segments with payload; segments that do nothing but acknowledge */
        bool after_fin;             /* segments without a FIN after one with it */
        uint32_t retransmissions, out_of_order, duplicate_acks, zero_windows;
};

enum flow_delta_initiator { INITIATOR_UNKNOWN, INITIATOR_FIRST, INITIATOR_SECOND };

struct flow_delta {
        struct flow_endpoint endpoints[2];         /* in any order; ICMP as in struct flow_endpoint */
        struct flow_delta_direction directions[2]; /* [i] is what endpoints[i] sent */
        uint16_t vlan, inner_vlan;                 /* 0: none */
        uint8_t protocol;                          /* IP protocol number */
        enum flow_delta_initiator initiator;       /* as a SYN, SYN+ACK, question or answer tells */
        /* TCP, where the initiator's SYN was seen */
        uint64_t opened;      /* when it came last, ns since the epoch; 0: it was not seen */
        uint64_t answered;    /* when the last SYN+ACK came; 0: not seen */
        uint64_t established; /* when its first segment behind the SYN came; 0: not seen, or not by who counted the SYN */
        uint32_t initial;     /* the SYN's sequence number */
        struct flow_trips trips;
};

/* Counts it in. `delta->directions` must hold a packet. */
void flow_table_add_delta(struct flow_table *table, const struct flow_delta *delta);
