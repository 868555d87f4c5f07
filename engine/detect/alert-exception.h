/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/detect/alert.h"

/* What the user does not want to hear of: a kind, a device, or one with the other and a peer: "this is normal here". Each
 * field that is set narrows it. */

#define ALERT_EXCEPTIONS_MAX 512
#define ALERT_EXCEPTION_PEER_MAX 256
#define ALERT_EXCEPTION_NOTE_MAX 512

struct alert_exception {
        uint64_t id;            /* from 1 */
        enum alert_kind kind;   /* _ALERT_KIND_INVALID: all */
        uint64_t device;        /* struct device; 0: all */
        char peer[ALERT_EXCEPTION_PEER_MAX + 1];  /* as in struct alert, or its address alone; "": all */
        char note[ALERT_EXCEPTION_NOTE_MAX + 1];  /* why */
        uint64_t created;       /* ns since the epoch */
        uint64_t expires;       /* ns since the epoch; 0: never */
        uint64_t hits, last_hit;/* findings that it silenced */
};

/* Does it hold for `alert` at `now`? */
bool alert_exception_matches(const struct alert_exception *exception, const struct alert *alert, uint64_t now);
