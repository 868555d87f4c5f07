/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* What a capture backend hands over: one frame as it was on the wire. */
struct frame {
        uint64_t ts;       /* ns since the epoch */
        uint64_t number;   /* from 1 in a capture file; 0 when live */
        uint32_t ifindex;  /* kernel's index when live; section-wide interface id + 1 in pcapng; 0 unknown */
        uint32_t linktype; /* LINKTYPE_ value (the tcpdump.org registry), not libpcap's DLT_ */
        uint32_t captured; /* bytes in data */
        uint32_t length;   /* bytes on the wire, without FCS; >= captured */
        const uint8_t *data;
        /* VLAN tag that the network card took out of the frame (PACKET_AUXDATA, skb->vlan_tci); 0 none.
         * Host byte order, as the 802.1Q tag's TCI with the "present" bit 0x10000 set. */
        uint32_t vlan_tag;
        bool flow_counted; /* in a struct flow_delta, so the flow table must not count it again */
};

#define FRAME_VLAN_PRESENT UINT32_C(0x10000)
