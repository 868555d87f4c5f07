/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* For each alert that comes in, as `lanscopectl analyze --alerts` tells it, the applet's sentence about it; "-" where the table has
 * none and the service's own would be shown. With --refused as somebody reads it who has no right to inspect traffic. */

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "applet/alert-sentence.h"

static char *text_of(struct json_object *alert, const char *key) {
        struct json_object *value;

        return json_object_object_get_ex(alert, key, &value) ? (char *) json_object_get_string(value) : (char *) "";
}

static void print_sentence(struct json_object *alert, gboolean refused) {
        LanscopeAlertInfo info = { .id = 1, .kind = text_of(alert, "kind"), .mac = text_of(alert, "mac"), .name = text_of(alert, "name"),
                                   .device = (char *) "/", .network = (char *) "/", .peer = (char *) "", .message = (char *) "-",
                                   .details = (char *) "" };
        g_autofree char *sentence = NULL;

        if (!refused) {
                info.peer = text_of(alert, "peer");
                info.details = text_of(alert, "details");
        }
        sentence = alert_sentence(&info);
        puts(strstr(sentence, "\u2068-\u2069") == sentence ? "-" : sentence);
}

int main(int argc, char *argv[]) {
        gboolean refused = argc > 1 && strcmp(argv[1], "--refused") == 0;
        char line[16384];

        while (fgets(line, sizeof line, stdin)) {
                struct json_object *alert = json_tokener_parse(line);

                if (!alert)
                        return 1;
                print_sentence(alert, refused);
                json_object_put(alert);
        }
        return 0;
}
