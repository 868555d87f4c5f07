/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include <string.h>

#include "engine/classify/vendor.h"

static const char *vendor_of(struct vendor_db *db, const char *text) {
        struct mac_address mac;

        assert_int_equal(mac_parse(text, &mac), 0);
        return vendor_db_lookup(db, &mac);
}

static void registered_addresses_have_a_vendor(void **state) {
        struct vendor_db *db = *state;

        if (!db)
                SKIP("no hardware database on this machine");
        /* 08-00-20: registered to Sun, now Oracle. Twice: the second answer comes from the cache. */
        assert_non_null(strstr(vendor_of(db, "08:00:20:01:02:03"), "Oracle"));
        assert_non_null(strstr(vendor_of(db, "08:00:20:01:02:03"), "Oracle"));
}

/* 70-B3-D5 is split into blocks of 4096 addresses (MA-S), which have different vendors. */
static void small_blocks_are_told_apart(void **state) {
        struct vendor_db *db = *state;
        const char *one, *other;

        if (!db)
                SKIP("no hardware database on this machine");
        one = vendor_of(db, "70:b3:d5:00:20:00");
        other = vendor_of(db, "70:b3:d5:00:30:00");
        assert_non_null(one);
        assert_non_null(other);
        assert_string_not_equal(one, other);
        assert_string_equal(vendor_of(db, "70:b3:d5:00:20:01"), one);
}

static void made_up_addresses_have_none(void **state) {
        struct vendor_db *db = *state;

        assert_null(vendor_of(db, "0a:00:20:01:02:03"));
        assert_null(vendor_of(db, "01:00:5e:00:00:01"));
        assert_null(vendor_of(db, "00:00:00:00:00:00"));
        assert_null(vendor_of(db, "00:00:00:00:00:01"));
        assert_null(vendor_of(db, "00:00:09:00:00:01"));
        assert_null(vendor_of(NULL, "08:00:20:01:02:03"));
}

static bool is_random(const char *text) {
        struct mac_address mac;

        assert_int_equal(mac_parse(text, &mac), 0);
        return vendor_is_random(&mac);
}

static void hypervisors_addresses_are_not_random(void **state) {
        assert_string_equal(vendor_of(*state, "52:54:00:12:34:56"), "QEMU");
        assert_string_equal(vendor_of(NULL, "02:42:ac:11:00:02"), "Docker");
        assert_string_equal(vendor_of(NULL, "0a:00:27:00:00:00"), "VirtualBox");
        assert_false(is_random("52:54:00:12:34:56"));
        assert_false(is_random("08:00:20:01:02:03"));
        assert_true(is_random("52:54:01:12:34:56"));
        assert_true(is_random("da:a1:19:00:11:22"));
}

static int open_db(void **state) {
        struct vendor_db *db = NULL;

        if (vendor_db_new(&db) < 0)
                db = NULL;
        *state = db;
        return 0;
}

static int close_db(void **state) {
        vendor_db_free(*state);
        return 0;
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(registered_addresses_have_a_vendor),
                cmocka_unit_test(small_blocks_are_told_apart),
                cmocka_unit_test(made_up_addresses_have_none),
                cmocka_unit_test(hypervisors_addresses_are_not_random),
        };

        return cmocka_run_group_tests(tests, open_db, close_db);
}
