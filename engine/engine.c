/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The composition: frames are decoded, dissected into facts, and the facts go on to whoever listens. */

#include "engine/engine.h"

#include <errno.h>
#include <stdlib.h>

struct engine {
        struct engine_config config;
        struct engine_ops ops;
        struct packet_decoder *decoder;
        struct engine_counters counters;
        uint64_t now;
};

void engine_config_default(struct engine_config *config) {
        *config = (struct engine_config) { .settle = 20 * NSEC_PER_SEC, .first_alert_id = 1 };
}

int engine_new(struct engine **ret, const struct engine_config *config, const struct engine_ops *ops) {
        struct engine *e = calloc(1, sizeof *e);
        int r;

        if (!e)
                return -ENOMEM;
        e->config = *config;
        e->ops = *ops;
        r = packet_decoder_new(&e->decoder);
        if (r < 0) {
                free(e);
                return r;
        }
        *ret = e;
        return 0;
}

struct engine *engine_free(struct engine *e) {
        if (!e)
                return NULL;
        packet_decoder_free(e->decoder);
        free(e);
        return NULL;
}

static void take_fact(void *userdata, const struct fact *fact) {
        struct engine *e = userdata;

        e->counters.facts++;
        if (e->ops.fact)
                e->ops.fact(e->ops.userdata, fact);
}

void engine_feed_frame(struct engine *e, const struct frame *frame) {
        struct fact_sink sink = { take_fact, e };
        struct packet packet;

        if (frame->ts < e->now)
                e->counters.clock_backwards++;
        else
                e->now = frame->ts;
        if (packet_decode(e->decoder, frame, &packet) > 0)
                dissectors_run(&packet, &sink, e->counters.dissectors);
}

void engine_flush(struct engine *e _unused_) {
}
