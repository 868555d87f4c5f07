/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdint.h>

#include "daemon/histogram.h"
#include "engine/detect/alert.h"
#include "engine/fact.h"

/* What the service counts beside its parts, since it started, for metrics alone. */
struct tally {
        uint64_t facts[_FACT_KIND_MAX];
        uint64_t alerts[_ALERT_KIND_MAX][_SEVERITY_MAX]; /* raised, as severe as they were then */
        struct histogram busy;                           /* of the loop */
};
