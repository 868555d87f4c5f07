/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include "engine/detect/link-messages.h"
#include "tests/unit/inventory-fixture.h"

#define IFINDEX 2

struct message {
        struct link_message head;
        struct journal *journal; /* where it is told that it was judged */
        char letter;
};

struct link {
        struct learned learned;
        unsigned n; /* messages that were judged */
};

/* What was judged, a letter a message, and how many of its link were by then. */
struct journal {
        struct link_messages *messages;
        struct fixture f;
        struct detect_host host;
        char letters[32], counts[32];
        size_t n;
};

static void judge(void *record, struct detect_host *host _unused_, const void *message) {
        const struct message *m = message;
        struct journal *j = m->journal;
        struct link *link = record;

        j->letters[j->n] = m->letter;
        j->counts[j->n++] = (char) ('0' + ++link->n);
}

static bool is_whole(const void *message) {
        return ((const struct message *) message)->letter;
}

static bool says_again(const void *a, const void *b) {
        return ((const struct message *) a)->letter == ((const struct message *) b)->letter;
}

static const struct link_messages_ops ops = { sizeof(struct message), sizeof(struct link), judge, is_whole, says_again };

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
        void *state;

        *j = (struct journal) {};
        fixture_init(&j->f, 0);
        j->host.inventory = j->f.inventory;
        assert_int_equal(link_messages_new(&state, &ops), 0);
        j->messages = state;
        configure(j, NULL);
}

static void journal_done(struct journal *j) {
        link_messages_free(j->messages);
        fixture_done(&j->f);
}

static struct message *begin(struct journal *j, const struct fact *fact) {
        struct message *m = link_messages_begin(j->messages, fact);

        m->journal = j;
        return m;
}

static void take(struct journal *j, char letter, uint16_t vlan) {
        begin(j, &(struct fact) { .ts = j->f.now, .ifindex = IFINDEX, .vlan = vlan })->letter = letter;
        link_messages_finish(j->messages, &j->host, j->f.now);
}

static void nothing_is_judged_before_the_machine_knows_where_it_is(void **state _unused_) {
        struct journal j;

        journal_init(&j);
        assert_true(link_messages_next_deadline(j.messages) == UINT64_MAX);
        take(&j, 'a', 0);
        take(&j, 'b', 0);
        assert_string_equal(j.letters, "");
        assert_true(link_messages_next_deadline(j.messages) == j.f.now + SEC);
        configure(&j, "192.0.2.7");
        link_messages_advance(j.messages, &j.host, j.f.now, false);
        assert_string_equal(j.letters, "ab");
        assert_true(link_messages_next_deadline(j.messages) == UINT64_MAX);
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
        link_messages_advance(j.messages, &j.host, j.f.now, false);
        assert_string_equal(j.letters, "a");
        link_messages_advance(j.messages, &j.host, j.f.now, true);
        assert_string_equal(j.letters, "ab");
        journal_done(&j);
}

static void what_says_the_same_waits_once_on_each_link(void **state _unused_) {
        struct journal j;

        journal_init(&j);
        take(&j, 'a', 0);
        take(&j, 'a', 0);
        take(&j, 'a', 7);
        link_messages_advance(j.messages, &j.host, j.f.now, true);
        assert_string_equal(j.letters, "aa");
        assert_string_equal(j.counts, "11");
        journal_done(&j);
}

static void the_first_of_too_many_is_judged_as_it_is(void **state _unused_) {
        struct journal j;

        journal_init(&j);
        for (char c = 'a'; c < 'a' + LINK_MESSAGES_WAITING_MAX; c++)
                take(&j, c, 0);
        assert_string_equal(j.letters, "");
        take(&j, 'y', 0);
        take(&j, 'z', 0);
        assert_string_equal(j.letters, "ab");
        link_messages_advance(j.messages, &j.host, j.f.now, true);
        assert_string_equal(j.letters, "abcdefghyz");
        assert_string_equal(j.counts, "123456789:");
        journal_done(&j);
}

static void a_message_is_gathered_from_one_frame(void **state _unused_) {
        struct fact fact = { .frame = 3, .ifindex = IFINDEX }, other;
        struct journal j;
        struct message *m;

        journal_init(&j);
        configure(&j, "192.0.2.7");
        fact.ts = j.f.now;
        assert_null(link_messages_of(j.messages, &fact));
        m = begin(&j, &fact);
        assert_int_equal(m->letter, '\0');
        assert_true(m->head.ts == fact.ts && m->head.frame == 3 && m->head.ifindex == IFINDEX && m->head.vlan == 0);
        assert_ptr_equal(link_messages_of(j.messages, &fact), m);
        other = fact;
        other.frame = 4;
        assert_null(link_messages_of(j.messages, &other));
        other = fact;
        other.ts++;
        assert_null(link_messages_of(j.messages, &other));
        assert_true(link_messages_next_deadline(j.messages) == fact.ts); /* it is over when time goes on */
        m->letter = 'a';
        link_messages_finish(j.messages, &j.host, j.f.now);
        assert_null(link_messages_of(j.messages, &fact));
        assert_string_equal(j.letters, "a");
        journal_done(&j);
}

static void what_is_not_whole_or_dropped_does_not_count(void **state _unused_) {
        struct fact fact = { .ifindex = IFINDEX };
        struct journal j;

        journal_init(&j);
        configure(&j, "192.0.2.7");
        begin(&j, &fact);
        link_messages_finish(j.messages, &j.host, j.f.now);
        begin(&j, &fact)->letter = 'a';
        link_messages_drop(j.messages);
        link_messages_advance(j.messages, &j.host, j.f.now, true);
        assert_string_equal(j.letters, "");
        journal_done(&j);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(nothing_is_judged_before_the_machine_knows_where_it_is),
                cmocka_unit_test(waiting_ends),
                cmocka_unit_test(what_says_the_same_waits_once_on_each_link),
                cmocka_unit_test(the_first_of_too_many_is_judged_as_it_is),
                cmocka_unit_test(a_message_is_gathered_from_one_frame),
                cmocka_unit_test(what_is_not_whole_or_dropped_does_not_count),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
