/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Rounds over the flow table: every packet of every flow is told of just once, rates are those of the last seconds,
 * and a quiet network is not looked at. */

#include "cmocka-all.h"

#include <netinet/in.h>
#include <string.h>

#include "daemon/flows.h"
#include "engine/packet/decoder.h"

#define SEC NSEC_PER_SEC
#define T0 (UINT64_C(1700000000) * SEC)

struct fixture {
        struct engine *engine;
        struct flows *flows;
        uint64_t packets, bytes; /* told */
        unsigned told;
};

static void on_moved(void *userdata, const struct flow_record *record, const struct flow_moved *moved, uint64_t ts) {
        struct fixture *f = userdata;

        assert_true(moved->packets[0] + moved->packets[1] > 0);
        assert_true(ts >= record->last);
        f->packets += moved->packets[0] + moved->packets[1];
        f->bytes += moved->bytes[0] + moved->bytes[1];
        f->told++;
}

static void on_flow(void *userdata, const struct flow_record *record) {
        flows_take_ended(((struct fixture *) userdata)->flows, record);
}

static int setup(void **state) {
        static struct fixture f;
        const struct flows_ops flows_ops = { on_moved, &f };
        const struct engine_ops ops = { .flow = on_flow, .userdata = &f };
        struct engine_config config;

        f = (struct fixture) {};
        engine_config_default(&config);
        config.flows = true;
        config.flow_table.flows_max = 16;
        if (engine_new(&f.engine, &config, &ops) < 0 || flows_new(&f.flows, 16, &flows_ops) < 0)
                return -1;
        *state = &f;
        return 0;
}

static int teardown(void **state) {
        struct fixture *f = *state;

        engine_free(f->engine);
        flows_free(f->flows);
        return 0;
}

/* A UDP datagram of `length` bytes, on the wire 42 more, from 192.0.2.1:port to 192.0.2.2:53. */
static void datagram(struct fixture *f, uint64_t ts, uint16_t port, size_t length) {
        uint8_t bytes[2048] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0,
                                0x45, 0, (uint8_t) ((length + 28) >> 8), (uint8_t) (length + 28), 0, 1, 0, 0, 64,
                                        IPPROTO_UDP, 0, 0,
                                192, 0, 2, 1, 192, 0, 2, 2,
                                (uint8_t) (port >> 8), (uint8_t) port, 0, 53, (uint8_t) ((length + 8) >> 8),
                                        (uint8_t) (length + 8), 0, 0 };
        struct frame frame = { .ts = ts, .linktype = LINK_ETHERNET, .captured = (uint32_t) length + 42,
                               .length = (uint32_t) length + 42, .data = bytes };

        if (ts >= flows_deadline(f->flows))
                flows_round(f->flows, f->engine, ts);
        engine_feed_frame(f->engine, &frame);
        flows_touch(f->flows, ts);
}

static size_t query(struct fixture *f, const struct flow_filter *filter, uint64_t now, struct flow_item *ret,
                    size_t n) {
        struct flow_top top;

        flow_top_init(&top, n, FLOW_SORT_BYTES);
        assert_int_equal(flows_query(f->flows, f->engine, filter, 0, now, &top), 0);
        flow_top_sort(&top);
        n = top.n;
        if (n > 0)
                memcpy(ret, top.items, n * sizeof *ret);
        flow_top_done(&top);
        return n;
}

static void every_packet_is_told_of_once(void **state) {
        struct fixture *f = *state;
        uint64_t packets = 0;

        for (unsigned i = 0; i < 1000; i++, packets++)
                datagram(f, T0 + i * SEC / 10, (uint16_t) (1000 + i % 7), 100);
        assert_true(f->packets > packets / 2 && f->packets < packets);
        engine_flush(f->engine);
        assert_int_equal(f->packets, packets);
        assert_int_equal(f->bytes, packets * 142);
}

/* More flows than the table holds: numbers are used again, at once. */
static void a_number_that_is_used_again_is_another_flow(void **state) {
        struct fixture *f = *state;

        for (unsigned i = 0; i < 1000; i++)
                datagram(f, T0 + i * SEC / 10, (uint16_t) (1000 + i), 100);
        engine_flush(f->engine);
        assert_int_equal(f->packets, 1000);
        assert_int_equal(f->bytes, 142000);
}

static void in_silence_there_are_no_rounds(void **state) {
        struct fixture *f = *state;
        unsigned told;

        assert_true(flows_deadline(f->flows) == UINT64_MAX);
        datagram(f, T0, 1000, 100);
        assert_true(flows_deadline(f->flows) == T0 + FLOWS_INTERVAL);
        flows_round(f->flows, f->engine, T0 + FLOWS_INTERVAL);
        assert_true(flows_deadline(f->flows) == UINT64_MAX);
        told = f->told;
        assert_int_equal(told, 1);
        datagram(f, T0 + 3600 * SEC, 1000, 100);
        assert_true(flows_deadline(f->flows) == T0 + 3600 * SEC + FLOWS_INTERVAL);
}

static void rates_are_those_of_the_last_seconds(void **state) {
        struct fixture *f = *state;
        struct flow_item item;
        uint64_t now = T0;

        /* 1000 bytes each tenth of a second: 80 kbit/s, at any time. */
        for (unsigned i = 0; i < 600; i++) {
                now = T0 + i * SEC / 10;
                datagram(f, now, 1000, 958);
                if (i < 30)
                        continue;
                assert_int_equal(query(f, &FLOW_FILTER_ALL, now, &item, 1), 1);
                assert_true(item.active);
                assert_in_range(item.rate, 78000, 84000);
        }
        /* Then nothing: it soon shows, and is not told for ever. */
        flows_round(f->flows, f->engine, now + 5 * SEC);
        assert_int_equal(query(f, &FLOW_FILTER_ALL, now + 60 * SEC, &item, 1), 1);
        assert_int_equal(item.rate, 0);
        /* After an hour of silence a burst is as fast as it is. */
        for (unsigned i = 0; i < 50; i++)
                datagram(f, now + 90 * SEC + i * SEC / 10, 1000, 958);
        assert_int_equal(query(f, &FLOW_FILTER_ALL, now + 95 * SEC, &item, 1), 1);
        assert_in_range(item.rate, 78000, 84000);
}

static void flows_that_ended_are_remembered_and_bounded(void **state) {
        struct flow_filter filter = FLOW_FILTER_ALL;
        struct fixture *f = *state;
        struct flows_counters counters;
        struct flow_item items[3];

        datagram(f, T0, 1000, 200);
        datagram(f, T0 + 1000 * SEC, 2000, 100);
        engine_advance(f->engine, T0 + 1001 * SEC);
        assert_int_equal(query(f, &filter, T0 + 1001 * SEC, items, 3), 2);
        assert_int_equal(items[0].record.endpoints[0].port, 1000);
        assert_false(items[0].active);
        assert_int_equal(items[0].record.end, FLOW_END_IDLE);
        assert_true(items[1].active);
        assert_int_equal(items[1].record.end, _FLOW_END_MAX);
        filter.active = 1;
        assert_int_equal(query(f, &filter, T0 + 1001 * SEC, items, 3), 1);
        assert_int_equal(items[0].record.endpoints[0].port, 2000);
        for (unsigned i = 0; i < FLOWS_RECENT_MAX + 100; i++)
                datagram(f, T0 + 2000 * SEC + i, (uint16_t) i, 100);
        flows_get_counters(f->flows, &counters);
        assert_int_equal(counters.recent, FLOWS_RECENT_MAX);
        filter = FLOW_FILTER_ALL;
        filter.port = 1000;
        assert_int_equal(query(f, &filter, T0 + 3000 * SEC, items, 1), 1);
        assert_true(items[0].record.first > T0 + 1999 * SEC);
}

static int count_flow(void *userdata, const struct flow_record *record) {
        uint64_t *last = userdata;

        assert_true(record->first > *last);
        *last = record->first;
        return 0;
}

static void all_can_be_had_oldest_first(void **state) {
        struct fixture *f = *state;
        uint64_t last = 0;

        /* Fifteen ended, evicted one by one in the order in which they began; the last of the table goes on. */
        for (unsigned i = 0; i < 16; i++)
                datagram(f, T0 + i * SEC, (uint16_t) (1000 + i), 100);
        engine_flush(f->engine);
        datagram(f, T0 + 100 * SEC, 5000, 100);
        assert_int_equal(flows_for_each(f->flows, f->engine, count_flow, &last), 0);
        assert_true(last == T0 + 100 * SEC);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(every_packet_is_told_of_once),
                TEST(a_number_that_is_used_again_is_another_flow),
                TEST(in_silence_there_are_no_rounds),
                TEST(rates_are_those_of_the_last_seconds),
                TEST(flows_that_ended_are_remembered_and_bounded),
                TEST(all_can_be_had_oldest_first),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
