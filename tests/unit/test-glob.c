/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include <errno.h>
#include <string.h>

#include "common/strbuf.h"
#include "engine/classify/glob.h"

static void arenap(struct arena *arena) {
        arena_rewind(arena, (struct arena) {});
}

/* The captures joined by '|', or NULL where `value` does not match. */
static const char *match(const char *text, unsigned flags, const char *value) {
        static char out[512];
        _cleanup_(arenap) struct arena memory = {};
        struct glob *glob;
        struct glob_capture captures[GLOB_CAPTURES_MAX];
        struct strbuf b = STRBUF(out);

        assert_int_equal(glob_new(&glob, &memory, text, flags), 0);
        if (!glob_match(glob, value, strlen(value), captures))
                return NULL;
        for (size_t i = 0; i < glob_n_captures(glob); i++) {
                strbuf_bytes(&b, value + captures[i].start, captures[i].length);
                strbuf_char(&b, '|');
        }
        return out;
}

#define assert_match(text, flags, value, captures) assert_string_equal(match(text, flags, value), captures)
#define assert_no_match(text, flags, value) assert_null(match(text, flags, value))

static void text_without_wildcards_is_the_whole_value(void **state _unused_) {
        assert_match("udhcp", 0, "udhcp", "");
        assert_match("udhcp", 0, "UdHCP", "");
        assert_no_match("udhcp", 0, "udhcp ");
        assert_no_match("udhcp", 0, "xudhcp");
        assert_no_match("udhcp", 0, "");
        assert_match("", 0, "", "");
        assert_no_match("", 0, "x");
}

static void case_matters_only_when_asked(void **state _unused_) {
        assert_match("HP[0-9A-F]", 0, "hpa", "");
        assert_no_match("HP[0-9A-F]", GLOB_CASE, "hpA");
        assert_no_match("HP[0-9A-F]", GLOB_CASE, "HPa");
        assert_match("HP[0-9A-F]", GLOB_CASE, "HPA", "");
}

static void literal_text_has_no_wildcards(void **state _unused_) {
        assert_match("a*[b]?\\", GLOB_LITERAL, "a*[b]?\\", "");
        assert_no_match("a*", GLOB_LITERAL, "ab");
        assert_match("b", GLOB_LITERAL | GLOB_OPEN_START | GLOB_OPEN_END, "abc", "a|c|");
        assert_match("", GLOB_LITERAL | GLOB_OPEN_START | GLOB_OPEN_END, "abc", "abc|");
        assert_match("ab", GLOB_LITERAL | GLOB_OPEN_END, "abc", "c|");
        assert_match("bc", GLOB_LITERAL | GLOB_OPEN_START, "abc", "a|");
        assert_no_match("bc", GLOB_LITERAL | GLOB_OPEN_END, "abc");
}

static void stars_capture_the_shortest_run(void **state _unused_) {
        assert_match("*._googlecast._tcp.local md=*", 0, "Den._googlecast._tcp.local md=Chromecast md=x",
                     "Den|Chromecast md=x|");
        assert_match("*a*", 0, "banana", "b|nana|");
        assert_match("*", 0, "", "|");
        assert_match("a**b", 0, "a--b", "--|");
}

/* The last part stands at the end, even where it also fits earlier. */
static void the_end_is_anchored(void **state _unused_) {
        assert_match("*ana", 0, "banana", "ban|");
        assert_match("b*an*a", 0, "banana", "|an|");
        assert_no_match("*x*ana", 0, "banana");
        assert_no_match("*banana*banana", 0, "banana");
        assert_match("*?", 0, "Z\xc3\xbc", "Z|");
}

static void a_question_mark_is_one_character_of_utf8(void **state _unused_) {
        assert_match("Luca?s iMac", 0, "Luca\xe2\x80\x99s iMac", "");
        assert_no_match("?", 0, "");
        assert_no_match("??", 0, "\xc3\xbc");
}

static void sets_and_escapes(void **state _unused_) {
        assert_match("ESP_[0-9a-f][0-9a-f]", 0, "ESP_0A", "");
        assert_no_match("ESP_[0-9a-f][0-9a-f]", 0, "ESP_0G");
        assert_match("[!a-z]", 0, "7", "");
        assert_no_match("[!a-z]", 0, "Q");
        assert_match("[]x]", 0, "]", "");
        assert_match("[a-]", 0, "-", "");
        assert_match("\\*\\[", 0, "*[", "");
}

static void patterns_that_make_no_sense_are_refused(void **state _unused_) {
        static const char *const wrong[] = { "[abc", "[", "[!", "[]", "[z-a]", "a\\", "*1*2*3*4*5*6*7*8*9*" };
        _cleanup_(arenap) struct arena memory = {};
        struct glob *glob = NULL;

        for (size_t i = 0; i < ELEMENTSOF(wrong); i++)
                assert_int_equal(glob_new(&glob, &memory, wrong[i], 0), -EINVAL);
        assert_null(glob);
}

/* Would take hours with backtracking: 9 stars over 64 KiB. */
static void a_hostile_value_takes_linear_time(void **state _unused_) {
        static char value[GLOB_VALUE_MAX];
        _cleanup_(arenap) struct arena memory = {};
        struct glob *glob;

        memset(value, 'a', sizeof value);
        assert_int_equal(glob_new(&glob, &memory, "*a*a*a*a*a*a*a*a*b", 0), 0);
        assert_false(glob_match(glob, value, sizeof value, NULL));
}

static void grams_are_what_every_match_holds(void **state _unused_) {
        _cleanup_(arenap) struct arena memory = {};
        struct glob *glob;
        uint32_t grams[4];

        assert_int_equal(glob_new(&glob, &memory, "AB*cdEf?x[yz]xyz", 0), 0);
        assert_int_equal(glob_grams(glob, grams, 4), 3);
        assert_int_equal(grams[0], glob_gram((const uint8_t *) "CDe"));
        assert_int_equal(grams[1], glob_gram((const uint8_t *) "def"));
        assert_int_equal(grams[2], glob_gram((const uint8_t *) "xyz"));
        assert_int_equal(glob_grams(glob, grams, 2), 2);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(text_without_wildcards_is_the_whole_value),
                cmocka_unit_test(case_matters_only_when_asked),
                cmocka_unit_test(literal_text_has_no_wildcards),
                cmocka_unit_test(stars_capture_the_shortest_run),
                cmocka_unit_test(the_end_is_anchored),
                cmocka_unit_test(a_question_mark_is_one_character_of_utf8),
                cmocka_unit_test(sets_and_escapes),
                cmocka_unit_test(patterns_that_make_no_sense_are_refused),
                cmocka_unit_test(a_hostile_value_takes_linear_time),
                cmocka_unit_test(grams_are_what_every_match_holds),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
