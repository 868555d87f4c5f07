/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>

#include "daemon/flow-lines.h"
#include "daemon/flows.h"
#include "daemon/store.h"
#include "engine/inventory/inventory.h"

/* The inventory, the alerts, or the flows, as one JSON array, as JSON lines or as one CSV table, in a file in memory
 * without a name. */

/* Largest export; what devices say decides how large it is. */
#define EXPORT_MAX (64u << 20)

enum export_format { EXPORT_JSON, EXPORT_JSON_LINES, EXPORT_CSV, _EXPORT_FORMAT_MAX };
/* "json", "jsonl", "csv"; _EXPORT_FORMAT_MAX: there is no such. */
enum export_format export_format_from_string(const char *s);

/* Its descriptor, the caller's; read it from offset 0. -EFBIG: more than EXPORT_MAX; -ENOMEM, -errno. */
int export_devices(const struct inventory *inventory, enum export_format format);
int export_alerts(struct store *store, enum export_format format);
/* Those that ended lately, then those that go on. `lines` says how, but for the format. */
int export_flows(struct flows *flows, struct engine *engine, const struct flow_lines *lines, enum export_format format);
