/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"
#include "tests/unit/fact-log.h"

#include <stdlib.h>

enum { CIADDR = 12, YIADDR = 16, GIADDR = 24, CHADDR = 28, SNAME = 44, FILE_NAME = 108, OPTIONS = 240 };

struct message {
        uint8_t bytes[1024];
        size_t length;
};

/* RFC 2131 §2: op, Ethernet, client 02:00:00:00:00:0c, cookie; options follow. */
static struct message message_make(uint8_t operation) {
        static const uint8_t client[] = { 0x02, 0, 0, 0, 0, 0x0c }, cookie[] = { 0x63, 0x82, 0x53, 0x63 };
        struct message m = { .bytes = { operation, 1, 6 }, .length = OPTIONS };

        memcpy(m.bytes + CHADDR, client, sizeof client);
        memcpy(m.bytes + OPTIONS - sizeof cookie, cookie, sizeof cookie);
        return m;
}

static void add(struct message *m, uint8_t code, const void *data, uint8_t length) {
        m->bytes[m->length++] = code;
        m->bytes[m->length++] = length;
        memcpy(m->bytes + m->length, data, length);
        m->length += length;
}

static void from_client(struct fact_log *log, const struct message *m) {
        fact_log_udp(log, fact_log_packet(LAYER_UDP, "0.0.0.0", "255.255.255.255"), 68, 67, m->bytes, m->length);
}

static void from_server(struct fact_log *log, const struct message *m) {
        fact_log_udp(log, fact_log_packet(LAYER_UDP, "10.0.0.1", "10.0.0.9"), 67, 68, m->bytes, m->length);
}

static void client_facts_are_about_the_hardware_address(void **state _unused_) {
        struct message m = message_make(1);
        const struct fact *fact;
        struct fact_log log;
        char mac[MAC_STRING_MAX];

        add(&m, 53, "\1", 1);
        add(&m, 12, "host\0", 5);
        add(&m, 55, "\1\3\6", 3);
        add(&m, 54, "\12\0\0\1", 4);
        from_client(&log, &m);
        assert_string_equal(log.text, "dhcp.msg_type discover\ndhcp.hostname host\ndhcp.param_request_list 1,3,6\n"
                                      "dhcp.options 53,12,55,54\ndhcp.requested_server 10.0.0.1\n");
        fact = fact_log_find(&log, FACT_DHCP_HOSTNAME);
        assert_string_equal(mac_format(&fact->mac, mac), "02:00:00:00:00:0c");
        assert_string_equal(mac_format(&fact->source, mac), "02:00:00:00:00:01");
        assert_int_equal(fact->flags, FACT_HAS_MAC | FACT_LINK_SCOPED);
}

static void server_facts_name_their_client(void **state _unused_) {
        struct message m = message_make(2);
        const struct fact *fact;
        struct fact_log log;
        char mac[MAC_STRING_MAX];

        memcpy(m.bytes + YIADDR, "\12\0\0\11", 4);
        add(&m, 53, "\2", 1);
        add(&m, 54, "\12\0\0\1", 4);
        add(&m, 6, "\12\0\0\1\12\0\0\2", 8);
        add(&m, 51, "\0\0\16\20", 4);
        from_server(&log, &m);
        assert_string_equal(log.text, "dhcp.msg_type offer\ndhcp.server_id 10.0.0.1\ndhcp.offered_ip 10.0.0.9\n"
                                      "dhcp.dns 10.0.0.1,10.0.0.2\ndhcp.lease_time 3600\n");
        fact = fact_log_find(&log, FACT_DHCP_SERVER_ID);
        assert_string_equal(mac_format(&fact->mac, mac), "02:00:00:00:00:01");
        assert_string_equal(mac_format(&fact->subject, mac), "02:00:00:00:00:0c");
        assert_int_equal(fact->flags, FACT_HAS_MAC | FACT_HAS_SUBJECT | FACT_RESPONSE | FACT_LINK_SCOPED);
}

static void only_an_acknowledgement_assigns(void **state _unused_) {
        static const struct {
                const char *type;
                bool assigns;
        } answers[] = { { "\5", true }, { "\6", false }, { "\14", false }, { "\15", false } }; /* ack, nak, lease… */

        for (size_t i = 0; i < ELEMENTSOF(answers); i++) {
                struct message m = message_make(2);
                struct fact_log log;

                memcpy(m.bytes + YIADDR, "\12\0\0\11", 4);
                add(&m, 53, answers[i].type, 1);
                from_server(&log, &m);
                assert_int_equal(!!strstr(log.text, "dhcp.assigned_ip 10.0.0.9\n"), answers[i].assigns);
                assert_null(strstr(log.text, "dhcp.offered_ip"));
        }
}

static void a_relayed_message_is_not_link_scoped(void **state _unused_) {
        struct message m = message_make(1);
        struct fact_log log;

        memcpy(m.bytes + GIADDR, "\12\1\0\1", 4);
        add(&m, 53, "\1", 1);
        from_client(&log, &m);
        assert_string_equal(log.text, "dhcp.msg_type discover\ndhcp.options 53\ndhcp.relay 10.1.0.1\n");
        assert_false(log.facts[0].flags & FACT_LINK_SCOPED);
}

static void release_is_a_goodbye(void **state _unused_) {
        struct message m = message_make(1);
        struct fact_log log;

        memcpy(m.bytes + CIADDR, "\12\0\0\11", 4);
        add(&m, 53, "\7", 1);
        fact_log_udp(&log, fact_log_packet(LAYER_UDP, "10.0.0.9", "10.0.0.1"), 68, 67, m.bytes, m.length);
        assert_string_equal(log.text, "dhcp.msg_type release\ndhcp.options 53\ndhcp.client_ip 10.0.0.9\n");
        assert_true(log.facts[0].flags & FACT_GOODBYE);
        assert_false(log.facts[0].flags & FACT_LINK_SCOPED);
}

static void parts_of_an_option_are_joined_over_all_fields(void **state _unused_) {
        struct message m = message_make(1);
        struct fact_log log;

        add(&m, 53, "\1", 1);
        add(&m, 52, "\3", 1); /* file and sname hold options */
        add(&m, 12, "one-", 4);
        memcpy(m.bytes + FILE_NAME, "\14\4two-\377", 7);
        memcpy(m.bytes + SNAME, "\14\5three\377", 8);
        from_client(&log, &m);
        assert_string_equal(log.text, "dhcp.msg_type discover\ndhcp.hostname one-two-three\n"
                                      "dhcp.options 53,52,12,12,12\n");
}

static void names_in_both_encodings(void **state _unused_) {
        struct message m = message_make(1);
        struct fact_log log;

        add(&m, 53, "\3", 1);
        add(&m, 81, "\0\0\0pc.home", 10);
        from_client(&log, &m);
        assert_non_null(strstr(log.text, "dhcp.fqdn pc.home\n"));
        m.length = OPTIONS;
        add(&m, 81, "\4\0\0\2pc\4home\0", 12);
        from_client(&log, &m);
        assert_non_null(strstr(log.text, "dhcp.fqdn pc.home\n"));
}

static void without_a_cookie_there_are_no_options(void **state _unused_) {
        struct message m = message_make(1);
        struct fact_log log;

        add(&m, 53, "\1", 1);
        m.bytes[OPTIONS - 1] ^= 1;
        from_client(&log, &m);
        assert_string_equal(log.text, "dhcp.msg_type bootp\ndhcp.options \n");
}

static void joined_options_stay_in_bounds(void **state _unused_) {
        struct message m = message_make(1);
        struct fact_log log;
        char part[250];

        memset(part, 'x', sizeof part);
        for (int i = 0; i < 3; i++)
                add(&m, 60, part, sizeof part);
        from_client(&log, &m);
        assert_int_equal(fact_log_find(&log, FACT_DHCP_VENDOR_CLASS)->value_length, 750);
}

/* Thousands of options fit a datagram; their list does not fit a fact. */
static void a_list_that_is_cut_says_so(void **state _unused_) {
        struct fact_log log;
        struct message m = message_make(1);
        static uint8_t bytes[OPTIONS + 2 * 4000];
        const struct fact *fact;

        memcpy(bytes, m.bytes, OPTIONS);
        for (size_t i = OPTIONS; i < sizeof bytes; i += 2)
                bytes[i] = 200;
        fact_log_udp(&log, fact_log_packet(LAYER_UDP, "0.0.0.0", "255.255.255.255"), 68, 67, bytes, sizeof bytes);
        fact = fact_log_find(&log, FACT_DHCP_OPTIONS);
        assert_int_equal(fact->value_length, FACT_VALUE_MAX);
        assert_true(fact->flags & FACT_VALUE_CUT);
        assert_false(fact_log_find(&log, FACT_DHCP_MSG_TYPE)->flags & FACT_VALUE_CUT);
}

static void every_cut_reads_only_what_is_there(void **state _unused_) {
        struct message m = message_make(1);
        struct fact_log log;

        add(&m, 53, "\1", 1);
        add(&m, 12, "host", 4);
        add(&m, 255, "", 0);
        for (size_t n = 0; n < m.length; n++) {
                uint8_t *exact = malloc(n ?: 1); /* no spare byte: a sanitizer sees a read past the end */

                memcpy(exact, m.bytes, n);
                fact_log_udp(&log, fact_log_packet(LAYER_UDP, "0.0.0.0", "255.255.255.255"), 68, 67, exact, n);
                assert_true(n >= CHADDR + 16 || log.count == 0);
                free(exact);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(client_facts_are_about_the_hardware_address),
                cmocka_unit_test(server_facts_name_their_client),
                cmocka_unit_test(only_an_acknowledgement_assigns),
                cmocka_unit_test(a_relayed_message_is_not_link_scoped),
                cmocka_unit_test(release_is_a_goodbye),
                cmocka_unit_test(parts_of_an_option_are_joined_over_all_fields),
                cmocka_unit_test(names_in_both_encodings),
                cmocka_unit_test(without_a_cookie_there_are_no_options),
                cmocka_unit_test(joined_options_stay_in_bounds),
                cmocka_unit_test(a_list_that_is_cut_says_so),
                cmocka_unit_test(every_cut_reads_only_what_is_there),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
