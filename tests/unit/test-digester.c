/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include <openssl/evp.h>

#include "common/strbuf.h"
#include "engine/proto/digester.h"

/* RFC 1321 §A.5 and FIPS 180-2 §B.1; each twice, because the second time it is remembered. */
static void digests_are_hexadecimal(void **state _unused_) {
        char md5[DIGEST_MD5_MAX], sha256[DIGEST_SHA256_MAX];
        struct digester *d;

        assert_int_equal(digester_new(&d, 1), 0);
        for (unsigned i = 0; i < 2; i++) {
                assert_int_equal(digester_md5(d, "message digest", 14, md5), 0);
                assert_string_equal(md5, "f96b697d7cb7938d525a2f31aaf161d0");
                assert_int_equal(digester_md5(d, "", 0, md5), 0);
                assert_string_equal(md5, "d41d8cd98f00b204e9800998ecf8427e");
                assert_int_equal(digester_sha256(d, "abc", 3, sha256), 0);
                assert_string_equal(sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
                assert_int_equal(digester_md5(d, "abc", 3, md5), 0);
                assert_string_equal(md5, "900150983cd24fb0d6963f7d28e17f72");
        }
        digester_free(d);
}

static void assert_digests(struct digester *d, const uint8_t *text, size_t length) {
        char expected[2][DIGEST_SHA256_MAX], md5[DIGEST_MD5_MAX], sha256[DIGEST_SHA256_MAX];
        static const char *const names[] = { "MD5", "SHA256" };

        for (unsigned i = 0; i < 2; i++) {
                struct strbuf b = STRBUF(expected[i]);
                uint8_t hash[32];
                size_t n;

                assert_int_equal(EVP_Q_digest(NULL, names[i], NULL, text, length, hash, &n), 1);
                strbuf_hex(&b, hash, n);
        }
        assert_int_equal(digester_sha256(d, text, length, sha256), 0);
        assert_string_equal(sha256, expected[1]);
        assert_int_equal(digester_md5(d, text, length, md5), 0);
        assert_string_equal(md5, expected[0]);
}

/* Many more texts than are remembered, of all lengths around those that are, some of them again and again. */
static void what_is_remembered_is_never_another_ones(void **state _unused_) {
        uint8_t text[400] = {};
        struct digester *d;

        assert_int_equal(digester_new(&d, 1), 0);
        for (unsigned i = 0; i < 3000; i++) {
                text[0] = (uint8_t) (i % 7);
                text[i % 300] = (uint8_t) (i / 7);
                assert_digests(d, text, i % 300);
                assert_digests(d, (const uint8_t *) "again", 5);
        }
        digester_free(d);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(digests_are_hexadecimal),
                cmocka_unit_test(what_is_remembered_is_never_another_ones),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
