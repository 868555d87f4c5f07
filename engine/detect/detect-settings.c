/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The table of settings. */

#include "engine/detect/detect-settings.h"

static const struct detect_setting_info table[_DETECT_SETTING_MAX] = {
#define X(id, key, unit, standard, least, most) [DETECT_##id] = { key, DETECT_##unit, standard, least, most },
        DETECT_SETTINGS(X)
#undef X
};

const struct detect_setting_info *detect_setting_info(enum detect_setting setting) {
        return (size_t) setting < ELEMENTSOF(table) ? &table[setting] : NULL;
}

void detect_settings_default(struct detect_settings *settings) {
        for (size_t i = 0; i < ELEMENTSOF(table); i++)
                settings->values[i] = table[i].standard;
}
