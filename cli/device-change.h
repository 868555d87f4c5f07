/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cli/bus.h"

/* What the verbs that change one device share: connect, find it, call the method. */

/* Exit status. `types` as for bus_call(). */
int device_change(const struct options *options, const char *name, const char *member, const char *types, ...);
