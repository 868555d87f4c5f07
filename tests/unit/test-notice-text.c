/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include <string.h>

#include "applet/notice-text.h"
#include "tests/unit/isolates.h"

static char *no_strings[] = { NULL };

static LanscopeDeviceInfo printer(void) {
        static char *ipv4[] = { (char *) "192.0.2.7", NULL }, *macs[] = { (char *) "3c:d9:2b:00:00:01", NULL };

        return (LanscopeDeviceInfo){ .path = (char *) "/d/1", .name = (char *) "printer", .vendor = (char *) "HP",
                                     .type = (char *) "printer", .model = (char *) "LaserJet", .ipv4 = ipv4,
                                     .ipv6 = no_strings, .addresses = macs };
}

static LanscopeAlertInfo alert(const char *kind) {
        return (LanscopeAlertInfo){ .id = 1, .kind = (char *) kind, .device = (char *) "/d/1", .mac = (char *) "3c:d9:2b:00:00:01",
                                    .name = (char *) "printer", .peer = (char *) "", .message = (char *) "printer does things.",
                                    .details = (char *) "{}", .severity = LANSCOPE_SEVERITY_WARNING };
}

static void a_new_device_tells_name_type_vendor_and_addresses(void **state) {
        LanscopeDeviceInfo device = printer();
        LanscopeAlertInfo info = alert("new_device");
        g_autofree char *title = without_isolates(notice_title(&info, &device));
        g_autofree char *body = without_isolates(notice_body(&info, &device, 0));

        (void) state;
        assert_string_equal(title, "New device: printer");
        assert_string_equal(body, "Printer, HP, LaserJet\n192.0.2.7, 3c:d9:2b:00:00:01");
}

static void an_alert_tells_its_sentence_too(void **state) {
        LanscopeDeviceInfo device = printer();
        LanscopeAlertInfo info = alert("port_scan");
        g_autofree char *title = without_isolates(notice_title(&info, &device));
        g_autofree char *body = without_isolates(notice_body(&info, &device, 2));

        (void) state;
        assert_string_equal(title, "Tries many ports of a device: printer");
        assert_string_equal(body, "printer (3c:d9:2b:00:00:01) scans ports.\nPrinter, HP, LaserJet\n192.0.2.7, 3c:d9:2b:00:00:01\nAnd 2 more alerts.");
}

static void what_is_over_is_said_to_be(void **state) {
        LanscopeAlertInfo info = alert("port_scan");
        g_autofree char *body = NULL;

        (void) state;
        info.state = LANSCOPE_ALERT_RESOLVED;
        body = without_isolates(notice_body(&info, NULL, 1));
        assert_string_equal(body, "printer (3c:d9:2b:00:00:01) scans ports.\n3c:d9:2b:00:00:01\nIt is over by now. And 1 more alert.");
}

static void an_alert_about_nobody_names_nobody(void **state) {
        LanscopeAlertInfo info = alert("mac_flood");
        g_autofree char *title = NULL, *body = NULL;

        (void) state;
        info.device = (char *) "/";
        info.name = info.mac = (char *) "";
        title = notice_title(&info, NULL);
        body = without_isolates(notice_body(&info, NULL, 0));
        assert_string_equal(title, "Flood of hardware addresses");
        assert_string_equal(body, "Somebody made up many hardware addresses: switches may send everybody’s traffic everywhere.");
}

static void hostile_names_are_one_short_harmless_line(void **state) {
        char name[4000] = "a\n<b>x</b>\x1b[31m\u202e\u2028&";
        g_autofree char *quoted = lanscope_quote(name, NOTICE_NAME_MAX), *cut = NULL;

        (void) state;
        assert_null(strchr(quoted, '\n'));
        assert_null(strchr(quoted, '\x1b'));
        assert_null(strstr(quoted, "\u202e"));
        memset(name, 'n', sizeof name - 1);
        cut = lanscope_quote(name, 10);
        assert_string_equal(cut, "\u2068nnnnnnnnnn…\u2069");
}

static void a_summary_counts(void **state) {
        const struct notice_summary many = { .new_devices = 12, .returned_devices = 1, .alerts = 3 };
        const struct notice_summary back = { .returned_devices = 7 };
        const struct notice_summary fresh = { .new_devices = 5, .returned_devices = 2 };
        const struct notice_summary held = { .new_devices = 4, .alerts = 2, .held = TRUE };
        g_autofree char *held_title = notice_summary_title(&held), *held_body = notice_summary_body(&held);
        g_autofree char *many_title = notice_summary_title(&many), *many_body = notice_summary_body(&many);
        g_autofree char *back_title = notice_summary_title(&back), *back_body = notice_summary_body(&back);
        g_autofree char *fresh_title = notice_summary_title(&fresh), *fresh_body = notice_summary_body(&fresh);

        (void) state;
        assert_string_equal(many_title, "3 alerts");
        assert_string_equal(many_body, "12 new devices, 1 device is back");
        assert_string_equal(back_title, "7 devices are back");
        assert_string_equal(back_body, "");
        assert_string_equal(held_title, "2 alerts");
        assert_string_equal(held_body, "While notifications were held back\n4 new devices");
        assert_string_equal(fresh_title, "5 new devices");
        assert_string_equal(fresh_body, "2 devices are back");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_new_device_tells_name_type_vendor_and_addresses),
                cmocka_unit_test(an_alert_tells_its_sentence_too),
                cmocka_unit_test(what_is_over_is_said_to_be),
                cmocka_unit_test(an_alert_about_nobody_names_nobody),
                cmocka_unit_test(hostile_names_are_one_short_harmless_line),
                cmocka_unit_test(a_summary_counts),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
