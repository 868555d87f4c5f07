/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A window that moves along the file, and the index of what is in it. Without an index it would be cheaper to copy than to
 * map: where a frame begins is known only when the one before it has come in from memory. */

#include "daemon/frame-view.h"

#include <errno.h>
#include <stdlib.h>

#include "common/macro.h"
#include "daemon/mapped-window.h"

#define ALIGNMENT (FRAME_VIEW_SIZE / 8) /* of where windows end: whole pages */
#define SECTIONS 4       /* records that are waited for at a time; of more the guesses cost more than the waiting */

struct frame_view {
        struct mapped_window *window;
        struct frame_run_share frames;
        uint64_t offset, end; /* of the window, of the file */
        const uint8_t *bytes; /* of the window */
        const uint8_t *starts[FRAME_INDEX_ROOM(FRAME_VIEW_SIZE)];
};

int frame_view_new(struct frame_view **ret, int fd, uint64_t offset, uint64_t end, uint8_t *copy) {
        struct frame_view *v = calloc(1, sizeof *v);
        int r;

        if (!v)
                return -ENOMEM;
        r = mapped_window_new(&v->window, fd);
        if (r < 0) {
                free(v);
                return r;
        }
        v->offset = offset;
        v->end = end;
        v->frames = (struct frame_run_share) { .next = v->starts, .end = v->starts, .copy = copy,
                                               .lost = mapped_window_lost(v->window) };
        *ret = v;
        return 0;
}

struct frame_view *frame_view_free(struct frame_view *v) {
        if (!v)
                return NULL;
        mapped_window_free(v->window);
        free(v);
        return NULL;
}

struct frame_run_share *frame_view_frames(struct frame_view *v) {
        return &v->frames;
}

uint64_t frame_view_offset(const struct frame_view *v) {
        return v->offset + (uint64_t) (*v->frames.next - v->bytes);
}

static bool is_dense(const struct frame_view *v) {
        return *v->frames.end - v->bytes < (v->frames.end - v->starts) * FRAME_VIEW_LONG;
}

bool frame_view_move(struct frame_view *v) {
        uint64_t offset = frame_view_offset(v), end = MIN(v->end, (offset + FRAME_VIEW_SIZE) / ALIGNMENT * ALIGNMENT);
        size_t n;

        if (v->frames.next != v->frames.end || *v->frames.lost || is_dense(v) || offset >= end ||
            mapped_window_move(v->window, offset, end - offset, &v->bytes) < 0)
                return false;
        n = frame_index_find(v->bytes, (uint32_t) (end - offset), SECTIONS, v->starts);
        v->offset = offset;
        v->frames.next = v->starts;
        v->frames.end = v->starts + n;
        return n > 0;
}
