/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <systemd/sd-event.h>

#include "daemon/link-table.h"

/* Keeps a link table in step with the kernel over an rtnetlink socket on the event loop. */

struct links;

/* Opens the socket and reads all there is now before it returns, calling `added` for each link. */
int links_new(struct links **ret, sd_event *event, const struct link_ops *ops);
struct links *links_free(struct links *links);

const struct link_table *links_table(const struct links *links);
/* How often messages were lost and everything was read again. */
uint64_t links_resyncs(const struct links *links);
