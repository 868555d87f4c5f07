/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The Cisco Discovery Protocol, versions 1 and 2, as Cisco's switches and phones speak it, and others that learned it
 * from them. There is no specification; Cisco's "Frame Formats" and the behaviour of its devices stand for one. */

#include <errno.h>

#include "common/macro.h"
#include "engine/proto/dissector.h"

#define OUI_CISCO 0x00000c

enum cdp_tlv {
        TLV_DEVICE_ID = 0x0001,
        TLV_ADDRESSES = 0x0002,
        TLV_PORT_ID = 0x0003,
        TLV_CAPABILITIES = 0x0004,
        TLV_VERSION = 0x0005,
        TLV_PLATFORM = 0x0006,
        TLV_NATIVE_VLAN = 0x000a,
        TLV_SYSTEM_NAME = 0x0014,
        TLV_MANAGEMENT_ADDRESSES = 0x0016,
};

/* Type and length, which counts both. Some devices give a port's length without them: then the next TLV, whose type
 * is small, would not start with a zero. */
static int next_tlv(struct cursor *c, uint16_t *ret_type, struct cursor *ret_body) {
        uint16_t type, length;
        size_t left = cursor_left(c), size;

        if (left == 0)
                return 0;
        if (!cursor_be16(c, &type) || !cursor_be16(c, &length) || length < 4 || length > left)
                return -EBADMSG;
        size = length;
        if (type == TLV_PORT_ID && size + 3 < left && c->data[size - 4] != 0)
                size += 3;
        if (!cursor_take(c, size - 4, ret_body))
                return -EBADMSG;
        *ret_type = type;
        return 1;
}

static void emit_text(struct emitter *e, enum fact_kind kind, struct cursor text) {
        while (cursor_left(&text) > 0 && text.end[-1] == '\0')
                text.end--;
        if (cursor_left(&text) > 0)
                emit_bytes(e, kind, text.data, cursor_left(&text));
}

/* Protocol (its type and length in front) and address (its length in front). IPv4 goes by its NLPID, IPv6 by its
 * SNAP header. */
static bool next_address(struct cursor *c, struct cursor *ret_protocol, struct cursor *ret_address) {
        uint16_t length;
        uint8_t size;

        return cursor_skip(c, 1) && cursor_u8(c, &size) && cursor_take(c, size, ret_protocol) && cursor_be16(c, &length) &&
               cursor_take(c, length, ret_address);
}

static void dissect_addresses(struct emitter *e, struct cursor body) {
        struct cursor protocol, address;
        uint32_t count;

        if (!cursor_be32(&body, &count))
                return;
        for (; count > 0 && next_address(&body, &protocol, &address); count--) {
                struct ip_address ip;

                if (cursor_left(&protocol) == 1 && protocol.data[0] == 0xcc && cursor_left(&address) == 4)
                        ip = ip_from_v4(address.data);
                else if (cursor_left(&protocol) == 8 && memcmp(protocol.data, "\xaa\xaa\3\0\0\0\x86\xdd", 8) == 0 &&
                         cursor_left(&address) == 16)
                        ip = ip_from_v6(address.data);
                else
                        continue;
                emit_ip(e, FACT_CDP_ADDRESS, &ip);
        }
}

static void dissect_capabilities(struct emitter *e, struct cursor body) {
        static const char *const names[] = { "router", "trans_bridge", "src_bridge", "switch", "host", "igmp_capable",
                                             "repeater", "voip_phone", "remote", "cvta", "mac_relay" };
        struct strbuf b;
        char list[128];
        uint32_t bits;

        if (!cursor_be32(&body, &bits))
                return;
        b = STRBUF(list);
        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                if (bits & UINT32_C(1) << i) {
                        if (b.length > 0)
                                strbuf_char(&b, ',');
                        strbuf_string(&b, names[i]);
                }
        if (b.length > 0)
                emit_string(e, FACT_CDP_CAPABILITIES, list);
}

/* Several lines, which devices end as they like. */
static void dissect_version(struct emitter *e, struct cursor body) {
        char text[FACT_VALUE_MAX];
        struct strbuf b = STRBUF(text);
        uint8_t c, last = '\0';

        for (; cursor_u8(&body, &c) && c != '\0'; last = c)
                if (c != '\n' || last != '\r')
                        strbuf_char(&b, c == '\r' ? '\n' : (char) c);
        while (b.length > 0 && b.data[b.length - 1] == '\n')
                b.length--;
        if (b.length > 0)
                emit_bytes(e, FACT_CDP_SOFTWARE_VERSION, b.data, b.length);
}

static void dissect_tlv(struct emitter *e, uint16_t type, struct cursor body) {
        uint16_t vlan;

        switch (type) {
        case TLV_DEVICE_ID:
                emit_text(e, FACT_CDP_DEVICE_ID, body);
                break;
        case TLV_ADDRESSES:
        case TLV_MANAGEMENT_ADDRESSES:
                dissect_addresses(e, body);
                break;
        case TLV_PORT_ID:
                emit_text(e, FACT_CDP_PORT_ID, body);
                break;
        case TLV_CAPABILITIES:
                dissect_capabilities(e, body);
                break;
        case TLV_VERSION:
                dissect_version(e, body);
                break;
        case TLV_PLATFORM:
                emit_text(e, FACT_CDP_PLATFORM, body);
                break;
        case TLV_NATIVE_VLAN:
                if (cursor_be16(&body, &vlan))
                        emit_unsigned(e, FACT_CDP_NATIVE_VLAN, vlan);
                break;
        case TLV_SYSTEM_NAME:
                emit_text(e, FACT_CDP_SYSTEM_NAME, body);
                break;
        }
}

int cdp_dissect(const struct packet *packet, struct emitter *emitter) {
        struct cursor c = packet->payload, body;
        uint8_t version, holdtime;
        uint16_t type;
        int r;

        if (packet->snap_oui != OUI_CISCO)
                return 0;
        if (!cursor_u8(&c, &version) || !cursor_u8(&c, &holdtime) || !cursor_skip(&c, 2))
                return -EBADMSG;
        emitter->fact.flags |= FACT_LINK_SCOPED;
        if (holdtime == 0)
                emitter->fact.flags |= FACT_GOODBYE;
        while ((r = next_tlv(&c, &type, &body)) > 0)
                dissect_tlv(emitter, type, body);
        return r < 0 ? r : 1;
}
