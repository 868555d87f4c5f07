/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What detectors learn comes back as it was, through whatever keeps it; and what makes no sense does not come back. */

#include "tests/unit/cmocka-all.h"

#include <netinet/in.h>

#include "tests/unit/detection-fixture.h"

static const char *const device = "00:11:32:9c:77:12";

static void say_vendor_class(struct watch *w, const char *value) {
        const struct fact fact = {
                .ts = w->f.now,
                .kind = FACT_DHCP_VENDOR_CLASS,
                .flags = FACT_HAS_MAC | FACT_LINK_SCOPED,
                .mac = mac_of(device),
                .source = mac_of(device),
                .value = value,
        };

        detection_fact(w->detection, &fact);
}

static void serve(struct watch *w, uint16_t port) {
        const struct contact contact = {
                .ts = w->f.now,
                .kind = CONTACT_SYN_ACK,
                .protocol = IPPROTO_TCP,
                .hop_limit = 64,
                .source_mac = mac_of(device),
                .destination_mac = mac_of("00:0c:29:ee:77:66"),
                .source = ip_of("192.168.77.12"),
                .destination = ip_of("192.168.77.66"),
                .source_port = port,
                .destination_port = 40000,
        };

        detection_contact(w->detection, &contact);
}

static void move(struct watch *w, uint64_t bytes) {
        const struct flow_summary flow = {
                .last = w->f.now,
                .endpoints = { { .mac = mac_of(device), .ip = ip_of("192.168.77.12") },
                               { .ip = ip_of("192.168.77.66") } },
                .bytes = { bytes },
        };

        detection_flow(w->detection, &flow);
}

static void advance(struct watch *w, uint64_t by) {
        w->f.now += by;
        detection_advance(w->detection, w->f.now, false);
}

/* Ten days of a NAS: 1 GB an hour, one port, one DHCP client. */
static void live(struct watch *w) {
        for (unsigned hour = 0; hour < 240; hour++) {
                move(w, 1000000000 + hour % 7 * 1000000);
                serve(w, 445);
                say_vendor_class(w, "syn\xc3\xb6logy \"x\"");
                advance(w, 3600 * SEC);
        }
}

static void assert_quiet(const struct watch *w) {
        for (int kind = 0; kind < _ALERT_KIND_MAX; kind++)
                assert_int_equal(w->raised[kind].n, 0);
}

static void what_was_learned_comes_back_as_it_was(void **state _unused_) {
        struct kept before = {}, after = {}, nothing = {};
        struct watch w, again;

        watch_init(&w, UINT64_C(1700000000) * SEC);
        live(&w);
        assert_quiet(&w);
        detection_remember(w.detection, false, keep, &before);
        assert_int_equal(before.n, 3);
        watch_init(&again, w.f.now);
        recall_all(&again, &before);
        detection_remember(again.detection, false, keep, &nothing);
        assert_int_equal(nothing.n, 0); /* it is kept already */
        detection_remember(again.detection, true, keep, &after);
        assert_int_equal(after.n, before.n);
        for (size_t i = 0; i < after.n; i++) {
                assert_string_equal(after.lessons[i].text, before.lessons[i].text);
                assert_true(after.lessons[i].key == before.lessons[i].key);
                assert_true(mac_equal(&after.lessons[i].mac, &before.lessons[i].mac));
        }
        watch_done(&w);
        watch_done(&again);
}

static void a_restart_tells_nothing_and_forgets_nothing(void **state _unused_) {
        struct kept kept = {};
        struct watch w, again;

        watch_init(&w, UINT64_C(1700000000) * SEC);
        live(&w);
        detection_remember(w.detection, false, keep, &kept);
        watch_init(&again, w.f.now);
        recall_all(&again, &kept);
        move(&again, 1000000000);
        serve(&again, 445);
        say_vendor_class(&again, "syn\xc3\xb6logy \"x\"");
        advance(&again, 3600 * SEC);
        move(&again, 1000000000);
        advance(&again, 2 * SEC);
        assert_quiet(&again);
        move(&again, 900000000000);
        serve(&again, 23);
        say_vendor_class(&again, "udhcp");
        advance(&again, 2 * SEC);
        assert_int_equal(again.raised[ALERT_VOLUME_SPIKE].n, 1);
        assert_int_equal(again.raised[ALERT_NEW_SERVICE].n, 1);
        assert_int_equal(again.raised[ALERT_IDENTITY_CHANGED].n, 1);
        watch_done(&w);
        watch_done(&again);
}

static void what_is_forgotten_is_learned_anew(void **state _unused_) {
        const struct mac_address mac = mac_of(device);
        struct kept kept = {};
        struct watch w;

        watch_init(&w, UINT64_C(1700000000) * SEC);
        live(&w);
        detection_forget(w.detection, &mac);
        detection_remember(w.detection, true, keep, &kept);
        assert_int_equal(kept.n, 0);
        serve(&w, 23);
        move(&w, 900000000000);
        advance(&w, 2 * SEC);
        assert_quiet(&w);
        detection_remember(w.detection, true, keep, &kept);
        assert_int_equal(kept.n, 2);
        watch_done(&w);
}

static void what_makes_no_sense_does_not_come_back(void **state _unused_) {
        static const char *const texts[] = { "", " ", "x", " -1", " 1 2", " 99999999999999999999999", " 1 x", " 1 1 1 1 7 x00", " 0 1 1 1 0 x0",
                                             " 0 1 1 1 0 xgg", " 1700000000 70000", " 1 \t2" };
        struct kept kept = {}, after = {};
        struct watch w, again;

        watch_init(&w, UINT64_C(1700000000) * SEC);
        live(&w);
        detection_remember(w.detection, false, keep, &kept);
        watch_init(&again, w.f.now);
        for (size_t i = 0; i < kept.n; i++) {
                for (size_t k = 0; k < ELEMENTSOF(texts); k++)
                        if (strcmp(kept.lessons[i].detector, "new_service") != 0 || strcmp(texts[k], " 1 2") != 0)
                                assert_false(recall(&again, &kept, i, texts[k]));
                /* Cut anywhere, it is refused or another that is whole; never more than that. */
                for (size_t length = 0; length < strlen(kept.lessons[i].text); length++) {
                        char text[LESSON_TEXT_MAX];

                        snprintf(text, sizeof text, "%.*s", (int) length, kept.lessons[i].text);
                        (void) recall(&again, &kept, i, text);
                }
        }
        assert_false(detection_recall(again.detection, &(struct lesson) { "unheard_of", 1, kept.lessons[0].mac, " 1" }, w.f.now));
        detection_remember(again.detection, true, keep, &after);
        assert_true(after.n <= kept.n);
        watch_done(&w);
        watch_done(&again);
}

static void words_hold_any_bytes(void **state _unused_) {
        char text[256], word[64];
        struct strbuf b = STRBUF(text);
        const char *rest = text;
        uint64_t number;

        lesson_put_number(&b, UINT64_MAX);
        lesson_put_word(&b, "a b\n\xff\x01");
        lesson_put_word(&b, "");
        assert_true(lesson_get_number(&rest, UINT64_MAX, &number));
        assert_true(number == UINT64_MAX);
        assert_false(lesson_get_number(&rest, UINT64_MAX, &number));
        assert_false(lesson_get_word(&rest, word, 6));
        assert_true(lesson_get_word(&rest, word, 7));
        assert_string_equal(word, "a b\n\xff\x01");
        assert_true(lesson_get_word(&rest, word, sizeof word));
        assert_string_equal(word, "");
        assert_false(lesson_get_word(&rest, word, sizeof word));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_was_learned_comes_back_as_it_was),
                cmocka_unit_test(a_restart_tells_nothing_and_forgets_nothing),
                cmocka_unit_test(what_is_forgotten_is_learned_anew),
                cmocka_unit_test(what_makes_no_sense_does_not_come_back),
                cmocka_unit_test(words_hold_any_bytes),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
