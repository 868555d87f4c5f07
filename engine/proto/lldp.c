/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* LLDP (IEEE 802.1AB-2016 §8), with the port VLAN of 802.1Q, the inventory of LLDP-MED (ANSI/TIA-1057 §10.2.6) and MUD
 * (RFC 8520 §11). Bridges do not forward it: it is the neighbour on this very wire that speaks. */

#include <errno.h>

#include "common/macro.h"
#include "engine/proto/dissector.h"

enum lldp_tlv {
        TLV_END = 0,
        TLV_CHASSIS_ID = 1,
        TLV_PORT_ID = 2,
        TLV_TTL = 3,
        TLV_PORT_DESCRIPTION = 4,
        TLV_SYSTEM_NAME = 5,
        TLV_SYSTEM_DESCRIPTION = 6,
        TLV_CAPABILITIES = 7,
        TLV_MANAGEMENT_ADDRESS = 8,
        TLV_ORGANISATION = 127,
};

/* §8.5.2.2, §8.5.3.2: both TLVs say of what kind their identifier is, with different numbers. */
enum { CHASSIS_MAC = 4, CHASSIS_NETWORK = 5, PORT_MAC = 3, PORT_NETWORK = 4 };
enum { AFI_IPV4 = 1, AFI_IPV6 = 2 }; /* IANA address family numbers */
enum { OUI_IANA = 0x00005e, OUI_8021 = 0x0080c2, OUI_MED = 0x0012bb };

/* §8.4: seven bits of type, nine of length. 0 at the end, -EBADMSG where it is longer than what is left. */
static int next_tlv(struct cursor *c, unsigned *ret_type, struct cursor *ret_body) {
        uint16_t head;

        if (cursor_left(c) == 0)
                return 0;
        if (!cursor_be16(c, &head) || !cursor_take(c, head & 0x1ff, ret_body))
                return -EBADMSG;
        *ret_type = head >> 9;
        return *ret_type != TLV_END;
}

/* Some pad their text with NULs. */
static void emit_text(struct emitter *e, enum fact_kind kind, struct cursor text) {
        while (cursor_left(&text) > 0 && text.end[-1] == '\0')
                text.end--;
        if (cursor_left(&text) > 0)
                emit_bytes(e, kind, text.data, cursor_left(&text));
}

/* Address family and address. */
static bool emit_address(struct emitter *e, enum fact_kind kind, struct cursor body) {
        struct ip_address ip;
        uint8_t family;

        if (!cursor_u8(&body, &family))
                return false;
        if (family == AFI_IPV4 && cursor_left(&body) == 4)
                ip = ip_from_v4(body.data);
        else if (family == AFI_IPV6 && cursor_left(&body) == 16)
                ip = ip_from_v6(body.data);
        else
                return false;
        emit_ip(e, kind, &ip);
        return true;
}

static void dissect_identifier(struct emitter *e, enum fact_kind kind, struct cursor body, uint8_t mac_type,
                               uint8_t network_type) {
        char text[MAC_STRING_MAX];
        struct mac_address mac;
        uint8_t type;

        if (!cursor_u8(&body, &type))
                return;
        if (type == mac_type && cursor_left(&body) == 6) {
                mac = mac_from_bytes(body.data);
                emit_string(e, kind, mac_format(&mac, text));
        } else if (type != network_type || !emit_address(e, kind, body))
                emit_text(e, kind, body);
}

static void emit_capabilities(struct emitter *e, enum fact_kind kind, uint16_t bits) {
        /* §8.5.8.1 */
        static const char *const names[] = { "other", "repeater", "bridge", "wlan_access_pt", "router", "telephone",
                                             "docsis_cable_device", "station_only" };
        struct strbuf b;
        char list[128];

        b = STRBUF(list);
        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                if (bits & 1 << i) {
                        if (b.length > 0)
                                strbuf_char(&b, ',');
                        strbuf_string(&b, names[i]);
                }
        if (b.length > 0)
                emit_string(e, kind, list);
}

static void dissect_capabilities(struct emitter *e, struct cursor body) {
        uint16_t has, enabled;

        if (!cursor_be16(&body, &has) || !cursor_be16(&body, &enabled))
                return;
        emit_capabilities(e, FACT_LLDP_SYSTEM_CAPS, has);
        emit_capabilities(e, FACT_LLDP_ENABLED_CAPS, enabled);
}

/* §8.5.9: a length that counts the family, then both; what follows is for SNMP. */
static void dissect_management(struct emitter *e, struct cursor body) {
        struct cursor address;
        uint8_t length;

        if (cursor_u8(&body, &length) && cursor_take(&body, length, &address))
                emit_address(e, FACT_LLDP_MGMT_ADDR, address);
}

/* TIA-1057 §10.2.2: capabilities, and what class of endpoint this is. */
static void dissect_med_class(struct emitter *e, struct cursor body) {
        uint8_t class;

        if (cursor_skip(&body, 2) && cursor_u8(&body, &class))
                emit_unsigned(e, FACT_LLDP_MED_CLASS, class);
}

static void dissect_med(struct emitter *e, uint8_t subtype, struct cursor body) {
        static const struct {
                uint8_t subtype;
                enum fact_kind kind;
        } texts[] = {
                { 5, FACT_LLDP_MED_HARDWARE_REVISION }, { 6, FACT_LLDP_MED_FIRMWARE_REVISION },
                { 7, FACT_LLDP_MED_SOFTWARE_REVISION }, { 8, FACT_LLDP_MED_SERIAL_NUMBER },
                { 9, FACT_LLDP_MED_MANUFACTURER },      { 10, FACT_LLDP_MED_MODEL },
                { 11, FACT_LLDP_MED_ASSET_ID },
        };

        if (subtype == 1)
                dissect_med_class(e, body);
        for (size_t i = 0; i < ELEMENTSOF(texts); i++)
                if (texts[i].subtype == subtype)
                        emit_text(e, texts[i].kind, body);
}

static void dissect_organisation(struct emitter *e, struct cursor body) {
        uint32_t oui;
        uint16_t vlan;
        uint8_t subtype;

        if (!cursor_be24(&body, &oui) || !cursor_u8(&body, &subtype))
                return;
        if (oui == OUI_8021 && subtype == 1 && cursor_be16(&body, &vlan))
                emit_unsigned(e, FACT_LLDP_PORT_VLAN, vlan);
        else if (oui == OUI_MED)
                dissect_med(e, subtype, body);
        else if (oui == OUI_IANA && subtype == 1)
                emit_text(e, FACT_LLDP_MUD_URL, body);
}

static void dissect_tlv(struct emitter *e, unsigned type, struct cursor body) {
        uint16_t ttl;

        switch (type) {
        case TLV_CHASSIS_ID:
                dissect_identifier(e, FACT_LLDP_CHASSIS_ID, body, CHASSIS_MAC, CHASSIS_NETWORK);
                break;
        case TLV_PORT_ID:
                dissect_identifier(e, FACT_LLDP_PORT_ID, body, PORT_MAC, PORT_NETWORK);
                break;
        case TLV_TTL:
                if (cursor_be16(&body, &ttl))
                        emit_unsigned(e, FACT_LLDP_TTL, ttl);
                break;
        case TLV_PORT_DESCRIPTION:
                emit_text(e, FACT_LLDP_PORT_DESC, body);
                break;
        case TLV_SYSTEM_NAME:
                emit_text(e, FACT_LLDP_SYSTEM_NAME, body);
                break;
        case TLV_SYSTEM_DESCRIPTION:
                emit_text(e, FACT_LLDP_SYSTEM_DESC, body);
                break;
        case TLV_CAPABILITIES:
                dissect_capabilities(e, body);
                break;
        case TLV_MANAGEMENT_ADDRESS:
                dissect_management(e, body);
                break;
        case TLV_ORGANISATION:
                dissect_organisation(e, body);
                break;
        }
}

/* §9.2.7.7.1: a time to live of zero takes everything back. */
static bool is_shutdown(struct cursor c) {
        struct cursor body;
        unsigned type;
        uint16_t ttl;

        while (next_tlv(&c, &type, &body) > 0)
                if (type == TLV_TTL)
                        return cursor_be16(&body, &ttl) && ttl == 0;
        return false;
}

int lldp_dissect(const struct packet *packet, struct emitter *emitter) {
        struct cursor c = packet->payload, body;
        unsigned type;
        int r;

        emitter->fact.flags |= FACT_LINK_SCOPED;
        if (is_shutdown(c))
                emitter->fact.flags |= FACT_GOODBYE;
        while ((r = next_tlv(&c, &type, &body)) > 0)
                dissect_tlv(emitter, type, body);
        return r < 0 ? r : 1;
}
