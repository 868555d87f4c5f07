/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "engine/proto/digester.h"
#include "engine/proto/phrases.h"

/* Fingerprints of programs by what they offer, each byte for byte as its authors define it. -ENOTSUP as of digests. */

struct tls_hello;

#define FINGERPRINT_JA4_MAX sizeof("t13d1516h2_8daaf6152771_e5627efa2ab1")

/* JA3 of a ClientHello and JA3S of a ServerHello (https://github.com/salesforce/ja3): what is digested is
 * "version,ciphers,extensions,groups,formats" and "version,cipher,extensions" in decimal, without GREASE. */
int fingerprint_ja3(struct digester *digester, const struct tls_hello *hello, char ret[static DIGEST_MD5_MAX]);
int fingerprint_ja3s(struct digester *digester, const struct tls_hello *hello, char ret[static DIGEST_MD5_MAX]);

/* JA4 of a ClientHello (https://github.com/FoxIO-LLC/ja4, technical_details/JA4.md). `transport`: 't' TCP, 'q' QUIC,
 * 'd' DTLS. */
int fingerprint_ja4(struct digester *digester, const struct tls_hello *hello, char transport,
                    char ret[static FINGERPRINT_JA4_MAX]);

/* Both of a ClientHello; "" for what libcrypto cannot do. Those of hellos that are alike in what counts are made once; each
 * time anew where `phrases` is NULL. */
void fingerprint_client(struct digester *digester, struct phrases *phrases, const struct tls_hello *hello, char transport,
                        char ret_ja3[static DIGEST_MD5_MAX], char ret_ja4[static FINGERPRINT_JA4_MAX]);
/* The same of a ServerHello's. */
void fingerprint_server(struct digester *digester, struct phrases *phrases, const struct tls_hello *hello,
                        char ret_ja3s[static DIGEST_MD5_MAX]);
