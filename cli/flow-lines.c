/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One table of columns, for JSON and for CSV alike. The first 23 have the names that NetScope gave them; what is not
 * known is null, or an empty field. */

#include "cli/flow-lines.h"

#include <netinet/in.h>
#include <string.h>

#include "common/escape.h"
#include "common/macro.h"

struct line {
        const struct flow_lines *lines;
        const struct flow_record *flow;
        const char *community_id;
        char *at, *end;
};

/* All that one column may take; names of devices are bounded by escape_json() and escape_csv(). */
enum { COLUMN_MAX = 1024, NAME_MAX_SHOWN = 128 };

static void put(struct line *l, const char *text, size_t n) {
        memcpy(l->at, text, n);
        l->at += n;
}

static void put_text(struct line *l, const char *text) {
        put(l, text, strlen(text));
}

static void put_number(struct line *l, uint64_t n) {
        char digits[20], *p = digits + sizeof digits;

        do
                *--p = (char) ('0' + n % 10);
        while ((n /= 10) > 0);
        put(l, p, (size_t) (digits + sizeof digits - p));
}

/* `n` thousandths or millionths, as `digits` says. */
static void put_fraction(struct line *l, uint64_t n, unsigned digits) {
        uint64_t unit = 1;

        for (unsigned i = 0; i < digits; i++)
                unit *= 10;
        put_number(l, n / unit);
        *l->at++ = '.';
        for (n %= unit; (unit /= 10) > 0; n %= unit)
                *l->at++ = (char) ('0' + n / unit);
}

static void put_null(struct line *l) {
        if (!l->lines->csv)
                put(l, "null", 4);
}

/* Text without a character that would have to be escaped; NULL: none. */
static void put_string(struct line *l, const char *text) {
        if (!text) {
                put_null(l);
                return;
        }
        if (!l->lines->csv)
                *l->at++ = '"';
        put_text(l, text);
        if (!l->lines->csv)
                *l->at++ = '"';
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
                text[3 * i + 2] = i < 5 ? ':' : '\0';
        }
        put_string(l, text);
}

static void put_device(struct line *l, const struct mac_address *mac) {
        const struct device *device = NULL;
        struct strbuf b = strbuf_make(l->at, COLUMN_MAX);
        char name[NAME_MAX_SHOWN];

        if (l->lines->inventory && !mac_is_zero(mac))
                device = inventory_get_by_mac(l->lines->inventory, mac);
        if (!device) {
                put_null(l);
                return;
        }
        device_display_name(device, name, sizeof name);
        (l->lines->csv ? escape_csv : escape_json)(&b, name, strlen(name));
        l->at += b.length;
}

static void put_ms(struct line *l, uint64_t ns, bool known) {
        if (known)
                put_fraction(l, ns / NSEC_PER_USEC, 3);
        else
                put_null(l);
}

static void put_rate(struct line *l) {
        uint64_t span = l->flow->last - l->flow->first, bytes = l->flow->directions[0].bytes + l->flow->directions[1].bytes;

        put_fraction(l, span == 0 ? 0 : (uint64_t) ((unsigned __int128) bytes * 80 * NSEC_PER_SEC / span), 1);
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
COLUMN(first, put_fraction(l, l->flow->first / NSEC_PER_USEC, 6))
COLUMN(last, put_fraction(l, l->flow->last / NSEC_PER_USEC, 6))
COLUMN(duration, put_fraction(l, (l->flow->last - l->flow->first) / NSEC_PER_USEC, 6))
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
COLUMN(a_device, put_device(l, &A.mac))
COLUMN(b_device, put_device(l, &B.mac))
COLUMN(shortest_there, put_number(l, THERE.shortest))
COLUMN(longest_there, put_number(l, THERE.longest))
COLUMN(shortest_back, put_number(l, BACK.shortest))
COLUMN(longest_back, put_number(l, BACK.longest))

static const struct {
        const char *name;
        void (*put)(struct line *l);
} columns[] = {
        { "protocol", put_protocol },
        { "endpoint_a_ip", put_a_ip },
        { "endpoint_a_port", put_a_port },
        { "endpoint_b_ip", put_b_ip },
        { "endpoint_b_port", put_b_port },
        { "first_seen", put_first },
        { "last_seen", put_last },
        { "duration_secs", put_duration },
        { "packets_a_to_b", put_packets_there },
        { "packets_b_to_a", put_packets_back },
        { "bytes_a_to_b", put_bytes_there },
        { "bytes_b_to_a", put_bytes_back },
        { "packets_total", put_packets },
        { "bytes_total", put_bytes },
        { "avg_bps", put_rate },
        { "tcp_state", put_state },
        { "client", put_client },
        { "retransmissions", put_retransmissions },
        { "out_of_order", put_out_of_order },
        { "rtt_last_ms", put_rtt_last },
        { "rtt_min_ms", put_rtt_min },
        { "rtt_ewma_ms", put_rtt_average },
        { "rtt_samples", put_rtt_samples },
        { "rtt_handshake_ms", put_rtt_handshake },
        { "duplicate_acks", put_duplicate_acks },
        { "zero_windows", put_zero_windows },
        { "tcp_flags_a_to_b", put_flags_there },
        { "tcp_flags_b_to_a", put_flags_back },
        { "history", put_history },
        { "end", put_end },
        { "min_length_a_to_b", put_shortest_there },
        { "max_length_a_to_b", put_longest_there },
        { "min_length_b_to_a", put_shortest_back },
        { "max_length_b_to_a", put_longest_back },
        { "vlan", put_vlan },
        { "inner_vlan", put_inner_vlan },
        { "community_id", put_community_id },
        { "mac_a", put_a_mac },
        { "mac_b", put_b_mac },
        { "device_a", put_a_device },
        { "device_b", put_b_device },
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
                *l.at++ = i > 0 ? ',' : '{';
                if (!lines->csv) {
                        *l.at++ = '"';
                        put_text(&l, columns[i].name);
                        put(&l, "\":", 2);
                }
                columns[i].put(&l);
        }
        if (!lines->csv)
                *l.at++ = '}';
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
        /* A line of CSV has no brace in front. */
        fwrite_unlocked(line + lines->csv, 1, n - lines->csv, f);
        fwrite_unlocked(lines->csv ? "\r\n" : "\n", 1, lines->csv ? 2 : 1, f);
        return 0;
}
