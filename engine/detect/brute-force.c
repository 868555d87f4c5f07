/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* brute_force: passwords that are tried one after another, told by the shape alone: one client opens connection after
 * connection to a service that asks for passwords, and each is short. Connections that carried much were log-ins that
 * worked: copies, deployments. The count of connections tells at once; flows that ended, later, whether they were small. */

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "engine/detect/report.h"
#include "engine/detect/watch-table.h"

#define PAIRS_MAX 1024
#define TIMES_MAX 256 /* of BruteForceConnections= */
/* More than a refused log-in takes, key exchange included. */
#define SMALL (16 * 1024)

struct attempts { /* of one client at one service */
        uint64_t times[TIMES_MAX]; /* of connections, a ring */
        uint16_t next, n;
        uint32_t small, large;     /* that ended */
};

static void brute_force_free(void *state) {
        watch_table_free(state);
}

static int brute_force_init(void **ret_state) {
        struct watch_table *t;
        int r = watch_table_new(&t, sizeof(struct attempts), PAIRS_MAX);

        if (r >= 0)
                *ret_state = t;
        return r;
}

static const char *service_name(uint16_t port) {
        switch (port) {
        case 21: return "FTP";
        case 22: case 2222: return "SSH";
        case 23: case 2323: return "Telnet";
        case 110: case 995: return "POP3";
        case 143: case 993: return "IMAP";
        case 445: return "SMB";
        case 465: case 587: return "SMTP";
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

static void report(struct detect_host *host, const struct contact *c, const struct attempts *a, unsigned n) {
        const char *service = service_name(c->source_port);
        struct report r;

        report_begin(&r, ALERT_BRUTE_FORCE, SEVERITY_WARNING, c->ts, &c->destination_mac);
        r.finding.ip = c->destination;
        strbuf_string(&r.text, "tries to log in to ");
        report_put_host(&r.text, host, &c->source);
        strbuf_printf(&r.text, " again and again: %u %s connections within %u s.", n, service,
                      (unsigned) (detect_setting(host, BRUTE_FORCE_WINDOW) / NSEC_PER_SEC));
        report_text(&r, "service", service);
        report_number(&r, "connections", n);
        report_number(&r, "threshold", detect_setting(host, BRUTE_FORCE_CONNECTIONS));
        report_seconds(&r, "window", detect_setting(host, BRUTE_FORCE_WINDOW));
        report_number(&r, "ended_small", a->small);
        report_number(&r, "ended_large", a->large);
        report_peer(&r, host, &c->source, c->source_port, NULL);
        report_key(&r, &c->source, sizeof c->source);
        report_key(&r, &c->source_port, sizeof c->source_port);
        report_send(&r, host);
}

/* A connection was granted. */
static void brute_force_contact(void *state, struct detect_host *host, const struct contact *c) {
        uint64_t window = detect_setting(host, BRUTE_FORCE_WINDOW);
        struct attempts *a;
        unsigned n;
        bool fresh;

        if (!service_name(c->source_port) || !detect_setting(host, BRUTE_FORCE))
                return;
        a = watch_table_get(state, pair_key(&c->destination, &c->source, c->source_port), &fresh);
        if (!a)
                return;
        a->times[a->next] = c->ts;
        a->next = (uint16_t) ((a->next + 1) % TIMES_MAX);
        a->n = (uint16_t) MIN(a->n + 1, TIMES_MAX);
        n = count_since(a, c->ts > window ? c->ts - window : 0);
        if (n >= detect_setting(host, BRUTE_FORCE_CONNECTIONS) && a->large * 4 <= a->small + n)
                report(host, c, a, n);
}

static void brute_force_flow(void *state, struct detect_host *host _unused_, const struct flow_record *flow) {
        struct attempts *a;
        bool large;

        if (flow->protocol != IPPROTO_TCP || !service_name(flow->endpoints[1].port))
                return;
        a = watch_table_find(state, pair_key(&flow->endpoints[0].ip, &flow->endpoints[1].ip, flow->endpoints[1].port));
        if (!a)
                return;
        large = flow->directions[0].bytes > SMALL || flow->directions[1].bytes > SMALL;
        a->large += large;
        a->small += !large;
}

const struct detector brute_force_detector = {
        .name = "brute_force",
        .init = brute_force_init,
        .free = brute_force_free,
        .contact_kinds = CONTACT_BIT(SYN_ACK),
        .contact = brute_force_contact,
        .flow = brute_force_flow,
};
