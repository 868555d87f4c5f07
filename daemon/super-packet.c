/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the network card, or the last moment before it, does to a super-packet (RFC 9293 §3.8.6 for what a segment may
 * carry): the headers are repeated, with what differs between segments put right. */

#include "daemon/super-packet.h"

#include <netinet/in.h>
#include <string.h>

#include "common/cursor.h"
#include "common/macro.h"
#include "engine/packet/packet.h"

enum { ETHERNET = 1, ETHERNET_HEADER = 14, TAGS_MAX = 2, IPV4_HEADER = 20, IPV6_HEADER = 40, TCP_HEADER = 20 };
enum { TYPE_IP = 0x0800, TYPE_IP6 = 0x86dd, TYPE_TAG = 0x8100, TYPE_SERVICE_TAG = 0x88a8 };

/* Offsets in the frame. */
struct layout {
        uint32_t ip, tcp, payload;
        uint32_t size; /* of a segment's payload */
        bool ipv6;
};

static uint16_t find_network(const struct frame *frame, struct layout *l) {
        uint16_t type;

        l->ip = ETHERNET_HEADER;
        type = load_be16(frame->data + l->ip - 2);
        for (unsigned i = 0; i < TAGS_MAX && (type == TYPE_TAG || type == TYPE_SERVICE_TAG); i++) {
                l->ip += 4;
                if (frame->captured < l->ip)
                        return 0;
                type = load_be16(frame->data + l->ip - 2);
        }
        return type;
}

static bool find_tcp(const struct frame *frame, struct layout *l) {
        const uint8_t *ip = frame->data + l->ip;
        uint32_t left = frame->captured - l->ip;

        if (l->ipv6) {
                l->tcp = l->ip + IPV6_HEADER;
                return left >= IPV6_HEADER + TCP_HEADER && ip[0] >> 4 == 6 && ip[6] == IPPROTO_TCP;
        }
        if (left < IPV4_HEADER + TCP_HEADER || ip[0] >> 4 != 4 || (ip[0] & 15) < 5 || ip[9] != IPPROTO_TCP ||
            load_be16(ip + 6) & 0x3fff)
                return false;
        l->tcp = l->ip + (uint32_t) (ip[0] & 15) * 4;
        return frame->captured >= l->tcp + TCP_HEADER;
}

static bool find_layout(const struct frame *frame, uint32_t mtu, struct layout *ret) {
        uint16_t type = find_network(frame, ret);
        uint32_t header;

        if (type != TYPE_IP && type != TYPE_IP6)
                return false;
        ret->ipv6 = type == TYPE_IP6;
        if (!find_tcp(frame, ret))
                return false;
        header = (uint32_t) (frame->data[ret->tcp + 12] >> 4) * 4;
        ret->payload = ret->tcp + header;
        if (header < TCP_HEADER || frame->captured < ret->payload || ret->payload > SUPER_PACKET_HEADERS_MAX ||
            ret->payload - ret->ip >= mtu)
                return false;
        ret->size = mtu - (ret->payload - ret->ip);
        return frame->length > ret->payload + ret->size;
}

static void store_be16(uint8_t *p, uint32_t value) {
        p[0] = (uint8_t) (value >> 8);
        p[1] = (uint8_t) value;
}

static void store_be32(uint8_t *p, uint32_t value) {
        store_be16(p, value >> 16);
        store_be16(p + 2, value);
}

/* `at`: bytes of payload before this segment. */
static void set_headers(const struct layout *l, uint32_t at, uint32_t length, bool last, uint8_t *data) {
        uint8_t *ip = data + l->ip, *tcp = data + l->tcp;

        if (l->ipv6) {
                store_be16(ip + 4, l->payload - l->ip - IPV6_HEADER + length);
        } else {
                store_be16(ip + 2, l->payload - l->ip + length);
                store_be16(ip + 4, load_be16(ip + 4) + at / l->size);
        }
        store_be32(tcp + 4, load_be32(tcp + 4) + at);
        if (!last)
                tcp[13] &= (uint8_t) ~(TCP_FIN | TCP_PSH);
        if (at > 0)
                tcp[13] &= (uint8_t) ~TCP_CWR;
}

unsigned super_packet_split(const struct frame *frame, uint32_t mtu, uint8_t *scratch, super_packet_take_fn take, void *userdata) {
        struct frame segment = *frame;
        struct layout l;
        unsigned n = 0;

        if (frame->linktype != ETHERNET || frame->length <= mtu + ETHERNET_HEADER || frame->captured < ETHERNET_HEADER ||
            !find_layout(frame, mtu, &l))
                return 0;
        segment.data = scratch;
        for (uint32_t at = 0, sent = frame->length - l.payload, captured = frame->captured - l.payload; at < sent; at += l.size) {
                uint32_t length = MIN(sent - at, l.size), have = captured > at ? MIN(captured - at, length) : 0;

                memcpy(scratch, frame->data, l.payload);
                memcpy(scratch + l.payload, frame->data + l.payload + (have > 0 ? at : 0), have);
                set_headers(&l, at, length, at + length == sent, scratch);
                segment.captured = l.payload + have;
                segment.length = l.payload + length;
                take(userdata, &segment);
                n++;
        }
        return n;
}
