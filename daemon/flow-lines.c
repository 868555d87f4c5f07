/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One table of columns, for JSON and for CSV alike. The first 23 have the names that NetScope gave them; what is not
 * known is null, or an empty field. */

#include "daemon/flow-lines.h"

#include <netinet/in.h>
#include <string.h>

#include "common/escape.h"
#include "common/macro.h"
#include "common/scale.h"

struct line {
        const struct flow_lines *lines;
        const struct flow_record *flow;
        const char *community_id;
        char *at, *end;
};

/* All that one column may take: six bytes for each of a name's, and quotes. */
enum { NAME_MAX_SHOWN = 160, COLUMN_MAX = 1024 };

static void put(struct line *l, const char *text, size_t n) {
        memcpy(l->at, text, n);
        l->at += n;
}

static unsigned count_digits(uint64_t n) {
        unsigned digits = 1;

        for (; n >= 1000; n /= 1000)
                digits += 3;
        return digits + (n >= 10) + (n >= 100);
}

/* The last `digits` of them, with zeros in front. */
static inline void put_digits(struct line *l, uint64_t n, unsigned digits) {
        for (char *p = l->at + digits; p > l->at; n /= 10)
                *--p = (char) ('0' + n % 10);
        l->at += digits;
}

static void put_number(struct line *l, uint64_t n) {
        put_digits(l, n, count_digits(n));
}

/* Parts of a whole that are 10^digits, which are constant where this is inlined. */
static inline void put_fraction(struct line *l, uint64_t n, uint64_t whole, unsigned digits) {
        put_number(l, n / whole);
        *l->at++ = '.';
        put_digits(l, n % whole, digits);
}

static void put_time(struct line *l, uint64_t ns) {
        put_fraction(l, ns / NSEC_PER_USEC, USEC_PER_SEC, 6);
}

static void put_null(struct line *l) {
        if (!l->lines->csv)
                put(l, "null", 4);
}

/* Text without a character that would have to be escaped. */
static inline void put_quoted(struct line *l, const char *text, size_t n) {
        if (!l->lines->csv)
                *l->at++ = '"';
        put(l, text, n);
        if (!l->lines->csv)
                *l->at++ = '"';
}

/* The same; NULL: none. */
static void put_string(struct line *l, const char *text) {
        if (text)
                put_quoted(l, text, strlen(text));
        else
                put_null(l);
}

static void put_ip(struct line *l, const struct ip_address *ip) {
        char text[IP_STRING_MAX];

        if (ip->family != AF_INET) {
                put_string(l, ip_format(ip, text));
                return;
        }
        if (!l->lines->csv)
                *l->at++ = '"';
        for (unsigned i = 0; i < 4; i++) {
                if (i > 0)
                        *l->at++ = '.';
                put_number(l, ip->bytes[i]);
        }
        if (!l->lines->csv)
                *l->at++ = '"';
}

static void put_mac(struct line *l, const struct mac_address *mac) {
        static const char hex[] = "0123456789abcdef";
        char text[MAC_STRING_MAX];

        if (mac_is_zero(mac)) {
                put_null(l);
                return;
        }
        for (unsigned i = 0; i < 6; i++) {
                text[3 * i] = hex[mac->bytes[i] >> 4];
                text[3 * i + 1] = hex[mac->bytes[i] & 15];
                text[3 * i + 2] = ':';
        }
        put_quoted(l, text, 17);
}

/* Text of somebody else's; "" is none. */
static void put_name(struct line *l, const char *name) {
        struct strbuf b = strbuf_make(l->at, COLUMN_MAX);
        size_t n = name ? strlen(name) : 0;

        if (n == 0) {
                put_null(l);
                return;
        }
        /* Cut between characters: RFC 3629 §3. */
        for (n = MIN(n, (size_t) NAME_MAX_SHOWN); name[n] && ((unsigned char) name[n] & 0xc0) == 0x80;)
                n--;
        (l->lines->csv ? escape_csv : escape_json)(&b, name, n);
        l->at += b.length;
}

static void put_device(struct line *l, const struct flow_endpoint *end) {
        const struct device *device = l->lines->inventory ? inventory_get_endpoint(l->lines->inventory, &end->mac,
                                                                                   &end->ip) : NULL;
        char name[DEVICE_USER_TEXT_MAX + 1];

        put_name(l, device ? device_display_name(device, name, sizeof name) : NULL);
}

static void put_server(struct line *l) {
        const struct flow_record *f = l->flow;

        put_name(l, l->lines->names ? peer_names_find(l->lines->names, &f->endpoints[0].ip, &f->endpoints[1].ip,
                                                      f->last) : NULL);
}

static void put_ms(struct line *l, uint64_t ns, bool known) {
        if (known)
                put_fraction(l, ns / NSEC_PER_USEC, 1000, 3);
        else
                put_null(l);
}

static void put_rate(struct line *l) {
        uint64_t span = l->flow->last - l->flow->first,
                bytes = l->flow->directions[0].bytes + l->flow->directions[1].bytes;

        put_fraction(l, span > 0 ? scale_u64(bytes, 80 * NSEC_PER_SEC, span) : 0, 10, 1);
}

static void put_protocol(struct line *l) {
        char number[4];

        put_string(l, flow_protocol_to_string(l->flow->protocol, number));
}

static void put_tcp_flags(struct line *l, unsigned direction) {
        static const char letters[] = "FSRPAUEC";
        char text[9], *p = text;

        if (l->flow->protocol != IPPROTO_TCP) {
                put_null(l);
                return;
        }
        for (unsigned i = 0; i < 8; i++)
                if (l->flow->directions[direction].tcp_flags & 1 << i)
                        *p++ = letters[i];
        *p = '\0';
        put_string(l, text);
}

/* Whether the analysis has anything to say of the flow. */
static void put_count(struct line *l, uint32_t there, uint32_t back) {
        if (l->flow->analysed)
                put_number(l, (uint64_t) there + back);
        else
                put_null(l);
}

static void put_squares(struct line *l, uint64_t squares) {
        if (l->flow->pauses_known)
                put_fraction(l, squares, UINT64_C(1000000), 6);
        else
                put_null(l);
}

#define A l->flow->endpoints[0]
#define B l->flow->endpoints[1]
#define THERE l->flow->directions[0]
#define BACK l->flow->directions[1]
#define RTT l->flow->rtt
#define COLUMN(name, ...) static void put_##name(struct line *l) { __VA_ARGS__; }

COLUMN(a_ip, put_ip(l, &A.ip))
COLUMN(a_port, put_number(l, A.port))
COLUMN(b_ip, put_ip(l, &B.ip))
COLUMN(b_port, put_number(l, B.port))
COLUMN(first, put_time(l, l->flow->first))
COLUMN(last, put_time(l, l->flow->last))
COLUMN(duration, put_time(l, l->flow->last - l->flow->first))
COLUMN(packets_there, put_number(l, THERE.packets))
COLUMN(packets_back, put_number(l, BACK.packets))
COLUMN(bytes_there, put_number(l, THERE.bytes))
COLUMN(bytes_back, put_number(l, BACK.bytes))
COLUMN(packets, put_number(l, THERE.packets + BACK.packets))
COLUMN(bytes, put_number(l, THERE.bytes + BACK.bytes))
COLUMN(state, put_string(l, flow_state_to_string(l->flow->state)))
COLUMN(client, put_string(l, l->flow->initiator_known ? "a_to_b" : NULL))
COLUMN(retransmissions, put_count(l, THERE.retransmissions, BACK.retransmissions))
COLUMN(out_of_order, put_count(l, THERE.out_of_order, BACK.out_of_order))
COLUMN(rtt_last, put_ms(l, RTT.last, RTT.samples > 0))
COLUMN(rtt_min, put_ms(l, RTT.minimum, RTT.samples > 0))
COLUMN(rtt_average, put_ms(l, RTT.average, RTT.samples > 0))
COLUMN(rtt_samples, put_count(l, RTT.samples, 0))
COLUMN(rtt_handshake, put_ms(l, RTT.handshake, RTT.handshake > 0))
COLUMN(rtt_responder, put_ms(l, RTT.responder, RTT.responder > 0))
COLUMN(rtt_initiator, put_ms(l, RTT.initiator, RTT.initiator > 0))
COLUMN(duplicate_acks, put_count(l, THERE.duplicate_acks, BACK.duplicate_acks))
COLUMN(zero_windows, put_count(l, THERE.zero_windows, BACK.zero_windows))
COLUMN(flags_there, put_tcp_flags(l, 0))
COLUMN(flags_back, put_tcp_flags(l, 1))
COLUMN(history, put_string(l, *l->flow->history ? l->flow->history : NULL))
COLUMN(end, put_string(l, flow_end_to_string(l->flow->end)))
COLUMN(vlan, put_number(l, l->flow->vlan))
COLUMN(inner_vlan, put_number(l, l->flow->inner_vlan))
COLUMN(community_id, put_string(l, l->community_id))
COLUMN(a_mac, put_mac(l, &A.mac))
COLUMN(b_mac, put_mac(l, &B.mac))
COLUMN(a_device, put_device(l, &A))
COLUMN(b_device, put_device(l, &B))
COLUMN(pauses_there, put_ms(l, THERE.last - THERE.first, l->flow->pauses_known))
COLUMN(pauses_back, put_ms(l, BACK.last - BACK.first, l->flow->pauses_known))
COLUMN(pause_squares_there, put_squares(l, THERE.pause_squares))
COLUMN(pause_squares_back, put_squares(l, BACK.pause_squares))
COLUMN(pause_longest_there, put_ms(l, THERE.pause_longest, l->flow->pauses_known))
COLUMN(pause_longest_back, put_ms(l, BACK.pause_longest, l->flow->pauses_known))
COLUMN(shortest_there, put_number(l, THERE.shortest))
COLUMN(longest_there, put_number(l, THERE.longest))
COLUMN(shortest_back, put_number(l, BACK.shortest))
COLUMN(longest_back, put_number(l, BACK.longest))

/* A title as it stands in JSON, with the comma before it. */
#define TITLE_MAX 32
#define TITLED(name, put) { name, ",\"" name "\":", sizeof(name) + 3, put }

static const struct {
        const char *name;
        char title[TITLE_MAX];
        uint8_t length;
        void (*put)(struct line *l);
} columns[] = {
        TITLED("protocol", put_protocol),
        TITLED("endpoint_a_ip", put_a_ip),
        TITLED("endpoint_a_port", put_a_port),
        TITLED("endpoint_b_ip", put_b_ip),
        TITLED("endpoint_b_port", put_b_port),
        TITLED("first_seen", put_first),
        TITLED("last_seen", put_last),
        TITLED("duration_secs", put_duration),
        TITLED("packets_a_to_b", put_packets_there),
        TITLED("packets_b_to_a", put_packets_back),
        TITLED("bytes_a_to_b", put_bytes_there),
        TITLED("bytes_b_to_a", put_bytes_back),
        TITLED("packets_total", put_packets),
        TITLED("bytes_total", put_bytes),
        TITLED("avg_bps", put_rate),
        TITLED("tcp_state", put_state),
        TITLED("client", put_client),
        TITLED("retransmissions", put_retransmissions),
        TITLED("out_of_order", put_out_of_order),
        TITLED("rtt_last_ms", put_rtt_last),
        TITLED("rtt_min_ms", put_rtt_min),
        TITLED("rtt_ewma_ms", put_rtt_average),
        TITLED("rtt_samples", put_rtt_samples),
        TITLED("rtt_handshake_ms", put_rtt_handshake),
        TITLED("rtt_responder_ms", put_rtt_responder),
        TITLED("rtt_initiator_ms", put_rtt_initiator),
        TITLED("duplicate_acks", put_duplicate_acks),
        TITLED("zero_windows", put_zero_windows),
        TITLED("tcp_flags_a_to_b", put_flags_there),
        TITLED("tcp_flags_b_to_a", put_flags_back),
        TITLED("history", put_history),
        TITLED("end", put_end),
        TITLED("min_length_a_to_b", put_shortest_there),
        TITLED("max_length_a_to_b", put_longest_there),
        TITLED("min_length_b_to_a", put_shortest_back),
        TITLED("max_length_b_to_a", put_longest_back),
        TITLED("iat_sum_ms_a_to_b", put_pauses_there),
        TITLED("iat_sum_ms_b_to_a", put_pauses_back),
        TITLED("iat_sum_ms2_a_to_b", put_pause_squares_there),
        TITLED("iat_sum_ms2_b_to_a", put_pause_squares_back),
        TITLED("iat_max_ms_a_to_b", put_pause_longest_there),
        TITLED("iat_max_ms_b_to_a", put_pause_longest_back),
        TITLED("vlan", put_vlan),
        TITLED("inner_vlan", put_inner_vlan),
        TITLED("community_id", put_community_id),
        TITLED("mac_a", put_a_mac),
        TITLED("mac_b", put_b_mac),
        TITLED("device_a", put_a_device),
        TITLED("device_b", put_b_device),
        TITLED("name", put_server),
};

void flow_lines_begin(const struct flow_lines *lines, FILE *f) {
        for (size_t i = 0; lines->csv && i < ELEMENTSOF(columns); i++)
                fprintf(f, "%s%s", columns[i].name, i + 1 < ELEMENTSOF(columns) ? "," : "\r\n");
}

int flow_lines_format(const struct flow_lines *lines, const struct flow_record *record, char ret[static FLOW_LINE_MAX],
                      size_t *ret_length) {
        char id[FLOW_COMMUNITY_ID_MAX];
        struct line l = { .lines = lines, .flow = record, .community_id = id, .at = ret };
        int r;

        r = flow_community_id(lines->hasher, record, id);
        if (r < 0)
                return r;
        for (size_t i = 0; i < ELEMENTSOF(columns); i++) {
                if (lines->csv) {
                        *l.at++ = ',';
                } else {
                        memcpy(l.at, columns[i].title, TITLE_MAX); /* all of it, which is faster than its length */
                        l.at += columns[i].length;
                }
                columns[i].put(&l);
        }
        if (!lines->csv) {
                *ret = '{';
                *l.at++ = '}';
        }
        *l.at = '\0';
        *ret_length = (size_t) (l.at - ret);
        return 0;
}

int flow_lines_write(const struct flow_lines *lines, const struct flow_record *record, FILE *f) {
        char line[FLOW_LINE_MAX];
        size_t n;
        int r;

        r = flow_lines_format(lines, record, line, &n);
        if (r < 0)
                return r;
        /* A line of CSV has a comma too many in front. */
        fwrite_unlocked(line + lines->csv, 1, n - lines->csv, f);
        fwrite_unlocked(lines->csv ? "\r\n" : "\n", 1, lines->csv ? 2 : 1, f);
        return 0;
}
