/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include <sys/socket.h>

#include "engine/engine.h"
#include "engine/packet/duplicates.h"
#include "tests/unit/frame-builder.h"

#define MS NSEC_PER_MSEC
#define T0 (UINT64_C(1700000000) * NSEC_PER_SEC)

enum { CLIENT = 1, ROUTER = 2, SERVER = 3 };

/* TCP data 10.0.0.1:1000 -> 10.1.0.1:80 in IPv4, from one link address to another. `tag`: VLAN, 0 none. */
static struct builder segment(unsigned from, unsigned to, unsigned tag, unsigned ttl, uint16_t id, const char *payload) {
        struct builder b = {};

        put_bytes(&b, (uint8_t[]) { 2, 0, 0, 0, 0, (uint8_t) to, 2, 0, 0, 0, 0, (uint8_t) from }, 12);
        if (tag > 0) {
                put_be16(&b, 0x8100);
                put_be16(&b, tag);
        }
        put_hex(&b, "0800 4500");
        put_be16(&b, 40 + strlen(payload));
        put_be16(&b, id);
        put_be16(&b, 0x4000);
        put_bytes(&b, (uint8_t[]) { (uint8_t) ttl, 6, (uint8_t) ttl, 0xaa }, 4); /* the checksum follows the hop limit */
        put_hex(&b, "0a000001 0a010001  03e8 0050 00000001 00000001 5018 0400 0000 0000");
        put_text(&b, payload);
        return b;
}

static struct frame frame_of(const struct builder *b, uint64_t ts) {
        return (struct frame) { .ts = ts, .ifindex = 1, .linktype = 1, .captured = (uint32_t) b->length,
                                .length = (uint32_t) b->length, .data = b->data };
}

static enum duplicate check(struct duplicates *d, const struct builder *b, uint64_t ts) {
        struct frame frame = frame_of(b, ts);

        return duplicates_check(d, &frame);
}

/* What the second of two is, `apart` ns later. */
static enum duplicate second(struct builder a, struct builder b, uint64_t apart) {
        _cleanup_(duplicates_freep) struct duplicates *d = NULL;
        enum duplicate found;

        assert_int_equal(duplicates_new(&d, 2 * MS, 7), 0);
        assert_int_equal(check(d, &a, T0), DUPLICATE_NONE);
        found = check(d, &b, T0 + apart);
        assert_int_equal(duplicates_counters(d)->exact, found == DUPLICATE_EXACT);
        assert_int_equal(duplicates_counters(d)->routed, found == DUPLICATE_ROUTED);
        return found;
}

static void the_same_frame_again_is_a_copy(void **state _unused_) {
        struct builder b = segment(CLIENT, ROUTER, 0, 64, 7, "GET");

        assert_int_equal(second(b, b, 0), DUPLICATE_EXACT);
        assert_int_equal(second(b, b, 2 * MS), DUPLICATE_EXACT);
        assert_int_equal(second(b, b, 2 * MS + 1), DUPLICATE_NONE);
}

static void tags_do_not_count(void **state _unused_) {
        assert_int_equal(second(segment(CLIENT, ROUTER, 10, 64, 7, "GET"), segment(CLIENT, ROUTER, 20, 64, 7, "GET"), MS),
                         DUPLICATE_EXACT);
        assert_int_equal(second(segment(CLIENT, ROUTER, 10, 64, 7, "GET"), segment(CLIENT, ROUTER, 0, 64, 7, "GET"), MS),
                         DUPLICATE_EXACT);
}

static void padding_does_not_count(void **state _unused_) {
        struct builder padded = segment(CLIENT, ROUTER, 0, 64, 7, "");

        put_zeros(&padded, 6);
        assert_int_equal(second(segment(CLIENT, ROUTER, 0, 64, 7, ""), padded, MS), DUPLICATE_EXACT);
}

static void a_router_takes_one_off(void **state _unused_) {
        struct builder before = segment(CLIENT, ROUTER, 10, 64, 7, "GET"), after = segment(ROUTER, SERVER, 20, 63, 7, "GET");

        assert_int_equal(second(before, after, MS), DUPLICATE_ROUTED);
        assert_int_equal(second(after, before, MS), DUPLICATE_ROUTED);
        assert_int_equal(second(before, segment(ROUTER, SERVER, 20, 62, 7, "GET"), MS), DUPLICATE_NONE);
}

static void what_is_sent_again_is_another(void **state _unused_) {
        struct builder b = segment(CLIENT, ROUTER, 0, 64, 7, "GET"), other = b;

        assert_int_equal(second(b, segment(CLIENT, ROUTER, 0, 64, 8, "GET"), MS), DUPLICATE_NONE);
        assert_int_equal(second(b, segment(CLIENT, ROUTER, 0, 64, 7, "GEX"), MS), DUPLICATE_NONE);
        for (size_t i = 14; i < b.length; i++) {
                if (i == 22 || i == 24 || i == 25)
                        continue; /* hop limit and checksum */
                other = b;
                other.data[i] ^= 0x10;
                assert_int_equal(second(b, other, MS), DUPLICATE_NONE);
        }
}

static void ipv6_has_no_checksum(void **state _unused_) {
        struct builder a = {}, b;

        put_ethernet(&a, 0x86dd);
        put_ipv6(&a, 59, 4);
        put_text(&a, "data");
        b = a;
        assert_int_equal(second(a, b, MS), DUPLICATE_EXACT);
        b.data[5] = 9;
        b.data[21]--;
        assert_int_equal(second(a, b, MS), DUPLICATE_ROUTED);
        b.data[20] = 17;
        assert_int_equal(second(a, b, MS), DUPLICATE_NONE);
}

static void without_ip_the_addresses_count(void **state _unused_) {
        struct builder a = {}, b;

        put_ethernet(&a, 0x0806);
        put_hex(&a, "0001080006040001 020000000001 0a000001 000000000000 0a000002");
        b = a;
        assert_int_equal(second(a, b, MS), DUPLICATE_EXACT);
        b.data[0] = 0xff;
        assert_int_equal(second(a, b, MS), DUPLICATE_NONE);
}

static void what_is_cut_off_is_compared_as_far_as_it_goes(void **state _unused_) {
        struct builder b = segment(CLIENT, ROUTER, 10, 64, 7, "GET");

        for (size_t n = 0; n <= b.length; n++) {
                struct builder cut = b;

                cut.length = n;
                assert_int_equal(second(cut, cut, MS), DUPLICATE_EXACT);
        }
}

static void a_window_of_zero_finds_nothing(void **state _unused_) {
        _cleanup_(duplicates_freep) struct duplicates *d = NULL;
        struct builder b = segment(CLIENT, ROUTER, 0, 64, 7, "GET");

        assert_int_equal(duplicates_new(&d, 0, 7), 0);
        assert_int_equal(check(d, &b, T0), DUPLICATE_NONE);
        assert_int_equal(check(d, &b, T0), DUPLICATE_NONE);
        duplicates_set_window(d, MS);
        assert_int_equal(check(d, &b, T0), DUPLICATE_NONE);
        assert_int_equal(check(d, &b, T0), DUPLICATE_EXACT);
}

/* 65536 packets within the window, four times what the table holds: each takes the place of another. */
static void what_does_not_fit_is_counted(void **state _unused_) {
        _cleanup_(duplicates_freep) struct duplicates *d = NULL;

        assert_int_equal(duplicates_new(&d, 2 * MS, 7), 0);
        for (unsigned id = 0; id < 65536; id++) {
                struct builder b = segment(CLIENT, ROUTER, 0, 64, (uint16_t) id, "GET");

                assert_int_equal(check(d, &b, T0), DUPLICATE_NONE);
        }
        assert_true(duplicates_counters(d)->overflow >= 65536 - 16384);
        assert_int_equal(duplicates_counters(d)->exact, 0);
}

struct flows {
        unsigned n, facts;
        uint64_t packets, again;
};

static void take_flow(void *userdata, const struct flow_record *record) {
        struct flows *flows = userdata;

        flows->n++;
        for (unsigned i = 0; i < 2; i++) {
                flows->packets += record->directions[i].packets;
                flows->again += record->directions[i].retransmissions;
        }
}

static void take_fact(void *userdata, const struct fact *fact _unused_) {
        ((struct flows *) userdata)->facts++;
}

/* A mirror port that brings each packet twice on the client's link, and once more behind the router. */
static struct flows mirrored(uint64_t window) {
        static const char *const payloads[] = { "GET / HTTP/1.1\r\n", "Host: a\r\n\r\n" };
        struct flows flows = {};
        struct engine_ops ops = { .flow = take_flow, .fact = take_fact, .userdata = &flows };
        struct engine_config config;
        struct engine *e;
        uint32_t sequence = 1;

        engine_config_default(&config);
        config.flows = true;
        config.duplicate_window = window;
        assert_int_equal(engine_new(&e, &config, &ops), 0);
        for (unsigned i = 0; i < 2; i++)
                for (unsigned copy = 0; copy < 3; copy++) {
                        struct builder b = copy < 2 ? segment(CLIENT, ROUTER, 0, 64, (uint16_t) i, payloads[i]) :
                                                      segment(ROUTER, SERVER, 0, 63, (uint16_t) i, payloads[i]);
                        struct frame frame = frame_of(&b, T0 + i * 50 * MS + copy * MS / 4);

                        b.data[14 + 20 + 7] = (uint8_t) (i ? 1 + strlen(payloads[0]) : sequence);
                        engine_feed_frame(e, &frame);
                }
        engine_flush(e);
        engine_free(e);
        return flows;
}

static void copies_are_no_packets_of_flows(void **state _unused_) {
        struct flows every = mirrored(0), once = mirrored(2 * MS);

        assert_int_equal(once.n, 1);
        assert_int_equal(once.packets, 2);
        assert_int_equal(once.again, 0);
        assert_int_equal(every.packets, 6);
        assert_true(every.again > 0);
        assert_int_equal(once.facts, every.facts);
        assert_true(once.facts >= 2);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_same_frame_again_is_a_copy),
                cmocka_unit_test(tags_do_not_count),
                cmocka_unit_test(padding_does_not_count),
                cmocka_unit_test(a_router_takes_one_off),
                cmocka_unit_test(what_is_sent_again_is_another),
                cmocka_unit_test(ipv6_has_no_checksum),
                cmocka_unit_test(without_ip_the_addresses_count),
                cmocka_unit_test(what_is_cut_off_is_compared_as_far_as_it_goes),
                cmocka_unit_test(a_window_of_zero_finds_nothing),
                cmocka_unit_test(what_does_not_fit_is_counted),
                cmocka_unit_test(copies_are_no_packets_of_flows),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
