/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/macro.h"
#include "engine/detect/alert-exception.h"
#include "engine/detect/alert.h"
#include "engine/detect/lesson.h"
#include "engine/inventory/inventory.h"

/* The database: networks, devices with what the user set, alerts. It speaks in the engine's records and
 * hides SQLite. Names, class, presence and vendor are not kept: the inventory derives them anew.
 *
 * Two ways to write. What traffic tells is only marked (store_put_*) and written by store_flush(), many
 * devices a transaction. What a client is answered for (user data, merges, alerts) is on the disk
 * before the call returns, or the call fails and the file is as before.
 *
 * One thread; the store never asks for the time of day. Errors are negative errno; store_last_error()
 * then has a sentence. The usual ones of every write: -EBUSY another process holds the file; -ENOSPC disk or
 * size_max full; -EROFS; -EUCLEAN damaged while in use; -EIO; -ENOMEM. All may pass: call again later.
 * What was marked stays marked until it is written. */

struct store;

#define STORE_SIZE_MIN (UINT64_C(128) << 10)

struct store_config {
        uint64_t now;          /* ns since the epoch; stamps a new file and the name of a damaged one */
        uint64_t size_max;     /* bytes of the file, a hard cap; default 256 MiB, at least STORE_SIZE_MIN */
        uint32_t alerts_max;   /* rows kept; default 20000 */
        uint64_t alert_age_max;  /* ns that an acknowledged alert is kept; default 90 days; 0: for ever */
        uint64_t device_age_max; /* ns without a sign of life after which a device that the user set nothing
                                  * on is dropped; default 365 days; 0: never */
        uint64_t hour_age_max;   /* ns that the traffic of an hour is kept; default 14 days; 0: for ever */
        uint64_t day_age_max;    /* and that of a day; default 400 days; 0: for ever */
};

struct store_counters {
        uint64_t networks, devices, alerts, unacknowledged_alerts; /* rows now */
        uint64_t file_bytes, free_bytes; /* of the database file, without the log beside it */
        uint64_t dirty;                  /* devices and networks that wait for a flush */
        uint64_t transactions, failures; /* since the store was opened; ids that do not exist are none */
        uint64_t flushes, flushed_devices;
        uint64_t flush_usec_last, flush_usec_max;
        uint64_t skipped_rows;           /* unreadable, or refused by whom they were loaded for */
        uint64_t pruned_devices, pruned_alerts;
        uint64_t traffic, peers;         /* rows of history now */
        uint64_t lessons;                /* what detectors have learned, rows now */
        uint64_t pruned_traffic;         /* rows of history, of either kind */
};

/* What a device sent and received in one hour (UTC; `time`: its beginning, ns since the epoch), and with whom. */
struct store_peer {
        struct ip_address address;
        const char *name; /* NULL: none known */
        struct device_traffic traffic; /* as the device counts it */
};

struct store_hour {
        uint64_t time;
        struct device_traffic traffic;
        const struct store_peer *peers;
        size_t n_peers;
};

/* Where flush gets its records from, usually inventory_get() and inventory_get_network(); NULL for an id
 * that is no more: its row is deleted. */
struct store_source {
        const struct device *(*device)(void *userdata, uint64_t id);
        const struct network *(*network)(void *userdata, uint64_t id);
        void *userdata;
        /* Traffic that is not in the file yet; both NULL: none is kept. It is added in the very transaction that writes the
         * device's own row, so that its counters are at all times the sum of its hours. Lives until traffic_written(),
         * which tells at the transaction's end whether all that was fetched in it is in the file now. */
        const struct store_hour *(*traffic)(void *userdata, uint64_t id, size_t *ret_n);
        void (*traffic_written)(void *userdata, bool written);
};

/* Records and strings live during the call. A negative answer counts the record as skipped, no more. */
struct store_load_ops {
        int (*network)(void *userdata, const struct network *network);
        int (*device)(void *userdata, const struct device *device);
        void *userdata;
};

void store_config_default(struct store_config *config);

/* Opens or makes the database at `path` (":memory:" for one that is nowhere) and brings an older schema
 * up to date. A file that is damaged is renamed to <path>.damaged-<time>, and a fresh one made.
 *
 * `*ret_message` (caller frees; the pointer may be NULL) is a sentence to be shown: on failure why and what to
 * do (NULL if there is no memory even for that), on success NULL unless a damaged file was moved away.
 *
 * -EPROTONOSUPPORT: made by a newer lanscope. -EMEDIUMTYPE: not lanscope's database. Both leave it as it is.
 * -EBUSY: another process has it. -EACCES, -EROFS, -ENOENT (no such directory), -ENOSPC, -EIO, -ENOMEM. */
int store_open(struct store **ret, const char *path, const struct store_config *config, char **ret_message);
/* While it is in use the file may be damaged, or moved, replaced or deleted. Then whatever is asked for fails (-EUCLEAN,
 * -ESTALE), and this is true. */
bool store_is_lost(const struct store *store);
/* Makes it anew and copies what can be read of the one before; the caller marks all that is in memory to be written. 0, with a
 * sentence to be shown in `*ret_message` (caller frees). -errno: as store_open(), see store_last_error(); try again. */
int store_recover(struct store *store, uint64_t now, char **ret_message);
/* Flushes what can be flushed. Call it while the source is still there. NULL is fine. */
struct store *store_close(struct store *store);
DEFINE_CLEANUP(struct store *, store_close)

void store_set_source(struct store *store, const struct store_source *source);
/* New limits, at any time. `now` in it is not used. */
void store_set_config(struct store *store, const struct store_config *config);

/* What failed last, "" if nothing did. Lives until the next call. */
const char *store_last_error(const struct store *store);
/* When this database was first made, ns since the epoch: the start of the learning period. */
uint64_t store_created(const struct store *store);
void store_get_counters(struct store *store, struct store_counters *ret);

/* All networks, then all devices. Rows that cannot be are skipped and counted. */
int store_load(struct store *store, const struct store_load_ops *ops);

/* Write-behind. `changes` is enum device_change: only the parts named are written, and all of a device that
 * has no row yet. CHANGE_SEEN writes one small row: times and counts inside lists go with their list.
 * -ENOMEM. */
int store_put_device(struct store *store, uint64_t id, uint32_t changes);
int store_delete_device(struct store *store, uint64_t id);
int store_put_network(struct store *store, uint64_t id);
/* How long what was marked may wait to be written. */
enum store_haste {
        STORE_SOON,   /* who is there, at which addresses, what was set */
        STORE_LATER,  /* one more piece of evidence: among many devices some have one every second */
        STORE_SELDOM, /* that somebody was seen, and what was moved */
        _STORE_HASTE_MAX,
};

/* The most urgent of enum device_change; _STORE_HASTE_MAX: nothing of it is kept. */
enum store_haste store_haste(uint32_t changes);
size_t store_dirty(const struct store *store);
/* Marks of devices that are gone are bounded; their rows are then found by looking through all.
 * Writes what is marked, up to `limit` devices (0: all), in one transaction; none if nothing is marked. 1:
 * more is left, call again from the event loop; 0: all is written. STORE_FLUSH_STEP new devices with all their
 * lists take some 15 ms; devices that were merely seen, a twentieth of that. On -ENOSPC, store_prune() may help. */
#define STORE_FLUSH_STEP 500
int store_flush(struct store *store, size_t limit);
/* The same of what is at least so urgent, and all of a device that has no row yet. On a busy network all devices are seen all
 * the time, and some look for something new every second: their rows, for the sake of one that changed otherwise, are most of
 * what the service would write. What devices moved is written with STORE_SELDOM. */
int store_flush_urgent(struct store *store, size_t limit, enum store_haste haste);

/* Durable on return. The device's own row is written along if it has none.
 * -EINVAL, -E2BIG: text that is not UTF-8 or too long. */
int store_save_user(struct store *store, const struct device *device, const struct device_user *user);
/* `merged` is what the inventory made of both; alerts of `other` become its own. */
int store_merge(struct store *store, const struct device *merged, uint64_t other);
int store_split(struct store *store, const struct device *kept, const struct device *created);
/* Its alerts stay, as what was told. */
int store_forget(struct store *store, uint64_t id);

/* Alerts. Adding is durable on return, all or none. -EEXIST: id used before; -ERANGE: id 0 or beyond 2^63;
 * -EINVAL: no such kind or severity. Texts are cut at STORE_ALERT_TEXT_MAX bytes (details refused: -E2BIG).
 * The rows of their devices are written along, so that both know that it was told. */
#define STORE_ALERT_TEXT_MAX 4096
int store_add_alerts(struct store *store, const struct alert *alerts, size_t n);

/* An alert as it is now. `unacknowledge`: it is worth a new look. -ENOENT: it was deleted meanwhile. */
int store_update_alert(struct store *store, const struct alert *alert, bool unacknowledge, bool *ret_acknowledged);
/* What was active when the service ended is resolved: nobody watched since. */
int store_resolve_alerts(struct store *store);

/* Exceptions. Durable on return, but for hits. */
/* Sets its id. -EINVAL: text that is not UTF-8. */
int store_add_exception(struct store *store, struct alert_exception *exception);
int store_delete_exception(struct store *store, uint64_t id); /* -ENOENT */
/* Oldest first, at most `max`; how many, or -errno. */
int store_list_exceptions(struct store *store, struct alert_exception *ret, size_t max);
int store_save_exception_hits(struct store *store, const struct alert_exception *exception);

struct store_alert_filter {
        bool unacknowledged;
        enum alert_kind kind;         /* _ALERT_KIND_INVALID: all */
        enum alert_severity severity; /* at least */
        uint64_t device;              /* 0: all */
        uint64_t since;               /* ns since the epoch */
        uint32_t limit;               /* 0: all */
        bool by_id;                   /* only these, in this order; those that do not exist are left out */
        const uint64_t *ids;
        size_t n_ids;
};
#define STORE_ALERT_FILTER_ALL ((struct store_alert_filter) { .kind = _ALERT_KIND_INVALID })

/* Newest first. `take` returns a negative errno to stop, which is handed on. Alerts live during the call, in
 * which the store must not be written. Number of alerts, or -errno. */
int store_list_alerts(struct store *store, const struct store_alert_filter *filter,
                      int (*take)(void *userdata, const struct alert *alert), void *userdata);
/* n = 0: all. -ENOENT: one of them does not exist, and nothing was changed. `*ret_ids` (caller frees) has those
 * that were not acknowledged before. Durable on return. */
int store_acknowledge_alerts(struct store *store, const uint64_t *ids, size_t n, uint64_t **ret_ids, size_t *ret_n);
/* 1: there is an alert of this id; 0: there is none. */
int store_has_alert(struct store *store, uint64_t id);
int store_count_unacknowledged(struct store *store, uint64_t *ret);
/* The highest id ever used, alerts since deleted included; 0: none. */
int store_last_alert_id(struct store *store, uint64_t *ret);

/* What detectors have learned; half a year after it changed last it goes. `tell` hands each lesson to `take`; all or none of them are
 * saved, without waiting for the disk. */
int store_save_lessons(struct store *store, uint64_t now, void (*tell)(void *userdata, lesson_take_fn take, void *to), void *userdata);
/* All, the one that changed last comes last. `take` returns false for what makes no sense, which is counted. */
int store_load_lessons(struct store *store, bool (*take)(void *userdata, const struct lesson *lesson), void *userdata);

/* History of traffic, as far as it is in the file. An hour has at most STORE_PEERS_MAX peers, those with the most bytes, and
 * so has a day. */
#define STORE_PEERS_MAX 16
enum store_span { SPAN_HOUR, SPAN_DAY, _SPAN_MAX };
#define SPAN_NSEC(span) ((span) == SPAN_DAY ? 86400 * NSEC_PER_SEC : 3600 * NSEC_PER_SEC)

struct store_traffic_filter {
        enum store_span span;
        uint64_t device;       /* 0: all */
        uint64_t since, until; /* ns since the epoch: spans that begin in [since, until) */
};

/* As store_list_alerts(); of one device in the order of time, of all in none. */
int store_list_traffic(struct store *store, const struct store_traffic_filter *filter,
                       int (*take)(void *userdata, uint64_t device, uint64_t time, const struct device_traffic *traffic),
                       void *userdata);
/* Peers of all those spans together, the most bytes first. */
int store_list_peers(struct store *store, const struct store_traffic_filter *filter, uint32_t limit,
                     int (*take)(void *userdata, const struct store_peer *peer), void *userdata);

/* The clock was set by `step` ns; it is `now`. What was seen from `since` on, by the clock before, is dated anew; no time is later than
 * now. */
int store_shift_times(struct store *store, uint64_t since, int64_t step, uint64_t now);
/* When a device was seen last; 0: never. */
int store_newest(struct store *store, uint64_t *ret);

/* Retention by age, number and size, a bounded step a call; gives free pages back. Call it about hourly, and
 * again soon while it returns 1. 0: nothing (more) to do. */
int store_prune(struct store *store, uint64_t now);
/* Nothing goes for its age: the clock cannot be trusted. */
void store_keep_old(struct store *store, bool keep);
