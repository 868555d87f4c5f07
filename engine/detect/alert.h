/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/address.h"

#define ALERT_KINDS(X) \
        X(NEW_DEVICE, "new_device")

enum alert_kind {
#define X(id, name) ALERT_##id,
        ALERT_KINDS(X)
#undef X
        _ALERT_KIND_MAX,
        _ALERT_KIND_INVALID = -1,
};

enum alert_severity { SEVERITY_INFO, SEVERITY_WARNING, SEVERITY_CRITICAL, _SEVERITY_MAX, _SEVERITY_INVALID = -1 };

/* Plain data; strings live while the alert is handled and are not escaped (they hold what devices said). */
struct alert {
        uint64_t id;      /* from 1, rising, never used twice */
        uint64_t ts;      /* ns since the epoch, packet time */
        enum alert_kind kind;
        enum alert_severity severity;
        uint64_t device;  /* struct device; 0: none */
        uint64_t network;
        struct mac_address mac; /* of the offender, as on the wire */
        const char *name;    /* display name when it was raised */
        const char *peer;    /* "" where there is none */
        const char *message; /* a sentence for a person */
        const char *details; /* a JSON object */
        bool acknowledged;
};

const char *alert_kind_to_string(enum alert_kind kind) __attribute__((const));
enum alert_kind alert_kind_from_string(const char *s);
const char *alert_severity_to_string(enum alert_severity severity) __attribute__((const));
enum alert_severity alert_severity_from_string(const char *s);
