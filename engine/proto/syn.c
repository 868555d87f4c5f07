/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a TCP SYN or SYN-ACK gives away of the system that sent it: the choices that RFC 9293 leaves to implementations, as
 * passive fingerprinting reads them (M. Zalewski's p0f, whose names the options have). The hop limit stands as it came. */

#include <sys/socket.h>

#include "common/macro.h"
#include "engine/proto/dissector.h"

enum tcp_option { OPTION_END = 0, OPTION_NOP = 1, OPTION_MSS = 2, OPTION_WINDOW_SCALE = 3 };

struct syn_options {
        int mss, scale; /* -1: not given */
        struct strbuf order;
        char text[256]; /* 40 options of one byte, "nop," each */
};

/* IANA's registry of option kinds. The rest goes by number. */
static void append_kind(struct strbuf *b, uint8_t kind) {
        static const char *const names[] = {
                [OPTION_END] = "eol", [OPTION_NOP] = "nop", [OPTION_MSS] = "mss", [OPTION_WINDOW_SCALE] = "ws",
                [4] = "sok", [5] = "sack", [8] = "ts", [30] = "mptcp", [34] = "tfo",
        };

        if (b->length > 0)
                strbuf_char(b, ',');
        if (kind < ELEMENTSOF(names) && names[kind])
                strbuf_string(b, names[kind]);
        else {
                strbuf_char(b, '?');
                strbuf_unsigned(b, kind);
        }
}

/* Zeros behind the end of the list are its padding, and systems differ in how many they need. */
static void read_padding(struct syn_options *o, struct cursor c) {
        uint8_t byte;

        while (cursor_u8(&c, &byte) && byte == 0)
                append_kind(&o->order, OPTION_END);
}

/* Up to the first option whose length cannot be. Of an option that comes twice the first counts. */
static void read_options(struct syn_options *o, struct cursor c) {
        struct cursor body;
        uint8_t kind, length, scale;
        uint16_t mss;

        o->mss = o->scale = -1;
        o->order = STRBUF(o->text);
        while (cursor_u8(&c, &kind)) {
                if (kind == OPTION_END) {
                        append_kind(&o->order, OPTION_END);
                        read_padding(o, c);
                        return;
                }
                if (kind == OPTION_NOP) {
                        append_kind(&o->order, OPTION_NOP);
                        continue;
                }
                if (!cursor_u8(&c, &length) || length < 2 || !cursor_take(&c, length - 2U, &body))
                        return;
                append_kind(&o->order, kind);
                if (kind == OPTION_MSS && length == 4 && o->mss < 0 && cursor_be16(&body, &mss))
                        o->mss = mss;
                if (kind == OPTION_WINDOW_SCALE && length == 3 && o->scale < 0 && cursor_u8(&body, &scale))
                        o->scale = scale;
        }
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

int syn_dissect(const struct packet *packet, struct emitter *emitter) {
        const uint8_t *h = packet->transport_header;
        bool v4 = packet->source.family == AF_INET;
        struct syn_options options;
        char text[512];
        struct strbuf b = STRBUF(text);

        /* Half of the options is no fingerprint. */
        if (!h || !packet->ip_header || cursor_left(&packet->tcp_options) + 20 < (size_t) (h[12] >> 4) * 4)
                return 0;
        read_options(&options, packet->tcp_options);
        append_number(&b, "{\"v\":", v4 ? 4 : 6);
        strbuf_string(&b, packet->tcp_flags & TCP_ACK ? ",\"kind\":\"synack\"" : ",\"kind\":\"syn\"");
        append_number(&b, ",\"ttl\":", packet->hop_limit);
        append_number(&b, ",\"df\":", v4 ? packet->ip_header[6] >> 6 & 1 : -1);
        append_number(&b, ",\"id0\":", v4 ? packet->ip_id == 0 : -1);
        append_number(&b, ",\"win\":", packet->tcp_window);
        append_number(&b, ",\"mss\":", options.mss);
        append_number(&b, ",\"ws\":", options.scale);
        strbuf_string(&b, ",\"opts\":\"");
        strbuf_bytes(&b, options.text, options.order.length);
        append_number(&b, "\",\"payload\":", (int) MIN(packet->payload_length, (uint32_t) INT32_MAX));
        append_flags(&b, load_be16(h + 12) & 0xfff);
        emit_strbuf(emitter, FACT_TCP_SYN_SIG, &b);
        return 1;
}
