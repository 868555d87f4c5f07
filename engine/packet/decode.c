/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Finds the layers of a frame in one pass: this file has the entry, Ethernet with its tags, and who decodes
 * which ethertype. Every length that a header claims is checked against what is there; nothing is cast onto
 * the bytes, nothing is allocated unless a datagram comes in fragments. */

#include <errno.h>
#include <stdlib.h>

#include "engine/packet/decoder.h"

/* More tags than any provider stacks (802.1Q, 802.1ad, VN-Tag, E-TAG). */
#define TAGS_MAX 8

int packet_decoder_new(struct packet_decoder **ret) {
        struct packet_decoder *d = calloc(1, sizeof *d);
        int r;

        if (!d)
                return -ENOMEM;
        r = fragments_new(&d->fragments);
        if (r < 0) {
                free(d);
                return r;
        }
        *ret = d;
        return 0;
}

struct packet_decoder *packet_decoder_free(struct packet_decoder *decoder) {
        if (!decoder)
                return NULL;
        fragments_free(decoder->fragments);
        free(decoder);
        return NULL;
}

const struct packet_counters *packet_decoder_counters(const struct packet_decoder *decoder) {
        return &decoder->counters;
}

/* Bytes between the ethertype of a tag and the ethertype behind it; 0: not a tag. */
static size_t tag_size(uint32_t type) {
        switch (type) {
        case TYPE_VLAN:
        case TYPE_QINQ:
        case TYPE_QINQ_OLD:
        case TYPE_QINQ_OLDER:
                return 2;
        case 0x8926: /* VN-Tag (Cisco) */
        case 0x892f: /* HSR, IEC 62439-3 §5.7.1 */
        case 0xf1c1: /* R-TAG, 802.1CB §7.8 */
                return 4;
        case 0x893f: /* E-TAG, 802.1BR §7.5 */
        case 0x8909: /* Cisco MetaData: security group tag */
                return 6;
        default:
                return 0;
        }
}

int decode_tags(struct packet_decoder *d, struct packet *p, struct cursor c, uint16_t type) {
        size_t size;

        for (unsigned n = 0; (size = tag_size(type)) > 0; n++) {
                struct cursor tag;
                uint16_t tci;

                if (n >= TAGS_MAX) {
                        d->counters.too_deep++;
                        return 0;
                }
                if (!cursor_take(&c, size, &tag) || !cursor_be16(&c, &type))
                        return -EBADMSG;
                if (size == 2 && cursor_be16(&tag, &tci))
                        decoder_vlan(p, tci);
        }
        if (type < 0x0600) { /* a length, 802.3 §3.2.6 */
                decoder_limit(d, p, &c, type);
                return decode_llc(d, p, c);
        }
        return decode_network(d, p, c, type);
}

/* 802.1ah §9.7: the I-TAG's four bytes, then the customer's frame. */
static int decode_pbb(struct packet_decoder *d, struct packet *p, struct cursor c) {
        if (!cursor_skip(&c, 4))
                return -EBADMSG;
        return decode_ethernet(d, p, c);
}

/* 802.1AE §9.3: readable where neither encrypted nor changed; a 16-byte check value follows. */
static int decode_macsec(struct packet_decoder *d, struct packet *p, struct cursor c) {
        uint8_t control;
        uint16_t type;
        size_t trailer;

        if (!decoder_descend(d))
                return 0;
        if (!cursor_u8(&c, &control) || !cursor_skip(&c, control & 0x20 ? 13 : 5))
                return -EBADMSG;
        if (control & 0x8c) /* another version, encrypted, changed text */
                return 0;
        trailer = d->missing >= 16 ? 0 : 16 - d->missing;
        if (cursor_left(&c) < 2 + trailer || !cursor_be16(&c, &type))
                return -EBADMSG;
        c.end -= trailer;
        return decode_tags(d, p, c, type);
}

int decode_network(struct packet_decoder *d, struct packet *p, struct cursor c, uint32_t type) {
        p->network_type = (uint16_t) type;
        switch (type) {
        case TYPE_IPV4:
                return decode_ipv4(d, p, c);
        case TYPE_IPV6:
                return decode_ipv6(d, p, c);
        case TYPE_IP:
                return decode_ip(d, p, c);
        case TYPE_BRIDGED:
                return decode_ethernet(d, p, c);
        case TYPE_PPP:
                return decode_ppp(d, p, c);
        case TYPE_MPLS:
        case TYPE_MPLS_MULTICAST:
                return decode_mpls(d, p, c);
        case TYPE_PPPOE_SESSION:
                return decode_pppoe(d, p, c);
        case TYPE_JUMBO_LLC:
                return decode_llc(d, p, c);
        case TYPE_PBB:
                return decode_pbb(d, p, c);
        case TYPE_FABRIC_PATH: /* tree and time to live, then the frame as it came in */
                return cursor_skip(&c, 2) ? decode_ethernet(d, p, c) : -EBADMSG;
        case TYPE_MACSEC:
                return decode_macsec(d, p, c);
        case TYPE_NSH:
                return decode_nsh(d, p, c);
        case TYPE_WLAN:
                return decode_wlan(d, p, c);
        default:
                if (tag_size(type) > 0)
                        return decode_tags(d, p, c, (uint16_t) type);
                return decoder_payload(d, p, c, LAYER_ETHERTYPE);
        }
}

static inline int ethernet(struct packet_decoder *d, struct packet *p, struct cursor c) {
        const uint8_t *h = c.data;
        uint16_t type;

        if (!decoder_descend(d))
                return 0;
        if (!cursor_skip(&c, 14))
                return -EBADMSG;
        decoder_addresses(p, h);
        type = load_be16(h + 12);
        if (type == TYPE_IPV4) {
                p->network_type = type;
                return decode_ipv4(d, p, c);
        }
        if (type == TYPE_IPV6) {
                p->network_type = type;
                return decode_ipv6(d, p, c);
        }
        return decode_tags(d, p, c, type);
}

int decode_ethernet(struct packet_decoder *d, struct packet *p, struct cursor c) {
        return ethernet(d, p, c);
}

/* In steps that compilers turn into a few vector stores: for all at once they take `rep stos`, which costs as
 * much as the rest of decoding. The carrier means something only with its flag. */
static inline void clear(struct packet *p) {
        uint8_t *bytes = (uint8_t *) p;
        /* Where pointers have 32 bits nothing is left for the third step. */
        enum { CLEARED = offsetof(struct packet, carrier), SECOND = CLEARED < 128 ? CLEARED : 128 };

        _Static_assert(CLEARED > 64 && CLEARED <= 192, "adapt the steps");
        memset(bytes, 0, 64);
        memset(bytes + 64, 0, SECOND - 64);
        memset(bytes + SECOND, 0, CLEARED - SECOND);
}

int packet_decode(struct packet_decoder *decoder, const struct frame *frame, struct packet *ret) {
        struct cursor c = cursor_make(frame->data, frame->captured);
        int r;

        clear(ret);
        ret->frame = frame;
        decoder->counters.frames++;
        decoder->counters.bytes += frame->length;
        decoder->missing = 0;
        decoder->depth = 0;
        if (decoder->reassembled) {
                fragments_release(decoder->fragments);
                decoder->reassembled = false;
        }
        if (frame->length > frame->captured) {
                decoder->missing = frame->length - frame->captured;
                decoder->counters.truncated++;
                ret->flags |= PACKET_TRUNCATED;
        }
        if (frame->vlan_tag & FRAME_VLAN_PRESENT)
                decoder_vlan(ret, (uint16_t) frame->vlan_tag);
        if (frame->linktype == LINK_ETHERNET)
                r = ethernet(decoder, ret, c);
        else
                r = decode_link(decoder, ret, c, frame->linktype);
        /* A header that the snap length cut off says nothing false. */
        if (r < 0 && frame->length > frame->captured)
                r = 0;
        decoder->counters.malformed += r < 0;
        decoder->counters.tunnelled += !!(ret->flags & PACKET_TUNNELLED);
        return r;
}
