/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A flood of invented sources must not cost memory, nor hide a real scan among them. */

#include "tests/unit/cmocka-all.h"

#include <malloc.h>
#include <netinet/in.h>

#include "engine/detect/detection.h"
#include "tests/unit/inventory-fixture.h"

struct watch {
        struct fixture f;
        struct detection *detection;
        unsigned raised[_ALERT_KIND_MAX];
};

static void on_raised(void *userdata, const struct alert *alert) {
        struct watch *w = userdata;

        w->raised[alert->kind]++;
}

static void on_changed(void *userdata _unused_, const struct alert *alert _unused_, uint32_t changes _unused_) {
}

static bool no_flow(void *userdata _unused_, const struct contact *contact _unused_, struct flow_record *ret _unused_) {
        return false;
}

static void watch_init(struct watch *w, struct peer_names *names) {
        struct alert_ledger_ops ops = { on_raised, on_changed, w };
        struct detection_config config = { .names = names, .first_alert_id = 1, .find_flow = no_flow };

        *w = (struct watch) {};
        fixture_init(&w->f, 0);
        config.inventory = w->f.inventory;
        detect_settings_default(&config.settings);
        assert_int_equal(detection_new(&w->detection, &config, &ops), 0);
}

static struct contact contact_of(const struct watch *w, uint8_t kind, uint32_t source, uint16_t port) {
        return (struct contact) {
                .ts = w->f.now,
                .kind = kind,
                .packets = 1,
                .protocol = IPPROTO_TCP,
                .hop_limit = 64,
                .source_mac = mac_of("00:0c:29:ee:77:66"),
                .destination_mac = mac_of("00:11:32:9c:77:12"),
                .source = ip_from_v4((uint8_t[]) { (uint8_t) (source >> 24), (uint8_t) (source >> 16), (uint8_t) (source >> 8), (uint8_t) source }),
                .destination = ip_of("192.168.77.12"),
                .source_port = 40000,
                .destination_port = port,
        };
}

static void advance(struct watch *w) {
        w->f.now += SEC;
        detection_advance(w->detection, w->f.now, false);
}

static void a_million_invented_sources_cost_nothing(void **state _unused_) {
        static const uint8_t kinds[] = { CONTACT_SYN, CONTACT_DATAGRAM, CONTACT_SYN_ACK, CONTACT_ECHO, CONTACT_STRAY, CONTACT_OTHER };
        struct peer_names *names;
        struct mallinfo2 before, after;
        struct watch w;

        assert_int_equal(peer_names_new(&names, 64, 0), 0);
        watch_init(&w, names);
        for (uint32_t i = 0; i < 100000; i++) {
                struct contact c = contact_of(&w, kinds[i % ELEMENTSOF(kinds)], UINT32_C(0x14000000) + i, (uint16_t) (22 + i % 5));

                detection_contact(w.detection, &c);
                if (i % 10000 == 0)
                        advance(&w);
        }
        before = mallinfo2();
        for (uint32_t i = 100000; i < 1100000; i++) {
                struct contact c = contact_of(&w, kinds[i % ELEMENTSOF(kinds)], UINT32_C(0x14000000) + i, (uint16_t) (22 + i % 5));

                detection_contact(w.detection, &c);
                if (i % 10000 == 0)
                        advance(&w);
        }
        after = mallinfo2();
        /* What is still in use by then: tables that were full, and no more. */
        assert_true(after.uordblks <= before.uordblks + (1 << 20));
        assert_true(after.uordblks < (size_t) 64 << 20);
        assert_true(w.raised[ALERT_SYN_FLOOD] > 0 && w.raised[ALERT_SYN_FLOOD] < 20);
        detection_free(w.detection);
        fixture_done(&w.f);
        peer_names_free(names);
}

static void a_scan_is_found_among_invented_sources(void **state _unused_) {
        struct peer_names *names;
        struct watch w;

        assert_int_equal(peer_names_new(&names, 64, 0), 0);
        watch_init(&w, names);
        for (uint32_t i = 0; i < 400000; i++) {
                struct contact c = contact_of(&w, CONTACT_SYN, UINT32_C(0x14000000) + i, 80);

                detection_contact(w.detection, &c);
                if (i % 5000 == 0) {
                        c = contact_of(&w, CONTACT_SYN, UINT32_C(0xc0a84d42), (uint16_t) (100 + i / 5000));
                        detection_contact(w.detection, &c);
                }
                if (i % 50000 == 0)
                        advance(&w);
        }
        advance(&w);
        assert_int_equal(w.raised[ALERT_PORT_SCAN], 1);
        detection_free(w.detection);
        fixture_done(&w.f);
        peer_names_free(names);
}

static void hear(struct watch *w, enum fact_kind kind, struct ip_address from, struct ip_address to, const char *value) {
        struct fact fact = { .ts = w->f.now, .kind = kind, .flags = FACT_HAS_MAC, .mac = mac_of("00:0c:29:ee:77:66"), .ip = from,
                             .destination = to, .value = value, .value_length = (uint32_t) strlen(value) };

        detection_fact(w->detection, &fact);
}

/* Who looks for drawn names is not lost among any number of those who look for words. */
static void askers_for_words_push_nobody_out(void **state _unused_) {
        struct ip_address drawer = ip_of("192.168.77.9"), resolver = ip_of("192.168.77.1");
        char name[] = "xkqjzvbwp?.example A";
        struct peer_names *names;
        struct watch w;

        assert_int_equal(peer_names_new(&names, 64, 0), 0);
        watch_init(&w, names);
        for (char c = 'a'; c < 'a' + 15; c++) {
                name[strlen("xkqjzvbwp")] = c;
                hear(&w, FACT_DNS_QUERY, drawer, resolver, name);
        }
        for (unsigned i = 0; i < 14; i++)
                hear(&w, FACT_DNS_RCODE, resolver, drawer, "3");
        for (unsigned i = 0; i < 4000; i++)
                hear(&w, FACT_DNS_QUERY, ip_from_v4((uint8_t[]) { 10, 0, (uint8_t) (i >> 8), (uint8_t) i }), resolver, "www.wikipedia.example A");
        advance(&w);
        assert_int_equal(w.raised[ALERT_DGA_NAMES], 0);
        hear(&w, FACT_DNS_RCODE, resolver, drawer, "3");
        advance(&w);
        assert_int_equal(w.raised[ALERT_DGA_NAMES], 1);
        detection_free(w.detection);
        fixture_done(&w.f);
        peer_names_free(names);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_million_invented_sources_cost_nothing),
                cmocka_unit_test(a_scan_is_found_among_invented_sources),
                cmocka_unit_test(askers_for_words_push_nobody_out),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
