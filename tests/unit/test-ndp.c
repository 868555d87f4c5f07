/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"
#include "tests/unit/fact-log.h"

#include <stdlib.h>

/* Neighbour solicitation for fe80::2 (RFC 4861 §4.3), source link-layer address 02:00:00:00:00:07 */
static const uint8_t solicit[] = {
        135, 0, 0, 0, 0, 0, 0, 0,                             /* type, code, checksum, reserved */
        0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, /* target */
        1, 1, 0x02, 0, 0, 0, 0, 0x07,
};

/* Router advertisement (RFC 4861 §4.2) with source link-layer address 02:00:00:00:00:08, MTU 1480, prefix
 * 2001:db8::/64, DNS server 2001:db8::53, search list "a.b" and route ::/0 */
static const uint8_t advert[] = {
        134, 0, 0, 0, 64, 0, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0,
        1, 1, 0x02, 0, 0, 0, 0, 0x08,
        5, 1, 0, 0, 0, 0, 0x05, 0xc8,
        3, 4, 64, 0xc0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        25, 3, 0, 0, 0, 0, 0, 1, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x53,
        31, 2, 0, 0, 0, 0, 0, 1, 1, 'a', 1, 'b', 0, 0, 0, 0,
        24, 1, 0, 0, 0, 0, 0, 1,
};

static const char advert_facts[] = "ndp.source 02:00:00:00:00:08 fe80::1\nndp.router fe80::1\nndp.mtu 1480\n"
                                   "ndp.prefix 2001:db8::/64\nndp.rdnss 2001:db8::53\nndp.dnssl a.b\nndp.route ::/0\n";

static void solicitation_tells_its_sender(void **state _unused_) {
        struct fact_log log;
        char mac[MAC_STRING_MAX];

        fact_log_payload(&log, fact_log_packet(LAYER_ICMP6, "fe80::1", "ff02::1"), solicit, sizeof solicit);
        assert_string_equal(log.text, "ndp.source 02:00:00:00:00:07 fe80::1\nndp.who_has fe80::2\n");
        assert_string_equal(mac_format(&log.facts[0].mac, mac), "02:00:00:00:00:07");
        assert_true(log.facts[0].flags & FACT_LINK_SCOPED);
}

static void from_no_address_it_looks_for_a_duplicate(void **state _unused_) {
        struct fact_log log;

        fact_log_payload(&log, fact_log_packet(LAYER_ICMP6, "::", "ff02::1"), solicit, 24);
        assert_string_equal(log.text, "ndp.dad fe80::2\n");
}

static void advertisement_tells_its_target(void **state _unused_) {
        struct fact_log log;
        uint8_t message[sizeof solicit];

        memcpy(message, solicit, sizeof message);
        message[0] = 136;
        message[4] = 0x60; /* solicited, override */
        message[24] = 2;   /* target link-layer address */
        fact_log_payload(&log, fact_log_packet(LAYER_ICMP6, "fe80::1", "fe80::9"), message, sizeof message);
        assert_string_equal(log.text, "ndp.source 02:00:00:00:00:07 fe80::2\n");
        assert_true(log.facts[0].flags & FACT_REPLY);
        fact_log_payload(&log, fact_log_packet(LAYER_ICMP6, "fe80::1", "fe80::9"), message, 24);
        assert_string_equal(log.text, "ndp.na_no_lladdr fe80::2\n");
}

static void router_tells_of_the_network(void **state _unused_) {
        struct packet packet = fact_log_packet(LAYER_ICMP6, "fe80::1", "ff02::1");
        struct fact_log log;

        assert_int_equal(fact_log_payload(&log, packet, advert, sizeof advert), 0);
        assert_string_equal(log.text, advert_facts);
}

static void what_crossed_a_router_is_not_link_scoped(void **state _unused_) {
        struct packet packet = fact_log_packet(LAYER_ICMP6, "fe80::1", "ff02::1");
        struct fact_log log;

        packet.hop_limit = 254;
        fact_log_payload(&log, packet, advert, sizeof advert);
        assert_false(log.facts[0].flags & FACT_LINK_SCOPED);
}

static void every_cut_gives_a_prefix_of_the_facts(void **state _unused_) {
        struct fact_log log;

        for (size_t n = 24; n < sizeof advert; n++) {
                uint8_t *exact = malloc(n);

                memcpy(exact, advert, n);
                fact_log_payload(&log, fact_log_packet(LAYER_ICMP6, "fe80::1", "ff02::1"), exact, n);
                assert_memory_equal(log.text, advert_facts, log.length);
                free(exact);
        }
}

static void an_option_without_length_ends_the_message(void **state _unused_) {
        struct packet packet = fact_log_packet(LAYER_ICMP6, "fe80::1", "ff02::1");
        struct fact_log log;
        uint8_t message[sizeof advert];

        memcpy(message, advert, sizeof message);
        message[17] = 0; /* length of the first option */
        assert_int_equal(fact_log_payload(&log, packet, message, sizeof message), 1);
        assert_string_equal(log.text, "ndp.router fe80::1\n");
}

static void an_address_may_disclose_its_mac(void **state _unused_) {
        static const char *const others[] = { "fe80::5eff:ff00:1", "fe80::300:5eff:fe00:1", "fe80::5efe:ff00:1" };
        struct fact_log log;

        fact_log_payload(&log, fact_log_packet(LAYER_ICMP6, "2001:db8::5eff:fe00:1", "ff02::1"), solicit, sizeof solicit);
        assert_non_null(strstr(log.text, "ip6.eui64 02:00:5e:00:00:01\n"));
        for (size_t i = 0; i < ELEMENTSOF(others); i++) {
                fact_log_payload(&log, fact_log_packet(LAYER_ICMP6, others[i], "ff02::1"), solicit, sizeof solicit);
                assert_null(strstr(log.text, "ip6.eui64"));
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(solicitation_tells_its_sender),
                cmocka_unit_test(from_no_address_it_looks_for_a_duplicate),
                cmocka_unit_test(advertisement_tells_its_target),
                cmocka_unit_test(router_tells_of_the_network),
                cmocka_unit_test(what_crossed_a_router_is_not_link_scoped),
                cmocka_unit_test(every_cut_gives_a_prefix_of_the_facts),
                cmocka_unit_test(an_option_without_length_ends_the_message),
                cmocka_unit_test(an_address_may_disclose_its_mac),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
