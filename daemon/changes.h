/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "common/macro.h"

/* What clients still have to be told: at most one message an object and CHANGES_INTERVAL, and at most
 * CHANGES_BUDGET objects in it, first come, first served, whatever the network does. What waits is merged:
 * an object that came and went between two rounds is never heard of. While
 * the bus takes nothing all of it waits. A timer runs only while something waits. */

#define CHANGES_INTERVAL (1 * USEC_PER_SEC)
#define CHANGES_BUDGET 500

enum object_kind { OBJECT_MANAGER, OBJECT_DEVICE, OBJECT_NETWORK };

struct changes;

struct changes_ops {
        void (*added)(void *userdata, enum object_kind kind, uint64_t id);
        /* `mask` is what the callers gave, or-ed. */
        void (*changed)(void *userdata, enum object_kind kind, uint64_t id, uint32_t mask);
        void (*removed)(void *userdata, enum object_kind kind, uint64_t id);
        void *userdata;
        /* Is so much said already that nobody has taken yet, that more has to wait? NULL: never. */
        bool (*congested)(void *userdata);
};

int changes_new(struct changes **ret, sd_event *event, const struct changes_ops *ops);
struct changes *changes_free(struct changes *changes);
DEFINE_CLEANUP(struct changes *, changes_free)

/* -ENOMEM: clients are not told. */
int changes_add(struct changes *changes, enum object_kind kind, uint64_t id);
int changes_mark(struct changes *changes, enum object_kind kind, uint64_t id, uint32_t mask);
int changes_remove(struct changes *changes, enum object_kind kind, uint64_t id);

/* Tells of one object now, if it waits: a signal that follows will name it. */
void changes_flush_object(struct changes *changes, enum object_kind kind, uint64_t id);
/* Tells of everything now. */
void changes_flush(struct changes *changes);

size_t changes_waiting(const struct changes *changes);
