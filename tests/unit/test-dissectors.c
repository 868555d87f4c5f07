/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"
#include "tests/unit/fact-log.h"

/* The table, and the emitter that all rows speak through. */

static const char search[] = "M-SEARCH * HTTP/1.1\r\nST: x\r\n\r\n";

static void counters_stand_at_the_row(void **state _unused_) {
        struct packet packet = fact_log_packet(LAYER_UDP, "10.0.0.2", "239.255.255.250");
        struct dissector_counters counters[DISSECTOR_MAX] = {};
        struct fact_log log = {};
        struct fact_sink sink = { fact_log_take, &log };
        const struct dissector *rows;
        size_t n;

        packet.source_port = packet.destination_port = 1900;
        packet.payload = cursor_make(search, strlen(search));
        dissectors_run(&packet, &sink, NULL, counters);
        rows = dissectors_get(&n);
        for (size_t i = 0; i < n; i++) {
                bool ssdp = rows[i].number == 1900;

                assert_int_equal(counters[i].packets, ssdp ? 1 : 0);
                assert_int_equal(counters[i].facts, ssdp ? 2 : 0);
        }
}

static void fragments_are_not_read(void **state _unused_) {
        struct packet packet = fact_log_packet(LAYER_UDP, "10.0.0.2", "239.255.255.250");
        struct fact_log log;

        packet.flags |= PACKET_FRAGMENT;
        fact_log_udp(&log, packet, 1900, 1900, search, strlen(search));
        assert_int_equal(log.count, 0);
}

static void facts_carry_what_the_packet_was(void **state _unused_) {
        struct packet packet = fact_log_packet(LAYER_UDP, "10.0.0.2", "239.255.255.250");
        struct fact_log log;

        packet.flags |= PACKET_TUNNELLED;
        packet.vlan = 7;
        packet.hop_limit = 4;
        fact_log_udp(&log, packet, 1900, 1900, search, strlen(search));
        assert_int_equal(log.facts[0].flags, FACT_HAS_MAC | FACT_TUNNELLED);
        assert_int_equal(log.facts[0].vlan, 7);
        assert_int_equal(log.facts[0].hop_limit, 4);
        assert_int_equal(log.facts[0].frame, 1);
        assert_true(ip_equal(&log.facts[0].ip, &packet.source));
        assert_true(ip_equal(&log.facts[0].destination, &packet.destination));
}

struct last {
        char value[FACT_VALUE_MAX + 1];
        uint32_t length;
        bool cut;
};

static void keep(void *userdata, const struct fact *fact) {
        struct last *last = userdata;

        last->length = fact->value_length;
        last->cut = fact->flags & FACT_VALUE_CUT;
        memcpy(last->value, fact->value, fact->value_length + 1);
}

static void values_are_cut_at_a_character(void **state _unused_) {
        struct packet packet = fact_log_packet(LAYER_UDP, "10.0.0.2", "10.0.0.3");
        static char value[FACT_VALUE_MAX + 2];
        struct emitter emitter;
        struct last last = {};

        emitter_begin(&emitter, &packet, &(struct fact_sink) { keep, &last });
        memset(value, 'x', sizeof value);
        emit_bytes(&emitter, FACT_SSDP_NT, value, FACT_VALUE_MAX);
        assert_int_equal(last.length, FACT_VALUE_MAX);
        assert_false(last.cut);
        memcpy(value + FACT_VALUE_MAX - 1, "ü", 2);
        emit_bytes(&emitter, FACT_SSDP_NT, value, FACT_VALUE_MAX + 1);
        assert_int_equal(last.length, FACT_VALUE_MAX - 1);
        assert_true(last.cut);
        value[0] = '\0';
        emit_bytes(&emitter, FACT_SSDP_NT, value, sizeof value);
        assert_int_equal(last.length, FACT_VALUE_MAX);
        assert_memory_equal(last.value, "hex:0078", 8);
        assert_true(last.cut);
}

static void a_name_stays_readable_before_hexadecimal(void **state _unused_) {
        struct packet packet = fact_log_packet(LAYER_UDP, "10.0.0.2", "10.0.0.3");
        struct emitter emitter;
        struct last last = {};

        emitter_begin(&emitter, &packet, &(struct fact_sink) { keep, &last });
        emit_named_bytes(&emitter, FACT_MDNS_TXT, "name", "\1\2", 2);
        assert_string_equal(last.value, "name hex:0102");
        emit_named_bytes(&emitter, FACT_MDNS_TXT, "name", "k=v", 3);
        assert_string_equal(last.value, "name k=v");
}

static void kinds_are_found_by_their_names(void **state _unused_) {
        for (int kind = 0; kind < _FACT_KIND_MAX; kind++)
                assert_int_equal(fact_kind_from_string(fact_kind_to_string((enum fact_kind) kind)), kind);
        assert_int_equal(fact_kind_from_string("no.such"), _FACT_KIND_INVALID);
        assert_null(fact_kind_to_string(_FACT_KIND_MAX));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(counters_stand_at_the_row),
                cmocka_unit_test(fragments_are_not_read),
                cmocka_unit_test(facts_carry_what_the_packet_was),
                cmocka_unit_test(values_are_cut_at_a_character),
                cmocka_unit_test(a_name_stays_readable_before_hexadecimal),
                cmocka_unit_test(kinds_are_found_by_their_names),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
