/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is summed up and told now and then must be what the packets themselves give. */

#include "cmocka-all.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "common/macro.h"
#include "engine/flow/flow-counter.h"
#include "engine/flow/flow-table.h"

enum { CONNECTIONS = 12, STEPS = 400 };

struct records {
        struct flow_record by_port[CONNECTIONS];
        uint64_t packets, bytes;
        size_t n;
};

static void take_record(void *userdata, const struct flow_record *record) {
        struct records *all = userdata;
        uint16_t port = record->endpoints[0].port == 443 ? record->endpoints[1].port : record->endpoints[0].port;

        assert_in_range(port, 1000, 1000 + CONNECTIONS - 1);
        all->by_port[port - 1000] = *record;
        for (unsigned i = 0; i < 2; i++) {
                all->packets += record->directions[i].packets;
                all->bytes += record->directions[i].bytes;
        }
        all->n++;
}

static struct flow_table *table_new(struct records *records) {
        struct flow_table_ops ops = { take_record, records };
        struct flow_table_config config;
        struct flow_table *table = NULL;

        flow_table_config_default(&config);
        config.flows_max = 64;
        assert_int_equal(flow_table_new(&table, &config, &ops), 0);
        return table;
}

/* Where deltas go: takes `room` of them, then no more until there is room again. */
struct told {
        struct flow_table *table;
        uint32_t room;
        uint64_t refused, last;
};

static bool take_delta(void *userdata, const struct flow_delta *delta) {
        struct told *told = userdata;

        if (told->room == 0) {
                told->refused++;
                return false;
        }
        told->room--;
        flow_table_add_delta(told->table, delta);
        return true;
}

static void take_last_delta(void *userdata, const struct flow_delta *delta) {
        struct told *told = userdata;

        told->last++;
        flow_table_add_delta(told->table, delta);
}

static uint32_t draw(uint64_t *seed, uint32_t below) {
        *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        return (uint32_t) (*seed >> 33) % below;
}

struct connection {
        bool ipv6;
        uint32_t next[2];
        unsigned step;
};

/* The next segment of a connection: handshake, then data either way, some of it again, some of it too early. */
static struct flow_observation next_segment(struct connection *c, unsigned number, uint64_t ts, uint64_t *seed) {
        unsigned from = c->step < 3 ? c->step % 2 : draw(seed, 2), what = draw(seed, 10);
        uint32_t payload = c->step < 3 ? 0 : draw(seed, 3) * 500, sequence = c->next[from];
        struct flow_endpoint ends[2] = {
                { { c->ipv6 ? AF_INET6 : AF_INET, { 10, 0, 0, 9 } }, (uint16_t) (1000 + number), { { 2, 0, 0, 0, 0, 9 } } },
                { { c->ipv6 ? AF_INET6 : AF_INET, { 10, 0, 0, 2 } }, 443, { { 2, 0, 0, 0, 0, 2 } } },
        };
        struct flow_observation o = {
                .ts = ts, .length = 54 + payload, .payload = payload, .acknowledgement = c->next[!from],
                .window = c->step >= 3 && what == 2 ? 0 : 1000,
                .tcp_flags = c->step == 0 ? TCP_SYN : c->step == 1 ? TCP_SYN | TCP_ACK : TCP_ACK,
                .flags = (uint8_t) (OBSERVATION_TCP | OBSERVATION_WHOLE_HEADER | (c->ipv6 ? OBSERVATION_IPV6 : 0)),
        };

        if (c->step >= 3 && what == 0)
                sequence -= payload; /* again */
        else if (c->step >= 3 && what == 1)
                sequence = c->next[from] += 100; /* something is missing */
        o.sequence = sequence;
        flow_observation_set_ends(&o, ends, IPPROTO_TCP, 0, 0);
        o.direction ^= (uint8_t) from;
        o.link_source = ends[from].mac;
        o.link_destination = ends[!from].mac;
        if (what != 0 || c->step < 3)
                c->next[from] = sequence + payload + (c->step < 2);
        c->step++;
        return o;
}

/* The same segments to a table and to a counter that holds `flows_max` flows and tells every `interval` segments. */
static void compare(uint64_t seed, uint32_t flows_max, unsigned interval, uint32_t room, struct records all[2], struct told *told) {
        struct connection connections[CONNECTIONS] = {};
        struct flow_table *direct = table_new(&all[0]);
        struct flow_counter_ops ops = { take_delta, take_last_delta, told };
        struct flow_counter *counter = NULL;
        struct flow_counter_before before;

        *told = (struct told) { .table = table_new(&all[1]) };
        assert_int_equal(flow_counter_new(&counter, flows_max, seed, &ops), 0);
        for (unsigned i = 0; i < STEPS; i++) {
                unsigned number = draw(&seed, CONNECTIONS);
                struct connection *c = &connections[number];
                struct flow_observation o;

                c->ipv6 = number % 3 == 0;
                o = next_segment(c, number, (UINT64_C(1700000000) * 1000 + i * 7) * NSEC_PER_MSEC, &seed);
                *flow_table_next(direct) = o;
                flow_table_add(direct);
                flow_counter_add(counter, &o, &before);
                if (i % interval == interval - 1) {
                        told->room = room;
                        flow_counter_tell(counter);
                }
        }
        told->room = UINT32_MAX;
        assert_true(flow_counter_tell(counter));
        assert_true(flow_counter_is_told(counter));
        flow_table_flush(direct);
        flow_table_flush(told->table);
        flow_table_free(direct);
        flow_table_free(told->table);
        flow_counter_free(counter);
}

static void same_flow(const struct flow_record *a, const struct flow_record *b) {
        assert_memory_equal(a->endpoints, b->endpoints, sizeof a->endpoints);
        assert_int_equal(a->first, b->first);
        assert_int_equal(a->last, b->last);
        assert_int_equal(a->state, b->state);
        assert_memory_equal(&a->rtt, &b->rtt, sizeof a->rtt);
        for (unsigned i = 0; i < 2; i++) {
                const struct flow_direction *d = &a->directions[i], *e = &b->directions[i];

                assert_int_equal(d->packets, e->packets);
                assert_int_equal(d->bytes, e->bytes);
                assert_int_equal(d->first, e->first);
                assert_int_equal(d->shortest, e->shortest);
                assert_int_equal(d->longest, e->longest);
                assert_int_equal(d->tcp_flags, e->tcp_flags);
                assert_int_equal(d->retransmissions, e->retransmissions);
                assert_int_equal(d->out_of_order, e->out_of_order);
                assert_int_equal(d->duplicate_acks, e->duplicate_acks);
                assert_int_equal(d->zero_windows, e->zero_windows);
        }
}

static void test_sums_are_what_packets_give(void **state) {
        static const unsigned intervals[] = { 1, 7, 100, STEPS };
        uint64_t again = 0, duplicates = 0, windows = 0, samples = 0;

        (void) state;
        for (uint64_t seed = 0; seed < 20; seed++)
                for (size_t i = 0; i < ELEMENTSOF(intervals); i++) {
                        struct records all[2] = {};
                        struct told told;

                        compare(seed, 64, intervals[i], UINT32_MAX, all, &told);
                        assert_int_equal(all[0].n, CONNECTIONS);
                        assert_int_equal(all[1].n, CONNECTIONS);
                        for (unsigned j = 0; j < CONNECTIONS; j++) {
                                same_flow(&all[0].by_port[j], &all[1].by_port[j]);
                                again += all[0].by_port[j].directions[0].retransmissions;
                                duplicates += all[0].by_port[j].directions[0].duplicate_acks;
                                windows += all[0].by_port[j].directions[0].zero_windows;
                                samples += all[0].by_port[j].rtt.samples;
                        }
                }
        assert_true(again > 0 && duplicates > 0 && windows > 0 && samples > 20 * ELEMENTSOF(intervals) * CONNECTIONS * 2);
}

/* Connections behind each other between the same ports: which begins where, of segments in an order that only chance knows. */
static struct flow_observation any_segment(uint32_t numbers[2], uint64_t ts, uint64_t *seed) {
        static const uint8_t flags[] = { TCP_SYN, TCP_SYN, TCP_SYN, TCP_SYN | TCP_ACK, TCP_ACK, TCP_ACK | TCP_PSH, TCP_ACK | TCP_FIN,
                                         TCP_RST | TCP_ACK, TCP_SYN | TCP_RST };
        const struct flow_endpoint ends[2] = { { { AF_INET, { 10, 0, 0, 9 } }, 1000, {} }, { { AF_INET, { 10, 0, 0, 2 } }, 443, {} } };
        uint8_t flag = flags[draw(seed, ELEMENTSOF(flags))];
        unsigned from = flag == (TCP_SYN | TCP_ACK) || draw(seed, 3) == 0;
        struct flow_observation o = { .ts = ts, .length = 54, .window = 1000, .tcp_flags = flag,
                                      .flags = OBSERVATION_TCP | OBSERVATION_WHOLE_HEADER };

        if (draw(seed, 8) == 0)
                numbers[draw(seed, 2)] += 1000;
        o.sequence = numbers[from] + !(flag & TCP_SYN);
        o.acknowledgement = flag & TCP_ACK ? numbers[!from] + 1 : 0;
        flow_observation_set_ends(&o, ends, IPPROTO_TCP, 0, 0);
        o.direction ^= (uint8_t) from;
        return o;
}

static void count_record(void *userdata, const struct flow_record *record _unused_) {
        ++*(unsigned *) userdata;
}

static void check_connections(uint64_t seed, unsigned interval) {
        struct flow_table_config config;
        struct flow_table *tables[2];
        struct told told = { .room = UINT32_MAX };
        struct flow_counter_ops ops = { take_delta, take_last_delta, &told };
        struct flow_counter *counter = NULL;
        struct flow_counter_before before;
        uint32_t numbers[2] = { 100000, 500000 };
        unsigned n[2] = { 0 };

        flow_table_config_default(&config);
        for (unsigned i = 0; i < 2; i++)
                assert_int_equal(flow_table_new(&tables[i], &config, &(struct flow_table_ops) { count_record, &n[i] }), 0);
        told.table = tables[1];
        assert_int_equal(flow_counter_new(&counter, 16, seed, &ops), 0);
        for (unsigned i = 0; i < 200; i++) {
                struct flow_observation o = any_segment(numbers, (UINT64_C(1700000000) * 1000 + i) * NSEC_PER_MSEC, &seed);

                *flow_table_next(tables[0]) = o;
                flow_table_add(tables[0]);
                flow_counter_add(counter, &o, &before);
                if (i % interval == interval - 1)
                        flow_counter_tell(counter);
        }
        flow_counter_tell(counter);
        for (unsigned i = 0; i < 2; i++) {
                flow_table_flush(tables[i]);
                flow_table_free(tables[i]);
        }
        flow_counter_free(counter);
        assert_true(n[0] > 10);
        assert_int_equal(n[0], n[1]);
}

static void test_ports_used_again(void **state) {
        (void) state;
        for (uint64_t seed = 1; seed <= 200; seed++) {
                check_connections(seed, 1);
                check_connections(seed, 7);
                check_connections(seed, 50);
        }
}

/* Fewer places than flows, and a reader that is behind: nothing is lost. */
static void test_nothing_is_lost(void **state) {
        (void) state;
        for (uint64_t seed = 0; seed < 20; seed++) {
                struct records all[2] = {};
                struct told told;

                compare(seed, 3, 10, 2, all, &told);
                assert_int_equal(all[1].packets, STEPS);
                assert_int_equal(all[1].packets, all[0].packets);
                assert_int_equal(all[1].bytes, all[0].bytes);
                assert_int_not_equal(told.last, 0);
                assert_int_not_equal(told.refused, 0);
        }
}

/* What a direction sent before is what a reader of first bytes goes by; a new connection begins at nothing. */
static void test_what_was_sent_before(void **state) {
        struct records records = {};
        struct told told = { .table = table_new(&records), .room = UINT32_MAX };
        struct flow_counter_ops ops = { take_delta, take_last_delta, &told };
        struct flow_counter *counter = NULL;
        struct flow_counter_before before;
        struct connection c = {};
        uint64_t seed = 1;

        (void) state;
        assert_int_equal(flow_counter_new(&counter, 8, 1, &ops), 0);
        assert_int_equal(flow_counter_new(&(struct flow_counter *) { NULL }, 0, 1, &ops), -EINVAL);
        for (unsigned i = 0; i < 2; i++) {
                struct flow_observation o = next_segment(&c, 0, (UINT64_C(1700000000) + i) * NSEC_PER_SEC, &seed), data;

                o.sequence += i * 5000;
                flow_counter_add(counter, &o, &before);
                assert_int_equal(before.packets, 0);
                data = o;
                data.tcp_flags = TCP_ACK;
                data.sequence++;
                data.payload = 700;
                flow_counter_add(counter, &data, &before);
                assert_int_equal(before.packets, 1);
                assert_int_equal(before.payload, 0);
                data.sequence += 700;
                flow_counter_add(counter, &data, &before);
                assert_int_equal(before.payload, 700);
                c = (struct connection) {};
        }
        assert_true(flow_counter_tell(counter));
        flow_table_flush(told.table);
        assert_int_equal(records.n, 2);
        flow_table_free(told.table);
        flow_counter_free(counter);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_sums_are_what_packets_give),
                cmocka_unit_test(test_ports_used_again),
                cmocka_unit_test(test_nothing_is_lost),
                cmocka_unit_test(test_what_was_sent_before),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
