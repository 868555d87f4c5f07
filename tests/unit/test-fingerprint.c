/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/proto/fingerprint.h"
#include "tests/unit/cmocka-all.h"

/* RFC 1321 §A.5 and FIPS 180-2 §B.1. */
static void digests_are_hexadecimal(void **state) {
        char md5[FINGERPRINT_MD5_MAX], sha256[FINGERPRINT_SHA256_MAX];

        (void) state;
        assert_int_equal(fingerprint_md5("message digest", 14, md5), 0);
        assert_string_equal(md5, "f96b697d7cb7938d525a2f31aaf161d0");
        assert_int_equal(fingerprint_md5("", 0, md5), 0);
        assert_string_equal(md5, "d41d8cd98f00b204e9800998ecf8427e");
        assert_int_equal(fingerprint_sha256("abc", 3, sha256), 0);
        assert_string_equal(sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(digests_are_hexadecimal),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
