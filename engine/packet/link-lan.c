/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Local networks that are not plain Ethernet: rings, InfiniBand, and the wire between a router's processor and
 * its switch chip, which puts a tag of its own into each frame (net/dsa in Linux; tcpdump.org/linktypes.html). */

#include <errno.h>

#include "engine/packet/decoder.h"

/* ISO 9314-2 §7.3.1: frame control, addresses, LLC. Drivers differ in the order of the addresses' bits, which
 * the capture does not tell: they are not taken for MACs. */
int decode_fddi(struct packet_decoder *d, struct packet *p, struct cursor c) {
        uint8_t control;

        if (!cursor_u8(&c, &control) || !cursor_skip(&c, 12))
                return -EBADMSG;
        return (control & 0x30) == 0x10 ? decode_llc(d, p, c) : 0;
}

/* 802.5 §3.2: access control, frame control, addresses; the first bit of the source says that a route follows,
 * whose first five bits of length count it all. Addresses as in FDDI. */
int decode_token_ring(struct packet_decoder *d, struct packet *p, struct cursor c) {
        const uint8_t *h = c.data;

        if (!cursor_skip(&c, 14))
                return -EBADMSG;
        if ((h[1] & 0xc0) != 0x40)
                return 0;
        if (h[8] & 0x80 && (cursor_left(&c) < 2 || (c.data[0] & 31) < 2 || !cursor_skip(&c, c.data[0] & 31)))
                return -EBADMSG;
        return decode_llc(d, p, c);
}

/* The receiver's address in the forty bytes of a global route header, then RFC 4391 §6: type, reserved. Link
 * addresses have twenty bytes, which is no MAC. */
int decode_ipoib(struct packet_decoder *d, struct packet *p, struct cursor c) {
        uint16_t type;

        if (!cursor_skip(&c, 40) || !cursor_be16(&c, &type) || !cursor_skip(&c, 2))
                return -EBADMSG;
        return type < 0x0600 ? 0 : decode_network(d, p, c, type);
}

/* Marvell's tag of four bytes stands behind the addresses and `between` bytes more: what the frame is (two bits), whether a
 * VLAN tag was made part of it (third bit of the first byte), and in the last two bytes that tag's. */
static int decode_marvell(struct packet_decoder *d, struct packet *p, struct cursor c, size_t between) {
        const uint8_t *h = c.data;
        struct cursor tag;
        uint16_t type;

        if (!cursor_skip(&c, 12 + between))
                return -EBADMSG;
        decoder_addresses(p, h);
        if (!cursor_take(&c, 4, &tag) || !cursor_be16(&c, &type))
                return -EBADMSG;
        if (tag.data[0] & 0x20)
                decoder_vlan(p, load_be16(tag.data + 2));
        return decode_tags(d, p, c, type);
}

int decode_dsa(struct packet_decoder *d, struct packet *p, struct cursor c) {
        return decode_marvell(d, p, c, 0);
}

/* With an ethertype and two bytes in front of the tag. */
int decode_edsa(struct packet_decoder *d, struct packet *p, struct cursor c) {
        return decode_marvell(d, p, c, 4);
}

/* Broadcom's tag of four bytes, behind the addresses or before them. */
int decode_brcm_tag(struct packet_decoder *d, struct packet *p, struct cursor c) {
        const uint8_t *h = c.data;
        uint16_t type;

        if (!cursor_skip(&c, 16) || !cursor_be16(&c, &type))
                return -EBADMSG;
        decoder_addresses(p, h);
        return decode_tags(d, p, c, type);
}

int decode_brcm_tag_prepend(struct packet_decoder *d, struct packet *p, struct cursor c) {
        return cursor_skip(&c, 4) ? decode_ethernet(d, p, c) : -EBADMSG;
}
