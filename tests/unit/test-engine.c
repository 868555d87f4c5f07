/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include <netinet/in.h>

#include "common/strbuf.h"
#include "engine/engine.h"
#include "tests/unit/inventory-fixture.h"

#define LINKTYPE_ETHERNET 1

struct listener {
        unsigned facts, added, changed, removed, networks, alerts;
};

static void on_fact(void *userdata, const struct fact *fact _unused_) {
        ((struct listener *) userdata)->facts++;
}

static void on_added(void *userdata, const struct device *device _unused_) {
        ((struct listener *) userdata)->added++;
}

static void on_changed(void *userdata, const struct device *device _unused_, uint32_t changes _unused_) {
        ((struct listener *) userdata)->changed++;
}

static void on_network(void *userdata, const struct network *network _unused_) {
        ((struct listener *) userdata)->networks++;
}

static void on_alert(void *userdata, const struct alert *alert _unused_) {
        ((struct listener *) userdata)->alerts++;
}

static struct engine *make_engine(struct listener *listener, bool dissect_only) {
        struct engine_ops ops = { .fact = on_fact, .device_added = on_added, .device_changed = on_changed,
                                  .network_added = on_network, .alert = on_alert, .userdata = listener };
        struct engine_config config;
        struct engine *engine = NULL;

        *listener = (struct listener) {};
        engine_config_default(&config);
        config.dissect_only = dissect_only;
        assert_int_equal(engine_new(&engine, &config, &ops), 0);
        return engine;
}

static void feed(struct engine *engine, uint64_t ts, const uint8_t *data, size_t length) {
        struct frame frame = { .ts = ts, .ifindex = 1, .linktype = LINKTYPE_ETHERNET, .captured = (uint32_t) length,
                               .length = (uint32_t) length, .data = data };

        engine_feed_frame(engine, &frame);
}

/* ARP request of 00:11:32:00:00:<host>, who is 192.168.77.<host>, for 192.168.77.1 */
static void feed_arp(struct engine *engine, uint64_t ts, uint8_t host) {
        const uint8_t data[] = {
                0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 0x11, 0x32, 0, 0, host, 0x08, 0x06, /* Ethernet */
                0, 1, 8, 0, 6, 4, 0, 1,                                                        /* Ethernet, IPv4, request */
                0x00, 0x11, 0x32, 0, 0, host, 192, 168, 77, host,                              /* sender */
                0, 0, 0, 0, 0, 0, 192, 168, 77, 1,                                             /* target */
        };

        feed(engine, ts, data, sizeof data);
}

/* An IPv4 frame from 00:11:32:00:00:<from> to :<to> that no dissector reads: UDP port 9 to 9, 4 bytes. */
static void feed_counted_udp(struct engine *engine, uint64_t ts, uint8_t from, uint8_t to, bool flow_counted) {
        const uint8_t data[] = {
                0x00, 0x11, 0x32, 0, 0, to, 0x00, 0x11, 0x32, 0, 0, from, 0x08, 0x00,          /* Ethernet */
                0x45, 0, 0, 32, 0, 1, 0, 0, 64, 17, 0, 0, 192, 168, 77, from, 192, 168, 77, to, /* IPv4 */
                0, 9, 0, 9, 0, 12, 0, 0, 'd', 'a', 't', 'a',                                   /* UDP */
        };
        const struct frame frame = { .ts = ts, .ifindex = 1, .linktype = LINKTYPE_ETHERNET, .captured = sizeof data, .length = sizeof data,
                                     .data = data, .flow_counted = flow_counted };

        engine_feed_frame(engine, &frame);
}

static void feed_udp(struct engine *engine, uint64_t ts, uint8_t from, uint8_t to) {
        feed_counted_udp(engine, ts, from, to, false);
}

static const struct device *device_of(struct engine *engine, uint8_t host) {
        struct mac_address mac = { { 0x00, 0x11, 0x32, 0, 0, host } };

        return inventory_get_by_mac(engine_inventory(engine), &mac);
}

static void frames_make_devices(void **state _unused_) {
        struct engine_counters counters;
        struct listener l;
        struct engine *e = make_engine(&l, false);

        feed_arp(e, T0, 12);
        assert_int_equal(l.added, 1);
        assert_int_equal(l.networks, 1);
        assert_true(l.facts >= 2);
        feed_udp(e, T0 + 1, 12, 13);
        feed_udp(e, T0 + 2, 14, 13);
        engine_flush(e);
        assert_int_equal(device_of(e, 12)->n_ipv4, 1);
        assert_int_equal(device_of(e, 12)->traffic.packets_sent, 2);
        /* Only sent to: not there. Only a source address seen: there, with no address learned from it. */
        assert_null(device_of(e, 13));
        assert_non_null(device_of(e, 14));
        assert_int_equal(device_of(e, 14)->n_ipv4, 0);
        assert_false(device_of(e, 14)->flags & DEVICE_CONFIRMED);
        engine_get_counters(e, &counters);
        assert_int_equal(counters.packet.frames, 3);
        assert_int_equal(counters.facts, l.facts);
        assert_int_equal(counters.inventory.devices, 2);
        engine_free(e);
}

/* Dissectors, parsers of connections and of datagrams: each once, and by one name where it has several numbers. */
static void every_protocol_is_counted_once(void **state _unused_) {
        struct engine_counters counters = {};
        struct protocol_total total;
        const struct dissector *rows;
        uint64_t arp = 0, http = 0, quic = 0;
        size_t position = 0, seen = 0, n;

        rows = dissectors_get(&n);
        for (size_t i = 0; i < n; i++)
                counters.dissectors[i].packets = strcmp(rows[i].name, "arp") == 0 ? 1 : 0;
        for (size_t i = 0; i < SESSION_PARSER_MAX; i++)
                counters.sessions.parsers[i].packets = 7;
        for (size_t i = 0; i < DATAGRAM_PARSER_MAX; i++)
                counters.datagrams.parsers[i].packets = 9;
        for (; engine_counters_next_protocol(&counters, &position, &total); seen++) {
                arp += strcmp(total.name, "arp") == 0 ? total.counters.packets : 0;
                http += strcmp(total.name, "http") == 0 ? total.counters.packets : 0;
                quic += strcmp(total.name, "quic") == 0 ? total.counters.packets : 0;
        }
        /* ARP and RARP are two rows. */
        assert_int_equal(arp, 2);
        assert_int_equal(http, 7);
        assert_int_equal(quic, 9);
        assert_true(seen > 10);
        assert_false(engine_counters_next_protocol(&counters, &position, &total));
}

static void dissecting_alone_makes_no_devices(void **state _unused_) {
        struct engine_counters counters;
        struct listener l;
        struct engine *e = make_engine(&l, true);

        feed_arp(e, T0, 12);
        engine_advance(e, T0 + 100 * SEC);
        engine_flush(e);
        assert_true(l.facts >= 2);
        assert_int_equal(l.added + l.alerts, 0);
        assert_null(engine_inventory(e));
        assert_true(engine_next_deadline(e) == UINT64_MAX);
        engine_get_counters(e, &counters);
        assert_int_equal(counters.inventory.devices, 0);
        engine_free(e);
}

/* A backend that counts in the kernel hands over frames of interest and, apart, who was seen. */
static void external_presence_is_not_counted_twice(void **state _unused_) {
        struct sighting sighting = { .ifindex = 1, .mac = { { 0x00, 0x11, 0x32, 0, 0, 12 } }, .first = T0, .last = T0,
                                     .traffic = { .packets_sent = 5, .bytes_sent = 500 } };
        struct listener l;
        struct engine *e = make_engine(&l, false);

        engine_set_external_presence(e, 1, true);
        feed_arp(e, T0, 12);
        feed_udp(e, T0, 14, 12);
        engine_feed_sighting(e, &sighting);
        engine_flush(e);
        assert_int_equal(device_of(e, 12)->traffic.packets_sent, 5);
        assert_null(device_of(e, 14));
        engine_set_external_presence(e, 1, false);
        feed_udp(e, T0, 14, 12);
        engine_flush(e);
        assert_non_null(device_of(e, 14));
        engine_free(e);
}

static void time_is_the_latest_told(void **state _unused_) {
        struct engine_counters counters;
        struct listener l;
        struct engine *e = make_engine(&l, false);

        feed_arp(e, T0 + 10 * SEC, 12);
        feed_arp(e, T0, 13);
        engine_advance(e, T0 + 5 * SEC);
        assert_true(engine_now(e) == T0 + 10 * SEC);
        engine_get_counters(e, &counters);
        assert_int_equal(counters.clock_backwards, 1);
        /* Frames of two interfaces come a little mixed. */
        feed_arp(e, T0 + 9 * SEC, 14);
        engine_get_counters(e, &counters);
        assert_int_equal(counters.clock_backwards, 1);
        feed_arp(e, UINT64_MAX, 12);
        feed_arp(e, T0, 13);
        engine_advance(e, UINT64_MAX);
        assert_int_equal(device_of(e, 13)->presence, PRESENCE_ONLINE);
        engine_free(e);
}

static void quiet_engine_needs_waking_once_a_second_at_most(void **state _unused_) {
        struct listener l;
        struct engine *e = make_engine(&l, false);
        unsigned wakings = 0;
        uint64_t now = T0;

        assert_true(engine_next_deadline(e) == UINT64_MAX);
        feed_arp(e, now, 12);
        while (engine_next_deadline(e) != UINT64_MAX && now < T0 + 1000 * SEC) {
                assert_true(engine_next_deadline(e) > now);
                now = engine_next_deadline(e);
                engine_advance(e, now);
                wakings++;
        }
        assert_int_equal(device_of(e, 12)->presence, PRESENCE_OFFLINE);
        assert_int_equal(l.alerts, 1);
        assert_true(wakings <= 12);
        engine_free(e);
}

static void describe(struct engine *e, struct strbuf *b) {
        char mac[MAC_STRING_MAX], ip[IP_STRING_MAX];
        const struct device *d;
        size_t position = 0;

        while ((d = inventory_next(engine_inventory(e), &position))) {
                strbuf_printf(b, "%016llx %s %llu %llu %x %d", (unsigned long long) d->id,
                              mac_format(&d->macs[0].address, mac), (unsigned long long) d->first_seen,
                              (unsigned long long) d->last_seen, d->flags, d->presence);
                for (size_t i = 0; i < d->n_ipv4; i++)
                        strbuf_printf(b, " %s", ip_format(&d->ipv4[i].address, ip));
                strbuf_printf(b, " %llu\n", (unsigned long long) d->traffic.packets_sent);
        }
}

/* The same frames, with the clock told in between or not. */
static void replay_is_live(void **state _unused_) {
        char told[16384], untold[16384];
        struct strbuf a = STRBUF(told), b = STRBUF(untold);
        struct listener l, m;
        struct engine *e = make_engine(&l, false), *f = make_engine(&m, false);

        for (unsigned i = 0; i < 2000; i++) {
                uint64_t ts = T0 + i * (SEC / 7);
                uint8_t host = (uint8_t) (2 + i * 7 % 40);

                if (i % 3 == 0)
                        feed_arp(e, ts, host), feed_arp(f, ts, host);
                else
                        feed_udp(e, ts, host, 1), feed_udp(f, ts, host, 1);
                if (i % 5 == 0)
                        engine_advance(f, ts + SEC / 8);
        }
        engine_flush(e);
        engine_flush(f);
        describe(e, &a);
        describe(f, &b);
        assert_false(a.truncated);
        assert_string_equal(told, untold);
        assert_int_equal(l.facts, m.facts);
        assert_int_equal(l.alerts, m.alerts);
        assert_int_equal(l.added, m.added);
        engine_free(e);
        engine_free(f);
}

/* A SYN without options from 00:11:32:00:00:07 in the name of `source`, to 192.168.77.1. */
static void feed_syn(struct engine *engine, uint64_t ts, uint32_t source, uint16_t port, uint8_t hop_limit) {
        const uint8_t data[] = {
                0x00, 0x11, 0x32, 0, 0, 1, 0x00, 0x11, 0x32, 0, 0, 7, 0x08, 0x00,              /* Ethernet */
                0x45, 0, 0, 40, 0, 0, 0, 0, hop_limit, 6, 0, 0,                                /* IPv4: 40 bytes, TCP */
                (uint8_t) (source >> 24), (uint8_t) (source >> 16), (uint8_t) (source >> 8), (uint8_t) source,
                192, 168, 77, 1,
                (uint8_t) (port >> 8), (uint8_t) port, 0, 80, 0, 0, (uint8_t) (source >> 8), (uint8_t) source,
                0, 0, 0, 0, 0x50, 2, 4, 0, 0, 0, 0, 0,                                         /* TCP: SYN, window 1024 */
        };

        feed(engine, ts, data, sizeof data);
}

/* SYNs of one machine, half of them in the name of others, and of two hop limits; with minutes between them. */
static void feed_flood(struct engine *engine) {
        feed_arp(engine, T0, 7);
        for (uint32_t i = 0; i < 3000; i++) {
                uint64_t ts = T0 + i * (SEC / 10);
                uint8_t hop_limit = i / 10 % 3 == 0 ? 64 : i / 10 % 3 == 1 ? 128 : 57;

                feed_syn(engine, ts, i % 2 ? 0xc0a84d07 : 0x08000000 + i * 2654435761U % 0x800000, (uint16_t) (1024 + i), hop_limit);
        }
        engine_flush(engine);
}

/* Facts that are left unread because they are nobody's make no difference but to who listens to facts. */
static void what_nobody_takes_is_counted(void **state _unused_) {
        char heard[4096], unheard[4096];
        struct strbuf a = STRBUF(heard), b = STRBUF(unheard);
        struct listener l, m = {};
        struct engine_ops ops = { .alert = on_alert, .userdata = &m };
        struct engine *e = make_engine(&l, false), *f = NULL;
        struct engine_config config;
        struct engine_counters c[2];

        engine_config_default(&config);
        assert_int_equal(engine_new(&f, &config, &ops), 0);
        feed_flood(e);
        feed_flood(f);
        describe(e, &a);
        describe(f, &b);
        assert_string_equal(heard, unheard);
        engine_get_counters(e, &c[0]);
        engine_get_counters(f, &c[1]);
        assert_true(c[0].inventory.unattributed > 2000 && c[0].facts > 6000);
        assert_memory_equal(&c[0], &c[1], sizeof c[0]);
        assert_true(l.alerts > 0 && l.alerts == m.alerts);
        engine_free(e);
        engine_free(f);
}

static void count_flow_packets(void *userdata, const struct flow_record *record) {
        *(uint64_t *) userdata += record->directions[0].packets + record->directions[1].packets;
}

/* What a backend counts as flows itself comes as deltas; frames so marked are for the facts alone. */
static void counted_flows_are_not_counted_twice(void **state _unused_) {
        struct flow_delta delta = {
                .endpoints = { { { AF_INET, { 10, 0, 0, 7 } }, 1000, { { 2, 0, 0, 0, 0, 7 } } },
                               { { AF_INET, { 10, 0, 0, 9 } }, 2000, { { 2, 0, 0, 0, 0, 9 } } } },
                .directions[0] = { .packets = 3, .bytes = 300, .first = T0, .last = T0 + SEC },
                .protocol = 17,
        };
        uint64_t packets = 0;
        struct engine_ops ops = { .flow = count_flow_packets, .userdata = &packets };
        struct engine_config config;
        struct engine *e = NULL;

        engine_config_default(&config);
        config.flows = true;
        assert_int_equal(engine_new(&e, &config, &ops), 0);
        feed_udp(e, T0, 5, 1);
        feed_counted_udp(e, T0, 5, 1, true);
        engine_feed_flow_delta(e, &delta);
        assert_int_equal(engine_now(e), T0 + SEC);
        feed_udp(e, T0 + SEC, 5, 1);
        engine_flush(e);
        assert_int_equal(packets, 5);
        engine_free(e);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(frames_make_devices),
                cmocka_unit_test(every_protocol_is_counted_once),
                cmocka_unit_test(dissecting_alone_makes_no_devices),
                cmocka_unit_test(external_presence_is_not_counted_twice),
                cmocka_unit_test(counted_flows_are_not_counted_twice),
                cmocka_unit_test(time_is_the_latest_told),
                cmocka_unit_test(quiet_engine_needs_waking_once_a_second_at_most),
                cmocka_unit_test(replay_is_live),
                cmocka_unit_test(what_nobody_takes_is_counted),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
