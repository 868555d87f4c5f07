/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cli/top/top-list.h"
#include "common/json-text.h"

/* Rows that keep their whole record: of what there are at most as many as were asked for. */

struct top_record {
        struct top_row row;
        struct json_object *record;
};

void top_record_free(struct top_row *row);
struct json_object *top_record_of(const struct top_row *row); /* owned by the row */
/* "" and 0 where there is none. */
const char *top_record_text(const struct top_row *row, const char *key);
uint64_t top_record_number(const struct top_row *row, const char *key);
bool top_record_flag(const struct top_row *row, const char *key);

/* A row for each record; `format_id` tells them apart. The caller owns `*ret`. -ENOMEM. */
int top_records_make(struct json_object *records, void (*format_id)(struct json_object *record, struct strbuf *b),
                     struct top_row ***ret, size_t *ret_n);

static inline int top_compare_numbers(uint64_t a, uint64_t b) {
        return (a > b) - (a < b);
}
