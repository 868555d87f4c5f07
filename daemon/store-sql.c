/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Statements, transactions, values and errors: the one place where SQLite's ways become ours. */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/escape.h"
#include "daemon/store-internal.h"

static int errno_of(sqlite3 *db, int rc) {
        switch (rc & 0xff) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
                return -EBUSY;
        case SQLITE_FULL:
                return -ENOSPC;
        case SQLITE_READONLY:
                return -EROFS;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
                return -EUCLEAN;
        case SQLITE_NOMEM:
                return -ENOMEM;
        case SQLITE_TOOBIG:
                return -E2BIG;
        case SQLITE_CONSTRAINT:
                return -EEXIST;
        case SQLITE_PERM:
        case SQLITE_AUTH:
                return -EACCES;
        case SQLITE_CANTOPEN:
                return db && sqlite3_system_errno(db) > 0 ? -sqlite3_system_errno(db) : -EIO;
        default:
                return -EIO;
        }
}

/* What to do about it. */
static const char *advice(int error) {
        switch (-error) {
        case EBUSY:
                return "another program has the database open and is writing to it; end it, or wait";
        case ENOSPC:
                return "the disk is full, or the database has reached its size limit; make room or raise the limit";
        case EROFS:
        case EACCES:
        case EPERM:
                return "the file and its directory must be writable for the service";
        case ENOENT:
        case ENOTDIR:
                return "its directory must exist";
        case EUCLEAN:
                return "the file is damaged, and is moved aside for a new one";
        case ENOMEM:
                return "out of memory";
        case EIO:
                return "check the disk";
        default:
                return "nothing was changed";
        }
}

int store_fail(struct store *store, int rc) {
        int error = errno_of(store->db, rc);

        store->lost |= error == -EUCLEAN;
        snprintf(store->error, sizeof store->error, "Database %s: %s: %s.", store->path,
                 store->db ? sqlite3_errmsg(store->db) : sqlite3_errstr(rc), advice(error));
        return error;
}

int store_complain(struct store *store, int error, const char *format, ...) {
        char text[768];
        va_list args;

        va_start(args, format);
        vsnprintf(text, sizeof text, format, args);
        va_end(args);
        snprintf(store->error, sizeof store->error, "Database %s: %s.", store->path, text);
        return error;
}

static int bind_all(struct store *store, sqlite3_stmt *s, const struct store_value *values, size_t n) {
        for (size_t i = 0; i < n; i++) {
                int rc = values[i].type == VALUE_NUMBER ?
                        sqlite3_bind_int64(s, (int) i + 1, values[i].number) :
                        sqlite3_bind_text(s, (int) i + 1, values[i].text, -1, SQLITE_STATIC);

                if (rc != SQLITE_OK)
                        return store_fail(store, rc);
        }
        return 0;
}

int store_run_values(struct store *store, enum store_statement statement, const struct store_value *values, size_t n) {
        sqlite3_stmt *s = store->statements[statement];
        int rc, r;

        r = bind_all(store, s, values, n);
        if (r < 0)
                return r;
        do
                rc = sqlite3_step(s);
        while (rc == SQLITE_ROW); /* a PRAGMA that works gives a row a step */
        if (rc != SQLITE_DONE)
                r = store_fail(store, rc); /* before the reset, which keeps no text */
        sqlite3_reset(s);
        return r < 0 ? r : sqlite3_changes(store->db);
}

int store_run_plain(struct store *store, enum store_statement statement) {
        return store_run_values(store, statement, NULL, 0);
}

sqlite3_stmt *store_query(struct store *store, enum store_statement statement, const struct store_value *values, size_t n) {
        sqlite3_stmt *s = store->statements[statement];

        sqlite3_reset(s);
        return bind_all(store, s, values, n) < 0 ? NULL : s;
}

int store_next(struct store *store, sqlite3_stmt *query) {
        int rc = query ? sqlite3_step(query) : SQLITE_NOMEM;
        int r;

        if (rc == SQLITE_ROW)
                return 1;
        r = rc == SQLITE_DONE ? 0 : store_fail(store, rc);
        sqlite3_reset(query);
        return r;
}

int store_number(struct store *store, enum store_statement statement, uint64_t *ret) {
        sqlite3_stmt *query = store_query(store, statement, NULL, 0);
        int r = store_next(store, query);

        if (r < 0)
                return r;
        *ret = r > 0 ? (uint64_t) sqlite3_column_int64(query, 0) : 0;
        sqlite3_reset(query);
        return 0;
}

int store_begin(struct store *store, bool durable) {
        int r = store_check_file(store);

        if (r < 0)
                return r;
        if (durable != store->durable) {
                /* In WAL mode NORMAL survives a crash of the program, FULL that of the machine too. */
                int rc = sqlite3_exec(store->db, durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL",
                                      NULL, NULL, NULL);

                if (rc != SQLITE_OK)
                        return store_fail(store, rc);
                store->durable = durable;
        }
        r = store_run_plain(store, SQL_BEGIN);
        if (r < 0)
                store->counters.failures++;
        return r < 0 ? r : 0;
}

static int commit(struct store *store, int r) {
        if (r >= 0) {
                int c = store_run_plain(store, SQL_COMMIT);

                if (c >= 0) {
                        store->counters.transactions++;
                        return r;
                }
                r = c;
        }
        store->counters.failures += r != -ENOENT; /* an id that does not exist is the client's mistake */
        if (!sqlite3_get_autocommit(store->db)) { /* SQLite has not rolled back by itself */
                char kept[sizeof store->error];

                memcpy(kept, store->error, sizeof kept);
                store_run_plain(store, SQL_ROLLBACK);
                memcpy(store->error, kept, sizeof kept);
        }
        return r;
}

int store_end(struct store *store, int r) {
        r = commit(store, r);
        if (store->source.traffic_written)
                store->source.traffic_written(store->source.userdata, r >= 0);
        return r;
}

bool store_column_u64(sqlite3_stmt *row, int column, uint64_t max, uint64_t *ret) {
        sqlite3_int64 number;

        if (sqlite3_column_type(row, column) != SQLITE_INTEGER)
                return false;
        number = sqlite3_column_int64(row, column);
        if (number < 0 || (uint64_t) number > max)
                return false;
        *ret = (uint64_t) number;
        return true;
}

bool store_column_bool(sqlite3_stmt *row, int column, bool *ret) {
        uint64_t number;

        if (!store_column_u64(row, column, 1, &number))
                return false;
        *ret = number != 0;
        return true;
}

bool store_column_time(sqlite3_stmt *row, int column, uint64_t *ret) {
        return store_column_u64(row, column, INT64_MAX, ret);
}

bool store_column_text(sqlite3_stmt *row, int column, size_t max, const char **ret) {
        int type = sqlite3_column_type(row, column);
        const char *text;
        size_t length;

        if (type == SQLITE_NULL) {
                *ret = NULL;
                return true;
        }
        if (type != SQLITE_TEXT)
                return false;
        text = (const char *) sqlite3_column_text(row, column);
        length = (size_t) sqlite3_column_bytes(row, column);
        if (!text || length > max || !text_is_utf8(text, length)) /* the latter refuses NUL, too */
                return false;
        *ret = text;
        return true;
}
