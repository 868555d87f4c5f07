/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include <stdlib.h>
#include <string.h>

#include "common/macro.h"
#include "engine/packet/stream.h"

/* Reads everything at once, marking the beginning and holes with '|'; or only whole words of `word` bytes. */
struct log {
        char text[256];
        size_t length, word, limit;
        unsigned calls;
};

static size_t read_words(void *userdata, struct stream *stream _unused_, struct cursor data, bool fresh) {
        struct log *log = userdata;
        size_t n = log->word ? cursor_left(&data) / log->word * log->word : cursor_left(&data);

        log->calls++;
        if (fresh)
                log->text[log->length++] = '|';
        memcpy(log->text + log->length, data.data, n);
        log->length += n;
        return n;
}

struct fixture {
        struct stream stream;
        struct stream_budget budget;
        struct log log;
        struct stream_reader reader;
};

static void begin(struct fixture *f, size_t word) {
        memset(f, 0, sizeof *f);
        f->budget.limit = 100000;
        f->log.word = word;
        f->reader = (struct stream_reader) { read_words, NULL, &f->log, &f->budget };
}

static void push(struct fixture *f, uint32_t sequence, const char *text) {
        stream_push(&f->stream, &f->reader, sequence, cursor_make(text, strlen(text)), (uint32_t) strlen(text));
}

static void expect(struct fixture *f, const char *text) {
        assert_string_equal(f->log.text, text);
        stream_clear(&f->stream, &f->budget);
        assert_int_equal(f->budget.used, 0);
}

static void segments_in_any_order_make_one_stream(void **state _unused_) {
        struct fixture f;

        begin(&f, 0);
        stream_begin(&f.stream, 100);
        push(&f, 106, "gh");
        push(&f, 103, "def");
        push(&f, 100, "abc");
        expect(&f, "|abcdefgh");
}

static void sequence_numbers_wrap(void **state _unused_) {
        struct fixture f;

        begin(&f, 0);
        push(&f, UINT32_MAX - 1, "abc");
        push(&f, 3, "fg");
        push(&f, 1, "de");
        expect(&f, "|abcdefg");
}

static void the_copy_that_is_in_order_first_counts(void **state _unused_) {
        struct fixture f;

        begin(&f, 0);
        push(&f, 100, "abcd");
        push(&f, 102, "XXef"); /* overlaps what was read */
        push(&f, 100, "YYYYYY");
        push(&f, 110, "kl");
        push(&f, 106, "ghijZZm"); /* overlaps what waits: it comes into order first */
        expect(&f, "|abcdefghijZZm");
}

static void the_rest_waits_for_more(void **state _unused_) {
        struct fixture f;

        begin(&f, 4);
        push(&f, 0, "ab");
        push(&f, 2, "cde");
        push(&f, 5, "fgh");
        expect(&f, "|abcdefgh");
}

static void a_hole_is_given_up_once_it_was_acknowledged(void **state _unused_) {
        struct fixture f;

        begin(&f, 0);
        push(&f, 100, "abc");
        push(&f, 110, "klm");
        stream_acknowledged(&f.stream, &f.reader, 105);
        assert_string_equal(f.log.text, "|abc");
        stream_acknowledged(&f.stream, &f.reader, 113);
        assert_int_equal(f.budget.holes, 1);
        expect(&f, "|abc|klm");
}

static void bytes_cut_off_by_the_capture_are_a_hole(void **state _unused_) {
        struct fixture f;

        begin(&f, 0);
        stream_push(&f.stream, &f.reader, 100, cursor_make("abc", 3), 10);
        push(&f, 110, "klm");
        expect(&f, "|abc|klm");
}

static void end_word(void *userdata, struct cursor data) {
        struct log *log = userdata;

        memcpy(log->text + log->length, data.data, cursor_left(&data));
        log->length += cursor_left(&data);
        log->text[log->length++] = '!';
}

static void what_stands_before_a_hole_is_shown_a_last_time(void **state _unused_) {
        struct fixture f;

        begin(&f, 3);
        f.reader.cut = end_word;
        stream_push(&f.stream, &f.reader, 100, cursor_make("abcde", 5), 10);
        push(&f, 110, "klmno");
        push(&f, 120, "uvwxy");
        stream_finish(&f.stream, &f.reader);
        stream_push(&f.stream, &f.reader, 125, cursor_make("012", 3), 10);
        expect(&f, "|abcde!|klmno!|uvwxy012!");
        assert_int_equal(f.budget.holes, 3);
}

static size_t skip_five(void *userdata, struct stream *stream, struct cursor data, bool fresh) {
        size_t n = read_words(userdata, stream, data, fresh);

        if (((struct log *) userdata)->calls == 1)
                stream_skip(stream, 5);
        return n;
}

static void a_hole_in_what_nobody_wants_is_none(void **state _unused_) {
        struct fixture f;

        begin(&f, 0);
        f.reader.read = skip_five;
        push(&f, 100, "abc");
        stream_push(&f.stream, &f.reader, 103, cursor_make("de", 2), 5); /* three bytes cut off */
        push(&f, 108, "ijk");
        assert_int_equal(f.budget.holes, 0);
        expect(&f, "|abcijk");
}

static void what_nobody_wants_passes_in_order(void **state _unused_) {
        struct fixture f;

        begin(&f, 0);
        assert_false(stream_pass(&f.stream, 100, 0));
        push(&f, 100, "abc");
        stream_skip(&f.stream, 10);
        assert_false(stream_pass(&f.stream, 102, 2));
        assert_false(stream_pass(&f.stream, 104, 2));
        assert_false(stream_pass(&f.stream, 103, 11));
        assert_true(stream_pass(&f.stream, 103, 4));
        push(&f, 109, "--"); /* too early */
        assert_false(stream_pass(&f.stream, 107, 2));
        push(&f, 107, "--");
        assert_true(stream_pass(&f.stream, 111, 2));
        push(&f, 113, "de");
        expect(&f, "|abcde");
}

static void memory_is_bounded(void **state _unused_) {
        static char text[1400];
        struct fixture f;

        begin(&f, 1 << 30); /* never reads */
        for (uint32_t i = 0; i < 1000; i++)
                stream_push(&f.stream, &f.reader, i * sizeof text, cursor_make(text, sizeof text), sizeof text);
        assert_true(f.budget.used <= STREAM_BUFFER_MAX);
        stream_clear(&f.stream, &f.budget);
        f.budget.limit = 4000;
        for (uint32_t i = 0; i < 1000; i++) /* always behind a hole */
                stream_push(&f.stream, &f.reader, i * 2 * sizeof text, cursor_make(text, sizeof text), sizeof text);
        assert_true(f.budget.used <= 4000);
        assert_true(f.budget.refused > 0);
        stream_clear(&f.stream, &f.budget);
        assert_int_equal(f.budget.used, 0);
}

static void single_bytes_are_not_read_anew_for_each(void **state _unused_) {
        struct fixture f;

        begin(&f, 4);
        for (uint32_t i = 0; i < 64; i++) {
                push(&f, i, "x");
                stream_want(&f.stream, 4);
        }
        assert_int_equal(f.log.calls, 16 + 1);
        stream_clear(&f.stream, &f.budget);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(segments_in_any_order_make_one_stream),
                cmocka_unit_test(sequence_numbers_wrap),
                cmocka_unit_test(the_copy_that_is_in_order_first_counts),
                cmocka_unit_test(the_rest_waits_for_more),
                cmocka_unit_test(a_hole_is_given_up_once_it_was_acknowledged),
                cmocka_unit_test(bytes_cut_off_by_the_capture_are_a_hole),
                cmocka_unit_test(what_stands_before_a_hole_is_shown_a_last_time),
                cmocka_unit_test(a_hole_in_what_nobody_wants_is_none),
                cmocka_unit_test(what_nobody_wants_passes_in_order),
                cmocka_unit_test(memory_is_bounded),
                cmocka_unit_test(single_bytes_are_not_read_anew_for_each),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
