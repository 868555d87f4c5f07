/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "common/cursor.h"
#include "engine/proto/dissector.h"

/* What a client of Google's QUIC says first: "CHLO", then tags with values. */

/* How long it says that it is, in bytes; 0 while that cannot be told. */
size_t gquic_hello_length(struct cursor hello);
/* Says its facts. 1, or -EBADMSG. */
int gquic_hello_emit(struct cursor hello, struct emitter *e);
