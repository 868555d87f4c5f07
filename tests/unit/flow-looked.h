/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "engine/flow/flow-table.h"

/* The flow table once more, as it is without its short cut: each packet is looked at. What the two tell must be the same. */

int looked_table_new(struct flow_table **ret, const struct flow_table_config *config, const struct flow_table_ops *ops);
struct flow_table *looked_table_free(struct flow_table *table);
struct flow_observation *looked_table_next(struct flow_table *table);
void looked_table_add(struct flow_table *table);
void looked_table_flush(struct flow_table *table);
void looked_table_get_counters(const struct flow_table *table, struct flow_counters *ret);
