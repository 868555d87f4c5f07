/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include <errno.h>

#include "engine/proto/fingerprint.h"
#include "engine/proto/tls-hello.h"
#include "tests/unit/fact-log.h"
#include "tests/unit/tls-bytes.h"

static struct digester *digester;
static struct phrases *phrases; /* of the hellos of all tests */

static int make_digester(void **state _unused_) {
        return digester_new(&digester, 1) < 0 ? -1 : phrases_new(&phrases, 1);
}

static int free_digester(void **state _unused_) {
        digester = digester_free(digester);
        phrases = phrases_free(phrases);
        return 0;
}

static int log_client(struct fact_log *log, const struct bytes *body, enum tls_transport transport, struct phrases *p) {
        struct packet packet = fact_log_packet(LAYER_TCP, "10.0.0.1", "10.0.0.2");
        struct fact_sink sink = { fact_log_take, log };
        struct emitter e;

        memset(log, 0, sizeof *log);
        emitter_begin(&e, &packet, &sink);
        e.digester = digester;
        e.phrases = p;
        return tls_client_hello_emit(cursor_make(body->data, body->n), transport, &e);
}

/* Whether fingerprints are made anew or were made before, they are the same. */
static int client_facts(struct fact_log *log, const struct bytes *body, enum tls_transport transport) {
        struct fact_log again;
        int r = log_client(log, body, transport, NULL);

        for (unsigned i = 0; i < 2; i++) {
                assert_int_equal(log_client(&again, body, transport, phrases), r);
                assert_string_equal(again.text, log->text);
        }
        return r;
}

static int server_facts(struct fact_log *log, const struct bytes *body) {
        struct packet packet = fact_log_packet(LAYER_TCP, "10.0.0.1", "10.0.0.2");
        struct fact_sink sink = { fact_log_take, log };
        struct emitter e;

        memset(log, 0, sizeof *log);
        emitter_begin(&e, &packet, &sink);
        e.digester = digester;
        return tls_server_hello_emit(cursor_make(body->data, body->n), TLS_OVER_TCP, &e);
}

/* What JA4's authors give for this hello; JA3 is the digest of
 * 771,4865-4866-4867-49195-49199-49196-49200-52393-52392-49171-49172-156
 * -157-47-53,27-0-51-16-17513-23-45-13-5-35-18-43-65281-11-10-21,29-23-24,0 */
static void the_example_of_the_specification(void **state _unused_) {
        struct hello_client h = hello_example();
        struct bytes body = hello_client_make(&h);
        struct fact_log log;

        assert_int_equal(client_facts(&log, &body, TLS_OVER_TCP), 0);
        assert_string_equal(log.text, "tls.sni www.example.test\ntls.alpn h2\ntls.ja3 c000e2caf3a25423f9de6c8a4b12a975\n"
                                      "tls.ja4 t13d1516h2_8daaf6152771_e5627efa2ab1\n");
        client_facts(&log, &body, TLS_OVER_QUIC);
        assert_string_equal(log.text, "quic.sni www.example.test\nquic.alpn h2\nquic.ja3 c000e2caf3a25423f9de6c8a4b12a975\n"
                                      "quic.ja4 q13d1516h2_8daaf6152771_e5627efa2ab1\n");
        h.cookie = true;
        h.version = 0xfefd;
        h.versions = LIST(0xfefd);
        body = hello_client_make(&h);
        assert_int_equal(client_facts(&log, &body, TLS_OVER_DATAGRAMS), 0);
        assert_non_null(strstr(log.text, "dtls.ja4 dd2d1516h2_8daaf6152771_e5627efa2ab1\n"));
}

/* The two of the README of JA3. */
static void the_examples_of_ja3(void **state _unused_) {
        const struct {
                struct hello_client hello;
                const char *ja3, *ja4;
        } cases[] = {
                { { .version = 769, .ciphers = LIST(47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4), .extensions = LIST(0, 10, 11),
                    .groups = LIST(23, 24, 25), .formats = true, .name = "" },
                  "ada70206e40642a3e4461f35503241d5", "t10d120300_" },
                { { .version = 769, .ciphers = LIST(4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99) },
                  "de350869b8c85de67a350c8d186f11e6", "t10i110000_" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                struct bytes body = hello_client_make(&cases[i].hello);
                char ja3[DIGEST_MD5_MAX], ja4[FINGERPRINT_JA4_MAX];
                struct tls_hello h;

                assert_int_equal(tls_client_hello_read(cursor_make(body.data, body.n), TLS_OVER_TCP, &h), 0);
                assert_int_equal(fingerprint_ja3(digester, &h, ja3), 0);
                assert_string_equal(ja3, cases[i].ja3);
                assert_int_equal(fingerprint_ja4(digester, &h, 't', ja4), 0);
                assert_memory_equal(ja4, cases[i].ja4, strlen(cases[i].ja4));
                if (!cases[i].hello.extensions)
                        assert_string_equal(ja4 + strlen(ja4) - 13, "_000000000000");
        }
}

/* First and last character of the first protocol, of versions the highest, of numbers at most 99. */
static void the_parts_of_ja4(void **state _unused_) {
        const struct {
                const char *protocol, *start;
                const int *versions;
                unsigned version;
        } cases[] = {
                { "h2", "t12i0102h2", NULL, 0x0303 },
                { "http/1.1", "t11i0102h1", NULL, 0x0302 },
                { "h", "t10i0102hh", NULL, 0x0301 },
                { "\xab", "ts3i0102ab", NULL, 0x0300 },
                { "\xab\xcd", "t12i0102ad", NULL, 0x0303 },
                { "0\xab", "t12i01023b", NULL, 0x0303 },
                { "1-", "t12i01023d", NULL, 0x0303 },
                { "h2", "t13i0102h2", LIST(0x7a7a, 0x0304, 0x0303), 0x0303 },
                { "h2", "t12i0102h2", LIST(0x7a7a), 0x0303 },
                { "h2", "t00i0102h2", LIST(0x7f1c, 0x0303), 0x0303 }, /* a draft */
        };
        char ja4[FINGERPRINT_JA4_MAX];
        int many[121];
        struct tls_hello t;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                struct hello_client h = { .version = cases[i].version, .ciphers = LIST(0x1301), .extensions = LIST(16, 43),
                                          .protocol = cases[i].protocol, .versions = cases[i].versions };
                struct bytes body = hello_client_make(&h);

                assert_int_equal(tls_client_hello_read(cursor_make(body.data, body.n), TLS_OVER_TCP, &t), 0);
                assert_int_equal(fingerprint_ja4(digester, &t, 't', ja4), 0);
                assert_memory_equal(ja4, cases[i].start, 10);
        }
        for (int i = 0; i < 120; i++)
                many[i] = 0x100 + i;
        many[120] = -1;
        struct hello_client h = { .version = 0x0303, .ciphers = many, .extensions = many };
        struct bytes body = hello_client_make(&h);

        assert_int_equal(tls_client_hello_read(cursor_make(body.data, body.n), TLS_OVER_TCP, &t), 0);
        assert_int_equal(fingerprint_ja4(digester, &t, 't', ja4), 0);
        assert_memory_equal(ja4, "t12i999900_", 11);
}

static void servers_say_what_they_took(void **state _unused_) {
        /* key_share (51), empty; supported_versions (43): TLS 1.3 */
        static const uint8_t new[] = { 0, 51, 0, 0, 0, 43, 0, 2, 3, 4 };
        /* renegotiation_info (65281): empty; ALPN (16): a list of 3 bytes, "h2" */
        static const uint8_t old[] = { 0xff, 1, 0, 1, 0, 0, 16, 0, 5, 0, 3, 2, 'h', '2' };
        struct bytes body = hello_server_make(0x0303, 0x1301, new, sizeof new);
        struct fact_log log;

        assert_int_equal(server_facts(&log, &body), 1);
        assert_string_equal(log.text, "tls.server_version TLS1.3\ntls.server_cipher 0x1301\ntls.ja3s eb1d94daa7e0344597e756a1fb6e7054\n");
        body = hello_server_make(0x0302, 0xc02f, old, sizeof old);
        assert_int_equal(server_facts(&log, &body), 0);
        /* 770,49199,65281-16 */
        assert_string_equal(log.text, "tls.server_version TLS1.1\ntls.server_cipher 0xc02f\ntls.server_alpn h2\ntls.ja3s 2b30ffcdbd2174bc97ec1aed8cbc1483\n");
        body = hello_server_make(0x0301, 0x002f, "", 0);
        assert_int_equal(server_facts(&log, &body), 0);
        assert_string_equal(log.text, "tls.server_version TLS1.0\ntls.server_cipher 0x002f\ntls.ja3s 18e962e106761869a61045bed0e81c2c\n");
}

/* Draft 18: no session, no compression. */
static void drafts_have_a_short_form(void **state _unused_) {
        struct bytes body = {};
        static const uint8_t random[32];
        struct fact_log log;

        bytes_16(&body, 0x7f12);
        bytes_put(&body, random, 32);
        bytes_16(&body, 0x1301);
        bytes_put(&body, "\0\4\0\x28\0\0", 6);
        assert_int_equal(server_facts(&log, &body), 0);
        assert_string_equal(log.text, "tls.server_version 0x7f12\ntls.server_cipher 0x1301\ntls.ja3s b8a8031b301aef7618403061e9f33065\n"); /* 32530,4865,40 */
}

static void every_cut_is_refused_or_read(void **state _unused_) {
        struct hello_client h = hello_example();
        struct bytes body = hello_client_make(&h);
        size_t without = body.n;
        struct fact_log log;

        /* The extensions' length is the first that may be missing. */
        for (size_t n = 0; n < body.n; n++) {
                struct bytes cut = body;

                cut.n = n;
                if (client_facts(&log, &cut, TLS_OVER_TCP) == 0) {
                        without = n;
                        assert_null(strstr(log.text, "sni"));
                } else
                        assert_string_equal(log.text, "");
        }
        assert_int_equal(without, 2 + 32 + 1 + 2 + 2 * 16 + 2);
}

static void lengths_that_lie_are_refused(void **state _unused_) {
        struct hello_client h = hello_example();
        struct bytes body = hello_client_make(&h), lie;
        size_t extensions = 2 + 32 + 1 + 2 + 2 * 16 + 2;
        struct fact_log log;

        lie = body;
        lie.data[34] = 255; /* the session */
        assert_int_equal(client_facts(&log, &lie, TLS_OVER_TCP), -EBADMSG);
        lie = body;
        lie.data[35] = 255; /* the ciphers */
        assert_int_equal(client_facts(&log, &lie, TLS_OVER_TCP), -EBADMSG);
        lie = body;
        lie.data[extensions] = 255; /* the extensions */
        assert_int_equal(client_facts(&log, &lie, TLS_OVER_TCP), -EBADMSG);
        lie = body;
        lie.data[extensions + 4] = 255; /* the first of them */
        assert_int_equal(client_facts(&log, &lie, TLS_OVER_TCP), -EBADMSG);
        lie = body;
        lie.n = sizeof lie.data; /* more than is read: zeros behind the end are not extensions */
        assert_int_equal(client_facts(&log, &lie, TLS_OVER_TCP), 0);
}

/* Lists inside of extensions that do not fit are left out, their extension counts. */
static void an_extension_that_cannot_be_read_counts_by_its_number(void **state _unused_) {
        struct hello_client h = { .version = 0x0303, .ciphers = LIST(0x1301), .extensions = LIST(0, 16, 10, 13), .name = "name" };
        struct bytes body = hello_client_make(&h);
        struct fact_log log;

        body.data[2 + 32 + 1 + 2 + 2 + 2 + 2 + 4 + 1] = 99; /* the list of names */
        assert_int_equal(client_facts(&log, &body, TLS_OVER_TCP), 0);
        assert_null(strstr(log.text, "sni"));
        assert_non_null(strstr(log.text, "tls.ja4 t12d010400_"));
}

static void names_that_are_no_text_are_hexadecimal(void **state _unused_) {
        struct hello_client h = { .version = 0x0303, .ciphers = LIST(0x1301), .extensions = LIST(0), .name = "a\x01\xff" };
        struct bytes body = hello_client_make(&h);
        struct fact_log log;

        assert_int_equal(client_facts(&log, &body, TLS_OVER_TCP), 0);
        assert_non_null(strstr(log.text, "tls.sni hex:6101ff\n"));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_example_of_the_specification),
                cmocka_unit_test(the_examples_of_ja3),
                cmocka_unit_test(the_parts_of_ja4),
                cmocka_unit_test(servers_say_what_they_took),
                cmocka_unit_test(drafts_have_a_short_form),
                cmocka_unit_test(every_cut_is_refused_or_read),
                cmocka_unit_test(lengths_that_lie_are_refused),
                cmocka_unit_test(an_extension_that_cannot_be_read_counts_by_its_number),
                cmocka_unit_test(names_that_are_no_text_are_hexadecimal),
        };

        return cmocka_run_group_tests(tests, make_digester, free_digester);
}
