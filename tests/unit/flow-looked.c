/* SPDX-License-Identifier: LGPL-2.1-or-later */

#define FLOW_TABLE_LOOKS_AT_ALL
#define flow_table_config_default looked_table_config_default
#define flow_table_new looked_table_new
#define flow_table_free looked_table_free
#define flow_table_find looked_table_find
#define flow_table_next looked_table_next
#define flow_table_place looked_table_place
#define flow_table_add looked_table_add
#define flow_table_add_hashed looked_table_add_hashed
#define flow_table_add_run looked_table_add_run
#define flow_table_advance looked_table_advance
#define flow_table_next_deadline looked_table_next_deadline
#define flow_table_flush looked_table_flush
#define flow_table_get_counters looked_table_get_counters
#define flow_table_for_each looked_table_for_each
#define flow_table_reach looked_table_reach
#define flow_table_step looked_table_step
#define flow_table_note looked_table_note
#define flow_table_unanswered looked_table_unanswered
#define flow_table_oldest looked_table_oldest
#define flow_table_evict looked_table_evict
#define flow_table_count looked_table_count

#include "engine/flow/flow-table.c"
