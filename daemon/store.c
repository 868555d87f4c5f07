/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The database file: opening, checking, moving aside, closing; and the write-behind flush.
 *
 * WAL, so that readers (and people with the sqlite3 shell) never wait for the service, nor it for them. An
 * flock(2) on the file keeps a second service away; SQLite's own locks are fcntl(2) ones and know nothing
 * of it, but closing any descriptor of the file drops those, so ours is closed after the database is. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "common/cleanup.h"
#include "common/clock.h"
#include "config.h"
#include "daemon/store-internal.h"

#define BUSY_TIMEOUT_MSEC 200 /* as long as the event loop may wait for another process */
/* Marks of devices, 16 bytes each, that are kept without a look at whether the devices are still there. */
#define MARKS_MAX 32768
#define DELETED (UINT32_C(1) << 31) /* among enum device_change: the row is to go first */

/* What there is a row or a list for; the rest is derived. */
#define CHANGES_KEPT                                                                             \
        ((uint32_t) (CHANGE_ADDRESSES | CHANGE_IPV4 | CHANGE_IPV6 | CHANGE_SERVICES |            \
                     CHANGE_EVIDENCE | CHANGE_PRESENCE | CHANGE_USER | CHANGE_FLAGS |            \
                     CHANGE_SEEN | CHANGE_NETWORK))

void store_config_default(struct store_config *config) {
        const uint64_t day = 86400 * NSEC_PER_SEC;

        *config = (struct store_config) {
                .size_max = UINT64_C(256) << 20,
                .alerts_max = 20000,
                .alert_age_max = 90 * day,
                .device_age_max = 365 * day,
                .hour_age_max = 14 * day,
                .day_age_max = 400 * day,
        };
}

/* Locks the file, making it if there is none. Nobody but its owner may read who is on the network. */
static int lock_file(struct store *store) {
        struct stat ours, named;

        store->lock_fd = open(store->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0600);
        if (store->lock_fd < 0)
                return store_complain(store, -errno, "cannot open or make it: %s; its directory must exist and be "
                                      "writable for the service", strerror(errno));
        if (fstat(store->lock_fd, &ours) < 0)
                return store_complain(store, -errno, "cannot examine it: %s", strerror(errno));
        if (!S_ISREG(ours.st_mode))
                return store_complain(store, -EMEDIUMTYPE, "it is not a regular file; give another path");
        if (flock(store->lock_fd, LOCK_EX | LOCK_NB) < 0)
                return store_complain(store, errno == EWOULDBLOCK ? -EBUSY : -errno,
                                      "another lanscoped is using it; stop that one, or give another path");
        /* The one before us may have moved it aside meanwhile. */
        if (stat(store->path, &named) < 0 || named.st_ino != ours.st_ino || named.st_dev != ours.st_dev)
                return store_complain(store, -EBUSY, "it was replaced while being opened; try again");
        if ((ours.st_mode & 077) != 0 && fchmod(store->lock_fd, 0600) < 0)
                return store_complain(store, -errno, "others may read it, and that cannot be changed: %s", strerror(errno));
        return 0;
}

static int set(struct store *store, const char *pragma) {
        int rc = sqlite3_exec(store->db, pragma, NULL, NULL, NULL);

        return rc == SQLITE_OK ? 0 : store_fail(store, rc);
}

/* First value of a statement that is run once. */
static int get(struct store *store, const char *sql, int64_t *ret_number, bool *ret_is_ok) {
        sqlite3_stmt *s = NULL;
        int rc = sqlite3_prepare_v2(store->db, sql, -1, &s, NULL);

        if (rc == SQLITE_OK) {
                rc = sqlite3_step(s);
                if (rc == SQLITE_ROW) {
                        const char *text = (const char *) sqlite3_column_text(s, 0);

                        if (ret_number)
                                *ret_number = sqlite3_column_int64(s, 0);
                        if (ret_is_ok)
                                *ret_is_ok = text && (strcmp(text, "ok") == 0 || strcmp(text, "wal") == 0);
                }
        }
        rc = rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : store_fail(store, rc);
        sqlite3_finalize(s);
        return rc;
}

/* Whether the name still leads to the file that is open. */
static bool is_in_place(const struct store *store) {
        struct stat ours, named;

        return fstat(store->lock_fd, &ours) >= 0 && stat(store->path, &named) >= 0 && named.st_ino == ours.st_ino &&
               named.st_dev == ours.st_dev;
}

static const char *const suffixes[] = { "-wal", "-shm" };

/* The inode of the file beside it; 0: there is none. */
static ino_t file_beside(const struct store *store, const char *suffix) {
        _cleanup_(freep) char *name = NULL;
        struct stat st;

        if (asprintf(&name, "%s%s", store->path, suffix) < 0) {
                name = NULL;
                return 0;
        }
        return stat(name, &st) < 0 ? 0 : st.st_ino;
}

int store_check_file(struct store *store) {
        if (store->in_memory)
                return 0;
        if (!store->db)
                return store_complain(store, -ESTALE, "there is none at present; see above for why");
        if (is_in_place(store) && (store->beside[0] == 0 || file_beside(store, suffixes[0]) == store->beside[0]))
                return 0;
        store->lost = true;
        return store_complain(store, -ESTALE, "its file was moved or deleted while it was in use; it is made anew");
}

/* Everything in the file that could make SQLite do more than read rows is switched off: it may have been
 * tampered with (sqlite.org/security.html). */
static void harden(sqlite3 *db) {
        sqlite3_busy_timeout(db, BUSY_TIMEOUT_MSEC);
        sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
        sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
        sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
        sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
        sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
        sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
}

/* Only the loop's thread uses it, and nobody asks how much memory: locks and sums for each allocation are saved. It holds
 * for the process; refused where SQLite is in use already, which is as well. */
static void simplify(void) {
        (void) sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
        (void) sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static int open_connection(struct store *store) {
        int rc;

        simplify();
        rc = sqlite3_open_v2(store->path, &store->db,
                             SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);

        if (rc != SQLITE_OK)
                return store_fail(store, rc);
        harden(store->db);
        /* A file that turns out not to be for us is left byte for byte as it is. */
        sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
        return set(store, "PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY;"
                          "PRAGMA cache_size = -2048; PRAGMA foreign_keys = ON; PRAGMA synchronous = NORMAL");
}

/* Whose file is it, and of which version? 0 for one that is empty. */
static int read_version(struct store *store, int *ret) {
        int64_t application = 0, version = 0, objects = 0;
        int r;

        r = get(store, "PRAGMA application_id", &application, NULL);
        if (r >= 0)
                r = get(store, "PRAGMA user_version", &version, NULL);
        if (r >= 0)
                r = get(store, "SELECT count(*) FROM sqlite_schema", &objects, NULL);
        if (r < 0)
                return r;
        if (application != STORE_APPLICATION_ID && (application != 0 || version != 0 || objects != 0))
                return store_complain(store, -EMEDIUMTYPE, "it belongs to another program; give another path");
        if (version > store_schema_version())
                return store_complain(store, -EPROTONOSUPPORT,
                                      "it was made by a newer lanscope (its schema is %lld, lanscope " PACKAGE_VERSION
                                      " knows up to %d); install the newer version again, or move the file away to "
                                      "start anew", (long long) version, store_schema_version());
        if (version < 0)
                return store_complain(store, -EUCLEAN, "its schema version is %lld", (long long) version);
        *ret = (int) version;
        return 0;
}

static int check_integrity(struct store *store) {
        bool is_ok = false;
        int r;

        r = get(store, "PRAGMA quick_check(1)", NULL, &is_ok);
        if (r < 0)
                return r;
        return is_ok ? 0 : store_complain(store, -EUCLEAN, "the integrity check failed");
}

static int set_size_limit(struct store *store) {
        int64_t page_size = 0;
        char pragma[64];
        int r;

        r = get(store, "PRAGMA page_size", &page_size, NULL);
        if (r < 0)
                return r;
        snprintf(pragma, sizeof pragma, "PRAGMA max_page_count = %llu",
                 (unsigned long long) (store->config.size_max / (uint64_t) MAX(page_size, INT64_C(512))));
        return set(store, pragma);
}

/* WAL needs shared memory and a file beside the database; without them nothing could be kept safely. */
static int set_journal(struct store *store, bool is_empty) {
        bool is_wal = false;
        int r;

        /* Before the first table: SQLite cannot change its mind later. */
        if (is_empty) {
                r = set(store, "PRAGMA auto_vacuum = INCREMENTAL");
                if (r < 0)
                        return r;
        }
        if (store->in_memory)
                return 0;
        r = get(store, "PRAGMA journal_mode = WAL", NULL, &is_wal);
        if (r < 0)
                return r;
        if (!is_wal)
                return store_complain(store, -EROFS, "write-ahead logging cannot be used in its directory");
        return set(store, "PRAGMA journal_size_limit = 4194304");
}

static int prepare_statements(struct store *store, size_t begin, size_t end) {
        for (size_t i = begin; i < end; i++) {
                int rc = sqlite3_prepare_v3(store->db, store_sql[i], -1, SQLITE_PREPARE_PERSISTENT,
                                            &store->statements[i], NULL);

                if (rc == SQLITE_ERROR) /* a table or column is not there, whatever the version says */
                        return store_complain(store, -EUCLEAN, "its schema is not what its version says: %s",
                                              sqlite3_errmsg(store->db));
                if (rc != SQLITE_OK)
                        return store_fail(store, rc);
        }
        return 0;
}

/* When the file was made, and by whom. */
static int stamp(struct store *store) {
        const struct store_value name = TEXT("created");
        sqlite3_stmt *row = store_query(store, SQL_META_GET, &name, 1);
        bool is_new;
        int r;

        r = store_next(store, row);
        if (r < 0)
                return r;
        is_new = r == 0 || !store_column_time(row, 0, &store->created);
        sqlite3_reset(row);
        if (!is_new)
                return 0;
        store->created = MIN(store->config.now, (uint64_t) INT64_MAX);
        r = store_begin(store, true);
        if (r < 0)
                return r;
        r = store_run(store, SQL_META_PUT, TEXT("created"), NUMBER(store->created));
        if (r >= 0)
                r = store_run(store, SQL_META_PUT, TEXT("created_by"), TEXT("lanscope " PACKAGE_VERSION));
        return store_end(store, r);
}

static int open_file(struct store *store) {
        int version = 0, r;

        r = store->in_memory ? 0 : lock_file(store);
        if (r >= 0)
                r = open_connection(store);
        if (r >= 0)
                r = read_version(store, &version);
        if (r >= 0 && version > 0)
                r = check_integrity(store);
        if (r >= 0)
                r = set_journal(store, version == 0);
        if (r >= 0)
                r = set_size_limit(store);
        if (r >= 0)
                r = prepare_statements(store, SQL_BEGIN, SQL_ROLLBACK + 1);
        if (r >= 0)
                r = store_migrate(store, version);
        if (r >= 0)
                r = prepare_statements(store, SQL_ROLLBACK + 1, _SQL_MAX);
        if (r >= 0)
                r = stamp(store);
        if (r < 0)
                return r;
        sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
        for (size_t i = 0; i < ELEMENTSOF(suffixes) && !store->in_memory; i++)
                store->beside[i] = file_beside(store, suffixes[i]);
        store->lost = false;
        return 0;
}

static void drop_statements(struct store *store) {
        for (size_t i = 0; i < _SQL_MAX; i++) {
                sqlite3_finalize(store->statements[i]);
                store->statements[i] = NULL;
        }
        memset(store->beside, 0, sizeof store->beside);
}

static void close_connection(struct store *store) {
        drop_statements(store);
        sqlite3_close(store->db);
        store->db = NULL;
        store->durable = false;
}

static int rename_beside(struct store *store, const char *aside, const char *suffix) {
        _cleanup_(freep) char *from = NULL, *to = NULL;

        if (asprintf(&from, "%s%s", store->path, suffix) < 0) {
                from = NULL;
                return -ENOMEM;
        }
        if (asprintf(&to, "%s%s", aside, suffix) < 0) {
                to = NULL;
                return -ENOMEM;
        }
        if (rename(from, to) < 0 && errno != ENOENT)
                return store_complain(store, -errno, "it is damaged, and cannot be renamed to %s: %s", to, strerror(errno));
        return 0;
}

/* A name that is not taken: <path>.damaged-<UTC time>[-<n>]. */
static int name_aside(struct store *store, char **ret) {
        time_t seconds = (time_t) (store->config.now / NSEC_PER_SEC);
        char stamp_text[32];
        struct tm tm;

        if (!gmtime_r(&seconds, &tm) || strftime(stamp_text, sizeof stamp_text, "%Y%m%dT%H%M%SZ", &tm) == 0)
                return -EINVAL;
        for (unsigned n = 0; n < 1000; n++) {
                _cleanup_(freep) char *name = NULL;
                char number[16] = "";

                if (n > 0)
                        snprintf(number, sizeof number, "-%u", n);
                if (asprintf(&name, "%s.damaged-%s%s", store->path, stamp_text, number) < 0) {
                        name = NULL;
                        return -ENOMEM;
                }
                if (access(name, F_OK) < 0 && errno == ENOENT) {
                        *ret = TAKE_PTR(name);
                        return 0;
                }
        }
        return store_complain(store, -EEXIST, "it is damaged, and too many damaged ones are beside it already");
}

/* SQLite deletes a log by its name when it closes: the name may be another's by now. */
static void leave_files(sqlite3 *db) {
        int persist = 1;

        sqlite3_file_control(db, "main", SQLITE_FCNTL_PERSIST_WAL, &persist);
        sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
}

static void unlock(struct store *store) {
        closep(&store->lock_fd);
        store->lock_fd = -1;
}

/* The log beside it belongs to it and goes along. The lock is held until all is done. */
static int move_aside(struct store *store, char **ret_aside) {
        _cleanup_(freep) char *aside = NULL;
        int r;

        if (store->db)
                leave_files(store->db);
        close_connection(store);
        r = name_aside(store, &aside);
        if (r >= 0)
                r = rename_beside(store, aside, "");
        if (r >= 0)
                r = rename_beside(store, aside, "-wal");
        if (r >= 0)
                r = rename_beside(store, aside, "-shm");
        unlock(store);
        if (r >= 0)
                *ret_aside = TAKE_PTR(aside);
        return r;
}

/* What it says of `aside`, which was damaged; the new file is open. */
static int salvage_aside(struct store *store, const char *aside, char **ret_message) {
        sqlite3 *from = NULL;
        size_t n = 0;

        if (sqlite3_open_v2(aside, &from, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK) {
                harden(from);
                sqlite3_db_config(from, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL); /* it is kept as it was */
                n = store_salvage(store, from);
        }
        sqlite3_close(from);
        if (asprintf(ret_message, "Database %s is damaged. It is kept as %s, and a new one is made with %zu rows that could be "
                     "read; \"sqlite3 %s .recover\" may bring back more.", store->path, aside, n, aside) < 0) {
                *ret_message = NULL;
                return -ENOMEM;
        }
        return 0;
}

static int replace_damaged(struct store *store, char **ret_message) {
        _cleanup_(freep) char *aside = NULL;
        int r = move_aside(store, &aside);

        if (r >= 0)
                r = open_file(store);
        if (r >= 0)
                r = salvage_aside(store, aside, ret_message);
        return r < 0 ? r : stamp(store);
}

static void limit_config(struct store_config *config) {
        config->size_max = MAX(config->size_max, STORE_SIZE_MIN);
        config->alerts_max = MAX(config->alerts_max, UINT32_C(1));
}

static int store_new(struct store **ret, const char *path, const struct store_config *config) {
        struct store *store = calloc(1, sizeof *store);

        if (!store)
                return -ENOMEM;
        store->lock_fd = -1;
        store->compact_at = MARKS_MAX;
        store->config = *config;
        limit_config(&store->config);
        store->in_memory = strcmp(path, ":memory:") == 0;
        store->path = strdup(path);
        if (!store->path) {
                store_close(store);
                return -ENOMEM;
        }
        *ret = store;
        return 0;
}

int store_open(struct store **ret, const char *path, const struct store_config *config, char **ret_message) {
        _cleanup_(store_closep) struct store *store = NULL;
        _cleanup_(freep) char *message = NULL;
        int r;

        if (ret_message)
                *ret_message = NULL;
        r = store_new(&store, path, config);
        if (r < 0)
                return r;
        r = open_file(store);
        if (r == -EUCLEAN && !store->in_memory)
                r = replace_damaged(store, &message);
        if (r < 0) {
                free(message);
                message = strdup(store->error);
        } else {
                store->error[0] = '\0';
                *ret = TAKE_PTR(store);
        }
        if (ret_message)
                *ret_message = TAKE_PTR(message);
        return r < 0 ? r : 0;
}

/* What stands beside a file that is no more is not to be taken for what belongs to the new one. It stays open. */
static void unlink_beside(struct store *store) {
        for (size_t i = 0; i < ELEMENTSOF(suffixes); i++) {
                _cleanup_(freep) char *name = NULL;

                if (store->beside[i] == 0 || file_beside(store, suffixes[i]) != store->beside[i])
                        continue;
                if (asprintf(&name, "%s%s", store->path, suffixes[i]) < 0) {
                        name = NULL;
                        continue;
                }
                (void) unlink(name);
        }
}

/* The log goes into the file first. If the file is where it was, that is all there is to do; else it is kept open, for the
 * sake of what is in it. */
static void abandon_file(struct store *store) {
        if (!store->db)
                return;
        if (!is_in_place(store))
                unlink_beside(store);
        drop_statements(store);
        (void) sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
        leave_files(store->db);
        if (is_in_place(store) || store->orphan)
                sqlite3_close(store->db);
        else
                store->orphan = store->db;
        store->db = NULL;
        store->durable = false;
        unlock(store);
}

static int replace_abandoned(struct store *store, char **ret_message) {
        size_t n;
        int r;

        abandon_file(store);
        r = open_file(store);
        if (r < 0)
                return r;
        n = store->orphan ? store_salvage(store, store->orphan) : 0;
        sqlite3_close(store->orphan);
        store->orphan = NULL;
        if (asprintf(ret_message, "Database %s was moved or deleted while it was in use. It was made anew, with %zu rows that it had.",
                     store->path, n) < 0) {
                *ret_message = NULL;
                return -ENOMEM;
        }
        return 0;
}

static int save_created(struct store *store) {
        int r = store_begin(store, true);

        return r < 0 ? r : store_end(store, store_run(store, SQL_META_PUT, TEXT("created"), NUMBER(store->created)));
}

bool store_is_lost(const struct store *store) {
        return store->lost && !store->in_memory;
}

int store_recover(struct store *store, uint64_t now, char **ret_message) {
        _cleanup_(freep) char *message = NULL;
        uint64_t created = store->created;
        int r;

        store->config.now = now;
        if (store->db && store_check_file(store) >= 0)
                r = replace_damaged(store, &message);
        else
                r = replace_abandoned(store, &message);
        store->created = MIN(created, store->created);
        if (r >= 0)
                r = save_created(store);
        if (r < 0) {
                close_connection(store);
                unlock(store);
                store->lost = true;
                return r;
        }
        store->error[0] = '\0';
        *ret_message = TAKE_PTR(message);
        return 0;
}

struct store *store_close(struct store *store) {
        if (!store)
                return NULL;
        if (store->db && store->source.device)
                store_flush(store, 0);
        close_connection(store);
        sqlite3_close(store->orphan);
        closep(&store->lock_fd);
        store_dirty_done(&store->devices);
        store_dirty_done(&store->networks);
        free(store->path);
        free(store);
        return NULL;
}

void store_set_source(struct store *store, const struct store_source *source) {
        store->source = *source;
}

void store_set_config(struct store *store, const struct store_config *config) {
        uint64_t now = store->config.now;

        store->config = *config;
        store->config.now = now;
        limit_config(&store->config);
        set_size_limit(store);
}

const char *store_last_error(const struct store *store) {
        return store->error;
}

uint64_t store_created(const struct store *store) {
        return store->created;
}

/* Drops the marks of devices that are gone: invented addresses make devices as fast as they can be sent, and while the
 * file cannot be written nothing else would take their marks away. Which of them have a row is forgotten with the mark,
 * and found again by sweep(). */
static int compact(struct store *store) {
        _cleanup_(freep) struct store_dirty_entry *entries = NULL;
        size_t n = 0;
        int r;

        r = store_dirty_sorted(&store->devices, &entries);
        if (r < 0)
                return r;
        for (size_t i = 0; i < store->devices.n; i++)
                if (store->source.device(store->source.userdata, entries[i].id))
                        entries[n++] = entries[i];
        store_dirty_keep(&store->devices, entries, n);
        store->compact_at = MAX((size_t) MARKS_MAX, 2 * n);
        store->sweep = true;
        return 0;
}

static int mark_device(struct store *store, uint64_t id, uint32_t changes) {
        if (store->devices.n >= store->compact_at && store->source.device) {
                int r = compact(store);

                if (r < 0)
                        return r;
        }
        return store_dirty_add(&store->devices, id, changes);
}

int store_put_device(struct store *store, uint64_t id, uint32_t changes) {
        changes &= CHANGES_KEPT;
        return changes == 0 ? 0 : mark_device(store, id, changes);
}

enum store_haste store_haste(uint32_t changes) {
        changes &= CHANGES_KEPT | DELETED;
        if (changes & ~(uint32_t) (CHANGE_EVIDENCE | CHANGE_SEEN))
                return STORE_SOON;
        if (changes & CHANGE_EVIDENCE)
                return STORE_LATER;
        return changes ? STORE_SELDOM : _STORE_HASTE_MAX;
}

int store_delete_device(struct store *store, uint64_t id) {
        return mark_device(store, id, DELETED);
}

int store_put_network(struct store *store, uint64_t id) {
        return store_dirty_add(&store->networks, id, 0);
}

size_t store_dirty(const struct store *store) {
        return store->devices.n + store->networks.n;
}

/* What waits for a later flush, of a device that has a row. */
static uint32_t changes_left(uint32_t changes, enum store_haste haste) {
        switch (haste) {
        case STORE_SOON:
                return changes & (CHANGE_EVIDENCE | CHANGE_SEEN);
        case STORE_LATER:
                return changes & CHANGE_SEEN;
        case STORE_SELDOM:
        case _STORE_HASTE_MAX:
                return 0;
        }
        return 0;
}

/* The source has the last word, in whatever order things were marked: a device that it does not know is
 * deleted, one that it knows although it was deleted is a new one under the same id. What is left to be written stays
 * marked. */
static int flush_device(struct store *store, struct store_dirty_entry *entry, enum store_haste haste) {
        const struct device *device = store->source.device(store->source.userdata, entry->id);
        uint32_t left = changes_left(entry->changes, haste);
        int r = 0;

        if (!device || entry->changes & DELETED)
                r = store_run(store, SQL_DEVICE_DELETE, NUMBER(entry->id));
        if (r >= 0 && device)
                r = haste == STORE_SELDOM ? store_write_device(store, device, NULL, entry->changes)
                                          : store_write_changes(store, device, entry->changes & ~left);
        entry->changes = device && r > 0 ? left : 0;
        return r;
}

/* Deletes rows of devices that are gone, a step of them; 1: there may be more. What the user set something on is never
 * dropped to make room, so such a row is none of these, even if whoever loaded it did not take it. */
static int sweep(struct store *store) {
        sqlite3_stmt *rows = store_query(store, SQL_DEVICES_PLAIN, NULL, 0);
        uint64_t gone[STORE_FLUSH_STEP];
        size_t n = 0;
        int r = 0;

        while (n < ELEMENTSOF(gone) && (r = store_next(store, rows)) > 0) {
                gone[n] = (uint64_t) sqlite3_column_int64(rows, 0);
                n += store->source.device(store->source.userdata, gone[n]) == NULL;
        }
        sqlite3_reset(rows);
        for (size_t i = 0; r >= 0 && i < n; i++)
                r = store_run(store, SQL_DEVICE_DELETE, NUMBER(gone[i]));
        return r < 0 ? r : n == ELEMENTSOF(gone);
}

/* `all`: rows are swept until none is left, instead of a step; 1: there may be some. */
static int flush_all(struct store *store, const struct store_dirty_entry *networks, struct store_dirty_entry *devices,
                     size_t n_devices, enum store_haste haste, bool all) {
        int r;

        r = store_begin(store, false);
        if (r < 0)
                return r;
        for (size_t i = 0; r >= 0 && i < store->networks.n; i++)
                r = store_write_network(store, networks[i].id,
                                        store->source.network(store->source.userdata, networks[i].id));
        for (size_t i = 0; r >= 0 && i < n_devices; i++)
                r = flush_device(store, &devices[i], haste);
        if (r >= 0 && store->sweep)
                do
                        r = sweep(store);
                while (r > 0 && all);
        else if (r >= 0)
                r = 0;
        return store_end(store, r);
}

static void count_flush(struct store *store, size_t n_devices, uint64_t begin) {
        struct store_counters *c = &store->counters;

        c->flushes++;
        c->flushed_devices += n_devices;
        c->flush_usec_last = clock_usec(CLOCK_MONOTONIC) - begin;
        c->flush_usec_max = MAX(c->flush_usec_max, c->flush_usec_last);
}

/* In front, each in its order. How many they are. */
static int put_urgent_first(struct store_dirty_entry *entries, size_t n, enum store_haste haste, size_t *ret_urgent) {
        _cleanup_(freep) struct store_dirty_entry *others = malloc((n + 1) * sizeof *others);
        size_t n_others = 0, n_urgent = 0;

        if (!others)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++)
                if (store_haste(entries[i].changes) <= haste)
                        entries[n_urgent++] = entries[i];
                else
                        others[n_others++] = entries[i];
        memcpy(entries + n_urgent, others, n_others * sizeof *others);
        *ret_urgent = n_urgent;
        return 0;
}

/* Returns how many are left. */
static size_t drop_written(struct store_dirty_entry *entries, size_t n) {
        size_t left = 0;

        for (size_t i = 0; i < n; i++)
                if (entries[i].changes != 0)
                        entries[left++] = entries[i];
        return left;
}

int store_flush_urgent(struct store *store, size_t limit, enum store_haste haste) {
        _cleanup_(freep) struct store_dirty_entry *networks = NULL, *devices = NULL;
        uint64_t begin = clock_usec(CLOCK_MONOTONIC);
        size_t n_devices = store->devices.n, n_wanted = n_devices;
        bool all = haste == STORE_SELDOM;
        int r;

        if (store_dirty(store) == 0 && !store->sweep)
                return 0;
        if (!store->source.device || !store->source.network)
                return store_complain(store, -EINVAL, "there is no source to write from");
        r = store_dirty_sorted(&store->networks, &networks);
        if (r >= 0)
                r = store_dirty_sorted(&store->devices, &devices);
        if (r >= 0 && !all)
                r = put_urgent_first(devices, n_devices, haste, &n_wanted);
        if (r < 0)
                return r;
        if (!all && n_wanted == 0 && store->networks.n == 0 && !store->sweep)
                return 0;
        n_devices = limit > 0 ? MIN(n_wanted, limit) : n_wanted;
        r = flush_all(store, networks, devices, n_devices, haste, limit == 0);
        if (r < 0)
                return r;
        store->sweep = r > 0;
        store_dirty_keep(&store->networks, NULL, 0);
        store_dirty_keep(&store->devices, devices, drop_written(devices, store->devices.n));
        count_flush(store, n_devices, begin);
        return n_wanted > n_devices || store->sweep;
}

int store_flush(struct store *store, size_t limit) {
        return store_flush_urgent(store, limit, STORE_SELDOM);
}

void store_get_counters(struct store *store, struct store_counters *ret) {
        uint64_t pages = 0, free_pages = 0, page_size = 0;

        *ret = store->counters;
        ret->dirty = store_dirty(store);
        /* A number that cannot be had stays 0. */
        store_number(store, SQL_COUNT_NETWORKS, &ret->networks);
        store_number(store, SQL_COUNT_DEVICES, &ret->devices);
        store_number(store, SQL_COUNT_ALERTS, &ret->alerts);
        store_number(store, SQL_ALERTS_COUNT_UNACKNOWLEDGED, &ret->unacknowledged_alerts);
        store_number(store, SQL_COUNT_TRAFFIC, &ret->traffic);
        store_number(store, SQL_COUNT_PEERS, &ret->peers);
        store_number(store, SQL_COUNT_LESSONS, &ret->lessons);
        store_number(store, SQL_PAGE_COUNT, &pages);
        store_number(store, SQL_FREE_PAGES, &free_pages);
        store_number(store, SQL_PAGE_SIZE, &page_size);
        ret->file_bytes = pages * page_size;
        ret->free_bytes = free_pages * page_size;
}
