/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Neighbour Discovery (RFC 4861), with RDNSS and DNSSL (RFC 8106). Facts are about the link-layer address
 * that the message gives, and where it gives none about the frame's source. */

#include <errno.h>

#include "common/macro.h"
#include "engine/proto/dissector.h"
#include "engine/proto/dns-message.h"

enum { NDP_ROUTER_SOLICIT = 133, NDP_ROUTER_ADVERT = 134, NDP_NEIGHBOUR_SOLICIT = 135, NDP_NEIGHBOUR_ADVERT = 136 };

enum ndp_option {
        OPTION_SOURCE_LINK = 1,
        OPTION_TARGET_LINK = 2,
        OPTION_PREFIX = 3,
        OPTION_MTU = 5,
        OPTION_ROUTE = 24, /* RFC 4191 §2.3 */
        OPTION_RDNSS = 25,
        OPTION_DNSSL = 31,
};

/* RFC 4861 §7.1: a message that a router forwarded has less. */
#define NDP_HOP_LIMIT 255

#define NEIGHBOUR_FLAG_SOLICITED 0x40

struct ndp_message {
        uint8_t type, code, flags; /* flags: of a neighbour advertisement */
        uint16_t lifetime;         /* of a router advertisement: seconds as a default router */
        struct ip_address target;  /* neighbour messages */
        struct cursor options;
        struct mac_address link;   /* from the option that the message type calls for */
        bool has_link;
};

/* RFC 4861 §4.6: type, length in units of eight bytes, at least one. */
static int next_option(struct cursor *options, uint8_t *ret_type, struct cursor *ret_body) {
        struct cursor option;
        uint8_t type, length;

        if (cursor_left(options) == 0)
                return 0;
        option = *options;
        if (!cursor_u8(&option, &type) || !cursor_u8(&option, &length) || length == 0)
                return -EBADMSG;
        if (!cursor_take(options, (size_t) length * 8, &option))
                return -EBADMSG;
        cursor_skip(&option, 2);
        *ret_type = type;
        *ret_body = option;
        return 1;
}

static void find_link_address(struct ndp_message *m) {
        uint8_t wanted = m->type == NDP_NEIGHBOUR_ADVERT ? OPTION_TARGET_LINK : OPTION_SOURCE_LINK, type;
        struct cursor options = m->options, body;

        while (next_option(&options, &type, &body) > 0)
                /* Six bytes: Ethernet. Longer addresses (IEEE 802.15.4) have two units. */
                if (type == wanted && cursor_left(&body) == 6) {
                        m->link = mac_from_bytes(body.data);
                        m->has_link = true;
                        return;
                }
}

static int ndp_read(struct cursor c, struct ndp_message *ret) {
        uint8_t address[16];

        *ret = (struct ndp_message) {};
        if (!cursor_u8(&c, &ret->type) || !cursor_u8(&c, &ret->code) || !cursor_skip(&c, 2) ||
            !cursor_u8(&c, &ret->flags) || !cursor_skip(&c, 1) || !cursor_be16(&c, &ret->lifetime))
                return -EBADMSG;
        if (ret->type == NDP_ROUTER_ADVERT && !cursor_skip(&c, 8))
                return -EBADMSG;
        if (ret->type == NDP_NEIGHBOUR_SOLICIT || ret->type == NDP_NEIGHBOUR_ADVERT) {
                if (!cursor_copy(&c, address, sizeof address))
                        return -EBADMSG;
                ret->target = ip_from_v6(address);
        }
        ret->options = c;
        find_link_address(ret);
        return 1;
}

static void emit_source(struct emitter *e, const struct ndp_message *m, const struct ip_address *ip) {
        if (m->has_link && !ip_is_unspecified(ip))
                emit_mac_ip(e, FACT_NDP_SOURCE, &m->link, ip);
}

/* RFC 4291 appendix A: an interface identifier made of a MAC has ff:fe in its middle and the MAC's U/L bit inverted. By
 * chance, one in 65536 random ones looks like it. */
static void emit_eui64(struct emitter *e, const struct ip_address *ip) {
        const uint8_t *iid = ip->bytes + 8;
        char text[MAC_STRING_MAX];
        struct mac_address mac = { { iid[0] ^ 2, iid[1], iid[2], iid[5], iid[6], iid[7] } };

        if (iid[3] == 0xff && iid[4] == 0xfe && !mac_is_group(&mac))
                emit_string(e, FACT_IP6_EUI64, mac_format(&mac, text));
}

static void dissect_prefix(struct emitter *e, struct cursor body) {
        char text[IP_STRING_MAX];
        struct ip_address prefix;
        uint8_t length, address[16];

        /* RFC 4861 §4.6.2: length, flags, two lifetimes, reserved, prefix. */
        if (!cursor_u8(&body, &length) || !cursor_skip(&body, 13) || !cursor_copy(&body, address, sizeof address))
                return;
        prefix = ip_from_v6(address);
        emit_printf(e, FACT_NDP_PREFIX, "%s/%u", ip_format(&prefix, text), length);
}

/* Not a prefix of this link, but where the router leads: ::/0 is a default route. The prefix is cut to the
 * units that its length needs. */
static void dissect_route(struct emitter *e, struct cursor body) {
        uint8_t length, address[16] = {};
        char text[IP_STRING_MAX];
        struct ip_address prefix;

        if (!cursor_u8(&body, &length) || !cursor_skip(&body, 5))
                return;
        cursor_copy(&body, address, MIN(cursor_left(&body), sizeof address));
        prefix = ip_from_v6(address);
        emit_printf(e, FACT_NDP_ROUTE, "%s/%u", ip_format(&prefix, text), length);
}

static void dissect_rdnss(struct emitter *e, struct cursor body) {
        uint8_t address[16];

        if (!cursor_skip(&body, 6)) /* reserved, lifetime: RFC 8106 §5.1 */
                return;
        while (cursor_copy(&body, address, sizeof address)) {
                struct ip_address server = ip_from_v6(address);

                emit_ip(e, FACT_NDP_RDNSS, &server);
        }
}

static void dissect_dnssl(struct emitter *e, struct cursor body) {
        struct dns_name name;

        if (!cursor_skip(&body, 6)) /* reserved, lifetime: RFC 8106 §5.2 */
                return;
        /* Names stand one after another, and zeros fill the last unit. */
        while (cursor_left(&body) > 0 && body.data[0] != 0 && dns_name_read_plain(&body, &name) == 0)
                if (!name.too_long)
                        emit_string(e, FACT_NDP_DNSSL, name.text);
}

static void dissect_mtu(struct emitter *e, struct cursor body) {
        uint32_t mtu;

        if (cursor_skip(&body, 2) && cursor_be32(&body, &mtu))
                emit_unsigned(e, FACT_NDP_MTU, mtu);
}

static int dissect_router_advert(struct emitter *e, const struct packet *packet, const struct ndp_message *m) {
        struct cursor options = m->options, body;
        uint8_t type;
        int r;

        /* RFC 4861 §4.2: no default router (any more). */
        if (m->lifetime == 0)
                e->fact.flags |= FACT_GOODBYE;
        emit_ip(e, FACT_NDP_ROUTER, &packet->source);
        e->fact.flags &= (uint16_t) ~FACT_GOODBYE;
        while ((r = next_option(&options, &type, &body)) > 0)
                switch (type) {
                case OPTION_PREFIX:
                        dissect_prefix(e, body);
                        break;
                case OPTION_ROUTE:
                        dissect_route(e, body);
                        break;
                case OPTION_MTU:
                        dissect_mtu(e, body);
                        break;
                case OPTION_RDNSS:
                        dissect_rdnss(e, body);
                        break;
                case OPTION_DNSSL:
                        dissect_dnssl(e, body);
                        break;
                }
        return r < 0 ? r : 1;
}

static void dissect_neighbour(struct emitter *e, const struct packet *packet, const struct ndp_message *m) {
        if (m->type == NDP_NEIGHBOUR_ADVERT) {
                /* One that is not solicited is for all (RFC 4861 §7.2.6); to one host it means to be an answer. */
                if (m->flags & NEIGHBOUR_FLAG_SOLICITED || !ip_is_multicast(&packet->destination))
                        e->fact.flags |= FACT_REPLY;
                if (m->has_link)
                        emit_source(e, m, &m->target);
                else
                        emit_ip(e, FACT_NDP_NA_NO_LLADDR, &m->target);
                emit_eui64(e, &m->target);
        } else if (ip_is_unspecified(&packet->source)) {
                emit_ip(e, FACT_NDP_DAD, &m->target);
                emit_eui64(e, &m->target);
        } else {
                emit_source(e, m, &packet->source);
                emit_ip(e, FACT_NDP_WHO_HAS, &m->target);
                emit_eui64(e, &packet->source);
        }
}

int ndp_dissect(const struct packet *packet, struct emitter *emitter) {
        struct ndp_message m;
        int r;

        r = ndp_read(packet->payload, &m);
        if (r <= 0)
                return r;
        if (m.code != 0)
                return 0;
        if (packet->hop_limit == NDP_HOP_LIMIT)
                emitter->fact.flags |= FACT_LINK_SCOPED;
        if (m.has_link) {
                emitter->fact.mac = m.link;
                emitter->fact.flags |= FACT_HAS_MAC;
        }
        switch (m.type) {
        case NDP_ROUTER_SOLICIT:
                emit_source(emitter, &m, &packet->source);
                emit_ip(emitter, FACT_NDP_ROUTER_SOLICIT, &packet->source);
                return 1;
        case NDP_ROUTER_ADVERT:
                emit_source(emitter, &m, &packet->source);
                return dissect_router_advert(emitter, packet, &m);
        case NDP_NEIGHBOUR_SOLICIT:
        case NDP_NEIGHBOUR_ADVERT:
                dissect_neighbour(emitter, packet, &m);
                return 1;
        default:
                return 0;
        }
}
