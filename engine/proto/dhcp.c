/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* DHCPv4 and BOOTP (RFC 2131, RFC 2132, RFC 951). What a client says is about its hardware address (chaddr),
 * whoever relays it; what a server says is about the frame's source, told to that client. */

#include <errno.h>
#include <netinet/in.h>

#include "common/macro.h"
#include "engine/proto/dissector.h"
#include "engine/proto/dns-message.h"

enum { BOOT_REQUEST = 1, BOOT_REPLY = 2 };
enum { HARDWARE_ETHERNET = 1 };

#define DHCP_MAGIC UINT32_C(0x63825363) /* RFC 2131 §3 */

enum dhcp_option {
        OPTION_PAD = 0,
        OPTION_NETMASK = 1,
        OPTION_ROUTER = 3,
        OPTION_DNS = 6,
        OPTION_HOSTNAME = 12,
        OPTION_DOMAIN = 15,
        OPTION_NTP = 42,
        OPTION_REQUESTED_IP = 50,
        OPTION_LEASE_TIME = 51,
        OPTION_OVERLOAD = 52,
        OPTION_MESSAGE_TYPE = 53,
        OPTION_SERVER_ID = 54,
        OPTION_PARAMETER_LIST = 55,
        OPTION_MAX_MESSAGE_SIZE = 57,
        OPTION_VENDOR_CLASS = 60,
        OPTION_CLIENT_ID = 61,
        OPTION_USER_CLASS = 77,
        OPTION_FQDN = 81,
        OPTION_MUD_URL = 161,
        OPTION_END = 255,
};

enum dhcp_message_type { MESSAGE_BOOTP = 0, MESSAGE_OFFER = 2, MESSAGE_REQUEST = 3, MESSAGE_ACK = 5, MESSAGE_RELEASE = 7 };

enum { OVERLOAD_FILE = 1, OVERLOAD_SNAME = 2 }; /* RFC 2132 §9.3 */

/* Options may stand in three places; RFC 3396 §7 gives the order: options, file, sname. */
struct dhcp_message {
        uint8_t operation, message_type;
        struct ip_address client_ip, your_ip, relay_ip;
        struct mac_address client;
        bool has_client;
        struct cursor areas[3];
};

/* Joined parts of one option (RFC 3396). Longer ones are cut: no option that is read here needs more. */
struct dhcp_value {
        const uint8_t *data;
        size_t length;
        uint8_t joined[1024];
};

/* Steps over padding. False at the end of the area, also where an option is longer than what is left. */
static bool next_option(struct cursor *area, uint8_t *ret_code, struct cursor *ret_body) {
        uint8_t code, length;

        do
                if (!cursor_u8(area, &code) || code == OPTION_END)
                        return false;
        while (code == OPTION_PAD);
        if (!cursor_u8(area, &length) || !cursor_take(area, length, ret_body))
                return false;
        *ret_code = code;
        return true;
}

/* A part that comes alone stays where it is; several are joined. */
static void add_part(struct dhcp_value *value, struct cursor part) {
        size_t n = MIN(cursor_left(&part), sizeof value->joined - value->length);

        if (value->data != value->joined) {
                memcpy(value->joined, value->data, value->length);
                value->data = value->joined;
        }
        memcpy(value->joined + value->length, part.data, n);
        value->length += n;
}

static bool find_option(const struct dhcp_message *m, uint8_t code, struct dhcp_value *ret) {
        bool found = false;

        for (size_t i = 0; i < ELEMENTSOF(m->areas); i++) {
                struct cursor area = m->areas[i], body;
                uint8_t c;

                while (next_option(&area, &c, &body)) {
                        if (c != code)
                                continue;
                        if (found)
                                add_part(ret, body);
                        else {
                                ret->data = body.data;
                                ret->length = cursor_left(&body);
                        }
                        found = true;
                }
        }
        return found;
}

static int read_areas(struct cursor sname, struct cursor file, struct cursor c, struct dhcp_message *ret) {
        struct dhcp_value value;
        uint32_t magic;

        /* Without the cookie, and in a capture that cuts it off, there is only BOOTP's header. */
        if (!cursor_be32(&c, &magic) || magic != DHCP_MAGIC)
                return 1;
        ret->areas[0] = c;
        if (find_option(ret, OPTION_OVERLOAD, &value) && value.length > 0) {
                if (value.data[0] & OVERLOAD_FILE)
                        ret->areas[1] = file;
                if (value.data[0] & OVERLOAD_SNAME)
                        ret->areas[2] = sname;
        }
        if (find_option(ret, OPTION_MESSAGE_TYPE, &value) && value.length > 0)
                ret->message_type = value.data[0];
        return 1;
}

static int dhcp_read(struct cursor c, struct dhcp_message *ret) {
        uint8_t hardware, hardware_length, address[16];
        struct cursor sname = {}, file = {};

        *ret = (struct dhcp_message) {};
        /* op, htype, hlen, hops, xid, secs, flags, ciaddr, yiaddr, siaddr, giaddr, chaddr: RFC 2131 §2 */
        if (!cursor_u8(&c, &ret->operation) || !cursor_u8(&c, &hardware) || !cursor_u8(&c, &hardware_length) ||
            !cursor_skip(&c, 9) || !cursor_copy(&c, address, sizeof address))
                return -EBADMSG;
        if (ret->operation != BOOT_REQUEST && ret->operation != BOOT_REPLY)
                return 0;
        ret->client_ip = ip_from_v4(address);
        ret->your_ip = ip_from_v4(address + 4);
        ret->relay_ip = ip_from_v4(address + 12);
        if (!cursor_copy(&c, address, sizeof address))
                return -EBADMSG;
        ret->has_client = hardware == HARDWARE_ETHERNET && hardware_length == 6;
        ret->client = mac_from_bytes(address);
        if (!cursor_take(&c, 64, &sname) || !cursor_take(&c, 128, &file))
                return 1;
        return read_areas(sname, file, c, ret);
}

static const char *message_type_to_string(uint8_t type) {
        /* RFC 2132 §9.6, RFC 3203 §4, RFC 4388 §6.1, RFC 6926 §6.2, RFC 7724 §5.2 */
        static const char *const names[] = {
                [MESSAGE_BOOTP] = "bootp", [1] = "discover", [MESSAGE_OFFER] = "offer", [MESSAGE_REQUEST] = "request",
                [4] = "decline", [MESSAGE_ACK] = "ack", [6] = "nak", [MESSAGE_RELEASE] = "release", [8] = "inform", [9] = "forcerenew",
                [10] = "leasequery", [11] = "leaseunassigned", [12] = "leaseunknown", [13] = "leaseactive",
                [14] = "bulkleasequery", [15] = "leasequerydone", [16] = "activeleasequery",
                [17] = "leasequerystatus", [18] = "tls",
        };

        return type < ELEMENTSOF(names) ? names[type] : NULL;
}

static void emit_message_type(struct emitter *e, const struct dhcp_message *m) {
        const char *name = message_type_to_string(m->message_type);

        if (name)
                emit_string(e, FACT_DHCP_MSG_TYPE, name);
        else
                emit_unsigned(e, FACT_DHCP_MSG_TYPE, m->message_type);
}

/* Some implementations count the NUL that ends their string, and a few what happens to stand behind it. */
static void emit_string_of(struct emitter *e, enum fact_kind kind, const uint8_t *data, size_t length) {
        length = strnlen((const char *) data, length);
        if (length > 0)
                emit_bytes(e, kind, data, length);
}

static void emit_text(struct emitter *e, const struct dhcp_message *m, uint8_t code, enum fact_kind kind) {
        struct dhcp_value value;

        if (find_option(m, code, &value))
                emit_string_of(e, kind, value.data, value.length);
}

/* RFC 3004 makes it a list of strings, each with its length in front, which shows in hexadecimal; Microsoft's
 * clients send plain text. */
static void emit_user_class(struct emitter *e, const struct dhcp_message *m) {
        struct dhcp_value value;

        if (!find_option(m, OPTION_USER_CLASS, &value))
                return;
        while (value.length > 0 && value.data[value.length - 1] == '\0')
                value.length--;
        if (value.length > 0)
                emit_bytes(e, FACT_DHCP_USER_CLASS, value.data, value.length);
}

static void emit_list(struct emitter *e, enum fact_kind kind, const struct strbuf *list) {
        uint16_t flags = e->fact.flags;

        if (list->truncated)
                e->fact.flags |= FACT_VALUE_CUT;
        emit_string(e, kind, list->data);
        e->fact.flags = flags;
}

/* One address, or several joined with commas. */
static void emit_addresses(struct emitter *e, const struct dhcp_message *m, uint8_t code, enum fact_kind kind) {
        char text[IP_STRING_MAX], list[FACT_VALUE_MAX + 1];
        struct strbuf b = STRBUF(list);
        struct dhcp_value value;
        struct cursor c;
        uint8_t address[4];

        if (!find_option(m, code, &value))
                return;
        c = cursor_make(value.data, value.length);
        while (cursor_copy(&c, address, sizeof address)) {
                struct ip_address ip = ip_from_v4(address);

                if (b.length > 0)
                        strbuf_char(&b, ',');
                strbuf_string(&b, ip_format(&ip, text));
        }
        if (b.length > 0)
                emit_list(e, kind, &b);
}

/* An option that holds exactly one address; of several, the first counts. */
static void emit_address(struct emitter *e, const struct dhcp_message *m, uint8_t code, enum fact_kind kind) {
        struct dhcp_value value;
        struct ip_address ip;

        if (!find_option(m, code, &value) || value.length < 4 || (value.length > 4 && value.data != value.joined))
                return;
        ip = ip_from_v4(value.data);
        emit_ip(e, kind, &ip);
}

static void emit_number(struct emitter *e, const struct dhcp_message *m, uint8_t code, size_t size,
                        enum fact_kind kind) {
        struct dhcp_value value;

        if (find_option(m, code, &value) && value.length == size)
                emit_unsigned(e, kind, size == 4 ? load_be32(value.data) : load_be16(value.data));
}

static void emit_hex(struct emitter *e, const struct dhcp_message *m, uint8_t code, enum fact_kind kind) {
        struct dhcp_value value;
        char hex[2 * sizeof value.joined + 1];
        struct strbuf b = STRBUF(hex);

        if (!find_option(m, code, &value) || value.length == 0)
                return;
        strbuf_hex(&b, value.data, value.length);
        emit_string(e, kind, hex);
}

static void append_code(struct strbuf *b, uint8_t code) {
        if (b->length > 0)
                strbuf_char(b, ',');
        strbuf_unsigned(b, code);
}

static void emit_parameter_list(struct emitter *e, const struct dhcp_message *m) {
        char list[FACT_VALUE_MAX + 1];
        struct strbuf b = STRBUF(list);
        struct dhcp_value value;

        if (!find_option(m, OPTION_PARAMETER_LIST, &value) || value.length == 0)
                return;
        for (size_t i = 0; i < value.length; i++)
                append_code(&b, value.data[i]);
        emit_list(e, FACT_DHCP_PARAM_REQUEST_LIST, &b);
}

static void append_codes(struct strbuf *b, struct cursor area) {
        struct cursor body;
        uint8_t code;

        while (next_option(&area, &code, &body))
                append_code(b, code);
}

/* The order in which a client writes its options tells implementations apart. Overloaded fields count where
 * the option that announces them stands, in the order of the header. */
static void emit_options(struct emitter *e, const struct dhcp_message *m) {
        struct cursor area = m->areas[0], body;
        char list[FACT_VALUE_MAX + 1];
        struct strbuf b = STRBUF(list);
        bool overloaded = false;
        uint8_t code;

        while (next_option(&area, &code, &body)) {
                append_code(&b, code);
                if (code != OPTION_OVERLOAD || overloaded)
                        continue;
                overloaded = true;
                append_codes(&b, m->areas[2]);
                append_codes(&b, m->areas[1]);
        }
        emit_list(e, FACT_DHCP_OPTIONS, &b);
}

/* RFC 4702 §2: flags, two result codes, and a name, in DNS's form where the E flag is set. */
static void emit_fqdn(struct emitter *e, const struct dhcp_message *m) {
        struct dhcp_value value;
        struct dns_name name;
        struct cursor c;
        uint8_t flags;

        if (!find_option(m, OPTION_FQDN, &value))
                return;
        c = cursor_make(value.data, value.length);
        if (!cursor_u8(&c, &flags) || !cursor_skip(&c, 2) || cursor_left(&c) == 0)
                return;
        if (!(flags & 0x04))
                emit_string_of(e, FACT_DHCP_FQDN, c.data, cursor_left(&c));
        else if (dns_name_read_plain(&c, &name) == 0 && !name.too_long)
                emit_string(e, FACT_DHCP_FQDN, name.text);
}

static void emit_host(struct emitter *e, enum fact_kind kind, const struct ip_address *ip) {
        if (!ip_is_unspecified(ip))
                emit_ip(e, kind, ip);
}

/* In a request that names a server, the address is the one that this server offered (RFC 2131 §4.3.2). In a
 * discovery, or after a restart, it is no more than a wish. */
static void emit_requested_ip(struct emitter *e, const struct dhcp_message *m) {
        struct dhcp_value server;

        if (m->message_type == MESSAGE_REQUEST && find_option(m, OPTION_SERVER_ID, &server))
                e->fact.flags |= FACT_AGREED;
        emit_address(e, m, OPTION_REQUESTED_IP, FACT_DHCP_REQUESTED_IP);
        e->fact.flags &= (uint16_t) ~FACT_AGREED;
}

static void dissect_client(struct emitter *e, const struct dhcp_message *m) {
        if (m->has_client) {
                e->fact.mac = m->client;
                e->fact.flags |= FACT_HAS_MAC;
        }
        if (m->message_type == MESSAGE_RELEASE)
                e->fact.flags |= FACT_GOODBYE;
        emit_message_type(e, m);
        emit_text(e, m, OPTION_HOSTNAME, FACT_DHCP_HOSTNAME);
        emit_fqdn(e, m);
        emit_text(e, m, OPTION_VENDOR_CLASS, FACT_DHCP_VENDOR_CLASS);
        emit_user_class(e, m);
        emit_hex(e, m, OPTION_CLIENT_ID, FACT_DHCP_CLIENT_ID);
        emit_parameter_list(e, m);
        emit_options(e, m);
        emit_number(e, m, OPTION_MAX_MESSAGE_SIZE, 2, FACT_DHCP_MAX_MESSAGE_SIZE);
        emit_requested_ip(e, m);
        emit_address(e, m, OPTION_SERVER_ID, FACT_DHCP_REQUESTED_SERVER);
        emit_text(e, m, OPTION_MUD_URL, FACT_DHCP_MUD_URL);
        emit_host(e, FACT_DHCP_CLIENT_IP, &m->client_ip);
        emit_host(e, FACT_DHCP_RELAY, &m->relay_ip);
}

static void dissect_server(struct emitter *e, const struct dhcp_message *m) {
        if (m->has_client) {
                e->fact.subject = m->client;
                e->fact.flags |= FACT_HAS_SUBJECT;
        }
        emit_message_type(e, m);
        emit_address(e, m, OPTION_SERVER_ID, FACT_DHCP_SERVER_ID);
        /* Answers to lease queries leave the field without a meaning (RFC 4388 §6.1). */
        if (m->message_type == MESSAGE_OFFER)
                emit_host(e, FACT_DHCP_OFFERED_IP, &m->your_ip);
        else if (m->message_type == MESSAGE_ACK || m->message_type == MESSAGE_BOOTP)
                emit_host(e, FACT_DHCP_ASSIGNED_IP, &m->your_ip);
        emit_address(e, m, OPTION_NETMASK, FACT_DHCP_NETMASK);
        emit_addresses(e, m, OPTION_ROUTER, FACT_DHCP_ROUTER);
        emit_addresses(e, m, OPTION_DNS, FACT_DHCP_DNS);
        emit_addresses(e, m, OPTION_NTP, FACT_DHCP_NTP);
        emit_text(e, m, OPTION_DOMAIN, FACT_DHCP_DOMAIN);
        emit_number(e, m, OPTION_LEASE_TIME, 4, FACT_DHCP_LEASE_TIME);
        emit_host(e, FACT_DHCP_RELAY, &m->relay_ip);
}

/* A message without a relay crossed no router when it is from or to a host that has no address yet. */
static bool is_link_scoped(const struct packet *packet, const struct dhcp_message *m) {
        if (!ip_is_unspecified(&m->relay_ip))
                return false;
        return ip_is_unspecified(&packet->source) || ip_is_multicast(&packet->destination) ||
               (m->operation == BOOT_REPLY && ip_is_unspecified(&m->client_ip));
}

int dhcp_dissect(const struct packet *packet, struct emitter *emitter) {
        struct dhcp_message m;
        int r;

        r = dhcp_read(packet->payload, &m);
        if (r <= 0)
                return r;
        if (is_link_scoped(packet, &m))
                emitter->fact.flags |= FACT_LINK_SCOPED;
        if (m.operation == BOOT_REQUEST)
                dissect_client(emitter, &m);
        else {
                emitter->fact.flags |= FACT_RESPONSE;
                dissect_server(emitter, &m);
        }
        return 1;
}
