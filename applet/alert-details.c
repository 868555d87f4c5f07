/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Flattened: what lies in lists stands behind its key, with commas; what lies in objects has the keys of both. */

#include "applet/alert-details.h"

#include <json-c/json.h>
#include <string.h>

#include "applet/plain-text.h"

#define DEPTH_MAX 8

static void append_value(GString *out, struct json_object *value) {
        g_autofree char *text = plain_text(json_object_get_string(value));

        g_string_append(out, text);
}

static void append_list(GString *out, struct json_object *list) {
        for (size_t i = 0; i < json_object_array_length(list); i++) {
                if (i > 0)
                        g_string_append(out, ", ");
                append_value(out, json_object_array_get_idx(list, i));
        }
}

static char *key_in_words(const char *prefix, const char *key) {
        char *words = *prefix ? g_strdup_printf("%s %s", prefix, key) : g_strdup(key);

        return g_strdelimit(words, "_", ' ');
}

static void append_object(GString *out, struct json_object *object, const char *prefix, unsigned depth) {
        json_object_object_foreach(object, key, value) {
                g_autofree char *words = key_in_words(prefix, key);

                if (out->len >= ALERT_DETAILS_MAX || !value)
                        continue;
                if (json_object_is_type(value, json_type_object)) {
                        if (depth < DEPTH_MAX)
                                append_object(out, value, words, depth + 1);
                        continue;
                }
                if (json_object_is_type(value, json_type_array) && json_object_array_length(value) == 0)
                        continue;
                g_string_append_printf(out, "%s%s: ", out->len > 0 ? "\n" : "", words);
                if (json_object_is_type(value, json_type_array))
                        append_list(out, value);
                else
                        append_value(out, value);
        }
}

char *alert_details_in_words(const char *json) {
        struct json_object *object = json_tokener_parse(json);
        GString *out = g_string_new(NULL);
        g_autofree char *all = NULL;

        if (json_object_is_type(object, json_type_object))
                append_object(out, object, "", 0);
        json_object_put(object);
        all = g_string_free(out, FALSE);
        return g_utf8_substring(all, 0, MIN(g_utf8_strlen(all, -1), ALERT_DETAILS_MAX));
}
