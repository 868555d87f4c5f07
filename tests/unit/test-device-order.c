/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include "applet/device-order.h"

static LanscopeDevice *device(const char *path, const char *text) {
        LanscopeDevice *self = lanscope_device_new(path);
        g_autoptr(GVariant) properties = g_variant_ref_sink(g_variant_new_parsed(text));

        lanscope_device_update(self, properties);
        return self;
}

/* Does `first` come before `second`, and the other way round not? */
static gboolean is_before(const char *first, const char *second, LanscopeOrder order, gboolean grouped) {
        g_autoptr(LanscopeDevice) a = device("/a", first);
        g_autoptr(LanscopeDevice) b = device("/b", second);

        return device_order_compare(a, b, order, grouped) < 0 && device_order_compare(b, a, order, grouped) > 0;
}

static void test_names_sort_without_case_and_numbers_by_value(void **state G_GNUC_UNUSED) {
        assert_true(is_before("{'Name': <'apple'>}", "{'Name': <'Banana'>}", LANSCOPE_ORDER_NAME, FALSE));
        assert_true(is_before("{'Name': <'phone-9'>}", "{'Name': <'phone-10'>}", LANSCOPE_ORDER_NAME, FALSE));
}

static void test_addresses_sort_as_numbers_and_none_comes_last(void **state G_GNUC_UNUSED) {
        assert_true(is_before("{'Ipv4': <['192.0.2.9']>}", "{'Ipv4': <['192.0.2.10']>}", LANSCOPE_ORDER_ADDRESS, FALSE));
        assert_true(is_before("{'Ipv4': <['203.0.113.1']>}", "{'Name': <'a'>}", LANSCOPE_ORDER_ADDRESS, FALSE));
        assert_true(is_before("{'Ipv4': <['203.0.113.1']>}", "{'Ipv4': <['no address']>}", LANSCOPE_ORDER_ADDRESS, FALSE));
}

static void test_latest_comes_first_and_who_is_online_before_all(void **state G_GNUC_UNUSED) {
        assert_true(is_before("{'LastSeen': <uint64 9>}", "{'LastSeen': <uint64 8>}", LANSCOPE_ORDER_LAST_SEEN, FALSE));
        assert_true(is_before("{'Presence': <'online'>, 'LastSeen': <uint64 1>}", "{'Presence': <'idle'>, 'LastSeen': <uint64 8>}",
                              LANSCOPE_ORDER_LAST_SEEN, FALSE));
        assert_true(is_before("{'FirstSeen': <uint64 9>}", "{'FirstSeen': <uint64 8>}", LANSCOPE_ORDER_FIRST_SEEN, FALSE));
        assert_true(is_before("{'BytesSent': <uint64 9>}", "{'BytesReceived': <uint64 8>}", LANSCOPE_ORDER_TRAFFIC, FALSE));
}

static void test_groups_come_before_the_order(void **state G_GNUC_UNUSED) {
        const char *router = "{'Name': <'z'>, 'Category': <'network'>}", *none = "{'Name': <'a'>, 'Category': <'unknown'>}";

        assert_true(is_before(router, none, LANSCOPE_ORDER_NAME, TRUE));
        assert_true(is_before(none, router, LANSCOPE_ORDER_NAME, FALSE));
}

static void test_different_devices_are_never_equal(void **state G_GNUC_UNUSED) {
        assert_true(is_before("{'Name': <'x'>}", "{'Name': <'x'>}", LANSCOPE_ORDER_NAME, TRUE));
}

static gboolean filter_lets(const char *text, const char *presence, const char *category, const char *network, const char *trust) {
        LanscopeDeviceFilter filter = { (char *) text, (char *) presence, (char *) category, (char *) network, (char *) trust };
        g_autoptr(LanscopeDevice) d = device("/a", "{'Name': <'Printer'>, 'Presence': <'idle'>, 'Category': <'printing'>, "
                                                   "'Network': <objectpath '/n'>, 'Trusted': <true>}");

        return device_filter_matches(&filter, d);
}

static void test_each_filter_lets_through_what_fits(void **state G_GNUC_UNUSED) {
        assert_true(filter_lets("", "", "", "", ""));
        assert_true(filter_lets("print", "idle", "printing", "/n", "trusted"));
        assert_false(filter_lets("phone", "", "", "", ""));
        assert_false(filter_lets("", "online", "", "", ""));
        assert_false(filter_lets("", "", "media", "", ""));
        assert_false(filter_lets("", "", "", "/other", ""));
        assert_false(filter_lets("", "", "", "", "untrusted"));
}

static void test_filter_depends_on_what_it_looks_at(void **state G_GNUC_UNUSED) {
        LanscopeDeviceFilter filter = {};

        device_filter_clear(&filter);
        assert_true(device_filter_is_empty(&filter));
        assert_int_equal(device_filter_depends(&filter), 0);
        g_free(filter.presence);
        filter.presence = g_strdup("online");
        assert_false(device_filter_is_empty(&filter));
        assert_int_equal(device_filter_depends(&filter), LANSCOPE_CHANGED_PRESENCE);
        device_filter_clear(&filter);
        g_free(filter.text);
        g_free(filter.presence);
        g_free(filter.category);
        g_free(filter.network);
        g_free(filter.trust);
}

static void test_names_of_orders_are_those_of_the_setting(void **state G_GNUC_UNUSED) {
        assert_int_equal(device_order_from_string("traffic"), LANSCOPE_ORDER_TRAFFIC);
        assert_int_equal(device_order_from_string("last-seen"), LANSCOPE_ORDER_LAST_SEEN);
        assert_int_equal(device_order_from_string("nonsense"), LANSCOPE_ORDER_NAME);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_names_sort_without_case_and_numbers_by_value),
                cmocka_unit_test(test_addresses_sort_as_numbers_and_none_comes_last),
                cmocka_unit_test(test_latest_comes_first_and_who_is_online_before_all),
                cmocka_unit_test(test_groups_come_before_the_order),
                cmocka_unit_test(test_different_devices_are_never_equal),
                cmocka_unit_test(test_each_filter_lets_through_what_fits),
                cmocka_unit_test(test_filter_depends_on_what_it_looks_at),
                cmocka_unit_test(test_names_of_orders_are_those_of_the_setting),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
