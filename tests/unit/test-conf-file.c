/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "common/conf-file.h"
#include "common/strbuf.h"

struct log {
        char text[4096];
        struct strbuf b;
        int fail_with; /* what the entry callback returns */
};

static int take_entry(void *userdata, const struct conf_entry *entry) {
        struct log *log = userdata;

        strbuf_printf(&log->b, "%u [%s]", entry->line, entry->section);
        if (entry->key)
                strbuf_printf(&log->b, " %s=<%s>", entry->key, entry->value);
        strbuf_char(&log->b, '\n');
        return log->fail_with;
}

static void take_complaint(void *userdata, const char *file, unsigned line, const char *message) {
        struct log *log = userdata;

        strbuf_printf(&log->b, "%s:%u: %s\n", file, line, message);
}

static int parse(struct log *log, const void *text, size_t length) {
        _cleanup_(fclosep) FILE *f = fmemopen((void *) (uintptr_t) text, length, "r");

        assert_non_null(f);
        log->b = STRBUF(log->text);
        return conf_file_parse(f, "t.conf", take_entry, take_complaint, log);
}

static void check(const char *text, const char *expected) {
        struct log log = {};

        assert_int_equal(parse(&log, text, strlen(text)), 0);
        assert_string_equal(log.text, expected);
}

static void entries_come_with_section_and_line(void **state _unused_) {
        check("# comment\n[One]\nKey=value\n\n; comment\nOther = two words \r\n[Two]\n[One]\nKey=",
              "2 [One]\n3 [One] Key=<value>\n6 [One] Other=<two words>\n7 [Two]\n8 [One]\n9 [One] Key=<>\n");
}

static void a_key_before_any_section_has_none(void **state _unused_) {
        check("Key=1\n", "1 [] Key=<1>\n");
}

static void indented_lines_are_not_continuations(void **state _unused_) {
        check("[A]\nKey=1\n    Other=2\n", "1 [A]\n2 [A] Key=<1>\n3 [A] Other=<2>\n");
}

static void values_may_hold_what_inih_treats_specially(void **state _unused_) {
        check("[A]\nK=a=b: c;d # e [f]\nK=a ;comment\n",
              "1 [A]\n2 [A] K=<a=b: c;d # e [f]>\n3 [A] K=<a>\n");
}

static void a_byte_order_mark_is_skipped(void **state _unused_) {
        check("\xef\xbb\xbf[A]\nK=1\n", "1 [A]\n2 [A] K=<1>\n");
}

static void lines_that_cannot_be_read_are_told(void **state _unused_) {
        check("[A]\nnonsense\n=x\na:b=c\nK=1\n",
              "1 [A]\nt.conf:2: neither [Section] nor Key=Value, ignoring line\n"
              "t.conf:3: no key before '=', ignoring line\n"
              "t.conf:4: ':' or ';' in a key, ignoring line\n5 [A] K=<1>\n");
        check("[A]\nK=\xff\nL=1\n", "1 [A]\nt.conf:2: line is not UTF-8, ignoring it\n3 [A] L=<1>\n");
}

static void nul_bytes_are_told(void **state _unused_) {
        static const char text[] = "[A]\nK=a\0b\nL=1\n";
        struct log log = {};

        assert_int_equal(parse(&log, text, sizeof text - 1), 0);
        assert_string_equal(log.text, "1 [A]\nt.conf:2: NUL byte in line, ignoring it\n3 [A] L=<1>\n");
}

/* The keys of a section that cannot be read must not land in the one before. */
static void a_wrong_section_takes_its_keys_with_it(void **state _unused_) {
        check("[A]\n[B\nK=1\n[]\nK=2\n[C] x\nK=3\n[D]\nK=4\n",
              "1 [A]\n2 []\nt.conf:2: section without ']', ignoring it\n"
              "4 []\nt.conf:4: section without a name, ignoring it\n"
              "6 []\nt.conf:6: text behind the section's ']', ignoring it\n8 [D]\n9 [D] K=<4>\n");
        check("[a;b]\nK=1\n[01234567890123456789012345678901234567890123456789]\nK=2\n",
              "1 []\nt.conf:1: ';' in a section name, ignoring it\n"
              "3 []\nt.conf:3: section name too long, ignoring it\n");
}

static void the_longest_line_is_read_whole_and_longer_ones_are_told(void **state _unused_) {
        char text[2 * CONF_LINE_MAX + 64], expected[2 * CONF_LINE_MAX];
        int fits = CONF_LINE_MAX - 2;

        snprintf(text, sizeof text, "K=%0*d\nL=%0*d\nM=1\n", fits, 7, fits + 1, 7);
        snprintf(expected, sizeof expected, "1 [] K=<%0*d>\nt.conf:2: line too long, ignoring it\n3 [] M=<1>\n",
                 fits, 7);
        check(text, expected);
}

/* `line` with `word` for each of its '%'. */
static void check_with_word(const char *line, const char *word, const char *expected) {
        char text[CONF_LINE_MAX + 1], wanted[CONF_LINE_MAX + 64];
        struct strbuf b = STRBUF(text), w = STRBUF(wanted);

        for (; *line; line++)
                *line == '%' ? strbuf_string(&b, word) : strbuf_char(&b, *line);
        for (; *expected; expected++)
                *expected == '%' ? strbuf_string(&w, word) : strbuf_char(&w, *expected);
        assert_false(b.truncated);
        check(text, wanted);
}

/* Those that inih has no room for are taken apart as it does it with others. */
static void a_line_means_the_same_however_long_it_is(void **state _unused_) {
        static const char *const lines[][2] = {
                { "K=%", "%" },       { "  K =\t% \r", "%" },     { "K=;%", ";%" },         { "K= ;%", "" },   { "K=a ;%", "a" },
                { "K=a;%", "a;%" },   { "K=%;b", "%;b" },         { "K=% ;b", "%" },        { "K=%\t; b ;c", "%" },
                { "K=;% ;b", ";%" },  { "K=a=b:% [c] # d", "a=b:% [c] # d" },
        };
        static const int lengths[] = { 1, 150, 185, 190, 191, 192, 193, 194, 195, 196, 197, 200, 1000, CONF_LINE_MAX - 20 };
        char word[CONF_LINE_MAX], expected[64];

        for (size_t i = 0; i < ELEMENTSOF(lines); i++)
                for (size_t k = 0; k < ELEMENTSOF(lengths); k++) {
                        snprintf(word, sizeof word, "%0*d", lengths[k], 7);
                        snprintf(expected, sizeof expected, "1 [] K=<%s>\n", lines[i][1]);
                        check_with_word(lines[i][0], word, expected);
                }
}

static void a_comment_may_be_of_any_length(void **state _unused_) {
        char text[3 * CONF_LINE_MAX + 32];

        snprintf(text, sizeof text, "[A]\n#%0*d\n \t; %0*d\nK=1 ;%0*d\n", CONF_LINE_MAX, 7, CONF_LINE_MAX, 7,
                 CONF_LINE_MAX - 5, 7);
        check(text, "1 [A]\n4 [A] K=<1>\n");
}

static void an_endless_line_is_one_complaint(void **state _unused_) {
        size_t length = 1 << 20;
        _cleanup_(freep) char *text = malloc(length);
        struct log log = {};

        assert_non_null(text);
        memset(text, 'x', length);
        assert_int_equal(parse(&log, text, length), 0);
        assert_string_equal(log.text, "t.conf:1: line too long, ignoring it\n");
}

static void the_callback_can_stop_the_parse(void **state _unused_) {
        struct log log = { .fail_with = -ENOMEM };

        assert_int_equal(parse(&log, "[A]\nK=1\n[B]\n", 12), -ENOMEM);
        assert_string_equal(log.text, "1 [A]\n");
}

static void a_failed_read_is_an_error(void **state _unused_) {
        _cleanup_(fclosep) FILE *f = fopen("/", "re");
        struct log log = { .b = STRBUF(log.text) };

        assert_non_null(f);
        assert_int_equal(conf_file_parse(f, "/", take_entry, take_complaint, &log), -EISDIR);
}

/* A scratch folder with etc/ and lib/ in it. */
struct folders {
        char root[32], etc[64], lib[64];
};

static int folders_make(void **state) {
        struct folders *f = calloc(1, sizeof *f);

        strcpy(f->root, "/tmp/test-conf-XXXXXX");
        if (!mkdtemp(f->root))
                return -1;
        snprintf(f->etc, sizeof f->etc, "%s/etc", f->root);
        snprintf(f->lib, sizeof f->lib, "%s/lib", f->root);
        *state = f;
        return mkdir(f->etc, 0700) < 0 || mkdir(f->lib, 0700) < 0 ? -1 : 0;
}

static int folders_remove(void **state) {
        struct folders *f = *state;
        char command[64];

        snprintf(command, sizeof command, "rm -r %s", f->root);
        free(f);
        return system(command);
}

static void put(const char *folder, const char *name, const char *text) {
        char path[128];
        FILE *f;

        snprintf(path, sizeof path, "%s/%s", folder, name);
        f = fopen(path, "we");
        assert_non_null(f);
        fputs(text, f);
        fclose(f);
}

static void check_list(const struct folders *f, const char *expected) {
        const char *const all[] = { f->etc, f->lib, "/nonexistent", NULL };
        _cleanup_(strings_freep) char **paths = NULL;
        char text[1024];
        struct strbuf b = STRBUF(text);

        assert_int_equal(conf_files_list(all, ".conf", &paths), 0);
        for (size_t i = 0; paths[i]; i++)
                strbuf_printf(&b, "%s ", paths[i] + strlen(f->root) + 1);
        assert_string_equal(text, expected);
}

static void drop_ins_are_sorted_and_earlier_folders_win(void **state) {
        struct folders *f = *state;

        check_list(f, "");
        put(f->lib, "20-b.conf", "x");
        put(f->lib, "10-a.conf", "x");
        put(f->lib, "30-c.conf~", "x");
        put(f->lib, ".hidden.conf", "x");
        put(f->lib, ".conf", "x");
        put(f->etc, "20-b.conf", "x");
        put(f->etc, "15-local.conf", "x");
        check_list(f, "lib/10-a.conf etc/15-local.conf etc/20-b.conf ");
}

static void an_empty_file_or_dev_null_masks(void **state) {
        struct folders *f = *state;
        char path[128];

        put(f->lib, "10-a.conf", "x");
        put(f->lib, "20-b.conf", "x");
        put(f->lib, "30-c.conf", "x");
        put(f->etc, "10-a.conf", "");
        snprintf(path, sizeof path, "%s/20-b.conf", f->etc);
        assert_int_equal(symlink("/dev/null", path), 0);
        check_list(f, "lib/30-c.conf ");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(entries_come_with_section_and_line),
                cmocka_unit_test(a_key_before_any_section_has_none),
                cmocka_unit_test(indented_lines_are_not_continuations),
                cmocka_unit_test(values_may_hold_what_inih_treats_specially),
                cmocka_unit_test(a_byte_order_mark_is_skipped),
                cmocka_unit_test(lines_that_cannot_be_read_are_told),
                cmocka_unit_test(nul_bytes_are_told),
                cmocka_unit_test(a_wrong_section_takes_its_keys_with_it),
                cmocka_unit_test(the_longest_line_is_read_whole_and_longer_ones_are_told),
                cmocka_unit_test(a_line_means_the_same_however_long_it_is),
                cmocka_unit_test(a_comment_may_be_of_any_length),
                cmocka_unit_test(an_endless_line_is_one_complaint),
                cmocka_unit_test(the_callback_can_stop_the_parse),
                cmocka_unit_test(a_failed_read_is_an_error),
                cmocka_unit_test_setup_teardown(drop_ins_are_sorted_and_earlier_folders_win, folders_make,
                                                folders_remove),
                cmocka_unit_test_setup_teardown(an_empty_file_or_dev_null_masks, folders_make, folders_remove),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
