/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stddef.h>

/* Fingerprints of programs by what they offer, each byte for byte as its authors define it, and the digests that
 * they are made of: hexadecimal, in small letters. */

struct tls_hello;

#define FINGERPRINT_MD5_MAX (2 * 16 + 1)
#define FINGERPRINT_SHA256_MAX (2 * 32 + 1)
#define FINGERPRINT_JA4_MAX sizeof("t13d1516h2_8daaf6152771_e5627efa2ab1")

/* 0, or -ENOTSUP where libcrypto is set up without that digest (MD5 under FIPS). */
int fingerprint_md5(const void *data, size_t length, char ret[static FINGERPRINT_MD5_MAX]);
int fingerprint_sha256(const void *data, size_t length, char ret[static FINGERPRINT_SHA256_MAX]);

/* JA3 of a ClientHello and JA3S of a ServerHello (https://github.com/salesforce/ja3): what is digested is
 * "version,ciphers,extensions,groups,formats" and "version,cipher,extensions" in decimal, without GREASE. */
int fingerprint_ja3(const struct tls_hello *hello, char ret[static FINGERPRINT_MD5_MAX]);
int fingerprint_ja3s(const struct tls_hello *hello, char ret[static FINGERPRINT_MD5_MAX]);

/* JA4 of a ClientHello (https://github.com/FoxIO-LLC/ja4, technical_details/JA4.md). `transport`: 't' TCP, 'q' QUIC,
 * 'd' DTLS. */
int fingerprint_ja4(const struct tls_hello *hello, char transport, char ret[static FINGERPRINT_JA4_MAX]);
