/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The accounting of flows in the kernel, by single frames (BPF_PROG_TEST_RUN): what the records say, and that every
 * packet is somewhere, however many flows there are. */

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bpf/lanscope-events.h"
#include "common/macro.h"
#include "daemon/capture-ebpf-flows.h"
#include "engine/flow/flow-table.h"
#include "lanscope.skel.h"
#include "tests/bpf/may-load.h"
#include "tests/unit/cmocka-all.h"

enum { MAX_CPUS = 1024, FRAME_MAX = 3000, DELTAS_MAX = 300000, SKIP = 77 };
enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16, ECE = 64, CWR = 128 };

struct fixture {
        struct lanscope_bpf *programs;
        struct ebpf_flows *flows;
        struct flow_delta *deltas; /* DELTAS_MAX */
        size_t n;
        uint64_t packets, bytes;   /* of all deltas */
        uint64_t packets_sent, packets_received; /* of all sightings */
};

struct built {
        uint8_t data[FRAME_MAX];
        size_t length;
};

static void take_delta(void *userdata, const struct flow_delta *delta) {
        struct fixture *f = userdata;

        assert_true(f->n < DELTAS_MAX);
        f->deltas[f->n++] = *delta;
        for (unsigned i = 0; i < 2; i++) {
                f->packets += delta->directions[i].packets;
                f->bytes += delta->directions[i].bytes;
        }
}

static void take_sighting(void *userdata, const struct sighting *s) {
        struct fixture *f = userdata;

        f->packets_sent += s->traffic.packets_sent;
        f->packets_received += s->traffic.packets_received;
}

/* On one processor: each has a log of its own. */
static void stay_here(void) {
        cpu_set_t here;

        CPU_ZERO(&here);
        CPU_SET((unsigned) sched_getcpu(), &here);
        assert_int_equal(sched_setaffinity(0, sizeof here, &here), 0);
}

static int begin_with(void **state, uint32_t records) {
        struct fixture *f = calloc(1, sizeof *f);
        struct capture_ops ops = { .flow = take_delta, .sighting = take_sighting, .userdata = f };

        *state = f;
        stay_here();
        if (!f || !(f->deltas = calloc(DELTAS_MAX, sizeof *f->deltas)) || !(f->programs = lanscope_bpf__open()))
                return -1;
        if (ebpf_flows_fit(f->programs) < 0)
                return -1;
        if (records > 0) {
                f->programs->rodata->flow_records_max = records;
                f->programs->rodata->flow_lines_max = records / 4;
        }
        if (lanscope_bpf__load(f->programs) < 0)
                return -1;
        f->programs->data->daemon_awake = 1;
        return ebpf_flows_new(&f->flows, f->programs, &ops, 7);
}

static int setup(void **state) {
        return begin_with(state, 0);
}

static int setup_tiny(void **state) {
        return begin_with(state, 64);
}

static int teardown(void **state) {
        struct fixture *f = *state;

        ebpf_flows_free(f->flows);
        lanscope_bpf__destroy(f->programs);
        free(f->deltas);
        free(f);
        return 0;
}

static void run_as(const struct bpf_program *program, const struct built *b, struct __sk_buff *context) {
        uint8_t out[FRAME_MAX + 256];
        LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = b->data, .data_size_in = (uint32_t) b->length, .data_out = out,
                    .data_size_out = sizeof out, .ctx_in = context, .ctx_size_in = context ? sizeof *context : 0);

        assert_int_equal(bpf_prog_test_run_opts(bpf_program__fd(program), &options), 0);
}

static void run(const struct fixture *f, const struct built *b) {
        run_as(f->programs->progs.lanscope_in, b, NULL);
}

static void read_counters(const struct fixture *f, struct lanscope_counters *ret) {
        static struct lanscope_processor values[MAX_CPUS];
        uint32_t zero = 0;

        assert_int_equal(bpf_map_lookup_elem(bpf_map__fd(f->programs->maps.processors), &zero, values), 0);
        *ret = (struct lanscope_counters) { 0 };
        for (int cpu = 0; cpu < libbpf_num_possible_cpus(); cpu++) {
                ret->packets += values[cpu].counters.packets;
                ret->bytes += values[cpu].counters.bytes;
                ret->apart_packets += values[cpu].counters.apart_packets;
                ret->apart_bytes += values[cpu].counters.apart_bytes;
                ret->evicted_flows += values[cpu].counters.evicted_flows;
                ret->evicted_packets += values[cpu].counters.evicted_packets;
                ret->evicted_bytes += values[cpu].counters.evicted_bytes;
        }
}

/* What the presence map holds: of frames apart and of what was evicted. */
static void read_presence(const struct fixture *f, uint64_t *ret_sent, uint64_t *ret_received) {
        int map = bpf_map__fd(f->programs->maps.presence_a);
        struct lanscope_presence_key key;
        struct lanscope_presence p;

        *ret_sent = *ret_received = 0;
        for (void *before = NULL; bpf_map_get_next_key(map, before, &key) == 0; before = &key) {
                assert_int_equal(bpf_map_lookup_elem(map, &key, &p), 0);
                *ret_sent += p.packets_sent;
                *ret_received += p.packets_received;
        }
}

/* Both logs are read, and every packet is accounted for. */
static void finish(struct fixture *f) {
        struct lanscope_counters c;
        uint64_t sent, received;

        ebpf_flows_finish(f->flows);
        read_counters(f, &c);
        assert_int_equal(c.packets, f->packets + c.apart_packets + c.evicted_packets);
        assert_int_equal(c.bytes, f->bytes + c.apart_bytes + c.evicted_bytes);
        read_presence(f, &sent, &received);
        assert_int_equal(c.packets, f->packets_sent + sent);
        assert_int_equal(c.packets, f->packets_received + received);
}

/* Frames from 02:…:01 to 02:…:02, from 10.0.0.1:1000 to 10.0.0.2:2000. */

static void put(struct built *b, const void *data, size_t n) {
        assert_true(b->length + n <= sizeof b->data);
        memcpy(b->data + b->length, data, n);
        b->length += n;
}

static void put_be(struct built *b, uint64_t value, unsigned n) {
        for (unsigned i = n; i > 0; i--)
                put(b, (uint8_t[]) { (uint8_t) (value >> 8 * (i - 1)) }, 1);
}

static void put_link(struct built *b, bool back, uint16_t type) {
        *b = (struct built) { .length = 0 };
        put(b, (uint8_t[]) { 2, 0, 0, 0, 0, back ? 1 : 2, 2, 0, 0, 0, 0, back ? 2 : 1 }, 12);
        put_be(b, type, 2);
}

static void put_ipv4(struct built *b, bool back, uint8_t protocol, uint16_t fragment, size_t length) {
        put(b, (uint8_t[]) { 0x45, 0 }, 2);
        put_be(b, 20 + length, 2);
        put_be(b, 77, 2);
        put_be(b, fragment, 2);
        put(b, (uint8_t[]) { 64, protocol, 0, 0, 10, 0, 0, back ? 2 : 1, 10, 0, 0, back ? 1 : 2 }, 12);
}

static void put_ipv6(struct built *b, bool back, uint8_t protocol, size_t length) {
        put_be(b, 0x60000000, 4);
        put_be(b, length, 2);
        put(b, (uint8_t[]) { protocol, 64 }, 2);
        put(b, (uint8_t[16]) { 0xfd, [8] = 9, [15] = back ? 2 : 1 }, 16);
        put(b, (uint8_t[16]) { 0xfd, [8] = 9, [15] = back ? 1 : 2 }, 16);
}

static void put_udp(struct built *b, bool back, size_t payload) {
        put_be(b, back ? 2000 : 1000, 2);
        put_be(b, back ? 1000 : 2000, 2);
        put_be(b, 8 + payload, 2);
        put_be(b, 0, 2);
        for (size_t i = 0; i < payload; i++)
                put(b, "x", 1);
}

struct segment {
        bool back;
        uint32_t sequence, acknowledgement;
        uint16_t window;
        uint8_t flags;
        size_t payload;
};

static void put_segment(struct built *b, const struct segment *s) {
        put_be(b, s->back ? 2000 : 1000, 2);
        put_be(b, s->back ? 1000 : 2000, 2);
        put_be(b, s->sequence, 4);
        put_be(b, s->acknowledgement, 4);
        put(b, (uint8_t[]) { 0x50, s->flags, (uint8_t) (s->window >> 8), (uint8_t) s->window, 0, 0, 0, 0 }, 8);
        for (size_t i = 0; i < s->payload; i++)
                put(b, "x", 1);
}

static void put_tcp(struct built *b, bool back, uint32_t sequence, uint8_t flags, size_t payload) {
        struct segment s = { back, sequence, 1, 0xffff, flags, payload };

        put_segment(b, &s);
}

static void udp(struct built *b, bool back, size_t payload) {
        put_link(b, back, 0x0800);
        put_ipv4(b, back, 17, 0, 8 + payload);
        put_udp(b, back, payload);
}

static void tcp(const struct fixture *f, bool back, uint32_t sequence, uint8_t flags, size_t payload) {
        struct built b;

        put_link(&b, back, 0x0800);
        put_ipv4(&b, back, 6, 0, 20 + payload);
        put_tcp(&b, back, sequence, flags, payload);
        run(f, &b);
}

static void segment(const struct fixture *f, struct segment s) {
        struct built b;

        put_link(&b, s.back, 0x0800);
        put_ipv4(&b, s.back, 6, 0, 20 + s.payload);
        put_segment(&b, &s);
        run(f, &b);
}

/* The single delta, turned so that [0] is 10.0.0.1. */
static struct flow_delta only(struct fixture *f) {
        struct flow_delta d = f->deltas[0], turned = d;

        assert_int_equal(f->n, 1);
        if (d.endpoints[0].mac.bytes[5] == 1)
                return d;
        for (unsigned i = 0; i < 2; i++) {
                turned.endpoints[i] = d.endpoints[!i];
                turned.directions[i] = d.directions[!i];
        }
        if (d.initiator != INITIATOR_UNKNOWN)
                turned.initiator = d.initiator == INITIATOR_FIRST ? INITIATOR_SECOND : INITIATOR_FIRST;
        return turned;
}

static void a_flow_has_two_directions(void **state) {
        struct fixture *f = *state;
        struct flow_delta d;
        struct built b;

        for (unsigned i = 0; i < 6; i++) {
                udp(&b, i % 3 == 2, 20 + 10 * i);
                run_as(i % 2 ? f->programs->progs.lanscope_in : f->programs->progs.lanscope_xdp, &b, NULL);
        }
        finish(f);
        d = only(f);
        assert_int_equal(d.directions[0].packets, 4);
        assert_int_equal(d.directions[0].bytes, 4 * 42 + 20 + 30 + 50 + 60);
        assert_int_equal(d.directions[0].shortest, 42 + 20);
        assert_int_equal(d.directions[0].longest, 42 + 60);
        assert_int_equal(d.directions[1].packets, 2);
        assert_int_equal(d.endpoints[0].port, 1000);
        assert_int_equal(d.endpoints[1].port, 2000);
        assert_memory_equal(d.endpoints[1].ip.bytes, ((uint8_t[]) { 10, 0, 0, 2 }), 4);
        assert_int_equal(d.endpoints[1].mac.bytes[5], 2);
        assert_int_equal(d.protocol, 17);
        assert_true(d.directions[0].first > 0 && d.directions[0].first <= d.directions[0].last);
        assert_true(d.directions[0].first <= d.directions[1].first);
}

static void a_handshake_is_timed(void **state) {
        struct fixture *f = *state;
        struct flow_delta d;

        tcp(f, true, 100, SYN, 0); /* 10.0.0.2 begins */
        tcp(f, false, 500, SYN | ACK, 0);
        usleep(3000);
        tcp(f, true, 101, ACK, 0);
        tcp(f, true, 101, ACK | PSH, 50);
        tcp(f, false, 501, ACK | FIN, 0);
        tcp(f, true, 151, ACK | FIN, 0);
        tcp(f, false, 502, ACK, 0);
        finish(f);
        d = only(f);
        assert_int_equal(d.initiator, INITIATOR_SECOND);
        assert_in_range(d.established - d.opened, 3000000, 500000000);
        assert_int_equal(d.initial, 100);
        assert_int_equal(d.directions[1].tcp_flags, SYN | ACK | PSH | FIN);
        assert_true(d.directions[1].data && d.directions[1].bare_ack && !d.directions[1].after_fin);
        assert_true(!d.directions[0].data && d.directions[0].bare_ack && d.directions[0].after_fin);
        assert_int_equal(d.directions[0].retransmissions + d.directions[1].retransmissions, 0);
}

/* The client is 10.0.0.1; the server answers after 3 ms, the client after 1. */
static void open_connection(const struct fixture *f) {
        segment(f, (struct segment) { false, 100, 0, 1000, SYN, 0 });
        usleep(3000);
        segment(f, (struct segment) { true, 500, 101, 1000, SYN | ACK, 0 });
        usleep(1000);
        segment(f, (struct segment) { false, 101, 501, 1000, ACK, 0 });
}

static void round_trips_are_timed(void **state) {
        struct fixture *f = *state;
        uint64_t average;
        struct flow_delta d;

        open_connection(f);
        segment(f, (struct segment) { false, 101, 501, 1000, ACK | PSH, 50 });
        usleep(20000);
        segment(f, (struct segment) { true, 501, 140, 1000, ACK, 0 }); /* not all of it */
        usleep(20000);
        segment(f, (struct segment) { true, 501, 151, 1000, ACK, 0 });
        segment(f, (struct segment) { true, 501, 151, 1000, ACK | PSH, 50 }); /* what the server sends is not timed */
        segment(f, (struct segment) { false, 151, 551, 1000, ACK, 0 });
        finish(f);
        d = only(f);
        assert_int_equal(d.initiator, INITIATOR_FIRST);
        assert_true(d.answered - d.opened >= 3 * NSEC_PER_MSEC);
        assert_true(d.established - d.answered >= 1 * NSEC_PER_MSEC);
        assert_int_equal(d.trips.samples, 2);
        assert_int_equal(d.trips.total, 2);
        assert_true(d.trips.before >= 3 * NSEC_PER_MSEC && d.trips.last >= 40 * NSEC_PER_MSEC);
        assert_int_equal(d.trips.minimum, MIN(d.trips.before, d.trips.last));
        average = (7 * d.trips.before + d.trips.last) / 8;
        assert_in_range(d.trips.average, average - 2000, average + 2000);
}

/* Which of the two was acknowledged nobody can tell. */
static void what_is_sent_again_is_not_timed(void **state) {
        struct fixture *f = *state;

        open_connection(f);
        segment(f, (struct segment) { false, 101, 501, 1000, ACK | PSH, 50 });
        segment(f, (struct segment) { false, 101, 501, 1000, ACK | PSH, 50 });
        segment(f, (struct segment) { true, 501, 151, 1000, ACK, 0 });
        finish(f);
        assert_int_equal(only(f).trips.samples, 1); /* the SYN */
        assert_int_equal(only(f).directions[0].retransmissions, 1);
}

/* The answer was seen before what it answers, as where packets that leave are seen later than those that arrive. */
static void an_early_acknowledgement_is_timed_when_it_comes_again(void **state) {
        struct fixture *f = *state;

        open_connection(f);
        segment(f, (struct segment) { true, 501, 111, 1000, ACK, 0 });
        segment(f, (struct segment) { false, 101, 501, 1000, ACK | PSH, 10 });
        segment(f, (struct segment) { true, 501, 111, 1000, ACK | PSH, 20 });
        finish(f);
        assert_int_equal(only(f).trips.samples, 2);
}

static void a_syn_sent_again_is_not_timed(void **state) {
        struct fixture *f = *state;

        segment(f, (struct segment) { false, 100, 0, 1000, SYN, 0 });
        segment(f, (struct segment) { false, 100, 0, 1000, SYN, 0 });
        segment(f, (struct segment) { true, 500, 101, 1000, SYN | ACK, 0 });
        finish(f);
        assert_int_equal(only(f).trips.samples, 0);
}

static uint64_t now_by(clockid_t clock) {
        struct timespec t;

        clock_gettime(clock, &t);
        return (uint64_t) t.tv_sec * NSEC_PER_SEC + (uint64_t) t.tv_nsec;
}

static void syn(const struct fixture *f, uint32_t sequence) {
        segment(f, (struct segment) { false, sequence, 0, 1000, SYN, 0 });
}

/* Until the kernel's coarse clock has passed `later`, which may take it some ticks. */
static void wait_for_coarse_clock(uint64_t later) {
        uint64_t until = now_by(CLOCK_MONOTONIC) + later;

        while (now_by(CLOCK_MONOTONIC_COARSE) < until)
                usleep(1000);
}

/* The first SYN of many, and the second, are looked at in full; those behind them, as soon, are a flood's. All are counted,
 * and the handshake is timed from the last, as engine/flow/flow-analysis.c does it. */
static void the_last_of_many_syns_opens(void **state) {
        struct fixture *f = *state;
        uint64_t others, before_last, after_last;
        struct flow_delta d;

        for (unsigned i = 0; i < 9; i++)
                syn(f, 100);
        others = now_by(CLOCK_REALTIME);
        wait_for_coarse_clock(20 * NSEC_PER_MSEC);
        before_last = now_by(CLOCK_REALTIME);
        syn(f, 100);
        after_last = now_by(CLOCK_REALTIME);
        usleep(3000);
        segment(f, (struct segment) { true, 500, 101, 1000, SYN | ACK, 0 });
        segment(f, (struct segment) { false, 101, 501, 1000, ACK, 0 });
        finish(f);
        d = only(f);
        assert_int_equal(d.directions[0].packets, 11);
        assert_int_equal(d.directions[0].retransmissions, 9);
        assert_int_equal(d.directions[1].retransmissions, 0);
        assert_int_equal(d.initial, 100);
        assert_int_equal(d.trips.samples, 0); /* which of them was answered nobody can tell */
        print_message("%.3f ms behind the one before, %.3f ms early\n", (double) (before_last - others) / 1e6,
                      (double) before_last / 1e6 - (double) d.opened / 1e6);
        assert_in_range(d.opened, others + 1, after_last);
        assert_true(d.answered >= after_last + 3 * NSEC_PER_MSEC - 2000);
        assert_true(d.established >= d.answered);
}

/* As soon, but not the same: what was answered, what has data, another number, a reset, no window. */
static void syns_that_differ_are_no_copies(void **state) {
        struct fixture *f = *state;
        struct built cut;

        for (unsigned i = 0; i < 4; i++)
                syn(f, 100);
        segment(f, (struct segment) { true, 500, 101, 1000, SYN | ACK, 0 });
        syn(f, 100); /* again, though it was answered */
        syn(f, 100);
        segment(f, (struct segment) { true, 500, 101, 1000, SYN | ACK, 0 });
        segment(f, (struct segment) { false, 101, 501, 1000, ACK, 0 });
        for (unsigned i = 0; i < 4; i++)
                syn(f, 7000); /* another connection */
        segment(f, (struct segment) { false, 7000, 0, 1000, SYN | RST, 0 });
        put_link(&cut, false, 0x0800);
        put_ipv4(&cut, false, 6, 0, 14);
        put_segment(&cut, &(struct segment) { false, 7000, 0, 1000, SYN, 0 });
        cut.length -= 6;
        run(f, &cut);
        segment(f, (struct segment) { true, 900, 7001, 1000, SYN | ACK, 0 });
        finish(f);
        assert_int_equal(f->n, 2);
        assert_int_equal(f->deltas[0].directions[0].retransmissions, 5);
        assert_int_equal(f->deltas[0].directions[1].retransmissions, 1);
        assert_true(f->deltas[0].answered >= f->deltas[0].opened && f->deltas[0].established >= f->deltas[0].answered);
        assert_int_equal(f->deltas[1].initial, 7000);
        assert_int_equal(f->deltas[1].directions[0].packets, 6);
        assert_int_equal(f->deltas[1].directions[0].retransmissions, 3); /* neither a reset nor half a header is one */
        assert_int_equal(f->deltas[1].directions[0].tcp_flags, SYN | RST);
        assert_int_equal(f->deltas[1].trips.samples, 0);
}

/* Behind the end of a log, too. */
static void a_syn_sent_again_later_is_known(void **state) {
        struct fixture *f = *state;

        segment(f, (struct segment) { false, 100, 0, 1000, SYN, 0 });
        ebpf_flows_harvest(f->flows);
        segment(f, (struct segment) { false, 100, 0, 1000, SYN, 0 });
        segment(f, (struct segment) { true, 500, 101, 1000, SYN | ACK, 0 });
        ebpf_flows_harvest(f->flows);
        segment(f, (struct segment) { true, 500, 101, 1000, SYN | ACK, 0 });
        ebpf_flows_harvest(f->flows);
        segment(f, (struct segment) { false, 9000, 0, 1000, SYN, 0 }); /* another connection */
        segment(f, (struct segment) { true, 700, 9001, 1000, SYN | ACK, 0 });
        finish(f);
        assert_int_equal(f->n, 4);
        for (unsigned i = 0; i < 4; i++) {
                assert_int_equal(f->deltas[i].trips.samples, i == 3);
                assert_int_equal(f->deltas[i].directions[0].retransmissions, i == 1);
                assert_int_equal(f->deltas[i].directions[1].retransmissions, i == 2);
        }
}

/* What a log began the next one ends. */
static void round_trips_outlive_a_log(void **state) {
        struct fixture *f = *state;

        segment(f, (struct segment) { false, 100, 0, 1000, SYN, 0 });
        ebpf_flows_harvest(f->flows);
        segment(f, (struct segment) { true, 500, 101, 1000, SYN | ACK, 0 });
        ebpf_flows_harvest(f->flows);
        segment(f, (struct segment) { false, 101, 501, 1000, ACK, 0 });
        segment(f, (struct segment) { false, 101, 501, 1000, ACK, 10 });
        for (unsigned i = 0; i < 6; i++)
                ebpf_flows_harvest(f->flows);
        segment(f, (struct segment) { true, 501, 111, 1000, ACK, 0 });
        finish(f);
        assert_int_equal(f->n, 4);
        for (unsigned i = 0; i < 4; i++) {
                assert_int_equal(f->deltas[i].trips.samples, i % 2);
                assert_int_equal(f->deltas[i].initiator, INITIATOR_FIRST); /* remembered */
        }
}

static bool move_to(unsigned cpu) {
        cpu_set_t one;

        CPU_ZERO(&one);
        CPU_SET(cpu, &one);
        return sched_setaffinity(0, sizeof one, &one) == 0;
}

/* Where there are not two, both are the same, and false is returned. */
static bool find_two_processors(unsigned ret[2]) {
        unsigned n = 0;

        for (unsigned i = 0; i < CPU_SETSIZE && n < 2; i++)
                if (move_to(i))
                        ret[n++] = i;
        if (n == 2)
                return true;
        ret[1] = ret[0];
        print_message("one processor\n");
        return false;
}

/* Each direction on a processor of its own, as where packets leave from another than they arrive on. */
static void directions_on_two_processors(void **state) {
        struct fixture *f = *state;
        unsigned cpus[2];

        if (!find_two_processors(cpus))
                skip();
        for (unsigned i = 0; i < 6; i++) {
                static const struct segment segments[] = {
                        { false, 100, 0, 1000, SYN, 0 },           { true, 500, 101, 1000, SYN | ACK, 0 },
                        { false, 101, 501, 1000, ACK, 0 },         { true, 501, 101, 1000, ACK, 0 },
                        { false, 101, 501, 1000, ACK | PSH, 10 }, { true, 501, 111, 1000, ACK, 0 },
                };

                assert_true(move_to(cpus[segments[i].back]));
                segment(f, segments[i]);
        }
        finish(f);
        assert_int_equal(f->n, 2);
        for (unsigned i = 0; i < 2; i++) {
                bool back = f->deltas[i].directions[1].packets > 0;

                assert_int_equal(f->deltas[i].directions[back].packets, 3);
                assert_int_equal(f->deltas[i].initiator, INITIATOR_FIRST);
                assert_int_equal(f->deltas[i].trips.samples, back ? 2 : 0);
                assert_true(back ? f->deltas[i].answered > 0 : f->deltas[i].opened > 0 && f->deltas[i].established > 0);
        }
}

static void duplicates_and_closed_windows_are_counted(void **state) {
        struct fixture *f = *state;
        struct flow_delta d;

        open_connection(f);
        segment(f, (struct segment) { true, 501, 101, 1000, ACK, 0 }); /* the window, the number: that of the SYN+ACK */
        segment(f, (struct segment) { true, 501, 101, 1000, ACK, 0 });
        segment(f, (struct segment) { true, 501, 101, 900, ACK, 0 });  /* tells of a window */
        segment(f, (struct segment) { true, 501, 101, 900, ACK, 9 });  /* has data */
        segment(f, (struct segment) { true, 510, 101, 0, ACK, 0 });    /* closed */
        segment(f, (struct segment) { true, 510, 101, 0, ACK, 0 });
        segment(f, (struct segment) { false, 101, 510, 1000, ACK, 1 }); /* a probe of it, twice, says nothing new */
        segment(f, (struct segment) { false, 101, 510, 1000, ACK, 1 });
        segment(f, (struct segment) { true, 510, 101, 800, ACK, 0 });
        segment(f, (struct segment) { false, 100, 510, 1000, ACK, 0 }); /* keep-alive, and its answer */
        segment(f, (struct segment) { true, 510, 101, 800, ACK, 0 });
        segment(f, (struct segment) { true, 510, 101, 0, ACK | RST, 0 }); /* a reset closes anyway */
        finish(f);
        d = only(f);
        assert_int_equal(d.directions[1].duplicate_acks, 2);
        assert_int_equal(d.directions[1].zero_windows, 2);
        assert_int_equal(d.directions[0].duplicate_acks + d.directions[0].zero_windows, 0);
        assert_int_equal(d.directions[0].retransmissions, 0);
}

/* As engine/flow/flow-analysis.c does it, by the same segments: what it counts is what the program counts. */
static void take_record(void *userdata, const struct flow_record *record) {
        *(struct flow_record *) userdata = *record;
}

static void add_observation(struct flow_table *table, const struct segment *s) {
        struct flow_observation *o = flow_table_next(table);
        const struct flow_endpoint ends[2] = { { { AF_INET, { 10, 0, 0, s->back ? 2 : 1 } }, s->back ? 2000 : 1000, {} },
                                               { { AF_INET, { 10, 0, 0, s->back ? 1 : 2 } }, s->back ? 1000 : 2000, {} } };
        struct timespec t;

        clock_gettime(CLOCK_REALTIME, &t);
        *o = (struct flow_observation) {
                .ts = (uint64_t) t.tv_sec * NSEC_PER_SEC + (uint64_t) t.tv_nsec, .length = (uint32_t) (54 + s->payload),
                .payload = (uint32_t) s->payload, .sequence = s->sequence, .acknowledgement = s->acknowledgement,
                .window = s->window, .tcp_flags = s->flags, .flags = OBSERVATION_TCP | OBSERVATION_WHOLE_HEADER,
        };
        flow_observation_set_ends(o, ends, IPPROTO_TCP, 0, 0);
        flow_table_add(table);
}

static uint32_t draw(uint64_t *seed, uint32_t below) {
        *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        return (uint32_t) (*seed >> 33) % below;
}

/* Data either way, now and then again, too early, a probe, a keep-alive, a closed window or an old acknowledgement. */
static struct segment any_segment(uint32_t next[2], uint64_t *seed) {
        bool back = draw(seed, 2);
        uint32_t what = draw(seed, 12);
        struct segment s = { back, next[back], next[!back], 1000, ACK, draw(seed, 3) * 100 };

        if (what == 0)
                s.sequence -= 1 + draw(seed, 300);
        else if (what == 1)
                s.sequence += draw(seed, 300);
        else if (what == 2)
                s.window = 0;
        else if (what == 3)
                s.acknowledgement -= draw(seed, 200);
        else if (what == 4)
                s = (struct segment) { back, next[back] - 1, next[!back], 1000, ACK, draw(seed, 2) };
        else if (what == 5)
                s.payload = 1;
        if ((int32_t) (s.sequence + (uint32_t) s.payload - next[back]) > 0)
                next[back] = s.sequence + (uint32_t) s.payload;
        return s;
}

static void compare_analyses(struct fixture *f, uint64_t seed, struct flow_table *tables[2]) {
        uint32_t next[2] = { 101, 501 };
        const struct segment opening[] = { { false, 100, 0, 1000, SYN, 0 }, { true, 500, 101, 1000, SYN | ACK, 0 } };

        for (unsigned i = 0; i < 400; i++) {
                struct segment s = i < 2 ? opening[i] : any_segment(next, &seed);

                add_observation(tables[0], &s);
                segment(f, s);
                if (i % 40 == 39)
                        ebpf_flows_harvest(f->flows);
        }
        finish(f);
        for (size_t i = 0; i < f->n; i++)
                flow_table_add_delta(tables[1], &f->deltas[i]);
}

static void segments_are_analysed_as_by_the_engine(void **state) {
        struct fixture *f = *state;
        struct flow_record records[2];
        struct flow_table *tables[2];
        struct flow_table_config config;

        flow_table_config_default(&config);
        for (unsigned i = 0; i < 2; i++)
                assert_int_equal(flow_table_new(&tables[i], &config, &(struct flow_table_ops) { take_record, &records[i] }), 0);
        compare_analyses(f, (uint64_t) getpid(), tables);
        for (unsigned i = 0; i < 2; i++) {
                flow_table_flush(tables[i]);
                flow_table_free(tables[i]);
        }
        print_message("seed %d: %u again, %u duplicates, %u closed, %u timed\n", getpid(), records[0].directions[0].retransmissions,
                      records[0].directions[0].duplicate_acks, records[0].directions[0].zero_windows, records[0].rtt.samples);
        assert_int_equal(records[0].rtt.samples, records[1].rtt.samples);
        assert_true(records[0].rtt.samples > 10);
        for (unsigned i = 0; i < 2; i++) {
                const struct flow_direction *a = &records[0].directions[i], *b = &records[1].directions[i];

                assert_int_equal(a->packets, b->packets);
                assert_int_equal(a->duplicate_acks, b->duplicate_acks);
                assert_int_equal(a->zero_windows, b->zero_windows);
                /* Which of the two a segment is depends on microseconds. */
                assert_int_equal(a->retransmissions + a->out_of_order, b->retransmissions + b->out_of_order);
        }
}

/* All flows of a table together. */
struct tally {
        uint64_t packets[2], bytes[2], again[2], samples, flows;
};

/* A table of flows by packets, and one by what the programs counted. */
struct both {
        struct flow_table *tables[2];
        struct tally tallies[2];
};

static void tally_record(void *userdata, const struct flow_record *r) {
        struct tally *t = userdata;

        t->samples += r->rtt.samples;
        t->flows++;
        for (unsigned i = 0; i < 2; i++) {
                t->packets[i] += r->directions[i].packets;
                t->bytes[i] += r->directions[i].bytes;
                t->again[i] += r->directions[i].retransmissions + r->directions[i].out_of_order;
        }
}

/* One connection behind the other between the same ports, whose SYNs come again and again, with pauses or without, before
 * and behind an answer, a refusal or data. */
static struct segment any_opening(uint32_t *initial, uint64_t *seed) {
        uint32_t what = draw(seed, 40);

        if (what == 0)
                *initial += 100000;
        if (what == 1)
                return (struct segment) { true, *initial / 2, *initial + 1, 1000, SYN | ACK, 0 };
        if (what == 2)
                return (struct segment) { true, 0, *initial + 1, 0, RST | ACK, 0 };
        if (what == 3)
                return (struct segment) { false, *initial + 1, *initial / 2 + 1, 1000, ACK | PSH, draw(seed, 2) * 10 };
        if (what == 4)
                return (struct segment) { false, *initial, 0, 1000, SYN | ECE | CWR, 0 };
        if (what == 5)
                usleep(draw(seed, 4) == 0 ? 70000 : 500);
        return (struct segment) { false, *initial, 0, 1000, SYN, 0 };
}

static void both_begin(struct both *both) {
        struct flow_table_config config;

        *both = (struct both) { 0 };
        flow_table_config_default(&config);
        for (unsigned i = 0; i < 2; i++)
                assert_int_equal(flow_table_new(&both->tables[i], &config, &(struct flow_table_ops) { tally_record, &both->tallies[i] }), 0);
}

static void both_take(struct both *both, const struct fixture *f, const struct segment *s) {
        add_observation(both->tables[0], s);
        segment(f, *s);
}

static void both_end(struct both *both, struct fixture *f) {
        finish(f);
        for (size_t i = 0; i < f->n; i++)
                flow_table_add_delta(both->tables[1], &f->deltas[i]);
        for (unsigned i = 0; i < 2; i++) {
                flow_table_flush(both->tables[i]);
                flow_table_free(both->tables[i]);
        }
        print_message("%u flows, %u by packets; %u and %u again\n", (unsigned) both->tallies[1].flows, (unsigned) both->tallies[0].flows,
                      (unsigned) both->tallies[0].again[0], (unsigned) both->tallies[0].again[1]);
}

/* Now and then on another processor. */
static void syns_are_counted_as_by_the_engine(void **state) {
        struct fixture *f = *state;
        uint64_t seed = (uint64_t) getpid();
        uint32_t initial = 1000;
        unsigned cpus[2];
        struct both both;

        print_message("seed %d\n", getpid());
        find_two_processors(cpus);
        both_begin(&both);
        for (unsigned i = 0; i < 4000; i++) {
                struct segment s = i == 0 ? (struct segment) { false, initial, 0, 1000, SYN, 0 } : any_opening(&initial, &seed);

                both_take(&both, f, &s);
                if (draw(&seed, 100) == 0)
                        ebpf_flows_harvest(f->flows);
                if (draw(&seed, 40) == 0)
                        assert_true(move_to(cpus[draw(&seed, 2)]));
        }
        both_end(&both, f);
        assert_memory_equal(&both.tallies[0], &both.tallies[1], sizeof both.tallies[0]);
        assert_true(both.tallies[0].again[0] > 1000 && both.tallies[0].flows > 50);
}

/* One connection behind the other between the same ports, each on the other processor than the one before, as are the answers:
 * the log that is read first has what came later, and a record of both. */
static void connections_of_two_processors_are_told_in_order(void **state) {
        static const struct {
                unsigned cpu;
                struct segment segment;
        } said[] = {
                { 1, { false, 1000, 0, 1000, SYN, 0 } },   { 0, { true, 500, 1001, 1000, SYN | ACK, 0 } },
                { 0, { false, 201000, 0, 1000, SYN, 0 } }, { 1, { true, 700, 201001, 1000, SYN | ACK, 0 } },
                { 1, { false, 401000, 0, 1000, SYN, 0 } }, { 0, { true, 900, 401001, 1000, SYN | ACK, 0 } },
        };
        struct fixture *f = *state;
        unsigned cpus[2];
        struct both both;

        if (!find_two_processors(cpus))
                skip();
        both_begin(&both);
        for (size_t i = 0; i < ELEMENTSOF(said); i++) {
                assert_true(move_to(cpus[said[i].cpu]));
                both_take(&both, f, &said[i].segment);
        }
        both_end(&both, f);
        assert_int_equal(both.tallies[0].flows, 3);
        assert_int_equal(both.tallies[1].flows, 3);
}

static void what_is_sent_again_is_counted(void **state) {
        struct fixture *f = *state;
        struct flow_delta d;

        tcp(f, false, 0xffffff00, ACK, 100); /* numbers wrap around */
        tcp(f, false, 0xffffff64, ACK, 200);
        tcp(f, false, 0xffffff00, ACK, 100); /* again */
        tcp(f, false, 44, ACK, 100);
        tcp(f, false, 143, ACK, 1);          /* keep-alive */
        tcp(f, false, 143, ACK, 0);
        tcp(f, false, 244, ACK, 100);        /* a gap of 100 */
        tcp(f, false, 144, ACK, 100);        /* which is filled at once: it was overtaken */
        tcp(f, false, 344, RST, 0);
        finish(f);
        d = only(f);
        assert_int_equal(d.directions[0].retransmissions, 1);
        assert_int_equal(d.directions[0].out_of_order, 1);
        assert_int_equal(d.initiator, INITIATOR_UNKNOWN);
}

static void a_gap_filled_late_was_a_loss(void **state) {
        struct fixture *f = *state;

        tcp(f, false, 1000, ACK, 100);
        tcp(f, false, 1200, ACK, 100);
        usleep(30000);
        tcp(f, false, 1100, ACK, 100);
        finish(f);
        assert_int_equal(only(f).directions[0].retransmissions, 1);
        assert_int_equal(only(f).directions[0].out_of_order, 0);
}

/* The sequence numbers of one log are known in the next. */
static void a_generation_knows_the_one_before(void **state) {
        struct fixture *f = *state;

        tcp(f, false, 1000, ACK, 100);
        ebpf_flows_harvest(f->flows);
        tcp(f, false, 1000, ACK, 100);
        ebpf_flows_harvest(f->flows);
        assert_int_equal(f->n, 1);
        finish(f);
        assert_int_equal(f->n, 2);
        assert_int_equal(f->deltas[0].directions[0].retransmissions + f->deltas[0].directions[1].retransmissions, 0);
        assert_int_equal(f->deltas[1].directions[0].retransmissions + f->deltas[1].directions[1].retransmissions, 1);
}

static void ports_used_again_are_another_record(void **state) {
        struct fixture *f = *state;

        tcp(f, false, 100, SYN, 0);
        tcp(f, false, 100, SYN, 0); /* again, of the same connection */
        tcp(f, false, 9000, SYN, 0);
        tcp(f, false, 9001, ACK, 10);
        finish(f);
        assert_int_equal(f->n, 2);
        assert_int_equal(f->deltas[0].initial, 100);
        assert_int_equal(f->deltas[1].initial, 9000);
        assert_int_equal(f->deltas[1].directions[0].packets + f->deltas[1].directions[1].packets, 2);
}

/* Both ends begin at once, and again as no answer comes: one connection, of whoever was first. */
static void a_connection_opened_from_both_ends_is_one_record(void **state) {
        struct fixture *f = *state;
        struct flow_delta d;

        tcp(f, false, 100, SYN, 0);
        tcp(f, true, 900, SYN, 0);
        tcp(f, false, 100, SYN, 0);
        tcp(f, true, 900, SYN, 0);
        finish(f);
        d = only(f);
        assert_int_equal(d.initiator, INITIATOR_FIRST);
        assert_int_equal(d.initial, 100);
        assert_int_equal(d.directions[0].packets, 2);
        assert_int_equal(d.directions[0].retransmissions, 1);
        assert_int_equal(d.directions[1].packets, 2);
        assert_int_equal(d.directions[1].retransmissions, 1);
}

/* 2,100 bytes in three segments of 800, 800 and 500. */
static void segments_of_a_super_packet(void **state) {
        struct fixture *f = *state;
        struct __sk_buff context = { .gso_segs = 3, .gso_size = 800 };
        struct flow_delta d;
        struct built b;

        put_link(&b, false, 0x0800);
        put_ipv4(&b, false, 6, 0, 20 + 2100);
        put_tcp(&b, false, 1, ACK, 2100);
        run_as(f->programs->progs.lanscope_out, &b, &context);
        finish(f);
        d = only(f);
        assert_int_equal(d.directions[0].packets, 3);
        assert_int_equal(d.directions[0].bytes, 2100 + 3 * 54);
        assert_int_equal(d.directions[0].longest, 854);
        assert_int_equal(d.directions[0].shortest, 554);
}

static void tags_and_versions_are_apart(void **state) {
        struct fixture *f = *state;
        struct built b, tagged;

        udp(&b, false, 20);
        run(f, &b);
        for (unsigned i = 0; i < 4; i++) {
                put_link(&tagged, false, i < 2 ? 0x8100 : 0x88a8);
                put_be(&tagged, 0x2000 + 5, 2);
                if (i >= 2) {
                        put_be(&tagged, 0x8100, 2);
                        put_be(&tagged, 6, 2);
                }
                put_be(&tagged, 0x0800, 2);
                put_ipv4(&tagged, false, 17, 0, 28);
                put_udp(&tagged, false, 20);
                run(f, &tagged);
        }
        for (unsigned i = 0; i < 2; i++) {
                put_link(&b, i, 0x86dd);
                put_ipv6(&b, i, 17, 28);
                put_udp(&b, i, 20);
                run(f, &b);
        }
        finish(f);
        assert_int_equal(f->n, 4);
        assert_int_equal(f->deltas[1].vlan, 5);
        assert_int_equal(f->deltas[1].inner_vlan, 0);
        assert_int_equal(f->deltas[2].vlan, 5);
        assert_int_equal(f->deltas[2].inner_vlan, 6);
        assert_int_equal(f->deltas[3].endpoints[0].ip.family, AF_INET6);
        assert_memory_equal(f->deltas[3].endpoints[0].ip.bytes, ((uint8_t[16]) { 0xfd, [8] = 9, [15] = 1 }), 16);
        assert_int_equal(f->deltas[3].directions[0].packets, 1);
        assert_int_equal(f->deltas[3].directions[1].packets, 1);
}

static void questions_and_answers_are_one_flow(void **state) {
        struct fixture *f = *state;
        struct flow_delta d;
        struct built b;

        for (unsigned i = 0; i < 2; i++) {
                put_link(&b, i, 0x0800);
                put_ipv4(&b, i, 1, 0, 16);
                put(&b, (uint8_t[16]) { i ? 0 : 8, 0, 0, 0, 0x12, 0x34, 0, 1 }, 16);
                run(f, &b);
        }
        finish(f);
        d = only(f);
        assert_int_equal(d.initiator, INITIATOR_FIRST);
        assert_int_equal(f->deltas[0].endpoints[0].port, 8);
        assert_int_equal(f->deltas[0].endpoints[1].port, 0x1234);
        assert_int_equal(d.directions[1].packets, 1);
}

static void what_goes_to_a_group_answers_nobody(void **state) {
        static const uint8_t all_nodes[16] = { 0xff, 2, [15] = 1 };
        struct fixture *f = *state;
        struct flow_delta d;
        struct built b;

        for (unsigned i = 0; i < 3; i++) {
                put_link(&b, false, i < 2 ? 0x0800 : 0x86dd);
                if (i < 2)
                        put_ipv4(&b, false, 1, 0, 16);
                else
                        put_ipv6(&b, false, 58, 16);
                if (i < 2)
                        memcpy(b.data + 14 + 16, i == 0 ? (uint8_t[4]) { 224, 0, 0, 1 } : (uint8_t[4]) { 255, 255, 255, 255 }, 4);
                else
                        memcpy(b.data + 14 + 24, all_nodes, sizeof all_nodes);
                put(&b, (uint8_t[16]) { i < 2 ? 9 : 134, 0 }, 16);
                run(f, &b);
        }
        finish(f);
        assert_int_equal(f->n, 3);
        for (unsigned i = 0; i < 3; i++) {
                d = f->deltas[i];
                assert_int_equal(d.initiator, d.directions[0].packets == 1 ? INITIATOR_FIRST : INITIATOR_SECOND);
                assert_int_equal(d.endpoints[0].port, i < 2 ? 9 : 134);
                assert_int_equal(d.endpoints[1].port, 0);
        }
}

/* The datagram is the last fragment's, as it is where fragments are put together; the others are apart. */
static void a_datagram_in_fragments_counts_once(void **state) {
        struct fixture *f = *state;
        struct lanscope_counters c;
        struct built b;

        put_link(&b, false, 0x0800);
        put_ipv4(&b, false, 17, 0x2000, 32);
        put_udp(&b, false, 24);
        run(f, &b);
        for (unsigned i = 0; i < 2; i++) {
                put_link(&b, false, 0x0800);
                put_ipv4(&b, false, 17, i == 0 ? 0x2004 : 0x0008, 32);
                put(&b, (uint8_t[32]) { 0 }, 32);
                run(f, &b);
        }
        finish(f);
        assert_int_equal(only(f).directions[0].packets, 1);
        assert_int_equal(only(f).endpoints[0].port, 1000);
        read_counters(f, &c);
        assert_int_equal(c.apart_packets, 2);
}

/* A message is as well: by its type and identifier, which the first fragment has. */
static void a_message_in_fragments_counts_once(void **state) {
        struct fixture *f = *state;
        struct built b;

        put_link(&b, false, 0x0800);
        put_ipv4(&b, false, 1, 0x2000, 16);
        put(&b, (uint8_t[16]) { 8, 0, 0, 0, 0x12, 0x34, 0, 1 }, 16);
        run(f, &b);
        put_link(&b, false, 0x0800);
        put_ipv4(&b, false, 1, 2, 40);
        put(&b, (uint8_t[40]) { 0 }, 40);
        run(f, &b);
        finish(f);
        assert_int_equal(only(f).initiator, INITIATOR_FIRST);
        assert_int_equal(only(f).directions[0].packets, 1);
        assert_int_equal(only(f).directions[0].bytes, 14 + 20 + 40);
        assert_int_equal(f->deltas[0].endpoints[0].port, 8);
        assert_int_equal(f->deltas[0].endpoints[1].port, 0x1234);
}

/* Not IP, cut short, or lying about its length. */
static void what_is_no_flow_is_apart(void **state) {
        struct fixture *f = *state;
        struct lanscope_counters c;
        struct built b;

        put_link(&b, false, 0x88b5);
        put(&b, (uint8_t[46]) { 0 }, 46);
        run(f, &b);
        udp(&b, false, 20);
        b.data[14] = 0x44; /* a header of 16 bytes */
        run(f, &b);
        udp(&b, false, 20);
        b.data[14 + 20 + 5] = 3; /* a datagram shorter than its header */
        run(f, &b);
        udp(&b, false, 20);
        b.length = 14 + 20 + 3;
        run(f, &b);
        finish(f);
        read_counters(f, &c);
        assert_int_equal(f->n, 0);
        assert_int_equal(c.apart_packets, 4);
}

static void set_source(struct built *b, uint32_t address) {
        address = htonl(address);
        memcpy(b->data + 26, &address, 4);
}

/* More flows than the log has room for: what was evicted is in the totals and with its addresses. */
static void evicted_flows_are_accounted_for(void **state) {
        struct fixture *f = *state;
        struct lanscope_counters c;
        struct built b;

        for (uint32_t i = 0; i < 20000; i++) {
                udp(&b, false, 20 + i % 7);
                set_source(&b, 0x0a010000 + i % 1000);
                b.data[10] = (uint8_t) (i % 3); /* three senders, and the one that all send to */
                run(f, &b);
                if (i % 5000 == 4999)
                        ebpf_flows_harvest(f->flows);
        }
        finish(f);
        read_counters(f, &c);
        assert_int_equal(c.packets, 20000);
        /* One in eight of those that have no record takes another's. */
        assert_true(c.evicted_packets > 10000 && c.evicted_flows > 1000 && c.evicted_flows < 4000);
        assert_true(f->packets > 0);
}

/* The same without evictions: each flow is whole. */
static void ten_thousand_flows_are_each_whole(void **state) {
        static uint8_t seen[10000];
        struct fixture *f = *state;
        struct lanscope_counters c;
        struct built b;

        for (unsigned round = 0; round < 3; round++) {
                for (uint32_t i = 0; i < 10000; i++) {
                        udp(&b, false, 20);
                        set_source(&b, 0x0a010000 + i);
                        run(f, &b);
                }
        }
        finish(f);
        read_counters(f, &c);
        assert_int_equal(c.evicted_packets, 0);
        for (size_t i = 0; i < f->n; i++) {
                const struct flow_delta *d = &f->deltas[i];
                const struct flow_endpoint *e = &d->endpoints[d->endpoints[0].port != 1000];

                seen[(e->ip.bytes[2] << 8 | e->ip.bytes[3])] += (uint8_t) (d->directions[0].packets + d->directions[1].packets);
        }
        for (unsigned i = 0; i < ELEMENTSOF(seen); i++)
                assert_int_equal(seen[i], 3);
        /* A flow that finds no slot of its own begins a record more: one in a thousand would be many. */
        assert_in_range(f->n, 10000, 10010);
}

static void a_crowded_log_is_told(void **state) {
        struct fixture *f = *state;
        struct built b;

        udp(&b, false, 20);
        run(f, &b);
        assert_false(ebpf_flows_harvest(f->flows));
        for (uint32_t i = 0; i < 200; i++) {
                set_source(&b, 0x0a010000 + i);
                run(f, &b);
        }
        assert_true(ebpf_flows_harvest(f->flows));
        ebpf_flows_harvest(f->flows);
        ebpf_flows_harvest(f->flows);
        assert_false(ebpf_flows_harvest(f->flows));
        finish(f);
}

/* Of 64 records: a log with more than half is crowded, and has room until it holds 40. */
static void a_crowded_log_has_room(void **state) {
        struct fixture *f = *state;
        struct built b;

        for (unsigned round = 0; round < 2; round++) {
                udp(&b, false, 20);
                for (uint32_t i = 0; i < 40; i++) {
                        assert_true(ebpf_flows_have_room(f->flows));
                        set_source(&b, 0x0a010000 + i);
                        run(f, &b);
                }
                assert_true(ebpf_flows_have_room(f->flows));
                set_source(&b, 0x0a020000);
                run(f, &b);
                assert_false(ebpf_flows_have_room(f->flows));
                assert_true(ebpf_flows_harvest(f->flows));
        }
        finish(f);
}

/* Kernels from 5.15 on give up behind a million; a tenth leaves room for how they differ in what they remember. */
static void programs_are_verified_soon(void **state) {
        struct fixture *f = *state;
        const struct bpf_program *programs[] = { f->programs->progs.lanscope_xdp, f->programs->progs.lanscope_in,
                                                 f->programs->progs.lanscope_out };

        for (size_t i = 0; i < ELEMENTSOF(programs); i++) {
                struct bpf_prog_info info = { 0 };
                uint32_t length = sizeof info;

                assert_int_equal(bpf_obj_get_info_by_fd(bpf_program__fd(programs[i]), &info, &length), 0);
                print_message("%s: %u instructions looked at\n", info.name, info.verified_insns);
                assert_true(info.verified_insns < 100000);
        }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TINY(name) cmocka_unit_test_setup_teardown(name, setup_tiny, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                CASE(a_flow_has_two_directions),
                CASE(a_handshake_is_timed),
                CASE(round_trips_are_timed),
                CASE(what_is_sent_again_is_not_timed),
                CASE(an_early_acknowledgement_is_timed_when_it_comes_again),
                CASE(a_syn_sent_again_is_not_timed),
                CASE(the_last_of_many_syns_opens),
                CASE(syns_that_differ_are_no_copies),
                CASE(a_syn_sent_again_later_is_known),
                CASE(round_trips_outlive_a_log),
                CASE(directions_on_two_processors),
                CASE(duplicates_and_closed_windows_are_counted),
                CASE(segments_are_analysed_as_by_the_engine),
                CASE(syns_are_counted_as_by_the_engine),
                CASE(connections_of_two_processors_are_told_in_order),
                CASE(what_is_sent_again_is_counted),
                CASE(a_gap_filled_late_was_a_loss),
                CASE(a_generation_knows_the_one_before),
                CASE(ports_used_again_are_another_record),
                CASE(a_connection_opened_from_both_ends_is_one_record),
                CASE(segments_of_a_super_packet),
                CASE(tags_and_versions_are_apart),
                CASE(questions_and_answers_are_one_flow),
                CASE(what_goes_to_a_group_answers_nobody),
                CASE(a_datagram_in_fragments_counts_once),
                CASE(a_message_in_fragments_counts_once),
                CASE(what_is_no_flow_is_apart),
                TINY(evicted_flows_are_accounted_for),
                CASE(ten_thousand_flows_are_each_whole),
                TINY(a_crowded_log_is_told),
                TINY(a_crowded_log_has_room),
                CASE(programs_are_verified_soon),
        };

        if (!may_load_programs())
                return SKIP;
        return cmocka_run_group_tests(tests, NULL, NULL);
}
