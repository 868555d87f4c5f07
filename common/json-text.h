/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <json-c/json.h>

#include "common/macro.h"

/* json-c objects as text that is safe wherever it lands: json-c's own serializer passes on characters that
 * a terminal obeys. Objects are the one form in which records travel between what knows them and what
 * prints them. */

static inline void json_putp(struct json_object **o) {
        json_object_put(*o);
}

/* Writes `o` without a newline after it. Pretty: an entry a line, two spaces a level. -ENOMEM. A failed write
 * is seen in ferror(f). */
int json_text_write(FILE *f, struct json_object *o, bool pretty);

/* A CSV line (RFC 4180, CR LF) with the titles or the values of `columns` (NULL-terminated). A column is the
 * path of a value: "mac", "traffic.bytes_sent". Lists are joined by "; ", objects with "kind" and "value"
 * in them as kind=value. What is missing or null is empty. -ENOMEM. */
int json_csv_write_titles(FILE *f, const char *const columns[]);
int json_csv_write_row(FILE *f, struct json_object *o, const char *const columns[]);

/* The value at `path`, NULL if there is none. Owned by `o`. */
struct json_object *json_at(struct json_object *o, const char *path);
/* Never NULL: "" where `path` has no string. Owned by `o`. */
const char *json_text_at(struct json_object *o, const char *path);
/* The first text of a list, "" if there is none. Owned by `o`. */
const char *json_list_first(struct json_object *o, const char *path);

/* Adds `value`, taking it over; NULL is out of memory and makes the object wrong: -ENOMEM. */
int json_add(struct json_object *o, const char *key, struct json_object *value);
int json_add_text(struct json_object *o, const char *key, const char *value);

/* Seconds since the epoch with six decimals, exactly; null for 0, which means never. */
int json_add_time(struct json_object *o, const char *key, uint64_t usec);
/* The way back, 0 for null. */
uint64_t json_time_usec(struct json_object *o);
