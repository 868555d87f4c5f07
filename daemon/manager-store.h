/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "daemon/manager.h"

/* For manager*.c: what to do about the database. */

/* usec after which what failed is tried again. */
#define STORE_RETRY (30 * USEC_PER_SEC)

/* It could not be written (store_last_error()), or can be again. Said once. */
void manager_store_failed(struct manager *manager);
void manager_store_works(struct manager *manager);
/* An alert for which there is no room. */
void manager_lost_alert(struct manager *manager);
/* If it is damaged or was taken away: makes it anew and saves all that memory and the old one have. */
void manager_mend_store(struct manager *manager);
/* What detectors have learned, and did not tell yet, is saved; it comes back at the start. */
void manager_save_lessons(struct manager *manager);
int manager_load_lessons(struct manager *manager);
/* What was active when the service ended is over: once, as soon as it can be written. */
void manager_resolve_alerts(struct manager *manager);
