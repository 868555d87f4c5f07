/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which flows are shown, and in what order. */

#include "cmocka-all.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "common/macro.h"
#include "engine/flow/flow-query.h"

static struct flow_record record_of(const char *a, uint16_t a_port, const char *b, uint16_t b_port, uint8_t protocol) {
        struct flow_record r = { .protocol = protocol, .state = protocol == IPPROTO_TCP ? FLOW_ESTABLISHED : FLOW_DATAGRAMS };

        assert_int_equal(ip_parse(a, &r.endpoints[0].ip), 0);
        assert_int_equal(ip_parse(b, &r.endpoints[1].ip), 0);
        r.endpoints[0].port = a_port;
        r.endpoints[1].port = b_port;
        return r;
}

static void an_empty_filter_lets_all_through(void **state _unused_) {
        struct flow_record r = record_of("192.0.2.1", 1000, "192.0.2.2", 80, IPPROTO_TCP);

        assert_true(flow_filter_matches(&FLOW_FILTER_ALL, &r, true));
        assert_true(flow_filter_matches(&FLOW_FILTER_ALL, &r, false));
}

static void each_filter_looks_at_either_end(void **state _unused_) {
        struct flow_record r = record_of("192.0.2.1", 1000, "198.51.100.2", 443, IPPROTO_TCP);
        static const struct {
                const char *address;
                bool matches;
        } addresses[] = {
                { "192.0.2.1", true },       { "192.0.2.0/24", true },  { "198.51.100.2/32", true }, { "192.0.2.2", false },
                { "198.51.101.0/24", false }, { "2001:db8::/32", false }, { "0.0.0.0/0", true },       { "::/0", false },
        };

        for (size_t i = 0; i < ELEMENTSOF(addresses); i++) {
                struct flow_filter f = FLOW_FILTER_ALL;

                assert_int_equal(flow_filter_parse_address(addresses[i].address, &f), 0);
                assert_int_equal(flow_filter_matches(&f, &r, true), addresses[i].matches);
        }
        for (int port = 0; port < 65536; port++) {
                struct flow_filter f = FLOW_FILTER_ALL;

                f.port = port;
                assert_int_equal(flow_filter_matches(&f, &r, true), port == 1000 || port == 443);
        }
}

static void protocol_state_and_whether_it_goes_on_are_filters(void **state _unused_) {
        struct flow_record r = record_of("192.0.2.1", 1000, "192.0.2.2", 443, IPPROTO_TCP);
        struct flow_filter f = FLOW_FILTER_ALL;

        f.protocol = IPPROTO_UDP;
        assert_false(flow_filter_matches(&f, &r, true));
        f.protocol = IPPROTO_TCP;
        assert_true(flow_filter_matches(&f, &r, true));
        f.state = FLOW_CLOSED;
        assert_false(flow_filter_matches(&f, &r, true));
        f.state = FLOW_ESTABLISHED;
        assert_true(flow_filter_matches(&f, &r, true));
        f.active = 0;
        assert_false(flow_filter_matches(&f, &r, true));
        assert_true(flow_filter_matches(&f, &r, false));
        f.active = 1;
        assert_true(flow_filter_matches(&f, &r, true));
}

static void type_and_code_of_icmp_are_no_ports(void **state _unused_) {
        struct flow_record r = record_of("192.0.2.1", 8, "192.0.2.2", 53, IPPROTO_ICMP);
        struct flow_filter f = FLOW_FILTER_ALL;

        f.port = 53;
        assert_false(flow_filter_matches(&f, &r, true));
}

static void addresses_that_are_none_are_refused(void **state _unused_) {
        static const char *const bad[] = {
                "", "/", "192.0.2.1/", "192.0.2.1/33", "192.0.2.1/-1", "192.0.2.1/ 8", "192.0.2.1/8x", "2001:db8::/129", "192.0.2",
                "/24", "name", "2001:db8:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000",
        };

        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                struct flow_filter f = FLOW_FILTER_ALL;

                assert_int_equal(flow_filter_parse_address(bad[i], &f), -EINVAL);
                assert_int_equal(f.address.family, 0);
        }
}

static void names_of_protocols_states_and_orders_go_both_ways(void **state _unused_) {
        uint8_t protocol = 0;
        char buffer[4];

        for (unsigned i = 0; i < 256; i++) {
                assert_int_equal(flow_protocol_from_string(flow_protocol_to_string((uint8_t) i, buffer), &protocol), 0);
                assert_int_equal(protocol, i);
        }
        assert_int_equal(flow_protocol_from_string("256", &protocol), -EINVAL);
        assert_int_equal(flow_protocol_from_string("", &protocol), -EINVAL);
        assert_int_equal(flow_protocol_from_string("-1", &protocol), -EINVAL);
        assert_int_equal(flow_protocol_from_string("6 ", &protocol), -EINVAL);
        for (int i = 0; i < _FLOW_TCP_STATE_MAX; i++)
                assert_int_equal(flow_state_from_string(flow_state_to_string((enum flow_state) i)), i);
        assert_int_equal(flow_state_from_string("open"), _FLOW_STATE_MAX);
        for (int i = 0; i < _FLOW_SORT_MAX; i++)
                assert_int_equal(flow_sort_from_string(flow_sort_to_string((enum flow_sort) i)), i);
        assert_int_equal(flow_sort_from_string("size"), _FLOW_SORT_MAX);
        assert_null(flow_end_to_string(_FLOW_END_MAX));
}

/* Numbers in an order that is none, each once: 11 is a generator of the numbers below 1009. */
static uint64_t scattered(unsigned i) {
        uint64_t n = 1;

        for (unsigned k = 0; k < i; k++)
                n = n * 11 % 1009;
        return n;
}

static void the_greatest_of_many_come_in_order(void **state _unused_) {
        struct flow_top top;

        flow_top_init(&top, 100, FLOW_SORT_BYTES);
        for (unsigned i = 0; i < 1008; i++) {
                struct flow_item item = { .record = { .directions[0].bytes = scattered(i) } };

                assert_int_equal(i % 2 ? flow_top_offer(&top, &item) : flow_top_offer_record(&top, &item.record), 0);
        }
        flow_top_sort(&top);
        assert_int_equal(top.n, 100);
        for (unsigned i = 0; i < 100; i++)
                assert_int_equal(top.items[i].record.directions[0].bytes, 1008 - i);
        flow_top_done(&top);
}

/* What is asked before is what comes of it. */
static void who_has_no_room_is_not_among_them(void **state _unused_) {
        struct flow_top top;

        flow_top_init(&top, 10, FLOW_SORT_BYTES);
        for (unsigned i = 0; i < 1008; i++) {
                struct flow_record record = { .first = i };

                record.directions[i % 2].bytes = scattered(i);
                if (flow_top_has_room(&top, scattered(i), i))
                        assert_int_equal(flow_top_offer_record(&top, &record), 0);
        }
        assert_true(flow_top_has_room(&top, 1000, UINT64_MAX));
        assert_true(flow_top_has_room(&top, 999, 0));
        assert_false(flow_top_has_room(&top, 999, 1008)); /* the one that is there was earlier */
        assert_false(flow_top_has_room(&top, 998, 0));
        flow_top_sort(&top);
        for (unsigned i = 0; i < 10; i++)
                assert_int_equal(top.items[i].record.directions[0].bytes + top.items[i].record.directions[1].bytes, 1008 - i);
        flow_top_done(&top);
        flow_top_init(&top, 1, FLOW_SORT_LAST);
        assert_int_equal(flow_top_offer_record(&top, &(struct flow_record) { .directions[0].bytes = 5 }), 0);
        assert_true(flow_top_has_room(&top, 0, 0));
        flow_top_done(&top);
}

static void each_order_has_its_own_greatest(void **state _unused_) {
        static const struct flow_item items[] = {
                { .record = { .directions[1].bytes = 9 } },
                { .rate = 5 },
                { .record.rtt = { .average = 7, .samples = 1 } },
                { .record.directions[1].retransmissions = 3 },
                { .record.last = 4 },
        };

        for (int sort = 0; sort < _FLOW_SORT_MAX; sort++) {
                struct flow_top top;

                flow_top_init(&top, 3, (enum flow_sort) sort);
                for (size_t i = 0; i < ELEMENTSOF(items); i++)
                        assert_int_equal(flow_top_offer(&top, &items[i]), 0);
                flow_top_sort(&top);
                assert_memory_equal(&top.items[0].record.directions, &items[sort].record.directions,
                                    sizeof top.items[0].record.directions);
                assert_int_equal(top.items[0].rate, items[sort].rate);
                assert_int_equal(top.items[0].record.last, items[sort].record.last);
                assert_int_equal(top.items[0].record.rtt.average, items[sort].record.rtt.average);
                flow_top_done(&top);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(an_empty_filter_lets_all_through),
                cmocka_unit_test(each_filter_looks_at_either_end),
                cmocka_unit_test(protocol_state_and_whether_it_goes_on_are_filters),
                cmocka_unit_test(type_and_code_of_icmp_are_no_ports),
                cmocka_unit_test(addresses_that_are_none_are_refused),
                cmocka_unit_test(names_of_protocols_states_and_orders_go_both_ways),
                cmocka_unit_test(the_greatest_of_many_come_in_order),
                cmocka_unit_test(who_has_no_room_is_not_among_them),
                cmocka_unit_test(each_order_has_its_own_greatest),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
