/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-c/json.h>

#include "engine/flow/flow-record.h"

/* What an event says of a flow that ended. Objects are the caller's; NULL: no memory. */

/* Below "flow", and of TCP below "tcp". */
struct json_object *eve_flow_object(const struct flow_record *record);
struct json_object *eve_flow_tcp_object(const struct flow_record *record);
/* What Suricata does not have, into the object `own`; `name`: what the responder is called, NULL: not known. 0 or -ENOMEM. */
int eve_flow_add_own(struct json_object *own, const struct flow_record *record, const char *name);
