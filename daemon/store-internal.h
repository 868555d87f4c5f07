/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sqlite3.h>
#include <sys/types.h>

#include "daemon/store-dirty.h"
#include "daemon/store.h"

/* What the files of the store share. Nobody else includes this. */

enum store_statement {
        SQL_BEGIN,
        SQL_COMMIT,
        SQL_ROLLBACK,
        /* Those above need no table. */

        SQL_META_GET,
        SQL_META_PUT,

        SQL_NETWORK_PUT,
        SQL_NETWORK_DELETE,
        SQL_PREFIXES_DELETE,
        SQL_PREFIX_INSERT,

        SQL_DEVICE_UPDATE,
        SQL_DEVICE_CHANGE,
        SQL_DEVICE_INSERT,
        SQL_DEVICE_DELETE,
        SQL_DEVICES_PLAIN,
        SQL_ADDRESSES_DELETE,
        SQL_ADDRESS_INSERT,
        SQL_SERVICES_DELETE,
        SQL_SERVICE_INSERT,
        SQL_EVIDENCE_DELETE,
        SQL_EVIDENCE_INSERT,
        SQL_USER_PUT,
        SQL_USER_DELETE,

        SQL_NETWORKS_LOAD,
        SQL_PREFIXES_LOAD,
        SQL_DEVICES_LOAD,
        SQL_ADDRESSES_LOAD,
        SQL_SERVICES_LOAD,
        SQL_EVIDENCE_LOAD,

        SQL_TRAFFIC_ADD,
        SQL_TRAFFIC_MOVE,
        SQL_TRAFFIC_LIST,
        SQL_TRAFFIC_LIST_ALL,
        SQL_TRAFFIC_OLD_DELETE,
        SQL_TRAFFIC_FIRST,
        SQL_PEER_ADD,
        SQL_PEERS_TRIM,
        SQL_PEERS_MOVE,
        SQL_PEERS_LIST,
        SQL_PEERS_LIST_ALL,
        SQL_PEERS_OLD_DELETE,

        SQL_ALERT_INSERT,
        SQL_ALERT_UPDATE,
        SQL_ALERTS_RESOLVE,
        SQL_ALERTS_LIST,
        SQL_ALERT_GET,
        SQL_ALERT_EXISTS,
        SQL_ALERT_ACKNOWLEDGE,
        SQL_ALERTS_UNACKNOWLEDGED,
        SQL_ALERTS_ACKNOWLEDGE_ALL,
        SQL_ALERTS_MOVE,
        SQL_ALERTS_COUNT_UNACKNOWLEDGED,
        SQL_ALERTS_LAST,

        SQL_EXCEPTION_INSERT,
        SQL_EXCEPTION_DELETE,
        SQL_EXCEPTION_HITS,
        SQL_EXCEPTIONS_LIST,
        SQL_EXCEPTIONS_LAST,
        SQL_EXCEPTIONS_MOVE,

        SQL_SHIFT_NETWORKS,
        SQL_SHIFT_DEVICES,
        SQL_SHIFT_ADDRESSES,
        SQL_SHIFT_SERVICES,
        SQL_SHIFT_EVIDENCE,
        SQL_DEVICES_NEWEST,

        SQL_LESSON_PUT,
        SQL_LESSONS_LOAD,
        SQL_LESSONS_FORGET,

        SQL_COUNT_LESSONS,
        SQL_COUNT_NETWORKS,
        SQL_COUNT_DEVICES,
        SQL_COUNT_ALERTS,
        SQL_COUNT_TRAFFIC,
        SQL_COUNT_PEERS,
        SQL_PAGE_COUNT,
        SQL_PAGE_SIZE,
        SQL_FREE_PAGES,

        SQL_OLD_LESSONS_ANY,
        SQL_OLD_LESSONS_DELETE,
        SQL_EXCESS_LESSONS_DELETE,
        SQL_OLD_ALERTS_ANY,
        SQL_OLD_ALERTS_DELETE,
        SQL_EXCESS_ALERTS_DELETE,
        SQL_OLD_DEVICES_ANY,
        SQL_OLD_DEVICES_DELETE,
        SQL_OLD_NETWORKS_ANY,
        SQL_OLD_NETWORKS_DELETE,
        SQL_VACUUM_STEP,
        _SQL_MAX,
};

struct store {
        sqlite3 *db;
        sqlite3_stmt *statements[_SQL_MAX];
        char *path;
        bool in_memory;
        int lock_fd;      /* holds an flock(2) on the file for as long as it is open */
        sqlite3 *orphan;  /* its file was taken away; not yet saved from it */
        ino_t beside[2];  /* the log and its index, "-wal" and "-shm"; 0: not open */
        bool lost;        /* damaged or taken away: store_recover() */
        bool durable;     /* the present setting of PRAGMA synchronous */
        uint64_t created; /* ns since the epoch */
        struct store_config config;
        struct store_source source;
        struct store_dirty devices, networks;
        size_t compact_at; /* marks of devices at which those of devices that are gone are dropped */
        bool keep_old;     /* nothing goes for its age */
        bool sweep;        /* that was done: rows may be left over */
        struct store_counters counters;
        char error[1024];
};

/* A parameter of a statement; text is bound, never pasted, and must live until the call returns. */
struct store_value {
        int64_t number;
        const char *text;
        enum { VALUE_NUMBER, VALUE_TEXT } type;
};

#define NUMBER(x) ((struct store_value) { .type = VALUE_NUMBER, .number = (int64_t) (x) })
#define TEXT(x) ((struct store_value) { .type = VALUE_TEXT, .text = (x) }) /* NULL stays NULL */

/* Runs a statement that gives no rows; number of rows that it changed, or -errno with the error noted. */
int store_run_values(struct store *store, enum store_statement statement, const struct store_value *values, size_t n);
#define store_run(store, statement, ...)                                                         \
        store_run_values((store), (statement), (const struct store_value[]) { __VA_ARGS__ },     \
                         sizeof((const struct store_value[]) { __VA_ARGS__ }) / sizeof(struct store_value))
int store_run_plain(struct store *store, enum store_statement statement);

/* Binds a statement that gives rows; step it with store_next() until that returns 0 or an error, or leave
 * early and store_reset() it. */
sqlite3_stmt *store_query(struct store *store, enum store_statement statement, const struct store_value *values, size_t n);
int store_next(struct store *store, sqlite3_stmt *query);
/* The number in the first row of a statement without parameters. */
int store_number(struct store *store, enum store_statement statement, uint64_t *ret);

/* A write transaction; `durable` waits for the disk at its end. store_end() commits if r >= 0, else takes all
 * back, and returns r or why it could not be committed. */
int store_begin(struct store *store, bool durable);
int store_end(struct store *store, int r);

/* Notes why something failed, and gives the errno for a result code of SQLite. */
int store_fail(struct store *store, int rc);
int store_complain(struct store *store, int error, const char *format, ...) _printf_(3, 4);

/* Values out of a row, all checked: the file is not to be trusted. False: it is not what it must be. */
bool store_column_u64(sqlite3_stmt *row, int column, uint64_t max, uint64_t *ret);
bool store_column_bool(sqlite3_stmt *row, int column, bool *ret);
/* `*ret` lives until the next step; NULL for SQL NULL. At most `max` bytes of UTF-8 without NUL. */
bool store_column_text(sqlite3_stmt *row, int column, size_t max, const char **ret);
bool store_column_time(sqlite3_stmt *row, int column, uint64_t *ret);

/* store-schema.c */
#define STORE_APPLICATION_ID 0x4c534350 /* "LSCP", bytes 68..71 of the file */
/* The highest schema that this program knows. */
int store_schema_version(void);
/* Runs all migrations from `version` on, each in its own transaction. */
int store_migrate(struct store *store, int version);
extern const char *const store_sql[_SQL_MAX];

/* store-salvage.c: copies what can be read, of what is not there yet; number of rows. */
size_t store_salvage(struct store *store, sqlite3 *from);

/* Is the file still where it is to be? 0; -ESTALE: it was moved, replaced or deleted, or its log was. */
int store_check_file(struct store *store);

/* store-devices.c; all inside a transaction */
const char *store_voice_to_string(enum fact_voice voice); /* as spelled in the file */
int store_write_network(struct store *store, uint64_t id, const struct network *network);
/* `changes` as in store_put_device(); `user` instead of the device's own, NULL for that. */
int store_write_device(struct store *store, const struct device *device, const struct device_user *user, uint32_t changes);
/* The same without what it moved, which is dear and changes all the time. 1: that is left to be written; 0: the device was
 * new, and all of it was. */
int store_write_changes(struct store *store, const struct device *device, uint32_t changes);

/* store-traffic.c; inside a transaction, but for the last one */
const char *store_span_to_string(enum store_span span); /* as spelled in the file */
int store_write_traffic(struct store *store, uint64_t device);
int store_move_traffic(struct store *store, uint64_t from, uint64_t to);
/* When the oldest begins; 0: there is none, 1: `*ret` has it. */
int store_first_traffic(struct store *store, enum store_span span, uint64_t *ret);
/* Deletes some of what began before `limit` (ns); number of rows. */
int store_prune_traffic(struct store *store, enum store_span span, uint64_t limit);
