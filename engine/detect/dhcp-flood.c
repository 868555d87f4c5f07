/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* dhcp_flood: one sender that speaks as many DHCP clients, by hardware address, IP address or client identifier, so that the server runs
 * out of leases or of breath. After a power cut every device asks, but each in its own name; a relay asks for others, and says
 * so; a router only passes on what has an address. Who takes his time is found within the hour, by more clients: what repeats Wi-Fi sends
 * for all behind it, and a host may have a client for each of its guests. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/detect/report.h"
#include "engine/detect/watch-table.h"

#define SENDERS_MAX 512
#define CLIENTS_MAX 256
#define WINDOW (10 * NSEC_PER_SEC)
#define LONG_WINDOW (3600 * NSEC_PER_SEC)
/* In the long one it takes so many times the clients. */
#define LONG_FACTOR 2

struct tally {
        uint64_t since;
        uint32_t n;                     /* in the window; those beyond the list are counted again and again */
        uint16_t n_listed;
        uint32_t clients[CLIENTS_MAX];  /* hashes */
};

struct sender {
        struct tally now, lately;
};

static void dhcp_flood_free(void *state) {
        watch_table_free(state);
}

static int dhcp_flood_init(void **ret_state) {
        struct watch_table *t;
        int r = watch_table_new(&t, sizeof(struct sender), SENDERS_MAX);

        if (r >= 0)
                *ret_state = t;
        return r;
}

static void count_client(struct tally *t, uint32_t client, uint64_t now, uint64_t window) {
        if (now > t->since && now - t->since > window)
                *t = (struct tally) { .since = now };
        for (size_t i = 0; i < t->n_listed; i++)
                if (t->clients[i] == client)
                        return;
        t->n++;
        if (t->n_listed < CLIENTS_MAX)
                t->clients[t->n_listed++] = client;
}

static void report(struct detect_host *host, const struct fact *fact, enum alert_severity severity, uint32_t clients, uint64_t threshold,
                   uint64_t window) {
        struct report r;

        report_begin(&r, ALERT_DHCP_FLOOD, severity, fact->ts, &fact->source);
        strbuf_printf(&r.text, "asks for addresses in the name of %u clients: the DHCP server may run out of them.", clients);
        report_number(&r, "clients", clients);
        report_number(&r, "threshold", threshold);
        report_seconds(&r, "window", window);
        report_send(&r, host);
}

static void judge(struct detect_host *host, const struct fact *fact, const struct sender *s) {
        uint64_t soon = detect_setting(host, DHCP_FLOOD_CLIENTS), slowly = MIN(soon * LONG_FACTOR, (uint64_t) CLIENTS_MAX);

        if (!detect_setting(host, DHCP_FLOOD))
                return;
        if (s->now.n >= soon)
                report(host, fact, SEVERITY_CRITICAL, s->now.n, soon, WINDOW);
        else if (s->lately.n_listed >= slowly)
                report(host, fact, SEVERITY_WARNING, s->lately.n_listed, slowly, LONG_WINDOW);
}

/* False: it is nobody who could be told apart from others. An identifier counts where one speaks for itself: of several hardware addresses
 * each has its own anyway. */
static bool name_client(const struct fact *fact, uint32_t *ret) {
        bool itself = mac_equal(&fact->mac, &fact->source);

        if (fact->kind == FACT_DHCP_CLIENT_ID) {
                *ret = (uint32_t) watch_key(fact->value, fact->value_length, "", 0, 1);
                return itself;
        }
        *ret = (uint32_t) watch_key(&fact->mac, sizeof fact->mac, &fact->ip, sizeof fact->ip, 0);
        return itself || ip_is_unspecified(&fact->ip);
}

static void dhcp_flood_fact(void *state, struct detect_host *host, const struct fact *fact) {
        struct sender *s;
        uint32_t client;
        bool fresh;

        /* What has a subject is a server's. */
        if (!(fact->flags & FACT_HAS_MAC) || fact->flags & (FACT_TUNNELLED | FACT_HAS_SUBJECT) || mac_is_zero(&fact->source))
                return;
        if (!name_client(fact, &client))
                return;
        s = watch_table_get(state, watch_key(&fact->source, sizeof fact->source, "", 0, 0), &fresh);
        if (!s)
                return;
        if (fresh || fact->kind == FACT_DHCP_RELAY)
                *s = (struct sender) { .now.since = fact->ts, .lately.since = fact->ts };
        if (fact->kind == FACT_DHCP_RELAY)
                return;
        count_client(&s->now, client, fact->ts, WINDOW);
        count_client(&s->lately, client, fact->ts, LONG_WINDOW);
        judge(host, fact, s);
}

static const enum fact_kind kinds[] = { FACT_DHCP_MSG_TYPE, FACT_DHCP_CLIENT_ID, FACT_DHCP_RELAY };

const struct detector dhcp_flood_detector = {
        .name = "dhcp_flood",
        .init = dhcp_flood_init,
        .free = dhcp_flood_free,
        .fact = dhcp_flood_fact,
        FACT_KINDS_OF(kinds),
};
