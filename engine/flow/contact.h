/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/address.h"
#include "engine/flow/flow-observation.h"

/* Packets with which one host approaches another, or is turned away: what scans and floods are made of. Plain records
 * that the first half of the engine hands to the detectors; each is whole in itself. */

enum contact_kind {
        CONTACT_SYN,         /* asks for a TCP connection */
        CONTACT_SYN_ACK,     /* is given one */
        CONTACT_RESET,
        CONTACT_ODD,         /* TCP flags that no connection has: none at all, FIN without ACK, FIN+PSH+URG */
        CONTACT_DATAGRAM,    /* the first UDP packet of two ends for a while; an SCTP INIT */
        CONTACT_ECHO,        /* ICMP echo request */
        CONTACT_ANSWER,      /* the first UDP packet of two ends in the other direction, an ICMP echo reply, an SCTP INIT ACK */
        CONTACT_UNREACHABLE, /* an ICMP error: the packet that it quotes did not get through */
        CONTACT_STRAY,       /* a TCP segment of a connection whose SYN was not seen, the first of them */
        CONTACT_OTHER,       /* the first packet of two addresses, of a protocol other than TCP, UDP, ICMP and SCTP */
        _CONTACT_KIND_MAX,
};

/* CONTACT_UNREACHABLE: everything but the time is that of the quoted packet, so its source is who tried; its link
 * address is that of whom the error was sent to. */
struct contact {
        uint64_t ts;      /* ns since the epoch */
        uint64_t frame;   /* number in the capture, 0 when live */
        uint32_t ifindex;
        uint16_t vlan, inner_vlan;
        uint32_t packets; /* that it stands for: echo requests and replies are counted by the kernel; else 1 */
        uint8_t kind;     /* enum contact_kind */
        uint8_t protocol; /* IP protocol number */
        uint8_t hop_limit;
        uint8_t tcp_flags;
        bool link_group;  /* sent to a group's link address */
        struct mac_address source_mac, destination_mac; /* of the frame; zero: none, or a tunnel's */
        struct ip_address source, destination;
        uint16_t source_port, destination_port; /* host order; 0 of ICMP */
};

struct packet;
struct flow_delta;
struct contact_table; /* the pairs of UDP ends that were heard lately; of a fixed size */

int contact_table_new(struct contact_table **ret, uint64_t seed); /* -ENOMEM */
struct contact_table *contact_table_free(struct contact_table *table);
/* Is a segment with these flags none? RFC 9293 §3.10.7: whatever comes behind the SYN has ACK set. */
static inline bool contact_is_no_segment(uint8_t tcp_flags) {
        return (tcp_flags & (TCP_SYN | TCP_RST | TCP_ACK)) == TCP_ACK;
}

/* Which kind of contact a packet of TCP or UDP is that is not decoded yet; -1: none. Its hash was made with the table's seed. To
 * be asked once for each. */
int contact_kind_of(struct contact_table *table, const struct flow_observation *o);
/* The contact that a packet of TCP or UDP is. */
void contact_set(struct contact *ret, const struct packet *packet, enum contact_kind kind);
/* Is `packet`, of which contact_kind_of() was not asked, a contact? Fills in `ret` if so. */
bool contact_from_packet(struct contact_table *table, const struct packet *packet, struct contact *ret);
/* The first packet of a flow, as struct flow_table_ops has it: a stray segment, or another protocol. */
bool contact_from_first(const struct flow_observation *first, struct contact *ret);
/* The contacts among the packets that a backend counted itself and does not hand over: of UDP, ICMP echoes, and resets and odd
 * flags of TCP; at most CONTACTS_OF_DELTA_MAX. How many are filled in. */
#define CONTACTS_OF_DELTA_MAX 2
size_t contacts_from_delta(struct contact_table *table, const struct flow_delta *delta,
                           struct contact ret[static CONTACTS_OF_DELTA_MAX]);
