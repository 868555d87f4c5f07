/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include <errno.h>

#include "engine/proto/certificate-memo.h"
#include "engine/proto/digester.h"
#include "tests/unit/certificate-bytes.h"
#include "tests/unit/fact-log.h"

static int facts(struct fact_log *log, const uint8_t *data, size_t n) {
        struct packet packet = fact_log_packet(LAYER_TCP, "10.0.0.1", "10.0.0.2");
        struct fact_sink sink = { fact_log_take, log };
        struct emitter e;
        int r;

        memset(log, 0, sizeof *log);
        emitter_begin(&e, &packet, &sink);
        assert_int_equal(digester_new(&e.digester, 1), 0);
        r = certificate_emit(cursor_make(data, n), &e);
        digester_free(e.digester);
        return r;
}

static void what_a_certificate_is_for(void **state _unused_) {
        struct fact_log log;

        assert_int_equal(facts(&log, certificate_bytes, sizeof certificate_bytes), 0);
        assert_string_equal(log.text,
                            "tls.cert_sha256 df0cb8074407f9315ad21af0d432e6925c24aaaed459f3ac0b75df73ae6178c1\n"
                            "tls.cert_subject_cn nas.example\n"
                            "tls.cert_issuer_cn Test CA\n"
                            "tls.cert_san 192.0.2.7,2001:db8::1,a.example,nas.local\n"
                            "tls.cert_not_after 2034-12-31T23:59:58Z\n");
}

static void one_that_is_its_own_issuer_is_told(void **state _unused_) {
        uint8_t changed[sizeof self_signed_bytes];
        struct fact_log log;
        uint8_t *issuer;

        assert_int_equal(facts(&log, self_signed_bytes, sizeof self_signed_bytes), 0);
        assert_non_null(strstr(log.text, "tls.cert_self_signed yes\n"));
        /* The same key under another's name */
        memcpy(changed, self_signed_bytes, sizeof changed);
        issuer = memmem(changed, sizeof changed, "192.168.1.1", strlen("192.168.1.1"));
        assert_non_null(issuer);
        memcpy(issuer, "192.168.1.2", strlen("192.168.1.2"));
        assert_int_equal(facts(&log, changed, sizeof changed), 0);
        assert_non_null(fact_log_find(&log, FACT_TLS_CERT_SUBJECT_CN));
        assert_null(fact_log_find(&log, FACT_TLS_CERT_SELF_SIGNED));
}

static void assert_unparsable(const uint8_t *data, size_t n) {
        static const char kind[] = "tls.cert_unparsable ";
        struct fact_log log;

        assert_int_equal(facts(&log, data, n), 0);
        assert_int_equal(log.count, 1);
        assert_memory_equal(log.text, kind, strlen(kind));
}

static void every_cut_and_what_stands_behind_it_is_told_as_such(void **state _unused_) {
        uint8_t longer[sizeof certificate_bytes + 1] = {};

        for (size_t n = 0; n < sizeof certificate_bytes; n++)
                assert_unparsable(certificate_bytes, n);
        memcpy(longer, certificate_bytes, sizeof certificate_bytes);
        assert_unparsable(longer, sizeof longer);
}

/* RFC 5280 §4.1.2.5.1: times are UTC. Both times of the validity stand at these places. */
static void times_with_a_zone_are_not_der(void **state _unused_) {
        uint8_t changed[sizeof certificate_bytes];

        memcpy(changed, certificate_bytes, sizeof changed);
        assert_memory_equal(changed + 46, "240101000000Z", 13);
        memcpy(changed + 46, "2401010000+01", 13);
        assert_unparsable(changed, sizeof changed);
}

static void any_byte_may_be_wrong(void **state _unused_) {
        uint8_t changed[sizeof certificate_bytes];
        struct fact_log log;

        for (size_t i = 0; i < sizeof changed; i++)
                for (unsigned bit = 0; bit < 8; bit++) {
                        memcpy(changed, certificate_bytes, sizeof changed);
                        changed[i] ^= (uint8_t) (1 << bit);
                        assert_int_equal(facts(&log, changed, sizeof changed), 0);
                        assert_true(log.count >= 1);
                }
}

static void long_ones_are_not_read(void **state _unused_) {
        static const uint8_t large[CERTIFICATE_MAX + 1];
        struct fact_log log;

        assert_int_equal(facts(&log, large, sizeof large), -ENOBUFS);
        assert_int_equal(log.count, 0);
}

/* Both ways the same facts, however often, and of many at once. */
static void what_is_remembered_is_said_again(void **state _unused_) {
        uint8_t other[sizeof certificate_bytes];
        struct packet packet = fact_log_packet(LAYER_TCP, "10.0.0.1", "10.0.0.2");
        struct certificate_memo *memo;
        struct fact_log read, said;
        struct fact_sink sink = { fact_log_take, &said };
        struct emitter e;

        assert_int_equal(certificate_memo_new(&memo, 1), 0);
        memcpy(other, certificate_bytes, sizeof other);
        emitter_begin(&e, &packet, &sink);
        assert_int_equal(digester_new(&e.digester, 1), 0);
        for (unsigned i = 0; i < 600; i++) {
                const uint8_t *der = i % 3 ? other : certificate_bytes;

                other[sizeof other - 1] = (uint8_t) (i / 2); /* of the signature, which is not looked at */
                memset(&said, 0, sizeof said);
                assert_int_equal(certificate_memo_emit(memo, cursor_make(der, sizeof other), &e), 0);
                assert_int_equal(facts(&read, der, sizeof other), 0);
                assert_string_equal(said.text, read.text);
                assert_true(read.count >= 5);
                assert_ptr_equal(e.sink->userdata, &said);
        }
        digester_free(e.digester);
        certificate_memo_free(memo);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_a_certificate_is_for),
                cmocka_unit_test(one_that_is_its_own_issuer_is_told),
                cmocka_unit_test(every_cut_and_what_stands_behind_it_is_told_as_such),
                cmocka_unit_test(times_with_a_zone_are_not_der),
                cmocka_unit_test(any_byte_may_be_wrong),
                cmocka_unit_test(what_is_remembered_is_said_again),
                cmocka_unit_test(long_ones_are_not_read),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
