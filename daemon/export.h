/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>

#include "daemon/store.h"
#include "engine/inventory/inventory.h"

/* The inventory, or the alerts, as one JSON array or one CSV table, in a file in memory without a name. */

/* Largest export; what devices say decides how large it is. */
#define EXPORT_MAX (64u << 20)

/* Its descriptor, the caller's; read it from offset 0. -EFBIG: more than EXPORT_MAX; -ENOMEM, -errno. */
int export_devices(const struct inventory *inventory, bool csv);
int export_alerts(struct store *store, bool csv);
