/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Deltas: sums of packets give the flows that the packets themselves give, whichever way they were summed up. */

#include "cmocka-all.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "common/macro.h"
#include "engine/flow/flow-delta.h"
#include "engine/flow/flow-table.h"

enum { LOG_MAX = 16 };

struct log {
        struct flow_table *table;
        struct flow_record records[LOG_MAX];
        size_t n;
};

static void take_record(void *userdata, const struct flow_record *record) {
        struct log *log = userdata;

        assert_true(log->n < LOG_MAX);
        log->records[log->n++] = *record;
}

static void log_begin(struct log *log, const struct flow_table_config *config) {
        struct flow_table_ops ops = { take_record, log };
        struct flow_table_config standard;

        *log = (struct log) {};
        flow_table_config_default(&standard);
        standard.flows_max = 64;
        assert_int_equal(flow_table_new(&log->table, config ?: &standard, &ops), 0);
}

static const struct flow_record *log_only(struct log *log) {
        flow_table_flush(log->table);
        assert_int_equal(log->n, 1);
        return &log->records[0];
}

static void log_end(struct log *log) {
        log->table = flow_table_free(log->table);
}

/* us after an hour that all tests begin in */
static uint64_t at(uint64_t us) {
        return UINT64_C(1700000000) * NSEC_PER_SEC + us * NSEC_PER_USEC;
}

/* 10.0.0.`host`; the MAC ends in the same number. */
static struct flow_endpoint end(uint8_t host, uint16_t port) {
        return (struct flow_endpoint) { { AF_INET, { 10, 0, 0, host } }, port, { { 2, 0, 0, 0, 0, host } } };
}

static struct flow_delta_direction sent(uint64_t packets, uint64_t bytes, uint64_t first, uint64_t last, uint8_t tcp_flags) {
        return (struct flow_delta_direction) {
                .packets = packets, .bytes = bytes, .first = at(first), .last = at(last), .shortest = 60, .longest = 1514,
                .tcp_flags = tcp_flags,
                .data = tcp_flags & TCP_PSH, .bare_ack = tcp_flags & TCP_ACK && packets > 1,
        };
}

/* A client at .9 and a server at .2, so that the client is the higher end. The client closes. */
static struct flow_delta whole_connection(void) {
        struct flow_delta delta = {
                .endpoints = { end(9, 40000), end(2, 443) },
                .directions = {
                        sent(5, 700, 100, 2000, TCP_SYN | TCP_ACK | TCP_PSH | TCP_FIN),
                        sent(4, 5000, 400, 1900, TCP_SYN | TCP_ACK | TCP_PSH | TCP_FIN),
                },
                .protocol = IPPROTO_TCP,
                .initiator = INITIATOR_FIRST,
                .opened = at(100), .established = at(450), .initial = 7,
        };
        const uint64_t trip = 300 * NSEC_PER_USEC;

        delta.directions[0].after_fin = true;
        delta.trips = (struct flow_trips) { .last = trip, .minimum = trip, .average = trip, .before = trip, .samples = 1, .total = 1 };
        return delta;
}

static void check_whole_connection(const struct flow_record *r) {
        assert_int_equal(r->endpoints[0].port, 40000);
        assert_int_equal(r->endpoints[0].ip.bytes[3], 9);
        assert_int_equal(r->endpoints[0].mac.bytes[5], 9);
        assert_int_equal(r->endpoints[1].mac.bytes[5], 2);
        assert_true(r->initiator_known);
        assert_int_equal(r->directions[0].packets, 5);
        assert_int_equal(r->directions[0].bytes, 700);
        assert_int_equal(r->directions[1].packets, 4);
        assert_int_equal(r->directions[1].bytes, 5000);
        assert_int_equal(r->first, at(100));
        assert_int_equal(r->last, at(2000));
        assert_int_equal(r->directions[0].shortest, 60);
        assert_int_equal(r->directions[1].longest, 1514);
        assert_int_equal(r->state, FLOW_CLOSED);
        assert_int_equal(r->end, FLOW_END_FIN);
        assert_int_equal(r->rtt.handshake, 350 * NSEC_PER_USEC);
        assert_int_equal(r->rtt.responder, 300 * NSEC_PER_USEC);
        assert_int_equal(r->rtt.initiator, 50 * NSEC_PER_USEC);
        assert_int_equal(r->rtt.last, 300 * NSEC_PER_USEC);
        assert_int_equal(r->rtt.samples, 1);
}

static void test_a_connection_in_one_delta(void **state) {
        struct flow_delta delta = whole_connection();
        const struct flow_record *r;
        struct log log;

        (void) state;
        log_begin(&log, NULL);
        flow_table_add_delta(log.table, &delta);
        r = log_only(&log);
        check_whole_connection(r);
        assert_string_equal(r->history, "ShADadFf");
        log_end(&log);
}

/* Which of the two ends a delta names first means nothing. */
static void test_ends_in_any_order(void **state) {
        struct flow_delta delta = whole_connection(), other = delta;
        struct log log;

        (void) state;
        for (unsigned i = 0; i < 2; i++) {
                other.endpoints[i] = delta.endpoints[!i];
                other.directions[i] = delta.directions[!i];
        }
        other.initiator = INITIATOR_SECOND;
        log_begin(&log, NULL);
        flow_table_add_delta(log.table, &other);
        check_whole_connection(log_only(&log));
        log_end(&log);
}

/* Two processors, each with a direction: neither saw the handshake as a whole. */
static void check_apart(bool client_first) {
        struct flow_delta parts[2] = { whole_connection(), whole_connection() };
        struct log log;

        parts[0].directions[1] = (struct flow_delta_direction) {};
        parts[0].trips.samples = 0;
        parts[1].directions[0] = (struct flow_delta_direction) {};
        parts[1].opened = parts[1].established = 0;
        log_begin(&log, NULL);
        flow_table_add_delta(log.table, &parts[!client_first]);
        flow_table_add_delta(log.table, &parts[client_first]);
        check_whole_connection(log_only(&log));
        log_end(&log);
}

static void test_directions_on_two_processors(void **state) {
        (void) state;
        check_apart(true);
        check_apart(false);
}

/* The SYN left from another processor than what followed it. */
static void check_handshake_apart(bool syn_first) {
        struct flow_delta parts[2] = { whole_connection(), whole_connection() };
        const struct flow_record *r;
        struct log log;

        parts[0].directions[0] = sent(1, 74, 100, 100, TCP_SYN);
        parts[0].directions[1] = (struct flow_delta_direction) {};
        parts[0].established = 0;
        parts[0].trips.samples = 0;
        parts[1].directions[0] = sent(4, 626, 450, 2000, TCP_ACK | TCP_PSH | TCP_FIN);
        parts[1].directions[0].after_fin = true;
        parts[1].opened = parts[1].established = 0;
        log_begin(&log, NULL);
        flow_table_add_delta(log.table, &parts[!syn_first]);
        flow_table_add_delta(log.table, &parts[syn_first]);
        r = log_only(&log);
        check_whole_connection(r);
        log_end(&log);
}

static void test_handshake_on_two_processors(void **state) {
        (void) state;
        check_handshake_apart(true);
        check_handshake_apart(false);
}

/* The first SYN+ACK tells the way to the responder, the last one that to the initiator. */
static void test_answer_sent_twice(void **state) {
        struct flow_delta delta = whole_connection();
        const struct flow_record *r;
        struct log log;

        (void) state;
        delta.answered = at(430);
        log_begin(&log, NULL);
        flow_table_add_delta(log.table, &delta);
        r = log_only(&log);
        assert_int_equal(r->rtt.responder, 300 * NSEC_PER_USEC);
        assert_int_equal(r->rtt.initiator, 20 * NSEC_PER_USEC);
        log_end(&log);
}

/* A SYN was sent again, and what answered it is told before it is. */
static void test_syn_sent_again_on_another_processor(void **state) {
        struct flow_delta deltas[3] = { whole_connection(), whole_connection(), whole_connection() };
        const struct flow_record *r;
        struct log log;

        (void) state;
        for (unsigned i = 0; i < 3; i++) {
                deltas[i].directions[i == 1] = sent(1, 60, 0, 0, TCP_SYN);
                deltas[i].directions[i != 1] = (struct flow_delta_direction) {};
                deltas[i].opened = deltas[i].established = deltas[i].trips.samples = 0;
        }
        deltas[0].opened = deltas[0].directions[0].first = deltas[0].directions[0].last = at(100);
        deltas[1].directions[1] = sent(1, 60, 1300, 1300, TCP_SYN | TCP_ACK);
        deltas[1].answered = at(1300);
        deltas[2].directions[0] = sent(2, 120, 1100, 1350, TCP_SYN | TCP_ACK);
        deltas[2].opened = at(1100);
        deltas[2].established = at(1350);
        log_begin(&log, NULL);
        for (unsigned i = 0; i < 3; i++)
                flow_table_add_delta(log.table, &deltas[i]);
        r = log_only(&log);
        assert_int_equal(r->rtt.handshake, 250 * NSEC_PER_USEC);
        assert_int_equal(r->rtt.responder, 200 * NSEC_PER_USEC);
        assert_int_equal(r->rtt.initiator, 50 * NSEC_PER_USEC);
        log_end(&log);
}

/* What a processor timed of one connection: samples of so many us. The average begins with the first of them. */
static struct flow_trips trips(const uint32_t *samples, uint32_t n) {
        struct flow_trips trips = { .samples = n, .total = n };
        double average = samples[0];

        trips.before = samples[0] * NSEC_PER_USEC;
        trips.minimum = UINT64_MAX;
        for (uint32_t i = 0; i < n; i++) {
                average += (samples[i] - average) / 8;
                trips.minimum = MIN(trips.minimum, samples[i] * NSEC_PER_USEC);
        }
        trips.average = (uint64_t) (average * NSEC_PER_USEC);
        trips.last = samples[n - 1] * NSEC_PER_USEC;
        return trips;
}

/* However many samples come at a time, the average is the one of all of them; to the us of its rounding. */
static void test_averages_of_parts(void **state) {
        static const uint32_t samples[] = { 400, 900, 350, 20000, 360, 410, 380, 395, 402, 388, 1200, 377, 391, 40, 383, 390 };
        struct flow_trips all = trips(samples, ELEMENTSOF(samples));

        (void) state;
        for (uint32_t part = 1; part <= ELEMENTSOF(samples); part *= 2) {
                struct flow_delta delta = whole_connection();
                const struct flow_record *r;
                struct log log;

                log_begin(&log, NULL);
                for (uint32_t i = 0; i < ELEMENTSOF(samples); i += part) {
                        delta.trips = trips(&samples[i], part);
                        flow_table_add_delta(log.table, &delta);
                }
                r = log_only(&log);
                assert_int_equal(r->rtt.samples, ELEMENTSOF(samples));
                assert_int_equal(r->rtt.last, all.last);
                assert_int_equal(r->rtt.minimum, all.minimum);
                assert_in_range(r->rtt.average, all.average - 2 * NSEC_PER_USEC, all.average + 2 * NSEC_PER_USEC);
                log_end(&log);
        }
}

static void test_counts_add_up(void **state) {
        struct flow_delta delta = whole_connection();
        const struct flow_record *r;
        struct log log;

        (void) state;
        delta.directions[0].duplicate_acks = 3;
        delta.directions[1].zero_windows = 2;
        log_begin(&log, NULL);
        flow_table_add_delta(log.table, &delta);
        delta.opened = delta.established = 0;
        flow_table_add_delta(log.table, &delta);
        r = log_only(&log);
        assert_int_equal(r->directions[0].duplicate_acks, 6);
        assert_int_equal(r->directions[1].duplicate_acks, 0);
        assert_int_equal(r->directions[0].zero_windows, 0);
        assert_int_equal(r->directions[1].zero_windows, 4);
        assert_non_null(strchr(r->history, 'w'));
        log_end(&log);
}

/* Nothing in a datagram tells who asked: who was heard first did, whichever processor's sums are read first. */
static void check_datagrams_apart(bool client_first) {
        struct flow_delta parts[2] = {};
        const struct flow_record *r;
        struct log log;

        for (unsigned i = 0; i < 2; i++)
                parts[i] = (struct flow_delta) { .endpoints = { end(9, 50000), end(2, 4433) }, .protocol = IPPROTO_UDP };
        parts[0].directions[0] = sent(50, 13325, 100, 2000, 0);
        parts[1].directions[1] = sent(50, 7100, 150, 2050, 0);
        log_begin(&log, NULL);
        flow_table_add_delta(log.table, &parts[!client_first]);
        flow_table_add_delta(log.table, &parts[client_first]);
        r = log_only(&log);
        assert_int_equal(r->endpoints[0].port, 50000);
        assert_int_equal(r->endpoints[1].port, 4433);
        assert_int_equal(r->directions[0].bytes, 13325);
        assert_int_equal(r->directions[1].bytes, 7100);
        assert_int_equal(r->first, at(100));
        log_end(&log);
}

static void test_datagrams_on_two_processors(void **state) {
        (void) state;
        check_datagrams_apart(true);
        check_datagrams_apart(false);
}

static void test_states_over_time(void **state) {
        struct flow_delta delta = whole_connection();
        struct flow_counters counters;
        const struct flow_record *r;
        struct log log;

        (void) state;
        log_begin(&log, NULL);
        delta.directions[0] = sent(1, 74, 100, 100, TCP_SYN);
        delta.directions[1] = (struct flow_delta_direction) {};
        delta.established = 0;
        flow_table_add_delta(log.table, &delta);
        delta.directions[0] = sent(2, 200, 1000100, 1000200, TCP_ACK | TCP_PSH);
        delta.directions[1] = sent(1, 74, 1000000, 1000000, TCP_SYN | TCP_ACK);
        delta.opened = 0;
        flow_table_add_delta(log.table, &delta);
        delta.directions[0] = (struct flow_delta_direction) {};
        delta.directions[1] = sent(1, 60, 2000000, 2000000, TCP_RST);
        delta.initiator = INITIATOR_UNKNOWN;
        flow_table_add_delta(log.table, &delta);
        flow_table_get_counters(log.table, &counters);
        assert_int_equal(counters.active, 1);
        assert_int_equal(counters.packets, 5);
        assert_int_equal(counters.bytes, 408);
        r = log_only(&log);
        assert_int_equal(r->state, FLOW_RESET);
        assert_int_equal(r->end, FLOW_END_RST);
        assert_string_equal(r->history, "ShADr");
        assert_int_equal(r->rtt.handshake, 1000000 * NSEC_PER_USEC);
        log_end(&log);
}

/* The ports are used again: another SYN behind a connection that is over, or with another number. */
static void test_ports_used_again(void **state) {
        struct flow_delta first = whole_connection(), second = whole_connection();
        struct log log;

        (void) state;
        second.directions[0].first = second.opened = at(5000);
        second.directions[0].last = at(9000);
        second.directions[1].first = at(5100);
        second.directions[1].last = at(8000);
        second.established = at(5200);
        second.initial = 8;
        log_begin(&log, NULL);
        flow_table_add_delta(log.table, &first);
        flow_table_add_delta(log.table, &second);
        flow_table_flush(log.table);
        assert_int_equal(log.n, 2);
        assert_int_equal(log.records[0].end, FLOW_END_FIN);
        assert_int_equal(log.records[0].first, at(100));
        assert_int_equal(log.records[1].first, at(5000));
        assert_int_equal(log.records[1].directions[0].packets, 5);
        log_end(&log);
}

/* Of a client alone, for as long as it takes to say a SYN. */
static struct flow_delta lone_syn(uint64_t when, uint32_t initial) {
        return (struct flow_delta) {
                .endpoints = { end(9, 40000), end(2, 443) }, .protocol = IPPROTO_TCP, .initiator = INITIATOR_FIRST,
                .directions = { sent(1, 60, when, when, TCP_SYN) }, .opened = at(when), .initial = initial,
        };
}

/* What the server sent is counted by another processor: of all connections of a second together. */
static struct flow_delta answers(uint64_t first, uint64_t last) {
        return (struct flow_delta) {
                .endpoints = { end(9, 40000), end(2, 443) }, .protocol = IPPROTO_TCP, .initiator = INITIATOR_FIRST,
                .directions = { [1] = sent(2, 120, first, last, TCP_SYN | TCP_ACK) }, .answered = at(last),
        };
}

/* Sooner than the time of the sums can tell, and while the answers to both are in one sum that reaches over both. */
static void test_ports_used_again_at_once(void **state) {
        const struct flow_delta deltas[] = { lone_syn(100, 7), answers(150, 900), lone_syn(500, 8), lone_syn(500, 9) };
        struct log log;

        (void) state;
        log_begin(&log, NULL);
        for (size_t i = 0; i < ELEMENTSOF(deltas); i++)
                flow_table_add_delta(log.table, &deltas[i]);
        flow_table_flush(log.table);
        assert_int_equal(log.n, 3);
        assert_int_equal(log.records[0].end, FLOW_END_REUSED);
        assert_int_equal(log.records[0].directions[1].packets, 2);
        for (unsigned i = 0; i < 3; i++)
                assert_int_equal(log.records[i].directions[0].packets, 1);
        log_end(&log);
}

/* Both ends open the connection at once, as those do that want to get through two routers, and again as no answer comes. */
static void test_opened_from_both_ends(void **state) {
        struct flow_delta first = lone_syn(100, 7), other = lone_syn(200, 900), again = lone_syn(300, 7);
        const struct flow_record *r;
        struct log log;

        (void) state;
        other.initiator = INITIATOR_SECOND;
        other.directions[1] = other.directions[0];
        other.directions[0] = (struct flow_delta_direction) {};
        log_begin(&log, NULL);
        flow_table_add_delta(log.table, &first);
        flow_table_add_delta(log.table, &other);
        flow_table_add_delta(log.table, &again);
        r = log_only(&log);
        assert_int_equal(r->endpoints[0].port, 40000);
        assert_int_equal(r->directions[0].packets, 2);
        assert_int_equal(r->directions[1].packets, 1);
        log_end(&log);
}

static void test_idle_ends_a_flow(void **state) {
        struct flow_delta delta = { .endpoints = { end(1, 53), end(2, 5000) }, .protocol = IPPROTO_UDP };
        struct log log;

        (void) state;
        log_begin(&log, NULL);
        delta.directions[1] = sent(1, 80, 0, 0, 0);
        flow_table_add_delta(log.table, &delta);
        delta.directions[1] = sent(1, 80, 300000000, 300000000, 0);
        flow_table_add_delta(log.table, &delta);
        flow_table_flush(log.table);
        assert_int_equal(log.n, 2);
        assert_int_equal(log.records[0].end, FLOW_END_IDLE);
        assert_int_equal(log.records[0].endpoints[0].port, 5000); /* who was heard first */
        log_end(&log);
}

/* Late is not idle, and no time goes back. */
static void test_a_late_delta(void **state) {
        struct flow_delta delta = { .endpoints = { end(1, 53), end(2, 5000) }, .protocol = IPPROTO_UDP };
        const struct flow_record *r;
        struct log log;

        (void) state;
        log_begin(&log, NULL);
        delta.directions[1] = sent(1, 80, 1000000, 1000000, 0);
        flow_table_add_delta(log.table, &delta);
        flow_table_advance(log.table, at(3000000));
        delta.directions[1] = sent(2, 160, 500, 600, 0);
        delta.directions[0] = sent(1, 90, 400, 400, 0);
        flow_table_add_delta(log.table, &delta);
        r = log_only(&log);
        assert_int_equal(r->first, at(400));
        assert_int_equal(r->last, at(1000000));
        assert_int_equal(r->directions[0].packets + r->directions[1].packets, 4);
        log_end(&log);
}

/* Whose packet was the first, whichever delta comes first. */
static void test_addresses_of_the_first_packet(void **state) {
        struct flow_delta deltas[2] = {
                { .endpoints = { end(1, 53), end(2, 5000) }, .protocol = IPPROTO_UDP, .directions[1] = sent(1, 80, 500, 600, 0) },
                { .endpoints = { end(1, 53), end(2, 5000) }, .protocol = IPPROTO_UDP, .directions[1] = sent(1, 80, 100, 200, 0) },
        };
        struct log log;

        (void) state;
        deltas[1].endpoints[1].mac.bytes[5] = 77;
        for (unsigned i = 0; i < 2; i++) {
                log_begin(&log, NULL);
                flow_table_add_delta(log.table, &deltas[i]);
                flow_table_add_delta(log.table, &deltas[!i]);
                assert_int_equal(log_only(&log)->endpoints[0].mac.bytes[5], 77);
                log_end(&log);
        }
}

/* Neither end is told from the other by its port in ICMP: the type and the id belong to both. */
static void test_an_echo(void **state) {
        struct flow_delta delta = {
                .endpoints = { end(1, 8), end(2, 77) },
                .directions = { sent(3, 294, 200, 3200, 0), sent(3, 294, 100, 3100, 0) },
                .protocol = IPPROTO_ICMP,
                .initiator = INITIATOR_SECOND,
        };
        const struct flow_record *r;
        struct log log;

        (void) state;
        log_begin(&log, NULL);
        flow_table_add_delta(log.table, &delta);
        r = log_only(&log);
        assert_int_equal(r->endpoints[0].ip.bytes[3], 2);
        assert_int_equal(r->endpoints[0].port, 8);
        assert_int_equal(r->endpoints[1].port, 77);
        assert_int_equal(r->directions[0].packets, 3);
        assert_null(flow_state_to_string(FLOW_MESSAGES));
        log_end(&log);
}

static void test_more_than_32_bits(void **state) {
        struct flow_delta delta = { .endpoints = { end(1, 53), end(2, 5000) }, .protocol = IPPROTO_UDP };
        const struct flow_record *r;
        struct log log;

        (void) state;
        delta.directions[0] = sent(UINT64_C(3) << 31, UINT64_C(5) << 33, 0, 0, 0);
        log_begin(&log, NULL);
        flow_table_add_delta(log.table, &delta);
        flow_table_add_delta(log.table, &delta);
        r = log_only(&log);
        assert_int_equal(r->directions[0].packets, UINT64_C(3) << 32);
        assert_int_equal(r->directions[0].bytes, UINT64_C(5) << 34);
        log_end(&log);
}

/* A flood of SYNs pushes out nothing but SYNs. */
static void test_a_flood_of_syns(void **state) {
        struct flow_delta delta = whole_connection();
        struct flow_table_config config;
        struct flow_counters counters;
        struct log log;

        (void) state;
        flow_table_config_default(&config);
        config.flows_max = 64;
        config.unanswered_max = 8;
        log_begin(&log, &config);
        flow_table_add_delta(log.table, &delta);
        delta.directions[1] = (struct flow_delta_direction) {};
        for (unsigned i = 0; i < 16; i++) {
                delta.directions[0] = sent(1, 60, 5000 + i, 5000 + i, TCP_SYN);
                delta.endpoints[0].port = (uint16_t) (100 + i);
                delta.opened = at(5000 + i);
                flow_table_add_delta(log.table, &delta);
        }
        flow_table_get_counters(log.table, &counters);
        assert_int_equal(counters.unanswered_evicted, 8);
        assert_int_equal(counters.active, 9);
        log.n = 0;
        flow_table_flush(log.table);
        log_end(&log);
}

/* A generator of numbers that is the same everywhere: Knuth, MMIX. */
static uint32_t draw(uint64_t *seed, uint32_t below) {
        *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        return (uint32_t) (*seed >> 33) % below;
}

static void add_packet(struct flow_delta_direction *d, uint32_t length, uint64_t ts) {
        d->first = d->packets == 0 ? ts : MIN(d->first, ts);
        d->shortest = (uint16_t) (d->packets == 0 ? length : MIN((uint32_t) d->shortest, length));
        d->longest = (uint16_t) MAX((uint32_t) d->longest, length);
        d->last = MAX(d->last, ts);
        d->packets++;
        d->bytes += length;
}

/* Packets one by one, and the same packets as deltas of three processors. */
static void check_sums(uint64_t seed, bool ipv6) {
        struct flow_delta deltas[3] = {};
        struct log apart, summed;
        struct flow_record r[2];

        for (unsigned i = 0; i < 3; i++) {
                deltas[i].endpoints[0] = end(1, 53);
                deltas[i].endpoints[1] = end(2, 5000);
                deltas[i].protocol = IPPROTO_UDP;
                deltas[i].endpoints[0].ip.family = deltas[i].endpoints[1].ip.family = ipv6 ? AF_INET6 : AF_INET;
        }
        log_begin(&apart, NULL);
        log_begin(&summed, NULL);
        for (unsigned i = 0; i < 200; i++) {
                struct flow_observation *o = flow_table_next(apart.table);
                unsigned direction = draw(&seed, 2), length = 60 + draw(&seed, 1400);

                *o = (struct flow_observation) { .ts = at(i * 100), .length = length };
                flow_observation_set_ends(o, deltas[0].endpoints, IPPROTO_UDP, 0, 0);
                o->direction ^= direction;
                o->link_source = deltas[0].endpoints[direction].mac;
                o->link_destination = deltas[0].endpoints[!direction].mac;
                flow_table_add(apart.table);
                add_packet(&deltas[draw(&seed, 3)].directions[direction], length, at(i * 100));
        }
        for (unsigned i = 0; i < 3; i++)
                flow_table_add_delta(summed.table, &deltas[(i + seed) % 3]);
        r[0] = *log_only(&apart);
        r[1] = *log_only(&summed);
        /* Who began is a guess in UDP, and the first delta's is another than the first packet's. */
        if (memcmp(&r[0].endpoints[0], &r[1].endpoints[0], sizeof r[0].endpoints[0]) != 0) {
                struct flow_direction d = r[1].directions[0];
                struct flow_endpoint e = r[1].endpoints[0];

                r[1].directions[0] = r[1].directions[1];
                r[1].directions[1] = d;
                r[1].endpoints[0] = r[1].endpoints[1];
                r[1].endpoints[1] = e;
        }
        /* Sums know nothing of the times between packets. */
        assert_true(r[0].pauses_known && !r[1].pauses_known);
        for (unsigned i = 0; i < 4; i++)
                r[i / 2].directions[i % 2].pause_squares = r[i / 2].directions[i % 2].pause_longest = 0;
        assert_memory_equal(r[0].endpoints, r[1].endpoints, sizeof r[0].endpoints);
        assert_memory_equal(r[0].directions, r[1].directions, sizeof r[0].directions);
        assert_int_equal(r[0].first, r[1].first);
        assert_int_equal(r[0].last, r[1].last);
        log_end(&apart);
        log_end(&summed);
}

static void test_sums_equal_packets(void **state) {
        (void) state;
        for (uint64_t seed = 0; seed < 50; seed++) {
                check_sums(seed, false);
                check_sums(seed, true);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_a_connection_in_one_delta),
                cmocka_unit_test(test_ends_in_any_order),
                cmocka_unit_test(test_directions_on_two_processors),
                cmocka_unit_test(test_handshake_on_two_processors),
                cmocka_unit_test(test_answer_sent_twice),
                cmocka_unit_test(test_syn_sent_again_on_another_processor),
                cmocka_unit_test(test_averages_of_parts),
                cmocka_unit_test(test_counts_add_up),
                cmocka_unit_test(test_datagrams_on_two_processors),
                cmocka_unit_test(test_states_over_time),
                cmocka_unit_test(test_ports_used_again),
                cmocka_unit_test(test_ports_used_again_at_once),
                cmocka_unit_test(test_opened_from_both_ends),
                cmocka_unit_test(test_idle_ends_a_flow),
                cmocka_unit_test(test_a_late_delta),
                cmocka_unit_test(test_addresses_of_the_first_packet),
                cmocka_unit_test(test_an_echo),
                cmocka_unit_test(test_more_than_32_bits),
                cmocka_unit_test(test_a_flood_of_syns),
                cmocka_unit_test(test_sums_equal_packets),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
