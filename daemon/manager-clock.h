/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "daemon/manager.h"

/* For manager*.c: what to do when the clock is set. */

void manager_begin_clock(struct manager *manager);
/* If it was: all that this run of the service has seen is dated anew. Not while the engine is at work. */
void manager_check_clock(struct manager *manager);
/* The time of day; while a step of the clock waits for the database, by the clock before it. */
uint64_t manager_engine_clock(const struct manager *manager);
/* The time of what was captured, by that. Looks at the clock where it is far from that before; nothing is captured in the future. */
uint64_t manager_feel_time(struct manager *manager, uint64_t ts);
/* Has the clock been left alone for long enough that ages can be told from it? */
bool manager_clock_is_steady(const struct manager *manager);
/* When the engine's timer is to go off: the engine's time `deadline`, ns since the epoch, as usec of CLOCK_BOOTTIME. */
uint64_t manager_boot_time(const struct manager *manager, uint64_t deadline);
