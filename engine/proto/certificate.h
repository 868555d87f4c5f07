/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "common/cursor.h"
#include "engine/proto/dissector.h"

/* Longest certificate that is read, in bytes; those with a hundred names have about 4 KiB. */
#define CERTIFICATE_MAX (32 * 1024)

/* Says what an X.509 certificate (RFC 5280, in DER) is for. One that cannot be read gives its digest alone. 0,
 * -ENOMEM, or -ENOBUFS for one that is too long. */
int certificate_emit(struct cursor der, struct emitter *e);

/* The same for a message of a handshake (RFC 5246 §7.4.2): the first of the list is the sender's own. -EBADMSG where
 * the list does not hold together. */
int certificate_list_emit(struct cursor body, struct emitter *e);
