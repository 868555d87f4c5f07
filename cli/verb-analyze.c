/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lanscopectl analyze: runs the engine over capture files, in process. Each file has an engine, and so an
 * inventory, of its own. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/verbs.h"
#include "common/escape.h"
#include "daemon/capture-file.h"
#include "engine/engine.h"

static void print_fact(void *userdata _unused_, const struct fact *fact) {
        char mac[MAC_STRING_MAX], ip[IP_STRING_MAX], line[6 * FACT_VALUE_MAX + 256];
        struct strbuf b = STRBUF(line);

        strbuf_printf(&b, "{\"frame\":%" PRIu64 ",\"ts\":%" PRIu64 ".%06" PRIu64, fact->frame, fact->ts / NSEC_PER_SEC,
                      fact->ts % NSEC_PER_SEC / NSEC_PER_USEC);
        if (fact->flags & FACT_HAS_MAC)
                strbuf_printf(&b, ",\"mac\":\"%s\"", mac_format(&fact->mac, mac));
        else
                strbuf_string(&b, ",\"mac\":null");
        strbuf_printf(&b, ",\"ip\":\"%s\",\"fact\":\"%s\",\"value\":", ip_format(&fact->ip, ip), fact_kind_to_string(fact->kind));
        escape_json(&b, fact->value, fact->value_length);
        strbuf_string(&b, "}\n");
        fwrite_unlocked(b.data, 1, b.length, stdout);
}

static int open_file(const char *path, struct capture_file **ret) {
        int r = capture_file_open(path, ret);

        if (r == -EMEDIUMTYPE)
                fprintf(stderr, "%s: this is not a capture file (pcap or pcapng)\n", path);
        else if (r < 0)
                fprintf(stderr, "%s: cannot open: %s\n", path, strerror(-r));
        return r;
}

/* Reads all of `file` that can be read. */
static int feed_file(const char *path, struct capture_file *file, struct engine *engine) {
        struct frame frame;
        int r;

        while ((r = capture_file_next(file, &frame)) > 0)
                engine_feed_frame(engine, &frame);
        engine_flush(engine);
        if (capture_file_error(file))
                fprintf(stderr, "%s: %s\n", path, capture_file_error(file));
        else if (r < 0)
                fprintf(stderr, "%s: cannot read on: %s\n", path, strerror(-r));
        return r;
}

static int analyze_file(const char *path) {
        struct engine_ops ops = { .fact = print_fact };
        struct engine_config config;
        struct capture_file *file;
        struct engine *engine;
        int r;

        if (open_file(path, &file) < 0)
                return 1;
        engine_config_default(&config);
        config.dissect_only = true;
        r = engine_new(&engine, &config, &ops);
        if (r >= 0) {
                r = feed_file(path, file, engine);
                engine_free(engine);
        } else
                fprintf(stderr, "%s: cannot analyze: %s\n", path, strerror(-r));
        capture_file_close(file);
        return r < 0;
}

static int run(const struct options *options _unused_, int argc, char *argv[]) {
        static char buffer[1 << 16];
        int status = 0;

        setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
        for (int i = 1; i < argc; i++)
                status |= analyze_file(argv[i]);
        return status;
}

const struct verb verb_analyze = {
        .name = "analyze",
        .arguments = "FILE...",
        .min_arguments = 1,
        .max_arguments = -1,
        .summary = "Read capture files, without the service",
        .description = "Reads capture files (pcap, pcapng, gzip; '-' is standard input) and tells what the service\n"
                       "would have made of that traffic. Needs no service and no privileges.\n",
        .run = run,
};
