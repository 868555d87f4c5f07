/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/macro.h"

/* The switches and thresholds of all detectors: one table, from which lanscoped.conf's [Detectors] is read. */

enum detect_unit { DETECT_SWITCH, DETECT_COUNT, DETECT_SPAN /* ns */, DETECT_PERCENT, DETECT_SIZE /* bytes */ };

#define DETECT_SECONDS(n) ((n) * NSEC_PER_SEC)

/* id, key in lanscoped.conf, unit, default, least, most */
#define DETECT_SETTINGS(X)                                                                         \
        X(COOL_DOWN, "CoolDownSec", SPAN, DETECT_SECONDS(600), DETECT_SECONDS(1), DETECT_SECONDS(604800))

enum detect_setting {
#define X(id, key, unit, standard, least, most) DETECT_##id,
        DETECT_SETTINGS(X)
#undef X
        _DETECT_SETTING_MAX,
};

struct detect_settings {
        uint64_t values[_DETECT_SETTING_MAX];
};

struct detect_setting_info {
        const char *key;
        enum detect_unit unit;
        uint64_t standard, least, most;
};

/* NULL behind the last. */
const struct detect_setting_info *detect_setting_info(enum detect_setting setting);
void detect_settings_default(struct detect_settings *settings);
