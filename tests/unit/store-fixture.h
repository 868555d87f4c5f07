/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tests/unit/cmocka-all.h"

#include <errno.h>
#include <ftw.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "daemon/store.h"

/* A database in a directory of its own, and a small inventory for it to be filled from. */

#define NOW (UINT64_C(1700000000) * NSEC_PER_SEC) /* 2023-11-14 22:13:20 UTC */
#define DAY (UINT64_C(86400) * NSEC_PER_SEC)
#define SOURCE_MAX 64

struct fixture {
        char directory[64], path[96];
        struct store *store;
        struct device devices[SOURCE_MAX];
        size_t n_devices;
        struct network networks[4];
        size_t n_networks;
        size_t fetched;
};

static const struct device *fixture_device(void *userdata, uint64_t id) {
        struct fixture *f = userdata;

        f->fetched++;
        for (size_t i = 0; i < f->n_devices; i++)
                if (f->devices[i].id == id)
                        return &f->devices[i];
        return NULL;
}

static const struct network *fixture_network(void *userdata, uint64_t id) {
        struct fixture *f = userdata;

        for (size_t i = 0; i < f->n_networks; i++)
                if (f->networks[i].id == id)
                        return &f->networks[i];
        return NULL;
}

static inline void fixture_set_source(struct fixture *f) {
        store_set_source(f->store, &(struct store_source) { fixture_device, fixture_network, f });
}

static inline int fixture_try_open(struct fixture *f, uint64_t size_max, char **ret_message) {
        struct store_config config;
        int r;

        store_config_default(&config);
        config.now = NOW;
        if (size_max > 0)
                config.size_max = size_max;
        r = store_open(&f->store, f->path, &config, ret_message);
        if (r >= 0)
                fixture_set_source(f);
        return r;
}

static inline void fixture_open(struct fixture *f) {
        char *message = NULL;

        if (fixture_try_open(f, 0, &message) < 0)
                fail_msg("%s", message);
        assert_null(message);
}

static inline void fixture_reopen(struct fixture *f) {
        f->store = store_close(f->store);
        fixture_open(f);
}

static inline int fixture_setup(void **state) {
        struct fixture *f = calloc(1, sizeof *f);

        /* In memory where that can be: a thousand fdatasync() are minutes on a slow disk. What a crash leaves of a real one is
         * tests/store's to find out. */
        if (!mkdtemp(strcpy(f->directory, "/dev/shm/lanscope-store-XXXXXX")) && !mkdtemp(strcpy(f->directory, "/tmp/lanscope-store-XXXXXX")))
                return -1;
        snprintf(f->path, sizeof f->path, "%s/lanscope.db", f->directory);
        *state = f;
        return 0;
}

static int fixture_remove(const char *path, const struct stat *st, int type, struct FTW *ftw) {
        (void) st, (void) type, (void) ftw;
        return remove(path);
}

static inline int fixture_teardown(void **state) {
        struct fixture *f = *state;

        store_close(f->store);
        nftw(f->directory, fixture_remove, 8, FTW_DEPTH | FTW_PHYS);
        free(f);
        return 0;
}

/* A plain device: one MAC, one IPv4 address, nothing set by the user. Its lists are the caller's to fill. */
static inline struct device *fixture_add(struct fixture *f, uint64_t id) {
        struct device *d = &f->devices[f->n_devices++];

        assert_true(f->n_devices <= SOURCE_MAX);
        *d = (struct device) {
                .id = id,
                .network = 7,
                .first_seen = NOW - 2 * DAY,
                .last_seen = NOW - DAY,
                .n_macs = 1,
                .n_ipv4 = 1,
                .user = { .type = _TYPE_INVALID },
        };
        d->macs[0] = (struct device_mac) { { { 0x00, 0x11, 0x22, 0, (uint8_t) (id >> 8), (uint8_t) id } }, NOW - DAY, NOW };
        d->ipv4[0] = (struct device_ip) { { AF_INET, { 192, 0, 2, (uint8_t) id } }, NOW - DAY, NOW, FACT_ARP_SENDER };
        return d;
}

/* Somebody else's hands in the file, while the store is closed (or open: it is WAL). */
static inline void fixture_tamper(struct fixture *f, const char *sql) {
        char *error = NULL;
        sqlite3 *db;

        assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
        sqlite3_busy_timeout(db, 5000);
        if (sqlite3_exec(db, sql, NULL, NULL, &error) != SQLITE_OK)
                fail_msg("%s: %s", sql, error);
        sqlite3_close(db);
}

/* First column of the first row as a number; -1 for no row. */
static inline int64_t fixture_number(struct fixture *f, const char *sql) {
        sqlite3_stmt *s;
        sqlite3 *db;
        int64_t n = -1;

        assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
        assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
        if (sqlite3_step(s) == SQLITE_ROW)
                n = sqlite3_column_int64(s, 0);
        sqlite3_finalize(s);
        sqlite3_close(db);
        return n;
}

static inline uint64_t fixture_transactions(struct fixture *f) {
        struct store_counters counters;

        store_get_counters(f->store, &counters);
        return counters.transactions;
}

/* What a load handed over, one line each. */
struct fixture_log {
        char text[65536];
        size_t devices, networks;
        int answer; /* of the callbacks */
};

static inline _printf_(2, 3) void log_line(struct fixture_log *log, const char *format, ...) {
        size_t length = strlen(log->text);
        va_list args;

        va_start(args, format);
        vsnprintf(log->text + length, sizeof log->text - length, format, args);
        va_end(args);
}

static inline void log_ips(struct fixture_log *log, const struct device_ip *ips, size_t n) {
        char ip[IP_STRING_MAX];

        for (size_t i = 0; i < n; i++)
                log_line(log, " ip %s by %s %llu %llu\n", ip_format(&ips[i].address, ip),
                         ips[i].source == _FACT_KIND_INVALID ? "-" : fact_kind_to_string(ips[i].source),
                         (unsigned long long) ips[i].first_seen, (unsigned long long) ips[i].last_seen);
}

static inline void log_device(struct fixture_log *log, const struct device *d) {
        char mac[MAC_STRING_MAX];

        log_line(log, "device %llx network %llx flags %x seen %llu %llu traffic %llu %llu %llu %llu\n",
                 (unsigned long long) d->id, (unsigned long long) d->network, d->flags,
                 (unsigned long long) d->first_seen, (unsigned long long) d->last_seen,
                 (unsigned long long) d->traffic.packets_sent, (unsigned long long) d->traffic.bytes_sent,
                 (unsigned long long) d->traffic.packets_received, (unsigned long long) d->traffic.bytes_received);
        for (size_t i = 0; i < d->n_macs; i++)
                log_line(log, " mac %s %llu %llu\n", mac_format(&d->macs[i].address, mac),
                         (unsigned long long) d->macs[i].first_seen, (unsigned long long) d->macs[i].last_seen);
        log_ips(log, d->ipv4, d->n_ipv4);
        log_ips(log, d->ipv6, d->n_ipv6);
        for (size_t i = 0; i < d->n_services; i++)
                log_line(log, " service %s by %s %llu %llu\n", d->services[i].value,
                         fact_kind_to_string(d->services[i].source), (unsigned long long) d->services[i].first_seen,
                         (unsigned long long) d->services[i].last_seen);
        for (size_t i = 0; i < d->n_evidence; i++)
                log_line(log, " evidence %s %d %s %u x%u %llu %llu\n", fact_kind_to_string(d->evidence[i].kind),
                         d->evidence[i].voice, d->evidence[i].value, d->evidence[i].confidence, d->evidence[i].count,
                         (unsigned long long) d->evidence[i].first_seen, (unsigned long long) d->evidence[i].last_seen);
        log_line(log, " user %s | %s | %s | %d\n", d->user.label ? d->user.label : "-", d->user.notes ? d->user.notes : "-",
                 d->user.type == _TYPE_INVALID ? "-" : device_type_to_string(d->user.type), d->user.trusted);
}

static inline void log_network(struct fixture_log *log, const struct network *n) {
        char mac[MAC_STRING_MAX], ip[IP_STRING_MAX];

        log_line(log, "network %llx %s vlan %u gateway %s %s name %s seen %llu %llu\n", (unsigned long long) n->id,
                 n->interface, n->vlan, mac_format(&n->gateway_mac, mac), ip_format(&n->gateway_ip, ip),
                 n->name ? n->name : "-", (unsigned long long) n->first_seen, (unsigned long long) n->last_seen);
        for (size_t i = 0; i < n->n_prefixes; i++)
                log_line(log, " prefix %s/%u\n", ip_format(&n->prefixes[i].address, ip), n->prefixes[i].length);
}

static int fixture_take_device(void *userdata, const struct device *device) {
        struct fixture_log *log = userdata;

        log->devices++;
        log_device(log, device);
        return log->answer;
}

static int fixture_take_network(void *userdata, const struct network *network) {
        struct fixture_log *log = userdata;

        log->networks++;
        log_network(log, network);
        return log->answer;
}

static inline int fixture_load(struct fixture *f, struct fixture_log *log) {
        memset(log, 0, sizeof *log);
        return store_load(f->store, &(struct store_load_ops) { fixture_take_network, fixture_take_device, log });
}
