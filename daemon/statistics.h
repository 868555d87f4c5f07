/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdint.h>

#include "daemon/manager.h"

/* Every counter of the service under one name each: "packet.malformed", "store.dirty". Calls `take` for each;
 * a negative answer ends it and is returned. */
int statistics_for_each(const struct manager *manager, int (*take)(void *userdata, const char *name, uint64_t value),
                        void *userdata);
