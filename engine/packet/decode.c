/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Finds the layers of a frame. Every length that a header claims is checked against what is there; nothing
 * is cast onto the bytes. */

#include <errno.h>
#include <stdlib.h>

#include "engine/packet/packet.h"

enum { LINKTYPE_ETHERNET = 1 };
enum { IP_TCP = 6, IP_UDP = 17, IP_ICMP6 = 58 };

struct packet_decoder {
        struct packet_counters counters;
};

int packet_decoder_new(struct packet_decoder **ret) {
        struct packet_decoder *d = calloc(1, sizeof *d);

        if (!d)
                return -ENOMEM;
        *ret = d;
        return 0;
}

struct packet_decoder *packet_decoder_free(struct packet_decoder *decoder) {
        free(decoder);
        return NULL;
}

const struct packet_counters *packet_decoder_counters(const struct packet_decoder *decoder) {
        return &decoder->counters;
}

static int decode_udp(struct packet *p, struct cursor c) {
        uint16_t length;

        if (!cursor_be16(&c, &p->source_port) || !cursor_be16(&c, &p->destination_port) || !cursor_be16(&c, &length) ||
            !cursor_skip(&c, 2))
                return -EBADMSG;
        p->payload = c;
        p->payload_length = (uint32_t) cursor_left(&c);
        p->layer = LAYER_UDP;
        p->flags |= PACKET_HAS_TRANSPORT;
        return 1;
}

static int decode_ipv4(struct packet *p, struct cursor c) {
        const uint8_t *h = c.data;
        size_t header, total;

        if (cursor_left(&c) < 20)
                return -EBADMSG;
        header = (size_t) (h[0] & 15) * 4;
        total = load_be16(h + 2);
        if (header < 20 || total < header || cursor_left(&c) < header)
                return -EBADMSG;
        if (cursor_left(&c) > total)
                c.end = c.data + total;
        p->flags |= PACKET_HAS_IP;
        p->ip_header = h;
        p->source = ip_from_v4(h + 12);
        p->destination = ip_from_v4(h + 16);
        p->hop_limit = h[8];
        p->ip_protocol = h[9];
        p->ip_id = load_be16(h + 4);
        cursor_skip(&c, header);
        p->payload = c;
        p->layer = LAYER_IP;
        if (load_be16(h + 6) & 0x3fff) {
                p->flags |= PACKET_FRAGMENT;
                return 0;
        }
        return p->ip_protocol == IP_UDP ? decode_udp(p, c) : 0;
}

static int decode_ipv6(struct packet *p, struct cursor c) {
        const uint8_t *h = c.data;

        if (!cursor_skip(&c, 40))
                return -EBADMSG;
        p->flags |= PACKET_HAS_IP;
        p->ip_header = h;
        p->source = ip_from_v6(h + 8);
        p->destination = ip_from_v6(h + 24);
        p->hop_limit = h[7];
        p->ip_protocol = h[6];
        p->payload = c;
        p->layer = p->ip_protocol == IP_ICMP6 ? LAYER_ICMP6 : LAYER_IP;
        return p->ip_protocol == IP_UDP ? decode_udp(p, c) : 1;
}

static int decode_ethernet(struct packet *p, struct cursor c) {
        uint16_t type;

        if (!cursor_copy(&c, p->link_destination.bytes, 6) || !cursor_copy(&c, p->link_source.bytes, 6) ||
            !cursor_be16(&c, &type))
                return -EBADMSG;
        p->flags |= PACKET_HAS_MAC;
        while (type == 0x8100 || type == 0x88a8) {
                uint16_t tag;

                if (!cursor_be16(&c, &tag) || !cursor_be16(&c, &type))
                        return -EBADMSG;
                p->vlan = p->vlan ?: tag & 0xfff;
        }
        p->network_type = type;
        if (type == 0x0800)
                return decode_ipv4(p, c);
        if (type == 0x86dd)
                return decode_ipv6(p, c);
        p->layer = LAYER_ETHERTYPE;
        p->payload = c;
        return 1;
}

int packet_decode(struct packet_decoder *decoder, const struct frame *frame, struct packet *ret) {
        int r;

        *ret = (struct packet) { .frame = frame };
        decoder->counters.frames++;
        decoder->counters.bytes += frame->length;
        if (frame->linktype != LINKTYPE_ETHERNET) {
                decoder->counters.unknown_link++;
                return 0;
        }
        r = decode_ethernet(ret, cursor_make(frame->data, frame->captured));
        decoder->counters.malformed += r < 0;
        return r;
}
