/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>

#include <json-c/json.h>

#include "engine/detect/alert.h"
#include "engine/inventory/inventory.h"

/* The engine's records as JSON objects, with the keys that Export and lanscopectl's --json share: they are
 * described in lanscopectl(1). Times are seconds since the epoch with six decimals, ids are hex. Text is not
 * escaped: json-text.h does that when it writes. All return NULL when out of memory; the caller owns what
 * it gets. */

struct json_object *record_from_device(const struct device *device);
/* As Explain() has them: which rules matched and on what. */
struct json_object *record_from_reasons(const struct device *device);
struct json_object *record_from_network(const struct network *network);
struct json_object *record_from_alert(const struct alert *alert);

/* The device's evidence, strongest first, of equals as it is kept. Number of pieces. */
size_t evidence_strongest_first(const struct device *device, const struct evidence *ret[static DEVICE_EVIDENCE_MAX]);

/* What a CSV file has of them, for json_csv_write_row(). */
extern const char *const device_columns[], *const alert_columns[];
