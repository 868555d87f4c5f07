/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Files that are appended to: whole lines, in order, once each, whatever happens to the file. */

#include "cmocka-all.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "daemon/record-log.h"

struct fixture {
        char folder[64], path[96];
        sd_event *event;
        struct record_log *log;
};

static int setup(void **state) {
        struct fixture *f = calloc(1, sizeof *f);

        strcpy(f->folder, "/tmp/lanscope-log-XXXXXX");
        if (!mkdtemp(f->folder) || sd_event_new(&f->event) < 0)
                return -1;
        snprintf(f->path, sizeof f->path, "%s/flows.jsonl", f->folder);
        *state = f;
        return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw) {
        (void) st, (void) type, (void) ftw;
        return remove(path);
}

static int teardown(void **state) {
        struct fixture *f = *state;

        record_log_free(f->log);
        sd_event_unref(f->event);
        nftw(f->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
        free(f);
        return 0;
}

static void open_log(struct fixture *f, uint64_t size_max, uint32_t keep, uint32_t waiting_max) {
        const struct record_log_config config = { f->path, size_max, keep, waiting_max };

        f->log = record_log_free(f->log);
        assert_int_equal(record_log_new(&f->log, f->event, &config), 0);
}

static void add(struct fixture *f, const char *line) {
        record_log_add(f->log, line, strlen(line));
}

/* Contents of the file, "" if there is none; the caller frees. */
static char *contents(const struct fixture *f, const char *suffix) {
        char path[128], *text = calloc(1, 1 << 20);
        _cleanup_(fclosep) FILE *file = NULL;

        snprintf(path, sizeof path, "%s%s", f->path, suffix);
        file = fopen(path, "re");
        if (file)
                (void) !fread(text, 1, (1 << 20) - 1, file);
        return text;
}

static void assert_contents(const struct fixture *f, const char *suffix, const char *expected) {
        _cleanup_(freep) char *text = contents(f, suffix);

        assert_string_equal(text, expected);
}

static struct record_log_counters counters_of(const struct fixture *f) {
        struct record_log_counters c;

        record_log_get_counters(f->log, &c);
        return c;
}

static void lines_are_appended_for_owner_and_group(void **state) {
        struct fixture *f = *state;
        struct stat st;
        mode_t mask = umask(077);

        open_log(f, 1 << 20, 3, 100);
        umask(mask);
        add(f, "one");
        add(f, "two");
        assert_contents(f, "", "");
        assert_int_equal(record_log_flush(f->log), 0);
        assert_contents(f, "", "one\ntwo\n");
        open_log(f, 1 << 20, 3, 100);
        add(f, "three");
        f->log = record_log_free(f->log);
        assert_contents(f, "", "one\ntwo\nthree\n");
        assert_int_equal(stat(f->path, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0640);
}

static void waiting_lines_are_written_without_being_asked(void **state) {
        struct fixture *f = *state;

        open_log(f, 1 << 20, 3, 100);
        add(f, "one");
        for (int i = 0; i < 50 && counters_of(f).written == 0; i++)
                assert_true(sd_event_run(f->event, 100 * 1000) >= 0);
        assert_contents(f, "", "one\n");
        /* Then nothing is left that would wake the loop. */
        assert_int_equal(sd_event_run(f->event, 2500 * 1000), 0);
}

static void full_files_move_on(void **state) {
        struct fixture *f = *state;

        open_log(f, 8, 2, 100);
        for (char line[] = "aaa"; line[0] <= 'g'; line[0]++) {
                add(f, line);
                assert_int_equal(record_log_flush(f->log), 0);
        }
        assert_contents(f, "", "gaa\n");
        assert_contents(f, ".1", "eaa\nfaa\n");
        assert_contents(f, ".2", "caa\ndaa\n");
        assert_contents(f, ".3", "");
        assert_int_equal(counters_of(f).rotated, 3);
        /* All at once ends up the same, and a line longer than a file gets one to itself. */
        open_log(f, 8, 2, 100);
        add(f, "haa");
        add(f, "iaa");
        add(f, "a-long-one");
        add(f, "jaa");
        assert_int_equal(record_log_flush(f->log), 0);
        assert_contents(f, "", "jaa\n");
        assert_contents(f, ".1", "a-long-one\n");
        assert_contents(f, ".2", "iaa\n");
}

static void nothing_kept_means_emptied(void **state) {
        struct fixture *f = *state;

        open_log(f, 8, 0, 100);
        for (char line[] = "aaa"; line[0] <= 'c'; line[0]++) {
                add(f, line);
                assert_int_equal(record_log_flush(f->log), 0);
        }
        assert_contents(f, "", "caa\n");
        assert_contents(f, ".1", "");
}

/* A file is as old as it is, whoever wrote to it when: across a restart of the service, too. */
static void an_old_file_moves_on(void **state) {
        struct record_log_config config = { .size_max = 1 << 20, .keep = 3, .waiting_max = 100, .age_max = 1 };
        struct fixture *f = *state;

        config.path = f->path;
        open_log(f, 1 << 20, 3, 100);
        add(f, "old");
        assert_int_equal(record_log_flush(f->log), 0);
        f->log = record_log_free(f->log);
        sleep(2);
        assert_int_equal(record_log_new(&f->log, f->event, &config), 0);
        add(f, "new");
        add(f, "of the same time");
        assert_int_equal(record_log_flush(f->log), 0);
        assert_contents(f, "", "new\nof the same time\n");
        assert_contents(f, ".1", "old\n");
        assert_int_equal(counters_of(f).rotated, 1);
}

static void an_old_file_of_which_none_is_kept_is_emptied_once(void **state) {
        struct record_log_config config = { .size_max = 1 << 20, .keep = 0, .waiting_max = 100, .age_max = 1 };
        struct fixture *f = *state;
        time_t begin = time(NULL);

        config.path = f->path;
        assert_int_equal(record_log_new(&f->log, f->event, &config), 0);
        add(f, "old");
        assert_int_equal(record_log_flush(f->log), 0);
        sleep(2);
        for (unsigned i = 0; i < 100; i++) {
                add(f, "new");
                assert_int_equal(record_log_flush(f->log), 0);
        }
        /* It is no older for having been emptied: never twice in a second. */
        assert_in_range(counters_of(f).rotated, 1, (uintmax_t) (time(NULL) - begin) + 1);
        assert_contents(f, ".1", "");
}

static void a_file_that_was_moved_away_is_made_anew(void **state) {
        struct fixture *f = *state;
        char moved[128];

        open_log(f, 1 << 20, 3, 100);
        add(f, "one");
        assert_int_equal(record_log_flush(f->log), 0);
        snprintf(moved, sizeof moved, "%s.old", f->path);
        assert_int_equal(rename(f->path, moved), 0);
        add(f, "two");
        assert_int_equal(record_log_flush(f->log), 0);
        assert_contents(f, ".old", "one\n");
        assert_contents(f, "", "two\n");
}

static void half_a_line_of_a_crash_stays_alone(void **state) {
        struct fixture *f = *state;
        FILE *file = fopen(f->path, "we");

        fputs("whole\nhal", file);
        fclose(file);
        open_log(f, 1 << 20, 3, 100);
        add(f, "next");
        assert_int_equal(record_log_flush(f->log), 0);
        assert_contents(f, "", "whole\nhal\nnext\n");
}

/* RLIMIT_FSIZE stops writes in the middle as a full disk does. */
static void a_full_disk_loses_no_line_that_fits_the_queue(void **state) {
        struct fixture *f = *state;
        struct rlimit before, tight;
        _cleanup_(freep) char *text = NULL;
        char expected[64] = "";

        signal(SIGXFSZ, SIG_IGN);
        open_log(f, 1 << 20, 3, 5);
        assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
        tight = before;
        tight.rlim_cur = 10; /* in the middle of the second line */
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
        for (char line[] = "a-line"; line[0] <= 'e'; line[0]++)
                add(f, line);
        assert_int_equal(record_log_flush(f->log), -EFBIG);
        assert_int_equal(counters_of(f).written, 1);
        /* One has gone, so that one more may wait. */
        for (char line[] = "f-line"; line[0] <= 'h'; line[0]++)
                add(f, line);
        assert_int_equal(counters_of(f).dropped, 2);
        assert_int_equal(record_log_flush(f->log), -EFBIG);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        assert_int_equal(record_log_flush(f->log), 0);
        for (char line[] = "a-line\n"; line[0] <= 'f'; line[0]++)
                strcat(expected, line);
        text = contents(f, "");
        assert_string_equal(text, expected);
        assert_int_equal(counters_of(f).failures, 2);
        signal(SIGXFSZ, SIG_DFL);
}

static void a_folder_that_is_not_there_is_waited_for(void **state) {
        struct fixture *f = *state;

        snprintf(f->path, sizeof f->path, "%s/later/flows.jsonl", f->folder);
        open_log(f, 1 << 20, 3, 100);
        add(f, "one");
        assert_int_equal(record_log_flush(f->log), -ENOENT);
        f->path[strlen(f->path) - strlen("/flows.jsonl")] = '\0';
        assert_int_equal(mkdir(f->path, 0755), 0);
        f->path[strlen(f->path)] = '/';
        assert_int_equal(record_log_flush(f->log), 0);
        assert_contents(f, "", "one\n");
}

static void links_and_what_is_no_file_are_refused(void **state) {
        struct fixture *f = *state;
        char target[128];

        snprintf(target, sizeof target, "%s/target", f->folder);
        assert_int_equal(symlink(target, f->path), 0);
        open_log(f, 1 << 20, 3, 100);
        add(f, "one");
        assert_int_equal(record_log_flush(f->log), -ELOOP);
        assert_int_equal(access(target, F_OK), -1);
        assert_int_equal(unlink(f->path), 0);
        assert_int_equal(mkfifo(f->path, 0600), 0);
        assert_int_equal(record_log_flush(f->log), -EMEDIUMTYPE);
        assert_int_equal(unlink(f->path), 0);
        assert_int_equal(record_log_flush(f->log), 0);
        assert_contents(f, "", "one\n");
}

static void many_lines_come_out_as_they_went_in(void **state) {
        struct fixture *f = *state;
        uint64_t n = 0;

        open_log(f, 1 << 16, 100, 100000);
        for (unsigned i = 0; i < 20000; i++) {
                char line[32];

                snprintf(line, sizeof line, "{\"n\":%u}", i);
                add(f, line);
        }
        assert_int_equal(record_log_flush(f->log), 0);
        for (int k = 100; k >= 0; k--) {
                char suffix[8] = "";
                _cleanup_(freep) char *text = NULL;

                if (k > 0)
                        snprintf(suffix, sizeof suffix, ".%d", k);
                text = contents(f, suffix);
                assert_true(strlen(text) <= 1 << 16);
                for (char *rest, *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
                        char expected[32];

                        snprintf(expected, sizeof expected, "{\"n\":%u}", (unsigned) n++);
                        assert_string_equal(line, expected);
                }
        }
        assert_int_equal(n, 20000);
}

static void names_are_below_the_folder_of_logs(void **state _unused_) {
        static const char *const bad[] = { "", "/", "logs/", "..", "../flows", "a/../b", "/var/../etc/x", "a\nb", "." };
        char *path = NULL;

        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                assert_int_equal(record_log_path(bad[i], &path), -EINVAL);
        setenv("LOGS_DIRECTORY", "/somewhere", 1);
        assert_int_equal(record_log_path("flows.jsonl", &path), 0);
        assert_string_equal(path, "/somewhere/flows.jsonl");
        free(path);
        assert_int_equal(record_log_path("/tmp/a..b", &path), 0);
        assert_string_equal(path, "/tmp/a..b");
        free(path);
        unsetenv("LOGS_DIRECTORY");
        assert_int_equal(record_log_path("flows.jsonl", &path), 0);
        assert_non_null(strstr(path, "/log/lanscope/flows.jsonl"));
        free(path);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(lines_are_appended_for_owner_and_group),
                TEST(waiting_lines_are_written_without_being_asked),
                TEST(full_files_move_on),
                TEST(nothing_kept_means_emptied),
                TEST(an_old_file_moves_on),
                TEST(an_old_file_of_which_none_is_kept_is_emptied_once),
                TEST(a_file_that_was_moved_away_is_made_anew),
                TEST(half_a_line_of_a_crash_stays_alone),
                TEST(a_full_disk_loses_no_line_that_fits_the_queue),
                TEST(a_folder_that_is_not_there_is_waited_for),
                TEST(links_and_what_is_no_file_are_refused),
                TEST(many_lines_come_out_as_they_went_in),
                cmocka_unit_test(names_are_below_the_folder_of_logs),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
