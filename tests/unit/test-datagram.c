/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include <errno.h>

#include "tests/unit/datagram-log.h"

/* A fragment of a ClientHello in DTLS: bytes 0 to 9 of 100. */
static const uint8_t part[] = {
        22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 1, 0, 22,  /* record: handshake, DTLS 1.2, epoch 0, sequence 1, length */
        1, 0, 0, 100, 0, 0, 0, 0, 0, 0, 0, 10,          /* ClientHello, length 100, sequence 0, offset 0, 10 bytes */
        0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0,
};

static struct datagram_counters counters_of(const struct datagram_log *l) {
        struct datagram_counters counters;

        datagram_table_get_counters(l->table, &counters);
        return counters;
}

static void pieces_are_put_where_they_belong(void **state _unused_) {
        static struct datagram_pieces p;

        assert_int_equal(datagram_pieces_put(&p, 2, cursor_make("cd", 2)), 0);
        assert_int_equal(p.ready, 0);
        assert_int_equal(datagram_pieces_put(&p, 0, cursor_make("abX", 3)), 0); /* the first copy of a byte counts */
        assert_int_equal(p.ready, 4);
        assert_memory_equal(p.data, "abcd", 4);
        assert_int_equal(datagram_pieces_put(&p, DATAGRAM_MESSAGE_MAX - 1, cursor_make("z", 1)), 0);
        assert_int_equal(datagram_pieces_put(&p, DATAGRAM_MESSAGE_MAX - 1, cursor_make("zz", 2)), -ENOBUFS);
        assert_int_equal(datagram_pieces_put(&p, UINT64_MAX, cursor_make("z", 1)), -ENOBUFS);
        assert_int_equal(p.ready, 4);
}

static void unfinished_messages_are_bounded(void **state _unused_) {
        struct datagram_log l;

        datagram_log_begin(&l);
        for (unsigned i = 1; i <= 1000; i++) {
                l.port = (uint16_t) (10000 + i);
                l.ts = i;
                assert_true(datagram_log_say(&l, 0, part, sizeof part));
        }
        assert_int_equal(counters_of(&l).unfinished_max, 64);
        assert_int_equal(counters_of(&l).dropped, 1000 - 64);
        datagram_log_end(&l);
}

static void old_pieces_are_forgotten(void **state _unused_) {
        struct datagram_log l;

        datagram_log_begin(&l);
        datagram_log_say(&l, 0, part, sizeof part);
        l.ts = DATAGRAM_MESSAGE_TIME;
        datagram_log_say(&l, 0, part, sizeof part);
        assert_int_equal(counters_of(&l).dropped, 0);
        l.ts = 3 * DATAGRAM_MESSAGE_TIME;
        datagram_log_say(&l, 0, part, sizeof part);
        assert_int_equal(counters_of(&l).dropped, 1);
        assert_int_equal(counters_of(&l).unfinished, 1);
        datagram_log_end(&l);
}

static void other_datagrams_are_left_to_others(void **state _unused_) {
        static const char *const others[] = { "", "\x16", "GET / HTTP/1.1", "\x80\0\0\0", "\x16\xfe\xfd\0\0\0\0\0\0\0\0\0\4abcd" };
        struct datagram_log l;

        datagram_log_begin(&l);
        for (size_t i = 0; i < ELEMENTSOF(others); i++)
                assert_false(datagram_log_say(&l, 0, others[i], strlen(others[i])));
        assert_int_equal(counters_of(&l).parsers[0].packets, 0);
        datagram_log_end(&l);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(pieces_are_put_where_they_belong),
                cmocka_unit_test(unfinished_messages_are_bounded),
                cmocka_unit_test(old_pieces_are_forgotten),
                cmocka_unit_test(other_datagrams_are_left_to_others),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
