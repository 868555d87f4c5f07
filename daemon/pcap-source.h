/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <pcap/pcap.h>
#include <stdint.h>

#include "daemon/capture.h"
#include "daemon/super-packet.h"

/* A live libpcap handle, as both backends that use one open it: TPACKET_V3, not blocking, with the user's filter. */

struct pcap_source {
        pcap_t *pcap;
        uint32_t ifindex;
        uint32_t linktype;      /* LINKTYPE_ value */
        uint32_t nsec_per_tick; /* of the time stamps' fraction */
        uint32_t mtu;           /* when it was opened; 0 unknown */
        uint8_t *scratch;       /* for the segments of super-packets */
};

/* On failure what was opened stays in `source`, for pcap_source_close(). */
int pcap_source_open(struct pcap_source *source, const struct capture_config *config, const char *interface,
                     char reason[static 256]);
/* Joins handles on one interface: the kernel gives each packet to one of them, and all of a flow, both ways, to the same
 * (PACKET_FANOUT_HASH). `*group` is -1 for the first of them, which sets it. */
int pcap_source_join(const struct pcap_source *source, int *group, char reason[static 256]);
void pcap_source_close(struct pcap_source *source);
/* The errno, negative, of what a function of libpcap returned. */
int pcap_source_error(int status);

/* A packet of pcap_dispatch() as frames: itself, or the segments that it was made of. */
void pcap_source_take(const struct pcap_source *source, const struct pcap_pkthdr *header, const uint8_t *data,
                      super_packet_take_fn take, void *userdata);

/* Drops since the handle was opened; the kernel's own counters have 32 bits. */
struct pcap_drops {
        uint64_t kernel, interface;
        uint32_t last_kernel, last_interface;
};

void pcap_source_count_drops(const struct pcap_source *source, struct pcap_drops *drops);
