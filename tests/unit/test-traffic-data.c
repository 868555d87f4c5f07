/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include "applet/traffic-data.h"

#define HOUR_USEC G_GUINT64_CONSTANT(3600000000)

static LanscopeTraffic *traffic(const char *text) {
        g_autoptr(GVariant) dictionary = g_variant_ref_sink(g_variant_new_parsed(text));

        return lanscope_traffic_new(dictionary);
}

static const LanscopeTrafficSpan *span_at(const LanscopeTraffic *t, guint i) {
        return &g_array_index(t->spans, LanscopeTrafficSpan, i);
}

static void test_spans_without_traffic_are_zeroes(void **state G_GNUC_UNUSED) {
        g_autoptr(LanscopeTraffic) t =
                traffic("{'Span': <'hour'>, 'Since': <uint64 3600000000>, 'Until': <uint64 14400000000>, 'BytesSent': <uint64 7>, "
                        "'Spans': <[{'Time': <uint64 7200000000>, 'BytesSent': <uint64 7>, 'PacketsSent': <uint64 1>, "
                        "'BytesReceived': <uint64 9>}]>}");

        assert_int_equal(t->spans->len, 3);
        assert_int_equal(span_at(t, 0)->sent, 0);
        assert_int_equal(span_at(t, 1)->sent, 7);
        assert_int_equal(span_at(t, 1)->received, 9);
        assert_int_equal(span_at(t, 2)->time, 3 * HOUR_USEC);
        assert_int_equal(lanscope_traffic_peak(t), 9);
        assert_int_equal(t->sent, 7);
        assert_false(span_at(t, 0)->heard);
        assert_true(span_at(t, 1)->heard);
        assert_int_equal(lanscope_traffic_heard(t), 1);
}

static void test_spans_outside_are_passed_over(void **state G_GNUC_UNUSED) {
        g_autoptr(LanscopeTraffic) t =
                traffic("{'Span': <'hour'>, 'Since': <uint64 3600000000>, 'Until': <uint64 7200000000>, "
                        "'Spans': <[{'Time': <uint64 0>, 'BytesSent': <uint64 7>}, {'Time': <uint64 7200000000>, 'BytesSent': <uint64 7>}]>}");

        assert_int_equal(t->spans->len, 1);
        assert_int_equal(span_at(t, 0)->sent, 0);
}

static void test_many_spans_are_cut_at_the_beginning(void **state G_GNUC_UNUSED) {
        g_autoptr(LanscopeTraffic) t = traffic("{'Span': <'hour'>, 'Since': <uint64 0>, 'Until': <uint64 18446744073709551615>}");

        assert_int_equal(t->spans->len, LANSCOPE_TRAFFIC_SPANS_MAX);
        assert_true(span_at(t, LANSCOPE_TRAFFIC_SPANS_MAX - 1)->time > G_MAXUINT64 - 2 * HOUR_USEC);
}

static void test_nothing_is_empty(void **state G_GNUC_UNUSED) {
        g_autoptr(LanscopeTraffic) t = traffic("@a{sv} {}");

        assert_int_equal(t->spans->len, 0);
        assert_int_equal(t->peers->len, 0);
        assert_int_equal(lanscope_traffic_peak(t), 0);
}

static void test_parties_keep_their_order(void **state G_GNUC_UNUSED) {
        g_autoptr(LanscopeTraffic) t =
                traffic("{'Devices': <[{'Device': <objectpath '/d'>, 'Name': <'nas'>, 'BytesSent': <uint64 5>}]>, "
                        "'Peers': <[{'Address': <'192.0.2.1'>, 'BytesReceived': <uint64 3>}, {'Address': <'192.0.2.2'>}]>}");
        const LanscopeTrafficParty *device = t->devices->pdata[0], *peer = t->peers->pdata[0];

        assert_string_equal(device->id, "/d");
        assert_string_equal(device->name, "nas");
        assert_int_equal(device->sent, 5);
        assert_string_equal(peer->id, "192.0.2.1");
        assert_string_equal(peer->name, "");
        assert_int_equal(t->peers->len, 2);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_spans_without_traffic_are_zeroes),
                cmocka_unit_test(test_spans_outside_are_passed_over),
                cmocka_unit_test(test_many_spans_are_cut_at_the_beginning),
                cmocka_unit_test(test_nothing_is_empty),
                cmocka_unit_test(test_parties_keep_their_order),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
