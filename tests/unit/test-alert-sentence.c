/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include <string.h>

#include "applet/alert-details.h"
#include "applet/alert-sentence.h"
#include "tests/unit/isolates.h"

static LanscopeAlertInfo alert(const char *kind, const char *peer, const char *details) {
        return (LanscopeAlertInfo){ .id = 1, .kind = (char *) kind, .device = (char *) "/d/1", .mac = (char *) "3c:d9:2b:00:00:01",
                                    .name = (char *) "camera", .peer = (char *) peer, .message = (char *) "The service says so.",
                                    .details = (char *) details };
}

static void assert_sentence(const LanscopeAlertInfo *info, const char *expected) {
        g_autofree char *sentence = without_isolates(alert_sentence(info));

        assert_string_equal(sentence, expected);
}

static void a_sentence_is_made_of_kind_and_details(void **state) {
        LanscopeAlertInfo info = alert("host_scan", "", "{\"protocol\":\"TCP\",\"port\":22,\"hosts\":12,\"window\":10.000,\"source\":\"192.0.2.7\"}");

        (void) state;
        assert_sentence(&info, "camera (192.0.2.7) looks for hosts with TCP port 22 open: it tried 12 within 10 s.");
}

static void without_details_it_tells_what_everybody_may_know(void **state) {
        LanscopeAlertInfo info = alert("host_scan", "", "");

        (void) state;
        assert_sentence(&info, "camera (3c:d9:2b:00:00:01) looks for hosts that can be reached.");
}

static void what_decides_between_sentences_is_looked_at(void **state) {
        LanscopeAlertInfo one = alert("dhcp_changed", "", "{\"router\":\"192.0.2.9\",\"router_before\":\"192.0.2.1\",\"dns\":\"192.0.2.1\","
                                                          "\"dns_before\":\"192.0.2.1\"}");
        LanscopeAlertInfo nobody = alert("syn_flood", "192.0.2.3:80", "{\"requests\":900,\"window\":5.000,\"sources\":800}");

        (void) state;
        nobody.name = nobody.mac = (char *) "";
        assert_sentence(&one, "camera (3c:d9:2b:00:00:01) tells DHCP clients to use router 192.0.2.9 instead of 192.0.2.1.");
        assert_sentence(&nobody, "Somebody floods 192.0.2.3:80: 900 requests within 5 s in the name of some 800 addresses.");
}

static void measures_have_units(void **state) {
        LanscopeAlertInfo calls = alert("beaconing", "198.51.100.9:443 (example.org)", "{\"calls\":24,\"interval_ms\":60040}");
        LanscopeAlertInfo back = alert("device_returned", "", "{\"away\":8640000.000,\"threshold\":2592000.000}");
        LanscopeAlertInfo much = alert("volume_spike", "", "{\"bytes\":400000000,\"mean\":2000000}");

        (void) state;
        assert_sentence(&calls, "camera (3c:d9:2b:00:00:01) calls 198.51.100.9:443 (example.org) every 60.0 s, 24 times without a pause.");
        assert_sentence(&back, "camera (3c:d9:2b:00:00:01) is back after 100 days.");
        assert_sentence(&much, "camera (3c:d9:2b:00:00:01) moved 400.0\u00a0MB this hour; usual at this time of day is 2.0\u00a0MB.");
}

static void a_new_device_is_told_with_all_that_is_known(void **state) {
        LanscopeAlertInfo info = alert("new_device", "", "{\"mac\":\"3c:d9:2b:00:00:01\",\"addresses\":[\"192.0.2.7\"],\"vendor\":\"HP\","
                                                         "\"type\":\"printer\",\"randomized\":false}");

        (void) state;
        assert_sentence(&info, "New device: camera, Printer, HP, 192.0.2.7, 3c:d9:2b:00:00:01");
}

static void what_is_newer_than_we_are_is_told_by_the_service(void **state) {
        LanscopeAlertInfo kind = alert("from_the_future", "", "{\"port\":22}");
        LanscopeAlertInfo details = alert("host_scan", "", "{\"other\":1}");
        LanscopeAlertInfo broken = alert("host_scan", "", "[1]");

        (void) state;
        assert_sentence(&kind, "The service says so.");
        assert_sentence(&details, "The service says so.");
        assert_sentence(&broken, "The service says so.");
}

static void what_devices_say_is_no_template_and_no_second_line(void **state) {
        LanscopeAlertInfo info = alert("unusual_contact", "{who}\n%s\u202e", "{\"places_known\":3,\"x\":\"{peer}\"}");

        (void) state;
        info.name = (char *) "{peer}\x1b[31m<b>";
        assert_sentence(&info, "{peer}\uFFFD[31m<b> (3c:d9:2b:00:00:01) contacts {who}\uFFFD%s\uFFFD, where it never was before.");
}

static void names_are_isolated_and_bounded(void **state) {
        char name[5000];
        LanscopeAlertInfo info = alert("dns_tunnel", "", "");
        g_autofree char *sentence = NULL;

        (void) state;
        memset(name, 'n', sizeof name - 1);
        name[sizeof name - 1] = '\0';
        info.name = name;
        sentence = alert_sentence(&info);
        assert_true(g_str_has_prefix(sentence, "\u2068nnn"));
        assert_true(strlen(sentence) < 200);
        assert_non_null(strstr(sentence, "…\u2069 (\u20683c:d9"));
}

static void details_are_lines_in_words(void **state) {
        g_autofree char *words = without_isolates(alert_details_in_words(
                "{\"first_target\":\"192.0.2.1\",\"window\":10.000,\"threshold\":25,\"bytes\":1500,\"announced\":\"yes\",\"type\":\"printer\","
                "\"addresses\":[\"a\",\"b\"],\"no_such_key\":{\"port\":22},\"empty\":\"\",\"none\":[],\"evil\":\"a\\nb\"}"));

        (void) state;
        assert_string_equal(words, "First target: 192.0.2.1\nWithin: 10 seconds\nThreshold: 25\nBytes: 1.5\u00a0kB\nIt was announced to all: yes\n"
                                   "Type: Printer\nAddresses: a, b\nno such key Port: 22\nevil: a\uFFFDb");
}

static void details_are_nothing_where_there_are_none(void **state) {
        static const char *const texts[] = { "", "{}", "[]", "null", "3", "{\"a\":", "\"x\"" };

        (void) state;
        for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
                g_autofree char *words = alert_details_in_words(texts[i]);

                assert_string_equal(words, "");
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_sentence_is_made_of_kind_and_details),
                cmocka_unit_test(without_details_it_tells_what_everybody_may_know),
                cmocka_unit_test(what_decides_between_sentences_is_looked_at),
                cmocka_unit_test(measures_have_units),
                cmocka_unit_test(a_new_device_is_told_with_all_that_is_known),
                cmocka_unit_test(what_is_newer_than_we_are_is_told_by_the_service),
                cmocka_unit_test(what_devices_say_is_no_template_and_no_second_line),
                cmocka_unit_test(names_are_isolated_and_bounded),
                cmocka_unit_test(details_are_lines_in_words),
                cmocka_unit_test(details_are_nothing_where_there_are_none),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
