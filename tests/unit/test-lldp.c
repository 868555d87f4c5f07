/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"
#include "tests/unit/fact-log.h"
#include "tests/unit/frame-builder.h"

static void put_tlv(struct builder *b, unsigned type, const char *hex) {
        struct builder body = {};

        put_hex(&body, hex);
        put_be16(b, type << 9 | body.length);
        put_bytes(b, body.data, body.length);
}

/* Chassis 02:00:5e:00:00:77, port "p1" by its interface name, time to live 120 s */
static void put_mandatory(struct builder *b) {
        put_tlv(b, 1, "04 02005e000077");
        put_tlv(b, 2, "05 7031");
        put_tlv(b, 3, "0078");
}

#define MANDATORY "lldp.chassis_id 02:00:5e:00:00:77\nlldp.port_id p1\nlldp.ttl 120\n"

static uint64_t feed(struct fact_log *log, const struct builder *b) {
        struct packet packet = fact_log_packet(LAYER_ETHERTYPE, "", "");

        packet.network_type = 0x88cc;
        return fact_log_payload(log, packet, b->data, b->length);
}

static void a_switch_describes_itself(void **state _unused_) {
        struct builder b = {};
        struct fact_log log;

        put_mandatory(&b);
        put_tlv(&b, 4, "75706c696e6b");
        put_tlv(&b, 5, "7377 00");
        put_tlv(&b, 6, "4f5320 37");
        put_tlv(&b, 7, "0014 0004");
        put_tlv(&b, 8, "05 01 c0000202 02 00000007 00");
        put_tlv(&b, 8, "11 02 20010db8000000000000000000000002 02 00000007 00");
        put_tlv(&b, 127, "0080c2 01 0007");
        put_tlv(&b, 0, "");
        assert_int_equal(feed(&log, &b), 0);
        assert_string_equal(log.text, MANDATORY "lldp.port_desc uplink\nlldp.system_name sw\nlldp.system_desc OS 7\n"
                                      "lldp.system_caps bridge,router\nlldp.enabled_caps bridge\nlldp.mgmt_addr 192.0.2.2\n"
                                      "lldp.mgmt_addr 2001:db8::2\nlldp.port_vlan 7\n");
        for (size_t i = 0; i < log.count; i++)
                assert_int_equal(log.facts[i].flags, FACT_HAS_MAC | FACT_LINK_SCOPED);
}

static void a_phone_tells_its_inventory(void **state _unused_) {
        struct builder b = {};
        struct fact_log log;

        put_mandatory(&b);
        put_tlv(&b, 127, "0012bb 01 0033 03");
        put_tlv(&b, 127, "0012bb 05 4831");
        put_tlv(&b, 127, "0012bb 06 4632");
        put_tlv(&b, 127, "0012bb 07 5333");
        put_tlv(&b, 127, "0012bb 08 534e34");
        put_tlv(&b, 127, "0012bb 09 4d35");
        put_tlv(&b, 127, "0012bb 0a 4d36");
        put_tlv(&b, 127, "0012bb 0b 4137");
        put_tlv(&b, 127, "00005e 01 68747470733a2f2f78");
        feed(&log, &b);
        assert_string_equal(log.text, MANDATORY "lldp.med_class 3\nlldp.med_hardware_revision H1\nlldp.med_firmware_revision F2\n"
                                      "lldp.med_software_revision S3\nlldp.med_serial_number SN4\nlldp.med_manufacturer M5\n"
                                      "lldp.med_model M6\nlldp.med_asset_id A7\nlldp.mud_url https://x\n");
}

static void identifiers_are_shown_by_their_kind(void **state _unused_) {
        static const struct {
                const char *hex, *text;
        } cases[] = {
                { "07 626f78", "box" },
                { "05 01 c0000202", "192.0.2.2" },
                { "05 02 20010db8000000000000000000000002", "2001:db8::2" },
                { "07 00ff", "hex:00ff" },
        };
        char expected[128];
        struct fact_log log;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                struct builder b = {};

                put_tlv(&b, 1, cases[i].hex);
                feed(&log, &b);
                snprintf(expected, sizeof expected, "lldp.chassis_id %s\n", cases[i].text);
                assert_string_equal(log.text, expected);
        }
}

static void the_port_has_numbers_of_its_own(void **state _unused_) {
        struct builder b = {};
        struct fact_log log;

        put_tlv(&b, 2, "03 02005e000077");
        put_tlv(&b, 2, "04 01 c0000202");
        feed(&log, &b);
        assert_string_equal(log.text, "lldp.port_id 02:00:5e:00:00:77\nlldp.port_id 192.0.2.2\n");
}

static void a_shutdown_is_a_goodbye(void **state _unused_) {
        struct builder b = {};
        struct fact_log log;

        put_tlv(&b, 1, "04 02005e000077");
        put_tlv(&b, 2, "05 7031");
        put_tlv(&b, 3, "0000");
        feed(&log, &b);
        assert_int_equal(log.count, 3);
        for (size_t i = 0; i < log.count; i++)
                assert_true(log.facts[i].flags & FACT_GOODBYE);
}

static void nothing_is_read_behind_the_end(void **state _unused_) {
        struct builder b = {};
        struct fact_log log;

        put_mandatory(&b);
        put_tlv(&b, 0, "");
        put_tlv(&b, 5, "7377");
        assert_int_equal(feed(&log, &b), 0);
        assert_string_equal(log.text, MANDATORY);
}

static void odd_sizes_give_nothing(void **state _unused_) {
        struct builder b = {};
        struct fact_log log;

        put_mandatory(&b);
        put_tlv(&b, 5, "");
        put_tlv(&b, 6, "0000");
        put_tlv(&b, 7, "0014 00");
        put_tlv(&b, 8, "ff 01 01");
        put_tlv(&b, 8, "04 01 010203");
        put_tlv(&b, 127, "0080c2");
        put_tlv(&b, 127, "0080c2 01 07");
        put_tlv(&b, 127, "0012bb 01 00");
        assert_int_equal(feed(&log, &b), 0);
        assert_string_equal(log.text, MANDATORY);
}

static void a_length_beyond_the_end_is_malformed(void **state _unused_) {
        struct builder b = {};
        struct fact_log log;

        put_mandatory(&b);
        put_hex(&b, "0bff 7377");
        assert_int_equal(feed(&log, &b), 1);
        assert_string_equal(log.text, MANDATORY);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_switch_describes_itself),
                cmocka_unit_test(a_phone_tells_its_inventory),
                cmocka_unit_test(identifiers_are_shown_by_their_kind),
                cmocka_unit_test(the_port_has_numbers_of_its_own),
                cmocka_unit_test(a_shutdown_is_a_goodbye),
                cmocka_unit_test(nothing_is_read_behind_the_end),
                cmocka_unit_test(odd_sizes_give_nothing),
                cmocka_unit_test(a_length_beyond_the_end_is_malformed),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
