/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The NetBIOS datagram service (RFC 1002 §4.4), and in its datagrams the announcements of the Windows network
 * neighbourhood: SMB transactions to the mailslot \MAILSLOT\BROWSE ([MS-BRWS] §2.2, [MS-MAIL] §2.2). */

#include <errno.h>
#include <strings.h>

#include "common/macro.h"
#include "engine/proto/dissector.h"
#include "engine/proto/dns-message.h"
#include "engine/proto/netbios.h"

/* RFC 1002 §4.4.1 */
enum { DATAGRAM_DIRECT_UNIQUE = 0x10, DATAGRAM_BROADCAST = 0x12, DATAGRAM_FLAG_FIRST = 2 };
enum { SMB_TRANSACTION = 0x25 };

/* [MS-BRWS] §2.2.1 */
enum browser_command {
        BROWSER_HOST = 0x01,
        BROWSER_ELECTION = 0x08,
        BROWSER_DOMAIN = 0x0c,
        BROWSER_LOCAL_MASTER = 0x0f,
};

static const char mailslot[] = "\\MAILSLOT\\BROWSE";

struct datagram {
        struct cursor data;          /* of a datagram in pieces, what the first one has */
        struct ip_address source_ip; /* of whom the name is, also where a server passes the datagram on */
        struct dns_name source_name;
};

static int datagram_read(struct cursor c, struct datagram *ret) {
        uint8_t type, flags, address[4];
        struct dns_name destination;

        if (!cursor_u8(&c, &type) || !cursor_u8(&c, &flags))
                return -EBADMSG;
        if (type < DATAGRAM_DIRECT_UNIQUE || type > DATAGRAM_BROADCAST || !(flags & DATAGRAM_FLAG_FIRST))
                return 0;
        /* id, source address and port, length, offset */
        if (!cursor_skip(&c, 2) || !cursor_copy(&c, address, sizeof address) || !cursor_skip(&c, 6) ||
            dns_name_read_plain(&c, &ret->source_name) < 0 || dns_name_read_plain(&c, &destination) < 0)
                return -EBADMSG;
        ret->source_ip = ip_from_v4(address);
        ret->data = c;
        return 1;
}

/* The data of a transaction with the browser's mailslot. Numbers are little-endian; [MS-CIFS] §2.2.3, §2.2.4.33. */
static bool find_mailslot_data(struct cursor smb, struct cursor *ret) {
        struct cursor c = smb;
        uint8_t command, words;
        uint16_t count, offset, bytes;
        struct cursor parameters;

        if (cursor_left(&c) < 4 || memcmp(c.data, "\xffSMB", 4) != 0 || !cursor_skip(&c, 4) || !cursor_u8(&c, &command) ||
            command != SMB_TRANSACTION)
                return false;
        if (!cursor_skip(&c, 27) || !cursor_u8(&c, &words) || !cursor_take(&c, 2 * (size_t) words, &parameters) ||
            !cursor_le16(&c, &bytes))
                return false;
        if (cursor_left(&c) < sizeof mailslot || strncasecmp((const char *) c.data, mailslot, sizeof mailslot) != 0)
                return false;
        if (!cursor_skip(&parameters, 22) || !cursor_le16(&parameters, &count) || !cursor_le16(&parameters, &offset))
                return false;
        return cursor_skip(&smb, offset) && cursor_take(&smb, MIN((size_t) count, cursor_left(&smb)), ret);
}

/* Text up to a NUL or the end, without the blanks behind it. */
static void emit_text(struct emitter *e, enum fact_kind kind, const uint8_t *data, size_t size) {
        size_t length = strnlen((const char *) data, size);

        while (length > 0 && data[length - 1] == ' ')
                length--;
        if (length > 0)
                emit_bytes(e, kind, data, length);
}

/* [MS-BRWS] §2.2.1, §2.2.6, §2.2.10: update count, period, name, version, type, browser version, signature, comment.
 * That of a domain has the domain's name, and its master's where the others have the comment. */
static int dissect_announcement(struct emitter *e, struct cursor c, bool domain) {
        uint8_t major, minor;
        struct cursor name;
        uint32_t type;

        if (!cursor_skip(&c, 5) || !cursor_take(&c, NETBIOS_NAME_SIZE, &name))
                return -EBADMSG;
        if (domain)
                e->fact.flags |= FACT_FOREIGN;
        emit_text(e, FACT_BROWSER_ANNOUNCEMENT, name.data, NETBIOS_NAME_SIZE);
        if (domain)
                return 1;
        if (!cursor_u8(&c, &major) || !cursor_u8(&c, &minor) || !cursor_le32(&c, &type) || !cursor_skip(&c, 4))
                return -EBADMSG;
        emit_printf(e, FACT_BROWSER_OS_VERSION, "%u.%u", major, minor);
        emit_printf(e, FACT_BROWSER_SERVER_TYPE, "0x%08x", type);
        emit_text(e, FACT_BROWSER_COMMENT, c.data, cursor_left(&c));
        return 1;
}

/* [MS-BRWS] §2.2.3: version, criteria, uptime, unused, name. */
static int dissect_election(struct emitter *e, struct cursor c) {
        if (!cursor_skip(&c, 13))
                return -EBADMSG;
        emit_text(e, FACT_BROWSER_ANNOUNCEMENT, c.data, cursor_left(&c));
        return 1;
}

static int dissect_browser(struct emitter *e, struct cursor c) {
        uint8_t command;

        if (!cursor_u8(&c, &command))
                return -EBADMSG;
        switch (command) {
        case BROWSER_HOST:
        case BROWSER_LOCAL_MASTER:
                return dissect_announcement(e, c, false);
        case BROWSER_DOMAIN:
                return dissect_announcement(e, c, true);
        case BROWSER_ELECTION:
                return dissect_election(e, c);
        default:
                return 1;
        }
}

int browser_dissect(const struct packet *packet, struct emitter *emitter) {
        uint8_t name[NETBIOS_NAME_SIZE];
        char text[NETBIOS_TEXT_MAX];
        struct datagram datagram;
        struct cursor data;
        int r;

        r = datagram_read(packet->payload, &datagram);
        if (r <= 0)
                return r;
        if (netbios_is_link_scoped(packet))
                emitter->fact.flags |= FACT_LINK_SCOPED;
        if (!ip_equal(&datagram.source_ip, &packet->source))
                emitter->fact.flags |= FACT_FOREIGN;
        if (netbios_name_decode(datagram.source_name.text, name))
                emit_string(emitter, FACT_NBDGM_SOURCE, netbios_name_format(name, text));
        return find_mailslot_data(datagram.data, &data) ? dissect_browser(emitter, data) : 1;
}
