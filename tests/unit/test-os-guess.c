/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include "common/cleanup.h"
#include "engine/classify/classify.h"
#include "tests/unit/inventory-fixture.h"

#define LAPTOP "02:00:00:00:00:20"
#define ROUTER "02:00:00:00:00:01"

struct test {
        struct fixture f;
        struct ruleset *rules;
};

static const char rules_text[] = "[linux]\nMatch=tcp.os glob Linux*: exact, distance 0, *\nOS=Linux\nConfidence=45\n";
static const char signatures_text[] = "[tcp:request]\nlabel = s:unix:Linux:4.x\nsig = *:64:0:*:mss*44,*:mss:df,id+:0\n"
                                      "label = s:!:Scan:\nsig = *:64-:0:*:1024,0:mss::0\n";

static struct os_signatures *signatures(const char *text) {
        _cleanup_(fclosep) FILE *f = fmemopen((char *) text, strlen(text), "r");
        struct os_signatures *set;

        assert_non_null(f);
        assert_int_equal(os_signatures_new(&set), 0);
        assert_true(os_signatures_load(set, "test.fp", f, NULL, NULL) > 0);
        return set;
}

static int set_up(void **state) {
        static struct test test;
        _cleanup_(fclosep) FILE *f = fmemopen((char *) rules_text, strlen(rules_text), "r");

        fixture_init(&test.f, 0);
        if (!f || ruleset_new(&test.rules) < 0 || ruleset_load(test.rules, "test.conf", f, NULL, NULL) != 1)
                return -1;
        ruleset_set_signatures(test.rules, signatures(signatures_text));
        inventory_set_rules(test.f.inventory, test.rules);
        *state = &test;
        return 0;
}

static int tear_down(void **state) {
        struct test *t = *state;

        fixture_done(&t->f);
        ruleset_free(t->rules);
        return 0;
}

static const struct evidence *evidence_of(const struct device *device) {
        for (size_t i = 0; i < device->n_evidence; i++)
                if (device->evidence[i].kind == FACT_TCP_OS)
                        return &device->evidence[i];
        return NULL;
}

static struct inventory_counters counters_of(const struct test *t) {
        struct inventory_counters c;

        inventory_get_counters(t->f.inventory, &c);
        return c;
}

static void syn(struct test *t, const char *mac, const char *ip, const char *raw) {
        say_flags(&t->f, mac, ip, FACT_TCP_RAW_SIG, raw, 0, FACT_LINK_SCOPED);
}

static void a_known_signature_is_evidence_with_its_reason(void **state) {
        struct test *t = *state;
        const struct device *device;

        arp(&t->f, LAPTOP, "192.168.77.20");
        syn(t, LAPTOP, "192.168.77.20", "syn 4:64:0:1460:64240,7:mss:df,id+:0 44");
        pass(&t->f, 2);
        device = device_at(&t->f, LAPTOP);
        assert_string_equal(evidence_of(device)->value,
                            "Linux 4.x: exact, distance 0, signature *:64:0:*:mss*44,*:mss:df,id+:0");
        assert_string_equal(device_os(device), "Linux");
        assert_int_equal(device->class->n_reasons, 1);
        assert_string_equal(device->class->reasons[0].rule, "linux");
        assert_ptr_equal(&device->evidence[device->class->reasons[0].evidence_index], evidence_of(device));
        assert_int_equal(counters_of(t).os_known, 1);
}

static void what_passed_a_router_does_not_make_the_system(void **state) {
        struct test *t = *state;

        arp(&t->f, LAPTOP, "192.168.77.20");
        syn(t, LAPTOP, "192.168.77.20", "syn 4:63:0:1460:64240,7:mss:df,id+:0 44");
        pass(&t->f, 2);
        assert_non_null(strstr(evidence_of(device_at(&t->f, LAPTOP))->value, ", distance 1, "));
        assert_string_equal(device_os(device_at(&t->f, LAPTOP)), "");
}

static void a_router_is_not_what_it_forwards(void **state) {
        struct test *t = *state;

        arp(&t->f, ROUTER, "192.168.77.1");
        syn(t, ROUTER, "93.184.216.34", "syn 4:64:0:1460:64240,7:mss:df,id+:0 44");
        syn(t, ROUTER, "10.9.9.9", "syn 4:64:0:1460:64240,7:mss:df,id+:0 44");
        assert_null(evidence_of(device_at(&t->f, ROUTER)));
        assert_int_equal(counters_of(t).os_known, 0);
}

static void a_random_hop_limit_has_no_distance(void **state) {
        struct test *t = *state;

        arp(&t->f, LAPTOP, "192.168.77.20");
        syn(t, LAPTOP, "192.168.77.20", "syn 4:51:0:1460:1024,0:mss::0 44");
        assert_string_equal(evidence_of(device_at(&t->f, LAPTOP))->value,
                            "Scan: exact, distance unknown, signature *:64-:0:*:1024,0:mss::0");
}

static void an_unknown_signature_is_counted_and_no_evidence(void **state) {
        struct test *t = *state;

        arp(&t->f, LAPTOP, "192.168.77.20");
        syn(t, LAPTOP, "192.168.77.20", "syn 4:64:0:1460:1,7:ws:df,id+:0 44");
        syn(t, LAPTOP, "192.168.77.20", "no signature");
        assert_int_equal(device_at(&t->f, LAPTOP)->n_evidence, 0);
        assert_int_equal(counters_of(t).os_unknown, 1);
        assert_int_equal(counters_of(t).os_known, 0);
}

static void a_flood_is_looked_up_once(void **state) {
        struct test *t = *state;

        arp(&t->f, LAPTOP, "192.168.77.20");
        for (unsigned i = 0; i < 10000; i++)
                syn(t, LAPTOP, "192.168.77.20", i % 2 ? "syn 4:64:0:1460:64240,7:mss:df,id+:0 44" :
                                                        "syn 4:64:0:1460:512,7:mss:df,id+:0 44");
        assert_int_equal(counters_of(t).os_searches, 2);
        assert_int_equal(counters_of(t).os_known, 5000);
        assert_int_equal(counters_of(t).os_unknown, 5000);
        assert_int_equal(evidence_of(device_at(&t->f, LAPTOP))->count, 5000);
}

static void a_flood_of_all_windows_leaves_little_behind(void **state) {
        struct test *t = *state;
        char raw[64];

        arp(&t->f, LAPTOP, "192.168.77.20");
        for (unsigned mss = 500; mss < 1460; mss++) {
                snprintf(raw, sizeof raw, "syn 4:%u:0:%u:%u,7:mss:df,id+:0 44", 64 - mss % 30, mss, mss * 44);
                syn(t, LAPTOP, "192.168.77.20", raw);
        }
        assert_true(device_at(&t->f, LAPTOP)->n_evidence <= 3);
}

static void other_signatures_are_looked_up_anew(void **state) {
        struct test *t = *state;

        arp(&t->f, LAPTOP, "192.168.77.20");
        syn(t, LAPTOP, "192.168.77.20", "syn 4:64:0:1460:512,7:mss:df,id+:0 44");
        assert_null(evidence_of(device_at(&t->f, LAPTOP)));
        ruleset_set_signatures(t->rules, signatures("[tcp:request]\nlabel = s:other:New:\nsig = 4:64:0:*:512,7:mss:df,id+:0\n"));
        inventory_set_rules(t->f.inventory, t->rules);
        syn(t, LAPTOP, "192.168.77.20", "syn 4:64:0:1460:512,7:mss:df,id+:0 44");
        assert_string_equal(evidence_of(device_at(&t->f, LAPTOP))->value,
                            "New: exact, distance 0, signature 4:64:0:*:512,7:mss:df,id+:0");
        ruleset_set_signatures(t->rules, NULL);
        inventory_set_rules(t->f.inventory, t->rules);
        syn(t, LAPTOP, "192.168.77.20", "syn 4:64:0:1460:512,7:mss:df,id+:0 44");
        assert_int_equal(evidence_of(device_at(&t->f, LAPTOP))->count, 1);
}

int main(void) {
        const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
                TEST(a_known_signature_is_evidence_with_its_reason),
                TEST(what_passed_a_router_does_not_make_the_system),
                TEST(a_router_is_not_what_it_forwards),
                TEST(a_random_hop_limit_has_no_distance),
                TEST(an_unknown_signature_is_counted_and_no_evidence),
                TEST(a_flood_is_looked_up_once),
                TEST(a_flood_of_all_windows_leaves_little_behind),
                TEST(other_signatures_are_looked_up_anew),
#undef TEST
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
