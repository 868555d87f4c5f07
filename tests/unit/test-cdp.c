/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"
#include "tests/unit/fact-log.h"
#include "tests/unit/frame-builder.h"

#define OUI_CISCO 0x00000c

static void put_tlv(struct builder *b, unsigned type, const char *hex) {
        struct builder body = {};

        put_hex(&body, hex);
        put_be16(b, type);
        put_be16(b, body.length + 4);
        put_bytes(b, body.data, body.length);
}

/* version 2, 180 s, no checksum */
static struct builder begin(void) {
        struct builder b = {};

        put_hex(&b, "02 b4 0000");
        return b;
}

static uint64_t feed_oui(struct fact_log *log, const struct builder *b, uint32_t oui) {
        struct packet packet = fact_log_packet(LAYER_LLC_SNAP, "", "");

        packet.network_type = 0x2000;
        packet.snap_oui = oui;
        return fact_log_payload(log, packet, b->data, b->length);
}

static uint64_t feed(struct fact_log *log, const struct builder *b) {
        return feed_oui(log, b, OUI_CISCO);
}

static void a_switch_describes_itself(void **state _unused_) {
        struct builder b = begin();
        struct fact_log log;

        put_tlv(&b, 1, "7377");
        put_tlv(&b, 5, "41 0d0a 42 0a");
        put_tlv(&b, 6, "5753 2d43");
        put_tlv(&b, 3, "6631");
        put_tlv(&b, 4, "00000028");
        put_tlv(&b, 10, "0007");
        put_tlv(&b, 20, "726f6f74");
        assert_int_equal(feed(&log, &b), 0);
        assert_string_equal(log.text, "cdp.device_id sw\ncdp.software_version A\nB\ncdp.platform WS-C\ncdp.port_id f1\n"
                                      "cdp.capabilities switch,igmp_capable\ncdp.native_vlan 7\ncdp.system_name root\n");
        assert_int_equal(log.facts[0].flags, FACT_HAS_MAC | FACT_LINK_SCOPED);
}

static void addresses_of_both_families_are_told(void **state _unused_) {
        struct builder b = begin();
        struct fact_log log;

        put_tlv(&b, 2, "00000003 01 01 cc 0004 c0000202  01 01 81 0001 07"
                       "02 08 aaaa0300000086dd 0010 20010db8000000000000000000000002");
        put_tlv(&b, 22, "00000001 01 01 cc 0004 c0000203");
        feed(&log, &b);
        assert_string_equal(log.text, "cdp.address 192.0.2.2\ncdp.address 2001:db8::2\ncdp.address 192.0.2.3\n");
}

static void a_count_of_addresses_is_not_believed(void **state _unused_) {
        struct builder b = begin();
        struct fact_log log;

        put_tlv(&b, 2, "ffffffff 01 01 cc 0004 c0000202 01 ff");
        assert_int_equal(feed(&log, &b), 0);
        assert_string_equal(log.text, "cdp.address 192.0.2.2\n");
}

/* The port's length leaves out three bytes of its own; what follows shows it. */
static void a_port_that_counts_wrongly_is_read(void **state _unused_) {
        struct builder b = begin();
        struct fact_log log;

        put_hex(&b, "0003 0006 70 6f 72 74 37");
        put_tlv(&b, 1, "7377");
        assert_int_equal(feed(&log, &b), 0);
        assert_string_equal(log.text, "cdp.port_id port7\ncdp.device_id sw\n");
}

static void lengths_below_a_header_and_beyond_the_end_are_malformed(void **state _unused_) {
        struct builder b = begin(), c = begin();
        struct fact_log log;

        put_hex(&b, "0001 0003");
        assert_int_equal(feed(&log, &b), 1);
        put_hex(&c, "0001 0009 7377");
        assert_int_equal(feed(&log, &c), 1);
        assert_int_equal(log.count, 0);
}

static void other_makers_are_not_read(void **state _unused_) {
        struct builder b = begin();
        struct fact_log log;

        put_tlv(&b, 1, "7377");
        feed_oui(&log, &b, OUI_CISCO + 1);
        assert_int_equal(log.count, 0);
}

static void a_shutdown_is_a_goodbye(void **state _unused_) {
        struct builder b = {};
        struct fact_log log;

        put_hex(&b, "02 00 0000");
        put_tlv(&b, 1, "7377");
        feed(&log, &b);
        assert_true(log.facts[0].flags & FACT_GOODBYE);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_switch_describes_itself),
                cmocka_unit_test(addresses_of_both_families_are_told),
                cmocka_unit_test(a_count_of_addresses_is_not_believed),
                cmocka_unit_test(a_port_that_counts_wrongly_is_read),
                cmocka_unit_test(lengths_below_a_header_and_beyond_the_end_are_malformed),
                cmocka_unit_test(other_makers_are_not_read),
                cmocka_unit_test(a_shutdown_is_a_goodbye),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
