/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Who was there first, as DHCP server, router and gateway, is known after a restart, too; and a machine that comes to another network
 * does not take its servers for intruders of the one before. */

#include "tests/unit/cmocka-all.h"

#include "tests/unit/detection-fixture.h"

#define ROUTER "74:da:88:10:77:01"
#define EVIL "00:0c:29:ee:77:66"
#define CAFE "9c:3d:cf:00:00:01"
#define SELF "02:00:00:00:00:99"

static void listen_on(struct watch *w, uint32_t ifindex, uint64_t now) {
        watch_init(w, now);
        w->ifindex = ifindex;
}

static void advance(struct watch *w, uint64_t by) {
        w->f.now += by;
        detection_advance(w->detection, w->f.now, false);
        inventory_advance(w->f.inventory, w->f.now);
}

/* The interface as the machine knows it; NULL: it has no address, or no gateway. */
static void configure(struct watch *w, bool joins, const char *address, const char *gateway) {
        struct inventory_interface interface = {
                .ifindex = w->ifindex, .name = "wlan0", .mac = mac_of(SELF), .gateway = ip_of(gateway), .joins = joins,
        };

        if (address) {
                interface.addresses[0] = ip_of(address);
                interface.prefix_lengths[0] = 24;
                interface.n_addresses = 1;
        }
        inventory_set_interface(w->f.inventory, &interface, w->f.now);
}

/* Detectors hear it first, as in the engine. */
static void hear(struct watch *w, const struct fact *fact) {
        detection_fact(w->detection, fact);
        inventory_take_fact(w->f.inventory, fact);
}

static struct fact said(struct watch *w, enum fact_kind kind, const char *mac, const char *ip, const char *value) {
        struct fact fact = fact_of(&w->f, mac, ip, kind, value);

        fact.frame = w->frame;
        fact.ifindex = w->ifindex;
        return fact;
}

static void lease(struct watch *w, const char *mac, const char *server, const char *router) {
        const char *given = strncmp(router, "10.", 3) == 0 ? "10.20.0.55" : "192.168.77.67";
        const struct { enum fact_kind kind; const char *value; } words[] = {
                { FACT_DHCP_SERVER_ID, server }, { FACT_DHCP_ASSIGNED_IP, given }, { FACT_DHCP_NETMASK, "255.255.255.0" },
                { FACT_DHCP_ROUTER, router }, { FACT_DHCP_DNS, router },
        };

        w->frame++;
        for (size_t i = 0; i < ELEMENTSOF(words); i++) {
                struct fact fact = said(w, words[i].kind, mac, server, words[i].value);

                fact.subject = mac_of(SELF);
                hear(w, &fact);
        }
        advance(w, SEC);
}

static void advertise(struct watch *w, const char *mac, const char *ip, const char *prefix) {
        struct fact router = said(w, FACT_NDP_ROUTER, mac, ip, ip), network = said(w, FACT_NDP_PREFIX, mac, ip, prefix);

        router.frame = network.frame = ++w->frame;
        hear(w, &router);
        hear(w, &network);
        advance(w, SEC);
}

/* An answer over IPv6. The server's identifier holds its link address. */
static void lease6(struct watch *w, const char *mac, const char *ip, const char *duid, const char *dns) {
        const struct { enum fact_kind kind; const char *value; } words[] = {
                { FACT_DHCP6_MSG_TYPE, "reply" }, { FACT_DHCP6_SERVER_DUID, duid }, { FACT_DHCP6_DNS, dns },
        };

        w->frame++;
        for (size_t i = 0; i < ELEMENTSOF(words); i++) {
                struct fact fact = said(w, words[i].kind, mac, ip, words[i].value);

                fact.flags |= FACT_RESPONSE;
                hear(w, &fact);
        }
        advance(w, SEC);
}

static void claim(struct watch *w, const char *mac, const char *ip) {
        struct fact fact = said(w, FACT_ARP_SENDER, mac, ip, ip);

        hear(w, &fact);
        advance(w, SEC);
}

/* The service `w` ended, and `again` starts `away` later, with what the database kept. Interfaces get other numbers. */
static void restart(struct watch *w, struct watch *again, uint64_t away) {
        const struct network *network;
        struct kept kept = {};
        size_t position = 0;

        inventory_advance(w->f.inventory, w->f.now);
        detection_remember(w->detection, true, keep, &kept);
        listen_on(again, w->ifindex + 5, w->f.now + away);
        while ((network = inventory_next_network(w->f.inventory, &position)))
                assert_int_equal(inventory_restore_network(again->f.inventory, network), 0);
        position = 0;
        for (const struct device *d; (d = inventory_next(w->f.inventory, &position));)
                assert_int_equal(inventory_restore_device(again->f.inventory, d), 0);
        inventory_advance(again->f.inventory, again->f.now);
        recall_all(again, &kept);
        watch_done(w);
}

static void assert_raised(const struct watch *w, enum alert_kind kind, const char *mac, enum alert_severity severity) {
        struct mac_address expected = mac_of(mac);

        assert_int_equal(w->raised[kind].n, 1);
        assert_true(mac_equal(&w->raised[kind].mac, &expected));
        assert_int_equal(w->raised[kind].severity, severity);
}

static void assert_quiet(const struct watch *w) {
        static const enum alert_kind kinds[] = { ALERT_ROGUE_DHCP, ALERT_DHCP_CHANGED, ALERT_ROGUE_RA, ALERT_GATEWAY_CHANGED, ALERT_ARP_SPOOFING };

        for (size_t i = 0; i < ELEMENTSOF(kinds); i++)
                assert_int_equal(w->raised[kinds[i]].n, 0);
}

/* At a mirror port, with a home behind it. */
static void watch_home(struct watch *w) {
        listen_on(w, 2, T0);
        configure(w, false, NULL, NULL);
        lease(w, ROUTER, "192.168.77.1", "192.168.77.1");
        advertise(w, ROUTER, "fe80::1", "2001:db8:1::/64");
        assert_quiet(w);
}

#define LONG (40 * 24 * 3600 * SEC)

static void a_dhcp_server_that_came_meanwhile_is_not_the_first(void **state _unused_) {
        struct watch w, again;

        watch_home(&w);
        restart(&w, &again, LONG);
        configure(&again, false, NULL, NULL);
        lease(&again, EVIL, "192.168.77.66", "192.168.77.66");
        assert_raised(&again, ALERT_ROGUE_DHCP, EVIL, SEVERITY_CRITICAL);
        lease(&again, ROUTER, "192.168.77.1", "192.168.77.1");
        assert_int_equal(again.raised[ALERT_ROGUE_DHCP].n, 1);
        watch_done(&again);
}

#define ROUTER_DUID "0003000174da88107701"
#define EVIL_DUID "00030001000c29ee7766"

static void a_dhcp6_server_that_came_meanwhile_is_not_the_first(void **state _unused_) {
        struct watch w, again;

        watch_home(&w);
        lease6(&w, ROUTER, "fe80::1", ROUTER_DUID, "fd00::1");
        restart(&w, &again, LONG);
        configure(&again, false, NULL, NULL);
        lease6(&again, EVIL, "fe80::66", EVIL_DUID, "fe80::66");
        assert_raised(&again, ALERT_ROGUE_DHCP, EVIL, SEVERITY_CRITICAL);
        lease6(&again, ROUTER, "fe80::1", ROUTER_DUID, "fd00::1");
        assert_int_equal(again.raised[ALERT_ROGUE_DHCP].n, 1);
        watch_done(&again);
}

/* As often as it takes to know that nobody answers, and a time. */
static void solicit6(struct watch *w, const char *mac, unsigned times) {
        for (unsigned i = 0; i < times; i++) {
                struct fact fact = said(w, FACT_DHCP6_MSG_TYPE, mac, "fe80::67", "solicit");

                fact.frame = ++w->frame;
                hear(w, &fact);
                advance(w, 150 * SEC);
        }
}

static void that_nobody_answers_dhcp6_is_known_after_a_restart(void **state _unused_) {
        struct watch w, again;

        watch_home(&w);
        solicit6(&w, CAFE, 5);
        restart(&w, &again, 60 * SEC);
        configure(&again, false, NULL, NULL);
        claim(&again, EVIL, "192.168.77.66");
        lease6(&again, EVIL, "fe80::66", EVIL_DUID, "fe80::66");
        assert_raised(&again, ALERT_ROGUE_DHCP, EVIL, SEVERITY_CRITICAL);
        watch_done(&again);
}

static void a_dhcp6_server_that_answers_soon_is_the_right_one(void **state _unused_) {
        struct watch w;

        watch_home(&w);
        solicit6(&w, CAFE, 3);
        claim(&w, EVIL, "192.168.77.66");
        lease6(&w, EVIL, "fe80::66", EVIL_DUID, "fe80::66");
        advance(&w, 8 * 24 * 3600 * SEC);
        /* It is forgotten by now, and so is that it was asked for. */
        solicit6(&w, CAFE, 3);
        lease6(&w, EVIL, "fe80::66", EVIL_DUID, "fe80::66");
        assert_int_equal(w.raised[ALERT_ROGUE_DHCP].n, 0);
        watch_done(&w);
}

static void whom_the_user_trusts_may_serve_dhcp6(void **state _unused_) {
        const struct mac_address evil = mac_of(EVIL);
        struct watch w;

        watch_home(&w);
        claim(&w, EVIL, "192.168.77.66");
        assert_int_equal(inventory_set_trusted(w.f.inventory, inventory_get_by_mac(w.f.inventory, &evil)->id, true), 0);
        lease6(&w, ROUTER, "fe80::1", ROUTER_DUID, "fd00::1");
        lease6(&w, EVIL, "fe80::66", EVIL_DUID, "fe80::66");
        assert_raised(&w, ALERT_ROGUE_DHCP, EVIL, SEVERITY_INFO);
        watch_done(&w);
}

static void who_is_left_is_the_right_dhcp6_server(void **state _unused_) {
        const struct mac_address router = mac_of(ROUTER);
        struct kept kept = {};
        struct watch w;

        watch_home(&w);
        lease6(&w, ROUTER, "fe80::1", ROUTER_DUID, "fd00::1");
        lease6(&w, EVIL, "fe80::66", EVIL_DUID, "fe80::66");
        assert_raised(&w, ALERT_ROGUE_DHCP, EVIL, SEVERITY_CRITICAL);
        detection_forget(w.detection, &router);
        lease6(&w, EVIL, "fe80::66", EVIL_DUID, "fe80::66");
        assert_int_equal(w.raised[ALERT_ROGUE_DHCP].n, 1);
        detection_remember(w.detection, true, keep, &kept);
        assert_int_equal(kept.n, 1);
        watch_done(&w);
}

static void a_router_that_came_meanwhile_is_not_the_first(void **state _unused_) {
        struct watch w, again;

        watch_home(&w);
        restart(&w, &again, LONG);
        configure(&again, false, NULL, NULL);
        advertise(&again, EVIL, "fe80::66", "2001:db8:66::/64");
        assert_raised(&again, ALERT_ROGUE_RA, EVIL, SEVERITY_CRITICAL);
        advertise(&again, ROUTER, "fe80::1", "2001:db8:1::/64");
        assert_int_equal(again.raised[ALERT_ROGUE_RA].n, 1);
        watch_done(&again);
}

static void what_the_first_says_anew_is_compared(void **state _unused_) {
        struct watch w, again;

        watch_home(&w);
        restart(&w, &again, 60 * SEC);
        configure(&again, false, NULL, NULL);
        lease(&again, ROUTER, "192.168.77.1", "192.168.77.66");
        assert_raised(&again, ALERT_DHCP_CHANGED, ROUTER, SEVERITY_WARNING);
        watch_done(&again);
}

static void a_gateway_that_changed_meanwhile_is_told(void **state _unused_) {
        struct watch w, again;

        watch_home(&w);
        claim(&w, ROUTER, "192.168.77.1");
        restart(&w, &again, LONG);
        configure(&again, false, NULL, NULL);
        claim(&again, EVIL, "192.168.77.1");
        advance(&again, 10 * SEC);
        assert_raised(&again, ALERT_GATEWAY_CHANGED, EVIL, SEVERITY_WARNING);
        watch_done(&again);
}

static void a_gateway_that_was_silent_for_long_is_still_the_one(void **state _unused_) {
        struct watch w;

        watch_home(&w);
        claim(&w, ROUTER, "192.168.77.1");
        advance(&w, 24 * 3600 * SEC);
        claim(&w, EVIL, "192.168.77.1");
        advance(&w, 10 * SEC);
        assert_raised(&w, ALERT_GATEWAY_CHANGED, EVIL, SEVERITY_WARNING);
        watch_done(&w);
}

static void whom_the_user_forgets_is_first_no_more(void **state _unused_) {
        const struct mac_address router = mac_of(ROUTER);
        struct watch w, again;
        struct kept kept = {};

        watch_home(&w);
        detection_forget(w.detection, &router);
        detection_remember(w.detection, true, keep, &kept);
        assert_int_equal(kept.n, 0);
        restart(&w, &again, SEC);
        configure(&again, false, NULL, NULL);
        lease(&again, EVIL, "192.168.77.66", "192.168.77.66");
        advertise(&again, EVIL, "fe80::66", "2001:db8:66::/64");
        assert_quiet(&again);
        watch_done(&again);
}

static void what_did_not_change_is_not_told_again_for_a_day(void **state _unused_) {
        struct kept first = {}, same = {}, later = {};
        struct watch w;

        watch_home(&w);
        detection_remember(w.detection, false, keep, &first);
        assert_int_equal(first.n, 2);
        lease(&w, ROUTER, "192.168.77.1", "192.168.77.1");
        advertise(&w, ROUTER, "fe80::1", "2001:db8:1::/64");
        detection_remember(w.detection, false, keep, &same);
        assert_int_equal(same.n, 0);
        advance(&w, 25 * 3600 * SEC);
        lease(&w, ROUTER, "192.168.77.1", "192.168.77.1");
        advertise(&w, ROUTER, "fe80::1", "2001:db8:1::/64");
        detection_remember(w.detection, false, keep, &later);
        assert_int_equal(later.n, 2);
        watch_done(&w);
}

/* A laptop at home. */
static void live_at_home(struct watch *w) {
        listen_on(w, 3, T0);
        configure(w, true, NULL, NULL);
        lease(w, ROUTER, "192.168.77.1", "192.168.77.1");
        advertise(w, ROUTER, "fe80::1", "2001:db8:1::/64");
        configure(w, true, "192.168.77.67", "192.168.77.1");
        claim(w, ROUTER, "192.168.77.1");
        advance(w, 60 * SEC);
        assert_quiet(w);
}

static void another_place_has_other_servers(void **state _unused_) {
        struct watch w, again;

        live_at_home(&w);
        restart(&w, &again, 3600 * SEC);
        configure(&again, true, NULL, NULL);
        lease(&again, CAFE, "10.20.0.1", "10.20.0.1");
        advertise(&again, CAFE, "fe80::9", "2001:db8:9::/64");
        assert_quiet(&again);
        configure(&again, true, "10.20.0.55", "10.20.0.1");
        claim(&again, CAFE, "10.20.0.1");
        advance(&again, 60 * SEC);
        assert_quiet(&again);
        /* An intruder there is one all the same. */
        lease(&again, EVIL, "10.20.0.66", "10.20.0.66");
        assert_raised(&again, ALERT_ROGUE_DHCP, EVIL, SEVERITY_CRITICAL);
        watch_done(&again);
}

static void who_comes_home_finds_the_intruder(void **state _unused_) {
        struct watch w, again;

        live_at_home(&w);
        restart(&w, &again, 3600 * SEC);
        configure(&again, true, NULL, NULL);
        lease(&again, EVIL, "192.168.77.66", "192.168.77.66");
        advertise(&again, EVIL, "fe80::66", "2001:db8:66::/64");
        lease(&again, ROUTER, "192.168.77.1", "192.168.77.1");
        assert_quiet(&again); /* it is not known yet where this is */
        configure(&again, true, "192.168.77.67", "192.168.77.1");
        claim(&again, ROUTER, "192.168.77.1");
        advance(&again, 2 * SEC);
        assert_raised(&again, ALERT_ROGUE_DHCP, EVIL, SEVERITY_CRITICAL);
        assert_raised(&again, ALERT_ROGUE_RA, EVIL, SEVERITY_CRITICAL);
        watch_done(&again);
}

static void a_place_that_never_gives_an_address_is_judged_in_the_end(void **state _unused_) {
        struct watch w, again;

        live_at_home(&w);
        restart(&w, &again, 3600 * SEC);
        configure(&again, true, NULL, NULL);
        advertise(&again, EVIL, "fe80::66", "2001:db8:66::/64");
        advance(&again, 10 * SEC);
        assert_quiet(&again);
        advance(&again, 30 * SEC);
        assert_raised(&again, ALERT_ROGUE_RA, EVIL, SEVERITY_CRITICAL);
        watch_done(&again);
}

/* More than may wait: nothing is lost, and it costs no more memory. */
static void a_flood_of_servers_is_judged_at_once(void **state _unused_) {
        struct watch w, again;

        live_at_home(&w);
        restart(&w, &again, 3600 * SEC);
        configure(&again, true, NULL, NULL);
        for (unsigned i = 0; i < 9; i++) {
                char ip[IP_STRING_MAX], link_local[IP_STRING_MAX];

                snprintf(ip, sizeof ip, "192.168.77.%u", 100 + i);
                snprintf(link_local, sizeof link_local, "fe80::6:%x", i + 1);
                lease(&again, EVIL, ip, ip);
                advertise(&again, EVIL, link_local, "2001:db8:66::/64");
        }
        assert_raised(&again, ALERT_ROGUE_DHCP, EVIL, SEVERITY_CRITICAL);
        assert_raised(&again, ALERT_ROGUE_RA, EVIL, SEVERITY_CRITICAL);
        watch_done(&again);
}

static void what_makes_no_sense_is_no_lesson(void **state _unused_) {
        static const char *const texts[] = { "", " x", " x x x", " x3139322e302e322e31 x", " x30 x x", " x302e302e302e30 x x",
                                             " x3139322e302e322e31 x x x", " x666538303a3a31 0 x x", " x666538303a3a31 2 x x",
                                             " x666538303a3a31 1 x x 1",
                                             " x303030333030 x3a3a3a x 0 0", " x303030333030 x x 0 0 x", " x3030303330 x x 0 0",
                                             " x303030333030 x x 1 1", " x x x 0 0", " x x x 1 6", " x x x 99999999999999999999 1",
                                             " x x3a3a31 x 1 1" };
        static const char *const detectors[] = { "dhcp_servers", "dhcp6_servers", "router_adverts" };
        struct kept kept = {};
        struct watch w;

        listen_on(&w, 2, T0);
        for (size_t i = 0; i < ELEMENTSOF(texts); i++)
                for (size_t k = 0; k < ELEMENTSOF(detectors); k++)
                        assert_false(detection_recall(w.detection, &(struct lesson) { detectors[k], 1, mac_of(EVIL), texts[i] }, T0));
        detection_remember(w.detection, true, keep, &kept);
        assert_int_equal(kept.n, 0);
        watch_done(&w);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_dhcp_server_that_came_meanwhile_is_not_the_first),
                cmocka_unit_test(a_dhcp6_server_that_came_meanwhile_is_not_the_first),
                cmocka_unit_test(that_nobody_answers_dhcp6_is_known_after_a_restart),
                cmocka_unit_test(a_dhcp6_server_that_answers_soon_is_the_right_one),
                cmocka_unit_test(whom_the_user_trusts_may_serve_dhcp6),
                cmocka_unit_test(who_is_left_is_the_right_dhcp6_server),
                cmocka_unit_test(a_router_that_came_meanwhile_is_not_the_first),
                cmocka_unit_test(what_the_first_says_anew_is_compared),
                cmocka_unit_test(a_gateway_that_changed_meanwhile_is_told),
                cmocka_unit_test(a_gateway_that_was_silent_for_long_is_still_the_one),
                cmocka_unit_test(whom_the_user_forgets_is_first_no_more),
                cmocka_unit_test(what_did_not_change_is_not_told_again_for_a_day),
                cmocka_unit_test(another_place_has_other_servers),
                cmocka_unit_test(who_comes_home_finds_the_intruder),
                cmocka_unit_test(a_place_that_never_gives_an_address_is_judged_in_the_end),
                cmocka_unit_test(a_flood_of_servers_is_judged_at_once),
                cmocka_unit_test(what_makes_no_sense_is_no_lesson),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
