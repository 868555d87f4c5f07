/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* ARP and RARP over Ethernet and IPv4 (RFC 826, RFC 903; probes and announcements RFC 5227 §1.1). Facts are
 * about the address inside the message, not about the frame's source. */

#include <errno.h>

#include "engine/proto/dissector.h"

enum { ARP_REQUEST = 1, ARP_REPLY = 2 };

/* Hardware types with Ethernet's addresses. */
enum { HARDWARE_ETHERNET = 1, HARDWARE_IEEE_802 = 6 };

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
        if (hardware != HARDWARE_ETHERNET && hardware != HARDWARE_IEEE_802)
                return 0;
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

/* A sender that claims another hardware address than the frame came from: proxy ARP, or a lie. */
static void emit_mismatch(struct emitter *e, const struct packet *packet, const struct arp_message *arp) {
        bool inner = packet->flags & PACKET_HAS_INNER_MAC;
        const struct mac_address *link = inner ? &packet->inner_source : &packet->link_source;
        char link_text[MAC_STRING_MAX], arp_text[MAC_STRING_MAX];

        if (!(inner || packet->flags & PACKET_HAS_MAC) || mac_equal(link, &arp->sender_mac))
                return;
        emit_printf(e, FACT_ARP_L2_MISMATCH, "eth=%s arp=%s", mac_format(link, link_text),
                    mac_format(&arp->sender_mac, arp_text));
}

/* RFC 5227 §1.1: asks from no address, and leaves the target's hardware address zero. */
static bool is_probe(const struct arp_message *arp) {
        return arp->operation == ARP_REQUEST && ip_is_unspecified(&arp->sender_ip) &&
               !ip_is_unspecified(&arp->target_ip) && mac_is_zero(&arp->target_mac);
}

/* Announces its own address: sender and target are the same (RFC 5227 §3). */
static bool is_gratuitous(const struct arp_message *arp) {
        return (arp->operation == ARP_REQUEST || arp->operation == ARP_REPLY) &&
               ip_equal(&arp->sender_ip, &arp->target_ip);
}

static void emit_addresses(struct emitter *e, const struct arp_message *arp) {
        bool has_sender = !ip_is_unspecified(&arp->sender_ip), gratuitous = is_gratuitous(arp);

        if (has_sender)
                emit_mac_ip(e, FACT_ARP_SENDER, &arp->sender_mac, &arp->sender_ip);
        if (has_sender && gratuitous)
                emit_ip(e, FACT_ARP_GRATUITOUS, &arp->sender_ip);
        if (is_probe(arp))
                emit_ip(e, FACT_ARP_PROBE, &arp->target_ip);
        if (arp->operation == ARP_REQUEST && !gratuitous)
                emit_ip(e, FACT_ARP_WHO_HAS, &arp->target_ip);
}

int arp_dissect(const struct packet *packet, struct emitter *emitter) {
        struct arp_message arp;
        int r;

        r = arp_read(packet->payload, &arp);
        if (r <= 0)
                return r;
        emitter->fact.mac = arp.sender_mac;
        emitter->fact.ip = arp.sender_ip;
        emitter->fact.destination = arp.target_ip;
        emitter->fact.flags |= FACT_HAS_MAC | FACT_LINK_SCOPED;
        if (arp.operation == ARP_REPLY)
                emitter->fact.flags |= FACT_REPLY;
        emit_addresses(emitter, &arp);
        emit_mismatch(emitter, packet, &arp);
        return 1;
}
