/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stddef.h>

#include "engine/packet/frame-run.h"

/* Reads capture files: pcap (micro- and nanoseconds, either byte order, and the modified variants that
 * libpcap knows) and pcapng (several sections and interfaces, each with its own link type and clock),
 * plain or gzip. An own reader, because libpcap refuses a pcapng with two link types and cannot say at
 * which byte a file is damaged. */

struct capture_file;

/* -errno; -EMEDIUMTYPE: not a capture file. `path` "-" is standard input. */
int capture_file_open(const char *path, struct capture_file **ret);
struct capture_file *capture_file_close(struct capture_file *file);

/* 1: a frame, valid until the next call. 0: the end. -EBADMSG: damaged or cut off from here on; what to
 * say about it is in capture_file_error(), with the offset. Other -errno: reading failed. */
int capture_file_next(struct capture_file *file, struct frame *ret);

/* Frames that are at hand, to read in place before the next call; NULL: they are not such (pcapng, other byte order).
 * When it has none, or cannot give what it has, there may be more to come from capture_file_next(). */
struct frame_run *capture_file_run(struct capture_file *file);
/* From now on runs may be shared (struct frame_run_share), which is cheaper for who looks at little of each frame. */
void capture_file_share(struct capture_file *file);

/* A sentence without the file's name, such as "cut off at byte 12345: record of 98 bytes, 40 left"; NULL
 * if there is nothing to complain about. */
const char *capture_file_error(const struct capture_file *file);
