/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdint.h>

#include "common/macro.h"
#include "engine/detect/alert.h"
#include "engine/packet/frame.h"

/* What was heard just before a critical alert: the last frames are kept in memory, and those that the offender sent or got
 * are frozen into a pcapng file of the alert's. Kept are those that tell something, whatever backend they came from, cut at
 * EVIDENCE_SNAP bytes: what merely moves data would push them out.
 *
 * Bounded: EVIDENCE_FRAMES frames in memory (2 MiB, used as frames come), EVIDENCE_FILE_MAX bytes a file, and
 * EVIDENCE_FILES_MAX files, of which the oldest goes first. */

#define EVIDENCE_FRAMES 4096
#define EVIDENCE_SNAP 464
#define EVIDENCE_FILE_MAX (1u << 20)
#define EVIDENCE_FILES_MAX 64

struct evidence_keeper;

/* `folder` is made, 0700, when the first file is. -ENOMEM. */
int evidence_keeper_new(struct evidence_keeper **ret, const char *folder);
struct evidence_keeper *evidence_keeper_free(struct evidence_keeper *keeper);
DEFINE_CLEANUP(struct evidence_keeper *, evidence_keeper_free)

void evidence_keeper_take(struct evidence_keeper *keeper, const struct frame *frame);
/* Writes the file of `alert`. -ENODATA: nothing was kept of its device; -errno. */
int evidence_keeper_freeze(struct evidence_keeper *keeper, const struct alert *alert);
/* A descriptor to read from, the caller's. -ENOENT: there is none. */
int evidence_keeper_open(const struct evidence_keeper *keeper, uint64_t alert);
