/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include "engine/detect/majority-vote.h"

static const struct mac_address alice = { { 2, 0, 0, 0, 0, 1 } }, bob = { { 2, 0, 0, 0, 0, 2 } };

static void take_times(struct majority_vote *vote, const struct mac_address *mac, unsigned n) {
        for (unsigned i = 0; i < n; i++)
                majority_vote_take(vote, mac);
}

static void whoever_has_more_than_half_is_named(void **state _unused_) {
        struct majority_vote vote = { 0 };

        /* Others first, between and last: 99 of them against 100. */
        take_times(&vote, &bob, 40);
        take_times(&vote, &alice, 50);
        for (uint8_t i = 0; i < 30; i++)
                majority_vote_take(&vote, &(struct mac_address) { { 2, 0, 0, 0, 1, i } });
        take_times(&vote, &alice, 50);
        take_times(&vote, &bob, 29);
        assert_true(mac_equal(&vote.mac, &alice));
        assert_true(vote.lead > 0);
}

static void senders_that_are_all_others_have_no_lead(void **state _unused_) {
        struct majority_vote vote = { 0 };

        for (unsigned i = 0; i < 1000; i++)
                majority_vote_take(&vote, &(struct mac_address) { { 2, 0, 0, 0, (uint8_t) (i >> 8), (uint8_t) i } });
        assert_in_range(vote.lead, 0, 1);
}

static void a_lead_has_an_end(void **state _unused_) {
        struct majority_vote vote = { alice, MAJORITY_LEAD_MAX };

        majority_vote_take(&vote, &alice);
        assert_int_equal(vote.lead, MAJORITY_LEAD_MAX);
        majority_vote_take(&vote, &bob);
        assert_int_equal(vote.lead, MAJORITY_LEAD_MAX - 1);
        assert_true(mac_equal(&vote.mac, &alice));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(whoever_has_more_than_half_is_named),
                cmocka_unit_test(senders_that_are_all_others_have_no_lead),
                cmocka_unit_test(a_lead_has_an_end),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
