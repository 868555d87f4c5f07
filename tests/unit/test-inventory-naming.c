/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"
#include "tests/unit/inventory-fixture.h"

/* What the naming and discovery protocols beside mDNS and DHCP do to a device. */

#define PC "02:00:00:00:00:0a"

static int setup(void **state) {
        static struct fixture fixture;

        fixture_init(&fixture, 0);
        *state = &fixture;
        return 0;
}

static int teardown(void **state) {
        fixture_done(*state);
        return 0;
}

static const char *name_of(const struct fixture *f, size_t i) {
        const struct device *d = device_at(f, PC);

        return d && i < d->n_names ? d->names[i].value : NULL;
}

static void netbios_names_lose_their_suffix(void **state) {
        struct fixture *f = *state;

        say(f, PC, "192.0.2.10", FACT_NBNS_NAME, "DESK<20>");
        pass(f, 1);
        assert_string_equal(name_of(f, 0), "DESK");
        assert_int_equal(device_at(f, PC)->n_names, 1);
}

static void names_of_users_and_roles_are_not_the_devices(void **state) {
        struct fixture *f = *state;

        say(f, PC, "192.0.2.10", FACT_NBNS_NAME, "MARTIN<03>");
        say(f, PC, "192.0.2.10", FACT_NBNS_NAME, "HOME<1d>");
        say(f, PC, "192.0.2.10", FACT_NBNS_NAME, "<20>");
        pass(f, 1);
        assert_int_equal(device_at(f, PC)->n_names, 0);
}

static void an_answer_names_its_sender(void **state) {
        struct fixture *f = *state;

        say(f, PC, "192.0.2.10", FACT_LLMNR_ANSWER, "desk AAAA fe80::1");
        say(f, PC, "192.0.2.10", FACT_LLMNR_ANSWER, "10.2.0.192.in-addr.arpa PTR study");
        say(f, PC, "192.0.2.10", FACT_LLMNR_ANSWER, "wpad A 192.0.2.10");
        pass(f, 1);
        assert_int_equal(device_at(f, PC)->n_names, 2);
        assert_string_equal(name_of(f, 0), "desk");
        assert_string_equal(name_of(f, 1), "study");
}

static void a_name_may_have_blanks(void **state) {
        struct fixture *f = *state;

        say(f, PC, "192.0.2.10", FACT_MDNS_HOSTNAME, "Kitchen Printer.local 192.0.2.10");
        say(f, PC, "192.0.2.10", FACT_MDNS_HOSTNAME, "Kitchen Printer.local fe80::a");
        say(f, PC, "192.0.2.10", FACT_MDNS_HOSTNAME, "Kitchen Clock.local fe80::a");
        say(f, PC, "192.0.2.10", FACT_LLMNR_ANSWER, "Plan A A 192.0.2.10");
        say(f, PC, "192.0.2.10", FACT_LLMNR_ANSWER, "desk TXT with blanks");
        pass(f, 1);
        assert_int_equal(device_at(f, PC)->n_names, 4);
        assert_string_equal(name_of(f, 0), "Kitchen Clock");
        assert_string_equal(name_of(f, 1), "Kitchen Printer");
        assert_string_equal(name_of(f, 2), "Plan A");
        assert_string_equal(name_of(f, 3), "desk");
        assert_int_equal(device_at(f, PC)->n_evidence, 4);
}

static void what_is_foreign_is_no_evidence(void **state) {
        struct fixture *f = *state;

        say_flags(f, PC, "192.0.2.10", FACT_NBNS_NAME, "WORKGROUP<00>", FACT_FOREIGN, 0);
        say_flags(f, PC, "192.0.2.10", FACT_BROWSER_ANNOUNCEMENT, "WORKGROUP", FACT_FOREIGN, 0);
        pass(f, 1);
        assert_non_null(device_at(f, PC));
        assert_int_equal(device_at(f, PC)->n_evidence, 0);
        assert_int_equal(device_at(f, PC)->n_names, 0);
}

static void a_name_that_is_asked_for_is_not_ones_own(void **state) {
        struct fixture *f = *state;

        say(f, PC, "192.0.2.10", FACT_NBNS_QUERY, "NAS<20>");
        say(f, PC, "192.0.2.10", FACT_LLMNR_QUERY, "nas A");
        pass(f, 1);
        assert_int_equal(device_at(f, PC)->n_names, 0);
}

static void a_relayed_client_is_not_the_relay(void **state) {
        struct fixture *f = *state;

        say_flags(f, PC, "2001:db8::1", FACT_DHCP6_FQDN, "elsewhere", FACT_TUNNELLED, 0);
        pass(f, 1);
        assert_null(device_at(f, PC));
        say(f, PC, "2001:db8::1", FACT_DHCP6_MSG_TYPE, "relay-forw");
        say_flags(f, PC, "2001:db8::1", FACT_DHCP6_FQDN, "elsewhere", FACT_TUNNELLED, 0);
        pass(f, 1);
        assert_int_equal(device_at(f, PC)->n_names, 0);
}

static void a_client_of_dhcpv6_tells_its_name(void **state) {
        struct fixture *f = *state;

        say(f, PC, "fe80::a", FACT_DHCP6_FQDN, "desk.home.example");
        pass(f, 1);
        assert_string_equal(name_of(f, 0), "desk.home.example");
}

static void names_of_neighbours_rank_by_source(void **state) {
        struct fixture *f = *state;

        say(f, PC, "192.0.2.10", FACT_LLMNR_ANSWER, "llmnr A 192.0.2.10");
        say(f, PC, "192.0.2.10", FACT_NBDGM_SOURCE, "DATAGRAM<00>");
        say(f, PC, "192.0.2.10", FACT_NBNS_NAME, "NAME<00>");
        say(f, PC, "192.0.2.10", FACT_BROWSER_ANNOUNCEMENT, "BROWSER");
        say(f, PC, NULL, FACT_CDP_DEVICE_ID, "cdp");
        say(f, PC, NULL, FACT_CDP_SYSTEM_NAME, "cdp-system");
        say(f, PC, NULL, FACT_LLDP_SYSTEM_NAME, "lldp");
        pass(f, 1);
        assert_string_equal(name_of(f, 0), "lldp");
        assert_string_equal(name_of(f, 1), "cdp-system");
        assert_string_equal(name_of(f, 2), "cdp");
        assert_string_equal(name_of(f, 3), "BROWSER");
        assert_string_equal(name_of(f, 4), "NAME");
}

/* A mirrored frame, and a connection from beyond the router. */
static void what_is_tunnelled_or_routed_makes_no_device(void **state) {
        struct fixture *f = *state;
        struct fact fact;

        say_flags(f, PC, NULL, FACT_LLDP_SYSTEM_NAME, "far-switch", FACT_TUNNELLED, 0);
        say_flags(f, PC, NULL, FACT_CDP_DEVICE_ID, "far-switch", FACT_TUNNELLED, 0);
        fact = fact_of(f, PC, "198.51.100.7", FACT_TCP_SYN_SIG, "{}");
        fact.flags &= (uint16_t) ~FACT_LINK_SCOPED;
        fact.hop_limit = 57;
        inventory_take_fact(f->inventory, &fact);
        fact = fact_of(f, PC, "198.51.100.7", FACT_NBNS_NAME, "FAR<00>");
        fact.flags &= (uint16_t) ~FACT_LINK_SCOPED;
        fact.hop_limit = 127;
        inventory_take_fact(f->inventory, &fact);
        pass(f, 1);
        assert_null(device_at(f, PC));
}

static void a_search_describes_nobody(void **state) {
        struct fixture *f = *state;

        say(f, PC, "192.0.2.10", FACT_WSD_TYPES, "PrintDeviceType");
        say_flags(f, PC, "192.0.2.10", FACT_WSD_TYPES, "Computer", FACT_RESPONSE, 0);
        pass(f, 1);
        assert_int_equal(device_at(f, PC)->n_evidence, 2);
        assert_int_equal(device_at(f, PC)->evidence[0].voice, VOICE_SELF);
        assert_int_equal(device_at(f, PC)->evidence[1].voice, VOICE_ASKS);
}

static void what_is_taken_back_is_no_evidence(void **state) {
        struct fixture *f = *state;

        say_flags(f, PC, NULL, FACT_LLDP_SYSTEM_NAME, "gone", FACT_GOODBYE, 0);
        say_flags(f, PC, "192.0.2.10", FACT_NBNS_NAME, "GONE<20>", FACT_GOODBYE, 0);
        say_flags(f, PC, "192.0.2.10", FACT_WSD_TYPES, "Computer", FACT_GOODBYE | FACT_RESPONSE, 0);
        pass(f, 1);
        assert_int_equal(device_at(f, PC)->n_evidence, 0);
}

/* A switch that starts says its default name once, and then the configured one. */
static void a_configured_name_replaces_the_default(void **state) {
        struct fixture *f = *state;

        say(f, PC, NULL, FACT_LLDP_SYSTEM_NAME, "vm");
        for (unsigned i = 0; i < 3; i++) {
                pass(f, 2);
                assert_string_equal(device_hostname(device_at(f, PC)), "vm");
                say(f, PC, NULL, FACT_LLDP_SYSTEM_NAME, "sw-closet-01");
        }
        pass(f, 1);
        assert_string_equal(device_hostname(device_at(f, PC)), "sw-closet-01");
        /* Who says both all the time keeps the first. */
        say(f, PC, NULL, FACT_LLDP_SYSTEM_NAME, "vm");
        pass(f, 1);
        assert_string_equal(device_hostname(device_at(f, PC)), "vm");
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        const struct CMUnitTest tests[] = {
                TEST(netbios_names_lose_their_suffix),
                TEST(names_of_users_and_roles_are_not_the_devices),
                TEST(an_answer_names_its_sender),
                TEST(a_name_may_have_blanks),
                TEST(what_is_foreign_is_no_evidence),
                TEST(a_name_that_is_asked_for_is_not_ones_own),
                TEST(a_relayed_client_is_not_the_relay),
                TEST(a_client_of_dhcpv6_tells_its_name),
                TEST(names_of_neighbours_rank_by_source),
                TEST(a_configured_name_replaces_the_default),
                TEST(what_is_tunnelled_or_routed_makes_no_device),
                TEST(a_search_describes_nobody),
                TEST(what_is_taken_back_is_no_evidence),
        };
#undef TEST

        return cmocka_run_group_tests(tests, NULL, NULL);
}
