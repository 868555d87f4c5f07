/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/macro.h"

/* Digests that name things, in hexadecimal, in small letters: nothing rests on their strength. Programs offer the same
 * again and again, so digests of short texts are remembered, with the texts; of a fixed number, the newer one stays. */

#define DIGEST_MD5_MAX (2 * 16 + 1)
#define DIGEST_SHA256_MAX (2 * 32 + 1)

struct digester;

/* `seed`: what a sender must not know who wants to push others' digests out. -ENOMEM. */
int digester_new(struct digester **ret, uint64_t seed);
struct digester *digester_free(struct digester *d);
DEFINE_CLEANUP(struct digester *, digester_free)

/* 0, or -ENOTSUP where libcrypto is set up without that digest (MD5 under FIPS). */
int digester_md5(struct digester *d, const void *data, size_t length, char ret[static DIGEST_MD5_MAX]);
int digester_sha256(struct digester *d, const void *data, size_t length, char ret[static DIGEST_SHA256_MAX]);
