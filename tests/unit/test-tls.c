/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"
#include "tests/unit/tcp-talk.h"

#include "tests/unit/certificate-bytes.h"
#include "tests/unit/tls-bytes.h"

/* Index of its counters. */
#define TLS 1

#define CLIENT_FACTS(sni)                                                                                                        \
        "tls.sni " sni "\ntls.ja3 ada70206e40642a3e4461f35503241d5\ntls.ja4 t10d120300_d94e65cdb899_33a13ba74d1c\n"
static const char server_facts[] =
        "tls.server_version TLS1.1\ntls.server_cipher 0xc02f\ntls.ja3s ca698311be393d95557b10dd1119df49\n"
        "tls.cert_sha256 df0cb8074407f9315ad21af0d432e6925c24aaaed459f3ac0b75df73ae6178c1\ntls.cert_subject_cn nas.example\n"
        "tls.cert_issuer_cn Test CA\ntls.cert_san 192.0.2.7,2001:db8::1,a.example,nas.local\ntls.cert_not_after 2034-12-31T23:59:58Z\n";

static struct bytes client_message(const char *name) {
        struct hello_client h = { .version = 769, .ciphers = LIST(47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4),
                                  .extensions = LIST(0, 10, 11), .groups = LIST(23, 24, 25), .formats = true, .name = name };
        struct bytes body = hello_client_make(&h), message = {};

        bytes_message(&message, 1, &body);
        return message;
}

/* ServerHello, Certificate (list, one certificate), ServerKeyExchange (12), ServerHelloDone (14, empty). */
static struct bytes server_messages(void) {
        struct bytes body = hello_server_make(0x0302, 0xc02f, "", 0), messages = {}, list = {}, key = { .n = 300 }, none = {};

        bytes_message(&messages, 2, &body);
        bytes_24(&list, 3 + sizeof certificate_bytes);
        bytes_24(&list, sizeof certificate_bytes);
        bytes_put(&list, certificate_bytes, sizeof certificate_bytes);
        bytes_message(&messages, 11, &list);
        bytes_message(&messages, 12, &key);
        bytes_message(&messages, 14, &none);
        return messages;
}

/* Each side, its messages in records of `most` bytes, cut in two. */
static void talk(struct tcp_talk *t, unsigned side, const struct bytes *records, size_t cut) {
        tcp_talk_begin(t);
        tcp_talk_open(t);
        if (cut > 0)
                tcp_talk_say(t, side, records->data, cut);
        tcp_talk_say(t, side, records->data + cut, records->n - cut);
        tcp_talk_end(t);
}

static void hellos_are_read_however_they_are_cut(void **state _unused_) {
        static const size_t most[] = { 1, 2, 3, 5, 40, 16384 };
        struct bytes message = client_message("a.test");
        struct tcp_talk t;

        for (size_t i = 0; i < ELEMENTSOF(most); i++) {
                struct bytes records = {};

                bytes_records(&records, 22, &message, most[i]);
                for (size_t cut = 0; cut < records.n; cut += i < 3 ? 7 : 1) {
                        talk(&t, 0, &records, cut);
                        assert_string_equal(t.log.text, CLIENT_FACTS("a.test"));
                }
        }
}

/* The name is in the first extension: record and message header, version, random, session, ciphers, compression,
 * length of the extensions, type and length of the first, and the name with what stands in front of it. */
static void a_cut_hello_tells_the_names_that_are_whole(void **state _unused_) {
        enum { NAME_END = 5 + 4 + 2 + 32 + 1 + 2 + 2 * 12 + 2 + 2 + 4 + 5 + 6 };
        struct bytes message = client_message("a.test"), records = {}, lie;
        struct tcp_talk t;

        bytes_records(&records, 22, &message, 16384);
        for (size_t captured = 0; captured < records.n; captured++) {
                tcp_talk_begin(&t);
                tcp_talk_segment(&t, 0, 0, records.data, captured, records.n);
                tcp_talk_end(&t);
                assert_string_equal(t.log.text, captured < NAME_END ? "" : "tls.sni a.test\n");
        }
        /* Extensions that end elsewhere than the message does are none. */
        lie = records;
        lie.data[NAME_END - 4 - 5 - 6 - 1]++;
        tcp_talk_begin(&t);
        tcp_talk_segment(&t, 0, 0, lie.data, NAME_END, lie.n);
        tcp_talk_end(&t);
        assert_string_equal(t.log.text, "");
        /* What follows the name in another record is not looked at. */
        records.n = 0;
        bytes_records(&records, 22, &message, NAME_END - 5);
        tcp_talk_begin(&t);
        tcp_talk_segment(&t, 0, 0, records.data, NAME_END + 7, records.n);
        tcp_talk_end(&t);
        assert_string_equal(t.log.text, "tls.sni a.test\n");
}

static void flights_of_servers_are_read_however_they_are_cut(void **state _unused_) {
        static const size_t most[] = { 1, 4, 100, 16384 };
        struct bytes messages = server_messages();
        struct tcp_talk t;

        for (size_t i = 0; i < ELEMENTSOF(most); i++) {
                struct bytes records = {};

                bytes_records(&records, 22, &messages, most[i]);
                for (size_t cut = 0; cut < records.n; cut += i < 2 ? 97 : 1) {
                        talk(&t, 1, &records, cut);
                        assert_string_equal(t.log.text, server_facts);
                }
        }
}

static void single_bytes_are_enough(void **state _unused_) {
        struct bytes messages = server_messages(), records = {};
        struct tcp_talk t;

        bytes_records(&records, 22, &messages, 200);
        tcp_talk_begin(&t);
        for (size_t i = 0; i < records.n; i++)
                tcp_talk_say(&t, 1, records.data + i, 1);
        tcp_talk_end(&t);
        assert_string_equal(t.log.text, server_facts);
}

/* A client's hello in one record and two segments, and what a retirement costs: nothing of the other side. */
static void what_is_encrypted_is_left_alone(void **state _unused_) {
        struct bytes message = client_message("a.test"), records = {}, again = client_message("b.test"), one = { { 1 }, 1 };
        struct bytes sealed = { .n = 40 };
        struct session_counters counters;
        struct tcp_talk t;

        memset(sealed.data, 0xe7, sealed.n);
        bytes_records(&records, 22, &message, 16384);
        bytes_records(&records, 20, &one, 1);      /* ChangeCipherSpec */
        bytes_records(&records, 22, &sealed, 100); /* Finished, encrypted */
        bytes_records(&records, 22, &again, 16384);
        tcp_talk_begin(&t);
        tcp_talk_say(&t, 0, records.data, records.n);
        session_table_get_counters(t.table, &counters);
        tcp_talk_end(&t);
        assert_string_equal(t.log.text, CLIENT_FACTS("a.test"));
        assert_int_equal(counters.parsers[TLS].packets, 1);
        assert_int_equal(counters.parsers[TLS].malformed, 0);
}

/* RFC 8446 §4.1.4: after a HelloRetryRequest both say theirs again, with a ChangeCipherSpec between. */
static void a_second_hello_is_read(void **state _unused_) {
        struct bytes message = client_message("a.test"), again = client_message("b.test"), records = {}, one = { { 1 }, 1 };
        struct tcp_talk t;

        bytes_records(&records, 22, &message, 16384);
        bytes_records(&records, 20, &one, 1);
        bytes_records(&records, 22, &again, 16384);
        talk(&t, 0, &records, 20);
        assert_string_equal(t.log.text, CLIENT_FACTS("a.test") CLIENT_FACTS("b.test"));
}

/* What a server of TLS 1.3 says: its version (RFC 8446 §4.2.1), and, where it asks for another hello, that by its random. */
static struct bytes server_13(bool asks_again) {
        static const uint8_t retry[32] = {
                0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
                0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
        };
        struct bytes body = hello_server_make(0x0303, 0x1301, "\0\53\0\2\3\4", 6), message = {}, records = {};

        if (asks_again)
                memcpy(body.data + 2, retry, sizeof retry);
        bytes_message(&message, 2, &body);
        bytes_records(&records, 22, &message, 16384);
        return records;
}

#define SERVER_13_FACTS                                                                                                          \
        "tls.server_version TLS1.3\ntls.server_cipher 0x1301\ntls.ja3s cce84e7a8b742462e40afb585a3e3ccc\n"

static uint64_t sides_done(const struct tcp_talk *t) {
        struct session_counters counters;

        session_table_get_counters(t->table, &counters);
        return counters.ended[SESSION_END_DONE];
}

static void all_is_said_once_a_server_of_tls_1_3_has_answered(void **state _unused_) {
        struct bytes message = client_message("a.test"), hello = {}, retry = server_13(true), server = server_13(false);
        struct tcp_talk t;

        bytes_records(&hello, 22, &message, 16384);
        tcp_talk_begin(&t);
        tcp_talk_open(&t);
        tcp_talk_say(&t, 0, hello.data, hello.n);
        tcp_talk_say(&t, 1, retry.data, retry.n);
        assert_int_equal(sides_done(&t), 0);
        tcp_talk_say(&t, 0, hello.data, hello.n);
        tcp_talk_say(&t, 1, server.data, server.n);
        assert_int_equal(sides_done(&t), 2);
        tcp_talk_say(&t, 0, hello.data, hello.n);
        tcp_talk_end(&t);
        assert_string_equal(t.log.text, CLIENT_FACTS("a.test") SERVER_13_FACTS CLIENT_FACTS("a.test") SERVER_13_FACTS);
}

/* The capture has the answer before the end of the hello. */
static void a_hello_that_comes_late_is_read(void **state _unused_) {
        struct bytes message = client_message("a.test"), hello = {}, server = server_13(false);
        struct tcp_talk t;

        bytes_records(&hello, 22, &message, 16384);
        tcp_talk_begin(&t);
        tcp_talk_open(&t);
        tcp_talk_segment(&t, 0, 20, hello.data + 20, hello.n - 20, hello.n - 20);
        t.next[0] = 0;
        tcp_talk_say(&t, 1, server.data, server.n);
        assert_int_equal(sides_done(&t), 1);
        tcp_talk_say(&t, 0, hello.data, 20);
        tcp_talk_end(&t);
        assert_string_equal(t.log.text, SERVER_13_FACTS CLIENT_FACTS("a.test"));
}

static void alerts_and_heartbeats_are_passed_over(void **state _unused_) {
        struct bytes message = client_message("a.test"), records = {}, alert = { { 1, 112 }, 2 }, beat = { { 1, 64, 0 }, 3 };
        struct tcp_talk t;

        bytes_records(&records, 21, &alert, 2);
        bytes_records(&records, 24, &beat, 3);
        bytes_records(&records, 22, &message, 16384);
        talk(&t, 0, &records, 3);
        assert_string_equal(t.log.text, CLIENT_FACTS("a.test"));
}

/* What clear-text protocols say before: SMTP, IMAP, POP3, FTP, XMPP, PostgreSQL, LDAP, and a proxy's CONNECT. */
static void tls_starts_in_the_middle(void **state _unused_) {
        static const struct {
                const char *client, *server;
                size_t client_length, server_length;
                const char *facts;
        } cases[] = {
#define TALK(client, server, facts) { client, server, sizeof client - 1, sizeof server - 1, facts }
                TALK("EHLO x\r\nSTARTTLS\r\n", "220 mail\r\n250-mail\r\n250 STARTTLS\r\n220 go\r\n", ""),
                TALK("a STARTTLS\r\n", "* OK\r\na OK begin\r\n", ""),
                TALK("STLS\r\n", "+OK\r\n+OK\r\n", ""),
                TALK("AUTH TLS\r\n", "220 ftp\r\n234 go\r\n", ""),
                TALK("<stream:stream to='x'><starttls xmlns='y'/>", "<stream:stream><proceed/>", ""),
                TALK("\0\0\0\x08\x04\xd2\x16\x2f", "S", ""),
                TALK("\x30\x1d\x02\x01\x01\x77\x18\x80\x16" "1.3.6.1.4.1.1466.20037", "\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\0\x04\0\x04\0", ""),
                TALK("CONNECT b.test:443 HTTP/1.1\r\n\r\n", "HTTP/1.1 200 Go\r\n\r\n", "http.request CONNECT b.test:443\nhttp.status 200\n"),
#undef TALK
        };
        struct bytes hello = client_message("a.test"), flight = server_messages(), client = {}, server = {};
        char expected[2048];
        struct tcp_talk t;

        bytes_records(&client, 22, &hello, 16384);
        bytes_records(&server, 22, &flight, 16384);
        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                for (size_t step = 1; step < 3000; step += 2999 / 2) {
                        snprintf(expected, sizeof expected, "%s%s%s", cases[i].facts, CLIENT_FACTS("a.test"), server_facts);
                        tcp_talk_begin(&t);
                        tcp_talk_open(&t);
                        tcp_talk_say_by(&t, 0, cases[i].client, cases[i].client_length, step);
                        tcp_talk_say_by(&t, 1, cases[i].server, cases[i].server_length, step);
                        tcp_talk_say_by(&t, 0, client.data, client.n, step);
                        tcp_talk_say_by(&t, 1, server.data, server.n, step);
                        tcp_talk_end(&t);
                        assert_string_equal(t.log.text, expected);
                }
}

static void what_follows_a_hole_is_found_at_a_record(void **state _unused_) {
        struct bytes flight = server_messages(), records = {}, message = client_message("a.test"), client = {};
        struct tcp_talk t;

        bytes_records(&records, 22, &flight, 16384);
        bytes_records(&client, 22, &message, 16384);
        tcp_talk_begin(&t);
        tcp_talk_say(&t, 1, records.data, 30); /* the rest of it is missing */
        tcp_talk_segment(&t, 1, 2000, "\x99\x98\x97", 3, 3);
        tcp_talk_segment(&t, 1, 3000, records.data, records.n, records.n);
        tcp_talk_end(&t);
        assert_string_equal(t.log.text, server_facts);
}

static void nonsense_retires_the_side_that_says_it(void **state _unused_) {
        static const struct { size_t at; uint8_t value; } lies[] = {
                { 0, 99 },  /* type of the record */
                { 1, 4 },   /* its version */
                { 3, 0xff },/* its length */
                { 6, 0xff },/* length of the message */
                { 43, 0xff }, /* of the session */
        };
        struct bytes message = client_message("a.test"), records = {}, alert = { { 1, 0 }, 2 };
        size_t alert_length = 7;
        struct tcp_talk t;

        bytes_records(&records, 21, &alert, 2);
        bytes_records(&records, 22, &message, 16384);
        for (size_t i = 0; i < ELEMENTSOF(lies); i++) {
                struct bytes lie = records;
                struct session_counters counters;

                lie.data[alert_length + lies[i].at] = lies[i].value;
                tcp_talk_begin(&t);
                tcp_talk_say(&t, 0, lie.data, lie.n);
                session_table_get_counters(t.table, &counters);
                tcp_talk_end(&t);
                assert_string_equal(t.log.text, "");
                assert_int_equal(counters.parsers[TLS].malformed, 1);
        }
}

/* Each fact is about its sender, and none says that it cannot have crossed a router. */
static void facts_are_the_senders(void **state _unused_) {
        struct bytes message = client_message("a.test"), client = {}, flight = server_messages(), server = {};
        struct tcp_talk t;

        bytes_records(&client, 22, &message, 16384);
        bytes_records(&server, 22, &flight, 16384);
        tcp_talk_begin(&t);
        tcp_talk_say(&t, 0, client.data, client.n);
        tcp_talk_say(&t, 1, server.data, server.n);
        for (size_t i = 0; i < t.log.count; i++) {
                const struct fact *fact = &t.log.facts[i];
                bool by_server = fact->kind >= FACT_TLS_JA3S && fact->kind <= FACT_TLS_CERT_UNPARSABLE;

                assert_int_equal(fact->mac.bytes[5], by_server ? 2 : 1);
                assert_int_equal(fact->flags & FACT_LINK_SCOPED, 0);
                assert_int_equal(fact_voice(fact), fact->kind == FACT_TLS_SNI ? VOICE_ASKS : VOICE_SELF);
        }
        assert_non_null(fact_log_find(&t.log, FACT_TLS_CERT_SUBJECT_CN));
        tcp_talk_end(&t);
}

/* Messages that are longer than anybody needs cost no more than a stream may hold. */
static void memory_is_bounded(void **state _unused_) {
        static const uint8_t zero[1400];
        struct bytes start = { { 22, 3, 1, 0x40, 0, 11, 0, 0xbf, 0xff }, 9 }; /* a chain of 48 KiB less one, in records of 16 KiB */
        struct session_counters counters;
        struct tcp_talk t;

        tcp_talk_begin(&t);
        tcp_talk_say(&t, 1, start.data, start.n);
        for (unsigned i = 0; i < 100; i++)
                tcp_talk_say(&t, 1, zero, sizeof zero);
        session_table_get_counters(t.table, &counters);
        assert_true(counters.buffered_max <= STREAM_BUFFER_MAX);
        tcp_talk_end(&t);
        assert_string_equal(t.log.text, "");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(hellos_are_read_however_they_are_cut),
                cmocka_unit_test(a_cut_hello_tells_the_names_that_are_whole),
                cmocka_unit_test(flights_of_servers_are_read_however_they_are_cut),
                cmocka_unit_test(single_bytes_are_enough),
                cmocka_unit_test(what_is_encrypted_is_left_alone),
                cmocka_unit_test(a_second_hello_is_read),
                cmocka_unit_test(all_is_said_once_a_server_of_tls_1_3_has_answered),
                cmocka_unit_test(a_hello_that_comes_late_is_read),
                cmocka_unit_test(alerts_and_heartbeats_are_passed_over),
                cmocka_unit_test(tls_starts_in_the_middle),
                cmocka_unit_test(what_follows_a_hole_is_found_at_a_record),
                cmocka_unit_test(nonsense_retires_the_side_that_says_it),
                cmocka_unit_test(facts_are_the_senders),
                cmocka_unit_test(memory_is_bounded),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
