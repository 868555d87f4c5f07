/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cli/bus.h"
#include "cli/top/top-model.h"

/* The dashboard without a terminal: one picture after the other as text or JSON. Returns an exit status. */
int top_batch_run(sd_bus *bus, const struct options *options, struct top_model *model, uint64_t delay);
