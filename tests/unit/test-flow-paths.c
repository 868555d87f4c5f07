/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The short way into the flow table and the long one, over the same frames. */

#include "cmocka-all.h"

#include <netinet/in.h>

#include "engine/engine.h"
#include "flow-both.h"
#include "frame-builder.h"

enum { FRAMES = 30000, CHUNK = 48 };

static uint64_t state;

static uint64_t next(uint64_t below) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        return state % below;
}

struct frames {
        struct builder bytes[CHUNK];
        struct frame frames[CHUNK];
        uint64_t now;
};

static void put_ends(struct builder *b, bool ipv6, unsigned from, unsigned to, uint8_t protocol, size_t n) {
        if (ipv6) {
                put_hex(b, "86dd 60000000");
                put_be16(b, n);
                put_bytes(b, (uint8_t[]) { protocol, 64 }, 2);
                put_hex(b, "fd000000000000000000000000");
                put_be16(b, from);
                put_hex(b, "0000 fd000000000000000000000000");
                put_be16(b, to);
                put_hex(b, "0000");
                return;
        }
        put_hex(b, "0800 4500");
        put_be16(b, 20 + n);
        put_hex(b, "0007 0000");
        put_bytes(b, (uint8_t[]) { 64, protocol, 0, 0, 10, 0, 0, (uint8_t) from, 10, 0, 0, (uint8_t) to }, 12);
}

/* Mostly acknowledgements with or without data; now and then any combination of flags. */
static uint8_t random_flags(void) {
        switch (next(16)) {
        case 0: return TCP_SYN;
        case 1: return TCP_SYN | TCP_ACK;
        case 2: return TCP_FIN | TCP_ACK;
        case 3: return (uint8_t) next(256);
        default: return next(3) ? TCP_ACK : TCP_ACK | TCP_PSH;
        }
}

static void put_segment(struct builder *b, unsigned from, unsigned to, size_t data) {
        uint8_t flags = random_flags();

        put_be16(b, 1000 + from % 3);
        put_be16(b, 1000 + to % 3);
        put_be16(b, 0);
        put_be16(b, 100 * next(20));
        put_be16(b, 0);
        put_be16(b, 100 * next(20));
        put_bytes(b, (uint8_t[]) { 0x50, flags, 0, (uint8_t) next(3), 0, 0, 0, 0 }, 8);
        put_zeros(b, data);
}

static void put_datagram(struct builder *b, unsigned from, unsigned to, size_t data) {
        put_be16(b, next(40) ? 1000 + from % 3 : 4789);
        put_be16(b, 1000 + to % 3);
        put_be16(b, 8 + data);
        put_be16(b, 0);
        put_zeros(b, data);
}

/* Between few hosts, so that flows have many packets; a tag here and there, and what is not IP. */
static void put_frame(struct builder *b) {
        unsigned from = (unsigned) next(6), to = (unsigned) next(6);
        bool ipv6 = next(4) == 0, udp = next(4) == 0;
        size_t data = next(3) ? next(60) : 0;

        put_hex(b, "0200000000");
        put_bytes(b, (uint8_t[]) { (uint8_t) to }, 1);
        put_hex(b, "0200000000");
        put_bytes(b, (uint8_t[]) { (uint8_t) from }, 1);
        if (next(50) == 0)
                put_hex(b, "0806");
        if (next(10) == 0)
                put_hex(b, "8100 0064");
        put_ends(b, ipv6, from, to, udp ? IPPROTO_UDP : next(60) ? IPPROTO_TCP : IPPROTO_ICMP, (udp ? 8 : 20) + data);
        if (udp)
                put_datagram(b, from, to, data);
        else
                put_segment(b, from, to, data);
        put_zeros(b, b->length < 60 && next(4) ? 60 - b->length : 0);
        if (next(20) == 0)
                b->data[12 + next(b->length - 12)] = (uint8_t) next(256);
}

/* Time goes on a little, sometimes stands still or leaps, seldom goes back. */
static void pass_time(uint64_t *now) {
        switch (next(200)) {
        case 0: *now += next(700) * NSEC_PER_SEC; break;
        case 1: *now -= MIN(*now, next(5) * NSEC_PER_SEC); break;
        default: *now += next(4) * NSEC_PER_MSEC; break;
        }
}

static size_t fill(struct frames *f) {
        size_t n = 1 + next(CHUNK);

        for (size_t i = 0; i < n; i++) {
                struct frame *frame = &f->frames[i];

                f->bytes[i].length = 0;
                put_frame(&f->bytes[i]);
                pass_time(&f->now);
                *frame = (struct frame) { .ts = f->now, .linktype = 1, .data = f->bytes[i].data };
                frame->captured = frame->length = (uint32_t) f->bytes[i].length;
                if (next(25) == 0)
                        frame->captured = (uint32_t) next(frame->length);
        }
        return n;
}

static void check(const struct flow_table_config *config, uint64_t seed) {
        struct frames *f = calloc(1, sizeof *f);
        struct both b = {};
        struct flow_counters c;

        assert_non_null(f);
        state = seed;
        f->now = 1000 * NSEC_PER_SEC;
        both_init(&b, config);
        for (size_t n, fed = 0; fed < FRAMES; fed += n) {
                n = fill(f);
                both_feed(&b, f->frames, n);
        }
        assert_true(both_agree(&b));
        flow_table_get_counters(b.fast, &c);
        assert_true(b.told[0].n > 1000 && c.packets > FRAMES * 3 / 4 && b.older > 0);
        assert_int_equal(c.ended[FLOW_END_EVICTED] > 0, config->flows_max < 100);
        both_done(&b);
        free(f);
}

static void test_ways_agree(void **unused _unused_) {
        struct flow_table_config config;

        flow_table_config_default(&config);
        config.analysis = false;
        check(&config, 4711);
}

static void test_ways_agree_with_analysis(void **unused _unused_) {
        struct flow_table_config config;

        flow_table_config_default(&config);
        check(&config, 815);
}

static void test_ways_agree_in_little_room(void **unused _unused_) {
        struct flow_table_config config;

        flow_table_config_default(&config);
        config.flows_max = 40;
        config.unanswered_max = 5;
        config.timeouts.established = 3 * NSEC_PER_SEC;
        check(&config, 17);
        config.analysis = false;
        check(&config, 18);
}

/* An engine for flows alone counts frames and follows the clock as one for everything does. */
static void test_engine_counts_the_same(void **unused _unused_) {
        struct frames *f = calloc(1, sizeof *f);
        struct engine_counters c[2];
        struct engine *engines[2];
        struct engine_ops ops = {};
        struct both_run run;

        assert_non_null(f);
        state = 99;
        f->now = 1000 * NSEC_PER_SEC;
        for (unsigned i = 0; i < 2; i++) {
                struct engine_config config;

                engine_config_default(&config);
                config.flows = true;
                config.dissect_only = true;
                config.flows_only = i == 0;
                assert_int_equal(engine_new(&engines[i], &config, &ops), 0);
        }
        for (size_t n, fed = 0; fed < FRAMES; fed += n) {
                n = fill(f);
                both_run(&run, fed / 2 % 2 == 0, f->frames, n);
                engine_feed_run(engines[0], &run.run);
                both_run_done(&run);
                for (size_t i = 0; i < n; i++)
                        engine_feed_frame(engines[1], &f->frames[i]);
        }
        for (unsigned i = 0; i < 2; i++)
                engine_get_counters(engines[i], &c[i]);
        assert_true(c[0].clock_backwards > 0 && c[0].packet.truncated > 0);
        assert_int_equal(c[0].clock_backwards, c[1].clock_backwards);
        assert_memory_equal(&c[0].packet, &c[1].packet, sizeof c[0].packet);
        assert_int_equal(engine_now(engines[0]), engine_now(engines[1]));
        assert_int_equal(engine_earliest(engines[0]), engine_earliest(engines[1]));
        for (unsigned i = 0; i < 2; i++)
                engine_free(engines[i]);
        free(f);
}

static void add_traffic(void *userdata, const struct device *device, const struct device_traffic *traffic, uint64_t ts _unused_) {
        uint64_t *sums = userdata;
        size_t place = device->first_seen % 7;

        sums[place] += traffic->packets_sent + traffic->packets_received * 1000003;
        sums[place] += traffic->bytes_sent * 31 + traffic->bytes_received * 37;
}

/* An engine for everything, given frames in a row, makes of them what it makes of each. */
static void test_frames_in_a_row(void **unused _unused_) {
        struct frames *f = calloc(1, sizeof *f);
        uint64_t sums[2][7] = { { 0 } };
        struct engine_counters c[2];
        struct engine *engines[2];
        struct both_run run;

        assert_non_null(f);
        state = 4712;
        f->now = 1000 * NSEC_PER_SEC;
        for (unsigned i = 0; i < 2; i++) {
                struct engine_ops ops = { .traffic = add_traffic, .userdata = sums[i] };
                struct engine_config config;

                engine_config_default(&config);
                config.flows = true;
                assert_int_equal(engine_new(&engines[i], &config, &ops), 0);
        }
        for (size_t n, fed = 0; fed < FRAMES; fed += n) {
                n = fill(f);
                both_run(&run, false, f->frames, n);
                engine_feed_run(engines[0], &run.run);
                assert_ptr_equal(run.run.next, run.run.end);
                both_run_done(&run);
                for (size_t i = 0; i < n; i++)
                        engine_feed_frame(engines[1], &f->frames[i]);
        }
        for (unsigned i = 0; i < 2; i++) {
                engine_flush(engines[i]);
                engine_get_counters(engines[i], &c[i]);
        }
        assert_true(c[0].packet.truncated > 0 && c[0].flows.packets > FRAMES * 3 / 4 && sums[0][0] + sums[0][1] > 0);
        assert_memory_equal(&c[0], &c[1], sizeof c[0]);
        assert_memory_equal(sums[0], sums[1], sizeof sums[0]);
        assert_int_equal(engine_now(engines[0]), engine_now(engines[1]));
        for (unsigned i = 0; i < 2; i++)
                engine_free(engines[i]);
        free(f);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_ways_agree),
                cmocka_unit_test(test_ways_agree_with_analysis),
                cmocka_unit_test(test_ways_agree_in_little_room),
                cmocka_unit_test(test_engine_counts_the_same),
                cmocka_unit_test(test_frames_in_a_row),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
