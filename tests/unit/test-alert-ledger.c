/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include <errno.h>

#include "engine/detect/alert-ledger.h"
#include "tests/unit/inventory-fixture.h"

#define EVIL "00:0c:29:ee:77:66"

struct log {
        struct fixture f;
        struct alert_ledger *ledger;
        unsigned raised, changed;
        uint32_t changes;
        struct alert last;
        char message[512], name[64], peer[64], details[64];
};

static void keep(struct log *log, const struct alert *alert) {
        log->last = *alert;
        snprintf(log->message, sizeof log->message, "%s", alert->message);
        snprintf(log->name, sizeof log->name, "%s", alert->name);
        snprintf(log->peer, sizeof log->peer, "%s", alert->peer);
        snprintf(log->details, sizeof log->details, "%s", alert->details);
}

static void on_raised(void *userdata, const struct alert *alert) {
        struct log *log = userdata;

        log->raised++;
        keep(log, alert);
}

static void on_changed(void *userdata, const struct alert *alert, uint32_t changes) {
        struct log *log = userdata;

        log->changed++;
        log->changes = changes;
        keep(log, alert);
}

static void log_init(struct log *log) {
        struct alert_ledger_ops ops = { on_raised, on_changed, log };

        *log = (struct log) {};
        fixture_init(&log->f, 0);
        assert_int_equal(alert_ledger_new(&log->ledger, 1, &ops), 0);
        alert_ledger_set_cool_down(log->ledger, 60 * SEC);
}

static void log_done(struct log *log) {
        alert_ledger_free(log->ledger);
        fixture_done(&log->f);
}

static struct finding found(const struct log *log) {
        return (struct finding) {
                .kind = ALERT_PORT_SCAN,
                .severity = SEVERITY_WARNING,
                .ts = log->f.now,
                .mac = mac_of(EVIL),
                .ip = ip_of("192.168.77.66"),
                .key = 1,
                .peer = "192.168.77.12",
                .predicate = "scans 192.168.77.12.",
                .details = "{}",
        };
}

static void advance(struct log *log, uint64_t seconds) {
        log->f.now += seconds * SEC;
        alert_ledger_advance(log->ledger, log->f.inventory, log->f.now, false);
}

static void find(struct log *log) {
        struct finding finding = found(log);

        alert_ledger_take(log->ledger, &finding);
}

static void is_told_with_its_device_once_time_passes(void **state _unused_) {
        struct log log;

        log_init(&log);
        find(&log);
        assert_int_equal(log.raised, 0);
        say(&log.f, EVIL, "192.168.77.66", FACT_DHCP_HOSTNAME, "evil");
        inventory_advance(log.f.inventory, log.f.now + 1);
        assert_true(alert_ledger_next_deadline(log.ledger) <= log.f.now);
        advance(&log, 1);
        assert_int_equal(log.raised, 1);
        assert_true(log.last.id == 1 && log.last.device == inventory_get_by_mac(log.f.inventory, &log.last.mac)->id);
        assert_string_equal(log.message, "evil (" EVIL " at 192.168.77.66) scans 192.168.77.12.");
        assert_string_equal(log.name, "evil");
        assert_string_equal(log.peer, "192.168.77.12");
        assert_int_equal(log.last.state, ALERT_ACTIVE);
        assert_int_equal(log.last.count, 1);
        log_done(&log);
}

static void unknown_device_is_named_by_its_address(void **state _unused_) {
        struct log log;

        log_init(&log);
        find(&log);
        advance(&log, 1);
        assert_string_equal(log.message, EVIL " (192.168.77.66) scans 192.168.77.12.");
        assert_true(log.last.device == 0);
        log_done(&log);
}

static void repeated_is_counted_and_not_told_anew(void **state _unused_) {
        struct log log;

        log_init(&log);
        for (unsigned i = 0; i < 30; i++) {
                find(&log);
                advance(&log, 1);
        }
        assert_int_equal(log.raised, 1);
        /* News of the count no more often than every ten seconds. */
        assert_in_range(log.changed, 2, 3);
        assert_int_equal(log.changes, ALERT_CHANGE_COUNT);
        assert_in_range(log.last.count, 20, 30);
        alert_ledger_advance(log.ledger, log.f.inventory, log.f.now, true);
        assert_int_equal(log.last.count, 30);
        assert_true(log.last.last == T0 + 29 * SEC && log.last.first == T0);
        log_done(&log);
}

static void quiet_for_the_cool_down_is_resolved_and_told_anew_after(void **state _unused_) {
        struct log log;

        log_init(&log);
        find(&log);
        advance(&log, 1);
        assert_true(alert_ledger_next_deadline(log.ledger) == T0 + 60 * SEC);
        advance(&log, 58);
        assert_int_equal(log.changed, 0);
        advance(&log, 1);
        assert_int_equal(log.changed, 1);
        assert_int_equal(log.changes, ALERT_CHANGE_STATE);
        assert_int_equal(log.last.state, ALERT_RESOLVED);
        assert_true(alert_ledger_next_deadline(log.ledger) == UINT64_MAX);
        find(&log);
        advance(&log, 1);
        assert_int_equal(log.raised, 2);
        assert_int_equal(log.last.id, 2);
        log_done(&log);
}

static void severity_rises_at_once_and_never_falls(void **state _unused_) {
        struct finding finding;
        struct log log;

        log_init(&log);
        find(&log);
        advance(&log, 1);
        finding = found(&log);
        finding.severity = SEVERITY_CRITICAL;
        finding.predicate = "scans everything.";
        finding.details = "{\"n\":2}";
        alert_ledger_take(log.ledger, &finding);
        advance(&log, 1);
        assert_int_equal(log.changed, 1);
        assert_true(log.changes & ALERT_CHANGE_SEVERITY);
        assert_int_equal(log.last.severity, SEVERITY_CRITICAL);
        assert_non_null(strstr(log.message, "scans everything."));
        assert_string_equal(log.details, "{\"n\":2}");
        find(&log);
        alert_ledger_advance(log.ledger, log.f.inventory, log.f.now, true);
        assert_int_equal(log.last.severity, SEVERITY_CRITICAL);
        assert_non_null(strstr(log.message, "scans everything."));
        log_done(&log);
}

static void other_key_kind_or_offender_is_another_alert(void **state _unused_) {
        struct finding a, b, c;
        struct log log;

        log_init(&log);
        a = b = c = found(&log);
        a.key = 2;
        b.kind = ALERT_HOST_SCAN;
        c.mac = mac_of("02:00:00:00:00:01");
        find(&log);
        alert_ledger_take(log.ledger, &a);
        alert_ledger_take(log.ledger, &b);
        alert_ledger_take(log.ledger, &c);
        advance(&log, 1);
        assert_int_equal(log.raised, 4);
        log_done(&log);
}

static void events_have_nothing_to_resolve(void **state _unused_) {
        struct finding finding;
        struct log log;

        log_init(&log);
        finding = found(&log);
        finding.kind = ALERT_NEW_SERVICE;
        alert_ledger_take(log.ledger, &finding);
        advance(&log, 1);
        assert_int_equal(log.last.state, ALERT_EVENT);
        advance(&log, 100);
        assert_int_equal(log.raised, 1);
        assert_int_equal(log.changed, 0);
        log_done(&log);
}

static struct alert_exception exception_of(uint64_t id) {
        return (struct alert_exception) { .id = id, .kind = _ALERT_KIND_INVALID };
}

static unsigned raised_with(const struct alert_exception *exception) {
        unsigned raised;
        struct log log;

        log_init(&log);
        say(&log.f, EVIL, "192.168.77.66", FACT_DHCP_HOSTNAME, "evil");
        inventory_advance(log.f.inventory, log.f.now + 1);
        assert_int_equal(alert_ledger_set_exceptions(log.ledger, exception, 1), 0);
        find(&log);
        advance(&log, 1);
        raised = log.raised;
        log_done(&log);
        return raised;
}

static void exceptions_hold_for_what_they_name(void **state _unused_) {
        struct alert_exception e = exception_of(1);

        assert_int_equal(raised_with(&e), 0);
        e.kind = ALERT_PORT_SCAN;
        assert_int_equal(raised_with(&e), 0);
        e.kind = ALERT_HOST_SCAN;
        assert_int_equal(raised_with(&e), 1);
        e = exception_of(1);
        e.device = 12345;
        assert_int_equal(raised_with(&e), 1);
        e = exception_of(1);
        strcpy(e.peer, "192.168.77.12");
        assert_int_equal(raised_with(&e), 0);
        strcpy(e.peer, "192.168.77.1");
        assert_int_equal(raised_with(&e), 1);
        e = exception_of(1);
        e.expires = T0;
        assert_int_equal(raised_with(&e), 1);
        e.expires = T0 + 3600 * SEC;
        assert_int_equal(raised_with(&e), 0);
}

static void peers_match_with_or_without_port_and_name(void **state _unused_) {
        static const struct {
                const char *wanted, *peer;
                bool matches;
        } cases[] = {
                { "192.0.2.1", "192.0.2.1:22 (nas)", true },     { "192.0.2.1:22", "192.0.2.1:22 (nas)", true },
                { "192.0.2.1:2", "192.0.2.1:22 (nas)", false },  { "192.0.2.1", "192.0.2.12", false },
                { "2001:db8::1", "2001:db8::1:5", false },       { "2001:db8::1", "[2001:db8::1]:22", true },
                { "2001:db8::1", "2001:db8::1 (nas)", true },    { "[2001:db8::1]:22", "[2001:db8::1]:22", true },
                { "2001:db8::1", "[2001:db8::12]:22", false },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                struct alert_exception e = exception_of(1);
                struct alert alert = { .peer = cases[i].peer };

                strcpy(e.peer, cases[i].wanted);
                assert_int_equal(alert_exception_matches(&e, &alert, T0), cases[i].matches);
        }
}

static void exceptions_count_and_can_be_revoked(void **state _unused_) {
        struct alert_exception e = exception_of(7);
        const struct alert_exception *kept;
        struct log log;
        size_t n;

        log_init(&log);
        assert_int_equal(alert_ledger_set_exceptions(log.ledger, &e, 1), 0);
        find(&log);
        advance(&log, 1);
        find(&log);
        advance(&log, 1);
        kept = alert_ledger_exceptions(log.ledger, &n);
        assert_int_equal(n, 1);
        assert_true(kept[0].hits == 1 && kept[0].last_hit == T0 + SEC);
        /* The same exceptions anew keep what they counted. */
        assert_int_equal(alert_ledger_set_exceptions(log.ledger, &e, 1), 0);
        assert_int_equal(alert_ledger_exceptions(log.ledger, &n)[0].hits, 1);
        assert_int_equal(alert_ledger_set_exceptions(log.ledger, NULL, 0), 0);
        assert_int_equal(log.raised, 0);
        find(&log);
        advance(&log, 1);
        assert_int_equal(log.raised, 1);
        assert_int_equal(alert_ledger_set_exceptions(log.ledger, &e, ALERT_EXCEPTIONS_MAX + 1), -E2BIG);
        log_done(&log);
}

static void a_flood_of_findings_is_bounded(void **state _unused_) {
        struct alert_ledger_counters counters;
        struct finding finding;
        struct log log;

        log_init(&log);
        for (unsigned i = 0; i < 100000; i++) {
                finding = found(&log);
                finding.key = i;
                alert_ledger_take(log.ledger, &finding);
                if (i % 1000 == 0)
                        advance(&log, 1);
        }
        advance(&log, 1);
        alert_ledger_get_counters(log.ledger, &counters);
        assert_true(counters.raised == log.raised && log.raised < 40);
        assert_true(counters.suppressed > 90000);
        /* Another kind is heard all the same. */
        finding = found(&log);
        finding.kind = ALERT_ARP_SPOOFING;
        alert_ledger_take(log.ledger, &finding);
        advance(&log, 1);
        assert_int_equal(log.last.kind, ALERT_ARP_SPOOFING);
        log_done(&log);
}

/* The messages of all others name an address, a name or an amount that is not for everybody. */
static void kinds_whose_own_message_names_nobody_else(void **state _unused_) {
        static const enum alert_kind open[] = { ALERT_NEW_DEVICE, ALERT_DEVICE_RETURNED, ALERT_IDENTITY_CHANGED, ALERT_MAC_CLONED,
                                                ALERT_DHCP_FLOOD, ALERT_MAC_FLOOD,      ALERT_NEW_SERVICE };
        size_t n = 0;

        for (int kind = 0; kind < _ALERT_KIND_MAX; kind++)
                n += alert_kind_to_gist((enum alert_kind) kind) == NULL;
        assert_int_equal(n, ELEMENTSOF(open));
        for (size_t i = 0; i < ELEMENTSOF(open); i++)
                assert_null(alert_kind_to_gist(open[i]));
        assert_null(alert_kind_to_gist(_ALERT_KIND_INVALID));
}

static void find_of(struct log *log, enum alert_kind kind, uint8_t number) {
        struct finding finding = found(log);

        finding.kind = kind;
        finding.mac.bytes[5] = number;
        alert_ledger_take(log->ledger, &finding);
}

static void offenders_in_crowds_are_one_that_has_no_name(void **state _unused_) {
        struct log log;

        log_init(&log);
        for (uint8_t i = 0; i < 100; i++)
                find_of(&log, ALERT_ROGUE_RA, i);
        advance(&log, 1);
        assert_int_equal(log.raised, 1);
        assert_true(mac_is_zero(&log.last.mac));
        assert_int_equal(log.last.count, 100);
        assert_string_equal(log.message, "Somebody who makes up link addresses scans 192.168.77.12.");
        for (uint8_t i = 100; i < 200; i++)
                find_of(&log, ALERT_ROGUE_RA, i);
        advance(&log, 1);
        assert_int_equal(log.raised, 1);
        /* Another kind of alert is another matter, and so is who comes later. */
        find_of(&log, ALERT_PORT_SCAN, 1);
        advance(&log, 12);
        assert_int_equal(log.raised, 2);
        find_of(&log, ALERT_ROGUE_RA, 201);
        advance(&log, 1);
        assert_int_equal(log.raised, 3);
        assert_int_equal(log.last.mac.bytes[5], 201);
        log_done(&log);
}

static void few_offenders_are_named(void **state _unused_) {
        struct log log;

        log_init(&log);
        for (uint8_t i = 0; i < 7; i++)
                for (unsigned key = 0; key < 3; key++) {
                        struct finding finding = found(&log);

                        finding.mac.bytes[5] = i;
                        finding.key = key;
                        alert_ledger_take(log.ledger, &finding);
                }
        advance(&log, 1);
        assert_int_equal(log.raised, 21);
        assert_false(mac_is_zero(&log.last.mac));
        log_done(&log);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(offenders_in_crowds_are_one_that_has_no_name),
                cmocka_unit_test(few_offenders_are_named),
                cmocka_unit_test(is_told_with_its_device_once_time_passes),
                cmocka_unit_test(unknown_device_is_named_by_its_address),
                cmocka_unit_test(repeated_is_counted_and_not_told_anew),
                cmocka_unit_test(quiet_for_the_cool_down_is_resolved_and_told_anew_after),
                cmocka_unit_test(severity_rises_at_once_and_never_falls),
                cmocka_unit_test(other_key_kind_or_offender_is_another_alert),
                cmocka_unit_test(events_have_nothing_to_resolve),
                cmocka_unit_test(exceptions_hold_for_what_they_name),
                cmocka_unit_test(peers_match_with_or_without_port_and_name),
                cmocka_unit_test(exceptions_count_and_can_be_revoked),
                cmocka_unit_test(a_flood_of_findings_is_bounded),
                cmocka_unit_test(kinds_whose_own_message_names_nobody_else),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
