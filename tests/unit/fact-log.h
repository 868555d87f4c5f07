/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdio.h>
#include <string.h>

#include "engine/proto/dissector.h"

/* A sink for tests: every fact as a line "kind value", in order. */

struct fact_log {
        char text[65536];
        size_t length;
        size_t count;
};

static inline void fact_log_take(void *userdata, const struct fact *fact) {
        struct fact_log *log = userdata;
        int n = snprintf(log->text + log->length, sizeof log->text - log->length, "%s %s\n",
                         fact_kind_to_string(fact->kind), fact->value);

        if (n > 0 && (size_t) n < sizeof log->text - log->length)
                log->length += (size_t) n;
        log->count++;
}

/* Decodes one Ethernet frame and dissects it; returns what packet_decode() did. */
static inline int fact_log_frame(struct fact_log *log, const void *data, size_t length) {
        struct frame frame = { .ts = 1, .number = 1, .linktype = 1, .captured = (uint32_t) length,
                               .length = (uint32_t) length, .data = data };
        struct fact_sink sink = { fact_log_take, log };
        struct packet_decoder *decoder = NULL;
        struct packet packet;
        int r;

        memset(log, 0, sizeof *log);
        if (packet_decoder_new(&decoder) < 0)
                return -1;
        r = packet_decode(decoder, &frame, &packet);
        if (r > 0)
                dissectors_run(&packet, &sink, NULL);
        packet_decoder_free(decoder);
        return r;
}
