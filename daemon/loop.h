/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <systemd/sd-event.h>

#include "daemon/histogram.h"

/* sd_event_loop(), but for the watch beside it: how long each event kept the loop to itself goes into `busy`. Whatever
 * else happens meanwhile waits that long. The loop's exit code, or -errno. */
int loop_run(sd_event *event, struct histogram *busy);
