/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>

#include <json-c/json.h>

#include "daemon/eve-type.h"

/* What an event says of its protocol: the object below "tls", "dns" and so on, fact by fact, with Suricata's names
 * wherever it has the same thing, and the fact's own where not. */

enum eve_side { EVE_EITHER, EVE_CLIENT, EVE_SERVER };

/* Who says a fact of this kind in its protocol: the one who began, or the one who answers. */
enum eve_side eve_body_side(enum fact_kind kind);
/* Does a fact of this kind begin an event of its own, though it comes with others? */
bool eve_body_begins(enum fact_kind kind);
/* Does it stand in the object once and no more, so that a second one is of the next exchange on the same connection? */
bool eve_body_repeats(struct json_object *body, enum fact_kind kind);

/* Adds a fact that the client (or else the server) said. 0 or -ENOMEM. */
int eve_body_add(struct json_object *body, const struct fact *fact, bool client);
/* What can only be said when all facts are there. 0 or -ENOMEM. */
int eve_body_finish(struct json_object *body, enum eve_type type);
