/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"
#include "tests/unit/datagram-log.h"
#include "tests/unit/tcp-talk.h"

#include "tests/unit/certificate-bytes.h"
#include "tests/unit/tls-bytes.h"

static const char client_facts[] = "tls.ja3 fde4273625b2ac63bd01d9c500dac91b\ntls.ja4 t12i010000_ba72b8082249_000000000000\n";
static const char server_facts[] = "tls.server_version TLS1.2\ntls.server_cipher 0xc02b\ntls.ja3s ec9fdb7b766d47dd56948c6a5d580ddd\n"
                                   "tls.cert_sha256 df0cb8074407f9315ad21af0d432e6925c24aaaed459f3ac0b75df73ae6178c1\n";

enum { RESET_CLIENT = 7, RESET_SERVER = 8, CONTROL = 4, ACK = 5, DATA = 9 };

/* opcode and key (1), session (8), guard, acknowledgements (1), those and the peer's session (4 each, 8), number (4) */
static struct bytes packet_of(unsigned opcode, size_t guard, unsigned acks, unsigned number, const void *data, size_t n) {
        static const uint8_t noise[128] = { 0xa5, [127] = 0xa5 };
        struct bytes b = {};

        bytes_8(&b, opcode << 3);
        bytes_put(&b, noise, 8 + guard);
        bytes_8(&b, acks);
        if (acks > 0)
                bytes_put(&b, noise, acks * 4 + 8);
        if (opcode != ACK) {
                bytes_16(&b, 0);
                bytes_16(&b, number);
        }
        bytes_put(&b, data, n);
        return b;
}

static struct bytes client_flight(void) {
        struct hello_client h = { .version = 0x0303, .ciphers = LIST(47) };
        struct bytes body = hello_client_make(&h), message = {}, record = {};

        bytes_message(&message, 1, &body);
        bytes_records(&record, 22, &message, 1000);
        return record;
}

/* ServerHello and Certificate, then the end of what is in the clear. */
static struct bytes server_flight(void) {
        struct bytes hello = hello_server_make(0x0303, 0xc02b, "", 0), list = {}, messages = {}, records = {}, end = {};

        bytes_24(&list, 3 + sizeof certificate_bytes);
        bytes_24(&list, sizeof certificate_bytes);
        bytes_put(&list, certificate_bytes, sizeof certificate_bytes);
        bytes_message(&messages, 2, &hello);
        bytes_message(&messages, 11, &list);
        bytes_records(&records, 22, &messages, 60); /* the first holds the hello and the beginning of what follows */
        bytes_8(&end, 1);
        bytes_records(&records, 20, &end, 1);
        return records;
}

static void put_framed(struct bytes *b, struct bytes packet) {
        bytes_list16(b, &packet);
}

/* A side's packets over TCP, with `piece` bytes of TLS in each. */
static struct bytes talk_of(unsigned reset, size_t guard, const struct bytes *flight, size_t piece) {
        struct bytes b = {};
        unsigned number = 0;

        put_framed(&b, packet_of(reset, guard, reset == RESET_SERVER, number++, "", 0));
        put_framed(&b, packet_of(ACK, guard, 1, 0, "", 0));
        for (size_t i = 0; i < flight->n; i += piece)
                put_framed(&b, packet_of(CONTROL, guard, number % 3, number, flight->data + i, MIN(piece, flight->n - i))), number++;
        return b;
}

static void over_tcp_with_any_guard_and_any_cut(void **state _unused_) {
        static const size_t guards[] = { 0, 24, 28, 36, 40, 56, 72 };
        struct bytes client = client_flight(), server = server_flight();
        struct tcp_talk t;

        for (size_t i = 0; i < ELEMENTSOF(guards); i++)
                for (size_t step = 1; step < 200; step = step * 3 + 1) {
                        struct bytes ours = talk_of(RESET_CLIENT, guards[i], &client, 17);
                        struct bytes theirs = talk_of(RESET_SERVER, guards[i], &server, 100);

                        tcp_talk_begin(&t);
                        tcp_talk_open(&t);
                        tcp_talk_say_by(&t, 0, ours.data, ours.n, step);
                        assert_string_equal(t.log.text, client_facts);
                        tcp_talk_say_by(&t, 1, theirs.data, theirs.n, step);
                        assert_memory_equal(t.log.text + strlen(client_facts), server_facts, strlen(server_facts));
                        tcp_talk_end(&t);
                }
}

static void tunnelled_data_end_it(void **state _unused_) {
        struct bytes client = client_flight(), talk = talk_of(RESET_CLIENT, 0, &client, 1000);
        struct session_counters counters;
        struct tcp_talk t;

        put_framed(&talk, packet_of(DATA, 0, 0, 0, "x", 1));
        tcp_talk_begin(&t);
        tcp_talk_say(&t, 0, talk.data, talk.n);
        assert_string_equal(t.log.text, client_facts);
        session_table_get_counters(t.table, &counters);
        assert_int_equal(counters.buffered, 0);
        tcp_talk_end(&t);
}

static void nonsense_over_tcp_is_given_up(void **state _unused_) {
        struct bytes talk = {}, flood;
        struct session_counters counters;
        struct tcp_talk t;

        put_framed(&talk, packet_of(RESET_CLIENT, 0, 0, 0, "", 0));
        put_framed(&talk, packet_of(CONTROL, 0, 0, 1, "no record of TLS", 16));
        tcp_talk_begin(&t);
        tcp_talk_say(&t, 0, talk.data, talk.n);
        /* Acknowledgements without end are not kept without end. */
        flood = (struct bytes) {};
        put_framed(&flood, packet_of(RESET_SERVER, 0, 1, 0, "", 0));
        tcp_talk_say(&t, 1, flood.data, flood.n);
        for (unsigned i = 0; i < 1000; i++) {
                flood.n = 0;
                put_framed(&flood, packet_of(ACK, 0, 1, 0, "", 0));
                tcp_talk_say(&t, 1, flood.data, flood.n);
        }
        session_table_get_counters(t.table, &counters);
        assert_int_equal(counters.buffered, 0);
        assert_true(counters.buffered_max < 64 * 1024);
        assert_string_equal(t.log.text, "");
        tcp_talk_end(&t);
}

static void say(struct datagram_log *l, unsigned side, struct bytes packet) {
        assert_true(datagram_log_say(l, side, packet.data, packet.n));
}

static void over_udp_with_packets_sent_again(void **state _unused_) {
        struct bytes client = client_flight(), server = server_flight();
        struct datagram_counters counters;
        struct datagram_log l;
        unsigned number = 1;

        datagram_log_begin(&l);
        say(&l, 0, packet_of(RESET_CLIENT, 28, 0, 0, "", 0));
        say(&l, 0, packet_of(RESET_CLIENT, 28, 0, 0, "", 0));
        say(&l, 1, packet_of(RESET_SERVER, 28, 1, 0, "", 0));
        say(&l, 0, packet_of(ACK, 28, 1, 0, "", 0));
        say(&l, 0, packet_of(CONTROL, 28, 0, 2, "too early", 9));
        say(&l, 0, packet_of(CONTROL, 28, 0, 1, client.data, client.n));
        assert_string_equal(l.log.text, client_facts);
        for (size_t i = 0; i < server.n; i += 100, number++) {
                say(&l, 1, packet_of(CONTROL, 28, 1, number, server.data + i, MIN((size_t) 100, server.n - i)));
                say(&l, 1, packet_of(CONTROL, 28, 1, number, server.data + i, MIN((size_t) 100, server.n - i)));
        }
        assert_memory_equal(l.log.text + strlen(client_facts), server_facts, strlen(server_facts));
        datagram_table_get_counters(l.table, &counters);
        assert_int_equal(counters.unfinished, 1); /* the client may go on */
        datagram_log_end(&l);
}

static void what_is_no_reset_begins_nothing(void **state _unused_) {
        struct bytes client = client_flight(), packet = packet_of(CONTROL, 0, 0, 1, client.data, client.n);
        struct datagram_log l;

        datagram_log_begin(&l);
        assert_false(datagram_log_say(&l, 0, packet.data, packet.n));
        packet = packet_of(RESET_CLIENT, 0, 0, 1, "", 0); /* its number is not 0 */
        assert_false(datagram_log_say(&l, 0, packet.data, packet.n));
        packet = packet_of(RESET_CLIENT, 11, 0, 0, "", 0); /* a digest that there is not */
        assert_false(datagram_log_say(&l, 0, packet.data, packet.n));
        assert_string_equal(l.log.text, "");
        datagram_log_end(&l);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(over_tcp_with_any_guard_and_any_cut),
                cmocka_unit_test(tunnelled_data_end_it),
                cmocka_unit_test(nonsense_over_tcp_is_given_up),
                cmocka_unit_test(over_udp_with_packets_sent_again),
                cmocka_unit_test(what_is_no_reset_begins_nothing),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
