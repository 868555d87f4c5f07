/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stddef.h>

#include "common/cursor.h"
#include "common/macro.h"
#include "engine/packet/frame.h"

/* Frames as they stand in memory, one behind the other, each with a header of 16 bytes: seconds, their fraction, how
 * many bytes follow, how many there were on the wire; little-endian. So most capture files have them, and whoever reads
 * many can do so without a copy in between. */

#define FRAME_RUN_HEADER 16
#define FRAME_RUN_FRAME_MAX UINT32_C(262144)

struct frame_run {
        const uint8_t *next, *end; /* bytes not read yet */
        uint64_t fraction;         /* ns a unit of the header's second word */
        uint64_t number;           /* of the frame read last */
        uint32_t linktype;         /* of all of them */
};

/* The next frame; its data stays where it is. False: there is none, or not all of it, or it claims something odd. */
static inline bool frame_run_peek(const struct frame_run *run, struct frame *ret) {
        const uint8_t *p = run->next;
        ptrdiff_t left = run->end - p - FRAME_RUN_HEADER;
        uint32_t captured, length;

        if (left < 0)
                return false;
        captured = load_le32(p + 8);
        length = load_le32(p + 12);
        if (captured > left || captured > length || length > FRAME_RUN_FRAME_MAX)
                return false;
        *ret = (struct frame) {
                .ts = load_le32(p) * NSEC_PER_SEC + load_le32(p + 4) * run->fraction,
                .number = run->number + 1,
                .linktype = run->linktype,
                .captured = captured,
                .length = length,
                .data = p + FRAME_RUN_HEADER,
        };
        return true;
}

/* Reads it. False: nothing has changed. */
static inline bool frame_run_next(struct frame_run *run, struct frame *ret) {
        if (!frame_run_peek(run, ret))
                return false;
        run->next = ret->data + ret->captured;
        run->number++;
        return true;
}
