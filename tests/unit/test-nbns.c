/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"
#include "tests/unit/fact-log.h"
#include "tests/unit/frame-builder.h"

#include "engine/proto/netbios.h"

enum { REGISTER = 0x2910, RELEASE = 0x3110, QUERY = 0x0110, RESPONSE = 0x8500, REFUSAL = 0xad86 };
enum { TYPE_NB = 0x20, TYPE_NBSTAT = 0x21, GROUP = 0x8000 };

/* A name as it travels: a label of 32 letters, then the root. */
static void put_name(struct builder *b, const char *text, uint8_t suffix) {
        char raw[17];

        snprintf(raw, sizeof raw, "%-15s%c", text, suffix);
        put_bytes(b, "\x20", 1);
        for (size_t i = 0; i < 16; i++)
                put_bytes(b, (char[]) { (char) ('A' + (uint8_t) raw[i] / 16), (char) ('A' + (uint8_t) raw[i] % 16) }, 2);
        put_zeros(b, 1);
}

static void put_header(struct builder *b, uint16_t flags, unsigned questions, unsigned answers) {
        put_be16(b, 1);
        put_be16(b, flags);
        put_be16(b, questions);
        put_be16(b, answers);
        put_zeros(b, 4);
}

static void put_record(struct builder *b, const char *text, uint8_t suffix, uint16_t type, size_t length) {
        put_name(b, text, suffix);
        put_be16(b, type);
        put_hex(b, "0001 00000e10");
        put_be16(b, length);
}

/* A message with one NB record: flags and an address. */
static struct builder one_name(uint16_t opcode, const char *text, uint8_t suffix, uint16_t flags, const char *address) {
        struct builder b = {};

        put_header(&b, opcode, 0, 1);
        put_record(&b, text, suffix, TYPE_NB, 6);
        put_be16(&b, flags);
        put_hex(&b, address);
        return b;
}

static void feed(struct fact_log *log, const struct builder *b) {
        fact_log_udp(log, fact_log_packet(LAYER_UDP, "10.0.0.2", "10.0.0.255"), 137, 137, b->data, b->length);
}

static void a_registered_name_is_the_senders(void **state _unused_) {
        struct builder b = one_name(REGISTER, "PRINTER", 0x20, 0, "0a000002");
        struct fact_log log;

        feed(&log, &b);
        assert_string_equal(log.text, "nbns.name PRINTER<20>\n");
        assert_int_equal(fact_voice(&log.facts[0]), VOICE_SELF);
}

static void a_group_is_not_its_member(void **state _unused_) {
        struct builder b = one_name(REGISTER, "WORKGROUP", 0, GROUP, "0a000002");
        struct fact_log log;

        feed(&log, &b);
        assert_string_equal(log.text, "nbns.name WORKGROUP<00>\n");
        assert_int_equal(fact_voice(&log.facts[0]), VOICE_CLAIMS);
}

static void a_release_is_a_goodbye(void **state _unused_) {
        struct builder b = one_name(RELEASE, "PRINTER", 0, 0, "0a000002");
        struct fact_log log;

        feed(&log, &b);
        assert_true(log.facts[0].flags & FACT_GOODBYE);
}

static void a_server_answers_for_others(void **state _unused_) {
        struct builder own = one_name(RESPONSE, "PRINTER", 0, 0, "0a000002");
        struct builder other = one_name(RESPONSE, "LAPTOP", 0, 0, "0a000009");
        struct builder refused = one_name(REFUSAL, "LAPTOP", 0, 0, "0a000002");
        struct fact_log log;

        feed(&log, &own);
        assert_int_equal(fact_voice(&log.facts[0]), VOICE_SELF);
        feed(&log, &other);
        assert_string_equal(log.text, "nbns.name LAPTOP<00>\n");
        assert_int_equal(fact_voice(&log.facts[0]), VOICE_CLAIMS);
        feed(&log, &refused);
        assert_int_equal(fact_voice(&log.facts[0]), VOICE_CLAIMS);
}

static void a_question_asks(void **state _unused_) {
        struct builder b = {};
        struct fact_log log;

        put_header(&b, QUERY, 2, 0);
        put_name(&b, "NAS", 0x20);
        put_hex(&b, "0020 0001");
        put_name(&b, "NAS", 0);
        put_hex(&b, "0021 0001");
        feed(&log, &b);
        assert_string_equal(log.text, "nbns.query NAS<20>\nnbns.nbstat_query NAS<00>\n");
        assert_int_equal(fact_voice(&log.facts[0]), VOICE_ASKS);
        assert_int_equal(fact_voice(&log.facts[1]), VOICE_ASKS);
}

static void a_node_tells_all_its_names(void **state _unused_) {
        struct builder b = {};
        struct fact_log log;

        put_header(&b, RESPONSE, 0, 1);
        put_record(&b, "*", 0, TYPE_NBSTAT, 1 + 2 * 18 + 6);
        put_hex(&b, "02");
        put_text(&b, "PRINTER        ");
        put_hex(&b, "20 0400");
        put_text(&b, "HOME           ");
        put_hex(&b, "00 8400 02005e000009");
        feed(&log, &b);
        assert_string_equal(log.text, "nbns.name PRINTER<20>\nnbns.name HOME<00>\nnbns.unit_id 02:00:5e:00:00:09\n");
        assert_int_equal(fact_voice(&log.facts[0]), VOICE_SELF);
        assert_int_equal(fact_voice(&log.facts[1]), VOICE_CLAIMS);
        assert_int_equal(fact_voice(&log.facts[2]), VOICE_SELF);
}

static void a_count_of_names_is_not_believed(void **state _unused_) {
        struct builder b = {};
        struct fact_log log;

        put_header(&b, RESPONSE, 0, 1);
        put_record(&b, "*", 0, TYPE_NBSTAT, 1 + 18);
        put_hex(&b, "ff");
        put_text(&b, "PRINTER        ");
        put_hex(&b, "20 0400");
        feed(&log, &b);
        assert_string_equal(log.text, "nbns.name PRINTER<20>\n");
}

static void what_is_no_netbios_name_is_passed_over(void **state _unused_) {
        uint8_t name[NETBIOS_NAME_SIZE];

        assert_true(netbios_name_decode("CACACACACACACACACACACACACACACAAA", name));
        assert_true(netbios_name_decode("CACACACACACACACACACACACACACACAAA.scope", name));
        assert_false(netbios_name_decode("", name));
        assert_false(netbios_name_decode("CACACACACACACACACACACACACACACAA", name));
        assert_false(netbios_name_decode("CACACACACACACACACACACACACACACAAAA", name));
        assert_false(netbios_name_decode("CACACACACACACACACACACACACACACAQA", name));
        assert_false(netbios_name_decode("cacacacacacacacacacacacacacacaaa", name));
}

static void names_are_printable(void **state _unused_) {
        char text[NETBIOS_TEXT_MAX];

        assert_string_equal(netbios_name_format((const uint8_t *) "\1\2__MSBROWSE__\2\1", text),
                            "\\x01\\x02__MSBROWSE__\\x02<01>");
        assert_string_equal(netbios_name_format((const uint8_t *) "*\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", text), "*<00>");
        assert_string_equal(netbios_name_format((const uint8_t *) "               \x1d", text), "<1d>");
        assert_string_equal(netbios_name_format((const uint8_t *) "A B\x84           \xff", text), "A B\\x84<ff>");
        assert_int_equal(strlen(netbios_name_format((const uint8_t *) "\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1", text)),
                         NETBIOS_TEXT_MAX - 1);
}

static void only_an_unforwarded_broadcast_is_of_this_link(void **state _unused_) {
        struct builder b = one_name(REGISTER, "PRINTER", 0x20, 0, "0a000002");
        struct packet packet = fact_log_packet(LAYER_UDP, "10.0.0.2", "10.0.0.255");
        struct fact_log log;

        packet.hop_limit = 128;
        fact_log_udp(&log, packet, 137, 137, b.data, b.length);
        assert_false(log.facts[0].flags & FACT_LINK_SCOPED);
        packet.flags |= PACKET_LINK_GROUP;
        fact_log_udp(&log, packet, 137, 137, b.data, b.length);
        assert_true(log.facts[0].flags & FACT_LINK_SCOPED);
        packet.hop_limit = 127;
        fact_log_udp(&log, packet, 137, 137, b.data, b.length);
        assert_false(log.facts[0].flags & FACT_LINK_SCOPED);
}

static void a_cut_message_gives_nothing(void **state _unused_) {
        struct builder b = one_name(REGISTER, "PRINTER", 0x20, 0, "0a000002");
        struct fact_log log;

        for (size_t n = 0; n < b.length; n++) {
                struct builder part = b;

                part.length = n;
                feed(&log, &part);
                assert_int_equal(log.count, 0);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_registered_name_is_the_senders),
                cmocka_unit_test(a_group_is_not_its_member),
                cmocka_unit_test(a_release_is_a_goodbye),
                cmocka_unit_test(a_server_answers_for_others),
                cmocka_unit_test(a_question_asks),
                cmocka_unit_test(a_node_tells_all_its_names),
                cmocka_unit_test(a_count_of_names_is_not_believed),
                cmocka_unit_test(what_is_no_netbios_name_is_passed_over),
                cmocka_unit_test(names_are_printable),
                cmocka_unit_test(only_an_unforwarded_broadcast_is_of_this_link),
                cmocka_unit_test(a_cut_message_gives_nothing),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
