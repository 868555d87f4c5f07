/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* brute_force: passwords that are tried one after another, told by the shape alone: one client opens connection after
 * connection to a service that asks for passwords, and each is short. Connections that carried much were log-ins that
 * worked: copies, deployments. The count of connections tells at once; flows that ended, later, whether they were small.
 *
 * Of HTTP the shape says nothing, and the answer everything: "401 Unauthorized" (RFC 9110 §15.5.2) again and again, and hardly
 * another. Clients that are asked for a password first, each time, get what they want the second time. */

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "engine/detect/report.h"
#include "engine/detect/watch-table.h"

#define PAIRS_MAX 1024
/* Of refusals, answers that may come between. */
#define GRANTED_PART 4
#define TIMES_MAX 256 /* of BruteForceConnections= */
/* More than a refused log-in takes, key exchange included. */
#define SMALL (16 * 1024)

struct attempts { /* of one client at one service */
        uint64_t times[TIMES_MAX]; /* of connections, a ring; of HTTP: of refusals */
        uint16_t next, n;
        uint32_t small, large;     /* connections that ended; of HTTP: answers that refuse, and others since */
};

struct state {
        struct watch_table *attempts;
        struct watch_table *askers; /* struct mac_address: who asked last, which answers do not tell. Most are never refused */
};

static void brute_force_free(void *state) {
        struct state *s = state;

        watch_table_free(s->attempts);
        watch_table_free(s->askers);
        free(s);
}

static int brute_force_init(void **ret_state) {
        struct state *s = calloc(1, sizeof *s);
        int r;

        if (!s)
                return -ENOMEM;
        r = watch_table_new(&s->attempts, sizeof(struct attempts), PAIRS_MAX);
        if (r >= 0)
                r = watch_table_new(&s->askers, sizeof(struct mac_address), PAIRS_MAX);
        if (r < 0) {
                brute_force_free(s);
                return r;
        }
        *ret_state = s;
        return 0;
}

static const char *service_name(uint16_t port) {
        switch (port) {
        case 21: return "FTP";
        case 22: case 2222: return "SSH";
        case 23: case 2323: return "Telnet";
        case 110: case 995: return "POP3";
        case 143: case 993: return "IMAP";
        case 445: return "SMB";
        case 25: case 465: case 587: return "SMTP";
        case 1433: return "SQL Server";
        case 3306: return "MySQL";
        case 3389: return "RDP";
        case 5432: return "PostgreSQL";
        case 5900: return "VNC";
        case 8291: return "Winbox";
        default: return NULL;
        }
}

static uint64_t pair_key(const struct ip_address *client, const struct ip_address *server, uint16_t port) {
        return watch_key(client, sizeof *client, server, sizeof *server, port);
}

static unsigned count_since(const struct attempts *a, uint64_t since) {
        unsigned n = 0;

        for (size_t i = 0; i < a->n; i++)
                n += a->times[i] >= since;
        return n;
}

/* Who tries where. */
struct try {
        struct ip_address client, server;
        struct mac_address mac; /* the client's */
        uint16_t port;
        const char *service; /* "SSH" */
        uint64_t ts;
};

static void report(struct detect_host *host, const struct try *t, const struct attempts *a, unsigned n) {
        struct report r;

        report_begin(&r, ALERT_BRUTE_FORCE, SEVERITY_WARNING, t->ts, &t->mac);
        r.finding.ip = t->client;
        strbuf_string(&r.text, "tries to log in to ");
        report_put_host(&r.text, host, &t->server);
        strbuf_printf(&r.text, " again and again: %u %s connections within %u s.", n, t->service,
                      (unsigned) (detect_setting(host, BRUTE_FORCE_WINDOW) / NSEC_PER_SEC));
        report_text(&r, "service", t->service);
        report_number(&r, "connections", n);
        report_number(&r, "threshold", detect_setting(host, BRUTE_FORCE_CONNECTIONS));
        report_seconds(&r, "window", detect_setting(host, BRUTE_FORCE_WINDOW));
        report_number(&r, "ended_small", a->small);
        report_number(&r, "ended_large", a->large);
        report_peer(&r, host, &t->server, t->port, NULL);
        report_key(&r, &t->server, sizeof t->server);
        report_key(&r, &t->port, sizeof t->port);
        report_send(&r, host);
}

/* One more at `ts`; how many there were within the window. */
static unsigned note_time(struct attempts *a, const struct detect_host *host, uint64_t ts) {
        uint64_t window = detect_setting(host, BRUTE_FORCE_WINDOW);

        a->times[a->next] = ts;
        a->next = (uint16_t) ((a->next + 1) % TIMES_MAX);
        a->n = (uint16_t) MIN(a->n + 1, TIMES_MAX);
        return count_since(a, ts > window ? ts - window : 0);
}

static void note_asker(struct state *s, uint64_t key, const struct mac_address *mac) {
        struct mac_address *asker;
        bool fresh;

        asker = watch_table_get(s->askers, key, &fresh);
        if (asker)
                *asker = *mac;
}

/* A connection was granted. Who asked for it may have done so in the name of whom the answer goes to. */
static void take_granted(struct state *s, struct detect_host *host, const struct contact *c) {
        struct try t = {
                .client = c->destination, .server = c->source, .mac = c->destination_mac, .port = c->source_port,
                .service = service_name(c->source_port), .ts = c->ts,
        };
        uint64_t key = pair_key(&t.client, &t.server, t.port);
        const struct mac_address *asker;
        struct attempts *a;
        unsigned n;
        bool fresh;

        a = watch_table_get(s->attempts, key, &fresh);
        if (!a)
                return;
        asker = watch_table_find(s->askers, key);
        if (asker)
                t.mac = *asker;
        n = note_time(a, host, c->ts);
        if (n >= detect_setting(host, BRUTE_FORCE_CONNECTIONS) && a->large * 4 <= a->small + n)
                report(host, &t, a, n);
}

static void brute_force_contact(void *state, struct detect_host *host, const struct contact *c) {
        struct state *s = state;

        if (!detect_setting(host, BRUTE_FORCE))
                return;
        if (c->kind == CONTACT_SYN_ACK && service_name(c->source_port))
                take_granted(s, host, c);
        else if (c->kind == CONTACT_SYN && service_name(c->destination_port) && !mac_is_zero(&c->source_mac))
                note_asker(s, pair_key(&c->source, &c->destination, c->destination_port), &c->source_mac);
}

/* The answer to a request: a password is asked for, or not. */
static void take_status(struct state *s, struct detect_host *host, const struct fact *fact) {
        struct try t = {
                .client = fact->destination, .server = fact->ip, .port = fact->source_port, .service = "HTTP",
                .ts = fact->ts,
        };
        uint64_t key = pair_key(&t.client, &t.server, t.port);
        const struct mac_address *asker;
        struct attempts *a;
        bool fresh;
        unsigned n;

        if (strcmp(fact->value, "401") != 0) {
                a = watch_table_find(s->attempts, key);
                if (a)
                        a->large++;
                return;
        }
        asker = watch_table_find(s->askers, key);
        a = asker ? watch_table_get(s->attempts, key, &fresh) : NULL;
        if (!a)
                return;
        t.mac = *asker;
        a->small++;
        n = note_time(a, host, fact->ts);
        if (n == 1)
                a->large = 0;
        if (n >= detect_setting(host, BRUTE_FORCE_CONNECTIONS) && a->large * GRANTED_PART <= n)
                report(host, &t, a, n);
}

/* The request tells who asks, the answer what came of it. */
static void brute_force_fact(void *state, struct detect_host *host, const struct fact *fact) {
        if (!detect_setting(host, BRUTE_FORCE) || fact->flags & FACT_TUNNELLED)
                return;
        if (fact->kind == FACT_HTTP_STATUS)
                take_status(state, host, fact);
        else if (fact->flags & FACT_HAS_MAC)
                note_asker(state, pair_key(&fact->ip, &fact->destination, fact->destination_port), &fact->mac);
}

static void brute_force_flow(void *state, struct detect_host *host _unused_, const struct flow_summary *flow) {
        struct state *s = state;
        struct attempts *a;
        bool large;

        if (flow->protocol != IPPROTO_TCP || !service_name(flow->endpoints[1].port))
                return;
        a = watch_table_find(s->attempts,
                             pair_key(&flow->endpoints[0].ip, &flow->endpoints[1].ip, flow->endpoints[1].port));
        if (!a)
                return;
        large = flow->bytes[0] > SMALL || flow->bytes[1] > SMALL;
        a->large += large;
        a->small += !large;
}

static const enum fact_kind kinds[] = { FACT_HTTP_REQUEST, FACT_HTTP_STATUS };

const struct detector brute_force_detector = {
        .name = "brute_force",
        .init = brute_force_init,
        .free = brute_force_free,
        .contact_kinds = CONTACT_BIT(SYN) | CONTACT_BIT(SYN_ACK),
        .contact = brute_force_contact,
        .fact = brute_force_fact,
        FACT_KINDS_OF(kinds),
        .flow = brute_force_flow,
};
