/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "tests/unit/inventory-fixture.h"

#define ROUTER "74:da:88:10:77:01"
#define NAS "00:11:32:9c:77:12"
#define PHONE "f4:4d:30:5a:77:10"
#define LAPTOP "b8:69:f4:aa:77:02"

static int set_up(void **state) {
        struct fixture *f = calloc(1, sizeof *f);

        fixture_init(f, 0);
        *state = f;
        return 0;
}

static int tear_down(void **state) {
        fixture_done(*state);
        free(*state);
        return 0;
}

static bool has_v4(const struct device *d, const char *text) {
        struct ip_address ip = ip_of(text);

        for (size_t i = 0; i < d->n_ipv4; i++)
                if (ip_equal(&d->ipv4[i].address, &ip))
                        return true;
        return false;
}

static const struct evidence *evidence_of(const struct device *d, enum fact_kind kind) {
        for (size_t i = 0; i < d->n_evidence; i++)
                if (d->evidence[i].kind == kind)
                        return &d->evidence[i];
        return NULL;
}

static size_t count_evidence(const struct device *d, enum fact_kind kind) {
        size_t n = 0;

        for (size_t i = 0; i < d->n_evidence; i++)
                n += d->evidence[i].kind == kind;
        return n;
}

static void set_interface(struct fixture *f, const char *mac, const char *ip, const char *gateway) {
        struct inventory_interface interface = { .ifindex = 2, .name = "eth0", .mac = mac_of(mac), .n_addresses = 1,
                                                 .prefix_lengths = { 24 }, .gateway = ip_of(gateway),
                                                 .hostname = "thismachine" };

        interface.addresses[0] = ip_of(ip);
        inventory_set_interface(f->inventory, &interface, f->now);
}

/* Facts of the fixture have no interface; these come from eth0. */
static void say_eth0(struct fixture *f, const char *mac, const char *ip, enum fact_kind kind, const char *value) {
        struct fact fact = fact_of(f, mac, ip, kind, value);

        fact.ifindex = 2;
        inventory_take_fact(f->inventory, &fact);
}

static void arp_eth0(struct fixture *f, const char *mac, const char *ip) {
        char value[MAC_STRING_MAX + IP_STRING_MAX];

        snprintf(value, sizeof value, "%s %s", mac, ip);
        say_eth0(f, mac, ip, FACT_ARP_SENDER, value);
}

static void arp_makes_a_device_with_an_address(void **state) {
        struct fixture *f = *state;
        const struct device *d;

        arp(f, NAS, "192.168.77.12");
        d = device_at(f, NAS);
        assert_non_null(d);
        assert_int_equal(f->added, 1);
        assert_int_equal(d->n_ipv4, 1);
        assert_true(has_v4(d, "192.168.77.12"));
        assert_int_equal(d->ipv4[0].source, FACT_ARP_SENDER);
        assert_int_equal(d->presence, PRESENCE_ONLINE);
        assert_true(d->flags & DEVICE_CONFIRMED);
        assert_ptr_equal(inventory_get(f->inventory, d->id), d);
        assert_non_null(inventory_get_network(f->inventory, d->network));
}

static void names_rank_by_source(void **state) {
        struct fixture *f = *state;
        char name[128];
        uint64_t id;

        say(f, NAS, "0.0.0.0", FACT_DHCP_HOSTNAME, "nas-dhcp");
        pass(f, 1);
        assert_string_equal(device_hostname(device_at(f, NAS)), "nas-dhcp");
        say(f, NAS, "192.168.77.12", FACT_MDNS_HOSTNAME, "nas77.local 192.168.77.12");
        pass(f, 1);
        assert_string_equal(device_hostname(device_at(f, NAS)), "nas77");
        assert_int_equal(device_at(f, NAS)->n_names, 2);
        id = device_at(f, NAS)->id;
        assert_int_equal(inventory_set_label(f->inventory, id, "Storage"), 0);
        assert_string_equal(device_display_name(device_at(f, NAS), name, sizeof name), "Storage");
}

/* A camera of the corpus says three host names in turn, each in a packet of its own. */
static void two_names_of_a_kind_do_not_take_turns(void **state) {
        struct fixture *f = *state;

        for (unsigned i = 0; i < 20; i++) {
                say(f, NAS, "192.168.77.12", FACT_MDNS_HOSTNAME, "first.local 192.168.77.12");
                pass(f, 2);
                say(f, NAS, "192.168.77.12", FACT_MDNS_HOSTNAME, "second.local 192.168.77.12");
                pass(f, 2);
                assert_string_equal(device_hostname(device_at(f, NAS)), "first");
                if (i == 0)
                        f->changes = 0;
        }
        assert_false(f->changes & CHANGE_NAMES);
}

static void renamed_device_gets_its_new_name(void **state) {
        struct fixture *f = *state;

        say(f, NAS, "192.168.77.12", FACT_MDNS_HOSTNAME, "old.local 192.168.77.12");
        for (unsigned i = 0; i < 12; i++) {
                pass(f, 60);
                say(f, NAS, "192.168.77.12", FACT_MDNS_HOSTNAME, "new.local 192.168.77.12");
        }
        pass(f, 1);
        assert_string_equal(device_hostname(device_at(f, NAS)), "new");
        assert_int_equal(device_at(f, NAS)->n_names, 2);
}

static void names_that_tell_nothing_are_not_taken(void **state) {
        struct fixture *f = *state;

        say(f, PHONE, "0.0.0.0", FACT_DHCP_HOSTNAME, "localhost");
        say(f, PHONE, "192.168.77.3", FACT_MDNS_HOSTNAME, "0f8fad5b-d9cb-469f-a165-70867728950e.local 192.168.77.3");
        say(f, PHONE, "0.0.0.0", FACT_DHCP_FQDN, "hex:0001");
        say(f, PHONE, "0.0.0.0", FACT_DHCP_HOSTNAME, "192.168.77.3");
        pass(f, 1);
        assert_int_equal(device_at(f, PHONE)->n_names, 0);
        assert_string_equal(device_hostname(device_at(f, PHONE)), "");
}

static void instance_names_lose_type_and_identifier(void **state) {
        struct fixture *f = *state;

        say(f, NAS, "192.168.77.12", FACT_MDNS_INSTANCE, "A1B2C3D4E5F6@Living Room._raop._tcp.local");
        pass(f, 1);
        assert_string_equal(device_hostname(device_at(f, NAS)), "Living Room");
}

/* A router forwards a frame of 8.8.8.8 and one of a host of another private network. */
static void router_is_not_blamed_for_what_it_forwards(void **state) {
        struct fixture *f = *state;

        arp(f, ROUTER, "192.168.77.1");
        say_flags(f, ROUTER, "8.8.8.8", FACT_SSDP_SERVER, "far away", 0, FACT_LINK_SCOPED);
        say_flags(f, ROUTER, "10.1.2.3", FACT_SSDP_SERVER, "far away", 0, FACT_LINK_SCOPED);
        assert_null(evidence_of(device_at(f, ROUTER), FACT_SSDP_SERVER));
        assert_int_equal(device_at(f, ROUTER)->n_ipv4, 1);
        say_flags(f, ROUTER, "192.168.77.1", FACT_SSDP_SERVER, "its own", 0, FACT_LINK_SCOPED);
        assert_string_equal(evidence_of(device_at(f, ROUTER), FACT_SSDP_SERVER)->value, "its own");
}

/* The router forwards a server's certificate and hello; then one of its own. */
static void certificates_of_far_servers_are_not_the_routers(void **state) {
        struct fixture *f = *state;

        arp(f, ROUTER, "192.168.77.1");
        say_flags(f, ROUTER, "93.184.216.34", FACT_TLS_CERT_SUBJECT_CN, "synology", 0, FACT_LINK_SCOPED);
        say_flags(f, ROUTER, "93.184.216.34", FACT_TLS_JA3S, "eb1d94daa7e0344597e756a1fb6e7054", 0, FACT_LINK_SCOPED);
        say_flags(f, ROUTER, "93.184.216.34", FACT_SSH_BANNER, "SSH-2.0-ROSSSH", 0, FACT_LINK_SCOPED);
        assert_null(evidence_of(device_at(f, ROUTER), FACT_TLS_CERT_SUBJECT_CN));
        assert_null(evidence_of(device_at(f, ROUTER), FACT_TLS_JA3S));
        assert_null(evidence_of(device_at(f, ROUTER), FACT_SSH_BANNER));
        say_flags(f, ROUTER, "192.168.77.1", FACT_TLS_CERT_SUBJECT_CN, "fritz.box", 0, FACT_LINK_SCOPED);
        assert_string_equal(evidence_of(device_at(f, ROUTER), FACT_TLS_CERT_SUBJECT_CN)->value, "fritz.box");
}

/* A capture that starts in the middle: no ARP, no DHCP, no interface. */
static void hop_limit_decides_where_no_prefix_is_known(void **state) {
        struct fixture *f = *state;
        struct fact fact = fact_of(f, PHONE, "192.168.77.3", FACT_SSDP_USER_AGENT, "its own");

        fact.flags &= (uint16_t) ~FACT_LINK_SCOPED;
        fact.hop_limit = 63;
        inventory_take_fact(f->inventory, &fact);
        assert_null(device_at(f, PHONE));
        fact.hop_limit = 64;
        inventory_take_fact(f->inventory, &fact);
        assert_true(has_v4(device_at(f, PHONE), "192.168.77.3"));
        set_interface(f, LAPTOP, "10.1.0.2", "10.1.0.1");
        fact = fact_of(f, NAS, "192.168.77.12", FACT_SSDP_USER_AGENT, "elsewhere");
        fact.flags &= (uint16_t) ~FACT_LINK_SCOPED;
        fact.hop_limit = 64;
        fact.ifindex = 2;
        inventory_take_fact(f->inventory, &fact);
        assert_null(device_at(f, NAS));
}

static void say_from_afar(struct fixture *f, const char *mac, const char *ip, const char *value) {
        struct fact fact = fact_of(f, mac, ip, FACT_SSDP_USER_AGENT, value);

        f->now += SEC;
        fact.ts = f->now;
        fact.flags &= (uint16_t) ~FACT_LINK_SCOPED;
        fact.hop_limit = 64;
        inventory_take_fact(f->inventory, &fact);
}

/* Whom facts are about is remembered, and asked again when something became known that it depends on. */
static void what_is_remembered_of_a_sender_is_not_for_ever(void **state) {
        struct fixture *f = *state;
        const struct device *d;

        for (unsigned i = 0; i < 3; i++)
                say_from_afar(f, PHONE, "192.168.77.3", "one");
        d = device_at(f, PHONE);
        assert_int_equal(evidence_of(d, FACT_SSDP_USER_AGENT)->count, 3);
        assert_true(d->last_seen == f->now);
        assert_true(d->ipv4[0].last_seen == f->now);
        /* Somebody else has it. */
        arp(f, NAS, "192.168.77.3");
        f->now += 40 * SEC;
        arp(f, NAS, "192.168.77.3");
        for (unsigned i = 0; i < 3; i++)
                say_from_afar(f, PHONE, "192.168.77.3", "one");
        assert_int_equal(evidence_of(device_at(f, PHONE), FACT_SSDP_USER_AGENT)->count, 3);
        assert_false(has_v4(device_at(f, PHONE), "192.168.77.3"));
}

/* A device that was forgotten is a new one when it speaks again. */
static void what_is_remembered_of_a_sender_goes_with_it(void **state) {
        struct fixture *f = *state;
        uint64_t id;

        for (unsigned i = 0; i < 3; i++)
                say_from_afar(f, PHONE, "192.168.77.3", "one");
        id = device_at(f, PHONE)->id;
        assert_int_equal(inventory_forget(f->inventory, id), 0);
        assert_null(device_at(f, PHONE));
        say_from_afar(f, PHONE, "192.168.77.3", "one");
        assert_int_equal(evidence_of(device_at(f, PHONE), FACT_SSDP_USER_AGENT)->count, 1);
}

/* One that writes new hop limits into what it forwards, as NAT in user space does. */
static void known_address_counts_for_more_than_the_hop_limit(void **state) {
        struct fixture *f = *state;
        struct fact fact = fact_of(f, ROUTER, "8.8.8.8", FACT_HTTP_SERVER, "far away");

        arp(f, ROUTER, "192.168.77.1");
        fact.flags &= (uint16_t) ~FACT_LINK_SCOPED;
        fact.hop_limit = 128;
        inventory_take_fact(f->inventory, &fact);
        assert_null(evidence_of(device_at(f, ROUTER), FACT_HTTP_SERVER));
        assert_int_equal(device_at(f, ROUTER)->n_ipv4, 1);
}

static void address_of_another_is_not_the_senders(void **state) {
        struct fixture *f = *state;

        arp(f, NAS, "192.168.77.12");
        arp(f, PHONE, "192.168.77.3");
        say_flags(f, PHONE, "192.168.77.12", FACT_SSDP_SERVER, "forged", 0, FACT_LINK_SCOPED);
        assert_null(evidence_of(device_at(f, PHONE), FACT_SSDP_SERVER));
        assert_null(evidence_of(device_at(f, NAS), FACT_SSDP_SERVER));
}

static void gateway_is_not_taken_for_a_host_it_forwards(void **state) {
        struct fixture *f = *state;

        set_interface(f, LAPTOP, "192.168.77.2", "192.168.77.1");
        arp_eth0(f, ROUTER, "192.168.77.1");
        assert_true(device_at(f, ROUTER)->flags & DEVICE_GATEWAY);
        assert_string_equal(evidence_of(device_at(f, ROUTER), FACT_HOST_GATEWAY)->value, "192.168.77.1");
        {
                struct fact fact = fact_of(f, ROUTER, "192.168.77.99", FACT_SSDP_SERVER, "hairpin");

                fact.ifindex = 2;
                fact.flags &= (uint16_t) ~FACT_LINK_SCOPED;
                inventory_take_fact(f->inventory, &fact);
                assert_null(evidence_of(device_at(f, ROUTER), FACT_SSDP_SERVER));
                fact.mac = fact.source = mac_of(NAS);
                inventory_take_fact(f->inventory, &fact);
                assert_non_null(evidence_of(device_at(f, NAS), FACT_SSDP_SERVER));
                assert_true(has_v4(device_at(f, NAS), "192.168.77.99"));
        }
}

static void tunnelled_facts_are_nobodys(void **state) {
        struct fixture *f = *state;

        say_flags(f, ROUTER, "192.168.77.12", FACT_MDNS_HOSTNAME, "inside.local 192.168.77.12", FACT_TUNNELLED, 0);
        assert_int_equal(count_devices(f), 0);
}

static void group_and_zero_addresses_make_no_device(void **state) {
        struct fixture *f = *state;

        arp(f, "ff:ff:ff:ff:ff:ff", "192.168.77.1");
        arp(f, "01:00:5e:00:00:fb", "192.168.77.1");
        arp(f, "00:00:00:00:00:00", "192.168.77.1");
        sight(f, "ff:ff:ff:ff:ff:ff");
        sight(f, "33:33:00:00:00:01");
        sight(f, "00:00:00:00:00:00");
        assert_int_equal(count_devices(f), 0);
}

static void addresses_that_are_no_hosts_are_not_bound(void **state) {
        static const char *const ips[] = { "0.0.0.0", "255.255.255.255", "224.0.0.251", "127.0.0.1", "240.0.0.1" };
        struct fixture *f = *state;

        for (size_t i = 0; i < ELEMENTSOF(ips); i++)
                arp(f, PHONE, ips[i]);
        assert_int_equal(device_at(f, PHONE)->n_ipv4, 0);
}

static void broadcast_address_of_the_prefix_is_not_bound(void **state) {
        struct fixture *f = *state;

        set_interface(f, LAPTOP, "192.168.77.2", "192.168.77.1");
        arp_eth0(f, PHONE, "192.168.77.255");
        arp_eth0(f, PHONE, "192.168.77.0");
        assert_int_equal(device_at(f, PHONE)->n_ipv4, 0);
        arp_eth0(f, PHONE, "192.168.77.254");
        assert_int_equal(device_at(f, PHONE)->n_ipv4, 1);
}

static void server_zero_is_no_server(void **state) {
        struct fixture *f = *state;

        say(f, ROUTER, "192.168.77.1", FACT_DHCP_SERVER_ID, "0.0.0.0");
        say(f, ROUTER, "192.168.77.1", FACT_DHCP_DNS, "255.255.255.255");
        say(f, ROUTER, "192.168.77.1", FACT_DHCP_ROUTER, "0.0.0.0");
        assert_int_equal(device_at(f, ROUTER)->n_evidence, 0);
        assert_int_equal(first_network(f)->gateway_ip.family, 0);
}

/* ARP whose sender is not who sent the frame: it tells of the sender of the frame, and binds nothing. */
static void forged_arp_binds_nothing(void **state) {
        struct fixture *f = *state;
        struct fact fact = fact_of(f, ROUTER, "192.168.77.1", FACT_ARP_SENDER, ROUTER " 192.168.77.1");

        fact.source = mac_of(PHONE);
        inventory_take_fact(f->inventory, &fact);
        assert_null(device_at(f, ROUTER));
        fact.kind = FACT_ARP_L2_MISMATCH;
        fact.value = "eth=" PHONE " arp=" ROUTER;
        inventory_take_fact(f->inventory, &fact);
        assert_null(device_at(f, ROUTER));
        assert_int_equal(device_at(f, PHONE)->n_ipv4, 0);
        assert_non_null(evidence_of(device_at(f, PHONE), FACT_ARP_L2_MISMATCH));
}

static void relayed_client_is_not_on_the_link(void **state) {
        struct fixture *f = *state;
        struct fact fact = fact_of(f, PHONE, "62.12.173.121", FACT_DHCP_HOSTNAME, "behind-a-relay");
        struct inventory_counters counters;

        fact.source = mac_of(ROUTER);
        fact.flags &= (uint16_t) ~FACT_LINK_SCOPED;
        inventory_take_fact(f->inventory, &fact);
        assert_int_equal(count_devices(f), 0);
        inventory_get_counters(f->inventory, &counters);
        assert_int_equal(counters.unattributed, 1);
}

static void lease(struct fixture *f, const char *server, const char *server_ip, const char *client, const char *ip,
                  const char *mask, const char *router, uint64_t frame) {
        const enum fact_kind kinds[] = { FACT_DHCP_ASSIGNED_IP, FACT_DHCP_NETMASK, FACT_DHCP_ROUTER };
        const char *const values[] = { ip, mask, router };

        for (size_t i = 0; i < ELEMENTSOF(kinds); i++) {
                struct fact fact = fact_of(f, server, server_ip, kinds[i], values[i]);

                fact.frame = frame;
                fact.subject = mac_of(client);
                fact.flags |= FACT_HAS_SUBJECT;
                inventory_take_fact(f->inventory, &fact);
        }
}

static void lease_binds_the_client_and_tells_the_network(void **state) {
        struct fixture *f = *state;
        char ip[IP_STRING_MAX];

        say(f, PHONE, "0.0.0.0", FACT_DHCP_HOSTNAME, "phone");
        lease(f, ROUTER, "192.168.77.1", PHONE, "192.168.77.78", "255.255.255.0", "192.168.77.1", 2);
        assert_true(has_v4(device_at(f, PHONE), "192.168.77.78"));
        assert_int_equal(first_network(f)->n_prefixes, 1);
        assert_int_equal(first_network(f)->prefixes[0].length, 24);
        assert_string_equal(ip_format(&first_network(f)->prefixes[0].address, ip), "192.168.77.0");
        arp(f, ROUTER, "192.168.77.1");
        assert_true(device_at(f, ROUTER)->flags & DEVICE_GATEWAY);
        assert_false(device_at(f, PHONE)->flags & DEVICE_GATEWAY);
        lease(f, ROUTER, "192.168.77.1", PHONE, "192.168.77.79", "255.255.255.0", "192.168.77.1", 3);
        assert_true(has_v4(device_at(f, PHONE), "192.168.77.79"));
        assert_false(has_v4(device_at(f, PHONE), "192.168.77.78"));
}

static void lease_of_a_stranger_makes_no_device(void **state) {
        struct fixture *f = *state;

        lease(f, ROUTER, "192.168.77.1", PHONE, "192.168.77.78", "255.255.255.0", "192.168.77.1", 2);
        assert_null(device_at(f, PHONE));
}

/* On a switch the server's acknowledgement is heard by the client alone; its broadcast request is heard by all. */
static void address_that_the_client_takes_is_its_own(void **state) {
        struct fixture *f = *state;

        say_flags(f, PHONE, "0.0.0.0", FACT_DHCP_REQUESTED_IP, "192.168.77.3", FACT_LINK_SCOPED, 0);
        assert_int_equal(device_at(f, PHONE)->n_ipv4, 0); /* a wish */
        say_flags(f, PHONE, "0.0.0.0", FACT_DHCP_REQUESTED_IP, "192.168.77.3", FACT_LINK_SCOPED | FACT_AGREED, 0);
        assert_int_equal(device_at(f, PHONE)->n_ipv4, 1);
        say_flags(f, PHONE, "0.0.0.0", FACT_DHCP_REQUESTED_IP, "192.168.77.4", FACT_LINK_SCOPED | FACT_AGREED, 0);
        assert_int_equal(device_at(f, PHONE)->n_ipv4, 1); /* the lease before is over */
        say(f, NAS, "192.168.77.4", FACT_ARP_SENDER, "00:11:32:9c:77:12 192.168.77.4");
        assert_int_equal(device_at(f, PHONE)->n_ipv4, 0);
        say_flags(f, PHONE, "0.0.0.0", FACT_DHCP_REQUESTED_IP, "192.168.77.4", FACT_LINK_SCOPED | FACT_AGREED, 0);
        assert_int_equal(device_at(f, PHONE)->n_ipv4, 0); /* somebody else is seen to have it */
}

static void address_moves_to_a_new_owner(void **state) {
        struct fixture *f = *state;

        arp(f, NAS, "192.168.77.12");
        pass(f, 60);
        arp(f, PHONE, "192.168.77.12");
        assert_true(has_v4(device_at(f, PHONE), "192.168.77.12"));
        assert_false(has_v4(device_at(f, NAS), "192.168.77.12"));
}

static void address_does_not_flap_between_two_claims(void **state) {
        struct fixture *f = *state;

        arp(f, NAS, "192.168.77.12");
        pass(f, 2);
        arp(f, PHONE, "192.168.77.12");
        assert_true(has_v4(device_at(f, NAS), "192.168.77.12"));
        assert_false(has_v4(device_at(f, PHONE), "192.168.77.12"));
}

static void gateway_keeps_its_address_against_a_forger(void **state) {
        struct fixture *f = *state;

        set_interface(f, LAPTOP, "192.168.77.2", "192.168.77.1");
        arp_eth0(f, ROUTER, "192.168.77.1");
        pass(f, 120);
        arp_eth0(f, PHONE, "192.168.77.1");
        assert_true(has_v4(device_at(f, ROUTER), "192.168.77.1"));
        assert_false(has_v4(device_at(f, PHONE), "192.168.77.1"));
        assert_true(device_at(f, ROUTER)->flags & DEVICE_GATEWAY);
}

/* From a place that hears broadcasts only, the client's request is all that tells of the server. */
static void server_that_a_client_names_is_a_server(void **state) {
        struct fixture *f = *state;

        arp(f, ROUTER, "192.168.77.1");
        say(f, PHONE, "0.0.0.0", FACT_DHCP_REQUESTED_SERVER, "192.168.77.1");
        assert_string_equal(evidence_of(device_at(f, ROUTER), FACT_DHCP_SERVER_ID)->value, "192.168.77.1");
        assert_int_equal(device_at(f, PHONE)->n_evidence, 0);
}

/* Evidence is open to all local users. */
static void whom_a_device_talks_to_is_no_evidence(void **state) {
        struct fixture *f = *state;

        say(f, PHONE, "192.168.77.3", FACT_DNS_QUERY, "private.example A");
        say(f, PHONE, "192.168.77.3", FACT_HTTP_HOST, "private.example");
        say(f, PHONE, "192.168.77.3", FACT_HTTP_REQUEST, "GET /private");
        say(f, ROUTER, "192.168.77.1", FACT_DNS_ANSWER, "private.example A 192.0.2.1");
        assert_int_equal(device_at(f, PHONE)->n_evidence, 0);
        assert_int_equal(device_at(f, ROUTER)->n_evidence, 0);
}

static void goodbye_takes_the_service_back_and_keeps_the_name(void **state) {
        struct fixture *f = *state;

        say(f, NAS, "192.168.77.12", FACT_MDNS_SERVICE, "_smb._tcp.local");
        say(f, NAS, "192.168.77.12", FACT_MDNS_HOSTNAME, "nas77.local 192.168.77.12");
        say(f, NAS, "192.168.77.12", FACT_SSDP_NT, "urn:schemas-upnp-org:device:MediaServer:1");
        assert_int_equal(device_at(f, NAS)->n_services, 2);
        assert_string_equal(device_at(f, NAS)->services[1].value, "_smb._tcp");
        say_flags(f, NAS, "192.168.77.12", FACT_MDNS_SERVICE, "_smb._tcp.local", FACT_GOODBYE, 0);
        say_flags(f, NAS, "192.168.77.12", FACT_MDNS_HOSTNAME, "nas77.local 192.168.77.12", FACT_GOODBYE, 0);
        assert_int_equal(device_at(f, NAS)->n_services, 1);
        say_flags(f, NAS, "192.168.77.12", FACT_SSDP_NT, "urn:schemas-upnp-org:device:MediaServer:1", FACT_GOODBYE, 0);
        assert_int_equal(device_at(f, NAS)->n_services, 0);
        pass(f, 1);
        assert_string_equal(device_hostname(device_at(f, NAS)), "nas77");
}

static void goodbye_of_something_unknown_is_no_evidence(void **state) {
        struct fixture *f = *state;

        say_flags(f, NAS, "192.168.77.12", FACT_MDNS_SERVICE, "_dacp._tcp.local", FACT_GOODBYE, 0);
        assert_int_equal(device_at(f, NAS)->n_services, 0);
        assert_int_equal(device_at(f, NAS)->n_evidence, 0);
}

static void search_is_no_service(void **state) {
        struct fixture *f = *state;

        say(f, PHONE, "192.168.77.3", FACT_MDNS_QUERY, "_googlecast._tcp.local PTR");
        say(f, PHONE, "192.168.77.3", FACT_SSDP_ST, "urn:dial-multiscreen-org:service:dial:1");
        assert_int_equal(device_at(f, PHONE)->n_services, 0);
        assert_int_equal(evidence_of(device_at(f, PHONE), FACT_SSDP_ST)->voice, VOICE_ASKS);
        say_flags(f, NAS, "192.168.77.12", FACT_SSDP_ST, "urn:dial-multiscreen-org:service:dial:1", FACT_RESPONSE, 0);
        assert_int_equal(device_at(f, NAS)->n_services, 1);
        assert_int_equal(evidence_of(device_at(f, NAS), FACT_SSDP_ST)->voice, VOICE_SELF);
}

static void release_gives_the_address_back(void **state) {
        struct fixture *f = *state;

        arp(f, PHONE, "192.168.77.3");
        say_flags(f, PHONE, "192.168.77.3", FACT_DHCP_MSG_TYPE, "release", FACT_GOODBYE, 0);
        assert_int_equal(device_at(f, PHONE)->n_ipv4, 0);
}

/* An Apple TV answers for a sleeping Mac; a router reflects names of another network. */
static void host_name_belongs_to_the_owner_of_its_address(void **state) {
        struct fixture *f = *state;

        set_interface(f, "02:00:00:00:00:99", "192.168.77.2", NULL);
        arp_eth0(f, LAPTOP, "192.168.77.20");
        arp_eth0(f, NAS, "192.168.77.12");
        say_eth0(f, NAS, "192.168.77.12", FACT_MDNS_HOSTNAME, "sleeping-mac.local 192.168.77.20");
        say_eth0(f, NAS, "192.168.77.12", FACT_MDNS_HOSTNAME, "elsewhere.local 10.9.8.7");
        pass(f, 1);
        assert_string_equal(device_hostname(device_at(f, LAPTOP)), "sleeping-mac");
        assert_int_equal(device_at(f, NAS)->n_names, 0);
}

static void ipv6_list_is_bounded_and_its_churn_is_quiet(void **state) {
        struct fixture *f = *state;
        const struct device *d;
        struct ip_address last;

        for (unsigned i = 1; i <= DEVICE_IPV6_MAX; i++) {
                char value[80];

                snprintf(value, sizeof value, PHONE " 2001:db8::%x", i);
                say(f, PHONE, "fe80::1", FACT_NDP_SOURCE, value);
                pass(f, 10);
        }
        assert_true(f->changes & CHANGE_IPV6);
        f->changes = 0;
        for (unsigned i = 1; i <= 1000; i++) {
                char value[80];

                snprintf(value, sizeof value, PHONE " 2001:db8::1:%x", i);
                say(f, PHONE, "2001:db8::1", FACT_NDP_SOURCE, value);
                if (i == 1) {
                        pass(f, 1);
                        f->changes = 0;
                }
        }
        pass(f, 1);
        d = device_at(f, PHONE);
        assert_int_equal(d->n_ipv6, DEVICE_IPV6_MAX);
        last = ip_of("2001:db8::1:3e8");
        assert_true(ip_equal(&d->ipv6[0].address, &last));
        assert_false(f->changes & CHANGE_IPV6);
}

/* Prefixes of IPv6 are longer than any shift of an IPv4 number. */
static void prefixes_of_both_families_stand_side_by_side(void **state) {
        struct fixture *f = *state;

        say(f, ROUTER, "fe80::1", FACT_NDP_PREFIX, "2001:db8:1::/64");
        say(f, ROUTER, "fe80::1", FACT_NDP_PREFIX, "2001:db8:1::/200");
        say(f, ROUTER, "fe80::1", FACT_NDP_PREFIX, "192.168.77.0/24");
        say(f, ROUTER, "fe80::1", FACT_NDP_PREFIX, "::/0");
        arp(f, PHONE, "192.168.77.255");
        assert_int_equal(first_network(f)->n_prefixes, 1);
        assert_int_equal(device_at(f, PHONE)->n_ipv4, 1);
}

static void one_kind_does_not_push_out_the_others(void **state) {
        struct fixture *f = *state;

        say(f, NAS, "0.0.0.0", FACT_DHCP_VENDOR_CLASS, "synology");
        for (unsigned i = 0; i < 1000; i++) {
                char value[32];

                f->now += SEC;
                snprintf(value, sizeof value, "_q%u._tcp.local PTR", i);
                say(f, NAS, "192.168.77.12", FACT_MDNS_QUERY, value);
                snprintf(value, sizeof value, "name%u.local key=%u", i, i);
                say(f, NAS, "192.168.77.12", FACT_MDNS_TXT, value);
                say(f, NAS, "192.168.77.12", FACT_ARP_WHO_HAS, "192.168.77.1");
        }
        assert_non_null(evidence_of(device_at(f, NAS), FACT_DHCP_VENDOR_CLASS));
        assert_true(count_evidence(device_at(f, NAS), FACT_MDNS_QUERY) <= 8);
        assert_true(device_at(f, NAS)->n_evidence <= DEVICE_EVIDENCE_MAX);
        assert_null(evidence_of(device_at(f, NAS), FACT_ARP_WHO_HAS));
        assert_string_equal(evidence_of(device_at(f, NAS), FACT_MDNS_QUERY)->value, "_q999._tcp.local PTR");
}

static void repeated_evidence_is_counted_not_told(void **state) {
        struct fixture *f = *state;

        say(f, NAS, "192.168.77.12", FACT_DHCP_VENDOR_CLASS, "synology");
        pass(f, 1);
        f->changes = 0;
        for (unsigned i = 0; i < 5; i++) {
                say(f, NAS, "192.168.77.12", FACT_DHCP_VENDOR_CLASS, "synology");
                pass(f, 1);
        }
        assert_int_equal(evidence_of(device_at(f, NAS), FACT_DHCP_VENDOR_CLASS)->count, 6);
        assert_int_equal(f->changes, CHANGE_SEEN);
}

static void presence_follows_silence(void **state) {
        struct fixture *f = *state;

        arp(f, NAS, "192.168.77.12");
        pass(f, 299);
        assert_int_equal(device_at(f, NAS)->presence, PRESENCE_ONLINE);
        assert_true(inventory_next_deadline(f->inventory) == T0 + 300 * SEC);
        pass(f, 1);
        assert_int_equal(device_at(f, NAS)->presence, PRESENCE_IDLE);
        assert_true(f->changes & CHANGE_PRESENCE);
        pass(f, 600);
        assert_int_equal(device_at(f, NAS)->presence, PRESENCE_OFFLINE);
        assert_true(device_at(f, NAS)->away == 0);
        sight(f, NAS);
        assert_int_equal(device_at(f, NAS)->presence, PRESENCE_ONLINE);
        assert_true(device_at(f, NAS)->away == 900 * SEC);
        pass(f, 1);
        sight(f, NAS);
        assert_true(device_at(f, NAS)->away == 900 * SEC);
}

static void what_is_sent_to_a_device_does_not_show_it_is_there(void **state) {
        struct fixture *f = *state;
        struct sighting sighting = { .mac = mac_of(NAS), .traffic = { .packets_received = 3, .bytes_received = 180 } };

        sighting.last = f->now;
        inventory_take_sighting(f->inventory, &sighting);
        assert_int_equal(count_devices(f), 0);
        arp(f, NAS, "192.168.77.12");
        pass(f, 3600);
        sighting.last = f->now;
        inventory_take_sighting(f->inventory, &sighting);
        assert_int_equal(device_at(f, NAS)->presence, PRESENCE_OFFLINE);
        assert_int_equal(device_at(f, NAS)->traffic.packets_received, 3);
}

static void time_never_runs_back(void **state) {
        struct fixture *f = *state;

        arp(f, NAS, "192.168.77.12");
        f->now -= 7200 * SEC;
        arp(f, PHONE, "192.168.77.3");
        arp(f, NAS, "192.168.77.12");
        inventory_advance(f->inventory, f->now);
        assert_true(device_at(f, NAS)->last_seen == T0);
        assert_true(device_at(f, PHONE)->first_seen == T0);
        assert_int_equal(device_at(f, NAS)->presence, PRESENCE_ONLINE);
        f->now = UINT64_MAX;
        arp(f, PHONE, "192.168.77.3");
        inventory_advance(f->inventory, f->now);
        assert_int_equal(device_at(f, NAS)->presence, PRESENCE_OFFLINE);
        assert_int_equal(device_at(f, PHONE)->presence, PRESENCE_ONLINE);
        assert_true(inventory_next_deadline(f->inventory) > 0);
}

static void this_machine_is_in_it(void **state) {
        struct fixture *f = *state;
        const struct device *d;

        set_interface(f, LAPTOP, "192.168.77.2", "192.168.77.1");
        d = device_at(f, LAPTOP);
        assert_non_null(d);
        assert_true(d->flags & DEVICE_SELF);
        assert_true(has_v4(d, "192.168.77.2"));
        assert_int_equal(d->ipv4[0].source, FACT_HOST_ADDRESS);
        pass(f, 24 * 3600);
        assert_int_equal(device_at(f, LAPTOP)->presence, PRESENCE_ONLINE);
        assert_string_equal(device_hostname(device_at(f, LAPTOP)), "thismachine");
        assert_string_equal(first_network(f)->interface, "eth0");
        arp_eth0(f, PHONE, "192.168.77.2");
        assert_true(has_v4(device_at(f, LAPTOP), "192.168.77.2"));
        inventory_remove_interface(f->inventory, 2);
        assert_int_equal(device_at(f, LAPTOP)->presence, PRESENCE_OFFLINE);
}

static void this_machine_changes_its_address(void **state) {
        struct fixture *f = *state;

        set_interface(f, LAPTOP, "192.168.77.2", "192.168.77.1");
        set_interface(f, LAPTOP, "192.168.77.9", "192.168.77.1");
        assert_int_equal(device_at(f, LAPTOP)->n_ipv4, 1);
        assert_true(has_v4(device_at(f, LAPTOP), "192.168.77.9"));
        set_interface(f, "02:11:22:33:44:55", "192.168.77.9", "192.168.77.1");
        assert_false(device_at(f, LAPTOP)->flags & DEVICE_SELF);
        assert_true(device_at(f, "02:11:22:33:44:55")->flags & DEVICE_SELF);
        assert_true(device_at(f, "02:11:22:33:44:55")->flags & DEVICE_RANDOMIZED);
}

static void gateway_known_later_splits_nothing(void **state) {
        struct fixture *f = *state;
        uint64_t network;

        arp(f, NAS, "192.168.77.12");
        network = device_at(f, NAS)->network;
        lease(f, ROUTER, "192.168.77.1", NAS, "192.168.77.12", "255.255.255.0", "192.168.77.1", 2);
        arp(f, ROUTER, "192.168.77.1");
        arp(f, PHONE, "192.168.77.3");
        assert_true(device_at(f, PHONE)->network == network);
        assert_true(first_network(f)->id == network);
        assert_false(mac_is_zero(&first_network(f)->gateway_mac));
}

static void another_place_is_another_network(void **state) {
        struct fixture *f = *state;
        uint64_t home;

        set_interface(f, LAPTOP, "192.168.77.2", "192.168.77.1");
        arp_eth0(f, ROUTER, "192.168.77.1");
        home = device_at(f, ROUTER)->network;
        /* An office with other addresses. */
        set_interface(f, LAPTOP, "10.1.0.2", "10.1.0.1");
        arp_eth0(f, NAS, "10.1.0.1");
        assert_false(device_at(f, NAS)->network == home);
        /* A café with the same addresses, behind another router. */
        set_interface(f, LAPTOP, "192.168.77.2", "192.168.77.1");
        arp_eth0(f, PHONE, "192.168.77.1");
        assert_false(device_at(f, PHONE)->network == home);
        assert_false(device_at(f, PHONE)->network == device_at(f, NAS)->network);
        /* Home again. */
        set_interface(f, LAPTOP, "10.1.0.2", "10.1.0.1");
        set_interface(f, LAPTOP, "192.168.77.2", "192.168.77.1");
        arp_eth0(f, ROUTER, "192.168.77.1");
        assert_true(device_at(f, ROUTER)->network == home);
        assert_true(device_at(f, LAPTOP)->flags & DEVICE_SELF);
}

static void vlans_are_networks(void **state) {
        struct fixture *f = *state;
        struct fact fact = fact_of(f, NAS, "192.168.77.12", FACT_ARP_SENDER, NAS " 192.168.77.12");

        inventory_take_fact(f->inventory, &fact);
        fact.vlan = 20;
        inventory_take_fact(f->inventory, &fact);
        assert_int_equal(count_devices(f), 2);
}

static void user_values_are_checked_and_kept(void **state) {
        struct fixture *f = *state;
        char longtext[DEVICE_NOTES_MAX + 2];
        uint64_t id;

        arp(f, NAS, "192.168.77.12");
        id = device_at(f, NAS)->id;
        memset(longtext, 'a', sizeof longtext - 1);
        longtext[sizeof longtext - 1] = '\0';
        assert_int_equal(inventory_set_label(f->inventory, id, "Kitchen"), 0);
        assert_int_equal(inventory_set_label(f->inventory, id, longtext), -E2BIG);
        assert_int_equal(inventory_set_label(f->inventory, id, "a\nb"), -EINVAL);
        assert_int_equal(inventory_set_label(f->inventory, id, "\xff"), -EINVAL);
        assert_int_equal(inventory_set_label(f->inventory, id + 1, "x"), -ENOENT);
        assert_int_equal(inventory_set_notes(f->inventory, id, longtext), -E2BIG);
        assert_int_equal(inventory_set_notes(f->inventory, id, "line\nline"), 0);
        assert_int_equal(inventory_set_type(f->inventory, id, _TYPE_MAX), -EINVAL);
        assert_int_equal(inventory_set_type(f->inventory, id, TYPE_NAS), 0);
        assert_int_equal(inventory_set_trusted(f->inventory, id, true), 0);
        say(f, NAS, "0.0.0.0", FACT_DHCP_HOSTNAME, "printer");
        pass(f, 1);
        assert_string_equal(device_at(f, NAS)->user.label, "Kitchen");
        assert_string_equal(device_at(f, NAS)->user.notes, "line\nline");
        assert_int_equal(device_type(device_at(f, NAS)), TYPE_NAS);
        assert_int_equal(device_confidence(device_at(f, NAS)), 100);
        assert_int_equal(inventory_set_label(f->inventory, id, ""), 0);
        assert_null(device_at(f, NAS)->user.label);
}

static void user_values_are_told_at_once(void **state) {
        struct fixture *f = *state;

        arp(f, NAS, "192.168.77.12");
        f->changes = 0;
        inventory_set_label(f->inventory, device_at(f, NAS)->id, "Kitchen");
        assert_true(f->changes & CHANGE_USER);
}

static void forgotten_device_comes_back_as_new(void **state) {
        struct fixture *f = *state;
        uint64_t id;

        arp(f, NAS, "192.168.77.12");
        id = device_at(f, NAS)->id;
        inventory_set_label(f->inventory, id, "Kitchen");
        inventory_set_known(f->inventory, id);
        assert_int_equal(inventory_forget(f->inventory, id), 0);
        assert_int_equal(f->removed, 1);
        assert_null(device_at(f, NAS));
        assert_int_equal(inventory_forget(f->inventory, id), -ENOENT);
        arp(f, NAS, "192.168.77.12");
        assert_int_equal(f->added, 2);
        assert_null(device_at(f, NAS)->user.label);
        assert_false(device_at(f, NAS)->flags & DEVICE_KNOWN);
}

static void merged_addresses_stay_together_until_split(void **state) {
        struct fixture *f = *state;
        struct mac_address wifi = mac_of(PHONE);
        uint64_t id, other, split;

        arp(f, LAPTOP, "192.168.77.20");
        say(f, LAPTOP, "192.168.77.20", FACT_DHCP_HOSTNAME, "laptop");
        arp(f, PHONE, "192.168.77.21");
        say(f, PHONE, "192.168.77.21", FACT_MDNS_SERVICE, "_ssh._tcp.local");
        id = device_at(f, LAPTOP)->id;
        other = device_at(f, PHONE)->id;
        inventory_set_label(f->inventory, other, "Wifi");
        assert_int_equal(inventory_merge(f->inventory, id, id), -EINVAL);
        assert_int_equal(inventory_merge(f->inventory, id, 1), -ENOENT);
        assert_int_equal(inventory_merge(f->inventory, id, other), 0);
        assert_true(f->successor == id);
        assert_true(device_at(f, PHONE)->id == id);
        assert_int_equal(device_at(f, PHONE)->n_macs, 2);
        assert_int_equal(device_at(f, PHONE)->n_ipv4, 2);
        assert_int_equal(device_at(f, PHONE)->n_services, 1);
        assert_string_equal(device_at(f, PHONE)->user.label, "Wifi");
        arp(f, PHONE, "192.168.77.22");
        assert_int_equal(count_devices(f), 1);
        assert_int_equal(inventory_split(f->inventory, id, &wifi, &split), 0);
        assert_true(device_at(f, PHONE)->id == split);
        assert_true(device_at(f, LAPTOP)->id == id);
        assert_int_equal(inventory_split(f->inventory, id, &wifi, &split), -EINVAL);
        arp(f, PHONE, "192.168.77.23");
        assert_true(has_v4(device_at(f, PHONE), "192.168.77.23"));
}

static void find_takes_addresses_ids_and_names(void **state) {
        struct fixture *f = *state;
        const struct device *found[4];
        char id[17];

        say(f, NAS, "192.168.77.12", FACT_MDNS_HOSTNAME, "nas.local 192.168.77.12");
        say(f, PHONE, "192.168.77.3", FACT_MDNS_HOSTNAME, "nas-backup.local 192.168.77.3");
        pass(f, 1);
        snprintf(id, sizeof id, "%016llx", (unsigned long long) device_at(f, NAS)->id);
        assert_int_equal(inventory_find(f->inventory, NAS, found, 4), 1);
        assert_int_equal(inventory_find(f->inventory, "192.168.77.3", found, 4), 1);
        assert_ptr_equal(found[0], device_at(f, PHONE));
        assert_int_equal(inventory_find(f->inventory, id, found, 4), 1);
        assert_int_equal(inventory_find(f->inventory, "NAS", found, 4), 1);
        assert_ptr_equal(found[0], device_at(f, NAS));
        assert_int_equal(inventory_find(f->inventory, "na", found, 4), 0);
        assert_int_equal(inventory_find(f->inventory, "nothing", found, 4), 0);
        assert_int_equal(inventory_find(f->inventory, "", found, 4), 0);
}

static void find_takes_the_name_that_is_shown(void **state) {
        struct fixture *f = *state;
        const struct device *found[4];

        arp(f, NAS, "192.168.77.12");
        arp(f, PHONE, "192.168.77.3");
        pass(f, 1);
        /* As sd-hwdb would have it. */
        free(((struct device *) device_at(f, NAS))->oui_vendor);
        ((struct device *) device_at(f, NAS))->oui_vendor = strdup("Synology");
        assert_int_equal(inventory_find(f->inventory, "synology 9c:77:12", found, 4), 1);
        assert_ptr_equal(found[0], device_at(f, NAS));
        assert_int_equal(inventory_find(f->inventory, "Synology", found, 4), 0);
        /* What is called by its label is not shown so. */
        assert_int_equal(inventory_set_label(f->inventory, device_at(f, NAS)->id, "Storage"), 0);
        assert_int_equal(inventory_find(f->inventory, "Synology 9c:77:12", found, 4), 0);
        assert_int_equal(inventory_set_label(f->inventory, device_at(f, PHONE)->id, "STORAGE"), 0);
        assert_int_equal(inventory_find(f->inventory, "storage", found, 4), 2);
        assert_int_equal(inventory_find(f->inventory, "storage", found, 1), 2);
}

static void iteration_is_in_order_of_id(void **state) {
        struct fixture *f = *state;
        const struct device *d;
        size_t position = 0, n = 0;
        uint64_t last = 0;

        for (unsigned i = 0; i < 500; i++) {
                char mac[MAC_STRING_MAX];

                snprintf(mac, sizeof mac, "02:00:00:00:%02x:%02x", i >> 8, i & 255);
                arp(f, mac, "192.168.77.12");
        }
        while ((d = inventory_next(f->inventory, &position))) {
                assert_true(d->id > last);
                last = d->id;
                n++;
        }
        assert_int_equal(n, 500);
}

/* A router advertisement with a forged source: the attacker does not get the router's address, not even if he is heard
 * first. */
static void an_address_made_of_a_mac_is_that_macs(void **state) {
        struct fixture *f = *state;
        struct ip_address ip = ip_of("fe80::76da:88ff:fe10:7701");

        say(f, LAPTOP, "fe80::76da:88ff:fe10:7701", FACT_NDP_ROUTER, "fe80::76da:88ff:fe10:7701");
        assert_int_equal(device_at(f, LAPTOP)->n_ipv6, 1);
        say(f, ROUTER, "fe80::76da:88ff:fe10:7701", FACT_NDP_ROUTER, "fe80::76da:88ff:fe10:7701");
        assert_int_equal(device_at(f, LAPTOP)->n_ipv6, 0);
        assert_true(ip_equal(&device_at(f, ROUTER)->ipv6[0].address, &ip));
        pass(f, 7200);
        say(f, LAPTOP, "fe80::76da:88ff:fe10:7701", FACT_NDP_SOURCE, LAPTOP " fe80::76da:88ff:fe10:7701");
        assert_int_equal(device_at(f, LAPTOP)->n_ipv6, 0);
        assert_int_equal(device_at(f, ROUTER)->n_ipv6, 1);
}

static void complain(void *userdata _unused_, const char *file, unsigned line, const char *message) {
        fail_msg("%s:%u: %s", file, line, message);
}

static struct ruleset *rules_of(char *text) {
        struct ruleset *rules = NULL;
        FILE *file = fmemopen(text, strlen(text), "r");

        assert_non_null(file);
        assert_int_equal(ruleset_new(&rules), 0);
        assert_int_equal(ruleset_load(rules, "test.conf", file, complain, NULL), 1);
        fclose(file);
        return rules;
}

/* Names that are contacted are no evidence, unless a rule knows them: anybody on the machine may read evidence. */
static void contacted_names_are_kept_only_for_rules(void **state) {
        static char text[] = "[sni-maker]\nAsks=tls.sni ends .maker.example\nType=computer\nConfidence=40\n";
        struct ruleset *rules = rules_of(text);
        struct fixture *f = *state;

        inventory_set_rules(f->inventory, rules);
        arp(f, LAPTOP, "192.168.77.20");
        say(f, LAPTOP, "192.168.77.20", FACT_TLS_SNI, "clinic.example");
        say(f, LAPTOP, "192.168.77.20", FACT_QUIC_SNI, "news.example");
        assert_int_equal(device_at(f, LAPTOP)->n_evidence, 0);
        say(f, LAPTOP, "192.168.77.20", FACT_TLS_SNI, "time.maker.example");
        assert_int_equal(device_at(f, LAPTOP)->n_evidence, 1);
        inventory_set_rules(f->inventory, NULL);
        ruleset_free(rules);
}

static void what_old_rules_did_not_know_counts_for_new_ones(void **state) {
        static char old[] = "[old]\nMatch=dhcp.vendor_class is other\nType=tv\nConfidence=40\n";
        static char new[] = "[new]\nMatch=dhcp.vendor_class is synology\nType=nas\nConfidence=40\n";
        struct ruleset *before = rules_of(old), *after = rules_of(new);
        struct fixture *f = *state;

        inventory_set_rules(f->inventory, before);
        say(f, NAS, "192.168.77.12", FACT_DHCP_HOSTNAME, "box");
        say(f, NAS, "192.168.77.12", FACT_DHCP_VENDOR_CLASS, "synology");
        pass(f, 1);
        assert_int_equal(device_type(device_at(f, NAS)), TYPE_UNKNOWN);
        inventory_set_rules(f->inventory, after);
        assert_int_equal(device_type(device_at(f, NAS)), TYPE_NAS);
        inventory_set_rules(f->inventory, NULL);
        ruleset_free(before);
        ruleset_free(after);
}

static void contact(struct fixture *f, unsigned host) {
        char name[32];

        snprintf(name, sizeof name, "host%u.maker.example", host);
        say(f, LAPTOP, "192.168.77.20", FACT_TLS_SNI, name);
}

static bool is_kept(const struct device *d, const char *value) {
        for (size_t i = 0; i < d->n_evidence; i++)
                if (strcmp(d->evidence[i].value, value) == 0)
                        return true;
        return false;
}

/* Each new one would be a change for the bus and the store, and make the class again. */
static void contacted_names_do_not_push_each_other_out(void **state) {
        static char text[] = "[sni-maker]\nAsks=tls.sni ends .maker.example\nType=computer\nConfidence=40\n";
        struct ruleset *rules = rules_of(text);
        struct fixture *f = *state;
        size_t kept;

        inventory_set_rules(f->inventory, rules);
        for (unsigned host = 0; host < 40; host++)
                contact(f, host);
        pass(f, 1);
        kept = count_evidence(device_at(f, LAPTOP), FACT_TLS_SNI);
        assert_in_range(kept, 2, 39);
        f->changes = 0;
        for (unsigned host = 0; host < 40; host++) {
                contact(f, host);
                pass(f, 60);
        }
        assert_int_equal(f->changes, CHANGE_SEEN);
        assert_true(is_kept(device_at(f, LAPTOP), "host0.maker.example"));
        assert_false(is_kept(device_at(f, LAPTOP), "host39.maker.example"));
        /* What it has not talked to for an hour makes room, and that alone. */
        for (unsigned minute = 0; minute < 61; minute++) {
                contact(f, 1);
                pass(f, 60);
        }
        contact(f, 40);
        assert_int_equal(count_evidence(device_at(f, LAPTOP), FACT_TLS_SNI), kept);
        assert_true(is_kept(device_at(f, LAPTOP), "host40.maker.example"));
        assert_true(is_kept(device_at(f, LAPTOP), "host1.maker.example"));
        assert_false(is_kept(device_at(f, LAPTOP), "host0.maker.example"));
        inventory_set_rules(f->inventory, NULL);
        ruleset_free(rules);
}

int main(void) {
        const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
                TEST(arp_makes_a_device_with_an_address),
                TEST(contacted_names_are_kept_only_for_rules),
                TEST(contacted_names_do_not_push_each_other_out),
                TEST(what_old_rules_did_not_know_counts_for_new_ones),
                TEST(an_address_made_of_a_mac_is_that_macs),
                TEST(names_rank_by_source),
                TEST(two_names_of_a_kind_do_not_take_turns),
                TEST(renamed_device_gets_its_new_name),
                TEST(names_that_tell_nothing_are_not_taken),
                TEST(instance_names_lose_type_and_identifier),
                TEST(router_is_not_blamed_for_what_it_forwards),
                TEST(known_address_counts_for_more_than_the_hop_limit),
                TEST(certificates_of_far_servers_are_not_the_routers),
                TEST(hop_limit_decides_where_no_prefix_is_known),
                TEST(what_is_remembered_of_a_sender_is_not_for_ever),
                TEST(what_is_remembered_of_a_sender_goes_with_it),
                TEST(address_of_another_is_not_the_senders),
                TEST(gateway_is_not_taken_for_a_host_it_forwards),
                TEST(tunnelled_facts_are_nobodys),
                TEST(group_and_zero_addresses_make_no_device),
                TEST(addresses_that_are_no_hosts_are_not_bound),
                TEST(broadcast_address_of_the_prefix_is_not_bound),
                TEST(server_zero_is_no_server),
                TEST(forged_arp_binds_nothing),
                TEST(relayed_client_is_not_on_the_link),
                TEST(lease_binds_the_client_and_tells_the_network),
                TEST(lease_of_a_stranger_makes_no_device),
                TEST(address_that_the_client_takes_is_its_own),
                TEST(address_moves_to_a_new_owner),
                TEST(address_does_not_flap_between_two_claims),
                TEST(gateway_keeps_its_address_against_a_forger),
                TEST(server_that_a_client_names_is_a_server),
                TEST(whom_a_device_talks_to_is_no_evidence),
                TEST(goodbye_takes_the_service_back_and_keeps_the_name),
                TEST(goodbye_of_something_unknown_is_no_evidence),
                TEST(search_is_no_service),
                TEST(release_gives_the_address_back),
                TEST(host_name_belongs_to_the_owner_of_its_address),
                TEST(ipv6_list_is_bounded_and_its_churn_is_quiet),
                TEST(prefixes_of_both_families_stand_side_by_side),
                TEST(one_kind_does_not_push_out_the_others),
                TEST(repeated_evidence_is_counted_not_told),
                TEST(presence_follows_silence),
                TEST(what_is_sent_to_a_device_does_not_show_it_is_there),
                TEST(time_never_runs_back),
                TEST(this_machine_is_in_it),
                TEST(this_machine_changes_its_address),
                TEST(gateway_known_later_splits_nothing),
                TEST(another_place_is_another_network),
                TEST(vlans_are_networks),
                TEST(user_values_are_checked_and_kept),
                TEST(user_values_are_told_at_once),
                TEST(forgotten_device_comes_back_as_new),
                TEST(merged_addresses_stay_together_until_split),
                TEST(find_takes_addresses_ids_and_names),
                TEST(find_takes_the_name_that_is_shown),
                TEST(iteration_is_in_order_of_id),
#undef TEST
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
