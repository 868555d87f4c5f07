/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stddef.h>

#include "common/macro.h"
#include "engine/detect/alert.h"

/* Alerts between the engine that raises them and the store that keeps them: copies, oldest first, so that those of
 * one batch of frames cost one transaction, and that a store that cannot write for a while loses none. */

#define ALERT_QUEUE_MAX 1024

struct alert_queue;

int alert_queue_new(struct alert_queue **ret);
struct alert_queue *alert_queue_free(struct alert_queue *queue);
DEFINE_CLEANUP(struct alert_queue *, alert_queue_free)

/* Copies `alert` with its strings. `changes`: enum alert_change, 0 of one that is new. -ENOBUFS: full; -ENOMEM. */
int alert_queue_push(struct alert_queue *queue, const struct alert *alert, uint32_t changes);
/* What changed of the alert at position `i` of those peeked at. */
uint32_t alert_queue_changes(const struct alert_queue *queue, size_t i);
/* All that wait, oldest first; lives until the next push or clear. */
const struct alert *alert_queue_peek(const struct alert_queue *queue, size_t *ret_n);
void alert_queue_clear(struct alert_queue *queue);
