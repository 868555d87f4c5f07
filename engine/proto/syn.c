/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a TCP SYN or SYN-ACK gives away of the system that sent it: the choices that RFC 9293 leaves to implementations, as
 * passive fingerprinting reads them (M. Zalewski's p0f, whose names the options have). The hop limit stands as it came. */

#include <stdbool.h>
#include <sys/socket.h>

#include "common/macro.h"
#include "engine/proto/dissector.h"
#include "engine/proto/phrases.h"

enum tcp_option {
        OPTION_END = 0, OPTION_NOP = 1, OPTION_MSS = 2, OPTION_WINDOW_SCALE = 3, OPTION_SACK_PERMITTED = 4, OPTION_SACK = 5,
        OPTION_STAMP = 8,
};

/* RFC 7323 §2.3 */
#define WINDOW_SCALE_MAX 14

/* All of its memory is set, for comparisons. */
struct syn_options {
        int mss, scale; /* -1: not given */
        uint8_t kinds[40];
        uint8_t n_kinds;
        uint8_t n_padding;      /* bytes behind the end of the list */
        uint8_t n_padding_zero; /* of these, up to the first that is not zero */
        bool malformed, stamp_is_zero, stamp_has_peer;
};

/* Zeros behind the end of the list are its padding, and systems differ in how many they need. */
static void read_padding(struct syn_options *o, struct cursor c) {
        uint8_t byte;

        o->n_padding = (uint8_t) cursor_left(&c);
        while (cursor_u8(&c, &byte) && byte == 0)
                o->n_padding_zero++;
}

/* What the kinds of options that stand in a SYN take, with kind and length. RFC 9293 §3.2, RFC 2018, RFC 7323. */
static bool length_fits(uint8_t kind, uint8_t length) {
        switch (kind) {
        case OPTION_MSS:
                return length == 4;
        case OPTION_WINDOW_SCALE:
                return length == 3;
        case OPTION_SACK_PERMITTED:
                return length == 2;
        case OPTION_SACK:
                return length >= 10 && length <= 34;
        case OPTION_STAMP:
                return length == 10;
        default:
                return true;
        }
}

/* Of an option that comes twice the first counts. */
static void read_option(struct syn_options *o, uint8_t kind, uint8_t length, struct cursor body) {
        uint32_t own, peer;
        uint16_t mss;
        uint8_t scale;

        o->malformed |= !length_fits(kind, length);
        if (!length_fits(kind, length))
                return;
        if (kind == OPTION_MSS && o->mss < 0 && cursor_be16(&body, &mss))
                o->mss = mss;
        if (kind == OPTION_WINDOW_SCALE && o->scale < 0 && cursor_u8(&body, &scale))
                o->scale = scale;
        if (kind == OPTION_STAMP && cursor_be32(&body, &own) && cursor_be32(&body, &peer)) {
                o->stamp_is_zero |= own == 0;
                o->stamp_has_peer |= peer != 0;
        }
}

/* Up to the first option whose length cannot be. */
static void read_options(struct syn_options *o, struct cursor c) {
        struct cursor body;
        uint8_t kind, length;

        memset(o, 0, sizeof *o);
        o->mss = o->scale = -1;
        while (o->n_kinds < sizeof o->kinds && cursor_u8(&c, &kind)) {
                o->kinds[o->n_kinds++] = kind;
                if (kind == OPTION_END) {
                        read_padding(o, c);
                        return;
                }
                if (kind == OPTION_NOP)
                        continue;
                if (!cursor_u8(&c, &length) || length < 2 || !cursor_take(&c, length - 2U, &body)) {
                        o->n_kinds--;
                        o->malformed = true;
                        return;
                }
                read_option(o, kind, length, body);
        }
}

/* IANA's registry of option kinds. The rest goes by number. */
static void append_kind(struct strbuf *b, uint8_t kind, bool recent) {
        static const char *const names[] = {
                [OPTION_END] = "eol", [OPTION_NOP] = "nop", [OPTION_MSS] = "mss", [OPTION_WINDOW_SCALE] = "ws",
                [OPTION_SACK_PERMITTED] = "sok", [OPTION_SACK] = "sack", [OPTION_STAMP] = "ts", [30] = "mptcp", [34] = "tfo",
        };

        if (kind < ELEMENTSOF(names) && names[kind] && (kind <= OPTION_STAMP || recent)) {
                strbuf_string(b, names[kind]);
                return;
        }
        strbuf_char(b, '?');
        strbuf_unsigned(b, kind);
}

/* `key` with all that stands around it; a number below zero is none. */
static void append_number(struct strbuf *b, const char *key, int value) {
        strbuf_string(b, key);
        if (value < 0)
                strbuf_string(b, "null");
        else
                strbuf_unsigned(b, (unsigned) value);
}

/* Twelve bits: the reserved ones, too. */
static void append_flags(struct strbuf *b, unsigned flags) {
        char digits[4];
        struct strbuf d = STRBUF(digits);

        strbuf_hex(&d, (const uint8_t[]) { (uint8_t) flags }, 1);
        strbuf_string(b, ",\"flags\":\"0x");
        strbuf_char(b, "0123456789abcdef"[flags >> 8 & 15]);
        strbuf_string(b, digits);
        strbuf_string(b, "\"}");
}

static void append_order(struct strbuf *b, const struct syn_options *o) {
        for (size_t i = 0; i < o->n_kinds; i++) {
                if (i > 0)
                        strbuf_char(b, ',');
                append_kind(b, o->kinds[i], true);
        }
        for (size_t i = 0; i < o->n_padding_zero; i++)
                strbuf_string(b, ",eol");
}

static void put_signature(struct strbuf *b, const struct packet *packet, const struct syn_options *options) {
        bool v4 = packet->source.family == AF_INET;

        append_number(b, "{\"v\":", v4 ? 4 : 6);
        strbuf_string(b, packet->tcp_flags & TCP_ACK ? ",\"kind\":\"synack\"" : ",\"kind\":\"syn\"");
        append_number(b, ",\"ttl\":", packet->hop_limit);
        append_number(b, ",\"df\":", v4 ? packet->ip_header[6] >> 6 & 1 : -1);
        append_number(b, ",\"id0\":", v4 ? packet->ip_id == 0 : -1);
        append_number(b, ",\"win\":", packet->tcp_window);
        append_number(b, ",\"mss\":", options->mss);
        append_number(b, ",\"ws\":", options->scale);
        strbuf_string(b, ",\"opts\":\"");
        append_order(b, options);
        append_number(b, "\",\"payload\":", (int) MIN(packet->payload_length, (uint32_t) INT32_MAX));
        append_flags(b, load_be16(packet->transport_header + 12) & 0xfff);
}

/* The layout as p0f writes it: padding is counted, whatever is in it. */
static void append_layout(struct strbuf *b, const struct syn_options *o) {
        for (size_t i = 0; i < o->n_kinds; i++) {
                if (i > 0)
                        strbuf_char(b, ',');
                append_kind(b, o->kinds[i], false);
                if (o->kinds[i] == OPTION_END) {
                        strbuf_char(b, '+');
                        strbuf_unsigned(b, o->n_padding);
                }
        }
}

static void append_quirk(struct strbuf *b, bool holds, const char *name) {
        if (!holds)
                return;
        if (b->data[b->length - 1] != ':')
                strbuf_char(b, ',');
        strbuf_string(b, name);
}

/* RFC 791 §3.1: the bit before DF is reserved; RFC 3168 §5 for the two bits of ECN. */
static void append_ip_quirks(struct strbuf *b, const struct packet *packet) {
        const uint8_t *ip = packet->ip_header;
        bool v4 = packet->source.family == AF_INET, df = v4 && ip[6] & 0x40;

        append_quirk(b, df, "df");
        append_quirk(b, df && packet->ip_id != 0, "id+");
        append_quirk(b, v4 && !df && packet->ip_id == 0, "id-");
        append_quirk(b, (v4 ? ip[1] & 3 : ip[1] >> 4 & 3) || packet->tcp_flags & (TCP_ECE | TCP_CWR), "ecn");
        append_quirk(b, v4 && ip[6] & 0x80, "0+");
        append_quirk(b, !v4 && (load_be32(ip) & 0xfffff) != 0, "flow");
}

static void append_tcp_quirks(struct strbuf *b, const struct packet *packet, const struct syn_options *o) {
        bool ack = packet->tcp_flags & TCP_ACK, urgent = packet->tcp_flags & TCP_URG;

        append_quirk(b, packet->tcp_sequence == 0, "seq-");
        append_quirk(b, !ack && packet->tcp_acknowledgement != 0, "ack+");
        append_quirk(b, ack && packet->tcp_acknowledgement == 0, "ack-");
        append_quirk(b, !urgent && load_be16(packet->transport_header + 18) != 0, "uptr+");
        append_quirk(b, urgent, "urgf+");
        append_quirk(b, packet->tcp_flags & TCP_PSH, "pushf+");
        append_quirk(b, o->stamp_is_zero, "ts1-");
        append_quirk(b, !ack && o->stamp_has_peer, "ts2+");
        append_quirk(b, o->n_padding_zero < o->n_padding, "opt+");
        append_quirk(b, o->scale > WINDOW_SCALE_MAX, "exws");
        append_quirk(b, o->malformed, "bad");
}

/* As p0f 3 writes it (its README, section 5), but with the window as it came and the hop limit as it came: what they are
 * multiples of, and began with, is for whoever knows. Behind it stands the size of the headers, which that needs. */
static void put_raw_signature(struct strbuf *b, const struct packet *packet, const struct syn_options *o) {
        bool v4 = packet->source.family == AF_INET;
        uint32_t ip_header = v4 ? (packet->ip_header[0] & 15) * 4U : 40;
        const uint32_t numbers[] = { packet->hop_limit, v4 ? ip_header - 20 : 0, (uint32_t) MAX(o->mss, 0), packet->tcp_window };

        strbuf_string(b, packet->tcp_flags & TCP_ACK ? "synack " : "syn ");
        strbuf_char(b, v4 ? '4' : '6');
        for (size_t i = 0; i < ELEMENTSOF(numbers); i++) {
                strbuf_char(b, ':');
                strbuf_unsigned(b, numbers[i]);
        }
        strbuf_char(b, ',');
        strbuf_unsigned(b, (uint32_t) MAX(o->scale, 0));
        strbuf_char(b, ':');
        append_layout(b, o);
        strbuf_char(b, ':');
        append_ip_quirks(b, packet);
        append_tcp_quirks(b, packet, o);
        strbuf_string(b, packet->payload_length > 0 ? ":+ " : ":0 ");
        strbuf_unsigned(b, ip_header + (packet->transport_header[12] >> 4) * 4U);
}

/* All that the two are made of. */
struct syn_key {
        struct syn_options options;
        uint32_t payload_length, flow_label;
        uint16_t window, flags;
        uint8_t family, hop_limit, ip_length, traffic_class, fragments;
        bool id_is_zero, sequence_is_zero, acknowledgement_is_zero, urgent_is_zero;
};

/* With the options read into it: to copy them would be to wait for each of their bytes to be written. */
static void make_key(struct syn_key *key, const struct packet *packet) {
        const uint8_t *ip = packet->ip_header, *tcp = packet->transport_header;
        bool v4 = packet->source.family == AF_INET;

        memset(key, 0, sizeof *key);
        read_options(&key->options, packet->tcp_options);
        key->payload_length = packet->payload_length;
        key->flow_label = v4 ? 0 : (load_be32(ip) & 0xfffff) != 0;
        key->window = packet->tcp_window;
        key->flags = load_be16(tcp + 12);
        key->family = packet->source.family;
        key->hop_limit = packet->hop_limit;
        key->ip_length = v4 ? ip[0] & 15 : 0;
        key->traffic_class = v4 ? ip[1] & 3 : ip[1] >> 4 & 3;
        key->fragments = v4 ? ip[6] & 0xc0 : 0;
        key->id_is_zero = packet->ip_id == 0;
        key->sequence_is_zero = packet->tcp_sequence == 0;
        key->acknowledgement_is_zero = packet->tcp_acknowledgement == 0;
        key->urgent_is_zero = load_be16(tcp + 18) == 0;
}

static bool has_raw_signature(const struct packet *packet) {
        return !(packet->tcp_flags & (TCP_FIN | TCP_RST));
}

static void emit_anew(struct emitter *e, const struct packet *packet, const struct syn_options *options, struct phrase *phrase,
                      const struct syn_key *key) {
        char signature[512], raw[512];
        struct strbuf s = STRBUF(signature), r = STRBUF(raw);

        put_signature(&s, packet, options);
        put_raw_signature(&r, packet, options);
        emit_strbuf(e, FACT_TCP_SYN_SIG, &s);
        if (has_raw_signature(packet))
                emit_strbuf(e, FACT_TCP_RAW_SIG, &r);
        if (phrase)
                phrase_keep(phrase, key, sizeof *key, signature, raw);
}

/* A system's SYNs are all alike. */
static void emit_phrases(struct emitter *e, const struct packet *packet) {
        struct phrase *phrase;
        struct syn_key key;

        make_key(&key, packet);
        phrase = phrases_place(e->phrases, &key, sizeof key);
        if (!phrase_is_of(phrase, &key, sizeof key)) {
                emit_anew(e, packet, &key.options, phrase, &key);
                return;
        }
        emit_clean(e, FACT_TCP_SYN_SIG, phrase->texts[0], phrase->lengths[0]);
        if (has_raw_signature(packet))
                emit_clean(e, FACT_TCP_RAW_SIG, phrase->texts[1], phrase->lengths[1]);
}

unsigned syn_count_facts(const struct packet *packet, uint16_t *ret_flags) {
        const uint8_t *h = packet->transport_header;

        /* Half of the options is no fingerprint. */
        if (!h || !packet->ip_header || cursor_left(&packet->tcp_options) + 20 < (size_t) (h[12] >> 4) * 4)
                return 0;
        *ret_flags = packet->tcp_flags & TCP_ACK ? FACT_REPLY : 0;
        return has_raw_signature(packet) ? 2 : 1;
}

int syn_dissect(const struct packet *packet, struct emitter *emitter) {
        struct syn_options options;
        uint16_t flags;

        if (syn_count_facts(packet, &flags) == 0)
                return 0;
        emitter->fact.flags |= flags;
        if (emitter->phrases) {
                emit_phrases(emitter, packet);
                return 1;
        }
        read_options(&options, packet->tcp_options);
        emit_anew(emitter, packet, &options, NULL, NULL);
        return 1;
}
