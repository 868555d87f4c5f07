/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "engine/crypto.h"

#include <openssl/crypto.h>

void crypto_open(void) {
        /* A failure shows in what is fetched then. */
        OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS |
                            OPENSSL_INIT_NO_ADD_ALL_CIPHERS | OPENSSL_INIT_NO_ADD_ALL_DIGESTS, NULL);
}
