/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* DNS (RFC 1035): questions that devices ask, and what servers answer. Only the answer section counts: what a
 * server adds was not asked for. */

#include <errno.h>
#include <string.h>

#include "engine/proto/dissector.h"
#include "engine/proto/dns-message.h"
#include "engine/proto/session.h"

/* "NAME TYPE", where the name stands, which nobody reads after this. */
static struct strbuf name_and_type(struct dns_name *name, uint16_t type) {
        struct strbuf b = { .data = name->text, .length = name->length, .size = sizeof name->text };

        strbuf_char(&b, ' ');
        dns_type_append(&b, type);
        return b;
}

int emit_dns_questions(struct emitter *e, enum fact_kind kind, struct dns_message *m) {
        struct dns_question q;
        int r;

        while ((r = dns_message_next_question(m, &q)) > 0) {
                struct strbuf b;

                if (q.name.too_long)
                        continue;
                b = name_and_type(&q.name, q.type);
                emit_clean(e, kind, b.data, b.length);
        }
        return r < 0 ? r : 1;
}

/* `numbers` 16-bit numbers, then a name: one for MX, three for SRV, none for CNAME, NS and PTR. */
static bool append_name(struct strbuf *b, const struct dns_message *m, struct cursor data, unsigned numbers) {
        struct dns_name name;

        for (; numbers > 0; numbers--) {
                uint16_t number;

                if (!cursor_be16(&data, &number))
                        return false;
                strbuf_unsigned(b, number);
                strbuf_char(b, ' ');
        }
        if (dns_name_read(m, &data, &name) < 0 || name.too_long)
                return false;
        strbuf_bytes(b, name.text, name.length);
        return true;
}

/* The strings of a TXT record, with blanks between. */
static bool append_strings(struct strbuf *b, struct cursor data) {
        struct cursor string;

        for (bool first = true; dns_string_read(&data, &string); first = false) {
                if (!first)
                        strbuf_char(b, ' ');
                strbuf_bytes(b, string.data, cursor_left(&string));
        }
        return true;
}

/* What the record says, as a zone file has it. False where it cannot be read. Types that are not listed give
 * nothing: that they are there is all that is told. */
static bool append_data(struct strbuf *b, const struct dns_message *m, const struct dns_record *record) {
        switch (record->type) {
        case DNS_TYPE_CNAME:
        case DNS_TYPE_NS:
        case DNS_TYPE_PTR:
        case DNS_TYPE_SOA: /* the primary server alone */
                return append_name(b, m, record->data, 0);
        case DNS_TYPE_MX:
                return append_name(b, m, record->data, 1);
        case DNS_TYPE_SRV:
                return append_name(b, m, record->data, 3);
        case DNS_TYPE_TXT:
                return append_strings(b, record->data);
        default:
                return true;
        }
}

static void emit_record(struct emitter *e, enum fact_kind kind, const struct dns_message *m, struct dns_record *record) {
        struct strbuf head = name_and_type(&record->name, record->type), b;
        char data[FACT_VALUE_MAX];
        struct ip_address ip;

        e->fact.dns.ttl = record->ttl;
        if (dns_record_address(record, &ip)) {
                emit_named_ip(e, kind, &head, &ip);
                return;
        }
        b = STRBUF(data);
        if (record->type == DNS_TYPE_A || record->type == DNS_TYPE_AAAA || !append_data(&b, m, record))
                return;
        if (b.length > 0)
                emit_named_bytes(e, kind, head.data, data, b.length);
        else
                emit_strbuf(e, kind, &head);
}

int emit_dns_answers(struct emitter *e, enum fact_kind kind, struct dns_message *m) {
        struct dns_record record;
        int r;

        while ((r = dns_message_next_record(m, &record)) > 0 && record.section == DNS_ANSWER)
                if (!record.name.too_long && record.type != DNS_TYPE_OPT)
                        emit_record(e, kind, m, &record);
        return r < 0 ? r : 1;
}

static int dissect_response(struct emitter *e, struct dns_message *m) {
        e->fact.flags |= FACT_RESPONSE;
        if (m->flags & DNS_RCODE_MASK)
                emit_unsigned(e, FACT_DNS_RCODE, m->flags & DNS_RCODE_MASK);
        return emit_dns_answers(e, FACT_DNS_ANSWER, m);
}

static int dissect_message(struct emitter *e, struct cursor message) {
        struct dns_message m;

        if (dns_message_open(&m, message) < 0)
                return -EBADMSG;
        e->fact.dns = (struct fact_dns) { .id = m.id, .flags = m.flags };
        return m.flags & DNS_FLAG_RESPONSE ? dissect_response(e, &m) : emit_dns_questions(e, FACT_DNS_QUERY, &m);
}

int dns_dissect(const struct packet *packet, struct emitter *emitter) {
        return dissect_message(emitter, packet->payload);
}

/* Servers on other ports (of programs that hide from filters, of containers) have nothing but their messages to tell what
 * they are: one question, of somebody for an address or the like, and answers to it. */
bool dns_may_be_message(struct cursor payload) {
        uint16_t flags, questions, answers, authorities;

        if (!cursor_skip(&payload, 2) || !cursor_be16(&payload, &flags) || !cursor_be16(&payload, &questions) ||
            !cursor_be16(&payload, &answers) || !cursor_be16(&payload, &authorities))
                return false;
        if (questions != 1 || flags & (DNS_OPCODE_MASK | DNS_RESERVED_MASK))
                return false;
        return flags & DNS_FLAG_RESPONSE || (!(flags & ~DNS_FLAGS_OF_QUERY) && answers == 0 && authorities == 0);
}

/* Letters, digits, hyphens and underscores, as names of hosts and services have. */
static bool is_plain_name(const struct dns_name *name) {
        static const char characters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";

        return !name->too_long && name->length > 1 && strspn(name->text, characters) == name->length;
}

/* Does all of it read as a message should, to the last byte? */
static bool is_message(struct cursor payload) {
        struct dns_question question;
        struct dns_record record;
        struct dns_message m;
        int r;

        if (dns_message_open(&m, payload) < 0 || dns_message_next_question(&m, &question) < 1)
                return false;
        if (!is_plain_name(&question.name) || !dns_type_is_common(question.type) ||
            (question.class != DNS_CLASS_IN && question.class != DNS_CLASS_CHAOS))
                return false;
        while ((r = dns_message_next_record(&m, &record)) > 0)
                ;
        return r == 0 && cursor_left(&m.rest) == 0;
}

int dns_anywhere_dissect(const struct packet *packet, struct emitter *emitter) {
        if (!dns_may_be_message(packet->payload) || !is_message(packet->payload))
                return 0;
        return dissect_message(emitter, packet->payload);
}

/* Over TCP each message has its length in front (RFC 7766 §8). Nothing in the bytes says that they are DNS: the
 * port does. */
static int recognise_dns(const struct session *session, struct cursor data _unused_) {
        return session_port(session, 0) == 53 || session_port(session, 1) == 53 ? 1 : -1;
}

static int parse_dns(struct session *session, unsigned side, struct cursor data, bool fresh _unused_,
                     struct emitter *emitter, size_t *ret_done) {
        const uint8_t *start = data.data;
        struct cursor message;
        uint16_t length;

        while (cursor_be16(&data, &length)) {
                uint16_t flags = emitter->fact.flags;

                if (!cursor_take(&data, length, &message)) {
                        session_want(session, side, 2 + (uint32_t) length);
                        break;
                }
                if (dissect_message(emitter, message) < 0)
                        return -EBADMSG;
                emitter->fact.flags = flags;
                *ret_done = (size_t) (data.data - start);
        }
        return SESSION_MORE;
}

/* As over UDP: what stands in front of the cut. Behind a hole nothing but the message tells that it begins here. */
static void cut_dns(struct session *session _unused_, unsigned side _unused_, struct cursor data,
                    struct emitter *emitter) {
        uint16_t flags = emitter->fact.flags;

        if (cursor_skip(&data, 2) && dns_may_be_message(data))
                dissect_message(emitter, data);
        emitter->fact.flags = flags;
}

const struct session_parser dns_parser = { "dns-tcp", recognise_dns, parse_dns, cut_dns };
