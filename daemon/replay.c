/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A capture file as a source of frames on the event loop. */

#include "daemon/replay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/capture-file.h"

#define REPLAY_BATCH 256

struct replay {
        struct replay_ops ops;
        struct capture_file *file;
        sd_event_source *source;
        uint64_t frames;
        bool ended;
};

static int end(struct replay *r, const char *complaint) {
        r->ended = true;
        (void) sd_event_source_set_enabled(r->source, SD_EVENT_OFF);
        r->ops.end(r->ops.userdata, complaint);
        return 0;
}

static int on_turn(sd_event_source *s _unused_, void *userdata) {
        struct replay *r = userdata;

        for (unsigned i = 0; i < REPLAY_BATCH; i++) {
                struct frame frame;
                int k = capture_file_next(r->file, &frame);

                if (k < 0) {
                        const char *why = capture_file_error(r->file);

                        return end(r, why ? why : strerror(-k));
                }
                if (k == 0)
                        return end(r, capture_file_error(r->file));
                r->frames++;
                r->ops.frame(r->ops.userdata, &frame);
        }
        return 0;
}

int replay_new(struct replay **ret, sd_event *event, const char *path, const struct replay_ops *ops) {
        _cleanup_(replay_freep) struct replay *r = calloc(1, sizeof *r);
        int k;

        if (!r)
                return -ENOMEM;
        r->ops = *ops;
        k = capture_file_open(path, &r->file);
        if (k < 0)
                return k;
        k = sd_event_add_defer(event, &r->source, on_turn, r);
        if (k >= 0) /* below everything else, so that calls are answered meanwhile */
                k = sd_event_source_set_priority(r->source, SD_EVENT_PRIORITY_IDLE);
        if (k >= 0)
                k = sd_event_source_set_enabled(r->source, SD_EVENT_ON);
        if (k < 0)
                return k;
        (void) sd_event_source_set_description(r->source, "replay");
        *ret = TAKE_PTR(r);
        return 0;
}

struct replay *replay_free(struct replay *r) {
        if (!r)
                return NULL;
        sd_event_source_disable_unref(r->source);
        if (r->file)
                capture_file_close(r->file);
        free(r);
        return NULL;
}

bool replay_ended(const struct replay *r) {
        return r->ended;
}

uint64_t replay_frames(const struct replay *r) {
        return r->frames;
}
