/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include "common/strbuf.h"

static void numbers_are_decimal(void **state _unused_) {
        static const uint64_t numbers[] = { 0, 9, 10, 65535, UINT64_MAX };
        char text[64];
        struct strbuf b = STRBUF(text);

        for (size_t i = 0; i < ELEMENTSOF(numbers); i++) {
                strbuf_unsigned(&b, numbers[i]);
                strbuf_char(&b, ' ');
        }
        assert_string_equal(text, "0 9 10 65535 18446744073709551615 ");
        assert_false(b.truncated);
}

/* Each size of a buffer: never past its end, always with the NUL, and truncated is said. */
static void nothing_passes_the_end(void **state _unused_) {
        for (size_t size = 1; size <= 12; size++) {
                char text[16];
                struct strbuf b;

                memset(text, '#', sizeof text);
                b = strbuf_make(text, size);
                strbuf_string(&b, "a");
                strbuf_hex(&b, (const uint8_t[]) { 0x01, 0xfe, 0x23 }, 3);
                strbuf_unsigned(&b, 77);
                assert_int_equal(b.truncated, size < 10);
                assert_int_equal(strlen(text), b.length);
                assert_true(b.length < size);
                assert_int_equal(text[size], '#');
                if (size >= 10)
                        assert_string_equal(text, "a01fe2377");
        }
}

static void hexadecimal_is_cut_between_bytes(void **state _unused_) {
        char text[6];
        struct strbuf b = STRBUF(text);

        strbuf_hex(&b, "\xab\xcd\xef", 3);
        assert_string_equal(text, "abcd");
        assert_true(b.truncated);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(numbers_are_decimal),
                cmocka_unit_test(nothing_passes_the_end),
                cmocka_unit_test(hexadecimal_is_cut_between_bytes),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
