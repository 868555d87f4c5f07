/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Rows that keep their whole record. */

#include "cli/top/top-record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void top_record_free(struct top_row *row) {
        struct top_record *r = (struct top_record *) row;

        if (!r)
                return;
        free(r->row.id);
        json_object_put(r->record);
        free(r);
}

struct json_object *top_record_of(const struct top_row *row) {
        return ((const struct top_record *) row)->record;
}

const char *top_record_text(const struct top_row *row, const char *key) {
        return json_text_at(top_record_of(row), key);
}

uint64_t top_record_number(const struct top_row *row, const char *key) {
        return json_object_get_uint64(json_at(top_record_of(row), key));
}

bool top_record_flag(const struct top_row *row, const char *key) {
        return json_object_get_boolean(json_at(top_record_of(row), key));
}

static struct top_row *record_new(struct json_object *record, const char *id) {
        struct top_record *r = calloc(1, sizeof *r);

        if (!r)
                return NULL;
        r->record = json_object_get(record);
        r->row.id = strdup(id);
        if (!r->row.id) {
                top_record_free(&r->row);
                return NULL;
        }
        return &r->row;
}

int top_records_make(struct json_object *records, void (*format_id)(struct json_object *record, struct strbuf *b),
                     struct top_row ***ret, size_t *ret_n) {
        size_t n = json_object_array_length(records);
        struct top_row **rows = calloc(MAX(n, (size_t) 1), sizeof *rows);

        for (size_t i = 0; rows && i < n; i++) {
                struct json_object *record = json_object_array_get_idx(records, i);
                char id[TOP_CELL_MAX];
                struct strbuf b = STRBUF(id);

                format_id(record, &b);
                rows[i] = record_new(record, id);
                if (rows[i])
                        continue;
                while (i-- > 0)
                        top_record_free(rows[i]);
                free(rows);
                return -ENOMEM;
        }
        if (!rows)
                return -ENOMEM;
        *ret = rows;
        *ret_n = n;
        return 0;
}
