/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cli/options.h"

/* One row a verb, one file each. */
extern const struct verb verb_analyze;
