/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Flows as rows. */

#include "cli/top/top-flow.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "cli/top/top-text.h"

static bool is_active(const struct top_row *row) {
        return top_record_flag(row, "Active");
}

static enum style quiet(const struct top_row *row, enum style style) {
        return is_active(row) ? style : STYLE_DIM;
}

static bool has_ports(struct json_object *record) {
        const char *protocol = json_text_at(record, "Protocol");

        return strcmp(protocol, "tcp") == 0 || strcmp(protocol, "udp") == 0 || strcmp(protocol, "sctp") == 0;
}

static const char *end_text(struct json_object *record, const char *end, const char *what) {
        char key[32];

        snprintf(key, sizeof key, "%s%s", end, what);
        return json_text_at(record, key);
}

/* What the initiator called the responder says most; then what the address is called; then the address. */
static const char *end_name(struct json_object *record, const char *end) {
        const char *server = strcmp(end, "Responder") == 0 ? json_text_at(record, "ServerName") : "";
        const char *name = end_text(record, end, "Name");

        return *server ? server : *name ? name : end_text(record, end, "Address");
}

void top_flow_format_end(struct json_object *record, const char *end, struct strbuf *b) {
        const char *name = end_name(record, end);
        char key[32];

        snprintf(key, sizeof key, "%sPort", end);
        if (!has_ports(record))
                strbuf_string(b, name);
        else
                strbuf_printf(b, strchr(name, ':') ? "[%s]:%" PRIu64 : "%s:%" PRIu64, name,
                              json_object_get_uint64(json_at(record, key)));
}

/* The initiator's port says nothing: it is any. */
static enum style format_initiator(const struct top_row *row, uint64_t now _unused_, struct strbuf *b) {
        strbuf_string(b, end_name(top_record_of(row), "Initiator"));
        return quiet(row, STYLE_NONE);
}

static enum style format_responder(const struct top_row *row, uint64_t now _unused_, struct strbuf *b) {
        top_flow_format_end(top_record_of(row), "Responder", b);
        return quiet(row, STYLE_NONE);
}

static enum style format_protocol(const struct top_row *row, uint64_t now _unused_, struct strbuf *b) {
        strbuf_string(b, top_record_text(row, "Protocol"));
        return quiet(row, STYLE_NONE);
}

/* Of TCP its state, of what ended how. */
static const char *state_of(const struct top_row *row) {
        return is_active(row) ? top_record_text(row, "State") : top_record_text(row, "End");
}

static enum style format_state(const struct top_row *row, uint64_t now _unused_, struct strbuf *b) {
        const char *state = state_of(row);

        if (strcmp(state, "established") == 0)
                strbuf_string(b, "open");
        else
                strbuf_string(b, strcmp(state, "capture_end") == 0 ? "ended" : state);
        return quiet(row, strcmp(state, "reset") == 0 ? STYLE_NOTICE : STYLE_NONE);
}

static enum style format_rtt(const struct top_row *row, uint64_t now _unused_, struct strbuf *b) {
        uint64_t rtt = top_record_number(row, "RttAverage");

        if (rtt > 0)
                strbuf_printf(b, rtt < 10000 ? "%.1fms" : "%.0fms", (double) rtt / 1000);
        return quiet(row, STYLE_NONE);
}

static enum style format_lost(const struct top_row *row, uint64_t now _unused_, struct strbuf *b) {
        uint64_t n = top_record_number(row, "Retransmissions");

        if (n > 0)
                top_format_count(b, n);
        return quiet(row, STYLE_NOTICE);
}

static enum style format_seen(const struct top_row *row, uint64_t now, struct strbuf *b) {
        top_format_age(b, top_record_number(row, "LastSeen"), now);
        return quiet(row, STYLE_NONE);
}

static uint64_t bytes_of(const struct top_row *row) {
        return top_record_number(row, "BytesSent") + top_record_number(row, "BytesReceived");
}

static uint64_t packets_of(const struct top_row *row) {
        return top_record_number(row, "PacketsSent") + top_record_number(row, "PacketsReceived");
}

static enum style format_packets(const struct top_row *row, uint64_t now _unused_, struct strbuf *b) {
        top_format_count(b, packets_of(row));
        return quiet(row, STYLE_NONE);
}

static enum style format_sent(const struct top_row *row, uint64_t now _unused_, struct strbuf *b) {
        top_format_bytes(b, top_record_number(row, "BytesSent"));
        return quiet(row, STYLE_NONE);
}

static enum style format_received(const struct top_row *row, uint64_t now _unused_, struct strbuf *b) {
        top_format_bytes(b, top_record_number(row, "BytesReceived"));
        return quiet(row, STYLE_NONE);
}

static enum style format_total(const struct top_row *row, uint64_t now _unused_, struct strbuf *b) {
        top_format_bytes(b, bytes_of(row));
        return quiet(row, STYLE_NONE);
}

static enum style format_rate(const struct top_row *row, uint64_t now _unused_, struct strbuf *b) {
        uint64_t rate = top_record_number(row, "Rate");

        if (rate > 0)
                top_format_rate(b, rate);
        return quiet(row, STYLE_BOLD);
}

static int compare_initiator(const struct top_row *a, const struct top_row *b) {
        return strcasecmp(end_name(top_record_of(a), "Initiator"), end_name(top_record_of(b), "Initiator"));
}

static int compare_responder(const struct top_row *a, const struct top_row *b) {
        return strcasecmp(end_name(top_record_of(a), "Responder"), end_name(top_record_of(b), "Responder"));
}

static int compare_protocol(const struct top_row *a, const struct top_row *b) {
        return strcmp(top_record_text(a, "Protocol"), top_record_text(b, "Protocol"));
}

static int compare_state(const struct top_row *a, const struct top_row *b) {
        return strcmp(state_of(a), state_of(b));
}

#define NUMBER_COLUMN(name, value)                                                                  \
        static int compare_##name(const struct top_row *a, const struct top_row *b) {               \
                return top_compare_numbers(value(a), value(b));                                         \
        }

static uint64_t rtt_of(const struct top_row *row) {
        return top_record_number(row, "RttAverage");
}

static uint64_t lost_of(const struct top_row *row) {
        return top_record_number(row, "Retransmissions");
}

uint64_t top_flow_last_seen(const struct top_row *row) {
        return top_record_number(row, "LastSeen");
}

static uint64_t sent_of(const struct top_row *row) {
        return top_record_number(row, "BytesSent");
}

static uint64_t received_of(const struct top_row *row) {
        return top_record_number(row, "BytesReceived");
}

NUMBER_COLUMN(rtt, rtt_of)
NUMBER_COLUMN(lost, lost_of)
NUMBER_COLUMN(seen, top_flow_last_seen)
NUMBER_COLUMN(packets, packets_of)
NUMBER_COLUMN(sent, sent_of)
NUMBER_COLUMN(received, received_of)
NUMBER_COLUMN(total, bytes_of)

/* Of flows that are silent now the larger one. */
static int compare_rate(const struct top_row *a, const struct top_row *b) {
        int r = top_compare_numbers(top_record_number(a, "Rate"), top_record_number(b, "Rate"));

        return r != 0 ? r : compare_total(a, b);
}

static void more(const struct top_row *row, struct strbuf *b) {
        static const char *const keys[] = {
                "InitiatorAddress", "ResponderAddress", "InitiatorMac", "ResponderMac", "ResponderName", "CommunityId",
                "State",
        };

        for (size_t i = 0; i < ELEMENTSOF(keys); i++)
                strbuf_printf(b, "%s\n", top_record_text(row, keys[i]));
        strbuf_printf(b, "%" PRIu64 "\n%" PRIu64, top_record_number(row, "InitiatorPort"), top_record_number(row,
                        "ResponderPort"));
}

static const struct top_column columns[] = {
        { "PROTO", 5, 6, 3, .letter = 'Y', .format = format_protocol, .compare = compare_protocol },
        { "INITIATOR", 15, 40, .letter = 'N', .format = format_initiator, .compare = compare_initiator },
        { "RESPONDER", 20, 52, .letter = 'A', .format = format_responder, .compare = compare_responder },
        { "STATE", 8, 11, 2, .letter = 'S', .format = format_state, .compare = compare_state },
        { "RTT", 6, 7, 4, true, true, 'R', format_rtt, compare_rtt },
        { "RETR", 4, 5, 6, true, true, 'X', format_lost, compare_lost },
        { "PACKETS", 7, 0, 8, true, true, 'K', format_packets, compare_packets },
        { "SENT", 8, 9, 7, true, true, 0, format_sent, compare_sent },
        { "RECEIVED", 8, 9, 7, true, true, 0, format_received, compare_received },
        { "SEEN", 5, 6, 5, true, true, 'T', format_seen, compare_seen },
        { "TOTAL", 8, 9, 1, true, true, 'M', format_total, compare_total },
        { "RATE", 9, 10, 0, true, true, 'P', format_rate, compare_rate },
};

const struct top_kind top_flows = {
        .name = "Flows",
        .columns = columns,
        .n_columns = ELEMENTSOF(columns),
        .sort = ELEMENTSOF(columns) - 1,
        .more = more,
        .free = top_record_free,
};

const char *top_flows_sort(const struct top_list *list) {
        static const struct {
                int (*compare)(const struct top_row *a, const struct top_row *b);
                const char *sort;
        } sorts[] = {
                { compare_rtt, "rtt" },
                { compare_lost, "retransmissions" },
                { compare_seen, "last" },
                { compare_packets, "bytes" },
                { compare_sent, "bytes" },
                { compare_received, "bytes" },
                { compare_total, "bytes" },
        };

        for (size_t i = 0; i < ELEMENTSOF(sorts); i++)
                if (list->kind->columns[list->sort].compare == sorts[i].compare)
                        return sorts[i].sort;
        return "rate";
}

bool top_flows_address(const char *filter, char ret[static TOP_FILTER_MAX]) {
        while (*(filter += strspn(filter, " "))) {
                size_t length = strcspn(filter, " ");
                uint8_t bytes[16];

                memcpy(ret, filter, length);
                ret[length] = '\0';
                if (inet_pton(AF_INET, ret, bytes) == 1 || inet_pton(AF_INET6, ret, bytes) == 1)
                        return true;
                filter += length;
        }
        return false;
}

/* The ends, and when it began: ports are used again. */
static void format_id(struct json_object *record, struct strbuf *b) {
        static const char *const keys[] = {
                "Protocol", "InitiatorAddress", "InitiatorPort", "ResponderAddress", "ResponderPort", "Vlan",
                        "InnerVlan",
                "FirstSeen",
        };

        for (size_t i = 0; i < ELEMENTSOF(keys); i++) {
                const char *value = json_object_get_string(json_at(record, keys[i]));

                strbuf_printf(b, "%s ", value ? value : "");
        }
}

int top_flows_from_records(struct json_object *records, struct top_row ***ret, size_t *ret_n) {
        return top_records_make(records, format_id, ret, ret_n);
}
