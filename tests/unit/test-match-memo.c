/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "engine/classify/match-memo.h"

static struct classify_evidence piece(enum fact_kind kind, enum fact_voice voice, const char *value) {
        return (struct classify_evidence) { kind, voice, value, 100 };
}

static int find(const struct match_memo *memo, struct classify_evidence evidence, const uint16_t **ret) {
        return match_memo_find(memo, &evidence, ret);
}

static void keep(struct match_memo *memo, struct classify_evidence evidence, const uint16_t *conditions, size_t n) {
        match_memo_keep(memo, &evidence, conditions, n);
}

static void what_holds_is_found_by_kind_voice_and_value(void **state _unused_) {
        _cleanup_(match_memo_freep) struct match_memo *memo = NULL;
        const uint16_t conditions[] = { 7, 8191 }, *found = NULL;

        assert_int_equal(match_memo_new(&memo, 1), 0);
        assert_int_equal(find(memo, piece(FACT_DHCP_HOSTNAME, VOICE_SELF, "tv"), &found), -ENOENT);
        keep(memo, piece(FACT_DHCP_HOSTNAME, VOICE_SELF, "tv"), conditions, 2);
        assert_int_equal(find(memo, piece(FACT_DHCP_HOSTNAME, VOICE_SELF, "tv"), &found), 2);
        assert_memory_equal(found, conditions, sizeof conditions);
        assert_int_equal(find(memo, piece(FACT_DHCP_HOSTNAME, VOICE_SERVES, "tv"), &found), 2);
        assert_int_equal(find(memo, piece(FACT_DHCP_HOSTNAME, VOICE_ASKS, "tv"), &found), -ENOENT);
        assert_int_equal(find(memo, piece(FACT_DHCP_FQDN, VOICE_SELF, "tv"), &found), -ENOENT);
        assert_int_equal(find(memo, piece(FACT_DHCP_HOSTNAME, VOICE_SELF, "tv2"), &found), -ENOENT);
        assert_int_equal(find(memo, piece(_FACT_KIND_INVALID, VOICE_SELF, "tv"), &found), -ENOENT);
}

static void that_nothing_holds_is_remembered_too(void **state _unused_) {
        _cleanup_(match_memo_freep) struct match_memo *memo = NULL;
        const uint16_t *found;

        assert_int_equal(match_memo_new(&memo, 1), 0);
        keep(memo, piece(_FACT_KIND_INVALID, VOICE_SELF, ""), NULL, 0);
        assert_int_equal(find(memo, piece(_FACT_KIND_INVALID, VOICE_SELF, ""), &found), 0);
        match_memo_forget(memo);
        assert_int_equal(find(memo, piece(_FACT_KIND_INVALID, VOICE_SELF, ""), &found), -ENOENT);
}

static void what_is_too_much_is_not_kept(void **state _unused_) {
        _cleanup_(match_memo_freep) struct match_memo *memo = NULL;
        uint16_t conditions[MATCHES_CONDITIONS_MAX + 1] = {};
        char value[MATCHES_VALUE_MAX + 2];
        const uint16_t *found;

        assert_int_equal(match_memo_new(&memo, 1), 0);
        keep(memo, piece(FACT_MDNS_TXT, VOICE_SELF, "a"), conditions, ELEMENTSOF(conditions));
        assert_int_equal(find(memo, piece(FACT_MDNS_TXT, VOICE_SELF, "a"), &found), -ENOENT);
        memset(value, 'x', sizeof value - 1);
        value[sizeof value - 1] = '\0';
        keep(memo, piece(FACT_MDNS_TXT, VOICE_SELF, value), conditions, 1);
        assert_int_equal(find(memo, piece(FACT_MDNS_TXT, VOICE_SELF, value), &found), -ENOENT);
        value[MATCHES_VALUE_MAX] = '\0';
        keep(memo, piece(FACT_MDNS_TXT, VOICE_SELF, value), conditions, ELEMENTSOF(conditions) - 1);
        assert_int_equal(find(memo, piece(FACT_MDNS_TXT, VOICE_SELF, value), &found), MATCHES_CONDITIONS_MAX);
}

/* Many more than there are places for. */
static void what_is_found_is_never_anothers(void **state _unused_) {
        _cleanup_(match_memo_freep) struct match_memo *memo = NULL;
        unsigned hits = 0;

        assert_int_equal(match_memo_new(&memo, 1), 0);
        for (unsigned i = 0; i < 40000; i++) {
                uint16_t number = i % 8 == 0 ? 7 : (uint16_t) i;
                const uint16_t *found;
                char value[16];
                int n;

                snprintf(value, sizeof value, "%u", number);
                n = find(memo, piece(FACT_SSDP_NT, VOICE_SELF, value), &found);
                if (n >= 0) {
                        assert_int_equal(n, 1);
                        assert_int_equal(found[0], number);
                        hits++;
                }
                keep(memo, piece(FACT_SSDP_NT, VOICE_SELF, value), &number, 1);
        }
        assert_true(hits > 1000);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_holds_is_found_by_kind_voice_and_value),
                cmocka_unit_test(that_nothing_holds_is_remembered_too),
                cmocka_unit_test(what_is_too_much_is_not_kept),
                cmocka_unit_test(what_is_found_is_never_anothers),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
