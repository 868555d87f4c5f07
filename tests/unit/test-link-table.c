/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/link-table.h"

#include <errno.h>
#include <stdio.h>

#include "tests/unit/cmocka-all.h"
#include "tests/unit/netlink-message.h"

static const uint8_t mac_a[6] = { 2, 0, 0, 0, 0, 0xa }, mac_b[6] = { 2, 0, 0, 0, 0, 0xb };
static const uint8_t ip_a[4] = { 192, 0, 2, 1 }, ip_b[4] = { 192, 0, 2, 2 }, router[4] = { 192, 0, 2, 254 };

struct fixture {
        struct link_table *table;
        struct netlink_datagram datagram;
        char log[1024]; /* "+name" added, "~name" changed, "-name" removed */
};

static void note(struct fixture *f, char sign, const struct link *link) {
        size_t n = strlen(f->log);

        snprintf(f->log + n, sizeof f->log - n, "%c%s ", sign, link->name);
}

static void on_added(void *userdata, const struct link *link) {
        note(userdata, '+', link);
}

static void on_changed(void *userdata, const struct link *link) {
        note(userdata, '~', link);
}

static void on_removed(void *userdata, const struct link *link) {
        note(userdata, '-', link);
}

static int setup(void **state) {
        static struct fixture fixture;
        struct link_ops ops = { on_added, on_changed, on_removed, &fixture };

        memset(&fixture, 0, sizeof fixture);
        *state = &fixture;
        return link_table_new(&fixture.table, &ops);
}

static int teardown(void **state) {
        struct fixture *f = *state;

        link_table_free(f->table);
        return 0;
}

/* Reads what has been built, commits, and forgets it. */
static void feed(struct fixture *f) {
        assert_int_equal(link_table_read(f->table, f->datagram.data, f->datagram.length), 0);
        link_table_commit(f->table);
        f->datagram.length = 0;
}

static void two_links(struct fixture *f) {
        netlink_link(&f->datagram, RTM_NEWLINK, 2, "eth0", IFF_UP | IFF_RUNNING, mac_a);
        netlink_address(&f->datagram, RTM_NEWADDR, 2, 24, ip_a);
        netlink_link(&f->datagram, RTM_NEWLINK, 3, "wlan0", IFF_UP | IFF_RUNNING, mac_b);
        feed(f);
        assert_string_equal(f->log, "+eth0 +wlan0 ");
        f->log[0] = '\0';
}

static void link_has_what_messages_said(void **state) {
        struct fixture *f = *state;
        struct inventory_interface interface;
        const struct link *link;

        two_links(f);
        netlink_default_route(&f->datagram, RTM_NEWROUTE, 2, 100, router);
        feed(f);
        assert_string_equal(f->log, "~eth0 ");
        link = link_table_get_by_name(f->table, "eth0");
        assert_non_null(link);
        assert_ptr_equal(link, link_table_get(f->table, 2));
        assert_true(link->up && link->running && !link->loopback);
        assert_memory_equal(link->mac.bytes, mac_a, 6);
        link_to_inventory(link, "box", &interface);
        assert_int_equal(interface.ifindex, 2);
        assert_string_equal(interface.name, "eth0");
        assert_string_equal(interface.hostname, "box");
        assert_int_equal(interface.n_addresses, 1);
        assert_memory_equal(interface.addresses[0].bytes, ip_a, 4);
        assert_int_equal(interface.prefix_lengths[0], 24);
        assert_memory_equal(interface.gateway.bytes, router, 4);
}

static void default_is_route_of_lowest_metric(void **state) {
        struct fixture *f = *state;

        two_links(f);
        assert_string_equal(link_table_default(f->table)->name, "eth0");
        netlink_default_route(&f->datagram, RTM_NEWROUTE, 3, 600, router);
        feed(f);
        assert_string_equal(link_table_default(f->table)->name, "wlan0");
        netlink_default_route(&f->datagram, RTM_NEWROUTE, 2, 100, router);
        feed(f);
        assert_string_equal(link_table_default(f->table)->name, "eth0");
        netlink_default_route(&f->datagram, RTM_DELROUTE, 2, 100, router);
        feed(f);
        assert_string_equal(link_table_default(f->table)->name, "wlan0");
}

static void default_is_never_the_loopback(void **state) {
        struct fixture *f = *state;

        netlink_link(&f->datagram, RTM_NEWLINK, 1, "lo", IFF_UP | IFF_RUNNING | IFF_LOOPBACK, mac_a);
        netlink_link(&f->datagram, RTM_NEWLINK, 2, "eth0", 0, mac_a);
        feed(f);
        assert_null(link_table_default(f->table));
        netlink_link(&f->datagram, RTM_NEWLINK, 2, "eth0", IFF_UP, mac_a);
        feed(f);
        assert_string_equal(link_table_default(f->table)->name, "eth0");
}

static void table_of_policy_routes_is_not_the_main_one(void **state) {
        struct fixture *f = *state;
        struct rtmsg info = { .rtm_family = AF_INET, .rtm_table = RT_TABLE_COMPAT, .rtm_type = RTN_UNICAST };
        uint32_t oif = 3, other = 51820;

        two_links(f);
        netlink_begin(&f->datagram, RTM_NEWROUTE, &info, sizeof info);
        netlink_attribute(&f->datagram, RTA_OIF, &oif, sizeof oif);
        netlink_attribute(&f->datagram, RTA_TABLE, &other, sizeof other);
        feed(f);
        assert_string_equal(f->log, "");
        assert_string_equal(link_table_default(f->table)->name, "eth0");
}

static void each_hop_of_a_multipath_route_counts(void **state) {
        struct fixture *f = *state;
        struct rtmsg info = { .rtm_family = AF_INET, .rtm_table = RT_TABLE_MAIN, .rtm_type = RTN_UNICAST };
        struct {
                struct rtnexthop hop;
                struct rtattr gateway;
                uint8_t address[4];
        } hops[2] = {
                { { sizeof hops[0], 0, 0, 2 }, { 8, RTA_GATEWAY }, { 192, 0, 2, 254 } },
                { { sizeof hops[0], 0, 0, 3 }, { 8, RTA_GATEWAY }, { 192, 0, 2, 253 } },
        };

        two_links(f);
        netlink_begin(&f->datagram, RTM_NEWROUTE, &info, sizeof info);
        netlink_attribute(&f->datagram, RTA_MULTIPATH, hops, sizeof hops);
        feed(f);
        assert_int_equal(link_table_get(f->table, 2)->gateway.bytes[3], 254);
        assert_int_equal(link_table_get(f->table, 3)->gateway.bytes[3], 253);
}

/* The kernel flushes IPv4 routes without a message when the link goes down or loses its last address. */
static void routes_go_with_link_and_address(void **state) {
        struct fixture *f = *state;

        two_links(f);
        netlink_default_route(&f->datagram, RTM_NEWROUTE, 2, 100, router);
        feed(f);
        netlink_address(&f->datagram, RTM_DELADDR, 2, 24, ip_a);
        feed(f);
        assert_int_equal(link_table_get(f->table, 2)->gateway.family, 0);
        netlink_default_route(&f->datagram, RTM_NEWROUTE, 3, 100, router);
        feed(f);
        assert_string_equal(link_table_default(f->table)->name, "wlan0");
        netlink_link(&f->datagram, RTM_NEWLINK, 3, "wlan0", 0, mac_b);
        feed(f);
        assert_string_equal(link_table_default(f->table)->name, "eth0");
}

static void removal_is_told_once(void **state) {
        struct fixture *f = *state;

        two_links(f);
        netlink_link(&f->datagram, RTM_DELLINK, 3, "wlan0", 0, mac_b);
        netlink_link(&f->datagram, RTM_DELLINK, 3, "wlan0", 0, mac_b);
        feed(f);
        assert_string_equal(f->log, "-wlan0 ");
        assert_null(link_table_get(f->table, 3));
}

static void unchanged_link_is_not_told(void **state) {
        struct fixture *f = *state;

        two_links(f);
        netlink_link(&f->datagram, RTM_NEWLINK, 2, "eth0", IFF_UP | IFF_RUNNING, mac_a);
        netlink_address(&f->datagram, RTM_NEWADDR, 2, 24, ip_a);
        feed(f);
        assert_string_equal(f->log, "");
}

static void leaving_a_bridge_is_not_the_end(void **state) {
        struct fixture *f = *state;
        struct ifinfomsg info = { .ifi_family = AF_BRIDGE, .ifi_index = 2, .ifi_type = 1 };

        two_links(f);
        netlink_begin(&f->datagram, RTM_DELLINK, &info, sizeof info);
        netlink_attribute(&f->datagram, IFLA_IFNAME, "eth0", 5);
        feed(f);
        assert_non_null(link_table_get(f->table, 2));
}

static void sync_removes_what_the_dump_lacks(void **state) {
        struct fixture *f = *state;

        two_links(f);
        link_table_begin_sync(f->table);
        netlink_link(&f->datagram, RTM_NEWLINK, 2, "eth0", IFF_UP | IFF_RUNNING, mac_a);
        netlink_address(&f->datagram, RTM_NEWADDR, 2, 24, ip_b);
        assert_int_equal(link_table_read(f->table, f->datagram.data, f->datagram.length), 0);
        assert_int_equal(link_table_end_sync(f->table), 0);
        link_table_commit(f->table);
        assert_string_equal(f->log, "~eth0 -wlan0 ");
        assert_int_equal(link_table_get(f->table, 2)->n_addresses, 1);
        assert_memory_equal(link_table_get(f->table, 2)->addresses[0].bytes, ip_b, 4);
}

static void interrupted_dump_removes_nothing(void **state) {
        struct fixture *f = *state;
        struct nlmsghdr done = { .nlmsg_len = sizeof done, .nlmsg_type = NLMSG_DONE, .nlmsg_flags = NLM_F_DUMP_INTR };

        two_links(f);
        link_table_begin_sync(f->table);
        assert_int_equal(link_table_read(f->table, &done, sizeof done), 1);
        assert_int_equal(link_table_end_sync(f->table), -EINTR);
        link_table_commit(f->table);
        assert_non_null(link_table_get(f->table, 3));
}

static void addresses_and_links_are_bounded(void **state) {
        struct fixture *f = *state;
        struct link_table_counters counters;
        uint8_t ip[4] = { 10, 0, 0, 0 };

        two_links(f);
        for (unsigned i = 0; i < LINK_ADDRESSES_MAX + 5; i++) {
                ip[3] = (uint8_t) i;
                netlink_address(&f->datagram, RTM_NEWADDR, 3, 24, ip);
                feed(f);
        }
        assert_int_equal(link_table_get(f->table, 3)->n_addresses, LINK_ADDRESSES_MAX);
        for (int i = 0; i < LINKS_MAX; i++) {
                netlink_link(&f->datagram, RTM_NEWLINK, 100 + i, "many", IFF_UP, mac_a);
                feed(f);
        }
        link_table_get_counters(f->table, &counters);
        assert_int_equal(counters.overflow, 5 + 2);
}

static void every_cut_is_refused_or_harmless(void **state) {
        struct fixture *f = *state;
        struct link_table_counters counters;
        size_t refused = 0;

        netlink_link(&f->datagram, RTM_NEWLINK, 2, "eth0", IFF_UP, mac_a);
        netlink_default_route(&f->datagram, RTM_NEWROUTE, 2, 100, router);
        for (size_t n = 1; n < f->datagram.length; n++)
                refused += link_table_read(f->table, f->datagram.data, n) == -EBADMSG;
        link_table_get_counters(f->table, &counters);
        /* Only the cut between the two messages is clean. */
        assert_int_equal(refused, f->datagram.length - 2);
        assert_int_equal(counters.malformed, refused);
}

static void lying_attribute_length_is_refused(void **state) {
        struct fixture *f = *state;
        struct ifinfomsg info = { .ifi_index = 2, .ifi_type = 1 };
        struct rtattr lie = { .rta_len = 400, .rta_type = IFLA_IFNAME }, tiny = { .rta_len = 2, .rta_type = IFLA_IFNAME };

        netlink_begin(&f->datagram, RTM_NEWLINK, &info, sizeof info);
        netlink_append(&f->datagram, &lie, sizeof lie);
        assert_int_equal(link_table_read(f->table, f->datagram.data, f->datagram.length), -EBADMSG);
        f->datagram.length = 0;
        netlink_begin(&f->datagram, RTM_NEWLINK, &info, sizeof info);
        netlink_append(&f->datagram, &tiny, sizeof tiny);
        assert_int_equal(link_table_read(f->table, f->datagram.data, f->datagram.length), -EBADMSG);
        assert_null(link_table_get(f->table, 2));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                CASE(link_has_what_messages_said),
                CASE(default_is_route_of_lowest_metric),
                CASE(default_is_never_the_loopback),
                CASE(table_of_policy_routes_is_not_the_main_one),
                CASE(each_hop_of_a_multipath_route_counts),
                CASE(routes_go_with_link_and_address),
                CASE(removal_is_told_once),
                CASE(unchanged_link_is_not_told),
                CASE(leaving_a_bridge_is_not_the_end),
                CASE(sync_removes_what_the_dump_lacks),
                CASE(interrupted_dump_removes_nothing),
                CASE(addresses_and_links_are_bounded),
                CASE(every_cut_is_refused_or_harmless),
                CASE(lying_attribute_length_is_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
