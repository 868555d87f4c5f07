/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include "engine/detect/waiting.h"
#include "tests/unit/inventory-fixture.h"

#define IFINDEX 2

struct message {
        struct heard heard;
        char letter;
};

/* What was judged, a letter a message. */
struct journal {
        struct waiting waiting;
        struct fixture f;
        struct detect_host host;
        char letters[32];
        size_t n;
};

static void judge(void *state, struct detect_host *host _unused_, const void *message) {
        struct journal *j = state;

        j->letters[j->n++] = ((const struct message *) message)->letter;
}

static bool says_again(const void *a, const void *b) {
        return ((const struct message *) a)->letter == ((const struct message *) b)->letter;
}

static const struct waiting_ops ops = { sizeof(struct message), judge, says_again };

/* On a machine that joins a network and has an address there, or none yet. */
static void configure(struct journal *j, const char *address) {
        struct inventory_interface interface = { .ifindex = IFINDEX, .name = "wlan0", .mac = mac_of("02:00:00:00:00:99"), .joins = true };

        if (address) {
                interface.addresses[0] = ip_of(address);
                interface.prefix_lengths[0] = 24;
                interface.n_addresses = 1;
        }
        inventory_set_interface(j->f.inventory, &interface, j->f.now);
}

static void journal_init(struct journal *j) {
        *j = (struct journal) {};
        fixture_init(&j->f, 0);
        j->host.inventory = j->f.inventory;
        assert_int_equal(waiting_init(&j->waiting, &ops), 0);
        configure(j, NULL);
}

static void journal_done(struct journal *j) {
        waiting_done(&j->waiting);
        fixture_done(&j->f);
}

static void take(struct journal *j, char letter, uint16_t vlan) {
        struct message m = { { j->f.now, IFINDEX, vlan }, letter };

        waiting_take(&j->waiting, j, &j->host, &m, j->f.now);
}

static void nothing_is_judged_before_the_machine_knows_where_it_is(void **state _unused_) {
        struct journal j;

        journal_init(&j);
        assert_true(waiting_next_deadline(&j.waiting) == UINT64_MAX);
        take(&j, 'a', 0);
        take(&j, 'b', 0);
        assert_string_equal(j.letters, "");
        assert_true(waiting_next_deadline(&j.waiting) == j.f.now + SEC);
        configure(&j, "192.0.2.7");
        waiting_take(&j.waiting, &j, &j.host, NULL, j.f.now);
        assert_string_equal(j.letters, "ab");
        assert_true(waiting_next_deadline(&j.waiting) == UINT64_MAX);
        take(&j, 'c', 0);
        assert_string_equal(j.letters, "abc");
        journal_done(&j);
}

static void waiting_ends(void **state _unused_) {
        struct journal j;

        journal_init(&j);
        take(&j, 'a', 0);
        j.f.now += 29 * SEC;
        take(&j, 'b', 0);
        assert_string_equal(j.letters, "");
        j.f.now += SEC;
        waiting_take(&j.waiting, &j, &j.host, NULL, j.f.now);
        assert_string_equal(j.letters, "a");
        waiting_flush(&j.waiting, &j, &j.host, j.f.now);
        assert_string_equal(j.letters, "ab");
        journal_done(&j);
}

static void what_says_the_same_waits_once_on_each_link(void **state _unused_) {
        struct journal j;

        journal_init(&j);
        take(&j, 'a', 0);
        take(&j, 'a', 0);
        take(&j, 'a', 7);
        waiting_flush(&j.waiting, &j, &j.host, j.f.now);
        assert_string_equal(j.letters, "aa");
        journal_done(&j);
}

static void the_first_of_too_many_is_judged_as_it_is(void **state _unused_) {
        struct journal j;

        journal_init(&j);
        for (char c = 'a'; c < 'a' + WAITING_MAX; c++)
                take(&j, c, 0);
        assert_string_equal(j.letters, "");
        take(&j, 'y', 0);
        take(&j, 'z', 0);
        assert_string_equal(j.letters, "ab");
        waiting_flush(&j.waiting, &j, &j.host, j.f.now);
        assert_string_equal(j.letters, "abcdefghyz");
        journal_done(&j);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(nothing_is_judged_before_the_machine_knows_where_it_is),
                cmocka_unit_test(waiting_ends),
                cmocka_unit_test(what_says_the_same_waits_once_on_each_link),
                cmocka_unit_test(the_first_of_too_many_is_judged_as_it_is),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
