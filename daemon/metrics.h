/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdio.h>

#include "daemon/manager.h"

/* The state of the service as metrics, in Prometheus's text format. No name, address or text of a device is in it, but
 * with PerDevice=. `userdata` is the manager. */
void metrics_write(void *userdata, FILE *f);
