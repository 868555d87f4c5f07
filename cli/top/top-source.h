/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "cli/options.h"
#include "cli/top/top-model.h"

/* Keeps a model up to date from the service, without ever waiting for it: a round of questions each `delay`, and sooner
 * when a signal says that there is something new. Outlives the service and the bus. */

struct top_source;

/* `bus` is taken over on success; `changed` is called when there is something new to draw. `delay`: us. */
int top_source_new(struct top_source **ret, sd_bus *bus, sd_event *event, const struct options *options, uint64_t delay,
                   struct top_model *model, void (*changed)(void *userdata), void *userdata);
struct top_source *top_source_free(struct top_source *source);
DEFINE_CLEANUP(struct top_source *, top_source_free)

/* The user is somewhere else now: asks for what is shown there. */
void top_source_follow(struct top_source *source);
/* Says in the model what came of it. */
void top_source_acknowledge(struct top_source *source);
