/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include <string.h>

#include "applet/device-store.h"

/* What listeners were told, as words. */
struct store_state {
        LanscopeDeviceStore *store;
        GString *log;
};

static void log_word(struct store_state *s, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void log_word(struct store_state *s, const char *format, ...) {
        va_list ap;

        if (s->log->len > 0)
                g_string_append_c(s->log, ' ');
        va_start(ap, format);
        g_string_append_vprintf(s->log, format, ap);
        va_end(ap);
}

static void on_items(GListModel *model, guint position, guint removed, guint added, struct store_state *s) {
        /* What is told must be true at that moment: the model has the items already. */
        for (guint i = position; i < position + added; i++) {
                g_autoptr(LanscopeDevice) device = g_list_model_get_item(model, i);

                assert_non_null(device);
        }
        log_word(s, "%u-%u+%u", position, removed, added);
}

static void on_added(struct store_state *s, LanscopeDevice *device) {
        log_word(s, "added:%s", lanscope_device_info(device)->path);
}

static void on_updated(struct store_state *s, guint changes) {
        log_word(s, "updated:%x", changes);
}

static int set_up(void **state) {
        struct store_state *s = g_new0(struct store_state, 1);

        s->log = g_string_new(NULL);
        s->store = lanscope_device_store_new();
        g_signal_connect(s->store, "items-changed", G_CALLBACK(on_items), s);
        g_signal_connect_swapped(s->store, "device-added", G_CALLBACK(on_added), s);
        g_signal_connect_swapped(s->store, "updated", G_CALLBACK(on_updated), s);
        *state = s;
        return 0;
}

static int tear_down(void **state) {
        struct store_state *s = *state;

        g_object_unref(s->store);
        g_string_free(s->log, TRUE);
        g_free(s);
        return 0;
}

static gboolean on_waited(void *data) {
        *(gboolean *) data = TRUE;
        return G_SOURCE_REMOVE;
}

/* Until everything that waits was told: timers of the same length end in the order in which they began. */
static const char *told(struct store_state *s) {
        gboolean waited = FALSE;

        g_timeout_add_full(G_PRIORITY_LOW, LANSCOPE_FLUSH_MSEC, on_waited, &waited, NULL);
        while (!waited)
                g_main_context_iteration(NULL, TRUE);
        return s->log->str;
}

static GVariant *properties(const char *text) {
        return g_variant_ref_sink(g_variant_new_parsed(text));
}

static void add(struct store_state *s, const char *path, const char *text) {
        g_autoptr(GVariant) dictionary = properties(text);

        lanscope_device_store_add(s->store, path, dictionary);
}

static void change(struct store_state *s, const char *path, const char *text) {
        const char *invalidated[] = { NULL };
        g_autoptr(GVariant) dictionary = properties(text);

        lanscope_device_store_change(s->store, path, dictionary, invalidated);
}

static void load(struct store_state *s, const char *text) {
        g_autoptr(GVariant) list = properties(text);

        lanscope_device_store_load(s->store, list);
}

static void test_additions_come_in_one_bundle(void **state) {
        struct store_state *s = *state;

        add(s, "/a", "{'Name': <'a'>}");
        add(s, "/b", "{'Name': <'b'>}");
        assert_string_equal(s->log->str, "");
        assert_string_equal(told(s), "0-0+2 added:/a added:/b");
        assert_string_equal(lanscope_device_info(lanscope_device_store_lookup(s->store, "/b"))->name, "b");
}

static void test_changes_come_in_one_bundle(void **state) {
        struct store_state *s = *state;

        add(s, "/a", "{'Name': <'a'>}");
        told(s);
        g_string_truncate(s->log, 0);
        change(s, "/a", "{'Presence': <'online'>}");
        change(s, "/a", "{'Name': <'other'>}");
        change(s, "/a", "{'Name': <'other'>}");
        assert_string_equal(told(s), "updated:9");
        assert_int_equal(lanscope_device_info(lanscope_device_store_lookup(s->store, "/a"))->presence, LANSCOPE_PRESENCE_ONLINE);
}

static void test_device_in_the_model_changes_only_when_that_is_told(void **state) {
        struct store_state *s = *state;
        const LanscopeDeviceInfo *info;

        add(s, "/a", "{'Name': <'a'>}");
        told(s);
        info = lanscope_device_info(lanscope_device_store_lookup(s->store, "/a"));
        change(s, "/a", "{'Name': <'b'>}");
        add(s, "/c", "@a{sv} {}");
        assert_string_equal(info->name, "a");
        g_string_truncate(s->log, 0);
        /* Before others come in. */
        assert_string_equal(told(s), "updated:1 1-0+1 added:/c");
        assert_string_equal(info->name, "b");
}

static void test_change_that_changes_nothing_is_not_told(void **state) {
        struct store_state *s = *state;

        add(s, "/a", "{'Name': <'a'>, 'Trusted': <true>}");
        told(s);
        g_string_truncate(s->log, 0);
        change(s, "/a", "{'Name': <'a'>, 'Trusted': <true>}");
        assert_string_equal(told(s), "");
}

static void test_wrong_types_and_unknown_keys_are_passed_over(void **state) {
        struct store_state *s = *state;

        add(s, "/a", "{'Name': <7>, 'Addresses': <'x'>, 'Confidence': <uint64 3>, 'New': <'x'>, 'Vendor': <'v'>}");
        told(s);
        assert_string_equal(lanscope_device_info(lanscope_device_store_lookup(s->store, "/a"))->name, "");
        assert_string_equal(lanscope_device_info(lanscope_device_store_lookup(s->store, "/a"))->vendor, "v");
        assert_int_equal(lanscope_device_info(lanscope_device_store_lookup(s->store, "/a"))->confidence, 0);
}

static void test_change_of_unknown_device_is_passed_over(void **state) {
        struct store_state *s = *state;

        change(s, "/nobody", "{'Name': <'x'>}");
        assert_string_equal(told(s), "");
        assert_null(lanscope_device_store_lookup(s->store, "/nobody"));
}

static void test_who_comes_and_goes_is_never_told_of(void **state) {
        struct store_state *s = *state;

        add(s, "/a", "{'Name': <'a'>}");
        lanscope_device_store_remove(s->store, "/a");
        assert_string_equal(told(s), "");
}

static void test_removals_are_one_range(void **state) {
        struct store_state *s = *state;
        const char *const paths[] = { "/a", "/b", "/c", "/d", "/e" };

        for (size_t i = 0; i < G_N_ELEMENTS(paths); i++)
                add(s, paths[i], "@a{sv} {}");
        told(s);
        g_string_truncate(s->log, 0);
        lanscope_device_store_remove(s->store, "/d");
        lanscope_device_store_remove(s->store, "/b");
        assert_null(lanscope_device_store_lookup(s->store, "/b"));
        assert_string_equal(told(s), "1-3+1");
        assert_int_equal(g_list_model_get_n_items(G_LIST_MODEL(s->store)), 3);
        assert_non_null(lanscope_device_store_lookup(s->store, "/c"));
}

static void test_who_comes_back_at_once_stays(void **state) {
        struct store_state *s = *state;

        add(s, "/a", "{'Name': <'a'>}");
        told(s);
        g_string_truncate(s->log, 0);
        lanscope_device_store_remove(s->store, "/a");
        add(s, "/a", "{'Name': <'b'>}");
        assert_string_equal(told(s), "updated:1");
        assert_string_equal(lanscope_device_info(lanscope_device_store_lookup(s->store, "/a"))->name, "b");
}

static void count_gone(unsigned *n) {
        (*n)++;
}

static void test_load_keeps_objects_and_drops_what_it_does_not_name(void **state) {
        struct store_state *s = *state;
        g_autoptr(LanscopeDevice) kept = NULL;
        unsigned gone = 0;

        lanscope_device_store_begin_load(s->store);
        load(s, "[{'Path': <objectpath '/a'>, 'Name': <'a'>}, {'Path': <objectpath '/b'>, 'Name': <'b'>}]");
        lanscope_device_store_end_load(s->store);
        /* Nobody is new who was there when we came. */
        assert_string_equal(told(s), "0-0+2");
        kept = g_object_ref(lanscope_device_store_lookup(s->store, "/b"));
        g_signal_connect_swapped(lanscope_device_store_lookup(s->store, "/a"), "gone", G_CALLBACK(count_gone), &gone);

        g_string_truncate(s->log, 0);
        lanscope_device_store_begin_load(s->store);
        load(s, "[{'Path': <objectpath '/b'>, 'Name': <'b2'>}, {'Path': <objectpath '/c'>}]");
        lanscope_device_store_end_load(s->store);
        assert_string_equal(told(s), "updated:1 0-1+0 1-0+1");
        assert_ptr_equal(lanscope_device_store_lookup(s->store, "/b"), kept);
        assert_null(lanscope_device_store_lookup(s->store, "/a"));
        assert_int_equal(gone, 1);
}

static void test_signal_during_a_load_counts(void **state) {
        struct store_state *s = *state;

        lanscope_device_store_begin_load(s->store);
        add(s, "/new", "{'Name': <'new'>}");
        load(s, "[{'Path': <objectpath '/a'>}]");
        lanscope_device_store_end_load(s->store);
        told(s);
        assert_non_null(lanscope_device_store_lookup(s->store, "/new"));
}

static void test_clear_leaves_nothing(void **state) {
        struct store_state *s = *state;

        add(s, "/a", "@a{sv} {}");
        told(s);
        add(s, "/b", "@a{sv} {}");
        lanscope_device_store_clear(s->store);
        told(s);
        assert_int_equal(g_list_model_get_n_items(G_LIST_MODEL(s->store)), 0);
        assert_null(lanscope_device_store_lookup(s->store, "/b"));
}

static void test_devices_are_found_by_all_that_is_shown(void **state) {
        struct store_state *s = *state;
        static const char *const found[] = { "drucker", "brother", "aa:bb", "192.0.2", "fe80", "_ipp", "hl-2", "straße" };
        LanscopeDevice *device;

        add(s, "/a", "{'Name': <'Drucker'>, 'Vendor': <'Brother'>, 'Addresses': <['aa:bb:cc:dd:ee:ff']>, 'Ipv4': <['192.0.2.7']>, "
                     "'Ipv6': <['fe80::1']>, 'Services': <['_ipp._tcp']>, 'Model': <'HL-2350'>, 'Notes': <'Hauptstraße 3'>}");
        told(s);
        device = lanscope_device_store_lookup(s->store, "/a");
        for (size_t i = 0; i < G_N_ELEMENTS(found); i++) {
                g_autofree char *folded = g_utf8_casefold(found[i], -1);

                assert_true(lanscope_device_matches(device, folded));
        }
        assert_false(lanscope_device_matches(device, "laptop"));
        /* What was searched once is not remembered for ever. */
        change(s, "/a", "{'Name': <'Laptop'>}");
        told(s);
        assert_true(lanscope_device_matches(device, "laptop"));
        assert_false(lanscope_device_matches(device, "drucker"));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_additions_come_in_one_bundle, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_changes_come_in_one_bundle, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_device_in_the_model_changes_only_when_that_is_told, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_change_that_changes_nothing_is_not_told, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_wrong_types_and_unknown_keys_are_passed_over, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_change_of_unknown_device_is_passed_over, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_who_comes_and_goes_is_never_told_of, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_removals_are_one_range, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_who_comes_back_at_once_stays, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_load_keeps_objects_and_drops_what_it_does_not_name, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_signal_during_a_load_counts, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_clear_leaves_nothing, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_devices_are_found_by_all_that_is_shown, set_up, tear_down),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
