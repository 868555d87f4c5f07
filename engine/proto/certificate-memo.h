/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "common/macro.h"
#include "engine/proto/certificate.h"

/* What certificates said. A server shows the same one to every client, and libcrypto takes longer to read it than
 * everything else about the connection takes together. At most CERTIFICATES_KEPT_MAX are kept, with their bytes, of
 * CERTIFICATE_KEPT_BYTES each at the most; of those with the same place the newer one stays. */

#define CERTIFICATES_KEPT_MAX 512
#define CERTIFICATE_KEPT_BYTES (8 * 1024)

struct certificate_memo;

/* `seed`: what a sender must not know who wants to push others' certificates out. -ENOMEM. */
int certificate_memo_new(struct certificate_memo **ret, uint64_t seed);
struct certificate_memo *certificate_memo_free(struct certificate_memo *memo);
DEFINE_CLEANUP(struct certificate_memo *, certificate_memo_free)

/* As certificate_emit(), which is asked only where nothing is known. */
int certificate_memo_emit(struct certificate_memo *memo, struct cursor der, struct emitter *e);
