/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "common/cursor.h"
#include "engine/proto/dissector.h"

/* What a client's transport parameters (RFC 9000 §18) tell of it, as far as they can be read. */
void quic_parameters_emit(struct cursor parameters, struct emitter *e);
