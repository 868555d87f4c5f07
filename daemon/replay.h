/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "common/macro.h"
#include "engine/packet/frame.h"

/* Feeds a capture file through the loop, a batch of frames a turn, as fast as it goes; everything else on
 * the loop has its turn in between. */

struct replay;

struct replay_ops {
        void (*frame)(void *userdata, const struct frame *frame);
        /* The end. `complaint` NULL: all of it was read; otherwise a sentence. May free the replay. */
        void (*end)(void *userdata, const char *complaint);
        void *userdata;
};

/* -errno of opening `path`; -EMEDIUMTYPE: not a capture file. */
int replay_new(struct replay **ret, sd_event *event, const char *path, const struct replay_ops *ops);
struct replay *replay_free(struct replay *replay);
DEFINE_CLEANUP(struct replay *, replay_free)

bool replay_ended(const struct replay *replay);
uint64_t replay_frames(const struct replay *replay);
