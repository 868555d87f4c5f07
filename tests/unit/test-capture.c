/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What capturing says when it cannot; what it sees when it can is tested in tests/bpf. */

#include "daemon/capture.h"

#include <errno.h>
#include <string.h>

#include "common/macro.h"
#include "tests/unit/cmocka-all.h"

static void on_frame(void *userdata _unused_, const struct frame *frame _unused_) {
}

static int try_start(const char *backend, const char *interface, char reasons[static 1024]) {
        struct capture_config config = { 0 };
        struct capture_ops ops = { .frame = on_frame };
        struct capture *capture = NULL;
        sd_event *event = NULL;
        int r;

        strncpy(config.backend, backend, sizeof config.backend - 1);
        assert_true(sd_event_new(&event) >= 0);
        r = capture_start(&config, interface, event, &ops, &capture, reasons);
        assert_null(capture);
        sd_event_unref(event);
        return r;
}

static void modes_have_names(void **state _unused_) {
        for (int mode = 0; mode < _MODE_MAX; mode++)
                assert_int_equal(capture_mode_from_string(capture_mode_to_string((enum capture_mode) mode)), mode);
        assert_int_equal(capture_mode_from_string("router"), _MODE_INVALID);
        assert_int_equal(capture_mode_from_string(""), _MODE_INVALID);
        assert_null(capture_mode_to_string(_MODE_INVALID));
}

static void backends_are_known_by_name(void **state _unused_) {
        static const char *const known[] = { "", "auto", "ebpf", "pcap", "xdp-native", "xdp-generic", "tc", "tcx", "clsact" };

        for (size_t i = 0; i < ELEMENTSOF(known); i++)
                assert_true(capture_backend_is_known(known[i]));
        assert_false(capture_backend_is_known("dpdk"));
        assert_false(capture_backend_is_known("a name that is longer than the field for it"));
}

static void missing_interface_is_named(void **state _unused_) {
        char reasons[1024];

        assert_int_equal(try_start("auto", "nothere0", reasons), -ENODEV);
        assert_string_equal(reasons, "There is no interface nothere0.");
}

static void impossible_name_is_refused(void **state _unused_) {
        char reasons[1024];

        assert_int_equal(try_start("auto", "", reasons), -EINVAL);
        assert_int_equal(try_start("auto", "a-name-of-sixteen", reasons), -EINVAL);
        assert_non_null(strstr(reasons, "a-name-of-sixteen"));
}

static void unknown_backend_is_named(void **state _unused_) {
        char reasons[1024];

        assert_int_equal(try_start("dpdk", "lo", reasons), -EINVAL);
        assert_non_null(strstr(reasons, "dpdk"));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(modes_have_names),
                cmocka_unit_test(backends_are_known_by_name),
                cmocka_unit_test(missing_interface_is_named),
                cmocka_unit_test(impossible_name_is_refused),
                cmocka_unit_test(unknown_backend_is_named),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
