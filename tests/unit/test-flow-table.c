/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Flows from observations: states, who began, how they end, limits and time. */

#include "cmocka-all.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "common/macro.h"
#include "engine/flow/flow-table.h"

enum { LOG_MAX = 4096 };

struct log {
        struct flow_table *table;
        struct flow_record records[LOG_MAX];
        size_t n, summaries;
        uint64_t packets, bytes; /* of all records */
};

static void take_record(void *userdata, const struct flow_record *record) {
        struct log *log = userdata;

        if (log->n < LOG_MAX)
                log->records[log->n] = *record;
        log->n++;
        for (unsigned i = 0; i < 2; i++) {
                log->packets += record->directions[i].packets;
                log->bytes += record->directions[i].bytes;
        }
}

/* It says what the record before it does. */
static void take_summary(void *userdata, const struct flow_summary *summary) {
        struct log *log = userdata;
        const struct flow_record *r = &log->records[MIN(log->n, (size_t) LOG_MAX) - 1];

        log->summaries++;
        assert_int_equal(log->summaries, log->n);
        if (log->n > LOG_MAX)
                return;
        for (unsigned i = 0; i < 2; i++) {
                assert_true(ip_equal(&summary->endpoints[i].ip, &r->endpoints[i].ip));
                assert_true(mac_equal(&summary->endpoints[i].mac, &r->endpoints[i].mac));
                assert_int_equal(summary->endpoints[i].port, r->endpoints[i].port);
                assert_int_equal(summary->bytes[i], r->directions[i].bytes);
        }
        assert_int_equal(summary->last, r->last);
        assert_int_equal(summary->protocol, r->protocol);
}

static struct log *log_new(const struct flow_table_config *config) {
        struct log *log = calloc(1, sizeof *log);
        struct flow_table_ops ops = { .flow = take_record, .userdata = log, .over = take_summary };
        struct flow_table_config standard;

        flow_table_config_default(&standard);
        assert_non_null(log);
        assert_int_equal(flow_table_new(&log->table, config ?: &standard, &ops), 0);
        return log;
}

static void log_free(struct log *log) {
        flow_table_free(log->table);
        free(log);
}

/* 10.0.0.1 is the lower end, 10.0.0.2 the higher; `from` is 1 or 2. */
struct segment {
        double at;
        unsigned from;
        uint8_t flags;
        uint32_t sequence, acknowledgement, payload;
        uint16_t window;   /* 0: 1000 */
        uint16_t port;     /* of 10.0.0.1; 0: 1000 */
        uint8_t protocol;  /* 0: TCP */
};

static void feed(struct log *log, const struct segment *s) {
        struct flow_observation *o = flow_table_next(log->table);
        uint8_t protocol = s->protocol ?: IPPROTO_TCP;

        *o = (struct flow_observation) {
                .addresses = UINT64_C(0x0a0000010a000002),
                .rest = (uint64_t) (s->port ?: 1000) << 48 | UINT64_C(80) << 32 | (uint64_t) protocol << 24,
                .ts = (uint64_t) ((int64_t) ((s->at + 1000) * 1e6 + 0.5) * 1000),
                .length = 54 + s->payload,
                .payload = s->payload,
                .sequence = s->sequence,
                .acknowledgement = s->acknowledgement,
                .window = s->window ?: 1000,
                .tcp_flags = protocol == IPPROTO_TCP ? s->flags : 0,
                .direction = s->from == 2,
                .flags = protocol == IPPROTO_TCP ? OBSERVATION_TCP | OBSERVATION_WHOLE_HEADER : 0,
                .link_source = { { 2, 0, 0, 0, 0, (uint8_t) s->from } },
                .link_destination = { { 2, 0, 0, 0, 0, (uint8_t) (3 - s->from) } },
        };
        flow_table_add(log->table);
}

#define FEED(log, ...)                                                                  \
        do {                                                                            \
                const struct segment segments[] = { __VA_ARGS__ };                      \
                for (size_t i_ = 0; i_ < ELEMENTSOF(segments); i_++)                    \
                        feed(log, &segments[i_]);                                       \
        } while (0)

/* All records of what was fed. */
static const struct flow_record *finish(struct log *log, size_t n) {
        flow_table_flush(log->table);
        assert_int_equal(log->n, n);
        return log->records;
}

static void test_connection(void **state _unused_) {
        struct log *log = log_new(NULL);
        const struct flow_record *r;

        FEED(log,
             { 0.00, 1, TCP_SYN, 100, 0 },
             { 0.02, 2, TCP_SYN | TCP_ACK, 500, 101 },
             { 0.03, 1, TCP_ACK, 101, 501 },
             { 0.04, 1, TCP_ACK | TCP_PSH, 101, 501, 10 },
             { 0.06, 2, TCP_ACK, 501, 111 },
             { 0.07, 2, TCP_ACK, 501, 111, 1000 },
             { 0.08, 1, TCP_ACK, 111, 1501 },
             { 0.09, 1, TCP_ACK | TCP_FIN, 111, 1501 },
             { 0.11, 2, TCP_ACK | TCP_FIN, 1501, 112 },
             { 0.12, 1, TCP_ACK, 112, 1502 });
        r = finish(log, 1);
        assert_int_equal(r->state, FLOW_CLOSED);
        assert_int_equal(r->end, FLOW_END_FIN);
        assert_true(r->initiator_known && r->analysed);
        assert_string_equal(r->history, "ShADadFf");
        assert_int_equal(r->endpoints[0].port, 1000);
        assert_int_equal(r->endpoints[0].ip.bytes[3], 1);
        assert_int_equal(r->endpoints[0].mac.bytes[5], 1);
        assert_int_equal(r->directions[0].packets, 6);
        assert_int_equal(r->directions[0].bytes, 6 * 54 + 10);
        assert_int_equal(r->directions[1].packets, 4);
        assert_int_equal(r->directions[1].bytes, 4 * 54 + 1000);
        assert_int_equal(r->directions[0].tcp_flags, TCP_SYN | TCP_ACK | TCP_PSH | TCP_FIN);
        assert_int_equal(r->directions[1].shortest, 54);
        assert_int_equal(r->directions[1].longest, 1054);
        assert_int_equal(r->first, 1000 * NSEC_PER_SEC);
        assert_int_equal(r->last, 1000 * NSEC_PER_SEC + 120 * NSEC_PER_MSEC);
        assert_int_equal(r->directions[1].first, 1000 * NSEC_PER_SEC + 20 * NSEC_PER_MSEC);
        assert_int_equal(r->directions[1].last, 1000 * NSEC_PER_SEC + 110 * NSEC_PER_MSEC);
        assert_int_equal(r->rtt.handshake, 30 * NSEC_PER_MSEC);
        assert_int_equal(r->rtt.responder, 20 * NSEC_PER_MSEC);
        assert_int_equal(r->rtt.initiator, 10 * NSEC_PER_MSEC);
        assert_int_equal(r->rtt.samples, 2);
        assert_int_equal(r->rtt.minimum, 20 * NSEC_PER_MSEC);
        assert_int_equal(r->directions[0].retransmissions + r->directions[1].retransmissions, 0);
        log_free(log);
}

/* 10, 30 and 20 ms between what the client sent, 40 between what it got; of UDP as of TCP. */
static void test_times_between_packets(void **state _unused_) {
        const uint8_t protocols[] = { IPPROTO_TCP, IPPROTO_UDP };

        for (size_t i = 0; i < ELEMENTSOF(protocols); i++) {
                struct log *log = log_new(NULL);
                const struct flow_record *r;

                FEED(log, { .at = 0.00, .from = 1, .flags = TCP_ACK, .protocol = protocols[i] },
                     { .at = 0.01, .from = 1, .flags = TCP_ACK, .protocol = protocols[i] },
                     { .at = 0.02, .from = 2, .flags = TCP_ACK, .protocol = protocols[i] },
                     { .at = 0.04, .from = 1, .flags = TCP_ACK, .protocol = protocols[i] },
                     { .at = 0.06, .from = 1, .flags = TCP_ACK, .protocol = protocols[i] },
                     { .at = 0.06, .from = 2, .flags = TCP_ACK, .protocol = protocols[i] });
                r = finish(log, 1);
                assert_true(r->pauses_known);
                assert_int_equal(r->directions[0].pause_squares, UINT64_C(100000000) + 900000000 + 400000000);
                assert_int_equal(r->directions[0].pause_longest, 30 * NSEC_PER_MSEC);
                assert_int_equal(r->directions[1].pause_squares, UINT64_C(1600000000));
                assert_int_equal(r->directions[1].pause_longest, 40 * NSEC_PER_MSEC);
                log_free(log);
        }
}

/* A sum that would not fit is not known, rather than wrong. */
static void test_times_between_packets_overflow(void **state _unused_) {
        struct log *log = log_new(NULL);
        const struct flow_record *r;

        for (unsigned i = 0; i <= 60; i++)
                FEED(log, { .at = i * 599.0, .from = 1 + (i & 1), .flags = TCP_ACK });
        r = finish(log, 1);
        assert_int_equal(r->directions[0].pause_longest, 1198 * NSEC_PER_SEC);
        assert_false(r->pauses_known);
        log_free(log);
}

/* 7/8 of the old and 1/8 of the new. */
static void test_rtt_average(void **state _unused_) {
        struct log *log = log_new(NULL);
        const struct flow_record *r;

        FEED(log, { 0, 1, TCP_SYN, 100, 0 }, { 0.080, 2, TCP_SYN | TCP_ACK, 500, 101 }, { 0.081, 1, TCP_ACK, 101, 501 },
             { 0.1, 1, TCP_ACK, 101, 501, 10 }, { 0.260, 2, TCP_ACK, 501, 111 });
        r = finish(log, 1);
        assert_int_equal(r->rtt.samples, 2);
        assert_int_equal(r->rtt.last, 160 * NSEC_PER_MSEC);
        assert_int_equal(r->rtt.minimum, 80 * NSEC_PER_MSEC);
        assert_int_equal(r->rtt.average, 90 * NSEC_PER_MSEC);
        log_free(log);
}

/* Karn: what was sent twice is not timed. */
static void test_retransmission_is_not_timed(void **state _unused_) {
        struct log *log = log_new(NULL);
        const struct flow_record *r;

        FEED(log, { 0, 1, TCP_SYN, 100, 0 }, { 1, 1, TCP_SYN, 100, 0 }, { 1.08, 2, TCP_SYN | TCP_ACK, 500, 101 },
             { 1.081, 1, TCP_ACK, 101, 501 }, { 1.1, 1, TCP_ACK, 101, 501, 10 }, { 1.5, 1, TCP_ACK, 101, 501, 10 },
             { 1.6, 2, TCP_ACK, 501, 111 });
        r = finish(log, 1);
        assert_int_equal(r->rtt.samples, 0);
        assert_int_equal(r->rtt.handshake, 81 * NSEC_PER_MSEC); /* from the last SYN */
        assert_int_equal(r->rtt.responder, 80 * NSEC_PER_MSEC);
        assert_int_equal(r->rtt.initiator, 1 * NSEC_PER_MSEC);
        assert_int_equal(r->directions[0].retransmissions, 2);
        assert_string_equal(r->history, "STh" "AD" "a");
        log_free(log);
}

/* To the responder the first SYN+ACK tells the way, to the initiator the last. */
static void test_answer_sent_twice(void **state _unused_) {
        struct log *log = log_new(NULL);
        const struct flow_record *r;

        FEED(log, { 0, 1, TCP_SYN, 100, 0 }, { 0.02, 2, TCP_SYN | TCP_ACK, 500, 101 }, { 1.02, 2, TCP_SYN | TCP_ACK, 500, 101 },
             { 1.025, 1, TCP_ACK, 101, 501 });
        r = finish(log, 1);
        assert_int_equal(r->rtt.handshake, 1025 * NSEC_PER_MSEC);
        assert_int_equal(r->rtt.responder, 20 * NSEC_PER_MSEC);
        assert_int_equal(r->rtt.initiator, 5 * NSEC_PER_MSEC);
        log_free(log);
}

/* Nobody followed the SYN+ACK up, or the SYN went by unseen. */
static void test_half_a_handshake(void **state _unused_) {
        struct log *log = log_new(NULL);
        const struct flow_record *r;

        FEED(log, { 0, 1, TCP_SYN, 100, 0 }, { 0.02, 2, TCP_SYN | TCP_ACK, 500, 101 },
             { .at = 0.03, .from = 2, .flags = TCP_SYN | TCP_ACK, .sequence = 500, .acknowledgement = 101, .port = 2000 },
             { .at = 0.04, .from = 1, .flags = TCP_ACK, .sequence = 101, .acknowledgement = 501, .port = 2000 });
        r = finish(log, 2);
        for (unsigned i = 0; i < 2; i++) {
                bool answered = r[i].endpoints[0].port == 1000;

                assert_int_equal(r[i].rtt.handshake, 0);
                assert_int_equal(r[i].rtt.responder, answered ? 20 * NSEC_PER_MSEC : 0);
                assert_int_equal(r[i].rtt.initiator, 0);
        }
        log_free(log);
}

static void test_loss(void **state _unused_) {
        struct log *log = log_new(NULL);
        const struct flow_record *r;

        FEED(log, { 0, 1, TCP_SYN, 100, 0 }, { 0.01, 2, TCP_SYN | TCP_ACK, 500, 101 }, { 0.02, 1, TCP_ACK, 101, 501 },
             { 0.03, 2, TCP_ACK, 501, 101, 100 },
             { 0.031, 2, TCP_ACK, 701, 101, 100 },  /* 601 is missing */
             { 0.032, 1, TCP_ACK, 101, 601 },
             { 0.033, 2, TCP_ACK, 801, 101, 100 },
             { 0.034, 1, TCP_ACK, 101, 601 },       /* duplicate */
             { 0.035, 2, TCP_ACK, 901, 101, 100 },
             { 0.036, 1, TCP_ACK, 101, 601 },       /* duplicate */
             { 0.052, 2, TCP_ACK, 601, 101, 100 },  /* sent again: a round trip is 20 ms */
             { 0.054, 2, TCP_ACK, 601, 101, 100 },  /* and again: there is no gap any more, so soon is no excuse */
             { 0.2, 2, TCP_ACK, 1101, 101, 100 },
             { 0.201, 2, TCP_ACK, 1001, 101, 100 }, /* overtaken */
             { 0.21, 1, TCP_ACK, 101, 1201, 0 },
             { 0.3, 1, TCP_ACK, 100, 1201 },        /* keep-alive */
             { 0.31, 2, TCP_ACK, 1201, 101 });
        r = finish(log, 1);
        assert_int_equal(r->directions[1].retransmissions, 2);
        assert_int_equal(r->directions[1].out_of_order, 1);
        assert_int_equal(r->directions[0].duplicate_acks, 2);
        assert_int_equal(r->directions[0].retransmissions, 0);
        log_free(log);
}

/* Several gaps at a time, filled in any order, in pieces, or by more than is missing; and more than can be remembered. */
static void test_reordering(void **state _unused_) {
        struct log *log = log_new(NULL);
        const struct flow_record *r;

        FEED(log, { 0, 1, TCP_SYN, 100, 0 }, { 0.01, 2, TCP_SYN | TCP_ACK, 500, 101 }, { 0.02, 1, TCP_ACK, 101, 501 },
             { 0.100, 2, TCP_ACK, 601, 101, 100 }, { 0.101, 2, TCP_ACK, 801, 101, 100 }, { 0.102, 2, TCP_ACK, 1001, 101, 100 },
             { 0.103, 1, TCP_ACK, 101, 501 }, { 0.104, 1, TCP_ACK, 101, 501 }, /* asked for thrice, and still overtaken */
             { 0.105, 2, TCP_ACK, 901, 101, 100 },
             { 0.106, 2, TCP_ACK, 501, 101, 50 }, { 0.107, 2, TCP_ACK, 551, 101, 50 },
             { 0.130, 2, TCP_ACK, 651, 101, 150 },                             /* 701 to 800 were lost */
             { 0.131, 1, TCP_ACK, 101, 1101 });
        r = finish(log, 1);
        assert_int_equal(r->directions[1].out_of_order, 3);
        assert_int_equal(r->directions[1].retransmissions, 1);
        log_free(log);

        log = log_new(NULL);
        FEED(log, { 0, 1, TCP_SYN, 100, 0 }, { 0.01, 2, TCP_SYN | TCP_ACK, 500, 101 }, { 0.02, 1, TCP_ACK, 101, 501 });
        for (uint32_t i = 0; i < 5; i++)
                FEED(log, { 0.1 + i * 0.0001, 2, TCP_ACK, 601 + 200 * i, 101, 100 });
        FEED(log, { 0.101, 2, TCP_ACK, 501, 101, 100 },   /* its gap gave way */
             { 0.102, 2, TCP_ACK, 1301, 101, 100 });
        r = finish(log, 1);
        assert_int_equal(r->directions[1].out_of_order, 1);
        assert_int_equal(r->directions[1].retransmissions, 1);
        log_free(log);
}

/* FEED() knows no window of 0. */
static void feed_zero_window(struct log *log, double at, unsigned from, uint32_t sequence, uint32_t acknowledgement) {
        *flow_table_next(log->table) = (struct flow_observation) {
                .addresses = UINT64_C(0x0a0000010a000002), .rest = UINT64_C(1000) << 48 | UINT64_C(80) << 32 | 6 << 24,
                .ts = (uint64_t) ((at + 1000) * 1e9), .length = 54, .sequence = sequence, .acknowledgement = acknowledgement,
                .tcp_flags = TCP_ACK, .direction = from == 2, .flags = OBSERVATION_TCP | OBSERVATION_WHOLE_HEADER };
        flow_table_add(log->table);
}

static void test_zero_window(void **state _unused_) {
        struct log *log = log_new(NULL);
        const struct flow_record *r;

        FEED(log, { 0, 1, TCP_SYN, 100, 0 }, { 0.01, 2, TCP_SYN | TCP_ACK, 500, 101 }, { 0.02, 1, TCP_ACK, 101, 501 });
        feed_zero_window(log, 1, 1, 101, 501);
        r = finish(log, 1);
        assert_int_equal(r->directions[0].zero_windows, 1);
        assert_string_equal(r->history, "ShAW");
        log_free(log);
}

/* All letters that there are, in the order in which they came; the sixteenth fills the last bits. */
static void test_whole_history(void **state _unused_) {
        struct log *log = log_new(NULL);

        FEED(log,
             { 0.00, 1, TCP_SYN, 100, 0 },
             { 0.01, 2, TCP_SYN | TCP_ACK, 500, 101 },
             { 0.02, 1, TCP_ACK, 101, 501 },
             { 0.03, 2, TCP_SYN, 500, 0 },             /* s, and sent again: t */
             { 0.04, 1, TCP_SYN | TCP_ACK, 100, 501 }, /* H and T */
             { 0.05, 2, TCP_ACK, 501, 101 },
             { 0.06, 1, TCP_ACK, 101, 501, 10 },
             { 0.07, 2, TCP_ACK, 501, 111, 10 });
        feed_zero_window(log, 0.08, 1, 111, 511);
        feed_zero_window(log, 0.09, 2, 511, 111);
        FEED(log,
             { 0.10, 1, TCP_ACK | TCP_FIN, 111, 511 },
             { 0.11, 2, TCP_ACK | TCP_FIN, 511, 112 },
             { 0.12, 1, TCP_RST, 112, 0 },
             { 0.13, 2, TCP_RST, 512, 0 });
        assert_string_equal(finish(log, 1)->history, "ShAstHTaDdWwFfRr");
        log_free(log);
}

/* The SYN says who began, not the first packet. */
static void test_initiator_is_from_syn(void **state _unused_) {
        struct log *log = log_new(NULL);
        const struct flow_record *r;

        FEED(log, { 0, 2, TCP_SYN | TCP_ACK, 500, 101 }, { 0.01, 1, TCP_ACK, 101, 501 });
        r = finish(log, 1);
        assert_int_equal(r->endpoints[0].port, 1000);
        assert_true(r->initiator_known);
        assert_int_equal(r->state, FLOW_ESTABLISHED);
        assert_string_equal(r->history, "^hA");
        log_free(log);

        log = log_new(NULL);
        FEED(log, { 0, 2, TCP_ACK, 500, 101, 10 }, { 0.01, 1, TCP_SYN, 100, 0 });
        r = finish(log, 1);
        assert_int_equal(r->endpoints[0].port, 1000);
        assert_true(r->initiator_known);
        log_free(log);
}

static void test_midway(void **state _unused_) {
        struct log *log = log_new(NULL);
        const struct flow_record *r;

        FEED(log, { 0, 2, TCP_ACK, 500, 101, 10 });
        r = finish(log, 1);
        assert_int_equal(r->state, FLOW_UNKNOWN);
        assert_int_equal(r->endpoints[0].port, 80);
        assert_false(r->initiator_known);
        assert_int_equal(r->end, FLOW_END_CAPTURE);
        log_free(log);

        log = log_new(NULL);
        FEED(log, { 0, 2, TCP_ACK, 500, 101, 10 }, { 0.1, 1, TCP_ACK, 101, 510 });
        r = finish(log, 1);
        assert_int_equal(r->state, FLOW_ESTABLISHED);
        log_free(log);
}

static void test_states(void **state _unused_) {
        static const struct {
                struct segment segments[6];
                enum flow_state state;
                enum flow_end end;
        } cases[] = {
                { { { 0, 1, TCP_SYN } }, FLOW_SYN_SENT, FLOW_END_CAPTURE },
                { { { 0, 1, TCP_SYN }, { 0, 2, TCP_SYN | TCP_ACK } }, FLOW_SYN_ACK, FLOW_END_CAPTURE },
                { { { 0, 1, TCP_SYN }, { 0, 2, TCP_SYN | TCP_ACK }, { 0, 2, TCP_ACK } }, FLOW_SYN_ACK, FLOW_END_CAPTURE },
                { { { 0, 1, TCP_SYN }, { 0, 2, TCP_RST | TCP_ACK } }, FLOW_RESET, FLOW_END_RST },
                { { { 0, 1, TCP_SYN }, { 0, 1, TCP_ACK, 1 } }, FLOW_ESTABLISHED, FLOW_END_CAPTURE },
                { { { 0, 1, TCP_ACK }, { 0, 2, TCP_ACK }, { 0, 1, TCP_FIN | TCP_ACK } }, FLOW_FIN_WAIT, FLOW_END_CAPTURE },
                { { { 0, 1, TCP_ACK }, { 0, 1, TCP_FIN | TCP_ACK }, { 0, 1, TCP_FIN | TCP_ACK } }, FLOW_FIN_WAIT, FLOW_END_CAPTURE },
                { { { 0, 1, TCP_FIN | TCP_ACK }, { 0, 2, TCP_FIN | TCP_ACK } }, FLOW_CLOSING, FLOW_END_FIN },
                { { { 0, 1, TCP_FIN | TCP_ACK }, { 0, 2, TCP_FIN | TCP_ACK }, { 0, 2, TCP_ACK } }, FLOW_CLOSING, FLOW_END_FIN },
                { { { 0, 1, TCP_FIN | TCP_ACK }, { 0, 2, TCP_FIN | TCP_ACK }, { 0, 1, TCP_ACK } }, FLOW_CLOSED, FLOW_END_FIN },
                { { { 0, 1, TCP_FIN | TCP_ACK }, { 0, 2, TCP_FIN | TCP_ACK }, { 0, 1, TCP_ACK }, { 0, 2, TCP_RST } }, FLOW_CLOSED, FLOW_END_FIN },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                struct log *log = log_new(NULL);

                for (size_t j = 0; j < 6 && cases[i].segments[j].from > 0; j++)
                        feed(log, &cases[i].segments[j]);
                finish(log, 1);
                if (log->records->state != cases[i].state)
                        print_message("case %zu\n", i);
                assert_int_equal(log->records->state, cases[i].state);
                assert_int_equal(log->records->end, cases[i].end);
                log_free(log);
        }
}

static void test_port_reuse(void **state _unused_) {
        struct log *log = log_new(NULL);
        const struct flow_record *r;

        FEED(log, { 0, 1, TCP_SYN, 100, 0 }, { 0.1, 2, TCP_RST | TCP_ACK, 0, 101 },
             { 0.2, 1, TCP_SYN, 100, 0 },  /* the same again: it was refused and does not believe it */
             { 0.3, 1, TCP_SYN, 700, 0 },  /* another */
             { 0.4, 1, TCP_SYN, 900, 0 }); /* and another, the last one still open */
        r = finish(log, 3);
        assert_int_equal(r[0].end, FLOW_END_RST);
        assert_int_equal(r[0].directions[0].packets, 2);
        assert_int_equal(r[1].end, FLOW_END_REUSED);
        assert_int_equal(r[2].end, FLOW_END_CAPTURE);
        assert_int_equal(r[2].directions[0].packets, 1);
        log_free(log);
}

/* What is not kept of a flow of lone packets (a question and its answer, a SYN and its refusal) is there when a third one comes. */
static void test_lone_packets(void **state _unused_) {
        const uint64_t begin = 1000 * NSEC_PER_SEC, ms = NSEC_PER_MSEC;
        struct log *log = log_new(NULL);
        const struct flow_record *r;

        for (uint16_t port = 1; port <= 2; port++)
                FEED(log, { 0, 1, .protocol = IPPROTO_UDP, .port = port }, { 0, 1, TCP_SYN, 100, .port = port });
        for (uint16_t port = 1; port <= 2; port++)
                FEED(log, { 0.1, 2, .protocol = IPPROTO_UDP, .port = port }, { 0.1, 2, TCP_RST | TCP_ACK, 0, 101, .port = port });
        FEED(log, { 0.4, 2, .protocol = IPPROTO_UDP, .port = 2 },
             { 0.4, 1, TCP_SYN, 100, .port = 2 }, { 0.5, 2, TCP_SYN | TCP_ACK, 500, 101, .port = 2 },
             { 0.6, 1, TCP_ACK, 101, 501, .port = 2 });
        r = finish(log, 4);
        for (unsigned i = 0; i < 4; i++) {
                assert_int_equal(r[i].first, begin);
                assert_int_equal(r[i].directions[0].first, begin);
                assert_int_equal(r[i].directions[1].first, begin + 100 * ms);
                assert_true(r[i].pauses_known);
        }
        for (unsigned i = 0; i < 2; i++) {
                assert_int_equal(r[i].last, begin + 100 * ms);
                assert_int_equal(r[i].directions[1].last, begin + 100 * ms);
                assert_int_equal(r[i].directions[1].pause_longest, 0);
        }
        assert_string_equal(r[1].history, "Sr");
        assert_int_equal(r[2].directions[1].pause_longest, 300 * ms);
        assert_int_equal(r[2].directions[1].packets, 2);
        assert_int_equal(r[3].directions[0].retransmissions, 1);
        assert_int_equal(r[3].directions[1].pause_longest, 400 * ms);
        assert_int_equal(r[3].rtt.responder, 100 * ms);
        assert_int_equal(r[3].rtt.handshake, 200 * ms);
        log_free(log);
}

static void test_idle(void **state _unused_) {
        struct log *log = log_new(NULL);
        struct flow_counters c;

        FEED(log, { .at = 0, .from = 1, .protocol = IPPROTO_UDP }, { .at = 119, .from = 2, .protocol = IPPROTO_UDP });
        FEED(log, { .at = 240, .from = 1, .protocol = IPPROTO_UDP }); /* 121 s later: another flow */
        flow_table_advance(log->table, 1240 * NSEC_PER_SEC);
        assert_int_equal(log->n, 1);
        assert_int_equal(log->records[0].end, FLOW_END_IDLE);
        assert_int_equal(log->records[0].directions[0].packets + log->records[0].directions[1].packets, 2);
        flow_table_advance(log->table, 1363 * NSEC_PER_SEC);
        assert_int_equal(log->n, 2);
        flow_table_get_counters(log->table, &c);
        assert_int_equal(c.active, 0);
        assert_int_equal(c.ended[FLOW_END_IDLE], 2);
        assert_int_equal(flow_table_next_deadline(log->table), UINT64_MAX);
        log_free(log);
}

/* Each state has its own timeout, also when it comes to it late. */
static void test_timeouts_by_state(void **state _unused_) {
        struct log *log = log_new(NULL);

        FEED(log, { 0, 1, TCP_ACK, 1 }, { 0, 2, TCP_ACK, 1 },             /* established: 600 s */
             { 0, 1, TCP_SYN, 1, .port = 2 },                             /* opening: 60 s */
             { 0, 1, TCP_ACK, 1, .port = 3 }, { 0, 2, TCP_ACK, 1, .port = 3 },
             { .at = 0, .from = 1, .protocol = IPPROTO_UDP });            /* 120 s */
        FEED(log, { 50, 1, TCP_RST, 1, .port = 3 });                      /* closed: 10 s */
        flow_table_advance(log->table, 1059 * NSEC_PER_SEC);
        assert_int_equal(log->n, 0);
        flow_table_advance(log->table, 1063 * NSEC_PER_SEC);
        assert_int_equal(log->n, 2);
        flow_table_advance(log->table, 1123 * NSEC_PER_SEC);
        assert_int_equal(log->n, 3);
        assert_int_equal(log->records[2].protocol, IPPROTO_UDP);
        flow_table_advance(log->table, 1599 * NSEC_PER_SEC);
        assert_int_equal(log->n, 3);
        flow_table_advance(log->table, 1603 * NSEC_PER_SEC);
        assert_int_equal(log->n, 4);
        log_free(log);
}

static void test_eviction(void **state _unused_) {
        struct flow_table_config config;
        struct flow_counters c;
        struct log *log;

        flow_table_config_default(&config);
        config.flows_max = 3;
        log = log_new(&config);
        for (uint16_t port = 1; port <= 3; port++)
                FEED(log, { .at = port, .from = 1, .protocol = IPPROTO_UDP, .port = port });
        FEED(log, { .at = 5, .from = 1, .protocol = IPPROTO_UDP, .port = 2 },
             { .at = 7, .from = 1, .protocol = IPPROTO_UDP, .port = 1 },
             { .at = 9, .from = 1, .protocol = IPPROTO_UDP, .port = 4 },   /* 3 goes */
             { .at = 11, .from = 1, .protocol = IPPROTO_UDP, .port = 5 },  /* 2 goes */
             { .at = 13, .from = 1, .protocol = IPPROTO_UDP, .port = 6 }); /* 1 goes */
        flow_table_advance(log->table, 1013 * NSEC_PER_SEC);
        assert_int_equal(log->n, 3);
        for (unsigned i = 0; i < 3; i++) {
                assert_int_equal(log->records[i].endpoints[0].port, 3 - i);
                assert_int_equal(log->records[i].end, FLOW_END_EVICTED);
        }
        flow_table_get_counters(log->table, &c);
        assert_int_equal(c.active, 3);
        assert_int_equal(c.ended[FLOW_END_EVICTED], 3);
        finish(log, 6);
        assert_int_equal(log->packets, 8);
        log_free(log);
}

/* SYNs that nobody answers push out each other and nothing else. */
static void test_flood(void **state _unused_) {
        struct flow_table_config config;
        struct flow_counters c;
        struct log *log;

        flow_table_config_default(&config);
        config.flows_max = 1000;
        config.unanswered_max = 100;
        log = log_new(&config);
        FEED(log, { 0, 1, TCP_ACK, 1 }, { 0, 2, TCP_ACK, 1 });
        FEED(log, { 1, 1, TCP_SYN, 1, .port = 5000 }, { 1, 2, TCP_SYN | TCP_ACK, 1, .port = 5000 });
        for (uint32_t i = 0; i < 3000; i++)
                FEED(log, { 2 + i * 0.001, 1, TCP_SYN, 1, .port = (uint16_t) (10000 + i) });
        flow_table_advance(log->table, 1005 * NSEC_PER_SEC);
        flow_table_get_counters(log->table, &c);
        assert_int_equal(c.active, 102);
        assert_int_equal(c.unanswered_evicted, 2900);
        assert_int_equal(log->n, 2900);
        assert_int_equal(log->records[0].endpoints[0].port, 10000);
        finish(log, 3002);
        assert_int_equal(log->packets, 3004);
        log_free(log);
}

static void test_clock_backwards(void **state _unused_) {
        struct log *log = log_new(NULL);
        const struct flow_record *r;
        struct flow_counters c;

        FEED(log, { .at = 100, .from = 1, .protocol = IPPROTO_UDP }, { .at = -900, .from = 2, .protocol = IPPROTO_UDP },
             { .at = 101, .from = 1, .protocol = IPPROTO_UDP });
        flow_table_advance(log->table, 0);
        flow_table_get_counters(log->table, &c);
        assert_int_equal(c.clock_backwards, 1);
        r = finish(log, 1);
        assert_int_equal(r->first, 1100 * NSEC_PER_SEC);
        assert_int_equal(r->directions[1].first, 1100 * NSEC_PER_SEC);
        assert_int_equal(r->last, 1101 * NSEC_PER_SEC);
        log_free(log);
}

/* A clock that leaps to its end and goes on from there. */
static void test_clock_leaps(void **state _unused_) {
        struct log *log = log_new(NULL);
        struct flow_observation *o;

        for (unsigned i = 0; i < 3; i++) {
                FEED(log, { .at = i, .from = 1, .protocol = IPPROTO_UDP });
                o = flow_table_next(log->table);
                *o = (struct flow_observation) { .ts = UINT64_MAX - 5 + i, .length = 60, .rest = 17 << 24 };
                flow_table_add(log->table);
        }
        flow_table_flush(log->table);
        assert_int_equal(log->packets, 6);
        log_free(log);
}

static uint64_t random_next(uint64_t *state) {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        return *state;
}

/* A million flows, most of them one packet, some of them many: nothing is lost, and memory stays below its bound. */
static void test_million(void **state _unused_) {
        struct flow_table_config config;
        uint64_t random = 88172645463325252, packets = 0;
        struct rusage before, after;
        struct flow_counters c;
        struct log *log;

        flow_table_config_default(&config);
        config.flows_max = 1000000;
        config.analysis = false;
        getrusage(RUSAGE_SELF, &before);
        log = log_new(&config);
        for (uint32_t i = 0; i < 1500000; i++, packets++) {
                struct flow_observation *o = flow_table_next(log->table);

                *o = (struct flow_observation) {
                        .addresses = i % 3 == 2 ? random_next(&random) % i : i, .rest = UINT64_C(53) << 32 | 17 << 24,
                        .ts = (uint64_t) i * NSEC_PER_USEC, .length = 100 };
                flow_table_add(log->table);
        }
        flow_table_advance(log->table, 0);
        flow_table_get_counters(log->table, &c);
        assert_true(c.active == 1000000 && c.ended[FLOW_END_EVICTED] > 0);
        getrusage(RUSAGE_SELF, &after);
        assert_true(after.ru_maxrss - before.ru_maxrss < 128 * 1000000 / 1024 + 2048);
        flow_table_flush(log->table);
        flow_table_get_counters(log->table, &c);
        assert_int_equal(c.created, log->n);
        assert_int_equal(log->packets, packets);
        assert_int_equal(log->bytes, packets * 100);
        log_free(log);
}

/* The index grows in the middle of a batch, of which the rest was looked up in the one before. */
static void flows_are_found_after_the_index_grew(void **state _unused_) {
        struct log *log = log_new(NULL);
        struct flow_counters c;

        for (uint32_t i = 0; i < 40000; i++) {
                struct flow_observation *o = flow_table_next(log->table);

                *o = (struct flow_observation) { .addresses = i % 20000, .rest = UINT64_C(53) << 32 | 17 << 24,
                                                 .ts = (uint64_t) i * NSEC_PER_USEC, .length = 100 };
                flow_table_add(log->table);
        }
        flow_table_advance(log->table, 0);
        flow_table_get_counters(log->table, &c);
        assert_int_equal(c.created, 20000);
        log_free(log);
}

/* The same packets, batched by 32 or taken one by one, and with any seed, give the same. */
static void test_batches(void **state _unused_) {
        struct flow_table_config config;
        struct log *logs[3];

        flow_table_config_default(&config);
        config.flows_max = 50;
        config.unanswered_max = 10;
        for (unsigned k = 0; k < 3; k++) {
                uint64_t random = 4711;

                config.seed = k == 2 ? UINT64_C(0xdeadbeefcafebabe) : 0;
                logs[k] = log_new(&config);
                for (unsigned i = 0; i < 20000; i++) {
                        uint64_t x = random_next(&random);
                        struct segment s = { .at = i * 0.05, .from = 1 + (x & 1), .flags = (uint8_t) (x >> 8 & 0x17),
                                             .sequence = x >> 16 & 0xff, .payload = x >> 24 & 15,
                                             .port = (uint16_t) (1 + (x >> 32) % 80), .protocol = x >> 60 ? 0 : IPPROTO_UDP };

                        feed(logs[k], &s);
                        if (k == 1)
                                flow_table_advance(logs[k]->table, 0);
                }
                flow_table_flush(logs[k]->table);
        }
        for (unsigned k = 1; k < 3; k++) {
                assert_int_equal(logs[k]->n, logs[0]->n);
                assert_int_equal(logs[k]->packets, 20000);
                assert_memory_equal(logs[k]->records, logs[0]->records, MIN(logs[0]->n, (size_t) LOG_MAX) * sizeof *logs[0]->records);
        }
        for (unsigned k = 0; k < 3; k++)
                log_free(logs[k]);
}

/* Counters that outgrow their first 32 bits. */
static void test_large_counts(void **state _unused_) {
        struct log *log = log_new(NULL);

        for (unsigned i = 0; i < 40000; i++)
                FEED(log, { .at = i * 0.001, .from = 2, .protocol = IPPROTO_UDP, .payload = 262000 });
        finish(log, 1);
        assert_int_equal(log->records->directions[0].bytes, UINT64_C(40000) * 262054);
        assert_int_equal(log->records->directions[0].longest, UINT16_MAX);
        log_free(log);
}

/* Who wants large flows alone: those of more than 4 GiB, both ways together. */
static bool is_large(void *userdata, uint64_t bytes, uint64_t first _unused_) {
        uint64_t *asked = userdata;

        asked[bytes > UINT32_MAX]++;
        return bytes > UINT32_MAX;
}

static void count_summary(void *userdata, const struct flow_summary *summary) {
        uint64_t *asked = userdata;

        asked[3] += summary->bytes[0] + summary->bytes[1];
}

static void count_record(void *userdata, const struct flow_record *record) {
        uint64_t *asked = userdata;

        assert_int_equal(record->directions[0].bytes + record->directions[1].bytes, UINT64_C(20000) * 262054);
        asked[2]++;
}

static void test_flows_that_do_not_matter(void **state _unused_) {
        uint64_t asked[4] = { 0 };
        struct flow_table_ops ops = { .flow = count_record, .userdata = asked, .matters = is_large, .over = count_summary };
        struct flow_table_config config;
        struct flow_counters counters;
        struct log log;

        flow_table_config_default(&config);
        assert_int_equal(flow_table_new(&log.table, &config, &ops), 0);
        for (unsigned i = 0; i < 20000; i++)
                FEED(&log, { .at = i * 0.001, .from = 1 + i % 2, .protocol = IPPROTO_UDP, .payload = 262000 });
        for (unsigned i = 0; i < 100; i++)
                FEED(&log, { .at = 20, .from = 1, .protocol = IPPROTO_UDP, .port = (uint16_t) (2000 + i) });
        flow_table_flush(log.table);
        assert_int_equal(asked[0], 100);
        assert_int_equal(asked[1], 1);
        assert_int_equal(asked[2], 1);
        flow_table_get_counters(log.table, &counters);
        assert_int_equal(counters.ended[FLOW_END_CAPTURE], 101);
        assert_int_equal(asked[3], counters.bytes);
        flow_table_free(log.table);
}

static void test_config(void **state _unused_) {
        struct flow_table_config config;
        struct flow_table_ops ops = { 0 };
        struct flow_table *table = NULL;

        flow_table_config_default(&config);
        config.flows_max = 0;
        assert_int_equal(flow_table_new(&table, &config, &ops), -EINVAL);
        config.flows_max = FLOW_TABLE_MAX + 1;
        assert_int_equal(flow_table_new(&table, &config, &ops), -EINVAL);
        assert_null(table);
        assert_null(flow_table_free(NULL));
}

static void count_begun(void *userdata, const struct flow_observation *first _unused_) {
        (*(unsigned *) userdata)++;
}

static void flows_that_begin_in_silence_are_told(void **state _unused_) {
        unsigned begun = 0;
        struct log log = { 0 };
        struct flow_table_ops ops = { .userdata = &begun, .begun = count_begun };
        struct flow_table_config config;

        flow_table_config_default(&config);
        assert_int_equal(flow_table_new(&log.table, &config, &ops), 0);
        FEED(&log, { .at = 0, .from = 1, .flags = TCP_SYN },
                  { .at = 1, .from = 2, .flags = TCP_SYN | TCP_ACK },
                  { .at = 2, .from = 1, .flags = TCP_ACK },
                  { .at = 3, .from = 1, .protocol = IPPROTO_UDP },
                  { .at = 4, .from = 1, .protocol = IPPROTO_ICMP });
        flow_table_advance(log.table, 1010 * NSEC_PER_SEC);
        assert_int_equal(begun, 0);
        FEED(&log, { .at = 11, .from = 1, .flags = TCP_ACK, .port = 2000 },
                  { .at = 12, .from = 2, .flags = TCP_RST, .port = 2000 },
                  { .at = 13, .from = 1, .protocol = 50 },
                  { .at = 14, .from = 1, .protocol = 50 });
        flow_table_advance(log.table, 1020 * NSEC_PER_SEC);
        assert_int_equal(begun, 2);
        flow_table_free(log.table);
}

static void one_flow_is_found_by_its_ends(void **state _unused_) {
        struct log *log = log_new(NULL);
        struct flow_endpoint ends[2] = { { .ip = ip_from_v4((uint8_t[]) { 10, 0, 0, 2 }), .port = 80 },
                                         { .ip = ip_from_v4((uint8_t[]) { 10, 0, 0, 1 }), .port = 1000 } };
        struct flow_record record;

        FEED(log, { .at = 0, .from = 1, .flags = TCP_ACK }, { .at = 1, .from = 2, .flags = TCP_RST });
        assert_true(flow_table_find(log->table, ends, IPPROTO_TCP, 0, 0, &record));
        assert_int_equal(record.directions[0].packets, 1);
        assert_int_equal(record.directions[1].tcp_flags, TCP_RST);
        assert_false(flow_table_find(log->table, ends, IPPROTO_UDP, 0, 0, &record));
        assert_false(flow_table_find(log->table, ends, IPPROTO_TCP, 5, 0, &record));
        ends[1].port = 1001;
        assert_false(flow_table_find(log->table, ends, IPPROTO_TCP, 0, 0, &record));
        log_free(log);
}

/* DHCP of all who have no address yet is one flow, and none of theirs. */
static void an_unspecified_address_is_nobodys(void **state _unused_) {
        struct log *log = log_new(NULL);
        const struct flow_record *r;

        for (uint8_t i = 1; i < 3; i++) {
                *flow_table_next(log->table) = (struct flow_observation) {
                        .addresses = UINT32_MAX, .rest = UINT64_C(68) << 48 | UINT64_C(67) << 32 | IPPROTO_UDP << 24,
                        .ts = i * NSEC_PER_SEC, .length = 300, .link_source = { { 2, 0, 0, 0, 0, i } },
                        .link_destination = { { 255, 255, 255, 255, 255, 255 } },
                };
                flow_table_add(log->table);
        }
        r = finish(log, 1);
        assert_true(ip_is_unspecified(&r->endpoints[0].ip));
        assert_true(mac_is_zero(&r->endpoints[0].mac));
        assert_true(mac_is_group(&r->endpoints[1].mac));
        assert_int_equal(r->directions[0].packets, 2);
        log_free(log);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(an_unspecified_address_is_nobodys),
                cmocka_unit_test(flows_that_begin_in_silence_are_told),
                cmocka_unit_test(one_flow_is_found_by_its_ends),
                cmocka_unit_test(flows_are_found_after_the_index_grew),
                cmocka_unit_test(test_connection),
                cmocka_unit_test(test_times_between_packets),
                cmocka_unit_test(test_times_between_packets_overflow),
                cmocka_unit_test(test_rtt_average),
                cmocka_unit_test(test_retransmission_is_not_timed),
                cmocka_unit_test(test_answer_sent_twice),
                cmocka_unit_test(test_half_a_handshake),
                cmocka_unit_test(test_loss),
                cmocka_unit_test(test_reordering),
                cmocka_unit_test(test_zero_window),
                cmocka_unit_test(test_whole_history),
                cmocka_unit_test(test_initiator_is_from_syn),
                cmocka_unit_test(test_midway),
                cmocka_unit_test(test_states),
                cmocka_unit_test(test_port_reuse),
                cmocka_unit_test(test_lone_packets),
                cmocka_unit_test(test_idle),
                cmocka_unit_test(test_timeouts_by_state),
                cmocka_unit_test(test_eviction),
                cmocka_unit_test(test_flood),
                cmocka_unit_test(test_clock_backwards),
                cmocka_unit_test(test_clock_leaps),
                cmocka_unit_test(test_million),
                cmocka_unit_test(test_batches),
                cmocka_unit_test(test_large_counts),
                cmocka_unit_test(test_flows_that_do_not_matter),
                cmocka_unit_test(test_config),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
