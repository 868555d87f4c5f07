/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "engine/proto/dissector.h"

/* TLS that other protocols carry in packets of their own: the first records of one side, put together by whoever
 * carries them. */

/* Longest row of records that is read, in bytes. */
#define TLS_FLIGHT_MAX (20 * 1024)

/* Says the facts of the hellos and certificates that are whole. `records` holds what the side has sent from its first
 * record on, `said` how many messages earlier calls with fewer bytes have passed; zero to begin with. 1: what follows is
 * encrypted; 0: more may come; -EBADMSG: not TLS. */
int tls_flight_emit(struct cursor records, uint8_t *said, struct emitter *e);
