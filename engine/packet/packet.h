/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "common/address.h"
#include "common/cursor.h"
#include "engine/packet/frame.h"

/* A decoded frame: where its layers are. Points into the frame (or into a reassembly buffer) and lives
 * as long as that does. */

enum packet_flags {
        PACKET_HAS_MAC = 1 << 0,    /* link_source is set */
        PACKET_HAS_IP = 1 << 1,
        PACKET_HAS_TRANSPORT = 1 << 2, /* ports are set: TCP or UDP, of a whole or reassembled datagram */
        PACKET_FRAGMENT = 1 << 3,   /* a fragment that did not complete its datagram: no payload to read */
        PACKET_REASSEMBLED = 1 << 4,
        PACKET_TUNNELLED = 1 << 5,  /* inside GRE, VXLAN, …: link addresses are those of the tunnel */
        PACKET_TRUNCATED = 1 << 6,  /* captured bytes end before the packet does */
        PACKET_HAS_INNER_MAC = 1 << 7,
        PACKET_LINK_GROUP = 1 << 8, /* link destination is multicast or broadcast */
        PACKET_OUTGOING = 1 << 9,   /* SLL packet type 4: sent by the capturing host */
        PACKET_HAS_LINK_DESTINATION = 1 << 10, /* link_destination is set (SLL carries none) */
        PACKET_HAS_CARRIER = 1 << 11, /* carrier is set: the tunnel runs over UDP */
};

/* What the innermost layer of interest is; dissectors register for one of these. */
enum packet_layer {
        LAYER_NONE,
        LAYER_ETHERTYPE, /* network_type is an ethertype other than IP: ARP, LLDP … */
        LAYER_LLC_SNAP,  /* network_type is a SNAP PID, snap_oui its OUI: CDP … */
        LAYER_ICMP,
        LAYER_ICMP6,
        LAYER_UDP,       /* and UDP-Lite, which ip_protocol tells */
        LAYER_TCP,
        LAYER_IP,        /* any other IP protocol: ip_protocol */
        LAYER_LLC,       /* network_type is DSAP << 8 | SSAP; the payload begins after the control field */
        _LAYER_MAX,
};

/* A UDP flow, by its ends. Ports in host order. */
struct packet_carrier {
        struct ip_address source, destination;
        uint16_t source_port, destination_port;
};

struct packet {
        const struct frame *frame;
        uint32_t flags; /* enum packet_flags */
        enum packet_layer layer;

        struct mac_address link_source, link_destination; /* outermost */
        struct mac_address inner_source;                  /* innermost Ethernet, with PACKET_HAS_INNER_MAC */
        uint16_t vlan;                                    /* outermost, 0 for none */
        uint16_t inner_vlan;                              /* second tag of QinQ, 0 for none */
        uint16_t network_type;                            /* innermost ethertype, or SNAP PID */
        uint32_t snap_oui;

        struct ip_address source, destination; /* innermost */
        uint8_t ip_protocol;
        uint8_t hop_limit;
        uint16_t ip_id;          /* IPv4 identification */
        const uint8_t *ip_header;/* innermost; at least 20 (v4) or 40 (v6) readable bytes; NULL without IP */

        uint16_t source_port, destination_port;
        const uint8_t *transport_header; /* 20 (TCP) or 8 (UDP) readable bytes; NULL where there are none */
        uint8_t tcp_flags;
        uint32_t tcp_sequence, tcp_acknowledgement;
        uint16_t tcp_window;
        struct cursor tcp_options;

        /* What follows the innermost decoded header: ARP body, ICMPv6 message (header included), UDP or TCP
         * payload. Bounded by the length that the headers claim and by what was captured. */
        struct cursor payload;
        /* As the headers claim, within the frame as it was sent; more than the cursor's when truncated. */
        uint32_t payload_length;

        struct packet_carrier carrier; /* the innermost UDP flow with a tunnel in it, with PACKET_HAS_CARRIER */
};

/* The end that sent it, of the two in order by address and then port: 0 is the lesser one. */
static inline unsigned packet_side(const struct packet *packet) {
        int order = memcmp(&packet->source, &packet->destination, sizeof packet->source);

        return order > 0 || (order == 0 && packet->source_port > packet->destination_port);
}

enum tcp_flag { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_PSH = 8, TCP_ACK = 16, TCP_URG = 32,
                TCP_ECE = 64, TCP_CWR = 128 };

struct packet_decoder; /* fragments being reassembled, and counters; bounded */

struct packet_counters {
        uint64_t frames, bytes;   /* bytes on the wire */
        uint64_t truncated;       /* captured less than was sent */
        uint64_t malformed;       /* a header that lies about itself */
        uint64_t unknown_link;    /* link type without a decoder */
        uint64_t tunnelled;       /* carried by another packet */
        uint64_t fragments, reassembled; /* pieces seen, datagrams completed */
        /* Datagrams given up: pieces contradict each other, 60 s, limits */
        uint64_t fragments_overlapping, fragments_timed_out, fragments_evicted;
        uint64_t fragments_malformed; /* pieces that fit no datagram */
        uint64_t too_deep;        /* more nested headers than allowed */
};

int packet_decoder_new(struct packet_decoder **ret);
struct packet_decoder *packet_decoder_free(struct packet_decoder *decoder);

/* Finds the layers of `frame`. 1: decoded; 0: nothing of interest in it (link addresses may still be
 * set); -EBADMSG: malformed, `ret` holds what was read up to there. `ret` is always initialised. A frame
 * that completes a fragmented datagram gives the whole datagram, in memory of the decoder's that lives
 * until the next call. */
int packet_decode(struct packet_decoder *decoder, const struct frame *frame, struct packet *ret);

const struct packet_counters *packet_decoder_counters(const struct packet_decoder *decoder);
