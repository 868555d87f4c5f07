/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Alerts for people. */

#include "cli/alert-view.h"

#include <string.h>

#include "cli/table.h"
#include "cli/when.h"

static enum style severity_style(const char *severity) {
        if (strcmp(severity, "critical") == 0)
                return STYLE_BAD;
        return strcmp(severity, "warning") == 0 ? STYLE_NOTICE : STYLE_NONE;
}

static int add_alert(struct table *t, const struct screen *s, struct json_object *a, uint64_t now) {
        bool acknowledged = json_object_get_boolean(json_at(a, "acknowledged"));
        char when[64];
        struct strbuf b = STRBUF(when);

        when_format_seen(&b, json_time_usec(json_at(a, "ts")), now, s->columns > 0);
        return table_printf(t, STYLE_NONE, "%s", json_object_get_string(json_at(a, "id"))) |
               table_add(t, s, STYLE_NONE, when) |
               table_add(t, s, severity_style(json_text_at(a, "severity")), json_text_at(a, "severity")) |
               table_add(t, s, STYLE_NONE, json_text_at(a, "kind")) | table_add(t, s, STYLE_NONE, json_text_at(a, "name")) |
               table_add(t, s, STYLE_NONE, json_text_at(a, "message")) |
               table_printf(t, STYLE_NONE, "%s", json_object_get_string(json_at(a, "count"))) |
               table_add(t, s, STYLE_DIM, json_text_at(a, "state")) |
               table_add(t, s, STYLE_DIM, acknowledged ? "yes" : "no");
}

int alerts_print(const struct screen *screen, const struct options *options, struct json_object *alerts, uint64_t now) {
        static const struct table_column columns[] = {
                { "ID", .right = true }, { "WHEN" }, { "SEVERITY", .drop = 1 }, { "KIND" },
                { "DEVICE", .min_width = 12, .drop = 6 }, /* which the message begins with */
                { "MESSAGE", .min_width = 24 }, { "TIMES", .right = true, .drop = 4 },
                { "STATE", .drop = 5 }, { "ACKNOWLEDGED", .drop = 3 },
        };
        _cleanup_(table_freep) struct table *t = NULL;
        int r = table_new(&t, columns, ELEMENTSOF(columns));

        for (size_t i = 0; r >= 0 && i < json_object_array_length(alerts); i++)
                r = add_alert(t, screen, json_object_array_get_idx(alerts, i), now);
        if (r < 0)
                return r;
        table_print(t, screen, !options->no_legend, 0);
        return 0;
}
