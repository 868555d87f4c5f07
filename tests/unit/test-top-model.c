/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include <stdlib.h>
#include <string.h>

#include "cli/top/top-detail.h"
#include "cli/top/top-device.h"
#include "cli/top/top-flow.h"
#include "cli/top/top-layout.h"
#include "cli/top/top-text.h"

static int setup(void **state) {
        struct top_model *m = malloc(sizeof *m);

        top_model_init(m);
        *state = m;
        return 0;
}

static int teardown(void **state) {
        top_model_done(*state);
        free(*state);
        return 0;
}

static void take_status(struct top_model *m, const char *text, uint64_t at) {
        struct json_object *o = json_tokener_parse(text);

        assert_non_null(o);
        top_model_take_status(m, o, at);
        json_object_put(o);
}

static void take_devices(struct top_model *m, const char *text, uint64_t at) {
        struct json_object *o = json_tokener_parse(text);

        assert_non_null(o);
        assert_int_equal(top_model_take_devices(m, o, at), 0);
        json_object_put(o);
}

static const struct top_device *device(struct top_model *m, size_t i) {
        assert_true(i < m->lists[TOP_DEVICES].n_shown);
        return (const struct top_device *) m->lists[TOP_DEVICES].shown[i];
}

#define COUNTERS(packets, bytes) "{\"Statistics\":{\"capture.packets\":" packets ",\"capture.bytes\":" bytes "}}"

static void throughput_is_the_difference_of_two_looks(void **state) {
        struct top_model *m = *state;

        take_status(m, COUNTERS("100", "1000"), 5000000);
        assert_int_equal(m->history.n, 0);
        take_status(m, COUNTERS("150", "2000"), 5500000); /* half a second later */
        assert_int_equal(m->history.n, 1);
        assert_int_equal(m->history.bits[0], 16000);
        assert_int_equal(m->history.packets[0], 100);
        take_status(m, COUNTERS("200", "300"), 6000000); /* another service, by its bytes */
        take_status(m, COUNTERS("3", "300"), 6500000);   /* by its packets */
        assert_int_equal(m->history.n, 1);
        take_status(m, COUNTERS("4", "400"), 7500000);
        assert_int_equal(m->history.bits[1], 800);
}

static void history_is_bounded(void **state) {
        struct top_model *m = *state;

        for (unsigned i = 0; i < TOP_HISTORY + 10; i++) {
                char text[128];

                snprintf(text, sizeof text, "{\"Statistics\":{\"capture.packets\":%u,\"capture.bytes\":%u}}", i,
                         i * (i - 1) / 2);
                take_status(m, text, (i + 1) * UINT64_C(1000000));
        }
        assert_int_equal(m->history.n, TOP_HISTORY);
        assert_int_equal(m->history.bits[TOP_HISTORY - 1], 8 * (TOP_HISTORY + 8));
}

static void a_replay_has_its_own_counters_and_its_own_time(void **state) {
        struct top_model *m = *state;

        take_status(m,
                    "{\"Backend\":\"replay\",\"Statistics\":{\"packet.frames\":1,\"packet.bytes\":10,\"capture.bytes\":0}}", 1000000);
        take_status(m,
                    "{\"Backend\":\"replay\",\"Statistics\":{\"packet.frames\":2,\"packet.bytes\":20,\"capture.bytes\":0}}", 2000000);
        assert_int_equal(m->history.bits[0], 80);
        top_model_set_time(m, 1800000000000000);
        assert_int_equal(m->now, 1800000000000000); /* nothing is known of it yet */
        take_devices(m, "[{\"id\":\"1\",\"last_seen\":1700000000.5}]", 0);
        top_model_set_time(m, 1800000000000000);
        assert_int_equal(m->now, 1700000000500000);
}

static void devices_go_on_from_what_they_were(void **state) {
        struct top_model *m = *state;

        take_devices(m, "[{\"id\":\"a\",\"name\":\"A\",\"traffic\":{\"bytes_sent\":100,\"packets_sent\":1}},"
                        "{\"id\":\"c\",\"name\":\"C\",\"traffic\":{\"bytes_sent\":900,\"bytes_received\":100}}]",
                                1000000);
        assert_string_equal(device(m, 0)->name, "C"); /* no rates yet: the larger total */
        assert_int_equal(device(m, 0)->bytes, 1000);
        take_devices(m, "[{\"id\":\"c\",\"name\":\"C\",\"traffic\":{\"bytes_sent\":900,\"bytes_received\":100}},"
                        "{\"id\":\"b\",\"name\":\"B\",\"traffic\":{\"bytes_sent\":5}},"
                        "{\"id\":\"a\",\"name\":\"A\",\"traffic\":{\"bytes_sent\":600,\"packets_sent\":11}}]", 3000000);
        assert_string_equal(device(m, 0)->name, "A");
        assert_int_equal(device(m, 0)->bits_per_second, 2000); /* 500 bytes in 2 s */
        assert_int_equal(device(m, 0)->packets_per_second, 5);
        assert_int_equal(device(m, 0)->n_history, 1);
        assert_int_equal(device(m, 0)->history[0], 2);
        assert_string_equal(device(m, 2)->name, "B");
        assert_int_equal(device(m, 2)->bits_per_second, 0); /* new: no rate */
        for (uint64_t i = 0; i < 100; i++)
                take_devices(m, "[{\"id\":\"a\",\"name\":\"A\"}]", 4000000 + i);
        assert_int_equal(device(m, 0)->n_history, TOP_DEVICE_HISTORY);
        assert_int_equal(device(m, 0)->bits_per_second, 0); /* less than before: counted anew */
}

static bool has_line(const struct top_lines *lines, const char *title, const char *text) {
        for (size_t i = 0; i < lines->n; i++)
                if (strcmp(lines->lines[i].title, title) == 0 && strcmp(lines->lines[i].text, text) == 0)
                        return true;
        return false;
}

static void the_card_of_another_device_is_not_shown(void **state) {
        struct json_object *card = json_tokener_parse("{\"id\":\"a\",\"vendor\":\"Acme\",\"ipv4\":[\"192.0.2.1\",\"192.0.2.2\"],"
                                                      "\"flows\":[{\"InitiatorDevice\":\"/x/a\",\"ServerName\":\"example.org\","
                                                      "\"ResponderPort\":443,\"Protocol\":\"tcp\",\"Active\":true,\"Rate\":5},"
                                                      "{\"InitiatorDevice\":\"/\",\"InitiatorAddress\":\"192.0.2.9\","
                                                      "\"InitiatorPort\":7,\"Protocol\":\"icmp\"}],"
                                                      "\"evidence\":[{\"kind\":\"mdns.query\",\"value\":\"x\",\"asks\":true}]}");
        struct top_model *m = *state;
        struct top_lines lines;

        top_detail_build(m, &lines);
        assert_int_equal(lines.n, 0);
        take_devices(m, "[{\"id\":\"a\",\"name\":\"A\"},{\"id\":\"b\",\"name\":\"B\"}]", 1);
        top_model_take_card(m, card);
        top_detail_build(m, &lines);
        assert_true(has_line(&lines, "Vendor", "Acme"));
        assert_true(has_line(&lines, "IPv4", "192.0.2.1"));
        assert_true(has_line(&lines, "", "192.0.2.2"));
        assert_true(has_line(&lines, "Talks to", "example.org:443  tcp, 5 b/s"));
        assert_true(has_line(&lines, "", "192.0.2.9  icmp, over"));
        assert_true(has_line(&lines, "Evidence", "mdns.query: x (only asks for it)"));
        top_lines_done(&lines);
        top_list_select(&m->lists[TOP_DEVICES], 1);
        top_detail_build(m, &lines);
        assert_true(has_line(&lines, "Name", "B"));
        assert_false(has_line(&lines, "Vendor", "Acme"));
        top_lines_done(&lines);
        json_object_put(card);
}

static void detail_is_bounded(void **state) {
        struct json_object *list = json_object_new_array(),
                *alert = json_tokener_parse("{\"id\":7,\"message\":\"m\",\"ts\":1.5}");
        struct json_object *details = json_object_new_object();
        struct top_model *m = *state;
        struct top_lines lines;

        for (int i = 0; i < 1000; i++) {
                char key[16];

                snprintf(key, sizeof key, "%d", i);
                json_object_object_add(details, key, json_object_new_int(i));
        }
        json_object_object_add(alert, "details", details);
        json_object_array_add(list, alert);
        assert_int_equal(top_model_take_alerts(m, list), 0);
        m->view = TOP_ALERTS;
        top_detail_build(m, &lines);
        assert_int_equal(lines.n, TOP_LINES_MAX);
        assert_true(has_line(&lines, "Details", "0: 0"));
        top_lines_done(&lines);
        json_object_put(list);
}

static void flows_are_told_apart_by_their_ends_and_beginning(void **state) {
        struct json_object *list = json_tokener_parse(
                "[{\"Protocol\":\"tcp\",\"InitiatorAddress\":\"2001:db8::1\",\"InitiatorPort\":1000,\"ResponderAddress\":\"2001:db8::2\","
                "\"ResponderPort\":443,\"FirstSeen\":1,\"Rate\":100,\"Active\":true,\"State\":\"established\",\"BytesSent\":10},"
                "{\"Protocol\":\"tcp\",\"InitiatorAddress\":\"2001:db8::1\",\"InitiatorPort\":1000,\"ResponderAddress\":\"2001:db8::2\","
                "\"ResponderPort\":443,\"FirstSeen\":2,\"Rate\":200,\"ServerName\":\"example.org\",\"End\":\"fin\"}]");
        struct top_model *m = *state;
        struct top_lines lines;

        assert_int_equal(top_model_take_flows(m, list), 0);
        m->view = TOP_FLOWS;
        assert_string_not_equal(m->lists[TOP_FLOWS].shown[0]->id, m->lists[TOP_FLOWS].shown[1]->id);
        top_detail_build(m, &lines);
        assert_true(has_line(&lines, "Server", "example.org"));
        assert_true(has_line(&lines, "Ended", "fin"));
        top_lines_done(&lines);
        top_list_select(&m->lists[TOP_FLOWS], 1);
        top_detail_build(m, &lines);
        assert_true(has_line(&lines, "Responder", "[2001:db8::2]:443  2001:db8::2 port 443  "));
        top_lines_done(&lines);
        json_object_put(list);
}

static void addresses_are_found_among_the_words(void **state _unused_) {
        char address[TOP_FILTER_MAX];

        assert_false(top_flows_address("", address));
        assert_false(top_flows_address(" tcp 443 192.0.2 ", address));
        assert_true(top_flows_address(" tcp  192.0.2.7 2001:db8::1", address));
        assert_string_equal(address, "192.0.2.7");
        assert_true(top_flows_address("2001:db8::1", address));
        assert_string_equal(address, "2001:db8::1");
}

static void check_text(void (*format)(struct strbuf *b, uint64_t n), uint64_t n, const char *wanted) {
        char text[32];
        struct strbuf b = STRBUF(text);

        format(&b, n);
        assert_string_equal(text, wanted);
}

static void numbers_fit_their_columns(void **state _unused_) {
        check_text(top_format_rate, 0, "0 b/s");
        check_text(top_format_rate, 999, "999 b/s");
        check_text(top_format_rate, 1000, "1.00 kb/s");
        check_text(top_format_rate, 9995, "10.0 kb/s");
        check_text(top_format_rate, 99950, "100 kb/s");
        check_text(top_format_rate, 999499, "999 kb/s");
        check_text(top_format_rate, 999500, "1.00 Mb/s");
        check_text(top_format_rate, UINT64_MAX, "18.4 Eb/s");
        check_text(top_format_bytes, 1023, "1.00 KiB");
        check_text(top_format_bytes, UINT64_MAX, "16.0 EiB");
        check_text(top_format_count, 12345, "12.3k");
        check_text(top_format_count, 7, "7");
}

static void ages_are_short(void **state _unused_) {
        static const struct {
                uint64_t age;
                const char *wanted;
        } ages[] = { { 0, "now" }, { 2, "2s" }, { 60, "1min" }, { 3600, "1h" }, { 172799, "47h" }, { 172800, "2d" } };

        for (size_t i = 0; i < ELEMENTSOF(ages); i++) {
                char text[32];
                struct strbuf b = STRBUF(text);

                top_format_age(&b, 1000000000, 1000000000 + ages[i].age * 1000000);
                assert_string_equal(text, ages[i].wanted);
        }
}

/* Every line belongs to one area, and what does not fit is not drawn. */
static void areas_cover_the_screen_and_do_not_overlap(void **state _unused_) {
        for (size_t rows = 1; rows < 80; rows++)
                for (size_t columns = 1; columns < 250; columns += 7)
                        for (int detail = 0; detail < 2; detail++) {
                                struct top_layout l;
                                size_t lines;

                                top_layout_compute(rows, columns, detail, &l);
                                assert_int_equal(l.fits, rows >= TOP_ROWS_MIN && columns >= TOP_COLUMNS_MIN);
                                if (!l.fits)
                                        continue;
                                lines = l.status.height + l.counts.height + l.graph.height + l.tabs.height +
                                        l.keys.height;
                                if (l.detail.column > 0) {
                                        assert_int_equal(l.table.height, l.detail.height);
                                        assert_int_equal(l.table.width + 1 + l.detail.width, columns);
                                        lines += l.table.height;
                                } else
                                        lines += l.table.height + l.detail.height;
                                assert_int_equal(lines, rows);
                                assert_int_equal(l.keys.row, rows - 1);
                                assert_true(detail ? l.detail.height >= 2 : l.table.height >= 2);
                        }
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(throughput_is_the_difference_of_two_looks, setup, teardown),
                cmocka_unit_test_setup_teardown(history_is_bounded, setup, teardown),
                cmocka_unit_test_setup_teardown(a_replay_has_its_own_counters_and_its_own_time, setup, teardown),
                cmocka_unit_test_setup_teardown(devices_go_on_from_what_they_were, setup, teardown),
                cmocka_unit_test_setup_teardown(the_card_of_another_device_is_not_shown, setup, teardown),
                cmocka_unit_test_setup_teardown(detail_is_bounded, setup, teardown),
                cmocka_unit_test_setup_teardown(flows_are_told_apart_by_their_ends_and_beginning, setup, teardown),
                cmocka_unit_test(addresses_are_found_among_the_words),
                cmocka_unit_test(numbers_fit_their_columns),
                cmocka_unit_test(ages_are_short),
                cmocka_unit_test(areas_cover_the_screen_and_do_not_overlap),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
