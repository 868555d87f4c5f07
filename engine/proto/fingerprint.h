/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stddef.h>

/* Digests as fingerprints have them: hexadecimal, in small letters. */

#define FINGERPRINT_MD5_MAX (2 * 16 + 1)
#define FINGERPRINT_SHA256_MAX (2 * 32 + 1)

/* 0, or -ENOTSUP where libcrypto is set up without that digest (MD5 under FIPS). */
int fingerprint_md5(const void *data, size_t length, char ret[static FINGERPRINT_MD5_MAX]);
int fingerprint_sha256(const void *data, size_t length, char ret[static FINGERPRINT_SHA256_MAX]);
