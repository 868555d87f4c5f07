/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/flow/heavy-hitters.h"

#define KEYS 20000

/* What each key moved, counted for each by itself, beside what is tested. */
struct stream {
        struct heavy_hitters *hitters;
        uint64_t *exact; /* since the last turn */
        uint64_t total;
        uint32_t places;
        uint64_t random;
};

static struct heavy_key key_of(uint32_t n) {
        return (struct heavy_key) { { n, 0, 7 } };
}

static uint64_t next_random(struct stream *s) {
        s->random ^= s->random << 13;
        s->random ^= s->random >> 7;
        s->random ^= s->random << 17;
        return s->random;
}

static void begin(struct stream *s, uint32_t places) {
        *s = (struct stream) { .exact = calloc(KEYS, sizeof *s->exact), .places = places, .random = 88172645463325252 };
        assert_non_null(s->exact);
        assert_int_equal(heavy_hitters_new(&s->hitters, places, 0x1234567), 0);
}

static void end(struct stream *s) {
        heavy_hitters_free(s->hitters);
        free(s->exact);
}

static void add(struct stream *s, uint32_t n, uint64_t bytes) {
        struct heavy_amounts amounts = { { bytes / 3, bytes - bytes / 3 }, { 1, 2 } };
        struct heavy_key key = key_of(n);

        heavy_hitters_add(s->hitters, &key, &amounts);
        s->exact[n] += bytes;
        s->total += bytes;
}

static void turn(struct stream *s) {
        heavy_hitters_turn(s->hitters);
        memset(s->exact, 0, KEYS * sizeof *s->exact);
        s->total = 0;
}

/* Everything that heavy-hitters.h promises. */
static void check(const struct stream *s) {
        struct heavy_hitter *list = calloc(s->places, sizeof *list);
        size_t n = heavy_hitters_get(s->hitters, list, s->places);
        struct heavy_counters counters;
        bool *found = calloc(KEYS, sizeof *found);
        uint64_t sum = 0, before = UINT64_MAX;

        for (size_t i = 0; i < n; i++) {
                uint64_t bytes = list[i].amounts.bytes[0] + list[i].amounts.bytes[1], key = list[i].key.words[0];

                assert_true(key < KEYS && !found[key]);
                found[key] = true;
                assert_true(bytes > 0 && bytes <= before);
                before = bytes;
                assert_true(bytes <= s->exact[key]);
                assert_true(s->exact[key] <= bytes + list[i].error);
                assert_true(list[i].error <= s->total / s->places);
                sum += bytes + list[i].error;
        }
        for (uint32_t i = 0; i < KEYS; i++)
                if (s->exact[i] > s->total / s->places)
                        assert_true(found[i]);
        heavy_hitters_get_counters(s->hitters, &counters);
        assert_int_equal(counters.bytes, s->total);
        assert_true(counters.taken <= counters.places);
        /* Nothing is counted twice, and nothing is lost. */
        assert_int_equal(sum, s->total);
        free(found);
        free(list);
}

static void few_keys_are_exact(void **state _unused_) {
        struct heavy_hitter list[3];
        struct stream s;

        begin(&s, 3);
        assert_int_equal(heavy_hitters_get(s.hitters, list, 3), 0);
        add(&s, 1, 30);
        add(&s, 2, 300);
        add(&s, 1, 60);
        add(&s, 3, 0);
        assert_int_equal(heavy_hitters_get(s.hitters, list, 3), 2);
        assert_int_equal(list[0].key.words[0], 2);
        assert_int_equal(list[0].amounts.bytes[0], 100);
        assert_int_equal(list[0].amounts.bytes[1], 200);
        assert_int_equal(list[1].amounts.bytes[0] + list[1].amounts.bytes[1], 90);
        assert_int_equal(list[1].amounts.packets[1], 4);
        assert_int_equal(list[1].error, 0);
        assert_int_equal(heavy_hitters_get(s.hitters, list, 1), 1);
        assert_int_equal(list[0].key.words[0], 2);
        assert_int_equal(heavy_hitters_get(s.hitters, list, 0), 0);
        check(&s);
        end(&s);
}

/* Worked through by hand: c takes the place of a, who moved least. */
static void a_newcomer_inherits_the_least(void **state _unused_) {
        struct heavy_hitter list[2];
        struct heavy_counters counters;
        struct stream s;

        begin(&s, 2);
        add(&s, 1, 10);
        add(&s, 2, 25);
        add(&s, 3, 5);
        assert_int_equal(heavy_hitters_get(s.hitters, list, 2), 2);
        assert_int_equal(list[0].key.words[0], 2);
        assert_int_equal(list[1].key.words[0], 3);
        assert_int_equal(list[1].amounts.bytes[0] + list[1].amounts.bytes[1], 5);
        assert_int_equal(list[1].error, 10);
        heavy_hitters_get_counters(s.hitters, &counters);
        assert_int_equal(counters.displaced, 1);
        end(&s);
}

/* A few move most: key i about 1 / (i + 1) of the first, as names on a network do (Zipf). */
static void skewed_streams_keep_their_heavy_keys(void **state _unused_) {
        static const uint32_t places[] = { 1, 2, 16, 100, 1024 };

        for (size_t k = 0; k < ELEMENTSOF(places); k++) {
                struct stream s;

                begin(&s, places[k]);
                for (unsigned i = 0; i < 200000; i++) {
                        double u = (double) (next_random(&s) >> 11) / (double) (UINT64_C(1) << 53);
                        uint32_t key = (uint32_t) (1 / (u + 1.0 / KEYS)) - 1;

                        add(&s, MIN(key, (uint32_t) KEYS - 1), 64 + next_random(&s) % 1400);
                        if (i % 50000 == 0)
                                check(&s);
                }
                check(&s);
                end(&s);
        }
}

/* The true top ten of a skewed stream, in their order, with exact counts from the second interval on. */
static void the_top_ten_are_the_top_ten(void **state _unused_) {
        struct heavy_hitter list[10];
        struct stream s;

        begin(&s, 256);
        for (unsigned interval = 0; interval < 3; interval++) {
                turn(&s);
                for (unsigned round = 0; round < 100; round++) {
                        for (uint32_t i = 0; i < 10; i++)
                                add(&s, i, 20000 - 1000 * i);
                        for (unsigned noise = 0; noise < 500; noise++)
                                add(&s, 10 + (uint32_t) (next_random(&s) % (KEYS - 10)), 64);
                }
                check(&s);
                assert_int_equal(heavy_hitters_get(s.hitters, list, 10), 10);
                for (uint32_t i = 0; i < 10; i++) {
                        assert_int_equal(list[i].key.words[0], i);
                        assert_int_equal(list[i].amounts.bytes[0] + list[i].amounts.bytes[1], s.exact[i]);
                        assert_int_equal(list[i].error, 0);
                }
        }
        end(&s);
}

/* Worst cases: nobody comes twice; all move the same in turn; somebody comes back just after having lost its place. */
static void adversarial_streams_stay_within_the_bound(void **state _unused_) {
        struct stream s;

        begin(&s, 64);
        for (uint32_t i = 0; i < KEYS; i++)
                add(&s, i, 1500);
        check(&s);
        turn(&s);
        for (unsigned round = 0; round < 50; round++)
                for (uint32_t i = 0; i < 65; i++) /* one more than there are places */
                        add(&s, i, 100);
        check(&s);
        turn(&s);
        for (unsigned i = 0; i < 20000; i++) {
                add(&s, 0, 2);                    /* steady, and larger than the bound in the end */
                add(&s, 1 + i % (KEYS - 1), 1);   /* a flood of strangers */
        }
        check(&s);
        end(&s);
}

/* One that comes late and moves little at a time, but most of all in the end, is found. */
static void who_comes_late_is_not_kept_out(void **state _unused_) {
        struct heavy_hitter first;
        struct stream s;

        begin(&s, 16);
        for (uint32_t i = 0; i < 16; i++)
                add(&s, i, 1000000);
        for (unsigned i = 0; i < 100000; i++)
                add(&s, 17, 100);
        check(&s);
        assert_int_equal(heavy_hitters_get(s.hitters, &first, 1), 1);
        assert_int_equal(first.key.words[0], 17);
        end(&s);
}

static void a_turn_keeps_the_places_and_counts_anew(void **state _unused_) {
        struct heavy_hitter list[4];
        struct heavy_counters counters;
        struct stream s;

        begin(&s, 4);
        for (uint32_t i = 0; i < 8; i++)
                add(&s, i, 100 * (i + 1));
        turn(&s);
        assert_int_equal(heavy_hitters_get(s.hitters, list, 4), 0);
        heavy_hitters_get_counters(s.hitters, &counters);
        assert_int_equal(counters.taken, 4);
        assert_int_equal(counters.bytes, 0);
        add(&s, 7, 5);
        assert_int_equal(heavy_hitters_get(s.hitters, list, 4), 1);
        assert_int_equal(list[0].error, 0);
        check(&s);
        end(&s);
}

/* Keys that meet in one corner of the index come and go: all are still found. */
static void places_are_found_after_many_were_displaced(void **state _unused_) {
        struct stream s;

        begin(&s, 3);
        for (unsigned i = 0; i < 100000; i++) {
                add(&s, (uint32_t) (next_random(&s) % 12), 1 + next_random(&s) % 3);
                if (i % 1000 == 0)
                        check(&s);
                if (i % 7777 == 0)
                        turn(&s);
        }
        check(&s);
        end(&s);
}

static void addresses_are_keys(void **state _unused_) {
        struct ip_address a, b;
        struct heavy_key x, y;

        assert_int_equal(ip_parse("192.0.2.1", &a), 0);
        assert_int_equal(ip_parse("c000:201::", &b), 0); /* the same bytes */
        x = heavy_key_of_address(&a);
        y = heavy_key_of_address(&b);
        assert_memory_not_equal(&x, &y, sizeof x);
        b = heavy_key_to_address(&x);
        assert_true(ip_equal(&a, &b));
}

static void senseless_sizes_are_refused(void **state _unused_) {
        struct heavy_hitters *h = NULL;

        assert_int_equal(heavy_hitters_new(&h, 0, 1), -EINVAL);
        assert_int_equal(heavy_hitters_new(&h, HEAVY_HITTERS_MAX + 1, 1), -EINVAL);
        assert_null(h);
        assert_null(heavy_hitters_free(NULL));
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(few_keys_are_exact),
                cmocka_unit_test(a_newcomer_inherits_the_least),
                cmocka_unit_test(skewed_streams_keep_their_heavy_keys),
                cmocka_unit_test(the_top_ten_are_the_top_ten),
                cmocka_unit_test(adversarial_streams_stay_within_the_bound),
                cmocka_unit_test(who_comes_late_is_not_kept_out),
                cmocka_unit_test(a_turn_keeps_the_places_and_counts_anew),
                cmocka_unit_test(places_are_found_after_many_were_displaced),
                cmocka_unit_test(addresses_are_keys),
                cmocka_unit_test(senseless_sizes_are_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
