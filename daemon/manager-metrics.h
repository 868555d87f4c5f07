/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "daemon/manager.h"

/* Where metrics may be asked for: on sockets that systemd handed over by the name of "metrics", and where Listen= says. */

/* Once, before anything else looks for them. */
void manager_take_sockets(struct manager *manager);
/* As configured now. What cannot be is logged: the service goes on without. */
void manager_restart_metrics(struct manager *manager);
/* For good. */
void manager_stop_metrics(struct manager *manager);
