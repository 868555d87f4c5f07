/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/types.h>

/* Lets polkit ask for a password on this terminal. Returns 0 where it need not (root) or cannot (no
 * terminal, no pkttyagent): polkit then decides without asking. */
pid_t polkit_agent_start(void);
/* For _cleanup_; 0 is fine. */
void polkit_agent_stop(pid_t *agent);
