/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"
#include "tests/unit/datagram-log.h"

#include "tests/unit/certificate-bytes.h"
#include "tests/unit/tls-bytes.h"

static const char client_facts[] = "dtls.ja3 0874ee7f01de5a3e377d931eec2228a6\ndtls.ja4 dd2i010000_ba72b8082249_000000000000\n";
static const char server_facts[] = "dtls.server_version DTLS1.2\ndtls.server_cipher 0xc02b\ndtls.ja3s c77eb4dd3434ddfeb4d88b08cdbd8906\n";
static const char digest[] = "tls.cert_sha256 df0cb8074407f9315ad21af0d432e6925c24aaaed459f3ac0b75df73ae6178c1\n";

/* type (1), length (3), sequence (2), fragment's offset (3) and length (3) */
static void put_fragment(struct bytes *b, unsigned type, const struct bytes *body, unsigned sequence, size_t offset, size_t n) {
        bytes_8(b, type);
        bytes_24(b, (unsigned) body->n);
        bytes_16(b, sequence);
        bytes_24(b, (unsigned) offset);
        bytes_24(b, (unsigned) n);
        bytes_put(b, body->data + offset, n);
}

/* type (1), version (2), epoch (2), sequence (6), length (2) */
static void put_record(struct bytes *b, unsigned type, unsigned version, unsigned epoch, const struct bytes *content) {
        bytes_8(b, type);
        bytes_16(b, version);
        bytes_16(b, epoch);
        bytes_put(b, "\0\0\0\0\0\1", 6);
        bytes_list16(b, content);
}

static struct bytes client_body(void) {
        struct hello_client h = { .version = 0xfefd, .ciphers = LIST(47), .cookie = true };

        return hello_client_make(&h);
}

static struct bytes datagram_of(unsigned type, const struct bytes *body, unsigned sequence, size_t offset, size_t n) {
        struct bytes fragment = {}, record = {};

        put_fragment(&fragment, type, body, sequence, offset, n);
        put_record(&record, 22, 0xfefd, 0, &fragment);
        return record;
}

static void say(struct datagram_log *l, unsigned side, struct bytes datagram) {
        assert_true(datagram_log_say(l, side, datagram.data, datagram.n));
}

static void hellos_in_one_datagram(void **state _unused_) {
        struct bytes client = client_body(), server = hello_server_make(0xfefd, 0xc02b, "", 0), verify = { .n = 20 };
        struct datagram_counters counters;
        struct datagram_log l;

        datagram_log_begin(&l);
        say(&l, 0, datagram_of(1, &client, 0, 0, client.n));
        assert_string_equal(l.log.text, client_facts);
        say(&l, 1, datagram_of(3, &verify, 0, 0, verify.n)); /* HelloVerifyRequest */
        say(&l, 1, datagram_of(2, &server, 1, 0, server.n));
        assert_string_equal(l.log.text + strlen(client_facts), server_facts);
        datagram_table_get_counters(l.table, &counters);
        assert_int_equal(counters.unfinished_max, 0); /* nothing was kept */
        datagram_log_end(&l);
}

/* Every cut, the second part first, and a part sent again. */
static void fragments_in_any_order(void **state _unused_) {
        struct bytes client = client_body();
        struct datagram_counters counters;
        struct datagram_log l;

        datagram_log_begin(&l);
        for (size_t cut = 1; cut < client.n; cut++) {
                l.log.length = 0;
                say(&l, 0, datagram_of(1, &client, 0, cut, client.n - cut));
                say(&l, 0, datagram_of(1, &client, 0, cut, client.n - cut));
                assert_int_equal(l.log.length, 0);
                say(&l, 0, datagram_of(1, &client, 0, 0, cut));
                assert_string_equal(l.log.text, client_facts);
        }
        datagram_table_get_counters(l.table, &counters);
        assert_int_equal(counters.unfinished, 0);
        assert_int_equal(counters.dropped, 0);
        datagram_log_end(&l);
}

static void single_bytes_and_a_certificate(void **state _unused_) {
        struct bytes list = {}, server = hello_server_make(0xfefd, 0xc02b, "", 0), first = {}, both = {};
        struct datagram_log l;

        bytes_24(&list, 3 + sizeof certificate_bytes);
        bytes_24(&list, sizeof certificate_bytes);
        bytes_put(&list, certificate_bytes, sizeof certificate_bytes);
        /* A whole ServerHello and the beginning of the next message in one datagram, in two records. */
        put_fragment(&first, 2, &server, 1, 0, server.n);
        put_record(&both, 22, 0xfefd, 0, &first);
        first.n = 0;
        put_fragment(&first, 11, &list, 2, 0, 100);
        put_record(&both, 22, 0xfefd, 0, &first);
        datagram_log_begin(&l);
        say(&l, 1, both);
        assert_string_equal(l.log.text, server_facts);
        for (size_t i = 100; i < list.n; i++)
                say(&l, 1, datagram_of(11, &list, 2, i, 1));
        assert_memory_equal(l.log.text + strlen(server_facts), digest, strlen(digest));
        datagram_log_end(&l);
}

static void what_is_encrypted_is_left_alone(void **state _unused_) {
        struct bytes client = client_body(), fragment = {}, record = {};
        struct datagram_log l;

        put_fragment(&fragment, 1, &client, 0, 0, client.n);
        put_record(&record, 22, 0xfefd, 1, &fragment); /* epoch 1 */
        datagram_log_begin(&l);
        assert_false(datagram_log_say(&l, 0, record.data, record.n));
        assert_string_equal(l.log.text, "");
        datagram_log_end(&l);
}

static void the_oldest_form_is_read(void **state _unused_) {
        struct hello_client h = { .version = 0x0100, .ciphers = LIST(57), .cookie = true };
        struct bytes client = hello_client_make(&h), fragment = {}, record = {};
        struct datagram_log l;

        put_fragment(&fragment, 1, &client, 0, 0, client.n);
        put_record(&record, 22, 0x0100, 0, &fragment);
        datagram_log_begin(&l);
        say(&l, 0, record);
        assert_string_equal(l.log.text, "dtls.ja3 ee2a8029d94a1e0f64493aac044a9a9e\ndtls.ja4 d00i010000_2cfe23c976cf_000000000000\n");
        datagram_log_end(&l);
}

static void the_preamble_of_capwap_is_stepped_over(void **state _unused_) {
        struct bytes client = client_body(), record = datagram_of(1, &client, 0, 0, client.n), carried = {};
        struct datagram_log l;

        bytes_put(&carried, "\1\0\0\0", 4);
        bytes_put(&carried, record.data, record.n);
        datagram_log_begin(&l);
        say(&l, 0, carried);
        assert_string_equal(l.log.text, client_facts);
        carried.data[0] = 0; /* not encrypted: no DTLS */
        assert_false(datagram_log_say(&l, 0, carried.data, carried.n));
        datagram_log_end(&l);
}

static void lies_are_refused(void **state _unused_) {
        struct bytes client = client_body(), whole = datagram_of(1, &client, 0, 0, client.n), huge = { .n = 1 }, fragment = {}, record = {};
        struct datagram_counters counters;
        struct datagram_log l;

        datagram_log_begin(&l);
        for (size_t n = 0; n < whole.n; n++)
                assert_false(datagram_log_say(&l, 0, whole.data, n));
        for (size_t at = 13 + 1; at < 13 + 4; at++) { /* the message's length: then it is a part of a longer one, or too long */
                struct bytes lie = whole;

                lie.data[at] ^= 0x20;
                datagram_log_say(&l, 0, lie.data, lie.n);
        }
        assert_string_equal(l.log.text, "");
        /* 16 MiB are announced. */
        put_fragment(&fragment, 1, &huge, 9, 0, 1);
        memset(fragment.data + 1, 0xff, 3);
        put_record(&record, 22, 0xfefd, 0, &fragment);
        say(&l, 0, record);
        datagram_table_get_counters(l.table, &counters);
        assert_true(counters.parsers[0].malformed >= 1);
        assert_string_equal(l.log.text, "");
        datagram_log_end(&l);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(hellos_in_one_datagram),
                cmocka_unit_test(fragments_in_any_order),
                cmocka_unit_test(single_bytes_and_a_certificate),
                cmocka_unit_test(what_is_encrypted_is_left_alone),
                cmocka_unit_test(the_oldest_form_is_read),
                cmocka_unit_test(the_preamble_of_capwap_is_stepped_over),
                cmocka_unit_test(lies_are_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
