/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* dhcp_flood: one sender that speaks as many DHCP clients, by hardware or by IP address, so that the server runs out of
 * leases or of breath. After a power cut every device asks, but each in its own name; a relay asks for others, and says
 * so; a router only passes on what has an address. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/detect/report.h"
#include "engine/detect/watch-table.h"

#define SENDERS_MAX 512
#define CLIENTS_MAX 256
#define WINDOW (10 * NSEC_PER_SEC)

struct sender {
        uint64_t since;
        uint32_t n;                     /* in the window; those beyond the list are counted again and again */
        uint16_t n_listed;
        uint32_t clients[CLIENTS_MAX];  /* hashes */
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

static void count_client(struct sender *s, const struct fact *fact, uint64_t now) {
        uint32_t hash = (uint32_t) watch_key(&fact->mac, sizeof fact->mac, &fact->ip, sizeof fact->ip, 0);

        if (now > s->since && now - s->since > WINDOW)
                *s = (struct sender) { .since = now };
        for (size_t i = 0; i < s->n_listed; i++)
                if (s->clients[i] == hash)
                        return;
        s->n++;
        if (s->n_listed < CLIENTS_MAX)
                s->clients[s->n_listed++] = hash;
}

static void report(struct detect_host *host, const struct fact *fact, const struct sender *s) {
        struct report r;

        report_begin(&r, ALERT_DHCP_FLOOD, SEVERITY_CRITICAL, fact->ts, &fact->source);
        strbuf_printf(&r.text, "asks for addresses in the name of %u clients: the DHCP server may run out of them.", s->n);
        report_number(&r, "clients", s->n);
        report_number(&r, "threshold", detect_setting(host, DHCP_FLOOD_CLIENTS));
        report_seconds(&r, "window", WINDOW);
        report_send(&r, host);
}

static void dhcp_flood_fact(void *state, struct detect_host *host, const struct fact *fact) {
        struct sender *s;
        bool fresh;

        /* What has a subject is a server's. */
        if (!(fact->flags & FACT_HAS_MAC) || fact->flags & (FACT_TUNNELLED | FACT_HAS_SUBJECT) || mac_is_zero(&fact->source))
                return;
        if (!mac_equal(&fact->mac, &fact->source) && !ip_is_unspecified(&fact->ip))
                return;
        s = watch_table_get(state, watch_key(&fact->source, sizeof fact->source, "", 0, 0), &fresh);
        if (!s)
                return;
        if (fresh)
                s->since = fact->ts;
        if (fact->kind == FACT_DHCP_RELAY)
                *s = (struct sender) { .since = fact->ts };
        else
                count_client(s, fact, fact->ts);
        if (s->n >= detect_setting(host, DHCP_FLOOD_CLIENTS) && detect_setting(host, DHCP_FLOOD))
                report(host, fact, s);
}

static const enum fact_kind kinds[] = { FACT_DHCP_MSG_TYPE, FACT_DHCP_RELAY };

const struct detector dhcp_flood_detector = {
        .name = "dhcp_flood",
        .init = dhcp_flood_init,
        .free = dhcp_flood_free,
        .fact = dhcp_flood_fact,
        FACT_KINDS_OF(kinds),
};
