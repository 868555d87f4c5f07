/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* JSON and CSV from json-c objects. Owns no data; all text passes through escape.h. */

#include "common/json-text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/escape.h"

typedef void (*escape_fn)(struct strbuf *b, const char *s, size_t length);

/* `factor`: the most bytes that one byte can become. */
static int write_escaped(FILE *f, const char *s, size_t length, escape_fn escape, size_t factor) {
        char small[1024];
        _cleanup_(freep) char *large = NULL;
        size_t size = length * factor + 8;
        struct strbuf b;

        if (size > sizeof small) {
                large = malloc(size);
                if (!large)
                        return -ENOMEM;
        }
        b = strbuf_make(large ? large : small, size > sizeof small ? size : sizeof small);
        escape(&b, s, length);
        fwrite_unlocked(b.data, 1, b.length, f);
        return 0;
}

static void new_line(FILE *f, bool pretty, unsigned level) {
        if (pretty)
                fprintf(f, "\n%*s", (int) level * 2, "");
}

static int write_value(FILE *f, struct json_object *o, bool pretty, unsigned level);

static int write_array(FILE *f, struct json_object *o, bool pretty, unsigned level) {
        size_t n = json_object_array_length(o);
        int r;

        putc_unlocked('[', f);
        for (size_t i = 0; i < n; i++) {
                if (i > 0)
                        putc_unlocked(',', f);
                new_line(f, pretty, level + 1);
                r = write_value(f, json_object_array_get_idx(o, i), pretty, level + 1);
                if (r < 0)
                        return r;
        }
        if (n > 0)
                new_line(f, pretty, level);
        putc_unlocked(']', f);
        return 0;
}

static int write_object(FILE *f, struct json_object *o, bool pretty, unsigned level) {
        const char *before = "";
        int r;

        putc_unlocked('{', f);
        json_object_object_foreach(o, key, value) {
                fputs_unlocked(before, f);
                new_line(f, pretty, level + 1);
                r = write_escaped(f, key, strlen(key), escape_json, 6);
                if (r < 0)
                        return r;
                fputs_unlocked(pretty ? ": " : ":", f);
                r = write_value(f, value, pretty, level + 1);
                if (r < 0)
                        return r;
                before = ",";
        }
        if (*before)
                new_line(f, pretty, level);
        putc_unlocked('}', f);
        return 0;
}

static int write_value(FILE *f, struct json_object *o, bool pretty, unsigned level) {
        switch (json_object_get_type(o)) {
        case json_type_object:
                return write_object(f, o, pretty, level);
        case json_type_array:
                return write_array(f, o, pretty, level);
        case json_type_string:
                return write_escaped(f, json_object_get_string(o), (size_t) json_object_get_string_len(o), escape_json, 6);
        case json_type_null:
        case json_type_boolean:
        case json_type_double:
        case json_type_int:
                fputs_unlocked(json_object_to_json_string(o), f);
                return 0;
        }
        return 0;
}

int json_text_write(FILE *f, struct json_object *o, bool pretty) {
        return write_value(f, o, pretty, 0);
}

struct json_object *json_at(struct json_object *o, const char *path) {
        char key[64];

        while (o && json_object_is_type(o, json_type_object)) {
                size_t n = strcspn(path, ".");

                if (n >= sizeof key)
                        return NULL;
                memcpy(key, path, n);
                key[n] = '\0';
                if (!json_object_object_get_ex(o, key, &o))
                        return NULL;
                if (path[n] == '\0')
                        return o;
                path += n + 1;
        }
        return NULL;
}

const char *json_text_at(struct json_object *o, const char *path) {
        struct json_object *value = json_at(o, path);

        return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
}

const char *json_list_first(struct json_object *o, const char *path) {
        struct json_object *list = json_at(o, path);

        if (!json_object_is_type(list, json_type_array) || json_object_array_length(list) == 0)
                return "";
        return json_object_get_string(json_object_array_get_idx(list, 0));
}

/* A value as one line of plain text, to be escaped by the caller. */
static void put_flat(FILE *f, struct json_object *o) {
        if (json_object_is_type(o, json_type_array)) {
                for (size_t i = 0; i < json_object_array_length(o); i++) {
                        fputs_unlocked(i > 0 ? "; " : "", f);
                        put_flat(f, json_object_array_get_idx(o, i));
                }
        } else if (json_object_is_type(o, json_type_object) && json_at(o, "kind"))
                fprintf(f, "%s=%s", json_text_at(o, "kind"), json_text_at(o, "value"));
        else if (o)
                fputs_unlocked(json_object_get_string(o), f);
}

static int write_field(FILE *f, struct json_object *value) {
        _cleanup_(freep) char *text = NULL;
        size_t length = 0;
        FILE *flat;

        if (!value)
                return 0;
        flat = open_memstream(&text, &length);
        if (!flat)
                return -ENOMEM;
        put_flat(flat, value);
        if (fclose(flat) != 0)
                return -ENOMEM;
        return write_escaped(f, text, length, escape_csv, 4);
}

int json_csv_write_titles(FILE *f, const char *const columns[]) {
        for (size_t i = 0; columns[i]; i++)
                fprintf(f, "%s%s", i > 0 ? "," : "", columns[i]);
        fputs_unlocked("\r\n", f);
        return 0;
}

int json_csv_write_row(FILE *f, struct json_object *o, const char *const columns[]) {
        int r;

        for (size_t i = 0; columns[i]; i++) {
                fputs_unlocked(i > 0 ? "," : "", f);
                r = write_field(f, json_at(o, columns[i]));
                if (r < 0)
                        return r;
        }
        fputs_unlocked("\r\n", f);
        return 0;
}

int json_add(struct json_object *o, const char *key, struct json_object *value) {
        if (!value)
                return -ENOMEM;
        if (json_object_object_add(o, key, value) < 0) {
                json_object_put(value);
                return -ENOMEM;
        }
        return 0;
}

int json_add_text(struct json_object *o, const char *key, const char *value) {
        return json_add(o, key, json_object_new_string(value));
}

int json_add_time(struct json_object *o, const char *key, uint64_t usec) {
        char text[32];

        if (usec == 0)
                return json_object_object_add(o, key, NULL) < 0 ? -ENOMEM : 0;
        snprintf(text, sizeof text, "%" PRIu64 ".%06" PRIu64, usec / USEC_PER_SEC, usec % USEC_PER_SEC);
        return json_add(o, key, json_object_new_double_s((double) usec / USEC_PER_SEC, text));
}

uint64_t json_time_usec(struct json_object *o) {
        const char *text = o ? json_object_to_json_string(o) : "";
        char *end;
        uint64_t usec = strtoull(text, &end, 10) * USEC_PER_SEC;
        uint64_t unit = USEC_PER_SEC;

        if (*end != '.')
                return usec;
        for (end++; *end >= '0' && *end <= '9' && unit > 1; end++) {
                unit /= 10;
                usec += (uint64_t) (*end - '0') * unit;
        }
        return usec;
}
