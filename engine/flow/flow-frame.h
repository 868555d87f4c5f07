/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

#include "common/macro.h"
#include "common/once.h"
#include "engine/flow/flow-observation.h"
#include "engine/flow/flow-tcp.h"
#include "engine/packet/decoder.h"

/* The shortest way from a frame to its observation, of what nearly all frames are: TCP or UDP over IPv4 without options
 * or over IPv6 without extension headers, on Ethernet without tags, and all of it captured. It is inline for the loop of
 * the flow table; flow-observation.c has the same and the way for all other frames. It reads nothing that it has not
 * checked, and gives up where the decoder has a decision to make. The frame may be in memory that others write to
 * (struct frame_run_share): each byte that anything depends on is read once, and all headers are at places that nothing in
 * them decides. Bytes that change meanwhile give the observation of some other frame, and nothing worse. */

/* Source and destination side by side, as in the header: where the source is the higher end halves change places. No
 * branch, for it goes either way as often. `ports`: source << 16 | destination; `vlans`: outer << 12 | inner. */
static _always_inline_ void flow_frame_set_ipv4(struct flow_observation *o, uint64_t addresses, uint32_t ports, uint8_t protocol,
                                                uint32_t vlans) {
        uint64_t back = addresses << 32 | addresses >> 32;
        unsigned higher, turn;

        higher = addresses > back;
        o->addresses = higher ? back : addresses;
        if (__builtin_expect(addresses == back, false))
                higher = ports >> 16 > (ports & 0xffff);
        turn = 16 * higher;
        o->direction = (uint8_t) higher;
        ports = ports << turn | ports >> (-turn & 31);
        o->rest = (uint64_t) ports << 32 | (uint64_t) protocol << 24 | vlans;
}

/* Is the end with the address `a` higher than that with `b`? Ports as above. */
static _always_inline_ bool flow_frame_is_higher(const uint64_t a[2], const uint64_t b[2], uint32_t ports) {
        uint64_t x = a[0], y = b[0];

        if (x == y) {
                x = a[1];
                y = b[1];
        }
        if (__builtin_expect(x == y, false))
                return ports >> 16 > (ports & 0xffff);
        return be64toh(x) > be64toh(y);
}

/* After the transport header was read: adds a flag to those that this gave. */
static _always_inline_ void flow_frame_set_ipv6(struct flow_observation *o, const uint8_t *from, const uint8_t *to, uint32_t ports,
                                                uint8_t protocol, uint32_t vlans) {
        const uint64_t source[] = { once_u64(from), once_u64(from + 8) };
        const uint64_t destination[] = { once_u64(to), once_u64(to + 8) };
        bool higher = flow_frame_is_higher(source, destination, ports);

        o->direction = higher;
        memcpy(o->ends[higher], source, sizeof source);
        memcpy(o->ends[!higher], destination, sizeof destination);
        o->flags |= OBSERVATION_IPV6;
        ports = higher ? ports << 16 | ports >> 16 : ports;
        o->rest = (uint64_t) ports << 32 | (uint64_t) protocol << 24 | vlans;
}

/* What kind of packet it is, for its flow to know whether such a one can bring anything new: data, or nothing but an
 * acknowledgement, as bits of enum flow_letter. Where one of them was before and changed nothing, the next does not either. */
enum {
        NEWS_ALWAYS = 1 << LETTER_SYN,   /* any other segment */
        NEWS_NEVER = 1 << LETTER_SYN_ACK, /* not TCP */
        NEWS_OF_ACK = 1 << LETTER_ACK,
        NEWS_OF_DATA = 1 << LETTER_DATA,
};

/* No branch between the two: they come mixed. */
static inline uint8_t flow_frame_news(uint8_t tcp_flags, uint32_t payload) {
        if ((tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST | TCP_ACK)) != TCP_ACK)
                return NEWS_ALWAYS;
        return (uint8_t) (NEWS_OF_ACK << (payload > 0));
}

_Static_assert(NEWS_OF_DATA == NEWS_OF_ACK << 1, "");

/* `length`: of TCP with its header, as sent; 20 bytes are there to read. What only the analysis of TCP asks for is read
 * with `whole`. False, of these all: the frame is not for this way. */
static _always_inline_ bool flow_frame_read_tcp(const uint8_t *tcp, uint32_t length, bool whole,
                                                struct flow_observation *o) {
        uint32_t header = once_u8(tcp + 12) >> 2 & 0x3c; /* counted in words of four bytes, in the upper half */
        uint8_t flags = once_u8(tcp + 13);
        uint64_t numbers;

        if (header < 20 || header > length)
                return false;
        o->tcp_flags = flags;
        o->payload = length - header;
        o->flags = OBSERVATION_TCP | OBSERVATION_WHOLE_HEADER;
        o->news = flow_frame_news(flags, length - header);
        if (whole) {
                numbers = be64toh(once_u64(tcp + 4));
                o->sequence = (uint32_t) (numbers >> 32);
                o->acknowledgement = (uint32_t) numbers;
                o->window = once_be16(tcp + 14);
        }
        return true;
}

/* `length`: of UDP with its header, captured; `offset`: of the header in its frame; `ports`: source << 16 | destination. */
static _always_inline_ bool flow_frame_read_udp(const uint8_t *udp, uint32_t length, uint32_t offset, uint32_t ports,
                                                struct flow_observation *o) {
        if (length < 8 || once_be16(udp + 4) < 8)
                return false;
        o->tcp_flags = 0;
        o->flags = 0;
        o->news = NEWS_NEVER;
        o->data = (uint16_t) (offset + 8);
        return !udp_port_has_tunnel((uint16_t) (ports >> 16)) && !udp_port_has_tunnel((uint16_t) ports);
}

static _always_inline_ bool flow_frame_read_transport(const uint8_t *h, uint32_t offset, uint32_t length, uint32_t ports,
                                                      uint8_t protocol, bool whole, struct flow_observation *o) {
        return protocol == IPPROTO_TCP ? flow_frame_read_tcp(h + offset, length, whole, o)
                                       : flow_frame_read_udp(h + offset, length, offset, ports, o);
}

enum { PLAIN_IPV4_MIN = 14 + 20 + 20, PLAIN_IPV6_MIN = 14 + 40 + 20 };

/* Without options, and no fragment. */
static _always_inline_ bool flow_frame_read_ipv4(const uint8_t *h, uint32_t captured, uint8_t protocol, bool whole,
                                                 struct flow_observation *o) {
        uint32_t length = once_be16(h + 16) - 20U; /* enormous, where it claims less than its own header */
        uint32_t ports;

        if (once_u16(h + 20) & htobe16(0x3fff) || length > captured - 34)
                return false;
        ports = once_be32(h + 34);
        if (!flow_frame_read_transport(h, 34, length, ports, protocol, whole, o))
                return false;
        flow_frame_set_ipv4(o, be64toh(once_u64(h + 26)), ports, protocol, 0);
        return true;
}

static _always_inline_ bool flow_frame_read_ipv6(const uint8_t *h, uint32_t captured, uint8_t protocol, bool whole,
                                                 struct flow_observation *o) {
        uint32_t length = once_be16(h + 18), ports;

        if (captured < PLAIN_IPV6_MIN || length > captured - 54)
                return false;
        ports = once_be32(h + 54);
        if (!flow_frame_read_transport(h, 54, length, ports, protocol, whole, o))
                return false;
        flow_frame_set_ipv6(o, h + 22, h + 38, ports, protocol, 0);
        return true;
}

/* Goes by the ethertype with the first byte behind it, which has the version, and of IPv4 the header's length. */
static _always_inline_ bool flow_frame_read_network(const uint8_t *h, uint32_t captured, bool whole,
                                                    struct flow_observation *o) {
        uint32_t begin = once_u32(h + 12);
        uint8_t protocol;

        if ((begin & htobe32(0xffffff00)) == htobe32(TYPE_IPV4 << 16 | 0x4500)) {
                protocol = once_u8(h + 23);
                if (protocol == IPPROTO_TCP)
                        return flow_frame_read_ipv4(h, captured, IPPROTO_TCP, whole, o);
                return protocol == IPPROTO_UDP && flow_frame_read_ipv4(h, captured, IPPROTO_UDP, whole, o);
        }
        if ((begin & htobe32(0xfffff000)) != htobe32((uint32_t) TYPE_IPV6 << 16 | 0x6000))
                return false;
        protocol = once_u8(h + 20);
        if (protocol == IPPROTO_TCP)
                return flow_frame_read_ipv6(h, captured, IPPROTO_TCP, whole, o);
        return protocol == IPPROTO_UDP && flow_frame_read_ipv6(h, captured, IPPROTO_UDP, whole, o);
}

/* As flow_observation_from_frame(), but for what is left to flow_frame_read_any(). */
static _always_inline_ bool flow_frame_read(const struct frame *frame, bool whole, struct flow_observation *o) {
        const uint8_t *h = frame->data;

        if (frame->captured < PLAIN_IPV4_MIN || frame->linktype != LINK_ETHERNET || frame->vlan_tag != 0)
                return false;
        o->ts = frame->ts;
        o->length = frame->length;
        memcpy(o->link_header, h, sizeof o->link_header);
        return flow_frame_read_network(h, frame->captured, whole, o);
}

/* Of a frame of Ethernet: false where flow_frame_read_any() need not be asked. */
static inline bool flow_frame_may_read_any(const uint8_t *frame, uint32_t captured) {
        uint16_t type;

        if (captured < 14)
                return false;
        type = once_be16(frame + 12);
        return type == TYPE_IPV4 || type == TYPE_IPV6 || type == TYPE_VLAN || type == TYPE_QINQ;
}

/* The same of any frame, tags, options and what was not captured whole included. The frame is the reader's own. */
bool flow_frame_read_any(const struct frame *frame, struct flow_observation *o);
