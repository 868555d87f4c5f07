/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "daemon/capture-file.h"
#include "engine/engine.h"
#include "tests/unit/bus-error.h"
#include "tests/unit/frame-builder.h"

/* Capture files that are read where they stand, through windows of 16 KiB, as they are when nobody touches them and as
 * others change them meanwhile. */

DEFINE_CLEANUP(struct capture_file *, capture_file_close)

#define PCAP_LE "d4c3b2a1 0200 0400 00000000 00000000 ffff0000 01000000"
/* 10.0.0.1:1024 to 10.0.0.2:443, 20 bytes of header and as many of TCP's */
#define SEGMENT "020000000002 020000000001 0800 45000028 00000000 4006 0000 0a000001 0a000002 0400 01bb 00000001 00000001 50100000 00000000"

enum { FILE_SIZE = 1 << 20, SEGMENT_SIZE = 54 };

/* A file in memory, and its bytes as they were written. */
struct capture {
        int fd;
        char path[32];
        uint8_t *bytes;
        size_t size, frames;
        size_t *ends; /* of each frame, in the file */
};

static uint64_t state = 815;

static uint32_t draw(uint32_t n) {
        uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15); /* splitmix64 */

        z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
        return (uint32_t) ((z ^ z >> 31) >> 32) % n;
}

/* A segment of as many bytes; now and then something else. */
static void put_frame(struct capture *c, const struct builder *segment, size_t captured) {
        uint32_t header[] = { htole32((uint32_t) (1700000000 + c->frames / 1000)),
                              htole32((uint32_t) (c->frames % 1000 * 1000)), htole32((uint32_t) captured),
                              htole32((uint32_t) captured + (draw(50) == 0)) };
        uint8_t *p = c->bytes + c->size;

        memcpy(p, header, sizeof header);
        p += sizeof header;
        for (size_t i = 0; i < captured; i++)
                p[i] = (uint8_t) draw(256);
        if (captured >= SEGMENT_SIZE && draw(20) > 0) {
                memcpy(p, segment->data, SEGMENT_SIZE);
                p[16] = (uint8_t) ((captured - 14) >> 8);
                p[17] = (uint8_t) (captured - 14);
                p[33] = (uint8_t) draw(20);
        }
        c->size += sizeof header + captured;
        c->ends[c->frames++] = c->size;
}

/* Long frames and short ones by turns, in stretches; some are longer than the window. */
static struct capture make_capture(void) {
        struct capture c = { .fd = memfd_create("capture", MFD_CLOEXEC), .bytes = malloc(2 * FILE_SIZE),
                             .ends = calloc(FILE_SIZE / 16, sizeof *c.ends) };
        struct builder b = {}, segment = {};

        assert_true(c.fd >= 0 && c.bytes && c.ends);
        snprintf(c.path, sizeof c.path, "/proc/self/fd/%d", c.fd);
        put_hex(&b, PCAP_LE);
        put_hex(&segment, SEGMENT);
        memcpy(c.bytes, b.data, b.length);
        c.size = b.length;
        while (c.size < FILE_SIZE) {
                bool dense = c.size / 300000 % 2;

                put_frame(&c, &segment, draw(200) == 0 ? draw(40000) : dense ? draw(80) : 54 + draw(1460));
        }
        assert_int_equal(write(c.fd, c.bytes, c.size), c.size);
        return c;
}

static void capture_done(struct capture *c) {
        close(c->fd);
        free(c->bytes);
        free(c->ends);
}

/* Checks the next frames, at most n, against what was written; how it ended. */
static int read_frames(struct capture_file *file, const struct capture *c, size_t n, size_t *number) {
        struct frame_run *run = NULL;
        struct frame frame;
        int r = 1;

        for (size_t end = *number + n; *number < end; (*number)++) {
                size_t at = c->ends[*number];

                if (!run || !frame_run_next(run, &frame)) {
                        r = capture_file_next(file, &frame);
                        run = capture_file_run(file);
                        if (r <= 0)
                                return r;
                        /* Asked for runs the file may have forgotten the frame. */
                        assert_int_equal(frame.number, *number + 1);
                        continue;
                }
                assert_int_equal(frame.number, *number + 1);
                assert_true(frame.length >= frame.captured);
                assert_memory_equal(frame.data, c->bytes + at - frame.captured, frame.captured);
        }
        return r;
}

static struct capture_file *open_shared(const struct capture *c) {
        struct capture_file *file = NULL;

        assert_int_equal(capture_file_open(c->path, &file), 0);
        capture_file_share(file);
        return file;
}

static void all_frames_are_seen(void **unused _unused_) {
        for (unsigned i = 0; i < 5; i++) {
                struct capture c = make_capture();
                _cleanup_(capture_file_closep) struct capture_file *file = open_shared(&c);
                size_t number = 0;

                assert_int_equal(read_frames(file, &c, c.frames, &number), 1);
                assert_int_equal(read_frames(file, &c, 1, &number), 0);
                assert_null(capture_file_error(file));
                capture_done(&c);
        }
}

/* Bytes of the file in which they are read, one by one. */
static bool is_viewed(const struct capture *c, size_t from) {
        _cleanup_(capture_file_closep) struct capture_file *file = open_shared(c);
        size_t number = 0;

        while (number < c->frames && c->ends[number] < from)
                assert_int_equal(read_frames(file, c, 1, &number), 1);
        return capture_file_run(file)->share;
}

static void long_frames_are_seen_where_they_stand_and_short_ones_read(void **unused _unused_) {
        struct capture c = make_capture();

        assert_true(is_viewed(&c, 100000));
        assert_false(is_viewed(&c, 400000));
        assert_true(is_viewed(&c, 900000));
        capture_done(&c);
}

static void nobody_gets_shared_memory_who_does_not_ask(void **unused _unused_) {
        struct capture c = make_capture();
        _cleanup_(capture_file_closep) struct capture_file *file = NULL;
        size_t number = 0;

        assert_int_equal(capture_file_open(c.path, &file), 0);
        assert_int_equal(read_frames(file, &c, 100, &number), 1);
        assert_null(capture_file_run(file)->share);
        capture_done(&c);
}

/* In the midst of a record behind the one that is read. */
static void truncated_file_is_told(void **unused _unused_) {
        if (!bus_error_is_told())
                return;
        for (unsigned i = 0; i < 30; i++) {
                struct capture c = make_capture();
                _cleanup_(capture_file_closep) struct capture_file *file = open_shared(&c);
                size_t number = 0, last = draw((uint32_t) c.frames - 1);
                size_t middle = c.ends[last] + FRAME_RUN_HEADER / 2;
                bool shared;

                read_frames(file, &c, draw((uint32_t) last + 1), &number);
                shared = capture_file_run(file)->share;
                assert_int_equal(ftruncate(c.fd, (off_t) middle), 0);
                assert_int_equal(read_frames(file, &c, c.frames, &number), -EBADMSG);
                /* What was read before may be more than there is now. */
                assert_true(shared ? number == last + 1 : number > last);
                assert_non_null(strstr(capture_file_error(file), "cut off at byte"));
                capture_done(&c);
        }
}

/* To less than what was read of it. */
static void file_truncated_to_nothing_is_told(void **unused _unused_) {
        struct capture c = make_capture();
        _cleanup_(capture_file_closep) struct capture_file *file = open_shared(&c);
        size_t number = 0;

        if (!bus_error_is_told())
                return;
        assert_int_equal(read_frames(file, &c, 100, &number), 1);
        assert_non_null(capture_file_run(file)->share);
        assert_int_equal(ftruncate(c.fd, 0), 0);
        assert_int_equal(read_frames(file, &c, c.frames, &number), -EBADMSG);
        assert_true(number < 120);
        assert_non_null(strstr(capture_file_error(file), "cut off at byte"));
        capture_done(&c);
}

static void what_is_written_behind_is_read(void **unused _unused_) {
        struct capture c = make_capture();
        size_t first = c.frames / 2, number = 0;
        _cleanup_(capture_file_closep) struct capture_file *file = NULL;

        assert_int_equal(ftruncate(c.fd, (off_t) c.ends[first]), 0);
        file = open_shared(&c);
        assert_int_equal(read_frames(file, &c, 10, &number), 1);
        assert_int_equal(pwrite(c.fd, c.bytes + c.ends[first], c.size - c.ends[first], (off_t) c.ends[first]),
                         c.size - c.ends[first]);
        assert_int_equal(read_frames(file, &c, c.frames - 10, &number), 1);
        assert_int_equal(read_frames(file, &c, 1, &number), 0);
        capture_done(&c);
}

static void lying_record_is_told_as_ever(void **unused _unused_) {
        struct capture c = make_capture();
        _cleanup_(capture_file_closep) struct capture_file *file = NULL;
        size_t number = 0, liar = 150;
        char text[64];

        assert_int_equal(pwrite(c.fd, "\xff\xff\xff\x7f", 4, (off_t) c.ends[liar] + 8), 4);
        file = open_shared(&c);
        assert_int_equal(read_frames(file, &c, c.frames, &number), -EBADMSG);
        assert_int_equal(number, liar + 1);
        snprintf(text, sizeof text, "damaged at byte %zu", c.ends[liar]);
        assert_non_null(strstr(capture_file_error(file), text));
        capture_done(&c);
}

/* Flows, which are what looks at shared memory. */

static struct engine *make_engine(void) {
        struct engine_ops ops = {};
        struct engine_config config;
        struct engine *engine = NULL;

        engine_config_default(&config);
        config.flows_only = true;
        assert_int_equal(engine_new(&engine, &config, &ops), 0);
        return engine;
}

/* Returns how many frames there were. */
static uint64_t feed(struct engine *engine, struct capture_file *file, struct capture *c,
                     void (*meanwhile)(struct capture *c, const struct frame_run *run, uint64_t frames)) {
        struct engine_counters counters;
        struct frame_run *run;
        struct frame frame;

        while (capture_file_next(file, &frame) > 0) {
                engine_feed_frame(engine, &frame);
                run = capture_file_run(file);
                engine_get_counters(engine, &counters);
                if (meanwhile)
                        meanwhile(c, run, counters.packet.frames);
                engine_feed_run(engine, run);
        }
        engine_flush(engine);
        engine_get_counters(engine, &counters);
        return counters.packet.frames;
}

static void flows_are_the_same(void **unused _unused_) {
        struct capture c = make_capture();
        struct engine_counters counters[2];

        for (unsigned i = 0; i < 2; i++) {
                _cleanup_(capture_file_closep) struct capture_file *file = NULL;
                struct engine *engine = make_engine();

                assert_int_equal(capture_file_open(c.path, &file), 0);
                if (i == 1)
                        capture_file_share(file);
                assert_int_equal(feed(engine, file, &c, NULL), c.frames);
                engine_get_counters(engine, &counters[i]);
                engine_free(engine);
        }
        assert_memory_equal(&counters[0], &counters[1], sizeof counters[0]);
        capture_done(&c);
}

/* Six frames behind those that were fed, of more that are in the window. */
static void truncate_behind(struct capture *c, const struct frame_run *run, uint64_t frames) {
        if (c->frames > frames + 6 && frames > 100 && run->share && run->share->end - run->share->next > 8) {
                c->frames = frames + 6;
                assert_int_equal(ftruncate(c->fd, (off_t) c->ends[c->frames - 1] + 5), 0);
        }
}

/* What is read as zeros belongs to no flow, and is no frame. */
static void lost_frames_do_not_count(void **unused _unused_) {
        struct capture c = make_capture();
        _cleanup_(capture_file_closep) struct capture_file *file = open_shared(&c);
        struct engine *engine = make_engine();
        uint64_t frames;

        if (!bus_error_is_told())
                return;
        frames = feed(engine, file, &c, truncate_behind);
        assert_int_equal(frames, c.frames);
        assert_non_null(strstr(capture_file_error(file), "cut off at byte"));
        engine_free(engine);
        capture_done(&c);
}

struct writer {
        const struct capture *capture;
        atomic_bool done;
};

static void *write_anything(void *userdata) {
        struct writer *w = userdata;
        uint64_t random = 7;

        while (!atomic_load(&w->done)) {
                uint8_t byte;

                random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
                byte = (uint8_t) (random >> 25);
                if (pwrite(w->capture->fd, &byte, 1, (off_t) (24 + (random >> 33) % (w->capture->size - 24))) != 1)
                        break;
        }
        return NULL;
}

/* Whatever comes of it: nothing is read that is not there, and it comes to an end. */
static void file_may_change_meanwhile(void **unused _unused_) {
        struct capture c = make_capture();
        struct writer writer = { .capture = &c };
        pthread_t thread;

        assert_int_equal(pthread_create(&thread, NULL, write_anything, &writer), 0);
        for (unsigned i = 0; i < 40; i++) {
                _cleanup_(capture_file_closep) struct capture_file *file = open_shared(&c);
                struct engine *engine = make_engine();

                assert_true(feed(engine, file, &c, NULL) <= c.size / FRAME_RUN_HEADER);
                engine_free(engine);
                if (i % 4 == 0)
                        assert_int_equal(pwrite(c.fd, c.bytes, c.size, 0), c.size);
        }
        atomic_store(&writer.done, true);
        pthread_join(thread, NULL);
        capture_done(&c);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(all_frames_are_seen),
                cmocka_unit_test(long_frames_are_seen_where_they_stand_and_short_ones_read),
                cmocka_unit_test(nobody_gets_shared_memory_who_does_not_ask),
                cmocka_unit_test(truncated_file_is_told),
                cmocka_unit_test(file_truncated_to_nothing_is_told),
                cmocka_unit_test(what_is_written_behind_is_read),
                cmocka_unit_test(lying_record_is_told_as_ever),
                cmocka_unit_test(flows_are_the_same),
                cmocka_unit_test(lost_frames_do_not_count),
                cmocka_unit_test(file_may_change_meanwhile),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
