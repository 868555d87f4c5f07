/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "common/mix.h"
#include "engine/flow/flow-record.h"
#include "engine/packet/packet.h"

struct flow_entry;

/* What one packet tells a flow table: whose it is and what it adds. Self-contained, so that a batch of them can wait
 * while the memory that they need comes in. */

enum flow_observation_flags {
        OBSERVATION_IPV6 = 1 << 0,
        OBSERVATION_TCP = 1 << 1,
        OBSERVATION_WHOLE_HEADER = 1 << 2, /* of TCP: the window was captured */
        OBSERVATION_ASKS = 1 << 3,         /* sent by the initiator, as the message itself says */
        OBSERVATION_ANSWERS = 1 << 4,      /* sent by the responder */
};

/* Ends stand in canonical order, lower address and port first, so that both directions give the same key. */
struct flow_observation {
        uint64_t addresses;     /* key: of IPv4 both, lower first; of IPv6 a fingerprint of `ends`, by flow_hash_set() */
        uint64_t rest;          /* key: ports << 32, protocol << 24, VLAN << 12, inner VLAN */
        uint64_t hash;          /* by flow_hash_set() */
        uint64_t ts;            /* ns since the epoch */
        uint32_t length;        /* of the frame on the wire */
        uint32_t payload;       /* of TCP: bytes of data, as sent */
        uint32_t sequence, acknowledgement;
        uint16_t window;
        uint8_t tcp_flags;
        uint8_t direction;      /* 0: sent by the lower end */
        uint8_t flags;          /* enum flow_observation_flags */
        uint8_t news;           /* for the table: see flow_frame_news(); 0: not read from a frame */
        uint16_t data;          /* of UDP, read from a frame: where in it the datagram's content begins */
        union { /* of the frame; zero: none, or a tunnel's */
                struct {
                        struct mac_address link_destination, link_source;
                };
                uint8_t link_addresses[12]; /* both, as they stand in an Ethernet frame */
                uint8_t link_header[16];    /* and with them what stands behind, where that saves a step */
        };
        uint8_t ends[2][16];    /* of IPv6 */
        struct flow_entry *entry; /* the table's: where it most likely is */
        uint32_t slot;            /* where that was found in its index, or where it should have been */
};

/* Does the segment ask for a connection? */
static inline bool flow_observation_opens(const struct flow_observation *o) {
        return (o->tcp_flags & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_SYN;
}

/* Reads what a flow needs straight from an Ethernet frame, without a decoder: TCP and UDP over IPv4 and IPv6, whole,
 * under at most two VLAN tags, not a tunnel, and without a flaw. False for anything else: then packet_decode() has
 * to look at it. Where both have an answer it is the same. `hash` is left alone; of IPv6 `addresses`, too. */
bool flow_observation_from_frame(const struct frame *frame, struct flow_observation *ret);

/* The same of a decoded packet. A tunnel's flow is the one inside; the tunnel's own where none is. False: it belongs
 * to no flow: not IP, or a fragment that does not complete its datagram, or ports that cannot be read. */
bool flow_observation_from_packet(const struct packet *packet, struct flow_observation *ret);

/* Which of `n` parts the flow belongs to, both directions alike; the same in every run, and on all machines. */
static inline unsigned flow_observation_part(const struct flow_observation *o, unsigned n) {
        uint64_t key = o->addresses, words[4];

        if (o->flags & OBSERVATION_IPV6) {
                memcpy(words, o->ends, sizeof words);
                key = le64toh(words[0]) ^ (le64toh(words[1]) + le64toh(words[2])) ^
                      le64toh(words[3]) * UINT64_C(0x9e3779b97f4a7c15);
        }
        key = mix64(key ^ UINT64_C(0x8cb92ba72f3d8dd7), o->rest ^ UINT64_C(0xd1b54a32d192ed03));
        return (unsigned) (key >> 32) % n;
}

/* The key and `ends` alone, of a packet from the first endpoint to the second; `direction` then says which of them is the
 * lower. */
void flow_observation_set_ends(struct flow_observation *o, const struct flow_endpoint endpoints[2], uint8_t protocol,
                               uint16_t vlan, uint16_t inner_vlan);
