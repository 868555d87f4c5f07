/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/packet/frame-index.h"
#include "engine/packet/frame-run.h"

/* The frames of a plain pcap where they stand in the page cache. To read them is to copy them, which takes most of the
 * time where few of the bytes are looked at: of packets of 768 bytes 100 ns each, where to map them takes 25. */

/* Bytes mapped at a time: half of it is 5 % slower, and twice as many would count as memory. Tests have smaller ones. */
#ifndef FRAME_VIEW_SIZE
#define FRAME_VIEW_SIZE (UINT32_C(896) * 1024)
#endif

/* Bytes of a record, on average, for which it pays: shorter ones are copied faster than they are found. */
#ifndef FRAME_VIEW_LONG
#define FRAME_VIEW_LONG 192
#endif

struct frame_view;

/* Of the records of `fd` from `offset` up to `end`, bytes in the file. `fd` and `copy`, which is for frames that have to
 * be copied, stay the caller's; `copy` has room for FRAME_RUN_HEADER + FRAME_RUN_FRAME_MAX bytes. There are no frames yet. */
int frame_view_new(struct frame_view **ret, int fd, uint64_t offset, uint64_t end, uint8_t *copy);
struct frame_view *frame_view_free(struct frame_view *view);

/* For a run of them. */
struct frame_run_share *frame_view_frames(struct frame_view *view);
/* When all were read: the frames behind them. False: not all were; or there are no more, or none that can be had so, or
 * they are so short that reading is cheaper. Then somebody has to read on from frame_view_offset(). */
bool frame_view_move(struct frame_view *view);
/* Where in the file the next frame begins, or the one behind the last. */
uint64_t frame_view_offset(const struct frame_view *view);
