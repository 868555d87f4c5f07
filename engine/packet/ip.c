/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* IPv4 (RFC 791), IPv6 with its extension headers (RFC 8200), and what they carry: UDP, TCP, ICMP, and
 * other packets. The way of nearly all packets, IP with TCP or UDP, stands first and is short. */

#include <errno.h>
#include <sys/socket.h>

#include "engine/packet/decoder.h"

/* Extension headers in a row: RFC 8200 §4.1 knows seven, each once, but demands to take them in any number.
 * An Ethernet frame has room for 180 of the smallest. */
#define EXTENSIONS_MAX 256

enum { IP_HOP_BY_HOP = 0, IP_ICMP = 1, IP_TCP = 6, IP_UDP = 17, IP_ROUTING = 43, IP_FRAGMENT = 44, IP_AH = 51,
       IP_ICMP6 = 58, IP_NONE = 59, IP_DESTINATION = 60, IP_MOBILITY = 135, IP_UDP_LITE = 136,
       IP_HIP = 139, IP_SHIM6 = 140 };

/* A header cut short behind its ports: they tell what flow it belongs to, and nothing tells more. */
static int decode_ports(struct packet *p, struct cursor c) {
        if (!cursor_be16(&c, &p->source_port) || !cursor_be16(&c, &p->destination_port)) {
                p->source_port = 0;
                return -EBADMSG;
        }
        p->flags |= PACKET_HAS_TRANSPORT;
        return -EBADMSG;
}

static inline int decode_tcp(struct packet_decoder *d, struct packet *p, struct cursor c) {
        const uint8_t *h = c.data;
        size_t header, sent = cursor_left(&c) + d->missing;

        if (cursor_left(&c) < 14)
                return decode_ports(p, c);
        p->source_port = load_be16(h);
        p->destination_port = load_be16(h + 2);
        p->tcp_sequence = load_be32(h + 4);
        p->tcp_acknowledgement = load_be32(h + 8);
        p->tcp_flags = h[13];
        p->flags |= PACKET_HAS_TRANSPORT;
        if (cursor_left(&c) < 20)
                return -EBADMSG;
        p->transport_header = h;
        p->tcp_window = load_be16(h + 14);
        header = (size_t) (h[12] >> 4) * 4;
        if (header < 20 || header > sent)
                return -EBADMSG;
        if (header > cursor_left(&c)) { /* cut off in its options */
                p->tcp_options = (struct cursor) { h + 20, c.end };
                d->missing = (uint32_t) (sent - header);
                c.data = c.end;
        } else {
                p->tcp_options = (struct cursor) { h + 20, h + header };
                c.data += header;
        }
        return decoder_payload(d, p, c, LAYER_TCP);
}

static inline int decode_udp(struct packet_decoder *d, struct packet *p, struct cursor c) {
        const uint8_t *h = c.data;
        size_t length;
        int r;

        if (!cursor_skip(&c, 8))
                return decode_ports(p, c);
        length = load_be16(h + 4);
        /* RFC 2675 §4: 0 in a jumbogram */
        if (length != 0 || p->source.family != AF_INET6) {
                if (length < 8)
                        return -EBADMSG;
                decoder_limit(d, p, &c, length - 8);
        }
        p->transport_header = h;
        p->source_port = load_be16(h);
        p->destination_port = load_be16(h + 2);
        p->flags |= PACKET_HAS_TRANSPORT;
        if (decode_udp_tunnel(d, p, c, &r))
                return r;
        return decoder_payload(d, p, c, LAYER_UDP);
}

/* RFC 3828 §3.1: as UDP, but the length says how much the checksum covers; 0 is all. */
static int decode_udp_lite(struct packet_decoder *d, struct packet *p, struct cursor c) {
        const uint8_t *h = c.data;
        size_t covered, sent = cursor_left(&c) + d->missing;

        if (!cursor_skip(&c, 8))
                return -EBADMSG;
        covered = load_be16(h + 4);
        if (covered != 0 && (covered < 8 || covered > sent))
                return -EBADMSG;
        p->transport_header = h;
        p->source_port = load_be16(h);
        p->destination_port = load_be16(h + 2);
        p->flags |= PACKET_HAS_TRANSPORT;
        return decoder_payload(d, p, c, LAYER_UDP);
}

/* RFC 4302 §2: the payload is in clear; its length counts four-byte words, less two. */
static bool skip_ah(struct cursor *c, uint8_t *ret_next) {
        struct cursor header = *c;
        uint8_t words;

        return cursor_u8(&header, ret_next) && cursor_u8(&header, &words) && cursor_skip(c, ((size_t) words + 2) * 4);
}

static int decode_transport(struct packet_decoder *d, struct packet *p, struct cursor c, uint8_t protocol) {
        int r;

        p->ip_protocol = protocol;
        switch (protocol) {
        case IP_TCP:
                return decode_tcp(d, p, c);
        case IP_UDP:
                return decode_udp(d, p, c);
        case IP_UDP_LITE:
                return decode_udp_lite(d, p, c);
        case IP_ICMP:
                return decoder_payload(d, p, c, LAYER_ICMP);
        case IP_ICMP6:
                return decoder_payload(d, p, c, LAYER_ICMP6);
        case IP_AH:
                if (!decoder_descend(d))
                        return 0;
                return skip_ah(&c, &protocol) ? decode_transport(d, p, c, protocol) : -EBADMSG;
        default:
                if (decode_ip_tunnel(d, p, c, &r))
                        return r;
                return decoder_payload(d, p, c, LAYER_IP);
        }
}

/* What came before the pieces' common header is in `p`. Returns as packet_decode() does, or 2 with the whole
 * datagram in `*c` and what it holds in `*protocol`. A first piece that the snap length cut cannot be joined
 * with others, but its ports are still there to read: it passes for the datagram. */
static int join_fragments(struct packet_decoder *d, struct packet *p, const struct fragment_key *key, uint32_t offset,
                          bool more, struct cursor *c, uint8_t *protocol) {
        struct fragment_piece piece = {
                .ts = p->frame->ts, .offset = offset, .more = more, .protocol = *protocol, .data = *c };
        int r;

        if (p->flags & PACKET_TRUNCATED) {
                d->counters.fragments++;
                if (offset == 0)
                        return 2;
                p->flags |= PACKET_FRAGMENT;
                return 0;
        }
        if (!decoder_descend(d))
                return 0;
        r = fragments_add(d->fragments, key, &piece, &d->counters, c, protocol);
        if (r <= 0) {
                p->flags |= PACKET_FRAGMENT;
                /* A refused piece is counted as that; its own headers are in order. */
                return r == -ENOMEM ? r : 0;
        }
        p->flags |= PACKET_REASSEMBLED;
        d->reassembled = true;
        d->missing = 0;
        return 2;
}

static int decode_ipv4_fragment(struct packet_decoder *d, struct packet *p, struct cursor c, uint16_t fragment) {
        struct fragment_key key = { .family = AF_INET, .id = p->ip_id, .protocol = p->ip_protocol,
                                    .ifindex = p->frame->ifindex };
        uint8_t protocol = p->ip_protocol;
        int r;

        memcpy(key.source, p->source.bytes, 16);
        memcpy(key.destination, p->destination.bytes, 16);
        p->layer = LAYER_IP;
        r = join_fragments(d, p, &key, (uint32_t) (fragment & 0x1fff) * 8, fragment & 0x2000, &c, &protocol);
        return r == 2 ? decode_transport(d, p, c, protocol) : r;
}

int decode_ipv4(struct packet_decoder *d, struct packet *p, struct cursor c) {
        const uint8_t *h = c.data;
        size_t header, total;
        uint16_t fragment;

        if (!decoder_descend(d))
                return 0;
        if (cursor_left(&c) < 20 || h[0] >> 4 != 4)
                return -EBADMSG;
        header = (size_t) (h[0] & 15) * 4;
        total = load_be16(h + 2);
        if (header < 20)
                return -EBADMSG;
        p->source = (struct ip_address) { .family = AF_INET };
        memcpy(p->source.bytes, h + 12, 4);
        p->destination = (struct ip_address) { .family = AF_INET };
        memcpy(p->destination.bytes, h + 16, 4);
        p->ip_header = h;
        p->hop_limit = h[8];
        p->ip_protocol = h[9];
        p->ip_id = load_be16(h + 4);
        p->flags |= PACKET_HAS_IP;
        /* Segmentation offload leaves 0 for the card to fill in: the packet is as long as the frame. */
        if (total != 0) {
                if (total < header)
                        return -EBADMSG;
                decoder_limit(d, p, &c, total);
        }
        if (!cursor_skip(&c, header))
                return -EBADMSG;
        fragment = load_be16(h + 6);
        if (fragment & 0x3fff)
                return decode_ipv4_fragment(d, p, c, fragment);
        return decode_transport(d, p, c, h[9]);
}

static int join_ipv6_fragments(struct packet_decoder *d, struct packet *p, struct cursor *c, uint8_t *protocol) {
        struct fragment_key key = { .family = AF_INET6, .ifindex = p->frame->ifindex };
        uint8_t reserved;
        uint16_t fragment;

        if (!cursor_u8(c, protocol) || !cursor_u8(c, &reserved) || !cursor_be16(c, &fragment) ||
            !cursor_be32(c, &key.id))
                return -EBADMSG;
        if ((fragment & 0xfff9) == 0) /* RFC 6946: an atomic fragment is the whole datagram */
                return 2;
        memcpy(key.source, p->source.bytes, 16);
        memcpy(key.destination, p->destination.bytes, 16);
        p->layer = LAYER_IP;
        p->ip_protocol = *protocol;
        return join_fragments(d, p, &key, fragment & 0xfff8, fragment & 1, c, protocol);
}

/* RFC 8200 §4.3, §4.4, §4.6; RFC 6275 §6.1; RFC 7401 §5.1; RFC 5533 §5.1: the length counts eight-byte words
 * behind the first. */
static bool skip_extension(struct cursor *c, uint8_t *ret_next) {
        struct cursor header = *c;
        uint8_t words;

        return cursor_u8(&header, ret_next) && cursor_u8(&header, &words) && cursor_skip(c, ((size_t) words + 1) * 8);
}

static int decode_extensions(struct packet_decoder *d, struct packet *p, struct cursor c, uint8_t protocol) {
        for (unsigned n = 0; n < EXTENSIONS_MAX; n++)
                switch (protocol) {
                case IP_HOP_BY_HOP:
                case IP_ROUTING:
                case IP_DESTINATION:
                case IP_MOBILITY:
                case IP_HIP:
                case IP_SHIM6:
                        if (!skip_extension(&c, &protocol))
                                return -EBADMSG;
                        break;
                case IP_AH:
                        if (!skip_ah(&c, &protocol))
                                return -EBADMSG;
                        break;
                case IP_FRAGMENT: {
                        int r = join_ipv6_fragments(d, p, &c, &protocol);

                        if (r != 2)
                                return r;
                        break;
                }
                default:
                        return decode_transport(d, p, c, protocol);
                }
        d->counters.too_deep++;
        return 0;
}

/* RFC 2675 §2: the real length of a packet over 64 KiB; 0 without one. `c` is at the hop-by-hop header. */
static uint32_t jumbo_length(struct cursor c) {
        uint8_t next, words, type, length;
        struct cursor options;
        uint32_t jumbo = 0;

        if (!cursor_u8(&c, &next) || !cursor_u8(&c, &words) || !cursor_take(&c, (size_t) words * 8 + 6, &options))
                return 0;
        while (cursor_u8(&options, &type)) {
                if (type == 0) /* Pad1 */
                        continue;
                if (!cursor_u8(&options, &length))
                        break;
                if (type == 0xc2 && length == 4 && cursor_be32(&options, &jumbo))
                        return jumbo;
                if (!cursor_skip(&options, length))
                        break;
        }
        return 0;
}

int decode_ipv6(struct packet_decoder *d, struct packet *p, struct cursor c) {
        const uint8_t *h = c.data;
        uint32_t length;

        if (!decoder_descend(d))
                return 0;
        if (!cursor_skip(&c, 40) || h[0] >> 4 != 6)
                return -EBADMSG;
        p->source.family = p->destination.family = AF_INET6;
        memcpy(p->source.bytes, h + 8, 16);
        memcpy(p->destination.bytes, h + 24, 16);
        p->ip_header = h;
        p->hop_limit = h[7];
        p->ip_protocol = h[6];
        p->ip_id = 0;
        p->flags |= PACKET_HAS_IP;
        length = load_be16(h + 4);
        if (length == 0 && h[6] == IP_HOP_BY_HOP)
                length = jumbo_length(c);
        /* Segmentation offload leaves 0, as in IPv4; of nothing else an empty packet is the longest. */
        if (length > 0 || (h[6] != IP_TCP && h[6] != IP_UDP && h[6] != IP_HOP_BY_HOP))
                decoder_limit(d, p, &c, length);
        if (h[6] == IP_TCP || h[6] == IP_UDP)
                return decode_transport(d, p, c, h[6]);
        return decode_extensions(d, p, c, h[6]);
}

int decode_ip(struct packet_decoder *d, struct packet *p, struct cursor c) {
        if (cursor_left(&c) == 0)
                return -EBADMSG;
        switch (c.data[0] >> 4) {
        case 4:
                p->network_type = TYPE_IPV4;
                return decode_ipv4(d, p, c);
        case 6:
                p->network_type = TYPE_IPV6;
                return decode_ipv6(d, p, c);
        default:
                return -EBADMSG;
        }
}
