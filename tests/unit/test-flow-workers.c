/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Flows counted in several threads: the same ones in the same order, however many threads there are. Built a second time
 * with ThreadSanitizer. */

#include "cmocka-all.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "cli/flow-workers.h"
#include "common/macro.h"

enum { FRAMES = 80000, FLOWS = 3000, FRAME = 54, RECORDS_MAX = FRAMES };

struct log {
        struct flow_record *records;
        size_t n;
        uint64_t packets;
};

static void take_record(void *userdata, const struct flow_record *record) {
        struct log *log = userdata;

        assert_true(log->n < RECORDS_MAX);
        log->records[log->n] = *record;
        log->records[log->n++].number = 0;
        log->packets += record->directions[0].packets + record->directions[1].packets;
}

static struct log log_make(void) {
        struct log log = { calloc(RECORDS_MAX, sizeof(struct flow_record)), 0, 0 };

        assert_non_null(log.records);
        return log;
}

static uint64_t next(uint64_t *state) {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        return *state;
}

/* Ethernet, IPv4 without options, TCP without options; every third flow UDP. */
static void make_frame(uint8_t frame[FRAME], uint32_t flow, bool back, uint8_t flags) {
        const uint8_t client[4] = { 10, 0, (uint8_t) (flow >> 8), (uint8_t) flow }, server[4] = { 192, 0, 2, (uint8_t) (flow % 7) };

        memset(frame, 0, FRAME);
        frame[5] = frame[11] = 2;
        frame[12] = 0x08;
        frame[14] = 0x45;
        frame[17] = 40;
        frame[22] = 64;
        frame[23] = flow % 3 == 0 ? IPPROTO_UDP : IPPROTO_TCP;
        memcpy(frame + 26, back ? server : client, 4);
        memcpy(frame + 30, back ? client : server, 4);
        frame[back ? 36 : 34] = 0x80;
        frame[back ? 35 : 37] = 80;
        if (flow % 3 == 0) {
                frame[39] = 20; /* length of UDP */
        } else {
                frame[46] = 0x50;
                frame[47] = flags;
        }
}

/* Connections that open, talk, pause for longer than any timeout, and close; a clock that sometimes goes back. */
static void feed_all(void *userdata, void (*feed)(void *userdata, const struct frame *frame)) {
        uint64_t random = 88172645463325252, ts = 1700000000 * NSEC_PER_SEC;

        for (uint64_t i = 0; i < FRAMES; i++) {
                static const uint8_t flags[] = { TCP_SYN, TCP_ACK, TCP_ACK, TCP_ACK, TCP_ACK | TCP_FIN, TCP_RST };
                uint64_t r = next(&random);
                uint8_t bytes[FRAME];
                struct frame frame = { .number = i + 1, .linktype = 1, .captured = FRAME, .length = FRAME, .data = bytes };

                make_frame(bytes, (uint32_t) (r % FLOWS), r >> 40 & 1, flags[(r >> 50) % ELEMENTSOF(flags)]);
                ts += 5 * NSEC_PER_MSEC;
                frame.ts = (r >> 20) % 100 == 0 ? ts - 3 * NSEC_PER_SEC : ts;
                feed(userdata, &frame);
        }
}

static void feed_worker(void *userdata, const struct frame *frame) {
        assert_int_equal(flow_workers_feed(userdata, frame, 1), 0);
}

static struct log run(unsigned n, const struct flow_table_config *config) {
        struct log log = log_make();
        struct flow_table_ops ops = { take_record, &log };
        struct flow_workers *workers;

        assert_int_equal(flow_workers_new(&workers, n, config, &ops), 0);
        feed_all(workers, feed_worker);
        assert_int_equal(flow_workers_finish(workers), 0);
        flow_workers_free(workers);
        return log;
}

static void assert_same(const struct log *a, const struct log *b) {
        assert_int_equal(a->n, b->n);
        assert_memory_equal(a->records, b->records, a->n * sizeof *a->records);
}

static void check_any_number(const struct flow_table_config *config) {
        static const unsigned numbers[] = { 2, 3, 4, 16 };
        struct log one = run(1, config);

        assert_int_equal(one.packets, FRAMES);
        for (size_t i = 0; i < ELEMENTSOF(numbers); i++) {
                struct log more = run(numbers[i], config);

                assert_same(&one, &more);
                free(more.records);
        }
        free(one.records);
}

static void test_any_number_gives_the_same(void **state _unused_) {
        struct flow_table_config config;

        flow_table_config_default(&config);
        check_any_number(&config);
}

static void test_limits_hold_for_any_number(void **state _unused_) {
        struct flow_table_config config;

        flow_table_config_default(&config);
        config.flows_max = 640;
        config.unanswered_max = 64;
        check_any_number(&config);
}

struct alone {
        struct flow_table *table;
};

static void feed_table(void *userdata, const struct frame *frame) {
        struct alone *alone = userdata;

        assert_true(flow_observation_from_frame(frame, flow_table_next(alone->table)));
        flow_table_add(alone->table);
}

/* How many flows there were at a time, as their records tell. */
static size_t most_at_a_time(const struct log *log) {
        size_t most = 0;

        for (size_t i = 0; i < log->n; i += 101) {
                size_t n = 0;

                for (size_t j = 0; j < log->n; j++)
                        n += log->records[j].first <= log->records[i].first && log->records[j].last >= log->records[i].first;
                most = MAX(most, n);
        }
        return most;
}

static struct log run_alone(const struct flow_table_config *config) {
        struct log log = log_make();
        struct flow_table_ops ops = { take_record, &log };
        struct alone alone;

        assert_int_equal(flow_table_new(&alone.table, config, &ops), 0);
        feed_all(&alone, feed_table);
        flow_table_flush(alone.table);
        flow_table_free(alone.table);
        return log;
}

static size_t count_ended(const struct log *log, enum flow_end end) {
        size_t n = 0;

        for (size_t i = 0; i < log->n; i++)
                n += log->records[i].end == end;
        return n;
}

/* All parts together hold as many flows as one table does, and no more. Which of those that were seen in the same second
 * gives way is as good as chance. */
static void test_limits_are_those_of_one_table(void **state _unused_) {
        struct flow_table_config config;

        flow_table_config_default(&config);
        config.analysis = false;
        for (uint32_t limit = 100; limit <= 1600; limit *= 16) {
                struct log one, parts;
                size_t evicted;

                config.flows_max = limit;
                one = run_alone(&config);
                parts = run(3, &config);
                evicted = count_ended(&one, FLOW_END_EVICTED);
                assert_true(evicted > 100);
                assert_in_range(count_ended(&parts, FLOW_END_EVICTED), evicted - evicted / 50, evicted + evicted / 50);
                assert_true(most_at_a_time(&parts) <= limit);
                free(one.records);
                free(parts.records);
        }
}

static int compare(const void *a, const void *b) {
        return memcmp(a, b, sizeof(struct flow_record));
}

/* Nothing of a flow but its place in the order depends on threads. */
static void test_the_same_as_without_threads(void **state _unused_) {
        struct log threads, log = log_make();
        struct flow_table_ops ops = { take_record, &log };
        struct flow_table_config config;
        struct alone alone;

        flow_table_config_default(&config);
        threads = run(4, &config);
        assert_int_equal(flow_table_new(&alone.table, &config, &ops), 0);
        feed_all(&alone, feed_table);
        flow_table_flush(alone.table);
        qsort(log.records, log.n, sizeof *log.records, compare);
        qsort(threads.records, threads.n, sizeof *threads.records, compare);
        assert_same(&log, &threads);
        flow_table_free(alone.table);
        free(log.records);
        free(threads.records);
}

static void test_numbers_that_cannot_be(void **state _unused_) {
        struct flow_table_ops ops = { 0 };
        struct flow_table_config config;
        struct flow_workers *workers;

        flow_table_config_default(&config);
        assert_int_equal(flow_workers_new(&workers, 0, &config, &ops), -EINVAL);
        assert_int_equal(flow_workers_new(&workers, FLOW_WORKERS_MAX + 1, &config, &ops), -EINVAL);
        flow_workers_free(NULL);
}

/* Whoever gives up half-way gets no flows, and everything stops. */
static void test_unfinished(void **state _unused_) {
        struct log log = log_make();
        struct flow_table_ops ops = { take_record, &log };
        struct flow_table_config config;
        struct flow_workers *workers;
        uint8_t bytes[FRAME];
        struct frame frame = { .ts = NSEC_PER_SEC, .linktype = 1, .captured = FRAME, .length = FRAME, .data = bytes };

        flow_table_config_default(&config);
        assert_int_equal(flow_workers_new(&workers, 2, &config, &ops), 0);
        make_frame(bytes, 1, false, TCP_SYN);
        assert_int_equal(flow_workers_feed(workers, &frame, 1), 0);
        flow_workers_free(workers);
        assert_int_equal(log.n, 0);
        free(log.records);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_any_number_gives_the_same),
                cmocka_unit_test(test_limits_hold_for_any_number),
                cmocka_unit_test(test_limits_are_those_of_one_table),
                cmocka_unit_test(test_the_same_as_without_threads),
                cmocka_unit_test(test_numbers_that_cannot_be),
                cmocka_unit_test(test_unfinished),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
