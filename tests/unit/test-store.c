/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/store-fixture.h"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>

static void assert_contains(const char *text, const char *part) {
        if (!text || !strstr(text, part))
                fail_msg("\"%s\" does not contain \"%s\"", text ? text : "(null)", part);
}

static size_t read_all(const char *path, char **ret) {
        FILE *file = fopen(path, "re");
        size_t length;

        assert_non_null(file);
        fseek(file, 0, SEEK_END);
        length = (size_t) ftell(file);
        rewind(file);
        *ret = malloc(length + 1);
        assert_non_null(*ret);
        assert_int_equal(fread(*ret, 1, length, file), length);
        fclose(file);
        return length;
}

static void write_all(const char *path, const char *text, size_t length) {
        FILE *file = fopen(path, "we");

        assert_non_null(file);
        assert_int_equal(fwrite(text, 1, length, file), length);
        fclose(file);
}

static void overwrite(const char *path, off_t from, size_t length) {
        _cleanup_(closep) int fd = open(path, O_WRONLY | O_CLOEXEC);
        char noise[512];

        assert_true(fd >= 0);
        memset(noise, 0xa5, sizeof noise);
        for (size_t done = 0; done < length; done += sizeof noise)
                assert_int_equal(pwrite(fd, noise, sizeof noise, from + (off_t) done), sizeof noise);
}

/* The files in the directory whose names contain `part`. */
static size_t count_files(struct fixture *f, const char *part) {
        DIR *d = opendir(f->directory);
        struct dirent *entry;
        size_t n = 0;

        assert_non_null(d);
        while ((entry = readdir(d)))
                n += strstr(entry->d_name, part) != NULL;
        closedir(d);
        return n;
}

static void save_label(struct fixture *f, uint64_t id, const char *label) {
        struct device_user user = { (char *) label, NULL, _TYPE_INVALID, false };

        assert_int_equal(store_save_user(f->store, fixture_add(f, id), &user), 0);
}

static int try_label(struct fixture *f, const char *label) {
        return store_save_user(f->store, &f->devices[0], &(struct device_user) { (char *) label, NULL, _TYPE_INVALID, false });
}

static void fresh_file_is_private_and_stamped(void **state) {
        struct fixture *f = *state;
        struct stat st;

        fixture_open(f);
        save_label(f, 1, "x");
        assert_int_equal(stat(f->path, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
        assert_true(store_created(f->store) == NOW);
        assert_int_equal(fixture_number(f, "PRAGMA user_version"), 4);
        assert_int_equal(fixture_number(f, "PRAGMA application_id"), 0x4c534350);
        assert_int_equal(count_files(f, "lanscope.db-wal"), 1);
        assert_string_equal(store_last_error(f->store), "");
}

static void time_of_creation_is_kept(void **state) {
        struct fixture *f = *state;
        struct store_config config;

        fixture_open(f);
        f->store = store_close(f->store);
        store_config_default(&config);
        config.now = NOW + 99 * DAY;
        assert_int_equal(store_open(&f->store, f->path, &config, NULL), 0);
        assert_true(store_created(f->store) == NOW);
}

static void file_open_to_others_is_closed_to_them(void **state) {
        struct fixture *f = *state;
        struct stat st;

        fixture_open(f);
        f->store = store_close(f->store);
        assert_int_equal(chmod(f->path, 0664), 0);
        fixture_open(f);
        assert_int_equal(stat(f->path, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
}

static void empty_file_is_filled(void **state) {
        struct fixture *f = *state;

        write_all(f->path, "", 0);
        fixture_open(f);
        save_label(f, 1, "x");
}

static void closing_leaves_one_file(void **state) {
        struct fixture *f = *state;

        fixture_open(f);
        save_label(f, 1, "x");
        f->store = store_close(f->store);
        assert_int_equal(count_files(f, "lanscope.db"), 1);
}

/* The schema as each release wrote it; see tests/store/README.md. */
static void make_old(struct fixture *f, const char *name) {
        const char *root = getenv("SOURCE_ROOT");
        char path[512], *sql;
        size_t length;

        snprintf(path, sizeof path, "%s/tests/store/%s", root ? root : ".", name);
        length = read_all(path, &sql);
        sql[length] = '\0';
        fixture_tamper(f, sql);
        free(sql);
}

/* All statements that made the tables, without spaces. */
static void read_schema(struct fixture *f, char *ret, size_t size) {
        sqlite3_stmt *s;
        sqlite3 *db;

        assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
        assert_int_equal(sqlite3_prepare_v2(db, "SELECT group_concat(replace(replace(sql, ' ', ''), char(10), ''), ';')"
                                                " FROM (SELECT sql FROM sqlite_schema ORDER BY name)", -1, &s, NULL),
                         SQLITE_OK);
        assert_int_equal(sqlite3_step(s), SQLITE_ROW);
        snprintf(ret, size, "%s", (const char *) sqlite3_column_text(s, 0));
        sqlite3_finalize(s);
        sqlite3_close(db);
}

static void schema_1_opens(void **state) {
        struct fixture *f = *state;
        struct fixture_log log;

        make_old(f, "schema-1.sql");
        fixture_open(f);
        assert_int_equal(fixture_load(f, &log), 0);
        assert_int_equal(log.networks, 1);
        assert_int_equal(log.devices, 2);
        assert_contains(log.text, " user Printer | upstairs | printer | 1\n");
        assert_contains(log.text, " evidence mdns.hostname 0 prn.local 90 x12 ");
        assert_true(store_created(f->store) == UINT64_C(1690000000) * NSEC_PER_SEC);
}

static void schema_2_opens(void **state) {
        struct fixture *f = *state;
        struct fixture_log log;

        make_old(f, "schema-2.sql");
        fixture_open(f);
        assert_int_equal(fixture_load(f, &log), 0);
        assert_int_equal(log.devices, 2);
        assert_int_equal(fixture_number(f, "SELECT hits FROM alert_exceptions WHERE kind = 'port_scan'"), 3);
}

static void alerts_of_schema_1_get_a_life(void **state) {
        struct fixture *f = *state;

        make_old(f, "schema-1.sql");
        fixture_open(f);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM alerts WHERE first = time AND last = time AND count = 1"
                                           " AND state = 'event'"), 1);
}

static int count_traffic(void *userdata, uint64_t device, uint64_t time _unused_, const struct device_traffic *traffic) {
        assert_int_equal(device, 11);
        *(uint64_t *) userdata += traffic->bytes_sent;
        return 0;
}

static void schema_3_opens(void **state) {
        const struct store_traffic_filter all = { .span = SPAN_DAY, .until = UINT64_MAX };
        struct fixture *f = *state;
        struct fixture_log log;
        uint64_t bytes = 0;

        make_old(f, "schema-3.sql");
        fixture_open(f);
        assert_int_equal(fixture_load(f, &log), 0);
        assert_int_equal(log.devices, 2);
        assert_int_equal(store_list_traffic(f->store, &all, count_traffic, &bytes), 0);
        assert_int_equal(bytes, 15000);
}

static bool count_lessons(void *userdata, const struct lesson *lesson) {
        assert_non_null(strstr(" 1689000000000000000 631 9100; 1689000000000000000 4711", lesson->text));
        (*(size_t *) userdata)++;
        return true;
}

static void schema_4_opens(void **state) {
        struct fixture *f = *state;
        struct fixture_log log;
        size_t lessons = 0;

        make_old(f, "schema-4.sql");
        fixture_open(f);
        assert_int_equal(fixture_load(f, &log), 0);
        assert_int_equal(log.devices, 2);
        assert_int_equal(store_load_lessons(f->store, count_lessons, &lessons), 0);
        assert_int_equal(lessons, 2);
}

/* Whatever the way to it, there is one present schema. */
static void old_file_ends_up_like_a_fresh_one(void **state) {
        struct fixture *f = *state;
        char old[8192], fresh[8192];

        make_old(f, "schema-1.sql");
        fixture_open(f);
        read_schema(f, old, sizeof old);
        f->store = store_close(f->store);
        assert_int_equal(unlink(f->path), 0);
        fixture_open(f);
        read_schema(f, fresh, sizeof fresh);
        assert_string_equal(old, fresh);
        assert_contains(fresh, "CREATETABLEdevices(");
}

static void newer_schema_is_refused_and_untouched(void **state) {
        struct fixture *f = *state;
        char *before, *after, *message;
        size_t length;

        fixture_open(f);
        f->store = store_close(f->store);
        fixture_tamper(f, "PRAGMA user_version = 999");
        length = read_all(f->path, &before);
        assert_int_equal(fixture_try_open(f, 0, &message), -EPROTONOSUPPORT);
        assert_contains(message, f->path);
        assert_contains(message, "newer lanscope");
        assert_contains(message, "999");
        assert_contains(message, "install the newer version again");
        free(message);
        assert_int_equal(read_all(f->path, &after), length);
        assert_memory_equal(before, after, length);
        free(before);
        free(after);
        assert_int_equal(count_files(f, "damaged"), 0);
}

static void other_programs_database_is_refused(void **state) {
        struct fixture *f = *state;
        char *message;

        fixture_tamper(f, "CREATE TABLE songs (title TEXT)");
        assert_int_equal(fixture_try_open(f, 0, &message), -EMEDIUMTYPE);
        assert_contains(message, "another program");
        free(message);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM songs"), 0);
        assert_int_equal(fixture_number(f, "PRAGMA application_id"), 0);
        assert_int_equal(count_files(f, "damaged"), 0);
}

static void what_is_no_file_is_refused(void **state) {
        struct fixture *f = *state;
        char *message;

        assert_int_equal(mkfifo(f->path, 0600), 0);
        assert_int_equal(fixture_try_open(f, 0, &message), -EMEDIUMTYPE);
        assert_contains(message, "not a regular file");
        free(message);
}

static void garbage_is_moved_aside_and_kept(void **state) {
        struct fixture *f = *state;
        static const char garbage[] = "this was a database once, before the disk had its say about it";
        char aside[160], *kept, *message;

        write_all(f->path, garbage, sizeof garbage);
        assert_int_equal(fixture_try_open(f, 0, &message), 0);
        snprintf(aside, sizeof aside, "%s.damaged-20231114T221320Z", f->path);
        assert_contains(message, aside);
        free(message);
        assert_int_equal(read_all(aside, &kept), sizeof garbage);
        assert_memory_equal(kept, garbage, sizeof garbage);
        free(kept);
        save_label(f, 1, "x");
}

static void second_damaged_file_gets_a_name_of_its_own(void **state) {
        struct fixture *f = *state;
        char *message;

        for (int i = 0; i < 3; i++) {
                write_all(f->path, "no database", 11);
                assert_int_equal(fixture_try_open(f, 0, &message), 0);
                free(message);
                f->store = store_close(f->store);
        }
        assert_int_equal(count_files(f, "damaged-20231114T221320Z"), 3);
        assert_int_equal(count_files(f, "damaged-20231114T221320Z-2"), 1);
}

static void fill_some(struct fixture *f) {
        static char note[2001];

        memset(note, 'n', sizeof note - 1);
        for (uint64_t id = 1; id <= 40; id++)
                assert_int_equal(store_save_user(f->store, fixture_add(f, id),
                                                 &(struct device_user) { NULL, note, _TYPE_INVALID, true }), 0);
}

static void damaged_page_is_noticed(void **state) {
        struct fixture *f = *state;
        char *message;

        fixture_open(f);
        fill_some(f);
        f->store = store_close(f->store);
        overwrite(f->path, 4096 * 5, 4096 * 8);
        assert_int_equal(fixture_try_open(f, 0, &message), 0);
        assert_contains(message, "is damaged");
        free(message);
        /* What other pages hold is taken over. */
        assert_in_range(fixture_number(f, "SELECT count(*) FROM meta WHERE name = 'created'"), 1, 1);
        assert_int_equal(count_files(f, "damaged-20231114T221320Z"), count_files(f, "damaged-20231114T221320Z-") + 1);
}

static void missing_table_is_damage(void **state) {
        struct fixture *f = *state;
        char *message;

        fixture_open(f);
        f->store = store_close(f->store);
        fixture_tamper(f, "DROP TABLE device_user");
        assert_int_equal(fixture_try_open(f, 0, &message), 0);
        assert_contains(message, "is damaged");
        free(message);
        save_label(f, 1, "x");
}

/* A page of the notes is broken: those before and behind it are there. */
static void rows_around_a_damaged_page_are_kept(void **state) {
        struct fixture *f = *state;
        char *message;
        int64_t page;

        fixture_open(f);
        fill_some(f);
        f->store = store_close(f->store);
        page = fixture_number(f, "SELECT pageno FROM dbstat WHERE name = 'device_user' AND pagetype = 'leaf' LIMIT 1 OFFSET 7");
        overwrite(f->path, (size_t) (page - 1) * 4096, 4096);
        assert_int_equal(fixture_try_open(f, 0, &message), 0);
        assert_contains(message, "rows that could be read");
        free(message);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM devices"), 40);
        assert_in_range(fixture_number(f, "SELECT count(*) FROM device_user WHERE trusted = 1"), 37, 39);
        assert_int_equal(fixture_number(f, "SELECT min(device) FROM device_user"), 1);
        assert_int_equal(fixture_number(f, "SELECT max(device) FROM device_user"), 40);
}

static void damage_while_running_can_be_mended(void **state) {
        struct fixture *f = *state;
        struct fixture_log log;
        struct stat st;
        char *message;

        fixture_open(f);
        fill_some(f);
        fixture_reopen(f);
        assert_int_equal(fixture_load(f, &log), 0);
        assert_false(store_is_lost(f->store));
        assert_int_equal(stat(f->path, &st), 0);
        overwrite(f->path, 4096, (size_t) st.st_size - 4096);
        assert_int_equal(try_label(f, "y"), -EUCLEAN);
        assert_true(store_is_lost(f->store));
        assert_int_equal(store_recover(f->store, NOW, &message), 0);
        assert_contains(message, "is damaged");
        free(message);
        assert_false(store_is_lost(f->store));
        save_label(f, 1, "y");
        assert_int_equal(count_files(f, "damaged-20231114T221320Z"), count_files(f, "damaged-20231114T221320Z-") + 1);
}

static void a_file_that_was_deleted_is_made_anew_with_all_rows(void **state) {
        struct fixture *f = *state;
        char *message, log[128];

        fixture_open(f);
        fill_some(f);
        snprintf(log, sizeof log, "%s-wal", f->path);
        assert_int_equal(unlink(f->path), 0);
        assert_int_equal(unlink(log), 0);
        assert_int_equal(try_label(f, "y"), -ESTALE);
        assert_true(store_is_lost(f->store));
        assert_int_equal(store_recover(f->store, NOW + DAY, &message), 0);
        assert_contains(message, "deleted");
        free(message);
        assert_int_equal(store_created(f->store), NOW);
        save_label(f, 1, "y");
        fixture_reopen(f);
        assert_int_equal(store_created(f->store), NOW);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM device_user"), 40);
}

static void a_folder_that_is_gone_is_waited_for(void **state) {
        struct fixture *f = *state;
        char away[80], *message;

        fixture_open(f);
        fill_some(f);
        snprintf(away, sizeof away, "%s-away", f->directory);
        assert_int_equal(rename(f->directory, away), 0);
        assert_int_equal(try_label(f, "y"), -ESTALE);
        for (int i = 0; i < 2; i++) {
                assert_int_equal(store_recover(f->store, NOW, &message), -ENOENT);
                assert_int_equal(try_label(f, "y"), -ESTALE);
        }
        assert_int_equal(mkdir(f->directory, 0700), 0);
        assert_int_equal(store_recover(f->store, NOW, &message), 0);
        free(message);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM device_user"), 40);
        nftw(away, fixture_remove, 8, FTW_DEPTH | FTW_PHYS);
}

static void damage_while_running_fails_writes_only(void **state) {
        struct fixture *f = *state;
        struct fixture_log log;
        struct stat st;
        char *message;

        fixture_open(f);
        fill_some(f);
        fixture_reopen(f);
        assert_int_equal(fixture_load(f, &log), 0); /* which empties the cache */
        assert_int_equal(stat(f->path, &st), 0);
        overwrite(f->path, 4096, (size_t) st.st_size - 4096);
        assert_int_equal(try_label(f, "y"), -EUCLEAN);
        assert_contains(store_last_error(f->store), "damaged");
        assert_int_equal(try_label(f, "y"), -EUCLEAN); /* and again: it stays usable */
        store_put_device(f->store, 1, CHANGE_SEEN);
        assert_int_equal(store_flush(f->store, 0), -EUCLEAN);
        assert_int_equal(store_dirty(f->store), 1);
        store_get_counters(f->store, &(struct store_counters) { 0 });
        f->store = store_close(f->store);
        assert_int_equal(fixture_try_open(f, 0, &message), 0);
        assert_contains(message, "is damaged");
        free(message);
}

static void missing_directory_is_said(void **state) {
        struct fixture *f = *state;
        char *message;

        snprintf(f->path, sizeof f->path, "%s/not/there.db", f->directory);
        assert_int_equal(fixture_try_open(f, 0, &message), -ENOENT);
        assert_contains(message, f->path);
        assert_contains(message, "directory must exist");
        free(message);
}

static void no_permission_is_said(void **state) {
        struct fixture *f = *state;
        bool is_root = geteuid() == 0;
        char *message;
        int r;

        assert_int_equal(chmod(f->directory, 0555), 0);
        if (is_root)
                assert_int_equal(seteuid(65534), 0);
        r = fixture_try_open(f, 0, &message);
        if (is_root)
                assert_int_equal(seteuid(0), 0);
        assert_int_equal(chmod(f->directory, 0755), 0);
        assert_int_equal(r, -EACCES);
        assert_contains(message, "writable for the service");
        free(message);
}

/* The file may be written, but its log cannot be made beside it. */
static void directory_without_room_for_the_log_is_said(void **state) {
        struct fixture *f = *state;
        bool is_root = geteuid() == 0;
        char *message;
        int r;

        fixture_open(f);
        f->store = store_close(f->store);
        assert_int_equal(chmod(f->directory, 0555), 0);
        if (is_root) {
                assert_int_equal(chown(f->path, 65534, 65534), 0);
                assert_int_equal(seteuid(65534), 0);
        }
        r = fixture_try_open(f, 0, &message);
        if (is_root)
                assert_int_equal(seteuid(0), 0);
        assert_int_equal(chmod(f->directory, 0755), 0);
        assert_true(r == -EROFS || r == -EACCES); /* as SQLite's version has it */
        assert_contains(message, "directory must be writable");
        free(message);
        fixture_open(f);
}

static void second_service_is_kept_away(void **state) {
        struct fixture *f = *state;
        pid_t child;
        int status;

        fixture_open(f);
        child = fork();
        assert_true(child >= 0);
        if (child == 0) {
                struct fixture other = *f;
                char *message = NULL;
                int r = fixture_try_open(&other, 0, &message);

                _exit(r == -EBUSY && message && strstr(message, "another lanscoped") ? 0 : 1);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
        save_label(f, 1, "ours");
}

static void locked_by_another_program_is_tried_again(void **state) {
        struct fixture *f = *state;
        sqlite3 *db;

        fixture_open(f);
        save_label(f, 1, "before");
        assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
        assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
        assert_int_equal(try_label(f, "after"), -EBUSY);
        assert_contains(store_last_error(f->store), "another program");
        store_put_device(f->store, 1, CHANGE_SEEN);
        assert_int_equal(store_flush(f->store, 0), -EBUSY);
        assert_int_equal(store_dirty(f->store), 1);
        assert_int_equal(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
        sqlite3_close(db);
        assert_int_equal(store_flush(f->store, 0), 0);
        assert_int_equal(try_label(f, "after"), 0);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM device_user WHERE label = 'after'"), 1);
}

/* A reader (the sqlite3 shell, a backup) never holds the service up. */
static void reader_does_not_lock(void **state) {
        struct fixture *f = *state;
        sqlite3 *db;

        fixture_open(f);
        save_label(f, 1, "before");
        assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
        assert_int_equal(sqlite3_exec(db, "BEGIN; SELECT * FROM devices", NULL, NULL, NULL), SQLITE_OK);
        assert_int_equal(try_label(f, "after"), 0);
        sqlite3_close(db);
}

static int fill_until_full(struct fixture *f) {
        static char note[4001];
        int r = 0;

        memset(note, 'n', sizeof note - 1);
        for (uint64_t id = 1; r >= 0 && id < SOURCE_MAX; id++)
                r = store_save_user(f->store, fixture_add(f, id), &(struct device_user) { NULL, note, _TYPE_INVALID, true });
        return r;
}

static void size_limit_is_kept_and_nothing_is_lost(void **state) {
        struct fixture *f = *state;
        struct store_counters counters;
        size_t saved;

        assert_int_equal(fixture_try_open(f, 192 << 10, NULL), 0);
        assert_int_equal(fill_until_full(f), -ENOSPC);
        saved = f->n_devices - 1;
        assert_contains(store_last_error(f->store), "size limit");
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM devices"), saved);
        store_put_device(f->store, f->devices[saved].id, UINT32_MAX);
        store_get_counters(f->store, &counters);
        assert_true(counters.file_bytes <= 192 << 10);
        assert_int_equal(counters.failures, 1);
        assert_int_equal(store_forget(f->store, 1), 0); /* making room works even so */
        assert_int_equal(store_flush(f->store, 0), 0);
        fixture_reopen(f);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM devices"), saved);
}

/* In a mount namespace of its own; says with 77 that this machine will not let it. */
static int run_on_tmpfs(struct fixture *f, int (*body)(struct fixture *f)) {
        pid_t child = fork();
        int status;

        assert_true(child >= 0);
        if (child == 0) {
                if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
                    mount("none", f->directory, "tmpfs", 0, "size=512k") < 0)
                        _exit(77);
                _exit(body(f));
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        return WEXITSTATUS(status);
}

/* The return value tells which step failed. */
static int disk_full(struct fixture *f) {
        size_t saved;

        if (fixture_try_open(f, 0, NULL) < 0)
                return 1;
        if (fill_until_full(f) != -ENOSPC || !strstr(store_last_error(f->store), "disk is full"))
                return 2;
        saved = f->n_devices - 1;
        store_put_device(f->store, f->devices[saved].id, UINT32_MAX);
        if (mount(NULL, f->directory, NULL, MS_REMOUNT, "size=8m") < 0)
                return 3;
        if (store_flush(f->store, 0) < 0)
                return 4;
        f->store = store_close(f->store);
        if (fixture_try_open(f, 0, NULL) < 0)
                return 5;
        return fixture_number(f, "SELECT count(*) FROM devices") == (int64_t) saved + 1 ? 0 : 6;
}

static int disk_read_only(struct fixture *f) {
        char *message = NULL;

        if (fixture_try_open(f, 0, NULL) < 0)
                return 1;
        f->store = store_close(f->store);
        if (mount(NULL, f->directory, NULL, MS_REMOUNT | MS_RDONLY, NULL) < 0)
                return 2;
        if (fixture_try_open(f, 0, &message) != -EROFS || !message || !strstr(message, "writable"))
                return 3;
        if (mount(NULL, f->directory, NULL, MS_REMOUNT, NULL) < 0)
                return 4;
        return fixture_try_open(f, 0, NULL) < 0 ? 5 : 0;
}

static int disk_full_from_the_start(struct fixture *f) {
        char path[96], *message = NULL;
        FILE *file;

        snprintf(path, sizeof path, "%s/filler", f->directory);
        file = fopen(path, "we");
        if (!file)
                return 1;
        while (fputs("lanscope", file) >= 0 && fflush(file) == 0)
                ;
        fclose(file);
        if (fixture_try_open(f, 0, &message) != -ENOSPC || !message || !strstr(message, "disk is full"))
                return 2;
        if (unlink(path) < 0)
                return 3;
        return fixture_try_open(f, 0, NULL) < 0 ? 4 : 0;
}

static void on_tmpfs(struct fixture *f, int (*body)(struct fixture *f)) {
        int r = run_on_tmpfs(f, body);

        if (r == 77)
                SKIP("mounting a small disk needs root and mount namespaces");
        assert_int_equal(r, 0);
}

static void full_disk_fails_until_there_is_room(void **state) {
        on_tmpfs(*state, disk_full);
}

static void read_only_disk_is_said(void **state) {
        on_tmpfs(*state, disk_read_only);
}

static void full_disk_at_first_start_leaves_nothing_half_made(void **state) {
        on_tmpfs(*state, disk_full_from_the_start);
}

static void trigger_in_the_file_never_runs(void **state) {
        struct fixture *f = *state;

        fixture_open(f);
        save_label(f, 1, "x");
        f->store = store_close(f->store);
        fixture_tamper(f, "CREATE TRIGGER evil AFTER UPDATE ON devices BEGIN DELETE FROM device_user; END");
        fixture_open(f);
        store_put_device(f->store, 1, CHANGE_SEEN);
        assert_int_equal(store_flush(f->store, 0), 0);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM device_user"), 1);
}

static void new_size_limit_is_taken(void **state) {
        struct fixture *f = *state;
        struct store_config config;

        assert_int_equal(fixture_try_open(f, 192 << 10, NULL), 0);
        assert_int_equal(fill_until_full(f), -ENOSPC);
        store_config_default(&config);
        store_set_config(f->store, &config);
        assert_int_equal(try_label(f, "more"), 0);
        f->n_devices = 0;
        assert_int_equal(fill_until_full(f), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(fresh_file_is_private_and_stamped),
                TEST(time_of_creation_is_kept),
                TEST(file_open_to_others_is_closed_to_them),
                TEST(empty_file_is_filled),
                TEST(closing_leaves_one_file),
                TEST(schema_1_opens),
                TEST(schema_2_opens),
                TEST(alerts_of_schema_1_get_a_life),
                TEST(schema_3_opens),
                TEST(schema_4_opens),
                TEST(old_file_ends_up_like_a_fresh_one),
                TEST(newer_schema_is_refused_and_untouched),
                TEST(other_programs_database_is_refused),
                TEST(what_is_no_file_is_refused),
                TEST(garbage_is_moved_aside_and_kept),
                TEST(second_damaged_file_gets_a_name_of_its_own),
                TEST(damaged_page_is_noticed),
                TEST(rows_around_a_damaged_page_are_kept),
                TEST(damage_while_running_can_be_mended),
                TEST(a_file_that_was_deleted_is_made_anew_with_all_rows),
                TEST(a_folder_that_is_gone_is_waited_for),
                TEST(missing_table_is_damage),
                TEST(damage_while_running_fails_writes_only),
                TEST(missing_directory_is_said),
                TEST(no_permission_is_said),
                TEST(directory_without_room_for_the_log_is_said),
                TEST(second_service_is_kept_away),
                TEST(locked_by_another_program_is_tried_again),
                TEST(reader_does_not_lock),
                TEST(size_limit_is_kept_and_nothing_is_lost),
                TEST(full_disk_fails_until_there_is_room),
                TEST(read_only_disk_is_said),
                TEST(full_disk_at_first_start_leaves_nothing_half_made),
                TEST(trigger_in_the_file_never_runs),
                TEST(new_size_limit_is_taken),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
