/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A table by device of short lists by hour. Peers of an hour are few: when there are more than there is room for, the
 * one with the fewest bytes gives way to one that moved more at once; the sums of the hour do not depend on them. */

#include "daemon/ledger.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/id-hash.h"

#define HOUR SPAN_NSEC(SPAN_HOUR)
#define PEERS_START 4

/* Peers are store_peers whose name is the ledger's own. */
struct account {
        uint64_t device;
        struct store_hour *hours; /* oldest first */
        size_t n_hours;
        bool fetched;
        struct account *next_fetched;
        UT_hash_handle hh;
};

struct ledger {
        struct account *accounts, *fetched;
        struct ledger_counters counters;
};

int ledger_new(struct ledger **ret) {
        *ret = calloc(1, sizeof **ret);
        return *ret ? 0 : -ENOMEM;
}

static struct store_peer *peers_of(const struct store_hour *hour) {
        return (struct store_peer *) hour->peers;
}

static void hour_done(struct store_hour *hour) {
        for (size_t i = 0; i < hour->n_peers; i++)
                free((char *) hour->peers[i].name);
        free(peers_of(hour));
}

static void account_empty(struct account *a) {
        for (size_t i = 0; i < a->n_hours; i++)
                hour_done(&a->hours[i]);
        free(a->hours);
        a->hours = NULL;
        a->n_hours = 0;
}

static void account_free(struct ledger *l, struct account *a) {
        for (struct account **p = &l->fetched; a->fetched && *p; p = &(*p)->next_fetched)
                if (*p == a) {
                        *p = a->next_fetched;
                        break;
                }
        HASH_DEL(l->accounts, a);
        l->counters.devices--;
        account_empty(a);
        free(a);
}

struct ledger *ledger_free(struct ledger *l) {
        if (!l)
                return NULL;
        while (l->accounts)
                account_free(l, l->accounts);
        free(l);
        return NULL;
}

static struct account *account_find(const struct ledger *l, uint64_t device) {
        struct account *a;

        HASH_FIND(hh, l->accounts, &device, sizeof device, a);
        return a;
}

static struct account *account_of(struct ledger *l, uint64_t device) {
        struct account *a = account_find(l, device);

        if (a)
                return a;
        a = calloc(1, sizeof *a);
        if (!a)
                return NULL;
        a->device = device;
        HASH_ADD(hh, l->accounts, device, sizeof a->device, a);
        l->counters.devices++;
        return a;
}

static void add_traffic(struct device_traffic *sum, const struct device_traffic *more) {
        sum->packets_sent += more->packets_sent;
        sum->bytes_sent += more->bytes_sent;
        sum->packets_received += more->packets_received;
        sum->bytes_received += more->bytes_received;
}

static uint64_t bytes_of(const struct store_peer *peer) {
        return peer->traffic.bytes_sent + peer->traffic.bytes_received;
}

static bool set_name(struct store_peer *peer, const char *name) {
        char *copy;

        if (!name || (peer->name && strcmp(peer->name, name) == 0))
                return true;
        copy = strdup(name);
        if (!copy)
                return false;
        free((char *) peer->name);
        peer->name = copy;
        return true;
}

static struct store_peer *peer_find(const struct store_hour *hour, const struct ip_address *address) {
        for (size_t i = 0; i < hour->n_peers; i++)
                if (ip_equal(&hour->peers[i].address, address))
                        return &peers_of(hour)[i];
        return NULL;
}

/* Room for another; the arrays have 4, 8 or STORE_PEERS_MAX places. */
static struct store_peer *peer_append(struct store_hour *hour) {
        size_t n = hour->n_peers;

        if (n == 0 || (n >= PEERS_START && (n & (n - 1)) == 0)) {
                struct store_peer *peers = reallocarray(peers_of(hour), MAX(n * 2, (size_t) PEERS_START),
                                                        sizeof *peers);

                if (!peers)
                        return NULL;
                hour->peers = peers;
        }
        return &peers_of(hour)[hour->n_peers++];
}

/* A place for a newcomer who moved `bytes`; NULL: there is none. */
static struct store_peer *peer_place(struct ledger *l, struct store_hour *hour, uint64_t bytes) {
        struct store_peer *least = peers_of(hour);

        if (hour->n_peers < STORE_PEERS_MAX) {
                struct store_peer *place = peer_append(hour);

                l->counters.lost += place == NULL;
                return place;
        }
        for (size_t i = 1; i < hour->n_peers; i++)
                if (bytes_of(&hour->peers[i]) < bytes_of(least))
                        least = &peers_of(hour)[i];
        l->counters.peers_dropped++;
        if (bytes_of(least) >= bytes)
                return NULL;
        free((char *) least->name);
        return least;
}

static void hour_add_peer(struct ledger *l, struct store_hour *hour, const struct store_peer *peer) {
        struct store_peer *p = peer_find(hour, &peer->address);

        if (p)
                add_traffic(&p->traffic, &peer->traffic);
        else {
                p = peer_place(l, hour, bytes_of(peer));
                if (!p)
                        return;
                *p = (struct store_peer) { .address = peer->address, .traffic = peer->traffic };
        }
        if (!set_name(p, peer->name))
                l->counters.lost++;
}

/* The two oldest become one, with the time of the older. */
static void join_oldest(struct ledger *l, struct account *a) {
        struct store_hour *into = &a->hours[0], *from = &a->hours[1];

        add_traffic(&into->traffic, &from->traffic);
        for (size_t i = 0; i < from->n_peers; i++)
                hour_add_peer(l, into, &from->peers[i]);
        hour_done(from);
        memmove(from, from + 1, (a->n_hours - 2) * sizeof *from);
        a->n_hours--;
        l->counters.hours_joined++;
}

/* The hour that begins at `time`, made if need be. */
static struct store_hour *hour_at(struct ledger *l, struct account *a, uint64_t time) {
        struct store_hour *hours;
        size_t i = a->n_hours;

        while (i > 0 && a->hours[i - 1].time > time)
                i--;
        if (i > 0 && a->hours[i - 1].time == time)
                return &a->hours[i - 1];
        if (a->n_hours == LEDGER_HOURS_MAX) {
                join_oldest(l, a);
                return hour_at(l, a, time);
        }
        hours = reallocarray(a->hours, a->n_hours + 1, sizeof *hours);
        if (!hours)
                return NULL;
        a->hours = hours;
        memmove(&hours[i + 1], &hours[i], (a->n_hours - i) * sizeof *hours);
        hours[i] = (struct store_hour) { .time = time };
        a->n_hours++;
        return &hours[i];
}

static struct store_hour *hour_of(struct ledger *l, uint64_t device, uint64_t ts) {
        struct account *a = account_of(l, device);
        struct store_hour *hour = a ? hour_at(l, a, ts - ts % HOUR) : NULL;

        l->counters.lost += hour == NULL;
        return hour;
}

void ledger_add(struct ledger *l, uint64_t device, uint64_t ts, const struct device_traffic *traffic) {
        struct store_hour *hour = hour_of(l, device, ts);

        if (hour)
                add_traffic(&hour->traffic, traffic);
}

void ledger_add_peer(struct ledger *l, uint64_t device, uint64_t ts, const struct store_peer *peer) {
        struct store_hour *hour = hour_of(l, device, ts);

        if (hour)
                hour_add_peer(l, hour, peer);
}

void ledger_move(struct ledger *l, uint64_t from, uint64_t to) {
        struct account *a = account_find(l, from);

        for (size_t i = 0; a && i < a->n_hours; i++) {
                const struct store_hour *hour = &a->hours[i];

                ledger_add(l, to, hour->time, &hour->traffic);
                for (size_t k = 0; k < hour->n_peers; k++)
                        ledger_add_peer(l, to, hour->time, &hour->peers[k]);
        }
        ledger_drop(l, from);
}

void ledger_drop(struct ledger *l, uint64_t device) {
        struct account *a = account_find(l, device);

        if (a)
                account_free(l, a);
}

const struct store_hour *ledger_fetch(struct ledger *l, uint64_t device, size_t *ret_n) {
        struct account *a = account_find(l, device);

        *ret_n = a ? a->n_hours : 0;
        if (!a)
                return NULL;
        if (!a->fetched) {
                a->fetched = true;
                a->next_fetched = l->fetched;
                l->fetched = a;
        }
        return a->hours;
}

void ledger_fetched(struct ledger *l, bool written) {
        struct account *a;

        while ((a = l->fetched)) {
                l->fetched = a->next_fetched;
                a->fetched = false;
                if (written)
                        account_free(l, a);
        }
}

void ledger_for_each(const struct ledger *l, void (*take)(void *userdata, uint64_t device,
                                                          const struct store_hour *hour),
                     void *userdata) {
        for (const struct account *a = l->accounts; a; a = a->hh.next)
                for (size_t i = 0; i < a->n_hours; i++)
                        take(userdata, a->device, &a->hours[i]);
}

void ledger_get_counters(const struct ledger *l, struct ledger_counters *ret) {
        *ret = l->counters;
}
