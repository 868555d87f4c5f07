/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"
#include "tests/unit/fact-log.h"
#include "tests/unit/frame-builder.h"

enum { SOLICIT = 1, ADVERTISE = 2, REQUEST = 3, RELEASE = 8, RELAY = 12 };

static void put_message(struct builder *b, uint8_t type) {
        put_bytes(b, &type, 1);
        put_hex(b, "abcdef");
}

static void put_option(struct builder *b, unsigned code, const char *hex) {
        struct builder body = {};

        put_hex(&body, hex);
        put_be16(b, code);
        put_be16(b, body.length);
        put_bytes(b, body.data, body.length);
}

static void put_relay(struct builder *b, const struct builder *message) {
        uint8_t type = RELAY;

        put_bytes(b, &type, 1);
        put_hex(b, "00 20010db8000000000000000000000001 fe80000000000000000000000000000a");
        put_be16(b, 9);
        put_be16(b, message->length);
        put_bytes(b, message->data, message->length);
}

static void from_client(struct fact_log *log, const struct builder *b) {
        fact_log_udp(log, fact_log_packet(LAYER_UDP, "fe80::1", "ff02::1:2"), 546, 547, b->data, b->length);
}

static void from_server(struct fact_log *log, const struct builder *b) {
        fact_log_udp(log, fact_log_packet(LAYER_UDP, "fe80::fe", "fe80::1"), 547, 546, b->data, b->length);
}

static void a_client_describes_itself(void **state _unused_) {
        struct builder b = {};
        struct fact_log log;

        put_message(&b, SOLICIT);
        put_option(&b, 1, "0003 0001 02005e000001");
        put_option(&b, 6, "0017 0018 0027");
        put_option(&b, 39, "01 06 6c6170746f70");
        put_option(&b, 16, "00000137 0008 4d53465420352e30");
        put_option(&b, 15, "0003 6c6162 0002 6e32");
        put_option(&b, 112, "68747470733a2f2f78");
        from_client(&log, &b);
        assert_string_equal(log.text, "dhcp6.msg_type solicit\ndhcp6.client_duid 0003000102005e000001\n"
                                      "dhcp6.oro 23,24,39\ndhcp6.fqdn laptop\ndhcp6.vendor_class 311:MSFT 5.0\n"
                                      "dhcp6.user_class lab,n2\ndhcp6.mud_url https://x\n"
                                      "dhcp6.options 1,6,39,16,15,112\n");
        for (size_t i = 0; i < log.count; i++) {
                assert_int_equal(fact_voice(&log.facts[i]), VOICE_SELF);
                assert_int_equal(log.facts[i].flags, FACT_HAS_MAC | FACT_LINK_SCOPED);
        }
}

/* IA_NA with an address, IA_PD with a prefix, name servers, domains */
static void put_lease(struct builder *b) {
        put_option(b, 3, "00000001 00000000 00000000 0005 0018 20010db8000000000000000000000050 00000e10 00000e10");
        put_option(b, 25, "00000001 00000000 00000000 001a 0019 00000e10 00000e10 38 20010db8010000000000000000000000");
        put_option(b, 23, "20010db8000000000000000000000053");
        put_option(b, 24, "04 686f6d65 00 03 6c6162 00");
}

static void a_server_describes_its_client_and_itself(void **state _unused_) {
        static const enum fact_kind own[] = { FACT_DHCP6_MSG_TYPE, FACT_DHCP6_SERVER_DUID, FACT_DHCP6_DNS, FACT_DHCP6_DOMAIN };
        static const enum fact_kind others[] = { FACT_DHCP6_CLIENT_DUID, FACT_DHCP6_IA_ADDR, FACT_DHCP6_IA_PREFIX };
        struct builder b = {};
        struct fact_log log;

        put_message(&b, ADVERTISE);
        put_option(&b, 1, "0003 0001 02005e000001");
        put_option(&b, 2, "0003 0001 02005e0000fe");
        put_lease(&b);
        from_server(&log, &b);
        assert_string_equal(log.text, "dhcp6.msg_type advertise\ndhcp6.client_duid 0003000102005e000001\n"
                                      "dhcp6.server_duid 0003000102005e0000fe\ndhcp6.ia_addr 2001:db8::50\n"
                                      "dhcp6.ia_prefix 2001:db8:100::/56\ndhcp6.dns 2001:db8::53\n"
                                      "dhcp6.domain home,lab\ndhcp6.options 1,2,3,25,23,24\n");
        for (size_t i = 0; i < ELEMENTSOF(own); i++)
                assert_false(fact_log_find(&log, own[i])->flags & FACT_FOREIGN);
        for (size_t i = 0; i < ELEMENTSOF(others); i++)
                assert_true(fact_log_find(&log, others[i])->flags & FACT_FOREIGN);
}

static void a_client_names_its_server(void **state _unused_) {
        struct builder b = {};
        struct fact_log log;

        put_message(&b, REQUEST);
        put_option(&b, 2, "0003 0001 02005e0000fe");
        put_option(&b, 1, "0003 0001 02005e000001");
        from_client(&log, &b);
        assert_int_equal(fact_voice(fact_log_find(&log, FACT_DHCP6_SERVER_DUID)), VOICE_CLAIMS);
        assert_int_equal(fact_voice(fact_log_find(&log, FACT_DHCP6_CLIENT_DUID)), VOICE_SELF);
}

static void a_release_is_a_goodbye(void **state _unused_) {
        struct builder b = {};
        struct fact_log log;

        put_message(&b, RELEASE);
        from_client(&log, &b);
        assert_string_equal(log.text, "dhcp6.msg_type release\n");
        assert_true(log.facts[0].flags & FACT_GOODBYE);
}

static void a_relayed_message_is_not_the_relays(void **state _unused_) {
        struct builder message = {}, b = {};
        struct fact_log log;

        put_message(&message, SOLICIT);
        put_option(&message, 1, "0003");
        put_relay(&b, &message);
        from_server(&log, &b);
        assert_string_equal(log.text, "dhcp6.msg_type relay-forw\ndhcp6.relay_peer fe80::a\ndhcp6.msg_type solicit\n"
                                      "dhcp6.client_duid 0003\ndhcp6.options 1\n");
        assert_false(log.facts[0].flags & FACT_TUNNELLED);
        assert_false(log.facts[1].flags & FACT_TUNNELLED);
        for (size_t i = 2; i < 5; i++)
                assert_true(log.facts[i].flags & FACT_TUNNELLED);
}

static void relays_end_somewhere(void **state _unused_) {
        struct builder message = {};
        struct fact_log log;

        put_message(&message, SOLICIT);
        for (unsigned i = 0; i < 100; i++) {
                struct builder b = {};

                put_relay(&b, &message);
                message = b;
        }
        assert_int_equal(fact_log_udp(&log, fact_log_packet(LAYER_UDP, "fe80::1", "ff02::1:2"), 547, 547, message.data,
                                      message.length), 1);
        assert_null(strstr(log.text, "solicit"));
        assert_int_equal(log.count, 2 * 9);
}

static void lengths_are_not_believed(void **state _unused_) {
        struct builder b = {};
        struct fact_log log;

        put_message(&b, SOLICIT);
        put_option(&b, 15, "0009 6c6162");
        put_option(&b, 3, "00000001 00000000 00000000 0005 0030 20010db8");
        put_option(&b, 39, "00 20 6c6170");
        put_option(&b, 24, "3f 6c6170");
        put_option(&b, 16, "0000");
        put_hex(&b, "0006 0010 0017");
        assert_int_equal(fact_log_udp(&log, fact_log_packet(LAYER_UDP, "fe80::1", "ff02::1:2"), 546, 547, b.data, b.length), 1);
        assert_string_equal(log.text, "dhcp6.msg_type solicit\ndhcp6.options 15,3,39,24,16\n");
}

static void every_cut_is_survived(void **state _unused_) {
        struct builder b = {};
        struct fact_log log;

        put_message(&b, ADVERTISE);
        put_lease(&b);
        for (size_t n = 0; n < b.length; n++) {
                fact_log_udp(&log, fact_log_packet(LAYER_UDP, "fe80::fe", "fe80::1"), 547, 546, b.data, n);
                assert_null(fact_log_find(&log, FACT_DHCP6_DOMAIN));
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_client_describes_itself),
                cmocka_unit_test(a_server_describes_its_client_and_itself),
                cmocka_unit_test(a_client_names_its_server),
                cmocka_unit_test(a_release_is_a_goodbye),
                cmocka_unit_test(a_relayed_message_is_not_the_relays),
                cmocka_unit_test(relays_end_somewhere),
                cmocka_unit_test(lengths_are_not_believed),
                cmocka_unit_test(every_cut_is_survived),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
