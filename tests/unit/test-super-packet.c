/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Super-packets become the segments that were on the wire. */

#include "cmocka-all.h"

#include <string.h>

#include "common/cursor.h"
#include "common/macro.h"
#include "daemon/super-packet.h"

enum { MTU = 1500, FRAME_MAX = 70000, SEGMENTS_MAX = 64 };

struct log {
        struct frame frames[SEGMENTS_MAX];
        uint8_t data[SEGMENTS_MAX][SUPER_PACKET_SCRATCH(MTU)];
        unsigned n;
};

static void take(void *userdata, const struct frame *segment) {
        struct log *log = userdata;

        assert_true(log->n < SEGMENTS_MAX);
        assert_true(segment->captured <= segment->length && segment->captured <= SUPER_PACKET_SCRATCH(MTU));
        memcpy(log->data[log->n], segment->data, segment->captured);
        log->frames[log->n] = *segment;
        log->frames[log->n].data = log->data[log->n];
        log->n++;
}

/* Ethernet, `tags` tags, IPv4 or IPv6 and TCP from sequence number 0xffffff00 with FIN, PSH, ACK and CWR, and a payload that
 * counts up. Offset of the payload. */
static uint32_t build(uint8_t *data, unsigned tags, bool ipv6, uint32_t payload) {
        static const uint8_t v4[20] = { 0x45, 0, 0, 0, 0, 77, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2 };
        static const uint8_t v6[40] = { 0x60, 0, 0, 0, 0, 0, 6, 64, 0xfe, 0x80, [23] = 1, [24] = 0xfe, 0x80, [39] = 2 };
        static const uint8_t tcp[20] = { 1, 187, 200, 1, 0xff, 0xff, 0xff, 0, 0, 0, 0, 1, 0x50, 0x99, 0xff, 0xff };
        uint32_t at = 12;

        memset(data, 2, 12);
        for (unsigned i = 0; i < tags; i++, at += 4)
                memcpy(data + at, (uint8_t[]) { 0x81, 0, 0, (uint8_t) (5 + i) }, 4);
        memcpy(data + at, ipv6 ? (uint8_t[]) { 0x86, 0xdd } : (uint8_t[]) { 8, 0 }, 2);
        at += 2;
        memcpy(data + at, ipv6 ? v6 : v4, ipv6 ? 40 : 20);
        at += ipv6 ? 40 : 20;
        memcpy(data + at, tcp, 20);
        at += 20;
        for (uint32_t i = 0; i < payload; i++)
                data[at + i] = (uint8_t) (i / 7);
        return at;
}

static struct frame frame_of(const uint8_t *data, uint32_t captured, uint32_t length) {
        return (struct frame) { .ts = 5, .ifindex = 3, .linktype = 1, .captured = captured, .length = length, .data = data };
}

static unsigned split(const struct frame *frame, struct log *log) {
        static uint8_t scratch[SUPER_PACKET_SCRATCH(MTU)];

        log->n = 0;
        return super_packet_split(frame, MTU, scratch, take, log);
}

static void check_segments(const struct log *log, const uint8_t *data, uint32_t headers, unsigned tags, bool ipv6, uint32_t payload) {
        uint32_t size = MTU - (headers - 14 - 4 * tags), tcp = headers - 20, at = 0;

        for (unsigned i = 0; i < log->n; i++, at += size) {
                const struct frame *f = &log->frames[i];
                uint32_t length = MIN(size, payload - at), ip = 14 + 4 * tags;

                assert_int_equal(f->length, headers + length);
                assert_int_equal(f->captured, f->length);
                assert_int_equal(f->ts, 5);
                assert_memory_equal(f->data, data, ip);
                assert_int_equal(load_be32(f->data + tcp + 4), (uint32_t) (0xffffff00 + at));
                assert_int_equal(f->data[tcp + 13], 0x10 | (i == 0 ? 0x80 : 0) | (at + length == payload ? 0x09 : 0));
                if (ipv6)
                        assert_int_equal(load_be16(f->data + ip + 4), 20 + length);
                else
                        assert_int_equal(load_be16(f->data + ip + 2), 40 + length);
                if (!ipv6)
                        assert_int_equal(load_be16(f->data + ip + 4), 77 + i);
                assert_memory_equal(f->data + headers, data + headers + at, length);
        }
        assert_true(at >= payload && at - payload < size);
}

static void segments_are_what_was_sent(void **state) {
        static uint8_t data[FRAME_MAX];
        static struct log log;

        (void) state;
        for (unsigned i = 0; i < 6; i++) {
                unsigned tags = i % 3;
                bool ipv6 = i >= 3;
                uint32_t payload = 30000 + i * 1000, headers = build(data, tags, ipv6, payload);
                struct frame frame = frame_of(data, headers + payload, headers + payload);

                assert_int_equal(split(&frame, &log), (payload - 1) / (MTU - (headers - 14 - 4 * tags)) + 1);
                check_segments(&log, data, headers, tags, ipv6, payload);
        }
}

static void the_longest_is_split(void **state) {
        static uint8_t data[FRAME_MAX];
        static struct log log;
        uint32_t headers = build(data, 0, false, 65000);
        struct frame frame = frame_of(data, headers + 65000, headers + 65000);

        (void) state;
        assert_int_equal(split(&frame, &log), (65000 + 1459) / 1460);
}

/* Lengths are those of what was sent, whatever was captured of it. */
static void cut_short_by_the_capture(void **state) {
        static uint8_t data[FRAME_MAX];
        static struct log log;
        uint32_t headers = build(data, 0, false, 4000);
        struct frame frame = frame_of(data, headers + 2000, headers + 4000);

        (void) state;
        assert_int_equal(split(&frame, &log), 3);
        assert_int_equal(log.frames[0].captured, headers + 1460);
        assert_int_equal(log.frames[1].captured, headers + 540);
        assert_int_equal(log.frames[1].length, headers + 1460);
        assert_int_equal(log.frames[2].captured, headers);
        assert_int_equal(log.frames[2].length, headers + 1080);
}

static void what_is_no_super_packet_stays(void **state) {
        static uint8_t data[FRAME_MAX];
        static struct log log;
        uint32_t headers = build(data, 0, false, 4000);
        struct frame frame = frame_of(data, headers + 4000, headers + 4000);

        (void) state;
        frame.length = frame.captured = headers + 1460; /* as long as may be */
        assert_int_equal(split(&frame, &log), 0);
        /* A tag does not count as a part of the MTU. */
        headers = build(data, 1, false, 4000);
        frame.length = frame.captured = headers + 1460;
        assert_int_equal(split(&frame, &log), 0);
        headers = build(data, 0, false, 4000);
        frame.length = frame.captured = headers + 4000;
        data[14 + 9] = 17; /* UDP */
        assert_int_equal(split(&frame, &log), 0);
        data[14 + 9] = 6;
        data[14 + 6] = 0x20; /* a fragment */
        assert_int_equal(split(&frame, &log), 0);
        data[14 + 6] = 0;
        data[14 + 20 + 12] = 0x40; /* a TCP header of 16 bytes */
        assert_int_equal(split(&frame, &log), 0);
        data[14 + 20 + 12] = 0x50;
        frame.linktype = 113;
        assert_int_equal(split(&frame, &log), 0);
        frame.linktype = 1;
        for (frame.captured = 0; frame.captured < headers; frame.captured++)
                assert_int_equal(split(&frame, &log), 0);
        assert_int_equal(split(&frame, &log), 3);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(segments_are_what_was_sent),
                cmocka_unit_test(the_longest_is_split),
                cmocka_unit_test(cut_short_by_the_capture),
                cmocka_unit_test(what_is_no_super_packet_stays),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
