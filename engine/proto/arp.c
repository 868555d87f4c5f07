/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* ARP over Ethernet and IPv4 (RFC 826; probes and announcements RFC 5227 §1.1). Facts are about the
 * address inside the message, not about the frame's source. */

#include <errno.h>

#include "engine/proto/dissector.h"

enum { ARP_REQUEST = 1, ARP_REPLY = 2 };

struct arp_message {
        uint16_t operation;
        struct mac_address sender_mac, target_mac;
        struct ip_address sender_ip, target_ip;
};

static int arp_read(struct cursor c, struct arp_message *ret) {
        uint16_t hardware, protocol;
        uint8_t hardware_size, protocol_size, ip[4];

        if (!cursor_be16(&c, &hardware) || !cursor_be16(&c, &protocol) || !cursor_u8(&c, &hardware_size) ||
            !cursor_u8(&c, &protocol_size) || !cursor_be16(&c, &ret->operation))
                return -EBADMSG;
        if (protocol != 0x0800 || hardware_size != 6 || protocol_size != 4)
                return 0;
        if (!cursor_copy(&c, ret->sender_mac.bytes, 6) || !cursor_copy(&c, ip, 4))
                return -EBADMSG;
        ret->sender_ip = ip_from_v4(ip);
        if (!cursor_copy(&c, ret->target_mac.bytes, 6) || !cursor_copy(&c, ip, 4))
                return -EBADMSG;
        ret->target_ip = ip_from_v4(ip);
        return 1;
}

int arp_dissect(const struct packet *packet, struct emitter *emitter) {
        char mac[MAC_STRING_MAX], ip[IP_STRING_MAX];
        struct arp_message arp;
        int r;

        r = arp_read(packet->payload, &arp);
        if (r <= 0)
                return r;
        emitter->fact.mac = arp.sender_mac;
        emitter->fact.ip = arp.sender_ip;
        emitter->fact.destination = arp.target_ip;
        emitter->fact.flags |= FACT_HAS_MAC | FACT_LINK_SCOPED;
        if (!ip_is_unspecified(&arp.sender_ip))
                emit_printf(emitter, FACT_ARP_SENDER, "%s %s", mac_format(&arp.sender_mac, mac), ip_format(&arp.sender_ip, ip));
        if (arp.operation == ARP_REQUEST)
                emit_ip(emitter, FACT_ARP_WHO_HAS, &arp.target_ip);
        return 1;
}
