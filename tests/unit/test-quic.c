/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"
#include "tests/unit/datagram-log.h"

#include <errno.h>

#include "tests/unit/quic-bytes.h"

/* Index of its counters. */
#define QUIC 1
#define V1 0x00000001
#define V2 0x6b3343cf

/* RFC 9001 §A.2: the ClientHello, for example.com, and its connection ID. */
static const char hello_hex[] =
        "010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e86804fe3a47f06a2b69484c00000413011302010000c000000010000e00000b6578"
        "616d706c652e636f6dff01000100000a00080006001d0017001800100007000504616c706e000500050100000000003300260024001d00209370b2c9"
        "caa47fbabaf4559fedba753de171fa71f50f1ce15d43e994ec74d748002b0003020304000d0010000e0403050306030203080408050806002d000201"
        "01001c00024001003900320408ffffffffffffffff05048000ffff07048000ffff0801100104800075300901100f088394c8f03e51570806048000ff"
        "ff";
static const uint8_t id[] = { 0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08 };
#define CLIENT_FACTS(version)                                                                   \
        "quic.version " version "\nquic.sni example.com\nquic.alpn alpn\nquic.ja3 41bc9ae914d6cb3bd0bd0a5453ab7d7f\n"      \
        "quic.ja4 q13d0211an_62ed6f6ca7ad_4d634acda6c0\n"
#define SERVER_FACTS                                                                    \
        "quic.version 0x00000001\nquic.server_version TLS1.3\nquic.server_cipher 0x1301\n" \
        "quic.ja3s eb1d94daa7e0344597e756a1fb6e7054\n" /* 771,4865,51-43 */

/* §A.3: what the server's first packet holds (an ACK, then CRYPTO), and the packet as it is sent. */
static const char server_hex[] =
        "c1000000010008f067a5502a4262b50040750001"
        "02000000000600405a020000560303eefce7f7b37ba1d1632e96677825ddf73988cfc79825df566dc5430b9a045a1200130100002e00330024001d"
        "00209d3c940d89690b84d08a60993c144eca684d1081287c834d5311bcf32bb9da1a002b00020304";
static const char server_sent_hex[] =
        "cf000000010008f067a5502a4262b5004075c0d95a482cd0991cd25b0aac406a5816b6394100f37a1c69797554780bb38cc5a99f5ede4cf73c3ec2"
        "493a1839b3dbcba3f6ea46c5b7684df3548e7ddeb9c3bf9c73cc3f3bded74b562bfb19fb84022f8ef4cdd93795d77d06edbb7aaf2f58891850abbd"
        "ca3d20398c276456cbc42158407dd074ee";

static void assert_hex(const uint8_t *data, const char *hex) {
        uint8_t expected[2048];
        size_t n = quic_hex(hex, expected);

        assert_memory_equal(data, expected, n);
}

struct hello {
        uint8_t data[512];
        size_t n;
        struct quic_keys keys[2];
};

static struct hello hello_make(uint32_t version) {
        struct hello h = {};

        h.n = quic_hex(hello_hex, h.data);
        quic_keys_of(version, id, sizeof id, h.keys);
        return h;
}

/* §A.2: 1162 bytes with padding behind the hello. The beginning and end of the packet stand in the specification. */
static size_t example_packet(const struct hello *h, uint8_t *ret) {
        uint8_t header[64], payload[1162] = {};
        size_t n = quic_hex("c300000001088394c8f03e5157080000449e00000002", header);

        payload[0] = 6;
        payload[2] = 0x40;
        payload[3] = 0xf1;
        memcpy(payload + 4, h->data, h->n);
        return quic_protect(&h->keys[0], header, n, payload, sizeof payload, ret);
}

/* One CRYPTO frame, from `from` to `to`, in a packet of its own. */
static size_t part(const struct hello *h, uint32_t version, uint8_t number, size_t from, size_t to, uint8_t *ret) {
        uint8_t payload[600] = {};
        size_t n = quic_crypto(from, h->data, to - from, payload);

        return quic_initial(version, &h->keys[0], id, sizeof id, number, payload, n + 20, ret); /* and padding */
}

static void assert_opens(struct quic_crypt *crypt, uint32_t version, struct quic_keys ret[static 2]) {
        struct hello h = hello_make(version);
        uint8_t packet[1024], plain[QUIC_PACKET_MAX];
        struct quic_first first = { .version = version, .cid = cursor_make(id, sizeof id), .number_at = 18 };

        first.packet = cursor_make(packet, part(&h, version, 7, 0, h.n, packet));
        assert_int_equal(quic_open_first(crypt, &first, ret, plain), (int) h.n + 5 + 20);
        assert_memory_equal(plain + 5, h.data, h.n);
        first.version = 5;
        assert_int_equal(quic_open_first(crypt, &first, ret, plain), -EOPNOTSUPP);
        first.version = version;
        packet[first.number_at + 2] ^= 1;
        assert_int_equal(quic_open_first(crypt, &first, ret, plain), -EBADMSG);
}

/* RFC 9001 §A.1 and RFC 9369 §A.1. In turn: what is kept of one version must not show in the other. */
static void keys_are_those_of_the_specifications(void **state _unused_) {
        struct quic_crypt *crypt;
        struct quic_keys keys[2];

        assert_int_equal(quic_crypt_new(&crypt), 0);
        for (unsigned i = 0; i < 2; i++) {
                assert_opens(crypt, V1, keys);
                assert_hex(keys[0].key, "1f369613dd76d5467730efcbe3b1a22d");
                assert_hex(keys[0].iv, "fa044b2f42a3fd3b46fb255c");
                assert_hex(keys[0].hp, "9f50449e04a0e810283a1e9933adedd2");
                assert_hex(keys[1].key, "cf3a5331653c364c88f0f379b6067e37");
                assert_hex(keys[1].iv, "0ac1493ca1905853b0bba03e");
                assert_hex(keys[1].hp, "c206b8d9b9f0f37644430b490eeaa314");
                assert_opens(crypt, V2, keys);
                assert_hex(keys[0].key, "8b1a0bc121284290a29e0971b5cd045d");
                assert_hex(keys[0].iv, "91f73e2351d8fa91660e909f");
                assert_hex(keys[0].hp, "45b95e15235d6f45a6b19cbcb0294ba9");
                assert_hex(keys[1].key, "82db637861d55e1d011f19ea71d5d2a7");
                assert_hex(keys[1].iv, "dd13c276499c0249d3310652");
                assert_hex(keys[1].hp, "edf6d05c83121201b436e16877593c3a");
        }
        quic_crypt_free(crypt);
}

/* The keys of drafts 22, 27 and 29 and of Google's versions for this name, computed apart from this code. */
static void versions_without_a_salt_take_a_drafts(void **state _unused_) {
        static const struct {
                uint32_t version;
                const char *key, *iv, *hp;
        } drafts[] = {
                { 0xff000016, "07863d9c083786bc86766ce0d02bf93f", "fb33da41a8f297d482df670e", "48dbcf44e335508f7f23fb2c3790a37c" },
                { 0xfaceb001, "07863d9c083786bc86766ce0d02bf93f", "fb33da41a8f297d482df670e", "48dbcf44e335508f7f23fb2c3790a37c" },
                { 0xfaceb002, "af7fd7efebd21878ff66811248983694", "8681359410a70bb9c92f0420", "a980b8b4fb7d9fbc13e814c23164253d" },
                { 0xfaceb00e, "af7fd7efebd21878ff66811248983694", "8681359410a70bb9c92f0420", "a980b8b4fb7d9fbc13e814c23164253d" },
                { QUIC_Q050, "348cb426373281cfaec63f5b609350e7", "4b9cf5c4a378544aed414625", "609d47aa6b7fab4705068781528143f7" },
                { QUIC_T050, "80ab8e0313d2c851aaff5405824a916a", "aedd2abe20b9eff2116e4429", "d3a731204b1c81e9644f91bd062633a9" },
                { QUIC_T051, "e66b805440a16d39f1889b2726d1cc5c", "efdd37eda34f2f7080bb140c", "34ebf45dc367d3502a9fe09cfd3fd9f6" },
                { 0x1a2a3a4a, "175257a31eb09dea9366d8bb79ad80ba", "6b26114b9cba2b63a9e8dd4f", "9ddd12c994c0698b89374a9c077a3077" },
        };
        uint8_t packet[1024], plain[QUIC_PACKET_MAX];
        struct hello h = hello_make(V1);
        struct quic_crypt *crypt;
        struct quic_keys keys[2];

        assert_int_equal(quic_crypt_new(&crypt), 0);
        for (size_t i = 0; i < ELEMENTSOF(drafts); i++) {
                struct quic_first first = { .version = drafts[i].version, .cid = cursor_make(id, sizeof id), .number_at = 18 };

                quic_hex(drafts[i].key, h.keys[0].key);
                quic_hex(drafts[i].iv, h.keys[0].iv);
                quic_hex(drafts[i].hp, h.keys[0].hp);
                first.packet = cursor_make(packet, part(&h, drafts[i].version, 7, 0, h.n, packet));
                assert_true(quic_version_is_known(drafts[i].version));
                assert_int_equal(quic_open_first(crypt, &first, keys, plain), (int) h.n + 5 + 20);
        }
        quic_crypt_free(crypt);
}

/* A server's first packet is nobody's first: its keys are not looked for under a name that no client may choose. But
 * behind a Retry a client's is (a_retry_changes_the_keys). */
static void a_short_name_is_no_first_one(void **state _unused_) {
        static const uint8_t chosen[] = { 1, 2, 3, 4, 5, 6, 7, 8 };
        struct hello h = hello_make(V1);
        uint8_t packet[1024], payload[600] = {};
        struct datagram_log l;

        for (size_t length = 7; length <= 8; length++) {
                size_t n = quic_crypto(0, h.data, h.n, payload);

                quic_keys_of(V1, chosen, length, h.keys);
                n = quic_initial(V1, &h.keys[0], chosen, length, 1, payload, n, packet);
                datagram_log_begin(&l);
                assert_int_equal(datagram_log_say(&l, 0, packet, n), length == 8);
                assert_string_equal(l.log.text, length == 8 ? CLIENT_FACTS("0x00000001") : "");
                datagram_log_end(&l);
        }
}

static void the_example_of_the_specification(void **state _unused_) {
        struct hello h = hello_make(V1);
        uint8_t packet[2048], server[256], sent[256];
        struct datagram_log l;
        size_t n = example_packet(&h, packet), server_n;

        assert_int_equal(n, 1200);
        assert_hex(packet, "c000000001088394c8f03e5157080000449e7b9aec34d1b1c98dd7689fb8ec11d242b123dc9bd8bab936b47d92ec356c");
        assert_hex(packet + n - 16, "e221af44860018ab0856972e194cd934");
        server_n = quic_hex(server_hex, server);
        assert_int_equal(quic_protect(&h.keys[1], server, 20, server + 20, server_n - 20, sent), server_n + 16);
        assert_hex(sent, server_sent_hex);

        datagram_log_begin(&l);
        assert_true(datagram_log_say(&l, 0, packet, n));
        assert_string_equal(l.log.text, CLIENT_FACTS("0x00000001"));
        assert_true(datagram_log_say(&l, 1, sent, server_n + 16));
        assert_string_equal(l.log.text, CLIENT_FACTS("0x00000001") SERVER_FACTS);
        assert_true(datagram_log_say(&l, 0, packet, n)); /* sent again: nothing new */
        assert_string_equal(l.log.text, CLIENT_FACTS("0x00000001") SERVER_FACTS);
        datagram_log_end(&l);
}

static void hellos_over_two_datagrams_in_any_order(void **state _unused_) {
        struct hello h = hello_make(V2);
        uint8_t packet[2][1024];
        struct datagram_log l;

        for (size_t cut = 1; cut < h.n; cut++)
                for (unsigned first = 0; first < 2; first++) {
                        size_t n[2] = { part(&h, V2, 0, 0, cut, packet[0]), part(&h, V2, 1, cut, h.n, packet[1]) };

                        datagram_log_begin(&l);
                        assert_true(datagram_log_say(&l, 0, packet[first], n[first]));
                        assert_string_equal(l.log.text, "");
                        assert_true(datagram_log_say(&l, 0, packet[!first], n[!first]));
                        assert_string_equal(l.log.text, CLIENT_FACTS("0x6b3343cf"));
                        datagram_log_end(&l);
                }
}

/* Many frames, backwards and overlapping, in coalesced packets, PING and padding between. */
static void frames_in_any_order(void **state _unused_) {
        struct hello h = hello_make(V1);
        uint8_t payload[2][2048] = {}, datagram[4096];
        struct datagram_log l;
        size_t n[2] = {}, total;

        for (size_t end = h.n, i = 0; end > 0; end -= end < 7 ? end : 7, i++) {
                size_t from = end < 9 ? 0 : end - 9;

                n[i % 2] += quic_crypto(from, h.data, end - from, payload[i % 2] + n[i % 2]);
                payload[i % 2][n[i % 2]++] = i % 3 == 0; /* PING or PADDING */
        }
        total = quic_initial(V1, &h.keys[0], id, sizeof id, 5, payload[0], n[0], datagram);
        total += quic_initial(V1, &h.keys[0], id, sizeof id, 6, payload[1], n[1], datagram + total);
        datagram_log_begin(&l);
        assert_true(datagram_log_say(&l, 0, datagram, total));
        assert_string_equal(l.log.text, CLIENT_FACTS("0x00000001"));
        datagram_log_end(&l);
}

/* RFC 9000 §17.2.5.2: after a Retry the client begins anew, under the name that the server gave. */
static void a_retry_changes_the_keys(void **state _unused_) {
        static const uint8_t retried[] = { 1, 2, 3, 4 };
        struct hello h = hello_make(V1);
        uint8_t packet[1024], payload[600] = {}, answer[1024], server[256];
        struct quic_keys keys[2];
        struct datagram_log l;
        size_t n = part(&h, V1, 0, 0, 100, packet), server_n = quic_hex(server_hex, server);

        datagram_log_begin(&l);
        assert_true(datagram_log_say(&l, 0, packet, n));
        quic_keys_of(V1, retried, sizeof retried, keys);
        n = quic_crypto(0, h.data, h.n, payload);
        n = quic_initial(V1, &keys[0], retried, sizeof retried, 1, payload, n, packet);
        assert_true(datagram_log_say(&l, 0, packet, n));
        assert_string_equal(l.log.text, CLIENT_FACTS("0x00000001"));
        n = quic_protect(&h.keys[1], server, 20, server + 20, server_n - 20, answer);
        assert_false(datagram_log_say(&l, 1, answer, n)); /* made with the old ones */
        n = quic_protect(&keys[1], server, 20, server + 20, server_n - 20, answer);
        assert_true(datagram_log_say(&l, 1, answer, n));
        assert_string_equal(l.log.text, CLIENT_FACTS("0x00000001") SERVER_FACTS);
        datagram_log_end(&l);
}

/* The client goes on under the server's name, with the keys of the first. */
static void later_packets_have_other_names(void **state _unused_) {
        static const uint8_t given[] = { 9, 9 };
        struct hello h = hello_make(V1);
        uint8_t packet[1024], payload[600] = {};
        struct datagram_log l;
        size_t n = part(&h, V1, 0, 0, 100, packet);

        datagram_log_begin(&l);
        assert_true(datagram_log_say(&l, 0, packet, n));
        n = quic_crypto(100, h.data, h.n - 100, payload);
        n = quic_initial(V1, &h.keys[0], given, sizeof given, 1, payload, n, packet);
        assert_true(datagram_log_say(&l, 0, packet, n));
        assert_string_equal(l.log.text, CLIENT_FACTS("0x00000001"));
        datagram_log_end(&l);
}

static void any_change_breaks_the_seal(void **state _unused_) {
        struct hello h = hello_make(V1);
        uint8_t packet[1024];
        struct datagram_log l;
        size_t n = part(&h, V1, 0, 0, h.n, packet);

        datagram_log_begin(&l);
        for (size_t i = 0; i < n; i++) {
                packet[i] ^= 4;
                assert_false(datagram_log_say(&l, 0, packet, n));
                packet[i] ^= 4;
        }
        for (size_t cut = 0; cut < n; cut++)
                assert_false(datagram_log_say(&l, 0, packet, cut));
        assert_string_equal(l.log.text, "");
        datagram_log_end(&l);
}

/* Packets that are sealed as they should be: they were QUIC, `malformed` of them were nonsense inside, and nothing came of any. */
static void assert_nothing_comes_of(uint32_t version, const char *const *payloads, size_t n_payloads, size_t malformed) {
        struct hello h = hello_make(version);
        struct datagram_counters counters;
        uint8_t packet[1024], payload[256];
        struct datagram_log l;

        datagram_log_begin(&l);
        for (size_t i = 0; i < n_payloads; i++) {
                size_t n = quic_hex(payloads[i], payload);

                n = quic_initial(version, &h.keys[0], id, sizeof id, (uint8_t) i, payload, n, packet);
                assert_true(datagram_log_say(&l, 0, packet, n));
        }
        datagram_table_get_counters(l.table, &counters);
        assert_int_equal(counters.parsers[QUIC].malformed, malformed);
        assert_string_equal(l.log.text, "");
        datagram_log_end(&l);
}

static void lies_inside_are_refused(void **state _unused_) {
        static const char *const payloads[] = {
                "0600ffffffffffffffff",                 /* CRYPTO of 2^62 bytes */
                "06ffffffffffffffff4001aa",             /* far behind the end */
                "06008004ffff0000000000",               /* longer than the packet */
                "02000080ffffff00",                     /* ACK of many ranges */
                "0600400801ffffff00000000",             /* a ClientHello of 16 MiB */
        };

        assert_nothing_comes_of(V1, payloads, ELEMENTSOF(payloads), ELEMENTSOF(payloads));
}

/* PADDING 0, PING 7. An acknowledgement: 01, sizes, greatest number, delay (2), ranges, times (their number, 1 + 4, 1 + 2 ...).
 * Here of several ranges (one more: gap 2, length 3), sizes of two bytes, and with two times (1 + 4, 1 + 2). */
#define GOOGLE_RANGES "6500090020" "01" "0001" "020003" "02" "0100000001" "010002"

/* The frames in hexadecimal, where the type of the last is still to come; then CRYPTO as the IETF has it. */
static size_t google_part(const char *frames, size_t offset, const uint8_t *data, size_t length, uint8_t *ret) {
        size_t n = quic_hex(frames, ret);

        quic_crypto(offset, data, length, ret + n);
        ret[n] = 8;
        return n + 5 + length;
}

static void google_has_frames_of_its_own(void **state _unused_) {
        static const char *const frames[] = { "", "0000", "07", "4001200001" "00", GOOGLE_RANGES, "07" GOOGLE_RANGES "00" };
        struct hello h = hello_make(QUIC_T051);
        uint8_t packet[1024], payload[600], server[256];
        size_t n, server_n = quic_hex(server_hex, server);
        struct datagram_log l;

        for (size_t i = 0; i < ELEMENTSOF(frames); i++) {
                datagram_log_begin(&l);
                n = google_part(frames[i], 0, h.data, h.n, payload);
                n = quic_initial(QUIC_T051, &h.keys[0], id, sizeof id, 1, payload, n, packet);
                assert_true(datagram_log_say(&l, 0, packet, n));
                assert_string_equal(l.log.text, CLIENT_FACTS("0x54303531"));
                n = google_part(frames[i], 0, server + 29, server_n - 29, payload);
                n = quic_initial(QUIC_T051, &h.keys[1], id, 0, 1, payload, n, packet);
                assert_true(datagram_log_say(&l, 1, packet, n));
                assert_memory_equal(strstr(l.log.text, "quic.server_version"), strstr(SERVER_FACTS, "quic.server_version"),
                                    strlen(strstr(SERVER_FACTS, "quic.server_version")));
                datagram_log_end(&l);
        }
}

/* Cut off or not of Google's: nothing comes of it, and what is sealed was QUIC all the same. */
static void google_frames_that_do_not_fit(void **state _unused_) {
        static const char *const payloads[] = { "000040", "400120", "6500090020ff0001", "400120000180", "08ffffffffffffffff4001aa", "06004001aa" };

        assert_nothing_comes_of(QUIC_T050, payloads, ELEMENTSOF(payloads), ELEMENTSOF(payloads) - 1);
}

/* "CHLO", 3 tags; PAD ends at 2, SNI at 11, UAID at 18; their values. What a server rejects with has tags as well. */
static void hellos_of_google_come_in_pieces(void **state _unused_) {
        static const uint8_t hello[] = "CHLO\3\0\0\0PAD\0\2\0\0\0SNI\0\13\0\0\0UAID\22\0\0\0--name.testagent/1";
        static const uint8_t rejection[] = "REJ\0\1\0\0\0SNI\0\4\0\0\0nope";
        static const char facts[] = "gquic.sni name.test\ngquic.user_agent agent/1\n";
        struct hello h = hello_make(QUIC_Q050);
        uint8_t packet[1024], payload[256] = {};
        struct datagram_log l;
        size_t n;

        for (size_t cut = 1; cut < sizeof hello; cut++) {
                datagram_log_begin(&l);
                for (unsigned i = 0; i < 2; i++) {
                        n = i ? google_part("00", cut, hello, sizeof hello - 1 - cut, payload) :
                                google_part(GOOGLE_RANGES, 0, hello, cut, payload);
                        n = quic_initial(QUIC_Q050, &h.keys[0], id, sizeof id, (uint8_t) i, payload, n + 20, packet);
                        assert_true(datagram_log_say(&l, 0, packet, n));
                }
                assert_string_equal(l.log.text, facts);
                n = google_part("", 0, rejection, sizeof rejection - 1, payload);
                n = quic_initial(QUIC_Q050, &h.keys[1], id, 0, 1, payload, n, packet);
                assert_true(datagram_log_say(&l, 1, packet, n));
                assert_string_equal(l.log.text, facts);
                datagram_log_end(&l);
        }
}

/* Puts parameters behind those that the hello has, or in their place: they are its end. */
static struct hello with_parameters(bool behind, const void *parameters, size_t n) {
        struct hello h = hello_make(V1);
        size_t extension = h.n - 0x32 - 2, extensions = 47;

        if (!behind) {
                h.n -= 0x32;
                h.data[extensions + 1] -= 0x32;
                h.data[extension + 1] = 0;
        }
        memcpy(h.data + h.n, parameters, n);
        h.n += n;
        h.data[2] = (uint8_t) ((h.n - 4) >> 8);
        h.data[3] = (uint8_t) (h.n - 4);
        h.data[extensions + 1] += (uint8_t) n;
        h.data[extension + 1] += (uint8_t) n;
        return h;
}

/* Parameters 0x3129 (a text) and 0x4751 (four bytes, then one tag, UAID, up to 4). */
static void the_program_names_itself(void **state _unused_) {
        static const struct {
                const char *parameters;
                size_t n;
                const char *facts;
                bool before; /* as drafts up to the 26th wrote them */
        } cases[] = {
                { "\0\13\x31\x29\0\7agent/1", 13, "quic.user_agent agent/1\n", true },
                { "\0\17\0\1\0\0\x31\x29\0\7agent/1", 17, "quic.user_agent agent/1\n", true },
                { "\0\13\x31\x29\0\10agent/1", 13, "", true },
                { "\x71\x29\7agent/1", 10, "quic.user_agent agent/1\n" },
                { "\x71\x29\0", 3, "" },
                { "\x71\x29\10agent/1", 10, "" }, /* cut off */
                { "\x71\x29", 2, "" },
                { "\x80\0\x47\x51\x40\x14\0\0\0\0\1\0\0\0UAID\4\0\0\0ab/2", 26, "gquic.user_agent ab/2\n" },
                { "\x80\0\x47\x51\x40\x14\0\0\0\0\1\0\0\0UAID\5\0\0\0ab/2", 26, "" },
                { "\x80\0\x47\x51\1\0\x71\x29\1a", 10, "quic.user_agent a\n" }, /* what cannot be read is passed over */
        };
        uint8_t packet[1024], payload[600];
        struct datagram_log l;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                struct hello h = with_parameters(!cases[i].before, cases[i].parameters, cases[i].n);
                size_t n = quic_crypto(0, h.data, h.n, payload);
                const char *facts;

                datagram_log_begin(&l);
                n = quic_initial(V1, &h.keys[0], id, sizeof id, 1, payload, n, packet);
                assert_true(datagram_log_say(&l, 0, packet, n));
                facts = strstr(l.log.text, "quic.alpn alpn\n") + strlen("quic.alpn alpn\n");
                assert_memory_equal(facts, cases[i].facts, strlen(cases[i].facts));
                assert_memory_equal(facts + strlen(cases[i].facts), "quic.ja3 41bc9ae914d6cb3bd0bd0a5453ab7d7f\n", 42);
                datagram_log_end(&l);
        }
}

static void states_are_bounded(void **state _unused_) {
        struct hello h = hello_make(V1);
        struct datagram_counters counters;
        uint8_t packet[1024];
        struct datagram_log l;
        size_t n = part(&h, V1, 0, 0, h.n, packet);

        datagram_log_begin(&l);
        for (unsigned i = 0; i < 6000; i++) {
                l.port = (uint16_t) (1000 + i);
                l.ts = i;
                assert_true(datagram_log_say(&l, 0, packet, n));
        }
        datagram_table_get_counters(l.table, &counters);
        assert_int_equal(counters.states, 6000);
        assert_true(counters.evicted >= 6000 - 2048);
        assert_int_equal(counters.unfinished, 0);
        datagram_log_end(&l);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(keys_are_those_of_the_specifications),
                cmocka_unit_test(versions_without_a_salt_take_a_drafts),
                cmocka_unit_test(the_example_of_the_specification),
                cmocka_unit_test(hellos_over_two_datagrams_in_any_order),
                cmocka_unit_test(frames_in_any_order),
                cmocka_unit_test(a_retry_changes_the_keys),
                cmocka_unit_test(a_short_name_is_no_first_one),
                cmocka_unit_test(later_packets_have_other_names),
                cmocka_unit_test(any_change_breaks_the_seal),
                cmocka_unit_test(lies_inside_are_refused),
                cmocka_unit_test(google_has_frames_of_its_own),
                cmocka_unit_test(google_frames_that_do_not_fit),
                cmocka_unit_test(hellos_of_google_come_in_pieces),
                cmocka_unit_test(the_program_names_itself),
                cmocka_unit_test(states_are_bounded),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
