/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <signal.h>
#include <stddef.h>
#include <string.h>

#include "common/cursor.h"
#include "common/macro.h"
#include "common/once.h"
#include "engine/packet/frame.h"

/* Frames as they stand in memory, one behind the other, each with a header of 16 bytes: seconds, their fraction, how
 * many bytes follow, how many there were on the wire; little-endian. So most capture files have them, and whoever reads
 * many can do so without a copy in between. */

#define FRAME_RUN_HEADER 16
#define FRAME_RUN_FRAME_MAX UINT32_C(262144)

/* Frames in memory that is not the reader's alone: a mapped file. Others may write to it at any time, and it may go away.
 * Where they begin was found before (frame-index.h): the memory is asked no more how far one reaches. */
struct frame_run_share {
        /* Where the records begin that were not read yet; *end: where the last one ends. */
        const uint8_t *const *next, *const *end;
        uint8_t *copy; /* room for a record */
        /* The memory went away: what was read lately may have been zeros. Set while somebody reads. */
        const volatile sig_atomic_t *lost;
};

struct frame_run {
        const uint8_t *next, *end; /* bytes not read yet; not of shared ones */
        uint64_t fraction;         /* ns a unit of the header's second word */
        uint64_t number;           /* of the frame read last */
        uint32_t linktype;         /* of all of them */
        struct frame_run_share *share; /* NULL: nobody else writes to the memory */
};

/* What the header at `p` says, and the data behind it. */
static inline void frame_run_make(const struct frame_run *run, const uint8_t *p, uint32_t captured, uint32_t length,
                                  struct frame *ret) {
        *ret = (struct frame) {
                .ts = once_le32(p) * NSEC_PER_SEC + once_le32(p + 4) * run->fraction,
                .number = run->number + 1,
                .linktype = run->linktype,
                .captured = captured,
                .length = length,
                .data = p + FRAME_RUN_HEADER,
        };
}

/* The next frame of a run that is not shared; its data stays where it is. False: there is none, or not all of it, or it
 * claims something odd. */
static inline bool frame_run_peek_own(const struct frame_run *run, struct frame *ret) {
        const uint8_t *p = run->next;
        ptrdiff_t left = run->end - p - FRAME_RUN_HEADER;
        uint32_t captured, length;

        if (left < 0)
                return false;
        captured = load_le32(p + 8);
        length = load_le32(p + 12);
        if (captured > left || captured > length || __builtin_expect(length > FRAME_RUN_FRAME_MAX, false))
                return false;
        frame_run_make(run, p, captured, length, ret);
        return true;
}

static inline uint32_t frame_share_captured(const struct frame_run_share *share) {
        return (uint32_t) (share->next[1] - share->next[0]) - FRAME_RUN_HEADER;
}

/* The next frame of a shared run, which has one, for those who read each byte of it once (once.h): its data stays where it
 * is. False: it was not captured whole, or has changed, and must be left to frame_run_peek_shared(). */
static inline bool frame_run_glance(const struct frame_run *run, const struct frame_run_share *share,
                                    struct frame *ret) {
        const uint8_t *p = share->next[0];
        uint32_t length = once_le32(p + 12);

        frame_run_make(run, p, length, length, ret);
        return p + FRAME_RUN_HEADER + length == share->next[1];
}

/* The next frame of a shared run as a copy, valid until the next call. False: there is none, or it has changed, or is no
 * longer there. */
static inline bool frame_run_peek_shared(const struct frame_run *run, const struct frame_run_share *share,
                                         struct frame *ret) {
        uint32_t captured;

        if (share->next == share->end)
                return false;
        captured = frame_share_captured(share);
        memcpy(share->copy, share->next[0], FRAME_RUN_HEADER + captured);
        if (*share->lost || load_le32(share->copy + 8) != captured)
                return false;
        frame_run_make(run, share->copy, captured, MAX(load_le32(share->copy + 12), captured), ret);
        return true;
}

/* The next frame, in memory that nobody else writes to. */
static inline bool frame_run_peek(const struct frame_run *run, struct frame *ret) {
        return run->share ? frame_run_peek_shared(run, run->share, ret) : frame_run_peek_own(run, ret);
}

/* Reads it. False: nothing has changed. */
static inline bool frame_run_next(struct frame_run *run, struct frame *ret) {
        if (!frame_run_peek(run, ret))
                return false;
        if (run->share)
                run->share->next++;
        else
                run->next = ret->data + ret->captured;
        run->number++;
        return true;
}
