/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include <errno.h>
#include <string.h>

#include "daemon/append-bus.h"
#include "daemon/device-bus.h"
#include "daemon/manager-bus.h"
#include "daemon/method-bus.h"

static void walk(const sd_bus_vtable *vtable, const char *interface, const struct method *rows) {
        size_t n_methods = 0, n_rows = 0;

        for (const sd_bus_vtable *v = vtable; v->type != _SD_BUS_VTABLE_END; v++) {
                assert_int_not_equal(v->type, _SD_BUS_VTABLE_WRITABLE_PROPERTY);
                if (v->type != _SD_BUS_VTABLE_METHOD)
                        continue;
                n_methods++;
                assert_ptr_equal(v->x.method.handler, method_dispatch);
                assert_non_null(method_find(interface, v->x.method.member));
        }
        for (const struct method *row = rows; row->interface; row++) {
                assert_string_equal(row->interface, interface);
                assert_non_null(row->apply);
                n_rows++;
        }
        assert_int_equal(n_methods, n_rows);
}

static void every_method_goes_through_the_gate_and_has_a_row(void **state _unused_) {
        walk(manager_vtable, LANSCOPE_MANAGER_INTERFACE, manager_methods);
        walk(device_vtable, LANSCOPE_DEVICE_INTERFACE, device_methods);
}

static bool only_reads(const char *member) {
        static const char *const reading[] = { "ListDevices", "FindDevice", "ListAlerts", "Export", "Explain" };

        for (size_t i = 0; i < ELEMENTSOF(reading); i++)
                if (strcmp(reading[i], member) == 0)
                        return true;
        return false;
}

static void all_but_the_reading_methods_name_an_action(void **state _unused_) {
        const struct method *const tables[] = { manager_methods, device_methods };

        for (size_t i = 0; i < ELEMENTSOF(tables); i++)
                for (const struct method *row = tables[i]; row->interface; row++)
                        assert_true((row->action == NULL) == only_reads(row->member));
}

static void alerts_are_listed_in_full_to_some_only(void **state _unused_) {
        assert_string_equal(method_find(LANSCOPE_MANAGER_INTERFACE, "ListAlerts")->in_full, LANSCOPE_ACTION_INSPECT_TRAFFIC);
}

static void what_has_no_row_is_not_found(void **state _unused_) {
        assert_null(method_find(LANSCOPE_MANAGER_INTERFACE, "SetLabel"));
        assert_null(method_find(LANSCOPE_DEVICE_INTERFACE, "ListDevices"));
        assert_null(method_find("org.example", "ListDevices"));
}

static void paths_are_ids_and_nothing_else(void **state _unused_) {
        static const char *const bad[] = {
                "/org/lanscope1/device/", "/org/lanscope1/device/12", "/org/lanscope1/device/00000000000000GG",
                "/org/lanscope1/device/00000000000000ab0", "/org/lanscope1/device/00000000000000AB",
                "/org/lanscope1/devices/00000000000000ab", "/", "/org/lanscope1/device/000000000000000a/b",
        };
        char path[OBJECT_PATH_MAX];
        uint64_t id = 7;

        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                assert_int_equal(object_path_parse(bad[i], LANSCOPE_DEVICE_PREFIX, &id), -EINVAL);
        assert_true(id == 7);
        assert_int_equal(object_path_parse(device_path(UINT64_MAX, path), LANSCOPE_DEVICE_PREFIX, &id), 0);
        assert_true(id == UINT64_MAX);
        assert_int_equal(object_path_parse(device_path(0xab, path), LANSCOPE_DEVICE_PREFIX, &id), 0);
        assert_true(id == 0xab);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_method_goes_through_the_gate_and_has_a_row),
                cmocka_unit_test(all_but_the_reading_methods_name_an_action),
                cmocka_unit_test(alerts_are_listed_in_full_to_some_only),
                cmocka_unit_test(what_has_no_row_is_not_found),
                cmocka_unit_test(paths_are_ids_and_nothing_else),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
