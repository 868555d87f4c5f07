/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "engine/flow/flow-table.h"
#include "engine/packet/packet.h"

/* Flows of a capture file on several processors: whoever reads the file deals packets to worker threads by the hash of
 * their flow. Flows are kept in a fixed number of parts, each of which belongs to one worker, so that the number of workers
 * changes neither the flows nor their order: those that end within one stretch of the file are told by the time of their
 * last packet. Their `number` is 0. All functions are called from one thread, which also gets the flows.
 *
 * The table's limits hold for all parts together. While they cannot be reached within a stretch, workers need not know of
 * each other; near them one thread takes packet by packet, and the flow that gives way is the one of all parts. */

#define FLOW_WORKERS_MAX 16 /* and, where addresses have 64 bits, the number of parts */

struct flow_workers;

/* `ops` is copied. -EINVAL: `n` is not from 1 to FLOW_WORKERS_MAX; -ENOMEM, or what pthread_create() says. */
int flow_workers_new(struct flow_workers **ret, unsigned n, const struct flow_table_config *config,
                     const struct flow_table_ops *ops);
/* Whoever did not finish gets no more flows. */
struct flow_workers *flow_workers_free(struct flow_workers *workers);

/* Waits for workers that are behind: nothing is dropped. -ENOMEM: flows were lost. */
int flow_workers_feed(struct flow_workers *workers, const struct frame *frames, size_t n);
/* Ends all flows. */
int flow_workers_finish(struct flow_workers *workers);
