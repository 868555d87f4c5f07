/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <json-c/json.h>

#include "common/address.h"
#include "daemon/eve-type.h"
#include "engine/flow/flow-record.h"

/* The two ends of what an event is about; [0] is who began, or who sent. */
struct eve_ends {
        struct ip_address ip[2];
        uint16_t port[2];
        struct mac_address mac[2]; /* zero: not known */
        uint16_t vlan;
        uint8_t protocol;
};

/* What all events have in front. */
struct eve_head {
        enum eve_type type;
        uint64_t ts, frame; /* ns since the epoch; 0: not of a file */
        const char *interface; /* "": not known */
        uint16_t inner_vlan;
        const struct eve_ends *ends;
};

/* The same in both directions, and in every run. Never 0; 51 bits, which any reader of JSON can tell apart. */
uint64_t eve_flow_id(const struct eve_ends *ends);
struct eve_ends eve_ends_turned(const struct eve_ends *ends);
/* But for their MAC addresses. */
bool eve_ends_equal(const struct eve_ends *a, const struct eve_ends *b);

/* The event without its own object, the caller's. NULL: no memory. */
struct json_object *eve_head_object(const struct eve_head *head, struct flow_hasher *hasher);

/* Both: 0 or -ENOMEM. */
int eve_add_number(struct json_object *o, const char *key, uint64_t n);
/* "2026-11-21T01:02:03.123456+0000", always UTC. */
int eve_add_timestamp(struct json_object *o, const char *key, uint64_t ns);
