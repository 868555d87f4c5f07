/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Names of alert kinds, severities and states. */

#include "engine/detect/alert.h"

#include <stddef.h>
#include <string.h>

#include "common/macro.h"

static const struct {
        const char *name;
        enum alert_state state;
} kinds[_ALERT_KIND_MAX] = {
#define X(id, name, state) [ALERT_##id] = { name, ALERT_##state },
        ALERT_KINDS(X)
#undef X
};

static const char *const severities[_SEVERITY_MAX] = {
        [SEVERITY_INFO] = "info",
        [SEVERITY_WARNING] = "warning",
        [SEVERITY_CRITICAL] = "critical",
};

static const char *const states[_ALERT_STATE_MAX] = {
        [ALERT_EVENT] = "event",
        [ALERT_ACTIVE] = "active",
        [ALERT_RESOLVED] = "resolved",
};

const char *alert_kind_to_string(enum alert_kind kind) {
        return kind >= 0 && kind < _ALERT_KIND_MAX ? kinds[kind].name : NULL;
}

enum alert_kind alert_kind_from_string(const char *s) {
        for (size_t i = 0; i < ELEMENTSOF(kinds); i++)
                if (strcmp(kinds[i].name, s) == 0)
                        return (enum alert_kind) i;
        return _ALERT_KIND_INVALID;
}

const char *alert_severity_to_string(enum alert_severity severity) {
        return severity >= 0 && severity < _SEVERITY_MAX ? severities[severity] : NULL;
}

enum alert_severity alert_severity_from_string(const char *s) {
        for (size_t i = 0; i < ELEMENTSOF(severities); i++)
                if (strcmp(severities[i], s) == 0)
                        return (enum alert_severity) i;
        return _SEVERITY_INVALID;
}

const char *alert_state_to_string(enum alert_state state) {
        return state >= 0 && state < _ALERT_STATE_MAX ? states[state] : NULL;
}

enum alert_state alert_state_from_string(const char *s) {
        for (size_t i = 0; i < ELEMENTSOF(states); i++)
                if (strcmp(states[i], s) == 0)
                        return (enum alert_state) i;
        return _ALERT_STATE_INVALID;
}

enum alert_state alert_kind_state(enum alert_kind kind) {
        return kinds[kind].state;
}
