/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What can still be read of a database that is damaged, or of one whose file was taken away under us, goes into the new
 * one: row by row, for a page that is broken must not cost those before and behind it. What is copied is not believed: it is checked
 * when it is loaded, like all that comes out of the file. */

#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "daemon/store-internal.h"

/* Those that others refer to come first. `backwards`: from the last row on. */
static const struct table {
        const char *name, *backwards;
        bool replace; /* the older row counts */
} tables[] = {
        { "meta", "name DESC", true },
        { "networks", "id DESC" },
        { "network_prefixes", "network DESC, position DESC" },
        { "devices", "id DESC" },
        { "device_user", "device DESC" },
        { "device_addresses", "device DESC, family DESC, position DESC" },
        { "device_services", "device DESC, position DESC" },
        { "device_evidence", "device DESC, position DESC" },
        { "alerts", "id DESC" },
        { "alert_exceptions", "id DESC" },
        { "lessons", "detector DESC, key DESC" },
        { "traffic", "device DESC, span DESC, time DESC" },
        { "traffic_peers", "device DESC, span DESC, time DESC, address DESC" },
};

/* An older file has fewer columns: those that it has, by their names. NULL: ours has none of such a name. */
static sqlite3_stmt *prepare_insert(sqlite3 *to, const struct table *table, sqlite3_stmt *rows) {
        int n = sqlite3_column_count(rows);
        sqlite3_str *sql = sqlite3_str_new(to);
        sqlite3_stmt *insert = NULL;
        char *text;

        sqlite3_str_appendf(sql, "INSERT OR %s INTO \"%w\" (", table->replace ? "REPLACE" : "IGNORE", table->name);
        for (int i = 0; i < n; i++)
                sqlite3_str_appendf(sql, "%s\"%w\"", i > 0 ? "," : "", sqlite3_column_name(rows, i));
        sqlite3_str_appendall(sql, ") VALUES (");
        for (int i = 0; i < n; i++)
                sqlite3_str_appendf(sql, "%s?%d", i > 0 ? "," : "", i + 1);
        sqlite3_str_appendall(sql, ")");
        text = sqlite3_str_finish(sql);
        if (text)
                (void) sqlite3_prepare_v2(to, text, -1, &insert, NULL);
        sqlite3_free(text);
        return insert;
}

static size_t copy_row(sqlite3 *to, sqlite3_stmt *insert, sqlite3_stmt *rows) {
        int rc, changed;

        for (int i = 0; i < sqlite3_column_count(rows); i++)
                if (sqlite3_bind_value(insert, i + 1, sqlite3_column_value(rows, i)) != SQLITE_OK)
                        return 0;
        rc = sqlite3_step(insert);
        changed = rc == SQLITE_DONE ? sqlite3_changes(to) : 0;
        sqlite3_reset(insert);
        sqlite3_clear_bindings(insert);
        return changed > 0;
}

/* False: there are rows that could not be read, or a table that is none. */
static bool copy_rows(sqlite3 *from, sqlite3 *to, const struct table *table, const char *order, size_t *n) {
        sqlite3_stmt *rows = NULL, *insert = NULL;
        char *sql = sqlite3_mprintf("SELECT * FROM \"%w\"%s%s", table->name, *order ? " ORDER BY " : "", order);
        int rc = sql ? sqlite3_prepare_v2(from, sql, -1, &rows, NULL) : SQLITE_NOMEM;

        sqlite3_free(sql);
        if (rc == SQLITE_OK)
                insert = prepare_insert(to, table, rows);
        while (insert && (rc = sqlite3_step(rows)) == SQLITE_ROW)
                *n += copy_row(to, insert, rows);
        sqlite3_finalize(insert);
        sqlite3_finalize(rows);
        return insert && rc == SQLITE_DONE;
}

size_t store_salvage(struct store *store, sqlite3 *from) {
        size_t n = 0;

        if (store_begin(store, true) < 0)
                return 0;
        for (size_t i = 0; i < ELEMENTSOF(tables); i++)
                if (!copy_rows(from, store->db, &tables[i], "", &n))
                        (void) copy_rows(from, store->db, &tables[i], tables[i].backwards, &n);
        return store_end(store, 0) < 0 ? 0 : n;
}
