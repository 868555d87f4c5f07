/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lanscopectl analyze: runs the engine over capture files, in process. */

#include <stdio.h>
#include <string.h>

#include "cli/verbs.h"
#include "common/escape.h"
#include "daemon/capture-file.h"
#include "engine/engine.h"

static void print_fact(void *userdata _unused_, const struct fact *fact) {
        char mac[MAC_STRING_MAX], ip[IP_STRING_MAX], value[6 * FACT_VALUE_MAX + 3];
        struct strbuf b = STRBUF(value);

        escape_json(&b, fact->value, fact->value_length);
        printf("{\"frame\":%llu,\"ts\":%llu.%06llu,\"mac\":", (unsigned long long) fact->frame,
               (unsigned long long) (fact->ts / NSEC_PER_SEC), (unsigned long long) (fact->ts % NSEC_PER_SEC / 1000));
        if (fact->flags & FACT_HAS_MAC)
                printf("\"%s\"", mac_format(&fact->mac, mac));
        else
                printf("null");
        printf(",\"ip\":\"%s\",\"fact\":\"%s\",\"value\":%s}\n", ip_format(&fact->ip, ip), fact_kind_to_string(fact->kind), value);
}

int verb_analyze(int argc, char *argv[]) {
        struct engine_ops ops = { .fact = print_fact };
        struct engine_config config;

        engine_config_default(&config);
        config.dissect_only = true;
        for (int i = 1; i < argc; i++) {
                struct capture_file *file;
                struct engine *engine;
                struct frame frame;

                if (strcmp(argv[i], "--facts") == 0)
                        continue;
                if (capture_file_open(argv[i], &file) < 0 || engine_new(&engine, &config, &ops) < 0)
                        return 1;
                while (capture_file_next(file, &frame) > 0)
                        engine_feed_frame(engine, &frame);
                engine_flush(engine);
                engine_free(engine);
                capture_file_close(file);
        }
        return 0;
}
