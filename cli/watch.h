/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

/* Ctrl-C and SIGTERM end the loop with 0, a reader of stdout that is gone (terminal or pipe) with 1. Negative errno. */
int watch_until_interrupted(sd_event *event);

/* Calls `draw` now and whenever the service has something new, at most once a second, until Ctrl-C or until it
 * returns a negative errno. Returns an exit status. */
int watch_service(sd_bus *bus, int (*draw)(sd_bus *bus, void *userdata), void *userdata);
