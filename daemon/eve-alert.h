/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-c/json.h>

#include "common/address.h"
#include "engine/detect/alert.h"

/* The "alert" object of an event. signature_id is the same for a kind of alert in all versions to come: 8400000 and its
 * number, which no rule of the usual sources has. NULL: no memory; the caller owns it. */
struct json_object *eve_alert_object(const struct alert *alert);

/* The end of its connection that the alert's peer begins with: "192.0.2.1", "192.0.2.1:22", "[2001:db8::1]:443", and
 * whatever follows a space. False: it is none. `*ret_port` 0: none. */
bool eve_alert_peer(const char *peer, struct ip_address *ret_ip, uint16_t *ret_port);
