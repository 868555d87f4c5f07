/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Facts that come in a row of one packet are attributed once: one inventory takes them so, another is made to look at each
 * of them anew, and both must know and tell the same. */

#include "tests/unit/cmocka-all.h"

#include "tests/unit/inventory-fixture.h"

static uint32_t next_random(uint64_t *state) {
        *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407;
        return (uint32_t) (*state >> 33);
}

#define ANY(state, array) (array)[next_random(state) % ELEMENTSOF(array)]

/* Kinds that teach addresses and prefixes among those that do not, and values that fit some of them. */
static struct fact any_fact(uint64_t *random, const struct fact *before) {
        static const enum fact_kind kinds[] = {
                FACT_ARP_SENDER, FACT_ARP_WHO_HAS, FACT_DHCP_HOSTNAME, FACT_DHCP_ASSIGNED_IP, FACT_DHCP_NETMASK, FACT_DHCP_ROUTER,
                FACT_DHCP_MSG_TYPE, FACT_DHCP_REQUESTED_IP, FACT_MDNS_HOSTNAME, FACT_MDNS_SERVICE, FACT_TLS_JA3, FACT_NDP_DAD,
                FACT_HTTP_USER_AGENT, FACT_SSDP_SERVER, FACT_ARP_L2_MISMATCH,
        };
        static const char *const values[] = { "192.168.1.1", "192.168.1.2", "192.168.1.7", "10.9.9.9", "255.255.255.0", "name",
                                              "a.local 192.168.1.2", "b.local 192.168.1.9" };
        static const uint8_t hosts[] = { 1, 2, 7, 9 };
        struct fact fact = *before;

        if (next_random(random) % 3 == 0) { /* another packet */
                uint8_t host = ANY(random, hosts);

                fact.ts += next_random(random) % 2 * SEC;
                fact.frame++;
                fact.mac = fact.source = (struct mac_address) { { 2, 0, 0, 0, 0, host } };
                fact.ip = next_random(random) % 4 ? ip_from_v4((uint8_t[]) { 192, 168, 1, ANY(random, hosts) })
                                                  : ip_from_v4((uint8_t[]) { 203, 0, 113, 5 });
                fact.hop_limit = next_random(random) % 2 ? 64 : 57;
                fact.flags = FACT_HAS_MAC | (next_random(random) % 2 ? FACT_LINK_SCOPED : 0) |
                             (next_random(random) % 8 ? 0 : FACT_GOODBYE);
                fact.subject = (struct mac_address) { { 2, 0, 0, 0, 0, ANY(random, hosts) } };
                fact.flags |= next_random(random) % 2 ? FACT_HAS_SUBJECT : 0;
        }
        fact.kind = ANY(random, kinds);
        fact.value = ANY(random, values);
        fact.value_length = (uint32_t) strlen(fact.value);
        return fact;
}

static void assert_same(const struct fixture *a, const struct fixture *b) {
        struct inventory_counters x, y;
        size_t i = 0, j = 0;

        inventory_get_counters(a->inventory, &x);
        inventory_get_counters(b->inventory, &y);
        assert_memory_equal(&x, &y, sizeof x);
        assert_int_equal(a->added, b->added);
        assert_int_equal(a->changed, b->changed);
        assert_int_equal(a->changes, b->changes);
        for (const struct device *d, *e; (d = inventory_next(a->inventory, &i)) && (e = inventory_next(b->inventory, &j));) {
                assert_true(d->id == e->id && d->last_seen == e->last_seen && d->flags == e->flags && d->presence == e->presence);
                assert_int_equal(d->n_ipv4, e->n_ipv4);
                for (size_t k = 0; k < d->n_ipv4; k++) {
                        assert_true(ip_equal(&d->ipv4[k].address, &e->ipv4[k].address) && d->ipv4[k].source == e->ipv4[k].source);
                        assert_true(d->ipv4[k].first_seen == e->ipv4[k].first_seen && d->ipv4[k].last_seen == e->ipv4[k].last_seen);
                }
                assert_int_equal(d->n_evidence, e->n_evidence);
                for (size_t k = 0; k < d->n_evidence; k++) {
                        assert_string_equal(d->evidence[k].value, e->evidence[k].value);
                        assert_int_equal(d->evidence[k].count, e->evidence[k].count);
                }
        }
}

static void rows_make_no_difference(void **state _unused_) {
        struct inventory_config config;
        uint64_t random = 11;

        inventory_config_default(&config);
        for (unsigned round = 0; round < 100; round++) {
                struct fixture rows, single;
                struct fact fact = { .ts = T0 };

                fixture_init(&rows, 0);
                fixture_init(&single, 0);
                for (unsigned i = 0; i < 300; i++) {
                        fact = any_fact(&random, &fact);
                        inventory_take_fact(rows.inventory, &fact);
                        inventory_set_config(single.inventory, &config); /* forgets the fact before */
                        inventory_take_fact(single.inventory, &fact);
                        if (i % 50 == 49) {
                                inventory_advance(rows.inventory, fact.ts);
                                inventory_advance(single.inventory, fact.ts);
                                assert_same(&rows, &single);
                        }
                }
                fixture_done(&rows);
                fixture_done(&single);
        }
}

/* Of senders that forward, or make addresses up: addresses of the link and others, and time. `n` kinds of claims: leases that end,
 * claims by ARP, and what tells the prefix. */
static struct fact any_forwarded(uint64_t *random, const struct fact *before, unsigned n) {
        static const enum fact_kind claims[] = { FACT_DHCP_MSG_TYPE, FACT_ARP_SENDER, FACT_DHCP_ASSIGNED_IP, FACT_DHCP_NETMASK };
        static const char *const values[] = { "192.168.1.7", "198.51.100.9", "255.255.255.0", "255.255.255.192" };
        bool claim = next_random(random) % 16 == 0;
        struct fact fact = {
                .ts = before->ts + (next_random(random) % 32 == 0 ? 30 * SEC : 0),
                .frame = claim ? 1 : before->frame + 1, /* what a lease says comes of one */
                .mac = { { 2, 0, 0, 0, 0, (uint8_t) (next_random(random) % 3) } },
                .ip = next_random(random) % 16 ? ip_from_v4((uint8_t[]) { 198, 51, 100, (uint8_t) (next_random(random) % 40) })
                                               : ip_from_v4((uint8_t[]) { 192, 168, 1, (uint8_t) (next_random(random) % 12) }),
                .hop_limit = next_random(random) % 64 ? 64 : 57,
                .flags = FACT_HAS_MAC,
                .kind = claim ? claims[next_random(random) % n] : FACT_TCP_SYN_SIG,
                .value = claim ? ANY(random, values) : "signature",
        };

        fact.source = fact.mac;
        if (claim)
                fact.flags |= (next_random(random) % 2 ? FACT_LINK_SCOPED : 0) | (next_random(random) % 4 ? 0 : FACT_GOODBYE);
        fact.value_length = (uint32_t) strlen(fact.value);
        return fact;
}

/* Whom facts were about is found anew. */
static void forget(struct fixture *f, uint64_t now) {
        const struct inventory_interface other = { .ifindex = 7, .name = "other" };

        inventory_set_interface(f->inventory, &other, now);
        inventory_remove_interface(f->inventory, other.ifindex);
}

static void what_is_forwarded_is_remembered_rightly(void **state _unused_) {
        uint64_t random = 7;
        unsigned nobodys = 0;

        for (unsigned round = 0; round < 60; round++) {
                struct fixture one, other;
                struct fact fact = { .ts = T0 };

                fixture_init(&one, 0);
                fixture_init(&other, 0);
                forget(&one, T0);
                for (unsigned i = 0; i < 2000; i++) {
                        bool nobody;

                        fact = any_forwarded(&random, &fact, round % 4 + 1);
                        forget(&other, fact.ts);
                        nobody = inventory_is_nobodys(one.inventory, &fact);
                        nobodys += nobody;
                        assert_int_equal(nobody, inventory_is_nobodys(other.inventory, &fact));
                        inventory_take_fact(one.inventory, &fact);
                        inventory_take_fact(other.inventory, &fact);
                        if (i % 100 == 99)
                                assert_same(&one, &other);
                }
                fixture_done(&one);
                fixture_done(&other);
        }
        assert_true(nobodys > 1000);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(rows_make_no_difference),
                cmocka_unit_test(what_is_forwarded_is_remembered_rightly),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
