/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Multicast DNS (RFC 6762) and DNS-SD on it (RFC 6763). Answers and additional records of responses tell
 * what a device is; questions tell what it looks for. Known answers in queries are somebody else's, and the
 * authority section of a probe is a wish: neither gives a fact. */

#include <errno.h>

#include "engine/proto/dissector.h"
#include "engine/proto/dns-message.h"

#define MDNS_HOP_LIMIT 255 /* RFC 6762 §11 */

static void emit_name(struct emitter *e, enum fact_kind kind, const struct dns_name *name) {
        emit_clean(e, kind, name->text, name->length);
}

/* A name that belongs to an address, a service type that points to its instances, or the list of all
 * service types (RFC 6763 §9). */
static void dissect_ptr(struct emitter *e, const struct dns_message *m, const struct dns_record *record) {
        struct cursor data = record->data;
        struct dns_name target;

        if (dns_name_read(m, &data, &target) < 0 || target.too_long)
                return;
        if (dns_name_ends_with(&record->name, ".arpa"))
                emit_printf(e, FACT_MDNS_REVERSE, "%s %s", record->name.text, target.text);
        else if (dns_name_is(&record->name, "_services._dns-sd._udp.local"))
                emit_name(e, FACT_MDNS_SERVICE, &target);
        else {
                emit_name(e, FACT_MDNS_SERVICE, &record->name);
                emit_name(e, FACT_MDNS_INSTANCE, &target);
        }
}

static void dissect_srv(struct emitter *e, const struct dns_message *m, const struct dns_record *record) {
        struct cursor data = record->data;
        struct dns_name target;
        uint16_t port;

        if (!cursor_skip(&data, 4) || !cursor_be16(&data, &port) || dns_name_read(m, &data, &target) < 0 ||
            target.too_long)
                return;
        emit_printf(e, FACT_MDNS_SRV, "%s %u %s", record->name.text, port, target.text);
}

/* "name text", each string of the record on its own. The name is clean; a string that is not (binary
 * values are allowed, RFC 6763 §6.5) is given in hexadecimal. */
static void dissect_txt(struct emitter *e, const struct dns_record *record) {
        struct cursor data = record->data, string;

        while (dns_string_read(&data, &string))
                if (cursor_left(&string) > 0)
                        emit_named_bytes(e, FACT_MDNS_TXT, record->name.text, string.data, cursor_left(&string));
}

static void dissect_hinfo(struct emitter *e, const struct dns_record *record) {
        struct cursor data = record->data, cpu, os;

        if (!dns_string_read(&data, &cpu) || !dns_string_read(&data, &os))
                return;
        emit_printf(e, FACT_MDNS_HINFO, "%s %.*s|%.*s", record->name.text, (int) cursor_left(&cpu),
                    (const char *) cpu.data, (int) cursor_left(&os), (const char *) os.data);
}

static void dissect_address(struct emitter *e, struct dns_record *record) {
        struct strbuf b = { .data = record->name.text, .length = record->name.length, .size = sizeof record->name.text };
        struct ip_address ip;

        if (dns_record_address(record, &ip))
                emit_named_ip(e, FACT_MDNS_HOSTNAME, &b, &ip);
}

static void dissect_record(struct emitter *e, const struct dns_message *m, struct dns_record *record) {
        switch (record->type) {
        case DNS_TYPE_A:
        case DNS_TYPE_AAAA:
                dissect_address(e, record);
                break;
        case DNS_TYPE_PTR:
                dissect_ptr(e, m, record);
                break;
        case DNS_TYPE_SRV:
                dissect_srv(e, m, record);
                break;
        case DNS_TYPE_TXT:
                dissect_txt(e, record);
                break;
        case DNS_TYPE_HINFO:
                dissect_hinfo(e, record);
                break;
        }
}

static int dissect_records(struct emitter *e, struct dns_message *m) {
        struct dns_record record;
        int r;

        while ((r = dns_message_next_record(m, &record)) > 0) {
                if (record.section == DNS_AUTHORITY || record.name.too_long)
                        continue;
                /* RFC 6762 §10.1 */
                if (record.ttl == 0)
                        e->fact.flags |= FACT_GOODBYE;
                else
                        e->fact.flags &= (uint16_t) ~FACT_GOODBYE;
                dissect_record(e, m, &record);
        }
        return r < 0 ? r : 1;
}

int mdns_dissect(const struct packet *packet, struct emitter *emitter) {
        struct dns_message m;

        if (dns_message_open(&m, packet->payload) < 0)
                return -EBADMSG;
        /* A router sends link-local groups on to nobody; what comes by unicast may come from afar, but then its
         * hop limit shows it. */
        if (ip_is_multicast(&packet->destination) || packet->hop_limit == MDNS_HOP_LIMIT)
                emitter->fact.flags |= FACT_LINK_SCOPED;
        if (!(m.flags & DNS_FLAG_RESPONSE))
                return emit_dns_questions(emitter, FACT_MDNS_QUERY, &m);
        emitter->fact.flags |= FACT_RESPONSE;
        return dissect_records(emitter, &m);
}
