/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>

#include "daemon/manager.h"

/* Capabilities, while the service runs as a user of its own: what the backends that capture do without is given up. What is
 * needed after all takes another process: the service ends with EXIT_ANEW, is started again by the service manager, goes on
 * in the mode that it was in, and gives nothing up any more. So that happens once at most from start to stop. */

#define EXIT_ANEW 75 /* RestartForceExitStatus= of the unit */

/* Whether this process may give anything up, and what its predecessor left: its mode and interfaces go into the
 * configuration. */
void manager_begin_privileges(struct manager *manager);

/* After the interfaces changed: gives up what none of them needs; or, where one could be captured, or in a better way, with
 * what was given up, ends the process for it. */
void manager_review_privileges(struct manager *manager);

/* Is any of `wanted` among what was given up? Then the process ends for it, and configuration is as it is now
 * the next time. */
bool manager_regain_privileges(struct manager *manager, unsigned wanted);
