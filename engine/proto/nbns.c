/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The NetBIOS name service (RFC 1002 §4.2), whose messages are DNS's. A host registers, refreshes and gives back its own
 * names, and tells them in answers; a name server does so for others, and groups have many members. */

#include <errno.h>

#include "engine/proto/dissector.h"
#include "engine/proto/dns-message.h"
#include "engine/proto/netbios.h"

enum { TYPE_NB = 0x20, TYPE_NBSTAT = 0x21 };
enum { OPCODE_RELEASE = 6 };

#define NAME_IS_GROUP 0x8000 /* RFC 1002 §4.2.1.3, §4.2.18 */

static unsigned opcode_of(const struct dns_message *m) {
        return m->flags >> 11 & 0xf;
}

static void emit_name(struct emitter *e, enum fact_kind kind, const uint8_t name[static NETBIOS_NAME_SIZE], bool foreign) {
        char text[NETBIOS_TEXT_MAX];
        uint16_t flags = e->fact.flags;

        if (foreign)
                e->fact.flags |= FACT_FOREIGN;
        emit_string(e, kind, netbios_name_format(name, text));
        e->fact.flags = flags;
}

static int dissect_questions(struct emitter *e, struct dns_message *m) {
        uint8_t name[NETBIOS_NAME_SIZE];
        struct dns_question q;
        int r;

        while ((r = dns_message_next_question(m, &q)) > 0)
                if ((q.type == TYPE_NB || q.type == TYPE_NBSTAT) && netbios_name_decode(q.name.text, name))
                        emit_name(e, q.type == TYPE_NB ? FACT_NBNS_QUERY : FACT_NBNS_NBSTAT_QUERY, name, false);
        return r < 0 ? r : 1;
}

/* Flags and address, of a group one for each member that is known. */
static void dissect_nb(struct emitter *e, const struct dns_message *m, const struct dns_record *record) {
        struct cursor data = record->data;
        uint8_t name[NETBIOS_NAME_SIZE], address[4];
        bool group = false, own = false, any = false;
        uint16_t flags;

        while (cursor_be16(&data, &flags) && cursor_copy(&data, address, sizeof address)) {
                struct ip_address ip = ip_from_v4(address);

                any = true;
                group = group || flags & NAME_IS_GROUP;
                own = own || ip_equal(&ip, &e->fact.ip);
        }
        if (!any || !netbios_name_decode(record->name.text, name))
                return;
        /* Requests are for the sender's own names; an answer may be a name server's, or refuse the name. */
        emit_name(e, FACT_NBNS_NAME, name,
                  group || (m->flags & DNS_FLAG_RESPONSE && (!own || m->flags & DNS_RCODE_MASK)));
}

/* All names of a node, and the address of its network card. */
static void dissect_nbstat(struct emitter *e, const struct dns_record *record) {
        struct cursor data = record->data;
        uint8_t count, name[NETBIOS_NAME_SIZE], address[6];
        char text[MAC_STRING_MAX];
        struct mac_address mac;
        uint16_t flags;

        /* It says what it is called, and answers for no name that somebody looks for. */
        e->fact.flags &= (uint16_t) ~FACT_RESPONSE;
        if (!cursor_u8(&data, &count))
                return;
        for (; count > 0; count--) {
                if (!cursor_copy(&data, name, sizeof name) || !cursor_be16(&data, &flags))
                        return;
                emit_name(e, FACT_NBNS_NAME, name, flags & NAME_IS_GROUP);
        }
        if (!cursor_copy(&data, address, sizeof address))
                return;
        mac = mac_from_bytes(address);
        emit_string(e, FACT_NBNS_UNIT_ID, mac_format(&mac, text));
}

static int dissect_records(struct emitter *e, struct dns_message *m) {
        struct dns_record record;
        int r;

        while ((r = dns_message_next_record(m, &record)) > 0)
                if (record.type == TYPE_NB)
                        dissect_nb(e, m, &record);
                else if (record.type == TYPE_NBSTAT)
                        dissect_nbstat(e, &record);
        return r < 0 ? r : 1;
}

int nbns_dissect(const struct packet *packet, struct emitter *emitter) {
        struct dns_message m;

        if (dns_message_open(&m, packet->payload) < 0)
                return -EBADMSG;
        if (netbios_is_link_scoped(packet))
                emitter->fact.flags |= FACT_LINK_SCOPED;
        if (m.flags & DNS_FLAG_RESPONSE)
                emitter->fact.flags |= FACT_RESPONSE;
        else if (opcode_of(&m) == OPCODE_RELEASE)
                emitter->fact.flags |= FACT_GOODBYE;
        else if (opcode_of(&m) == 0)
                return dissect_questions(emitter, &m);
        return dissect_records(emitter, &m);
}
