/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the user does not want to hear of. Exceptions are few, and always written at once. */

#include <errno.h>
#include <string.h>

#include "common/escape.h"
#include "daemon/store-internal.h"

static int check(struct store *store, const struct alert_exception *e) {
        if (!text_is_utf8(e->peer, strlen(e->peer)) || !text_is_utf8(e->note, strlen(e->note)))
                return store_complain(store, -EINVAL, "the text of an exception is not UTF-8");
        return 0;
}

static int insert(struct store *store, struct alert_exception *e) {
        uint64_t last;
        int r = store_number(store, SQL_EXCEPTIONS_LAST, &last);

        if (r < 0)
                return r;
        e->id = last + 1;
        return store_run(store, SQL_EXCEPTION_INSERT, NUMBER(e->id),
                         TEXT(e->kind == _ALERT_KIND_INVALID ? NULL : alert_kind_to_string(e->kind)), NUMBER(e->device), TEXT(e->peer),
                         TEXT(e->note), NUMBER(e->created), NUMBER(e->expires), NUMBER(e->hits), NUMBER(e->last_hit));
}

int store_add_exception(struct store *store, struct alert_exception *e) {
        int r = check(store, e);

        if (r >= 0)
                r = store_begin(store, true);
        if (r < 0)
                return r;
        r = store_end(store, insert(store, e));
        return r < 0 ? r : 0;
}

int store_delete_exception(struct store *store, uint64_t id) {
        int r = store_begin(store, true);

        if (r < 0)
                return r;
        r = store_run(store, SQL_EXCEPTION_DELETE, NUMBER(id));
        if (r == 0)
                r = store_complain(store, -ENOENT, "there is no exception %llu", (unsigned long long) id);
        r = store_end(store, r);
        return r < 0 ? r : 0;
}

int store_save_exception_hits(struct store *store, const struct alert_exception *e) {
        int r = store_run(store, SQL_EXCEPTION_HITS, NUMBER(e->id), NUMBER(e->hits), NUMBER(e->last_hit));

        return r < 0 ? r : 0;
}

static bool column_into(sqlite3_stmt *row, int column, char *to, size_t size) {
        const char *text;

        if (!store_column_text(row, column, size - 1, &text) || !text)
                return false;
        memcpy(to, text, strlen(text) + 1);
        return true;
}

/* Columns as in SQL_EXCEPTIONS_LIST. False: the row cannot be. */
static bool read_exception(sqlite3_stmt *row, struct alert_exception *ret) {
        const char *kind;

        memset(ret, 0, sizeof *ret);
        if (!store_column_u64(row, 0, INT64_MAX, &ret->id) || ret->id == 0 || !store_column_text(row, 1, 64, &kind) ||
            !column_into(row, 3, ret->peer, sizeof ret->peer) || !column_into(row, 4, ret->note, sizeof ret->note) ||
            !store_column_time(row, 5, &ret->created) || !store_column_time(row, 6, &ret->expires) ||
            !store_column_u64(row, 7, INT64_MAX, &ret->hits) || !store_column_time(row, 8, &ret->last_hit))
                return false;
        ret->device = (uint64_t) sqlite3_column_int64(row, 2); /* all 64 bits are in use */
        ret->kind = kind ? alert_kind_from_string(kind) : _ALERT_KIND_INVALID;
        /* One of no known kind must not become one for all. */
        return !kind || ret->kind != _ALERT_KIND_INVALID;
}

int store_list_exceptions(struct store *store, struct alert_exception *ret, size_t max) {
        sqlite3_stmt *rows = store_query(store, SQL_EXCEPTIONS_LIST, NULL, 0);
        size_t n = 0;
        int r = 0;

        while (n < max && (r = store_next(store, rows)) > 0)
                if (read_exception(rows, &ret[n]))
                        n++;
                else
                        store->counters.skipped_rows++;
        sqlite3_reset(rows);
        return r < 0 ? r : (int) n;
}
