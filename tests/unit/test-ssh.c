/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"
#include "tests/unit/tcp-talk.h"

/* OpenSSH 7.6's client, as lists of HASSH have it: 06046964c022c6407d15a27b12a6a4fb. */
#define KEX                                                                                                             \
        "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,"      \
        "diffie-hellman-group-exchange-sha256,diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,"             \
        "diffie-hellman-group-exchange-sha1,diffie-hellman-group14-sha256,diffie-hellman-group14-sha1,ext-info-c"
#define CIPHERS "chacha20-poly1305@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr,aes128-gcm@openssh.com,aes256-gcm@openssh.com"
#define MACS                                                                                                            \
        "umac-64-etm@openssh.com,umac-128-etm@openssh.com,hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com," \
        "hmac-sha1-etm@openssh.com,umac-64@openssh.com,umac-128@openssh.com,hmac-sha2-256,hmac-sha2-512,hmac-sha1"

/* Index of its counters. */
#define SSH 2

struct talk {
        uint8_t bytes[4096];
        size_t length;
};

static void put(struct talk *t, const void *data, size_t n) {
        assert_true(t->length + n <= sizeof t->bytes);
        memcpy(t->bytes + t->length, data, n);
        t->length += n;
}

static void put_be32(struct talk *t, uint32_t n) {
        put(t, (const uint8_t[]) { n >> 24, n >> 16, n >> 8, n }, 4);
}

/* A banner, then: packet length (4), padding length (1), type 20, cookie (16), ten lists with their lengths (4),
 * first_kex_packet_follows (1), reserved (4), padding (4). */
static struct talk make(const char *banner, const char *const lists[static 8]) {
        static const uint8_t zero[16];
        struct talk t = {};
        uint32_t length = 1 + 1 + 16 + 10 * 4 + 1 + 4 + 4;

        for (unsigned i = 0; i < 8; i++)
                length += (uint32_t) strlen(lists[i]);
        put(&t, banner, strlen(banner));
        put_be32(&t, length);
        put(&t, "\4\x14", 2);
        put(&t, zero, 16);
        for (unsigned i = 0; i < 10; i++) {
                const char *list = i < 8 ? lists[i] : "";

                put_be32(&t, (uint32_t) strlen(list));
                put(&t, list, strlen(list));
        }
        put(&t, zero, 9);
        return t;
}

static const char *const openssh[8] = { KEX, "ssh-ed25519", CIPHERS, "aes128-cbc", MACS, "hmac-md5", "none,zlib@openssh.com,zlib", "none" };
static const char banner[] = "SSH-2.0-OpenSSH_7.6p1 Ubuntu-4\r\n";
#define BANNER_FACT "ssh.banner SSH-2.0-OpenSSH_7.6p1 Ubuntu-4\n"
static const char client_facts[] = BANNER_FACT "ssh.hassh 06046964c022c6407d15a27b12a6a4fb\n";
/* md5 of KEX;aes128-cbc;hmac-md5;none */
static const char server_facts[] = BANNER_FACT "ssh.hassh_server fdae4c87227728b46563c729a802e6c3\n";

static void clients_have_the_published_hassh_however_they_are_cut(void **state _unused_) {
        struct talk m = make(banner, openssh);
        struct tcp_talk t;

        for (size_t cut = 0; cut < m.length; cut++) {
                tcp_talk_begin(&t);
                tcp_talk_open(&t);
                if (cut > 0)
                        tcp_talk_say(&t, 0, m.bytes, cut);
                tcp_talk_say(&t, 0, m.bytes + cut, m.length - cut);
                tcp_talk_end(&t);
                assert_string_equal(t.log.text, client_facts);
        }
        tcp_talk_begin(&t);
        for (size_t i = 0; i < m.length; i++)
                tcp_talk_say(&t, 0, m.bytes + i, 1);
        tcp_talk_end(&t);
        assert_string_equal(t.log.text, client_facts);
}

static void servers_are_told_by_who_opened(void **state _unused_) {
        struct talk m = make(banner, openssh);
        struct tcp_talk t;

        tcp_talk_begin(&t);
        tcp_talk_open(&t);
        tcp_talk_say(&t, 1, m.bytes, m.length);
        tcp_talk_end(&t);
        assert_string_equal(t.log.text, server_facts);
}

/* Packet length (4), padding length (1), type, the string's length (4), the key: its kind's length (4) and kind, the point's length (4)
 * and bytes 0 to 31; padding (4). */
static void put_answer(struct talk *t, uint8_t type, const char *kind) {
        uint32_t key = 4 + (uint32_t) strlen(kind) + 4 + 32;

        put_be32(t, 2 + 4 + key + 4);
        put(t, (const uint8_t[]) { 4, type }, 2);
        put_be32(t, key);
        put_be32(t, (uint32_t) strlen(kind));
        put(t, kind, strlen(kind));
        put_be32(t, 32);
        for (uint8_t i = 0; i < 32; i++)
                put(t, &i, 1);
        put(t, "\0\0\0", 4);
}

/* What sha256sum and base64 make of that key, and ssh-keygen -l prints. */
#define KEY_FACT "ssh.hostkey SHA256:ZkAslGjFiUHdGf/WUL8rQvkib4PTvQatUV0OUQSncCA\n"

static void assert_server_tells(const struct talk *m, size_t cut, const char *more) {
        char expected[512];
        struct tcp_talk t;

        snprintf(expected, sizeof expected, "%s%s", server_facts, more);
        tcp_talk_begin(&t);
        tcp_talk_open(&t);
        if (cut > 0)
                tcp_talk_say(&t, 1, m->bytes, cut);
        tcp_talk_say(&t, 1, m->bytes + cut, m->length - cut);
        tcp_talk_end(&t);
        assert_string_equal(t.log.text, expected);
}

static void the_answer_has_the_key_of_the_host(void **state _unused_) {
        struct talk m = make(banner, openssh), group = m, debug = m, none = m, encrypted = m;

        put_answer(&m, 31, "ssh-ed25519");
        for (size_t cut = 0; cut < m.length; cut++)
                assert_server_tells(&m, cut, KEY_FACT);
        /* Of a group exchange 31 is the group, which begins with a number. */
        put_answer(&group, 31, "\x00\xff\xff");
        put_answer(&group, 33, "ssh-ed25519");
        assert_server_tells(&group, 0, KEY_FACT);
        put_answer(&debug, 4, "ssh-ed25519");
        put_answer(&debug, 31, "ssh-ed25519");
        assert_server_tells(&debug, 0, KEY_FACT);
        put_answer(&none, 21, "ssh-ed25519");
        put_answer(&none, 31, "ssh-ed25519");
        assert_server_tells(&none, 0, "");
        put_be32(&encrypted, 0xfedcba98);
        assert_server_tells(&encrypted, 0, "");
}

static void an_answer_that_lies_gives_no_key(void **state _unused_) {
        struct talk m = make(banner, openssh);
        size_t begin = m.length;

        put_answer(&m, 31, "ssh-ed25519");
        for (size_t n = begin; n < m.length; n++) {
                struct talk cut = m;

                cut.length = n;
                assert_server_tells(&cut, 0, "");
        }
        m.bytes[begin + 6] = 0x7f; /* the key is longer than its packet */
        assert_server_tells(&m, 0, "");
}

static void without_a_syn_a_client_tells_by_its_algorithms(void **state _unused_) {
        struct talk m = make(banner, openssh);
        struct tcp_talk t;

        tcp_talk_begin(&t);
        tcp_talk_say(&t, 1, m.bytes, m.length); /* from port 80 */
        tcp_talk_end(&t);
        assert_string_equal(t.log.text, client_facts);
}

static void lines_before_the_banner_are_passed_over(void **state _unused_) {
        static const char greeting[] = "Welcome\r\nto this\r\n";
        struct talk m = make(banner, openssh);
        struct tcp_talk t;

        for (unsigned first = 0; first < 2; first++) {
                tcp_talk_begin(&t);
                tcp_talk_open(&t);
                if (first == 0) /* the other side was known already, or was not */
                        tcp_talk_say(&t, 0, banner, strlen(banner));
                for (size_t i = 0; i < strlen(greeting); i++)
                        tcp_talk_say(&t, 1, greeting + i, 1);
                tcp_talk_say(&t, 1, m.bytes, m.length);
                tcp_talk_end(&t);
                assert_string_equal(t.log.text + (first == 0 ? strlen(BANNER_FACT) : 0), server_facts);
        }
}

static void the_first_version_has_a_banner_alone(void **state _unused_) {
        static const char old[] = "SSH-1.5-1.2.26\n", both[] = "SSH-1.99-x\n";
        struct session_counters counters;
        struct tcp_talk t;

        tcp_talk_begin(&t);
        tcp_talk_say(&t, 0, old, strlen(old));
        tcp_talk_say(&t, 0, "\0\0\0\14\0\0", 6);
        tcp_talk_say(&t, 1, both, strlen(both));
        tcp_talk_say(&t, 1, "\0\0\0\14\0\2", 6); /* a key of version 1: not of this protocol */
        session_table_get_counters(t.table, &counters);
        tcp_talk_end(&t);
        assert_string_equal(t.log.text, "ssh.banner SSH-1.5-1.2.26\nssh.banner SSH-1.99-x\n");
        assert_int_equal(counters.parsers[SSH].packets, 2);
        assert_int_equal(counters.parsers[SSH].malformed, 1);
}

static void lengths_that_lie_give_nothing(void **state _unused_) {
        struct talk m = make(banner, openssh);
        size_t kexinit = strlen(banner);
        struct tcp_talk t;

        /* The packet's length; that of the padding; those of the first and of the last list. */
        static const struct { size_t at; uint8_t value; } lies[] = { { 0, 1 }, { 3, 20 }, { 4, 255 }, { 22, 1 }, { 25, 255 } };
        for (size_t i = 0; i < ELEMENTSOF(lies); i++) {
                struct talk lie = m;

                lie.bytes[kexinit + lies[i].at] = lies[i].value;
                tcp_talk_begin(&t);
                tcp_talk_say(&t, 0, lie.bytes, lie.length);
                tcp_talk_end(&t);
                assert_string_equal(t.log.text, BANNER_FACT);
        }
        for (size_t n = 1; n < m.length; n++) { /* and ones that are cut off */
                tcp_talk_begin(&t);
                tcp_talk_say(&t, 0, m.bytes, n);
                tcp_talk_end(&t);
                assert_string_equal(t.log.text, n < kexinit ? "" : BANNER_FACT);
        }
}

static void endless_lines_end_it(void **state _unused_) {
        struct session_counters counters;
        struct tcp_talk t;

        tcp_talk_begin(&t);
        tcp_talk_say(&t, 0, "SSH-", 4);
        for (unsigned i = 0; i < 600; i++)
                tcp_talk_say(&t, 0, "x", 1);
        tcp_talk_say(&t, 0, "\n", 1);
        session_table_get_counters(t.table, &counters);
        tcp_talk_end(&t);
        assert_string_equal(t.log.text, "");
        assert_int_equal(counters.parsers[SSH].malformed, 1);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(clients_have_the_published_hassh_however_they_are_cut),
                cmocka_unit_test(servers_are_told_by_who_opened),
                cmocka_unit_test(the_answer_has_the_key_of_the_host),
                cmocka_unit_test(an_answer_that_lies_gives_no_key),
                cmocka_unit_test(without_a_syn_a_client_tells_by_its_algorithms),
                cmocka_unit_test(lines_before_the_banner_are_passed_over),
                cmocka_unit_test(the_first_version_has_a_banner_alone),
                cmocka_unit_test(lengths_that_lie_give_nothing),
                cmocka_unit_test(endless_lines_end_it),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
