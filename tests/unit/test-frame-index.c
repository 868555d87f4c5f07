/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/cursor.h"
#include "engine/packet/frame-index.h"

#define SIZE_MAX_TESTED (1U << 20)

/* Records one behind the other, in memory without a spare byte behind them. */
struct records {
        uint8_t *bytes;
        uint32_t size;
};

static uint64_t state = 4711;

static uint32_t draw(uint32_t n) {
        uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15); /* splitmix64 */

        z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
        return (uint32_t) ((z ^ z >> 31) >> 32) % n;
}

static void put_header(uint8_t *p, uint32_t seconds, uint32_t captured, uint32_t length) {
        uint32_t header[] = { htole32(seconds), htole32(draw(1000000)), htole32(captured), htole32(length) };

        memcpy(p, header, sizeof header);
}

static void records_done(struct records *r) {
        free(r->bytes);
}

/* Whatever is in them, for who knows no better. */
static struct records make_records(uint32_t size) {
        struct records r = { malloc(size ?: 1), size };

        assert_non_null(r.bytes);
        for (uint32_t i = 0; i < size; i++)
                r.bytes[i] = (uint8_t) draw(256);
        return r;
}

static uint32_t draw_captured(uint32_t longest) {
        return draw(4) == 0 ? draw(60) : draw(20) == 0 ? draw(longest) : draw(1500);
}

/* Whole records up to `size` or as many as fit; where they end. */
static uint32_t fill_records(uint8_t *bytes, uint32_t size, uint32_t longest) {
        uint32_t at = 0;

        while (at + FRAME_RUN_HEADER < size) {
                uint32_t captured = MIN(draw_captured(longest), size - at - FRAME_RUN_HEADER);

                put_header(bytes + at, 1700000000 + draw(1000), captured, captured + draw(2));
                at += FRAME_RUN_HEADER + captured;
        }
        return at;
}

/* One by one, which is what the index has to be. */
static size_t find_plainly(const uint8_t *bytes, uint32_t size, const uint8_t **starts) {
        size_t n = 0;
        uint32_t at = 0;

        while (size - at >= FRAME_RUN_HEADER &&
               load_le32(bytes + at + 8) <= MIN(size - at - FRAME_RUN_HEADER, FRAME_RUN_FRAME_MAX)) {
                starts[n++] = bytes + at;
                at += FRAME_RUN_HEADER + load_le32(bytes + at + 8);
        }
        starts[n] = bytes + at;
        return n;
}

/* Returns how many were found. */
static size_t check(const struct records *r) {
        _cleanup_(freep) const uint8_t **found = malloc(FRAME_INDEX_ROOM(r->size) * sizeof *found);
        _cleanup_(freep) const uint8_t **plain = malloc(FRAME_INDEX_ROOM(r->size) * sizeof *plain);
        size_t n;

        assert_non_null(found);
        assert_non_null(plain);
        n = find_plainly(r->bytes, r->size, plain);
        for (unsigned sections = 1; sections <= FRAME_INDEX_SECTIONS_MAX; sections++) {
                memset(found, 0xff, FRAME_INDEX_ROOM(r->size) * sizeof *found);
                assert_int_equal(frame_index_find(r->bytes, r->size, sections, found), n);
                assert_memory_equal(found, plain, (n + 1) * sizeof *found);
        }
        return n;
}

static void sections_make_no_difference(void **unused _unused_) {
        for (unsigned i = 0; i < 60; i++) {
                uint32_t size = draw(draw(2) ? SIZE_MAX_TESTED : 20000);
                struct records r = make_records(size);

                fill_records(r.bytes, size, draw(3) ? 3000 : FRAME_RUN_FRAME_MAX);
                check(&r);
                records_done(&r);
        }
}

static void little_memory_holds_few_records(void **unused _unused_) {
        for (uint32_t size = 0; size < 100; size++) {
                struct records r = make_records(size);

                memset(r.bytes, 0, size);
                assert_int_equal(check(&r), size / FRAME_RUN_HEADER);
                records_done(&r);
        }
}

/* Headers alone, as many as can be. */
static void records_may_be_empty(void **unused _unused_) {
        struct records r = make_records(SIZE_MAX_TESTED / 4);

        for (uint32_t at = 0; at < r.size; at += FRAME_RUN_HEADER)
                put_header(r.bytes + at, 1700000000, 0, 60);
        assert_int_equal(check(&r), r.size / FRAME_RUN_HEADER);
        records_done(&r);
}

/* The payload is a capture itself, of the same time, and so is that one's. */
static void captures_within_frames_are_none(void **unused _unused_) {
        for (unsigned i = 0; i < 40; i++) {
                struct records r = make_records(SIZE_MAX_TESTED);
                uint32_t at = 0;

                while (at + FRAME_RUN_HEADER < r.size) {
                        uint32_t captured = MIN(draw(FRAME_RUN_FRAME_MAX + 1), r.size - at - FRAME_RUN_HEADER);

                        put_header(r.bytes + at, 1700000000, captured, captured);
                        fill_records(r.bytes + at + FRAME_RUN_HEADER, captured, 3000);
                        at += FRAME_RUN_HEADER + captured;
                }
                assert_true(check(&r) < 200);
                records_done(&r);
        }
}

/* A record that claims too much ends it, also where what it claims leads to other records, or round to those before. */
static void records_that_lie_end_it(void **unused _unused_) {
        for (unsigned i = 0; i < 60; i++) {
                const uint32_t lies[] = { FRAME_RUN_FRAME_MAX + 1, UINT32_MAX, UINT32_MAX - FRAME_RUN_HEADER + 1, 300000, 700000,
                                          -draw(100000) - FRAME_RUN_HEADER, draw(UINT32_MAX) };
                struct records r = make_records(SIZE_MAX_TESTED);
                uint32_t at = 0, liar = draw(SIZE_MAX_TESTED / 2);

                fill_records(r.bytes, r.size, 3000);
                while (at < liar)
                        at += FRAME_RUN_HEADER + load_le32(r.bytes + at + 8);
                put_header(r.bytes + at, 1700000000, lies[i % 7], lies[i % 7]);
                check(&r);
                records_done(&r);
        }
}

static void longest_frames_are_found(void **unused _unused_) {
        struct records r = make_records(4 * (FRAME_RUN_HEADER + FRAME_RUN_FRAME_MAX) + 7);

        memset(r.bytes, 0, r.size);
        for (unsigned i = 0; i < 4; i++)
                put_header(r.bytes + i * (FRAME_RUN_HEADER + FRAME_RUN_FRAME_MAX), 5, FRAME_RUN_FRAME_MAX, FRAME_RUN_FRAME_MAX);
        assert_int_equal(check(&r), 4);
        records_done(&r);
}

static void what_is_cut_off_is_left_out(void **unused _unused_) {
        struct records whole = make_records(200000), cut;
        uint32_t size = fill_records(whole.bytes, whole.size, 3000);

        for (unsigned i = 0; i < 2000; i++) {
                cut = make_records(size - i);
                memcpy(cut.bytes, whole.bytes, cut.size);
                check(&cut);
                records_done(&cut);
                if (i > 100)
                        i += 97;
        }
        records_done(&whole);
}

struct writer {
        struct records *records;
        atomic_bool done;
};

/* Lengths and all else change all the time. Each is written as a whole, or the sanitizers had something to say of this thread. */
static void *write_anything(void *userdata) {
        struct writer *w = userdata;
        uint64_t random = 99;

        while (!atomic_load(&w->done)) {
                random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
                *(volatile uint8_t *) (w->records->bytes + (random >> 33) % w->records->size) = (uint8_t) (random >> 25);
        }
        return NULL;
}

/* What is found then may be anything, but lies within the memory, and in order. */
static void memory_may_change_meanwhile(void **unused _unused_) {
        struct records r = make_records(300000);
        _cleanup_(freep) const uint8_t **starts = malloc(FRAME_INDEX_ROOM(r.size) * sizeof *starts);
        struct writer writer = { .records = &r };
        pthread_t thread;

        assert_non_null(starts);
        assert_int_equal(pthread_create(&thread, NULL, write_anything, &writer), 0);
        for (unsigned i = 0; i < 300; i++) {
                size_t n;

                if (i % 20 == 0)
                        fill_records(r.bytes, r.size, 1000);
                n = frame_index_find(r.bytes, r.size, 1 + i % FRAME_INDEX_SECTIONS_MAX, starts);
                assert_ptr_equal(starts[0], r.bytes);
                for (size_t k = 0; k < n; k++) {
                        assert_true(starts[k + 1] >= starts[k] + FRAME_RUN_HEADER);
                        assert_true(starts[k + 1] - starts[k] <= FRAME_RUN_HEADER + (ptrdiff_t) FRAME_RUN_FRAME_MAX);
                }
                assert_true(starts[n] <= r.bytes + r.size);
        }
        atomic_store(&writer.done, true);
        pthread_join(thread, NULL);
        records_done(&r);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(sections_make_no_difference),
                cmocka_unit_test(little_memory_holds_few_records),
                cmocka_unit_test(records_may_be_empty),
                cmocka_unit_test(captures_within_frames_are_none),
                cmocka_unit_test(records_that_lie_end_it),
                cmocka_unit_test(longest_frames_are_found),
                cmocka_unit_test(what_is_cut_off_is_left_out),
                cmocka_unit_test(memory_may_change_meanwhile),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
