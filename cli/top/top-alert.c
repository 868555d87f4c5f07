/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Alerts as rows. */

#include "cli/top/top-alert.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "cli/top/top-text.h"

static bool is_acknowledged(const struct top_row *row) {
        return top_record_flag(row, "acknowledged");
}

static uint64_t time_of(const struct top_row *row) {
        return json_time_usec(json_at(top_record_of(row), "ts"));
}

static int severity_of(const struct top_row *row) {
        const char *severity = top_record_text(row, "severity");

        return strcmp(severity, "critical") == 0 ? 2 : strcmp(severity, "warning") == 0;
}

static enum style quiet(const struct top_row *row, enum style style) {
        return is_acknowledged(row) ? STYLE_DIM : style;
}

static enum style format_id(const struct top_row *row, uint64_t now _unused_, struct strbuf *b) {
        strbuf_printf(b, "%" PRIu64, top_record_number(row, "id"));
        return quiet(row, STYLE_NONE);
}

static enum style format_when(const struct top_row *row, uint64_t now, struct strbuf *b) {
        top_format_age(b, time_of(row), now);
        return quiet(row, STYLE_NONE);
}

static enum style format_severity(const struct top_row *row, uint64_t now _unused_, struct strbuf *b) {
        static const enum style styles[] = { STYLE_NONE, STYLE_NOTICE, STYLE_BAD };

        strbuf_string(b, top_record_text(row, "severity"));
        return quiet(row, styles[severity_of(row)]);
}

static enum style format_kind(const struct top_row *row, uint64_t now _unused_, struct strbuf *b) {
        strbuf_string(b, top_record_text(row, "kind"));
        return quiet(row, STYLE_NONE);
}

static enum style format_name(const struct top_row *row, uint64_t now _unused_, struct strbuf *b) {
        strbuf_string(b, top_record_text(row, "name"));
        return quiet(row, STYLE_BOLD);
}

static enum style format_message(const struct top_row *row, uint64_t now _unused_, struct strbuf *b) {
        strbuf_string(b, top_record_text(row, "message"));
        return quiet(row, STYLE_NONE);
}

static enum style format_acknowledged(const struct top_row *row, uint64_t now _unused_, struct strbuf *b) {
        strbuf_string(b, is_acknowledged(row) ? "yes" : "no");
        return STYLE_DIM;
}

static int compare_id(const struct top_row *a, const struct top_row *b) {
        return top_compare_numbers(top_record_number(a, "id"), top_record_number(b, "id"));
}

static int compare_when(const struct top_row *a, const struct top_row *b) {
        int r = top_compare_numbers(time_of(a), time_of(b));

        return r != 0 ? r : compare_id(a, b);
}

static int compare_severity(const struct top_row *a, const struct top_row *b) {
        int r = severity_of(a) - severity_of(b);

        return r != 0 ? r : compare_when(a, b);
}

static int compare_kind(const struct top_row *a, const struct top_row *b) {
        return strcmp(top_record_text(a, "kind"), top_record_text(b, "kind"));
}

static int compare_name(const struct top_row *a, const struct top_row *b) {
        return strcasecmp(top_record_text(a, "name"), top_record_text(b, "name"));
}

static int compare_acknowledged(const struct top_row *a, const struct top_row *b) {
        return is_acknowledged(a) - is_acknowledged(b);
}

static void more(const struct top_row *row, struct strbuf *b) {
        strbuf_printf(b, "%s\n%s", top_record_text(row, "mac"), top_record_text(row, "peer"));
}

static const struct top_column columns[] = {
        { "ID", 5, 0, 1, true, true, 'K', format_id, compare_id },
        { "WHEN", 5, 6, 0, true, true, 'T', format_when, compare_when },
        { "SEVERITY", 8, 0, 1, false, true, 'P', format_severity, compare_severity },
        { "KIND", 16, .letter = 'Y', .format = format_kind, .compare = compare_kind },
        { "DEVICE", 14, 26, 5, .letter = 'N', .format = format_name, .compare = compare_name },
        { "MESSAGE", 30, 255, .format = format_message },
        { "ACK", 3, 0, 4, .letter = 'S', .format = format_acknowledged, .compare = compare_acknowledged },
};

const struct top_kind top_alerts = {
        .name = "Alerts",
        .columns = columns,
        .n_columns = ELEMENTSOF(columns),
        .sort = 1,
        .more = more,
        .free = top_record_free,
};

static void format_row_id(struct json_object *record, struct strbuf *b) {
        strbuf_printf(b, "%" PRIu64, json_object_get_uint64(json_at(record, "id")));
}

int top_alerts_from_records(struct json_object *records, struct top_row ***ret, size_t *ret_n) {
        return top_records_make(records, format_row_id, ret, ret_n);
}
