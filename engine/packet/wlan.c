/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* 802.11 frames (IEEE 802.11-2020 §9.2, §9.3.2), bare or behind one of the headers that capture drivers put
 * before them. Only data frames have something in them, and only unencrypted ones. */

#include <errno.h>

#include "engine/packet/decoder.h"

enum { WLAN_MANAGEMENT = 0, WLAN_CONTROL = 1, WLAN_DATA = 2 };
enum { WLAN_TO_DS = 0x01, WLAN_FROM_DS = 0x02, WLAN_PROTECTED = 0x40, WLAN_ORDER = 0x80 };
enum { SUBTYPE_NULL = 0x4, SUBTYPE_QOS = 0x8 };
#define QOS_AMSDU 0x80
#define FCS_SIZE 4

static void note_addresses(struct packet *p, const uint8_t *source, const uint8_t *destination) {
        if (p->flags & PACKET_TUNNELLED) {
                p->inner_source = mac_from_bytes(source);
                p->flags |= PACKET_HAS_INNER_MAC;
                return;
        }
        p->link_source = mac_from_bytes(source);
        p->link_destination = mac_from_bytes(destination);
        p->flags |= PACKET_HAS_MAC | PACKET_HAS_LINK_DESTINATION;
        if (destination[0] & 1)
                p->flags |= PACKET_LINK_GROUP;
        else
                p->flags &= ~(uint32_t) PACKET_LINK_GROUP;
}

/* §9.4.2.1.4, table 9-30: who sends to whom depends on the way through the distribution system. */
static bool read_addresses(struct packet *p, struct cursor *c, uint8_t flags) {
        const uint8_t *h = c->data, *source = h + 10, *destination = h + 4;

        if (!cursor_skip(c, 24))
                return false;
        if (flags & WLAN_TO_DS)
                destination = h + 16;
        if (flags & WLAN_FROM_DS)
                source = h + 16;
        if (flags & WLAN_TO_DS && flags & WLAN_FROM_DS) {
                source = h + 24;
                if (!cursor_skip(c, 6))
                        return false;
        }
        note_addresses(p, source, destination);
        return true;
}

/* §9.3.2.2.2: several MSDUs, each with addresses and a length of its own; the first one speaks for all. */
static int decode_amsdu(struct packet_decoder *d, struct packet *p, struct cursor c) {
        const uint8_t *h = c.data;

        if (!cursor_skip(&c, 14))
                return -EBADMSG;
        note_addresses(p, h + 6, h);
        decoder_limit(d, p, &c, load_be16(h + 12));
        return decode_llc(d, p, c);
}

/* `padded`: the driver filled the header up to four bytes (radiotap, flag 0x20). */
static int decode_frame(struct packet_decoder *d, struct packet *p, struct cursor c, bool padded) {
        const uint8_t *start = c.data;
        uint8_t control, flags, type, subtype, qos = 0;
        bool swapped;

        if (cursor_left(&c) < 2)
                return -EBADMSG;
        swapped = p->flags & PACKET_TUNNELLED && wlan_is_swapped(&c);
        control = start[swapped];
        flags = start[!swapped];
        type = control >> 2 & 3;
        subtype = control >> 4;
        if (control & 3) /* protocol version */
                return -EBADMSG;
        if (type != WLAN_DATA && type != WLAN_MANAGEMENT)
                return 0;
        if (!read_addresses(p, &c, type == WLAN_DATA ? flags : 0))
                return -EBADMSG;
        if (type == WLAN_MANAGEMENT || subtype & SUBTYPE_NULL || flags & WLAN_PROTECTED)
                return 0;
        if (subtype & SUBTYPE_QOS && (!cursor_u8(&c, &qos) || !cursor_skip(&c, flags & WLAN_ORDER ? 5 : 1)))
                return -EBADMSG;
        if (padded && !cursor_skip(&c, (size_t) (start - c.data) & 3))
                return -EBADMSG;
        return qos & QOS_AMSDU ? decode_amsdu(d, p, c) : decode_llc(d, p, c);
}

int decode_wlan(struct packet_decoder *d, struct packet *p, struct cursor c) {
        return decode_frame(d, p, c, false);
}

static void strip_fcs(struct packet_decoder *d, struct cursor *c) {
        if (d->missing >= FCS_SIZE)
                d->missing -= FCS_SIZE;
        else if (cursor_left(c) >= FCS_SIZE - d->missing) {
                c->end -= FCS_SIZE - d->missing;
                d->missing = 0;
        }
}

/* The flags field stands behind all words of the present bitmap and, where bit 0 is set, the eight aligned
 * bytes of the time (radiotap.org). */
static uint8_t read_radiotap_flags(struct cursor header) {
        const uint8_t *start = header.data;
        uint32_t present, more;
        uint8_t flags = 0;

        if (!cursor_skip(&header, 4) || !cursor_le32(&header, &present) || !(present & 2))
                return 0;
        for (more = present; more & UINT32_C(0x80000000);)
                if (!cursor_le32(&header, &more))
                        return 0;
        if (present & 1 && !cursor_skip(&header, ((size_t) (start - header.data) & 7) + 8))
                return 0;
        cursor_u8(&header, &flags);
        return flags;
}

int decode_radiotap(struct packet_decoder *d, struct packet *p, struct cursor c) {
        struct cursor header;
        uint8_t flags;

        if (cursor_left(&c) < 8 || c.data[0] != 0 || load_le16(c.data + 2) < 8 ||
            !cursor_take(&c, load_le16(c.data + 2), &header))
                return -EBADMSG;
        flags = read_radiotap_flags(header);
        if (flags & 0x40) /* bad FCS: the air changed it */
                return 0;
        if (flags & 0x10)
                strip_fcs(d, &c);
        return decode_frame(d, p, c, flags & 0x20);
}

/* linux-wlan-ng: a magic that ends in the version, then the length, in network order. */
int decode_avs(struct packet_decoder *d, struct packet *p, struct cursor c) {
        const uint8_t *h = c.data;

        if (cursor_left(&c) < 8 || load_be32(h) >> 4 != 0x8021100 || load_be32(h + 4) < 8 ||
            !cursor_skip(&c, load_be32(h + 4)))
                return -EBADMSG;
        return decode_wlan(d, p, c);
}

/* Prism: code and length in the byte order of the machine that wrote them. Some drivers put an AVS header here. */
int decode_prism(struct packet_decoder *d, struct packet *p, struct cursor c) {
        const uint8_t *h = c.data;
        uint32_t length;

        if (cursor_left(&c) < 8)
                return -EBADMSG;
        if (load_be32(h) >> 4 == 0x8021100)
                return decode_avs(d, p, c);
        length = load_be32(h) < 0x10000 ? load_be32(h + 4) : load_le32(h + 4);
        if (length < 8 || !cursor_skip(&c, length))
                return -EBADMSG;
        return decode_wlan(d, p, c);
}
