/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/detect/alert.h"
#include "engine/inventory/inventory.h"

/* A detector watches devices and raises alerts. It is a table row (detectors.c) with a state of its own; time is
 * packet time. Only advance() may change the inventory and raise. */

struct detect_host {
        struct inventory *inventory;
        uint64_t settle;         /* ns */
        uint64_t learning_until; /* ns since the epoch */
        uint64_t suppressed;     /* counts alerts held back by a limit */
        /* Takes an alert without id; strings are the caller's. */
        void (*raise)(void *userdata, const struct alert *alert);
        void *userdata;
};

struct detector {
        const char *name;
        int (*init)(void **ret_state);
        void (*free)(void *state); /* NULL is fine */
        /* A device is new (changes: all bits) or changed. */
        void (*device_changed)(void *state, const struct detect_host *host, const struct device *device, uint32_t changes,
                               uint64_t now);
        void (*device_removed)(void *state, const struct device *device);
        /* It is `now`; at the end of a capture (`flush`) nothing more will come, so nothing is waited for. */
        void (*advance)(void *state, struct detect_host *host, uint64_t now, bool flush);
        /* When advance() is next needed; UINT64_MAX: never. */
        uint64_t (*next_deadline)(const void *state);
};

#define DETECTOR_MAX 16

const struct detector *const *detectors_get(size_t *ret_n);

extern const struct detector new_device_detector;
