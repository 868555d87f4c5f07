/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How dissectors say facts: the fields that all facts of a packet share are filled in once, values are
 * cleaned here and nowhere else. */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/escape.h"
#include "engine/proto/dissector.h"

/* Field by field: all at once they would be put together beside it, and copied. */
void fact_begin(struct fact *ret, const struct packet *packet) {
        const struct frame *frame = packet->frame;

        *ret = (struct fact) {};
        ret->ts = frame->ts;
        ret->frame = frame->number;
        ret->ifindex = frame->ifindex;
        ret->vlan = packet->vlan;
        ret->hop_limit = packet->hop_limit;
        ret->mac = packet->link_source;
        ret->source = packet->link_source;
        ret->ip = packet->source;
        ret->destination = packet->destination;
        ret->source_port = packet->source_port;
        ret->destination_port = packet->destination_port;
        ret->protocol = packet->ip_protocol;
        if (packet->flags & PACKET_HAS_MAC)
                ret->flags |= FACT_HAS_MAC;
        if (packet->flags & PACKET_TUNNELLED)
                ret->flags |= FACT_TUNNELLED;
}

void emitter_begin(struct emitter *e, const struct packet *packet, const struct fact_sink *sink) {
        e->sink = sink;
        e->phrases = NULL;
        e->digester = NULL;
        e->certificates = NULL;
        e->facts = 0;
        fact_begin(&e->fact, packet);
}

/* The fact that all facts of the packet begin as says each of them: nothing is copied. */
static void emit(struct emitter *e, enum fact_kind kind, const char *value, size_t length, bool cut) {
        uint16_t flags = e->fact.flags;

        e->fact.kind = kind;
        e->fact.value = value;
        e->fact.value_length = (uint32_t) length;
        if (cut)
                e->fact.flags |= FACT_VALUE_CUT;
        e->facts++;
        e->sink->take(e->sink->userdata, &e->fact);
        e->fact.flags = flags;
}

static void emit_with_ip(struct emitter *e, enum fact_kind kind, const struct strbuf *value, const struct ip_address *ip) {
        e->fact.value_ip = *ip;
        emit(e, kind, value->data, value->length, value->truncated);
        e->fact.value_ip = (struct ip_address) {};
}

/* As the conformance corpus has it: printable, or hex. */
static bool is_clean(const uint8_t *value, size_t length) {
        if (text_is_plain((const char *) value, length))
                return true;
        for (size_t i = 0; i < length; i++)
                if ((value[i] < 0x20 && value[i] != '\t' && value[i] != '\n' && value[i] != '\r') || value[i] == 0x7f)
                        return false;
        return text_is_utf8((const char *) value, length);
}

/* Appends text as it is, anything else in hexadecimal; cuts at a character. */
static void append_value(struct strbuf *b, const uint8_t *value, size_t length) {
        size_t room = b->size - 1 - b->length;

        if (!is_clean(value, length)) {
                strbuf_string(b, "hex:");
                strbuf_hex(b, value, length);
                return;
        }
        if (length > room) {
                length = room;
                while (length > 0 && (value[length] & 0xc0) == 0x80)
                        length--;
                b->truncated = true;
        }
        strbuf_bytes(b, value, length);
}

void emit_bytes(struct emitter *e, enum fact_kind kind, const void *value, size_t length) {
        struct strbuf b = STRBUF(e->value);

        append_value(&b, value, length);
        emit(e, kind, b.data, b.length, b.truncated);
}

void emit_named_bytes(struct emitter *e, enum fact_kind kind, const char *name, const void *value, size_t length) {
        struct strbuf b = STRBUF(e->value);

        strbuf_string(&b, name);
        strbuf_char(&b, ' ');
        append_value(&b, value, length);
        emit(e, kind, b.data, b.length, b.truncated);
}

/* Text with a NUL behind it: what needs no cleaning is not copied. */
static void emit_text(struct emitter *e, enum fact_kind kind, const char *value, size_t length) {
        if (length <= FACT_VALUE_MAX && text_is_plain(value, length))
                emit(e, kind, value, length, false);
        else
                emit_bytes(e, kind, value, length);
}

void emit_clean(struct emitter *e, enum fact_kind kind, const char *value, size_t length) {
        emit(e, kind, value, length, false);
}

void emit_string(struct emitter *e, enum fact_kind kind, const char *value) {
        emit_text(e, kind, value, strlen(value));
}

void emit_strbuf(struct emitter *e, enum fact_kind kind, const struct strbuf *value) {
        emit_text(e, kind, value->data, value->length);
}

void emit_unsigned(struct emitter *e, enum fact_kind kind, uint64_t number) {
        struct strbuf b = STRBUF(e->value);

        strbuf_unsigned(&b, number);
        emit(e, kind, b.data, b.length, false);
}

void emit_printf(struct emitter *e, enum fact_kind kind, const char *format, ...) {
        char text[FACT_VALUE_MAX + 1];
        va_list ap;

        va_start(ap, format);
        vsnprintf(text, sizeof text, format, ap);
        va_end(ap);
        emit_string(e, kind, text);
}

void emit_ip(struct emitter *e, enum fact_kind kind, const struct ip_address *ip) {
        char text[IP_STRING_MAX];
        struct strbuf b = STRBUF(text);

        b.length = ip_print(ip, text);
        emit_with_ip(e, kind, &b, ip);
}

void emit_mac_ip(struct emitter *e, enum fact_kind kind, const struct mac_address *mac, const struct ip_address *ip) {
        char text[MAC_STRING_MAX + IP_STRING_MAX];
        struct strbuf b = STRBUF(text);

        mac_format(mac, text);
        text[MAC_STRING_MAX - 1] = ' ';
        b.length = MAC_STRING_MAX + ip_print(ip, text + MAC_STRING_MAX);
        emit_with_ip(e, kind, &b, ip);
}

void emit_named_ip(struct emitter *e, enum fact_kind kind, struct strbuf *name, const struct ip_address *ip) {
        char text[IP_STRING_MAX];

        strbuf_char(name, ' ');
        strbuf_bytes(name, text, ip_print(ip, text));
        emit_with_ip(e, kind, name, ip);
}
