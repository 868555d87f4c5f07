/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdio.h>

#include "daemon/flow-lines.h"
#include "daemon/manager.h"

/* Flows and statistics of the service as text. */

/* Only while flows are kept. */
struct flow_lines manager_flow_lines(const struct manager *manager, bool csv);
/* One JSON object, on a line without its end: what came since the last one, all counters that are not 0, and the flows
 * that move most. `userdata` is the manager. */
void manager_write_statistics(void *userdata, FILE *f);
