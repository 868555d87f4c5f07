/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Alerts as rows. */

#include "cli/top/top-alert.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/top/top-text.h"

static struct json_object *record_of(const struct top_row *row) {
        return ((const struct top_alert *) row)->record;
}

static const char *text_of(const struct top_row *row, const char *key) {
        return json_text_at(record_of(row), key);
}

static bool is_acknowledged(const struct top_row *row) {
        return json_object_get_boolean(json_at(record_of(row), "acknowledged"));
}

static uint64_t time_of(const struct top_row *row) {
        return json_time_usec(json_at(record_of(row), "ts"));
}

static uint64_t id_of(const struct top_row *row) {
        return json_object_get_uint64(json_at(record_of(row), "id"));
}

static int severity_of(const struct top_row *row) {
        const char *severity = text_of(row, "severity");

        return strcmp(severity, "critical") == 0 ? 2 : strcmp(severity, "warning") == 0;
}

static enum style quiet(const struct top_row *row, enum style style) {
        return is_acknowledged(row) ? STYLE_DIM : style;
}

static enum style format_id(const struct top_row *row, uint64_t now _unused_, struct strbuf *b) {
        strbuf_string(b, json_object_get_string(json_at(record_of(row), "id")));
        return quiet(row, STYLE_NONE);
}

static enum style format_when(const struct top_row *row, uint64_t now, struct strbuf *b) {
        top_format_age(b, time_of(row), now);
        return quiet(row, STYLE_NONE);
}

static enum style format_severity(const struct top_row *row, uint64_t now _unused_, struct strbuf *b) {
        static const enum style styles[] = { STYLE_NONE, STYLE_NOTICE, STYLE_BAD };

        strbuf_string(b, text_of(row, "severity"));
        return quiet(row, styles[severity_of(row)]);
}

static enum style format_kind(const struct top_row *row, uint64_t now _unused_, struct strbuf *b) {
        strbuf_string(b, text_of(row, "kind"));
        return quiet(row, STYLE_NONE);
}

static enum style format_name(const struct top_row *row, uint64_t now _unused_, struct strbuf *b) {
        strbuf_string(b, text_of(row, "name"));
        return quiet(row, STYLE_BOLD);
}

static enum style format_message(const struct top_row *row, uint64_t now _unused_, struct strbuf *b) {
        strbuf_string(b, text_of(row, "message"));
        return quiet(row, STYLE_NONE);
}

static enum style format_acknowledged(const struct top_row *row, uint64_t now _unused_, struct strbuf *b) {
        strbuf_string(b, is_acknowledged(row) ? "yes" : "no");
        return STYLE_DIM;
}

static int compare_numbers(uint64_t a, uint64_t b) {
        return (a > b) - (a < b);
}

static int compare_id(const struct top_row *a, const struct top_row *b) {
        return compare_numbers(id_of(a), id_of(b));
}

static int compare_when(const struct top_row *a, const struct top_row *b) {
        int r = compare_numbers(time_of(a), time_of(b));

        return r != 0 ? r : compare_id(a, b);
}

static int compare_severity(const struct top_row *a, const struct top_row *b) {
        int r = severity_of(a) - severity_of(b);

        return r != 0 ? r : compare_when(a, b);
}

static int compare_kind(const struct top_row *a, const struct top_row *b) {
        return strcmp(text_of(a, "kind"), text_of(b, "kind"));
}

static int compare_name(const struct top_row *a, const struct top_row *b) {
        return strcasecmp(text_of(a, "name"), text_of(b, "name"));
}

static int compare_acknowledged(const struct top_row *a, const struct top_row *b) {
        return is_acknowledged(a) - is_acknowledged(b);
}

static void more(const struct top_row *row, struct strbuf *b) {
        strbuf_printf(b, "%s\n%s", text_of(row, "mac"), text_of(row, "peer"));
}

static void alert_free(struct top_row *row) {
        struct top_alert *a = (struct top_alert *) row;

        if (!a)
                return;
        free(a->row.id);
        json_object_put(a->record);
        free(a);
}

static const struct top_column columns[] = {
        { "ID", 5, 0, 5, true, true, 'K', format_id, compare_id },
        { "WHEN", 5, 6, 0, true, true, 'T', format_when, compare_when },
        { "SEVERITY", 8, 0, 3, false, true, 'P', format_severity, compare_severity },
        { "KIND", 14, 22, 4, .letter = 'Y', .format = format_kind, .compare = compare_kind },
        { "DEVICE", 14, 26, .letter = 'N', .format = format_name, .compare = compare_name },
        { "MESSAGE", 30, 255, .format = format_message },
        { "ACK", 3, 0, 2, .letter = 'S', .format = format_acknowledged, .compare = compare_acknowledged },
};

const struct top_kind top_alerts = {
        .name = "Alerts",
        .columns = columns,
        .n_columns = ELEMENTSOF(columns),
        .sort = 1,
        .more = more,
        .free = alert_free,
};

static struct top_row *alert_new(struct json_object *record) {
        struct top_alert *a = calloc(1, sizeof *a);

        if (!a)
                return NULL;
        a->record = json_object_get(record);
        a->row.id = strdup(json_object_get_string(json_at(record, "id")) ?: "");
        if (!a->row.id) {
                alert_free(&a->row);
                return NULL;
        }
        return &a->row;
}

int top_alerts_from_records(struct json_object *records, struct top_row ***ret, size_t *ret_n) {
        size_t n = json_object_array_length(records);
        struct top_row **rows = calloc(MAX(n, (size_t) 1), sizeof *rows);

        for (size_t i = 0; rows && i < n; i++) {
                rows[i] = alert_new(json_object_array_get_idx(records, i));
                if (rows[i])
                        continue;
                while (i-- > 0)
                        alert_free(rows[i]);
                free(rows);
                return -ENOMEM;
        }
        if (!rows)
                return -ENOMEM;
        *ret = rows;
        *ret_n = n;
        return 0;
}
