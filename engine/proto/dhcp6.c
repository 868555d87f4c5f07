/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* DHCPv6 (RFC 8415). What a client says describes it; a server's word about a client, and a client's about its server,
 * is foreign to who says it. A message that a relay carries is from another link: it counts as tunnelled. */

#include <errno.h>

#include "common/macro.h"
#include "engine/proto/dissector.h"
#include "engine/proto/dns-message.h"

/* RFC 8415 §7.6: HOP_COUNT_LIMIT */
#define RELAYS_MAX 8

enum dhcp6_message_type {
        MESSAGE_ADVERTISE = 2,
        MESSAGE_REPLY = 7,
        MESSAGE_RELEASE = 8,
        MESSAGE_RECONFIGURE = 10,
        MESSAGE_RELAY_FORWARD = 12,
        MESSAGE_RELAY_REPLY = 13,
        MESSAGE_LEASEQUERY_REPLY = 15,
};

enum dhcp6_option {
        OPTION_CLIENT_ID = 1,
        OPTION_SERVER_ID = 2,
        OPTION_IA_NA = 3,
        OPTION_IA_TA = 4,
        OPTION_IA_ADDRESS = 5,
        OPTION_REQUESTED = 6,
        OPTION_RELAYED = 9,
        OPTION_USER_CLASS = 15,
        OPTION_VENDOR_CLASS = 16,
        OPTION_DNS = 23,
        OPTION_DOMAINS = 24,
        OPTION_IA_PD = 25,
        OPTION_IA_PREFIX = 26,
        OPTION_FQDN = 39,
        OPTION_MUD_URL = 112,
};

struct list {
        struct strbuf b;
        char text[FACT_VALUE_MAX + 1];
};

static void list_init(struct list *list) {
        list->b = STRBUF(list->text);
}

static void list_separate(struct list *list) {
        if (list->b.length > 0)
                strbuf_char(&list->b, ',');
}

static void list_emit(struct list *list, struct emitter *e, enum fact_kind kind) {
        if (list->b.length > 0)
                emit_bytes(e, kind, list->text, list->b.length);
}

/* RFC 8415 §21.1: code, length. 0 at the end, -EBADMSG where an option is longer than what is left. */
static int next_option(struct cursor *c, uint16_t *ret_code, struct cursor *ret_body) {
        uint16_t code, length;

        if (cursor_left(c) == 0)
                return 0;
        if (!cursor_be16(c, &code) || !cursor_be16(c, &length) || !cursor_take(c, length, ret_body))
                return -EBADMSG;
        *ret_code = code;
        return 1;
}

static const char *message_type_to_string(uint8_t type) {
        /* RFC 8415 §7.3, RFC 5007 §4.2.1, RFC 5460 §5.1, RFC 6977 §6.1, RFC 7341 §6.1, RFC 7653 §5.2 */
        static const char *const names[] = {
                [1] = "solicit", [MESSAGE_ADVERTISE] = "advertise", [3] = "request", [4] = "confirm", [5] = "renew",
                [6] = "rebind", [MESSAGE_REPLY] = "reply", [MESSAGE_RELEASE] = "release", [9] = "decline",
                [MESSAGE_RECONFIGURE] = "reconfigure", [11] = "information-request", [MESSAGE_RELAY_FORWARD] = "relay-forw",
                [MESSAGE_RELAY_REPLY] = "relay-repl", [14] = "leasequery", [MESSAGE_LEASEQUERY_REPLY] = "leasequery-reply",
                [16] = "leasequery-done", [17] = "leasequery-data", [18] = "reconfigure-request",
                [19] = "reconfigure-reply", [20] = "dhcpv4-query", [21] = "dhcpv4-response", [22] = "activeleasequery",
                [23] = "starttls",
        };

        return type < ELEMENTSOF(names) ? names[type] : NULL;
}

static void emit_message_type(struct emitter *e, uint8_t type) {
        const char *name = message_type_to_string(type);

        if (name)
                emit_string(e, FACT_DHCP6_MSG_TYPE, name);
        else
                emit_unsigned(e, FACT_DHCP6_MSG_TYPE, type);
}

static bool is_from_server(uint8_t type) {
        return type == MESSAGE_ADVERTISE || type == MESSAGE_REPLY || type == MESSAGE_RECONFIGURE ||
               type == MESSAGE_LEASEQUERY_REPLY;
}

/* RFC 8415 §11: opaque, whatever its type. */
static void dissect_duid(struct emitter *e, enum fact_kind kind, struct cursor body) {
        struct list hex;

        list_init(&hex);
        strbuf_hex(&hex.b, body.data, cursor_left(&body));
        list_emit(&hex, e, kind);
}

static void dissect_requested(struct emitter *e, struct cursor body) {
        struct list codes;
        uint16_t code;

        list_init(&codes);
        while (cursor_be16(&body, &code)) {
                list_separate(&codes);
                strbuf_printf(&codes.b, "%u", code);
        }
        list_emit(&codes, e, FACT_DHCP6_ORO);
}

/* RFC 8415 §21.15: each with its length in front. */
static void append_classes(struct list *list, struct cursor body) {
        struct cursor class;
        uint16_t length;

        for (bool first = true; cursor_be16(&body, &length) && cursor_take(&body, length, &class); first = false) {
                if (!first)
                        strbuf_char(&list->b, ',');
                strbuf_bytes(&list->b, class.data, cursor_left(&class));
        }
}

static void dissect_user_class(struct emitter *e, struct cursor body) {
        struct list classes;

        list_init(&classes);
        append_classes(&classes, body);
        list_emit(&classes, e, FACT_DHCP6_USER_CLASS);
}

/* RFC 8415 §21.16: the enterprise number of whoever defines what follows. */
static void dissect_vendor_class(struct emitter *e, struct cursor body) {
        struct list classes;
        uint32_t enterprise;

        if (!cursor_be32(&body, &enterprise))
                return;
        list_init(&classes);
        strbuf_printf(&classes.b, "%u:", enterprise);
        append_classes(&classes, body);
        list_emit(&classes, e, FACT_DHCP6_VENDOR_CLASS);
}

static void dissect_servers(struct emitter *e, struct cursor body) {
        char text[IP_STRING_MAX];
        struct list servers;
        uint8_t address[16];

        list_init(&servers);
        while (cursor_copy(&body, address, sizeof address)) {
                struct ip_address ip = ip_from_v6(address);

                list_separate(&servers);
                strbuf_string(&servers.b, ip_format(&ip, text));
        }
        list_emit(&servers, e, FACT_DHCP6_DNS);
}

static void dissect_domains(struct emitter *e, struct cursor body) {
        struct list domains;
        struct dns_name name;

        list_init(&domains);
        while (cursor_left(&body) > 0 && dns_name_read_plain(&body, &name) == 0)
                if (!name.too_long && !dns_name_is(&name, ".")) {
                        list_separate(&domains);
                        strbuf_bytes(&domains.b, name.text, name.length);
                }
        list_emit(&domains, e, FACT_DHCP6_DOMAIN);
}

/* RFC 4704 §4: flags, and a name that may be partial. */
static void dissect_fqdn(struct emitter *e, struct cursor body) {
        struct dns_name name;

        if (cursor_skip(&body, 1) && cursor_left(&body) > 0 && dns_name_read_plain(&body, &name) == 0 && !name.too_long &&
            !dns_name_is(&name, "."))
                emit_string(e, FACT_DHCP6_FQDN, name.text);
}

static void dissect_ia_address(struct emitter *e, struct cursor body) {
        uint8_t address[16];
        struct ip_address ip;

        if (!cursor_copy(&body, address, sizeof address))
                return;
        ip = ip_from_v6(address);
        emit_ip(e, FACT_DHCP6_IA_ADDR, &ip);
}

/* Two lifetimes, length, prefix: RFC 8415 §21.22. */
static void dissect_ia_prefix(struct emitter *e, struct cursor body) {
        uint8_t length, address[16];
        char text[IP_STRING_MAX];
        struct ip_address ip;

        if (!cursor_skip(&body, 8) || !cursor_u8(&body, &length) || !cursor_copy(&body, address, sizeof address))
                return;
        ip = ip_from_v6(address);
        emit_printf(e, FACT_DHCP6_IA_PREFIX, "%s/%u", ip_format(&ip, text), length);
}

/* Identifier, and for all but temporary addresses two times; then options. */
static void dissect_association(struct emitter *e, struct cursor body, size_t header) {
        struct cursor inner;
        uint16_t code;

        if (!cursor_skip(&body, header))
                return;
        while (next_option(&body, &code, &inner) > 0)
                if (code == OPTION_IA_ADDRESS)
                        dissect_ia_address(e, inner);
                else if (code == OPTION_IA_PREFIX)
                        dissect_ia_prefix(e, inner);
}

/* Says what the option tells. The options that are not listed are in dhcp6.options alone. */
static void dissect_option(struct emitter *e, uint16_t code, struct cursor body) {
        switch (code) {
        case OPTION_CLIENT_ID:
                dissect_duid(e, FACT_DHCP6_CLIENT_DUID, body);
                break;
        case OPTION_SERVER_ID:
                dissect_duid(e, FACT_DHCP6_SERVER_DUID, body);
                break;
        case OPTION_IA_NA:
        case OPTION_IA_PD:
                dissect_association(e, body, 12);
                break;
        case OPTION_IA_TA:
                dissect_association(e, body, 4);
                break;
        case OPTION_REQUESTED:
                dissect_requested(e, body);
                break;
        case OPTION_USER_CLASS:
                dissect_user_class(e, body);
                break;
        case OPTION_VENDOR_CLASS:
                dissect_vendor_class(e, body);
                break;
        case OPTION_DNS:
                dissect_servers(e, body);
                break;
        case OPTION_DOMAINS:
                dissect_domains(e, body);
                break;
        case OPTION_FQDN:
                dissect_fqdn(e, body);
                break;
        case OPTION_MUD_URL:
                if (cursor_left(&body) > 0)
                        emit_bytes(e, FACT_DHCP6_MUD_URL, body.data, cursor_left(&body));
                break;
        }
}

/* Of what a server says, its own are its identifier and what it gives to whoever asks. */
static bool is_foreign(uint16_t code, bool from_server) {
        if (code == OPTION_DNS || code == OPTION_DOMAINS)
                return false;
        return (code == OPTION_SERVER_ID) != from_server;
}

/* RFC 8415 §8: type, transaction, options. */
static int dissect_message(struct emitter *e, uint8_t type, struct cursor c) {
        bool from_server = is_from_server(type);
        struct cursor body;
        struct list codes;
        uint16_t code, flags;
        int r;

        if (from_server)
                e->fact.flags |= FACT_RESPONSE;
        if (type == MESSAGE_RELEASE)
                e->fact.flags |= FACT_GOODBYE;
        emit_message_type(e, type);
        if (!cursor_skip(&c, 3))
                return -EBADMSG;
        flags = e->fact.flags;
        list_init(&codes);
        while ((r = next_option(&c, &code, &body)) > 0) {
                list_separate(&codes);
                strbuf_printf(&codes.b, "%u", code);
                if (is_foreign(code, from_server))
                        e->fact.flags |= FACT_FOREIGN;
                dissect_option(e, code, body);
                e->fact.flags = flags;
        }
        list_emit(&codes, e, FACT_DHCP6_OPTIONS);
        return r < 0 ? r : 1;
}

/* RFC 8415 §9: hop count, link address, peer address, options with the message to be relayed. 1 where that was found. */
static int dissect_relay(struct emitter *e, uint8_t type, struct cursor *c) {
        struct ip_address peer;
        struct cursor body;
        uint8_t address[16];
        uint16_t code;
        int r;

        emit_message_type(e, type);
        if (!cursor_skip(c, 1 + 16) || !cursor_copy(c, address, sizeof address))
                return -EBADMSG;
        peer = ip_from_v6(address);
        emit_ip(e, FACT_DHCP6_RELAY_PEER, &peer);
        while ((r = next_option(c, &code, &body)) > 0)
                if (code == OPTION_RELAYED) {
                        *c = body;
                        return 1;
                }
        return r;
}

int dhcp6_dissect(const struct packet *packet, struct emitter *emitter) {
        struct cursor c = packet->payload;
        uint8_t type;
        int r;

        if (packet->destination.bytes[0] == 0xff && packet->destination.bytes[1] == 0x02)
                emitter->fact.flags |= FACT_LINK_SCOPED;
        for (unsigned relays = 0; relays <= RELAYS_MAX; relays++) {
                if (!cursor_u8(&c, &type))
                        return -EBADMSG;
                if (type != MESSAGE_RELAY_FORWARD && type != MESSAGE_RELAY_REPLY)
                        return dissect_message(emitter, type, c);
                r = dissect_relay(emitter, type, &c);
                if (r <= 0)
                        return r < 0 ? r : 1;
                emitter->fact.flags |= FACT_TUNNELLED;
        }
        return -EBADMSG;
}
