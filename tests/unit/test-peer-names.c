/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What contacted addresses are called. */

#include "cmocka-all.h"

#include <string.h>

#include "engine/inventory/peer-names.h"
#include "tests/unit/inventory-fixture.h"

#define CLIENT "192.0.2.7"
#define OTHER "192.0.2.8"
#define RESOLVER "192.0.2.1"
#define SERVER "198.51.100.9"

static uint64_t now = T0;

/* A resolver's answer to `client`. */
static void answer(struct peer_names *names, const char *client, const char *value) {
        struct fact fact = { .ts = now, .kind = FACT_DNS_ANSWER, .ip = ip_of(RESOLVER), .destination = ip_of(client),
                             .value = value, .value_length = (uint32_t) strlen(value) };

        peer_names_take_fact(names, &fact);
}

static void contact(struct peer_names *names, enum fact_kind kind, const char *client, const char *server,
                    const char *value) {
        struct fact fact = { .ts = now, .kind = kind, .ip = ip_of(client), .destination = ip_of(server), .value = value,
                             .value_length = (uint32_t) strlen(value) };

        peer_names_take_fact(names, &fact);
}

static const char *find(const struct peer_names *names, const char *client, const char *server) {
        struct ip_address c = ip_of(client), s = ip_of(server);

        return peer_names_find(names, client ? &c : NULL, &s, now);
}

static int setup(void **state) {
        now = T0;
        return peer_names_new((struct peer_names **) state, 64, 1);
}

static int teardown(void **state) {
        peer_names_free(*state);
        return 0;
}

static void answers_name_addresses(void **state) {
        struct peer_names *names = *state;

        answer(names, CLIENT, "www.example.com A " SERVER);
        answer(names, CLIENT, "www.example.com AAAA 2001:db8::9");
        answer(names, CLIENT, "example.com TXT v=spf1 A 203.0.113.1");
        answer(names, CLIENT, "example.com MX 10 mail.example.com");
        answer(names, CLIENT, "garbage");
        answer(names, CLIENT, "garbage A");
        assert_string_equal(find(names, CLIENT, SERVER), "www.example.com");
        assert_string_equal(find(names, NULL, SERVER), "www.example.com");
        assert_string_equal(find(names, CLIENT, "2001:db8::9"), "www.example.com");
        assert_null(find(names, CLIENT, "203.0.113.1"));
}

static void aliases_lead_back_to_what_was_asked_for(void **state) {
        struct peer_names *names = *state;

        answer(names, CLIENT, "www.example.com CNAME www.example.com.cdn.example");
        answer(names, CLIENT, "WWW.example.com.cdn.example CNAME edge7.cdn.example");
        answer(names, CLIENT, "edge7.cdn.example A " SERVER);
        assert_string_equal(find(names, CLIENT, SERVER), "www.example.com");
        /* Another answer, at another time or to another client, is another matter. */
        now += SEC;
        answer(names, CLIENT, "edge7.cdn.example A 198.51.100.10");
        assert_string_equal(find(names, CLIENT, "198.51.100.10"), "edge7.cdn.example");
        answer(names, CLIENT, "a.example CNAME edge8.cdn.example");
        answer(names, OTHER, "edge8.cdn.example A 198.51.100.11");
        assert_string_equal(find(names, OTHER, "198.51.100.11"), "edge8.cdn.example");
}

static void what_the_server_was_told_counts_for_more(void **state) {
        struct peer_names *names = *state;

        contact(names, FACT_TLS_SNI, CLIENT, SERVER, "shop.example");
        answer(names, CLIENT, "blog.example A " SERVER);
        assert_string_equal(find(names, CLIENT, SERVER), "shop.example");
        contact(names, FACT_QUIC_SNI, CLIENT, SERVER, "video.example");
        assert_string_equal(find(names, CLIENT, SERVER), "video.example");
        contact(names, FACT_HTTP_HOST, CLIENT, "198.51.100.10", "old.example:8080");
        assert_string_equal(find(names, CLIENT, "198.51.100.10"), "old.example");
}

static void each_client_has_its_own_name_for_an_address(void **state) {
        struct peer_names *names = *state;

        contact(names, FACT_TLS_SNI, CLIENT, SERVER, "shop.example");
        contact(names, FACT_TLS_SNI, OTHER, SERVER, "blog.example");
        assert_string_equal(find(names, CLIENT, SERVER), "shop.example");
        assert_string_equal(find(names, OTHER, SERVER), "blog.example");
        assert_string_equal(find(names, "192.0.2.99", SERVER), "blog.example");
}

static void what_is_no_name_is_not_learned(void **state) {
        struct peer_names *names = *state;
        struct peer_names_counters counters;
        char longest[PEER_NAME_TEXT_MAX + 2];

        memset(longest, 'x', sizeof longest - 1);
        longest[sizeof longest - 1] = '\0';
        contact(names, FACT_TLS_SNI, CLIENT, SERVER, "");
        contact(names, FACT_TLS_SNI, CLIENT, SERVER, longest);
        contact(names, FACT_HTTP_HOST, CLIENT, SERVER, "198.51.100.9");
        contact(names, FACT_HTTP_HOST, CLIENT, SERVER, "198.51.100.9:8080");
        contact(names, FACT_HTTP_HOST, CLIENT, SERVER, "[2001:db8::1]:80");
        contact(names, FACT_TLS_SNI, CLIENT, SERVER, "hex:00ff");
        contact(names, FACT_TLS_ALPN, CLIENT, SERVER, "h2");
        contact(names, FACT_TLS_SNI, CLIENT, "255.255.255.255", "all.example");
        answer(names, CLIENT, "blocked.example A 0.0.0.0");
        peer_names_get_counters(names, &counters);
        assert_int_equal(counters.learned, 0);
        longest[PEER_NAME_TEXT_MAX] = '\0';
        contact(names, FACT_TLS_SNI, CLIENT, SERVER, longest);
        assert_string_equal(find(names, CLIENT, SERVER), longest);
}

static void names_expire(void **state) {
        struct peer_names *names = *state;

        contact(names, FACT_TLS_SNI, CLIENT, SERVER, "shop.example");
        now += PEER_NAME_AGE;
        assert_string_equal(find(names, CLIENT, SERVER), "shop.example");
        now += 1;
        assert_null(find(names, CLIENT, SERVER));
        /* An answer may then say what it is now. */
        answer(names, CLIENT, "blog.example A " SERVER);
        assert_string_equal(find(names, CLIENT, SERVER), "blog.example");
}

static void the_table_is_bounded_and_reading_keeps_nothing(void **state) {
        struct peer_names *names = *state;
        struct peer_names_counters counters;

        contact(names, FACT_TLS_SNI, CLIENT, SERVER, "first.example");
        for (unsigned i = 0; i < 1000; i++) {
                char server[IP_STRING_MAX];

                snprintf(server, sizeof server, "203.0.113.%u", i % 250 + 1);
                now += SEC;
                contact(names, FACT_TLS_SNI, CLIENT, server, "many.example");
                (void) find(names, CLIENT, SERVER);
                peer_names_get_counters(names, &counters);
                assert_true(counters.names <= 64);
        }
        assert_null(find(names, CLIENT, SERVER));
        assert_int_equal(counters.learned - counters.evicted, counters.names);
        assert_true(counters.evicted > 0);
}

static void what_is_heard_again_stays(void **state) {
        struct peer_names *names = *state;

        for (unsigned i = 0; i < 1000; i++) {
                char server[IP_STRING_MAX];

                snprintf(server, sizeof server, "203.0.113.%u", i % 250 + 1);
                now += SEC;
                contact(names, FACT_TLS_SNI, CLIENT, SERVER, "first.example");
                contact(names, FACT_TLS_SNI, CLIENT, server, "many.example");
                assert_string_equal(find(names, CLIENT, SERVER), "first.example");
                assert_string_equal(find(names, CLIENT, server), "many.example");
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(answers_name_addresses, setup, teardown),
                cmocka_unit_test_setup_teardown(aliases_lead_back_to_what_was_asked_for, setup, teardown),
                cmocka_unit_test_setup_teardown(what_the_server_was_told_counts_for_more, setup, teardown),
                cmocka_unit_test_setup_teardown(each_client_has_its_own_name_for_an_address, setup, teardown),
                cmocka_unit_test_setup_teardown(what_is_no_name_is_not_learned, setup, teardown),
                cmocka_unit_test_setup_teardown(names_expire, setup, teardown),
                cmocka_unit_test_setup_teardown(the_table_is_bounded_and_reading_keeps_nothing, setup, teardown),
                cmocka_unit_test_setup_teardown(what_is_heard_again_stays, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
