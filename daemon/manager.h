/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "common/macro.h"
#include "common/strbuf.h"
#include "daemon/alert-queue.h"
#include "daemon/changes.h"
#include "daemon/clock-watch.h"
#include "daemon/evidence.h"
#include "daemon/configuration.h"
#include "daemon/flows.h"
#include "daemon/ledger.h"
#include "daemon/listen-address.h"
#include "daemon/listener.h"
#include "daemon/metrics-server.h"
#include "daemon/output.h"
#include "daemon/polkit.h"
#include "daemon/problems.h"
#include "daemon/replay.h"
#include "daemon/store.h"
#include "daemon/streams.h"
#include "daemon/talkers.h"
#include "daemon/tally.h"
#include "engine/engine.h"

/* The service: owns the loop's sources, the engine, the store and the bus, and passes between them
 * what happens. The bus files read its fields; only manager.c changes them. */

#define OVERRIDES_MAX 32

struct manager_options {
        const char *config;    /* NULL: the usual places */
        const char *rules;     /* NULL: the usual places */
        const char *database;  /* NULL: the usual place; with `replay` none: kept in memory */
        const char *replay;    /* NULL: live */
        bool replay_exit;
        const char *bus;       /* NULL or "system", "session", or an address */
        const char *mode, *backend; /* NULL: as configured */
        struct { /* other values that count for more than the files' */
                const char *section, *key, *value;
        } overrides[OVERRIDES_MAX];
        size_t n_overrides;
        const char *interfaces[CONFIG_INTERFACES_MAX];
        size_t n_interfaces;   /* 0: as configured */
};

/* What may have changed of the Manager object. */
enum manager_change {
        MANAGER_MODE = 1 << 0,
        MANAGER_CAPTURE = 1 << 1,
        MANAGER_DEVICES = 1 << 2,
        MANAGER_ALERTS = 1 << 3,
        MANAGER_LEARNING = 1 << 4,
        MANAGER_PROBLEMS = 1 << 5,
};

struct manager_counters {
        uint64_t alerts_dropped;     /* could not be stored, and no more could wait */
        uint64_t alert_signals_held; /* stored and listed, but not signalled: too many in one second, or the bus hangs */
        uint64_t objects_hidden;     /* devices left out of a GetManagedObjects that would not fit a message */
};

struct manager {
        const struct manager_options *options;
        sd_event *event;
        sd_bus *bus;
        struct config config;
        struct ruleset *rules;
        struct store *store;
        struct evidence_keeper *evidence; /* NULL: the database is in no folder */
        struct engine *engine;
        struct changes *changes;
        struct polkit *polkit;
        struct listener *listener;
        struct replay *replay;
        struct alert_queue *alerts, *alert_changes; /* those that are new, and news of those that are not */
        struct streams *streams;
        struct ledger *ledger;
        struct output *output;
        struct metrics_server *metrics; /* NULL: nobody may ask for any */
        struct {
                int handed[METRICS_SOCKETS_MAX]; /* by systemd */
                size_t n_handed, n_made;
                struct listen_address made[METRICS_SOCKETS_MAX]; /* Listen= */
        } metrics_sockets;
        struct tally tally;
        struct { /* when statistics were written last, and what they were */
                uint64_t at, packets, bytes;
        } reported;
        uint64_t frames;          /* read since capture was started */
        struct flows *flows;         /* NULL: not wanted */
        struct flow_hasher *hasher;  /* with flows */
        struct talkers *talkers;     /* with flows */

        sd_event_source *post, *engine_timer, *flush_timer, *prune_timer, *lessons_timer;
        sd_event_source *term_signal, *interrupt_signal, *hangup_signal;
        uint64_t engine_deadline; /* what engine_timer is set to: ns since the epoch; UINT64_MAX: off */
        uint64_t flush_at[_STORE_HASTE_MAX]; /* usec, monotonic; UINT64_MAX: nothing so urgent waits */
        uint64_t learning_until;  /* ns since the epoch; 0: not learning */
        uint64_t unacknowledged;
        uint64_t alerts_retry_at; /* usec, monotonic: the store could not write */
        struct clock_watch clock;
        int64_t clock_step;       /* ns by which the clock was set, not accounted for yet */
        uint64_t clock_retry_at;  /* CLOCK_BOOTTIME, ns */
        uint64_t mend_at;         /* usec, monotonic: not before then the database is made anew */
        bool alerts_resolved;     /* those of the run before */
        bool lessons_missing;     /* those that were told last are not saved */
        struct problems problems;
        uint64_t signals_begin;   /* usec, monotonic: the second in which `signals` alerts were signalled */
        unsigned signals;
        uint64_t started;         /* ns since the epoch */
        bool running;
        bool mode_is_set;         /* by SetMode, since configuration was read */
        struct {
                unsigned first;   /* enum privilege: what the process began with */
                unsigned in_vain; /* given up because the backend for them cannot be had on this machine */
                bool may_drop;
                bool look;        /* interfaces changed: is all of it still needed, and is it enough? */
                bool ending;      /* for what was given up */
        } privileges;
        struct manager_counters counters;
};

/* 0, or -errno after having said why in the log. */
int manager_new(struct manager **ret, const struct manager_options *options);
struct manager *manager_free(struct manager *manager);
DEFINE_CLEANUP(struct manager *, manager_free)

/* Until SIGTERM, SIGINT, or the end of --replay-exit. */
int manager_run(struct manager *manager);

/* For manager-requests.c. */

/* Flows as configured now; those that go on end. 0 or -errno. */
int manager_restart_flows(struct manager *manager);
int manager_restart_output(struct manager *manager);

/* An engine as configured, empty, and what the database holds for it. 0 or -errno. */
int manager_make_engine(struct manager *manager);
int manager_restore(struct manager *manager);

/* Stores the alerts that wait, then tells of them. */
void manager_commit_alerts(struct manager *manager);
void manager_recount_alerts(struct manager *manager);
/* What waits for the database is written in `delay` usec at the latest. */
void manager_flush_within(struct manager *manager, uint64_t delay);
/* Properties of the Manager object may have changed: enum manager_change. */
void manager_mark(struct manager *manager, uint32_t changes);
void manager_notify_status(struct manager *manager);
/* ns since the epoch, as configured; 0: over, or none. */
/* ns within which the engine takes frames for copies of each other; 0: not at all. */
uint64_t manager_duplicate_window(const struct config *config);
uint64_t manager_learning_until(const struct manager *manager);

/* What clients ask for (manager-requests.c). */

/* -errno: not saved, nothing changed. `user` is borrowed. */
int manager_set_user(struct manager *manager, const struct device *device, const struct device_user *user);
int manager_forget(struct manager *manager, uint64_t id);
/* -EINPROGRESS, of these two: done, but not on the disk yet; that is tried again. */
int manager_merge(struct manager *manager, uint64_t id, uint64_t other);
int manager_split(struct manager *manager, uint64_t id, const struct mac_address *mac, uint64_t *ret_id);
/* Takes effect at once; sets the id. -E2BIG: ALERT_EXCEPTIONS_MAX is reached. */
int manager_mute(struct manager *manager, struct alert_exception *exception);
int manager_unmute(struct manager *manager, uint64_t id); /* -ENOENT */
/* Gives the engine the exceptions that the store has, but for those that are over. */
int manager_load_exceptions(struct manager *manager);
/* How often each was met, into the store. */
void manager_save_exceptions(struct manager *manager);
int manager_acknowledge(struct manager *manager, const uint64_t *ids, size_t n, size_t *ret_n);

/* Interfaces: none for the one with the default route. Until the next reload. On failure all goes on as before,
 * and `reasons` says why, a line an interface. -EOPNOTSUPP, here and below: a file is being replayed. */
int manager_set_mode(struct manager *manager, enum capture_mode mode, const char *const interfaces[], size_t n,
                     struct strbuf *reasons);
int manager_start_capture(struct manager *manager, struct strbuf *reasons);
int manager_stop_capture(struct manager *manager);

/* Reads configuration and rules anew; `*ret` (strings_free()) lists the mistakes in them. On failure all
 * stays as it was. */
int manager_reload(struct manager *manager, char ***ret);

/* ns since the epoch: the time of day, or that of the capture file that is replayed. */
uint64_t manager_now(const struct manager *manager);
struct inventory *manager_inventory(const struct manager *manager);
uint32_t manager_online_count(const struct manager *manager);
/* "ebpf", "pcap", "mixed", "replay", or "". */
const char *manager_backend(const struct manager *manager);
