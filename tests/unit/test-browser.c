/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"
#include "tests/unit/fact-log.h"
#include "tests/unit/frame-builder.h"

enum { FLAG_FIRST = 2 };

#define BROWSE "\\MAILSLOT\\BROWSE"
/* "PC" <20> */
#define SOURCE "FAEDCACACACACACACACACACACACACACA"

/* RFC 1002 §4.4.1: direct group, flags, id, 10.0.0.2:138, length, offset; two names. */
static void put_datagram(struct builder *b, uint8_t flags) {
        put_hex(b, "11");
        put_bytes(b, &flags, 1);
        put_hex(b, "0007 0a000002 008a 0000 0000 20");
        put_text(b, SOURCE);
        put_hex(b, "00 20");
        put_text(b, SOURCE);
        put_zeros(b, 1);
}

/* SMB header, 17 words of which the data's count and place matter, the slot's name, and the data. */
static void put_mailslot(struct builder *b, const char *slot, const void *data, size_t length) {
        size_t offset = 32 + 1 + 34 + 2 + strlen(slot) + 1;

        put_hex(b, "ff534d42 25");
        put_zeros(b, 27);
        put_hex(b, "11");
        put_zeros(b, 22);
        put_bytes(b, (uint8_t[]) { (uint8_t) length, 0, (uint8_t) offset, 0 }, 4);
        put_hex(b, "03 00 0100 0100 0200");
        put_zeros(b, 2);
        put_bytes(b, slot, strlen(slot) + 1);
        put_bytes(b, data, length);
}

/* command, update count, period, name, version 10.0, server type 0x00009003, browser version, signature, comment */
static struct builder announcement(uint8_t command, const char *name, const char *comment) {
        struct builder b = {};

        put_bytes(&b, &command, 1);
        put_hex(&b, "00 60ea0000");
        put_text(&b, name);
        put_zeros(&b, 16 - strlen(name));
        put_hex(&b, "0a00 03900000 0f01 55aa");
        put_text(&b, comment);
        put_zeros(&b, 1);
        return b;
}

static void feed(struct fact_log *log, const char *slot, const struct builder *data) {
        struct builder b = {};

        put_datagram(&b, FLAG_FIRST);
        put_mailslot(&b, slot, data->data, data->length);
        fact_log_udp(log, fact_log_packet(LAYER_UDP, "10.0.0.2", "10.0.0.255"), 138, 138, b.data, b.length);
}

static void a_host_announces_itself(void **state _unused_) {
        struct builder data = announcement(0x01, "PC", "on the desk");
        struct fact_log log;

        feed(&log, BROWSE, &data);
        assert_string_equal(log.text, "nbdgm.source PC<20>\nbrowser.announcement PC\nbrowser.os_version 10.0\n"
                                      "browser.server_type 0x00009003\nbrowser.comment on the desk\n");
        assert_int_equal(fact_voice(fact_log_find(&log, FACT_BROWSER_ANNOUNCEMENT)), VOICE_SELF);
}

static void a_domain_is_not_its_master(void **state _unused_) {
        struct builder data = announcement(0x0c, "HOME", "PC");
        struct fact_log log;

        feed(&log, BROWSE, &data);
        assert_string_equal(log.text, "nbdgm.source PC<20>\nbrowser.announcement HOME\n");
        assert_int_equal(fact_voice(fact_log_find(&log, FACT_NBDGM_SOURCE)), VOICE_SELF);
        assert_int_equal(fact_voice(fact_log_find(&log, FACT_BROWSER_ANNOUNCEMENT)), VOICE_CLAIMS);
}

static void an_election_names_the_candidate(void **state _unused_) {
        struct builder data = {};
        struct fact_log log;

        put_hex(&data, "08 01 030f0120 e8030000 00000000");
        put_text(&data, "PC");
        put_zeros(&data, 1);
        feed(&log, BROWSE, &data);
        assert_string_equal(log.text, "nbdgm.source PC<20>\nbrowser.announcement PC\n");
}

static void other_mailslots_are_not_read(void **state _unused_) {
        struct builder data = announcement(0x01, "PC", "");
        struct fact_log log;

        feed(&log, "\\MAILSLOT\\OTHERS", &data);
        assert_string_equal(log.text, "nbdgm.source PC<20>\n");
}

static void what_is_passed_on_is_somebody_elses(void **state _unused_) {
        struct builder b = {};
        struct fact_log log;

        put_datagram(&b, FLAG_FIRST);
        fact_log_udp(&log, fact_log_packet(LAYER_UDP, "10.0.0.9", "10.0.0.255"), 138, 138, b.data, b.length);
        assert_string_equal(log.text, "nbdgm.source PC<20>\n");
        assert_int_equal(fact_voice(&log.facts[0]), VOICE_CLAIMS);
}

static void later_fragments_have_no_header(void **state _unused_) {
        struct builder b = {};
        struct fact_log log;

        put_datagram(&b, 0);
        fact_log_udp(&log, fact_log_packet(LAYER_UDP, "10.0.0.2", "10.0.0.255"), 138, 138, b.data, b.length);
        assert_int_equal(log.count, 0);
}

static void places_outside_of_the_message_hold_nothing(void **state _unused_) {
        struct builder data = announcement(0x01, "PC", ""), b = {};
        struct fact_log log;
        size_t place;

        put_datagram(&b, FLAG_FIRST);
        place = b.length + 32 + 1 + 24;
        put_mailslot(&b, BROWSE, data.data, data.length);
        b.data[place + 1] = 0xff;
        fact_log_udp(&log, fact_log_packet(LAYER_UDP, "10.0.0.2", "10.0.0.255"), 138, 138, b.data, b.length);
        assert_string_equal(log.text, "nbdgm.source PC<20>\n");
}

static void every_cut_is_survived(void **state _unused_) {
        struct builder data = announcement(0x01, "PC", "x"), b = {};
        struct fact_log log;

        put_datagram(&b, FLAG_FIRST);
        put_mailslot(&b, BROWSE, data.data, data.length);
        for (size_t n = 0; n + 3 < b.length; n++) {
                fact_log_udp(&log, fact_log_packet(LAYER_UDP, "10.0.0.2", "10.0.0.255"), 138, 138, b.data, n);
                assert_null(fact_log_find(&log, FACT_BROWSER_COMMENT));
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_host_announces_itself),
                cmocka_unit_test(a_domain_is_not_its_master),
                cmocka_unit_test(an_election_names_the_candidate),
                cmocka_unit_test(other_mailslots_are_not_read),
                cmocka_unit_test(what_is_passed_on_is_somebody_elses),
                cmocka_unit_test(later_fragments_have_no_header),
                cmocka_unit_test(places_outside_of_the_message_hold_nothing),
                cmocka_unit_test(every_cut_is_survived),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
