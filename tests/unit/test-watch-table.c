/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include "common/macro.h"
#include "engine/detect/watch-table.h"

struct record {
        uint64_t a;
        uint32_t b;
};

static void records_begin_with_zeros_and_stay(void **state _unused_) {
        struct watch_table *t;
        struct record *r;
        bool fresh;

        assert_int_equal(watch_table_new(&t, sizeof *r, 4), 0);
        r = watch_table_get(t, 7, &fresh);
        assert_true(fresh && r->a == 0 && r->b == 0);
        r->b = 5;
        r = watch_table_get(t, 7, &fresh);
        assert_true(!fresh && r->b == 5);
        assert_true(watch_table_key(r) == 7);
        assert_null(watch_table_find(t, 8));
        watch_table_remove(t, r);
        assert_int_equal(watch_table_count(t), 0);
        watch_table_free(t);
}

static void the_longest_unasked_for_goes_first(void **state _unused_) {
        struct watch_table *t;
        struct record *r = NULL;
        unsigned n = 0;
        bool fresh;

        assert_int_equal(watch_table_new(&t, sizeof *r, 3), 0);
        for (uint64_t key = 1; key <= 3; key++)
                ((struct record *) watch_table_get(t, key, &fresh))->a = key;
        watch_table_use(t, watch_table_find(t, 1));
        watch_table_find(t, 2); /* reading does not promote */
        r = watch_table_get(t, 4, &fresh);
        assert_true(fresh && r->a == 0);
        assert_null(watch_table_find(t, 2));
        assert_non_null(watch_table_find(t, 1));
        assert_int_equal(watch_table_count(t), 3);
        r = NULL;
        while ((r = watch_table_next(t, r)))
                n++;
        assert_int_equal(n, 3);
        watch_table_free(t);
}

/* Two bytes are beside each record, which say whose they are. */
static void what_is_beside_a_record_is_its_own(void **state _unused_) {
        struct record *records[4];
        struct watch_table *t;
        bool fresh;

        assert_int_equal(watch_table_new_beside(&t, sizeof(struct record), 4, sizeof(uint16_t)), 0);
        for (uint64_t round = 0; round < 3; round++) {
                for (uint64_t i = 0; i < 4; i++) {
                        records[i] = watch_table_get(t, round * 2 + i, &fresh);
                        *(uint16_t *) watch_table_beside(t, records[i]) = (uint16_t) (round * 2 + i);
                }
                for (unsigned i = 0; i < 4; i++) {
                        assert_int_equal(*(uint16_t *) watch_table_beside(t, records[i]), round * 2 + i);
                        assert_true(watch_table_key(records[i]) == round * 2 + i);
                }
        }
        /* What is given back is used again, whatever was removed. */
        watch_table_remove(t, records[2]);
        watch_table_remove(t, records[0]);
        assert_int_equal(watch_table_count(t), 2);
        for (uint64_t i = 100; i < 102; i++)
                assert_ptr_equal(watch_table_get(t, i, &fresh), records[i == 100 ? 0 : 2]);
        assert_ptr_equal(watch_table_next(t, NULL), records[1]);
        assert_int_equal(*(uint16_t *) watch_table_beside(t, records[1]), 5);
        watch_table_free(t);
}

static void one_record_gives_way_to_the_next(void **state _unused_) {
        struct watch_table *t;
        bool fresh;

        assert_int_equal(watch_table_new(&t, sizeof(struct record), 1), 0);
        for (uint64_t i = 0; i < 10; i++) {
                assert_non_null(watch_table_get(t, i, &fresh));
                assert_true(fresh);
                assert_int_equal(watch_table_count(t), 1);
                assert_non_null(watch_table_find(t, i));
                assert_true(i == 0 || !watch_table_find(t, i - 1));
        }
        watch_table_free(t);
}

static void a_million_keys_keep_its_size(void **state _unused_) {
        struct record *r = NULL;
        struct watch_table *t;
        bool fresh;

        assert_int_equal(watch_table_new(&t, sizeof(struct record), 512), 0);
        for (uint64_t i = 0; i < 1000000; i++)
                assert_non_null(watch_table_get(t, watch_key(&i, sizeof i, "", 0, 0), &fresh));
        assert_int_equal(watch_table_count(t), 512);
        /* The last ones, in their order. */
        for (uint64_t i = 1000000 - 512; i < 1000000; i++) {
                r = watch_table_next(t, r);
                assert_true(watch_table_key(r) == watch_key(&i, sizeof i, "", 0, 0));
                assert_ptr_equal(watch_table_find(t, watch_table_key(r)), r);
        }
        watch_table_free(t);
}

/* Each of what goes into a key makes another one of it. */
static void keys_differ_by_each_part(void **state _unused_) {
        const uint8_t a[4] = { 192, 0, 2, 1 }, b[4] = { 192, 0, 2, 2 };
        const struct ip_address one = ip_from_v4(a), two = ip_from_v4(b);
        const struct mac_address first = { { 2, 0, 0, 0, 0, 1 } }, second = { { 2, 0, 0, 0, 0, 2 } };
        struct ip_address same_bytes = one;
        uint64_t keys[9];

        same_bytes.family = AF_INET6;
        keys[0] = watch_ip_key(&one, 0);
        keys[1] = watch_ip_key(&two, 0);
        keys[2] = watch_ip_key(&one, 1);
        keys[3] = watch_ip_key(&one, UINT64_C(1) << 32);
        keys[4] = watch_ip_key(&same_bytes, 0);
        keys[5] = watch_mac_key(&first, 0);
        keys[6] = watch_mac_key(&second, 0);
        keys[7] = watch_mac_key(&first, 1);
        keys[8] = watch_ip_key(&one, watch_mac_key(&first, 0));
        for (size_t i = 0; i < ELEMENTSOF(keys); i++)
                for (size_t j = 0; j < i; j++)
                        assert_true(keys[i] != keys[j] && (uint32_t) keys[i] != (uint32_t) keys[j]);
        assert_true(watch_ip_key(&one, 1) == keys[2]);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(records_begin_with_zeros_and_stay),
                cmocka_unit_test(the_longest_unasked_for_goes_first),
                cmocka_unit_test(what_is_beside_a_record_is_its_own),
                cmocka_unit_test(one_record_gives_way_to_the_next),
                cmocka_unit_test(a_million_keys_keep_its_size),
                cmocka_unit_test(keys_differ_by_each_part),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
