/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Rows come one by one, from the database and from the ledger; those alike are added up by sorting. */

#include "daemon/traffic-report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Peers that are fetched of the database: whoever is far down there is not made one of the greatest by the ledger. */
#define PEERS_FETCHED 10000

struct gathering {
        struct traffic_report *report;
        const struct store_traffic_filter *filter;
        size_t spans_room, devices_room, peers_room;
        int error;
};

static uint64_t bytes_of(const struct device_traffic *t) {
        return t->bytes_sent + t->bytes_received;
}

static void add(struct device_traffic *sum, const struct device_traffic *more) {
        sum->packets_sent += more->packets_sent;
        sum->bytes_sent += more->bytes_sent;
        sum->packets_received += more->packets_received;
        sum->bytes_received += more->bytes_received;
}

static int grow(void *list, size_t n, size_t *room, size_t size) {
        size_t wanted = MAX(*room * 2, (size_t) 64);
        void **array = list, *grown;

        if (n < *room)
                return 0;
        grown = reallocarray(*array, wanted, size);
        if (!grown)
                return -ENOMEM;
        *array = grown;
        *room = wanted;
        return 0;
}

static int compare_keys(const void *a, const void *b) {
        const struct traffic_row *x = a, *y = b;

        return x->key < y->key ? -1 : x->key > y->key;
}

static int compare_rows(const void *a, const void *b) {
        const struct traffic_row *x = a, *y = b;
        uint64_t bx = bytes_of(&x->traffic), by = bytes_of(&y->traffic);

        return bx > by ? -1 : bx < by ? 1 : compare_keys(a, b);
}

static int compare_addresses(const void *a, const void *b) {
        const struct traffic_peer *x = a, *y = b;

        return memcmp(&x->address, &y->address, sizeof x->address);
}

static int compare_peers(const void *a, const void *b) {
        const struct traffic_peer *x = a, *y = b;
        uint64_t bx = bytes_of(&x->traffic), by = bytes_of(&y->traffic);

        return bx > by ? -1 : bx < by ? 1 : compare_addresses(a, b);
}

/* Sorts by key and adds up what has the same; how many are left. */
static size_t join_rows(struct traffic_row *rows, size_t n) {
        size_t kept = 0;

        if (n == 0)
                return 0;
        qsort(rows, n, sizeof *rows, compare_keys);
        for (size_t i = 1; i < n; i++)
                if (rows[i].key == rows[kept].key)
                        add(&rows[kept].traffic, &rows[i].traffic);
                else
                        rows[++kept] = rows[i];
        return kept + 1;
}

static int add_row(struct traffic_row **rows, size_t *n, size_t *room, uint64_t key,
                   const struct device_traffic *traffic) {
        if (*n == *room) {
                /* Many may be alike; only where joining them does not make much room it grows. */
                *n = join_rows(*rows, *n);
                if (*n >= *room / 2 && grow(rows, *room, room, sizeof **rows) < 0)
                        return -ENOMEM;
        }
        (*rows)[(*n)++] = (struct traffic_row) { key, *traffic };
        return 0;
}

static int take_traffic(void *userdata, uint64_t device, uint64_t time, const struct device_traffic *traffic) {
        struct gathering *g = userdata;
        struct traffic_report *r = g->report;
        int k;

        add(&r->total, traffic);
        k = add_row(&r->spans, &r->n_spans, &g->spans_room, time, traffic);
        return k < 0 ? k : add_row(&r->devices, &r->n_devices, &g->devices_room, device, traffic);
}

static int take_peer(void *userdata, const struct store_peer *peer) {
        struct gathering *g = userdata;
        struct traffic_report *r = g->report;
        char *name = peer->name ? strdup(peer->name) : NULL;

        if ((peer->name && !name) || grow(&r->peers, r->n_peers, &g->peers_room, sizeof *r->peers) < 0) {
                free(name);
                return -ENOMEM;
        }
        r->peers[r->n_peers++] = (struct traffic_peer) { peer->address, name, peer->traffic };
        return 0;
}

static void take_hour(void *userdata, uint64_t device, const struct store_hour *hour) {
        struct gathering *g = userdata;
        const struct store_traffic_filter *f = g->filter;
        uint64_t time = hour->time - hour->time % SPAN_NSEC(f->span);

        if (g->error < 0 || time < f->since || time >= f->until || (f->device != 0 && f->device != device))
                return;
        g->error = take_traffic(g, device, time, &hour->traffic);
        for (size_t i = 0; g->error >= 0 && i < hour->n_peers; i++)
                g->error = take_peer(g, &hour->peers[i]);
}

static void join_peers(struct traffic_report *r) {
        size_t kept = 0;

        if (r->n_peers == 0)
                return;
        qsort(r->peers, r->n_peers, sizeof *r->peers, compare_addresses);
        for (size_t i = 1; i < r->n_peers; i++) {
                struct traffic_peer *into = &r->peers[kept], *from = &r->peers[i];

                if (!ip_equal(&into->address, &from->address)) {
                        r->peers[++kept] = *from;
                        continue;
                }
                add(&into->traffic, &from->traffic);
                if (!into->name)
                        into->name = TAKE_PTR(from->name);
                free(from->name);
        }
        r->n_peers = kept + 1;
        qsort(r->peers, r->n_peers, sizeof *r->peers, compare_peers);
}

static void finish(struct traffic_report *r, size_t peers_max) {
        r->n_spans = join_rows(r->spans, r->n_spans);
        r->n_devices = join_rows(r->devices, r->n_devices);
        if (r->n_devices > 0)
                qsort(r->devices, r->n_devices, sizeof *r->devices, compare_rows);
        join_peers(r);
        while (r->n_peers > peers_max)
                free(r->peers[--r->n_peers].name);
}

int traffic_report_make(struct traffic_report *ret, struct store *store, const struct ledger *ledger,
                        const struct store_traffic_filter *filter, size_t peers_max) {
        struct gathering g = { .report = ret, .filter = filter };
        int r;

        *ret = (struct traffic_report) {};
        r = store_list_traffic(store, filter, take_traffic, &g);
        if (r >= 0)
                r = store_list_peers(store, filter, PEERS_FETCHED, take_peer, &g);
        if (r >= 0) {
                ledger_for_each(ledger, take_hour, &g);
                r = g.error;
        }
        if (r < 0)
                traffic_report_done(ret);
        else
                finish(ret, peers_max);
        return r < 0 ? r : 0;
}

void traffic_report_done(struct traffic_report *r) {
        for (size_t i = 0; i < r->n_peers; i++)
                free(r->peers[i].name);
        free(r->peers);
        free(r->spans);
        free(r->devices);
        *r = (struct traffic_report) {};
}
