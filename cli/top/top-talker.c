/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Who moves most, as rows. */

#include "cli/top/top-talker.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "cli/top/top-text.h"

static bool is_device(struct json_object *record) {
        return strcmp(json_text_at(record, "Device"), "/") != 0;
}

static const char *name_of(const struct top_row *row) {
        const char *name = top_record_text(row, "Name");

        return *name ? name : top_record_text(row, "Address");
}

static enum style format_name(const struct top_row *row, uint64_t now _unused_, struct strbuf *b) {
        strbuf_string(b, name_of(row));
        return is_device(top_record_of(row)) ? STYLE_BOLD : STYLE_NONE;
}

static enum style format_address(const struct top_row *row, uint64_t now _unused_, struct strbuf *b) {
        strbuf_string(b, top_record_text(row, "Address"));
        return STYLE_NONE;
}

static enum style format_where(const struct top_row *row, uint64_t now _unused_, struct strbuf *b) {
        strbuf_string(b, is_device(top_record_of(row)) ? "here" : "");
        return STYLE_DIM;
}

static uint64_t bytes_of(const struct top_row *row) {
        return top_record_number(row, "BytesSent") + top_record_number(row, "BytesReceived");
}

static uint64_t packets_of(const struct top_row *row) {
        return top_record_number(row, "PacketsSent") + top_record_number(row, "PacketsReceived");
}

/* The service tells the rate of both ways together: a part of it as large as that of the bytes. */
static uint64_t part_of_rate(const struct top_row *row, const char *key) {
        uint64_t all = bytes_of(row);
        double part = all > 0 ? (double) top_record_number(row, key) / (double) all : 0;

        return (uint64_t) (part * (double) top_record_number(row, "Rate"));
}

static uint64_t sent_of(const struct top_row *row) {
        return part_of_rate(row, "BytesSent");
}

static uint64_t received_of(const struct top_row *row) {
        return part_of_rate(row, "BytesReceived");
}

static enum style format_sent(const struct top_row *row, uint64_t now _unused_, struct strbuf *b) {
        top_format_rate(b, sent_of(row));
        return STYLE_NONE;
}

static enum style format_received(const struct top_row *row, uint64_t now _unused_, struct strbuf *b) {
        top_format_rate(b, received_of(row));
        return STYLE_NONE;
}

static enum style format_packets(const struct top_row *row, uint64_t now _unused_, struct strbuf *b) {
        top_format_count(b, packets_of(row));
        return STYLE_NONE;
}

static enum style format_bytes(const struct top_row *row, uint64_t now _unused_, struct strbuf *b) {
        top_format_bytes(b, bytes_of(row));
        return STYLE_NONE;
}

static enum style format_rate(const struct top_row *row, uint64_t now _unused_, struct strbuf *b) {
        top_format_rate(b, top_record_number(row, "Rate"));
        return STYLE_BOLD;
}

static int compare_name(const struct top_row *a, const struct top_row *b) {
        return strcasecmp(name_of(a), name_of(b));
}

static int compare_address(const struct top_row *a, const struct top_row *b) {
        return strcmp(top_record_text(a, "Address"), top_record_text(b, "Address"));
}

static int compare_where(const struct top_row *a, const struct top_row *b) {
        return is_device(top_record_of(a)) - is_device(top_record_of(b));
}

static int compare_sent(const struct top_row *a, const struct top_row *b) {
        return top_compare_numbers(sent_of(a), sent_of(b));
}

static int compare_received(const struct top_row *a, const struct top_row *b) {
        return top_compare_numbers(received_of(a), received_of(b));
}

static int compare_packets(const struct top_row *a, const struct top_row *b) {
        return top_compare_numbers(packets_of(a), packets_of(b));
}

static int compare_bytes(const struct top_row *a, const struct top_row *b) {
        return top_compare_numbers(bytes_of(a), bytes_of(b));
}

static int compare_rate(const struct top_row *a, const struct top_row *b) {
        return top_compare_numbers(top_record_number(a, "Rate"), top_record_number(b, "Rate"));
}

static const struct top_column columns[] = {
        { "NAME", 16, 48, .letter = 'N', .format = format_name, .compare = compare_name },
        { "ADDRESS", 15, 40, 2, .letter = 'A', .format = format_address, .compare = compare_address },
        { "WHERE", 5, 0, 5, false, true, 'S', format_where, compare_where },
        { "PACKETS", 7, 0, 4, true, true, 'K', format_packets, compare_packets },
        { "BYTES", 8, 9, 3, true, true, 'M', format_bytes, compare_bytes },
        { "SENDS", 9, 10, 1, true, true, 0, format_sent, compare_sent },
        { "GETS", 9, 10, 1, true, true, 0, format_received, compare_received },
        { "RATE", 9, 10, 0, true, true, 'P', format_rate, compare_rate },
};

const struct top_kind top_talkers = {
        .name = "Talkers",
        .columns = columns,
        .n_columns = ELEMENTSOF(columns),
        .sort = ELEMENTSOF(columns) - 1,
        .free = top_record_free,
};

static void format_id(struct json_object *record, struct strbuf *b) {
        strbuf_string(b, is_device(record) ? json_text_at(record, "Device") : json_text_at(record, "Address"));
}

int top_talkers_from_records(struct json_object *records, struct top_row ***ret, size_t *ret_n) {
        return top_records_make(records, format_id, ret, ret_n);
}
