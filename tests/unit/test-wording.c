/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include <string.h>

/* These first: GLib takes MIN and MAX of others away before it makes its own. */
#include "daemon/visibility.h"
#include "engine/classify/device-type.h"
#include "engine/fact.h"

#include "applet/evidence-wording.h"
#include "applet/plain-text.h"
#include "applet/service-wording.h"
#include "applet/wording.h"

static gboolean is_in(const char *const *list, const char *word) {
        return g_strv_contains(list, word);
}

static void test_every_type_and_category_has_words(void **state G_GNUC_UNUSED) {
        for (int i = 0; i < _TYPE_MAX; i++) {
                const char *name = device_type_to_string((enum device_type) i);

                assert_true(is_in(wording_types(), name));
                assert_string_not_equal(wording_type(name), name);
        }
        for (int i = 0; i < _CATEGORY_MAX; i++) {
                const char *name = device_category_to_string((enum device_category) i);

                assert_true(is_in(wording_categories(), name));
                assert_string_not_equal(wording_category(name), name);
        }
        assert_int_equal(g_strv_length((char **) wording_types()), _TYPE_MAX);
        /* Not on offer where a type is set. */
        assert_string_equal(wording_types()[0], "unknown");
}

static void test_words_of_a_newer_service_come_back(void **state G_GNUC_UNUSED) {
        assert_string_equal(wording_type("hoverboard"), "hoverboard");
        assert_string_equal(wording_icon("hoverboard", "home"), wording_icon("?", "home"));
        assert_true(wording_category_rank("hoverboards") > wording_category_rank("unknown"));
}

static void test_every_kind_of_fact_has_a_sentence(void **state G_GNUC_UNUSED) {
        for (int i = 0; i < _FACT_KIND_MAX; i++) {
                const char *kind = fact_kind_to_string((enum fact_kind) i);
                g_autofree char *words = evidence_in_words(kind, "VALUE");

                assert_false(g_str_has_prefix(words, kind));
                assert_null(strchr(words, '%'));
        }
}

static void test_evidence_is_no_format_and_no_markup(void **state G_GNUC_UNUSED) {
        g_autofree char *words = evidence_in_words("dhcp.hostname", "%s%n<b>\n\xe2\x80\xae");

        assert_non_null(strstr(words, "%s%n<b>\xef\xbf\xbd\xef\xbf\xbd"));
}

static void test_plain_text_replaces_what_hides_or_breaks(void **state G_GNUC_UNUSED) {
        g_autofree char *plain = plain_text("a\x1b[31m\tb\xe2\x80\xaegnp \xe5\xae\xa2");
        g_autofree char *markup = plain_markup("<b>&\n");

        assert_string_equal(plain, "a\xef\xbf\xbd[31m\xef\xbf\xbd" "b\xef\xbf\xbdgnp \xe5\xae\xa2");
        assert_string_equal(markup, "&lt;b&gt;&amp;\xef\xbf\xbd");
}

/* All that the service can say about what it sees. */
static void test_every_sentence_about_visibility_is_known(void **state G_GNUC_UNUSED) {
        for (unsigned bits = 0; bits < 32; bits++)
                for (int mode = 0; mode < _MODE_MAX; mode++) {
                        const struct visibility v = { .mode = (enum capture_mode) mode, .capturing = bits & 1, .kernel = bits & 2,
                                                      .filtered = bits & 4, .span_drop = bits & 8, .replay = bits & 16 };
                        const char *sentences[VISIBILITY_MAX];
                        size_t n = visibility_describe(&v, sentences);

                        for (size_t i = 0; i < n; i++)
                                assert_true(is_in(service_sentences(), sentences[i]));
                }
}

static void test_sentences_of_the_service_are_found_in_one_another(void **state G_GNUC_UNUSED) {
        static const char *const texts[] = {
                "the interface is down",
                "Database /a is damaged. It is kept as /b, and a new one is made with 7 rows that could be read; \"sqlite3 /b .recover\" may bring back more.",
                "veth0: ebpf: no XDP: slower than TC on a veth; no TC (TCX): not permitted (CAP_BPF is missing)",
                "veth0: no TC (TCX): the kernel is too old, Linux 6.6 would do",
                "What is seen cannot be saved, and nothing can be set. disk is full It is tried again every half minute.",
                "{1}; {2}: {3}",
                "nobody said this",
                "",
        };

        /* In English each is its own translation, whatever it was taken apart into. */
        for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
                g_autofree char *words = service_in_words(texts[i]);

                assert_string_equal(words, texts[i]);
        }
}

static void test_times_are_told_as_people_do(void **state G_GNUC_UNUSED) {
        const guint64 now = (guint64) 1700000000 * G_USEC_PER_SEC, minute = 60 * (guint64) G_USEC_PER_SEC;
        const struct {
                guint64 when;
                const char *text;
        } rows[] = {
                { 0, "never" },
                { now + minute, "just now" },
                { now - minute / 2, "just now" },
                { now - minute, "1 minute ago" },
                { now - 59 * minute, "59 minutes ago" },
                { now - 60 * minute, "1 hour ago" },
                { now - 47 * 60 * minute, "1 day ago" },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autofree char *text = wording_ago(rows[i].when, now);

                assert_string_equal(text, rows[i].text);
        }
}

static void test_durations_are_in_units_of_their_size(void **state G_GNUC_UNUSED) {
        const struct {
                double seconds;
                const char *text;
        } rows[] = { { -1, "0 seconds" }, { 0.5, "0.5 seconds" }, { 1, "1 second" }, { 10, "10 seconds" }, { 119, "119 seconds" },
                     { 120, "2 minutes" }, { 7200, "2 hours" }, { 86400, "24 hours" }, { 8640000, "100 days" } };

        for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autofree char *text = wording_duration(rows[i].seconds);

                assert_string_equal(text, rows[i].text);
        }
}

static void test_rates_have_units(void **state G_GNUC_UNUSED) {
        const struct {
                double rate;
                const char *text;
        } rows[] = { { 0, "0 bit/s" }, { 999, "999 bit/s" }, { 1400, "1.4 kbit/s" }, { 2.5e6, "2.5 Mbit/s" }, { 1e10, "10.0 Gbit/s" } };

        for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autofree char *text = wording_rate(rows[i].rate);

                assert_string_equal(text, rows[i].text);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_every_type_and_category_has_words),
                cmocka_unit_test(test_words_of_a_newer_service_come_back),
                cmocka_unit_test(test_every_kind_of_fact_has_a_sentence),
                cmocka_unit_test(test_evidence_is_no_format_and_no_markup),
                cmocka_unit_test(test_plain_text_replaces_what_hides_or_breaks),
                cmocka_unit_test(test_every_sentence_about_visibility_is_known),
                cmocka_unit_test(test_sentences_of_the_service_are_found_in_one_another),
                cmocka_unit_test(test_times_are_told_as_people_do),
                cmocka_unit_test(test_durations_are_in_units_of_their_size),
                cmocka_unit_test(test_rates_have_units),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
