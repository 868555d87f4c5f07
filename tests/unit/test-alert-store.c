/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include "applet/alert-store.h"

struct alerts_state {
        LanscopeAlertStore *store;
        unsigned raised, updated;
};

static void count(unsigned *n) {
        (*n)++;
}

static int set_up(void **state) {
        struct alerts_state *s = g_new0(struct alerts_state, 1);

        s->store = lanscope_alert_store_new();
        g_signal_connect_swapped(s->store, "alert-raised", G_CALLBACK(count), &s->raised);
        g_signal_connect_swapped(s->store, "updated", G_CALLBACK(count), &s->updated);
        *state = s;
        return 0;
}

static int tear_down(void **state) {
        struct alerts_state *s = *state;

        g_object_unref(s->store);
        g_free(s);
        return 0;
}

static GVariant *alert(guint64 id, const char *severity) {
        GVariantBuilder b;

        g_variant_builder_init(&b, G_VARIANT_TYPE_VARDICT);
        g_variant_builder_add(&b, "{sv}", "Id", g_variant_new_uint64(id));
        g_variant_builder_add(&b, "{sv}", "Severity", g_variant_new_string(severity));
        g_variant_builder_add(&b, "{sv}", "Kind", g_variant_new_string("port_scan"));
        g_variant_builder_add(&b, "{sv}", "State", g_variant_new_string("active"));
        return g_variant_ref_sink(g_variant_builder_end(&b));
}

static void raise_alert(struct alerts_state *s, guint64 id) {
        g_autoptr(GVariant) dictionary = alert(id, "warning");

        lanscope_alert_store_raise(s->store, dictionary);
}

static guint64 id_at(struct alerts_state *s, guint position) {
        g_autoptr(LanscopeAlert) item = g_list_model_get_item(G_LIST_MODEL(s->store), position);

        return item ? lanscope_alert_info(item)->id : 0;
}

static void test_newest_comes_first(void **state) {
        struct alerts_state *s = *state;

        raise_alert(s, 1);
        raise_alert(s, 2);
        assert_int_equal(id_at(s, 0), 2);
        assert_int_equal(s->raised, 2);
        assert_int_equal(lanscope_alert_info(lanscope_alert_store_lookup(s->store, 2))->severity, LANSCOPE_SEVERITY_WARNING);
        assert_int_equal(lanscope_alert_info(lanscope_alert_store_lookup(s->store, 2))->state, LANSCOPE_ALERT_ACTIVE);
}

static void test_alert_that_came_with_a_list_is_not_raised_again(void **state) {
        struct alerts_state *s = *state;
        g_autoptr(GVariant) one = alert(7, "info");
        g_autoptr(GVariant) list = g_variant_ref_sink(g_variant_new_array(G_VARIANT_TYPE_VARDICT, &one, 1));

        lanscope_alert_store_load(s->store, list);
        raise_alert(s, 7);
        assert_int_equal(s->raised, 0);
        assert_int_equal(g_list_model_get_n_items(G_LIST_MODEL(s->store)), 1);
}

static void test_load_keeps_objects(void **state) {
        struct alerts_state *s = *state;
        g_autoptr(GVariant) one = alert(1, "critical");
        g_autoptr(GVariant) list = g_variant_ref_sink(g_variant_new_array(G_VARIANT_TYPE_VARDICT, &one, 1));
        LanscopeAlert *before;

        raise_alert(s, 1);
        raise_alert(s, 2);
        before = lanscope_alert_store_lookup(s->store, 1);
        lanscope_alert_store_load(s->store, list);
        assert_ptr_equal(lanscope_alert_store_lookup(s->store, 1), before);
        assert_int_equal(lanscope_alert_info(before)->severity, LANSCOPE_SEVERITY_CRITICAL);
        assert_null(lanscope_alert_store_lookup(s->store, 2));
}

static void test_number_of_alerts_is_bounded(void **state) {
        struct alerts_state *s = *state;

        for (guint64 id = 1; id <= LANSCOPE_ALERTS_MAX + 5; id++)
                raise_alert(s, id);
        assert_int_equal(g_list_model_get_n_items(G_LIST_MODEL(s->store)), LANSCOPE_ALERTS_MAX);
        assert_null(lanscope_alert_store_lookup(s->store, 5));
        assert_non_null(lanscope_alert_store_lookup(s->store, 6));
}

static void test_acknowledging_marks_those_named(void **state) {
        struct alerts_state *s = *state;
        const guint64 ids[] = { 2, 99 };
        g_autoptr(GVariant) list = g_variant_ref_sink(g_variant_new_fixed_array(G_VARIANT_TYPE_UINT64, ids, 2, sizeof ids[0]));

        raise_alert(s, 1);
        raise_alert(s, 2);
        lanscope_alert_store_acknowledge(s->store, list);
        assert_true(lanscope_alert_info(lanscope_alert_store_lookup(s->store, 2))->acknowledged);
        assert_false(lanscope_alert_info(lanscope_alert_store_lookup(s->store, 1))->acknowledged);
        assert_int_equal(s->updated, 1);
}

static void test_dictionary_without_id_is_no_alert(void **state) {
        struct alerts_state *s = *state;
        g_autoptr(GVariant) empty = g_variant_ref_sink(g_variant_new_parsed("@a{sv} {}"));

        lanscope_alert_store_raise(s->store, empty);
        lanscope_alert_store_change(s->store, 1, empty);
        assert_int_equal(g_list_model_get_n_items(G_LIST_MODEL(s->store)), 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_newest_comes_first, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_alert_that_came_with_a_list_is_not_raised_again, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_load_keeps_objects, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_number_of_alerts_is_bounded, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_acknowledging_marks_those_named, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_dictionary_without_id_is_no_alert, set_up, tear_down),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
