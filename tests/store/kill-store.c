/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Kills a process that writes to the store, at random moments and without warning, and looks whether all
 * that it was told is saved is there. What it was told comes through a pipe, written after each call
 * returned, as an answer to a client would be. LANSCOPE_KILLS sets how often; default 20. */

#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "daemon/store.h"

#define NOW (UINT64_C(1700000000) * NSEC_PER_SEC)
#define DEVICES 50

enum promise_kind { PROMISE_LABEL, PROMISE_ALERT, PROMISE_ACKNOWLEDGED, PROMISE_FLUSHED };

struct promise {
        enum promise_kind kind;
        uint64_t id, value; /* of the device and its label, or of the alert */
};

struct world {
        char directory[64], path[96];
        struct device devices[DEVICES];
        /* What must be in the file, as far as the writer was told. */
        uint64_t labels[DEVICES + 1], seen[DEVICES + 1], alerts, acknowledged;
        /* What is in it. */
        uint64_t found_labels[DEVICES + 1], found_seen[DEVICES + 1], found_alerts, found_acknowledged;
        uint64_t promises, errors;
};

static const struct device *get_device(void *userdata, uint64_t id) {
        struct world *w = userdata;

        return id >= 1 && id <= DEVICES ? &w->devices[id - 1] : NULL;
}

static const struct network *get_network(void *userdata, uint64_t id) {
        (void) userdata, (void) id;
        return NULL;
}

static void open_or_die(struct world *w, struct store **ret) {
        _cleanup_(freep) char *message = NULL;
        struct store_config config;

        store_config_default(&config);
        config.now = NOW;
        if (store_open(ret, w->path, &config, &message) < 0 || message) {
                fprintf(stderr, "opening: %s\n", message ? message : "no message");
                exit(1);
        }
        store_set_source(*ret, &(struct store_source) { get_device, get_network, w });
}

static void promise(int fd, enum promise_kind kind, uint64_t id, uint64_t value) {
        const struct promise p = { kind, id, value };

        if (write(fd, &p, sizeof p) != sizeof p)
                _exit(2);
}

static void make_devices(struct world *w) {
        for (uint64_t id = 1; id <= DEVICES; id++)
                w->devices[id - 1] = (struct device) {
                        .id = id,
                        .first_seen = NOW,
                        .n_macs = 1,
                        .macs = { { .address = { { 2, 0, 0, 0, 0, (uint8_t) id } } } },
                        .user = { .type = _TYPE_INVALID },
                };
}

/* One turn of everything that writes; `n` rises for ever, also over restarts. */
static void write_once(struct world *w, struct store *store, int fd, uint64_t n) {
        struct device *d = &w->devices[n % DEVICES];
        struct alert alert = { .id = n, .ts = NOW + n, .device = d->id, .message = "New device" };
        uint64_t *ids = NULL;
        size_t n_ids;
        char label[32];

        snprintf(label, sizeof label, "%llu", (unsigned long long) n);
        d->last_seen = n;
        free(d->user.label);
        d->user.label = strdup(label);
        if (store_save_user(store, d, &d->user) < 0)
                _exit(3);
        promise(fd, PROMISE_LABEL, d->id, n);
        if (store_add_alerts(store, &alert, 1) < 0)
                _exit(3);
        promise(fd, PROMISE_ALERT, n, 0);
        if (n % 3 == 0) {
                if (store_acknowledge_alerts(store, NULL, 0, &ids, &n_ids) < 0)
                        _exit(3);
                free(ids);
                promise(fd, PROMISE_ACKNOWLEDGED, n, 0);
        }
        for (uint64_t id = 1; id <= DEVICES; id++)
                store_put_device(store, id, UINT32_MAX);
        if (n % 5 == 0) {
                if (store_flush(store, 0) < 0)
                        _exit(3);
                promise(fd, PROMISE_FLUSHED, d->id, n);
        }
}

static int take_network(void *userdata, const struct network *network) {
        (void) userdata, (void) network;
        return 0;
}

static int restore_device(void *userdata, const struct device *d) {
        struct world *w = userdata;

        w->devices[d->id - 1].last_seen = d->last_seen;
        w->devices[d->id - 1].user.label = d->user.label ? strdup(d->user.label) : NULL;
        return 0;
}

/* Goes on with what is in the file, as the service does when it starts. */
static void writer(struct world *w, int fd) {
        struct store *store;
        uint64_t n;

        open_or_die(w, &store);
        if (store_load(store, &(struct store_load_ops) { take_network, restore_device, w }) < 0 ||
            store_last_alert_id(store, &n) < 0)
                _exit(4);
        for (;;)
                write_once(w, store, fd, ++n);
}

static void keep(struct world *w, const struct promise *p) {
        w->promises++;
        switch (p->kind) {
        case PROMISE_LABEL:
                w->labels[p->id] = p->value;
                break;
        case PROMISE_ALERT:
                w->alerts = p->id;
                break;
        case PROMISE_ACKNOWLEDGED:
                w->acknowledged = p->id;
                break;
        case PROMISE_FLUSHED:
                w->seen[p->id] = p->value;
                break;
        }
}

static int take_device(void *userdata, const struct device *d) {
        struct world *w = userdata;

        if (d->id < 1 || d->id > DEVICES || d->n_macs != 1) {
                w->errors++;
                return 0;
        }
        w->found_labels[d->id] = d->user.label ? strtoull(d->user.label, NULL, 10) : 0;
        w->found_seen[d->id] = d->last_seen;
        return 0;
}

/* Their number is that of the highest: ids count up from 1 and no alert is ever taken away here. */
static int take_alert(void *userdata, const struct alert *alert) {
        struct world *w = userdata;

        w->found_alerts++;
        if (alert->acknowledged)
                w->found_acknowledged = MAX(w->found_acknowledged, alert->id);
        else if (alert->id <= w->acknowledged)
                w->errors++;
        return 0;
}

static void complain(struct world *w, const char *what, uint64_t id, uint64_t promised, uint64_t found) {
        fprintf(stderr, "%s %llu: %llu was answered for, %llu is there\n", what, (unsigned long long) id,
                (unsigned long long) promised, (unsigned long long) found);
        w->errors++;
}

/* Newer than promised is right as well: the last call may have come through without its answer. */
static void verify(struct world *w) {
        struct store_counters counters;
        struct store *store;

        w->found_alerts = w->found_acknowledged = 0;
        open_or_die(w, &store);
        if (store_load(store, &(struct store_load_ops) { take_network, take_device, w }) < 0 ||
            store_list_alerts(store, &STORE_ALERT_FILTER_ALL, take_alert, w) < 0)
                w->errors++;
        store_get_counters(store, &counters);
        if (counters.skipped_rows > 0)
                complain(w, "skipped rows", 0, 0, counters.skipped_rows);
        for (uint64_t id = 1; id <= DEVICES; id++) {
                if (w->found_labels[id] < w->labels[id])
                        complain(w, "label of device", id, w->labels[id], w->found_labels[id]);
                if (w->found_seen[id] < w->seen[id])
                        complain(w, "flush of device", id, w->seen[id], w->found_seen[id]);
        }
        if (w->found_alerts < w->alerts)
                complain(w, "alerts", 0, w->alerts, w->found_alerts);
        store_close(store);
}

static void kill_once(struct world *w) {
        struct timespec delay = { 0, (long) (1 + rand() % 40) * 1000000 + rand() % 1000000 };
        struct promise p;
        int fds[2], status;
        pid_t child;

        if (pipe(fds) < 0 || (child = fork()) < 0) {
                perror("fork");
                exit(1);
        }
        if (child == 0) {
                close(fds[0]);
                writer(w, fds[1]);
        }
        close(fds[1]);
        /* The first answer shows that it runs; then it may live for a moment. */
        if (read(fds[0], &p, sizeof p) == sizeof p)
                keep(w, &p);
        nanosleep(&delay, NULL);
        kill(child, SIGKILL);
        while (read(fds[0], &p, sizeof p) == sizeof p)
                keep(w, &p);
        close(fds[0]);
        if (waitpid(child, &status, 0) != child || !WIFSIGNALED(status)) {
                fprintf(stderr, "the writer ended by itself, with status %d\n", WEXITSTATUS(status));
                w->errors++;
        }
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw) {
        (void) st, (void) type, (void) ftw;
        return remove(path);
}

int main(void) {
        const char *kills = getenv("LANSCOPE_KILLS");
        unsigned long n = kills ? strtoul(kills, NULL, 10) : 20;
        static struct world w = { .directory = "/tmp/lanscope-kill-XXXXXX" };

        if (!mkdtemp(w.directory)) {
                perror("mkdtemp");
                return 1;
        }
        snprintf(w.path, sizeof w.path, "%s/lanscope.db", w.directory);
        make_devices(&w);
        srand((unsigned) time(NULL));
        for (unsigned long i = 0; i < n && w.errors == 0; i++) {
                kill_once(&w);
                verify(&w);
        }
        printf("%lu kills, %llu answers, %llu lost or wrong\n", n, (unsigned long long) w.promises,
               (unsigned long long) w.errors);
        if (w.errors == 0) /* else it is kept to be looked at */
                nftw(w.directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
        else
                fprintf(stderr, "see %s\n", w.path);
        return w.errors == 0 && w.promises >= n ? 0 : 1;
}
