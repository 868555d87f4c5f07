/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* dns_tunnel: data in the names that are asked for. One such name is a content network's; a client that asks for one
 * after the other of one domain, each another, and for little else, has a tunnel. Resolvers ask for others, and are not
 * meant. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/detect/dns-words.h"
#include "engine/detect/report.h"
#include "engine/detect/watch-table.h"

#define CLIENTS_MAX 1024
#define DOMAINS_MAX 2048
#define NAME_BITS 4096 /* more than enough to tell names, of which there are DnsTunnelNames=, 256 at most */
#define SAMPLE_MAX 160

struct client {
        uint64_t since;
        uint32_t queries; /* in the window */
};

struct domain { /* that a client asks for names with data of */
        uint64_t since;               /* of the client's window */
        uint32_t n, bytes;            /* different names with data, and their length */
        uint8_t names[NAME_BITS / 8]; /* a bit each, by hash */
        char sample[SAMPLE_MAX];
        bool resolver;                /* the client answers others for it */
};

struct dns_tunnel {
        struct watch_table *clients, *domains;
};

static void dns_tunnel_free(void *state) {
        struct dns_tunnel *d = state;

        if (!d)
                return;
        watch_table_free(d->clients);
        watch_table_free(d->domains);
        free(d);
}

static int dns_tunnel_init(void **ret_state) {
        struct dns_tunnel *d = calloc(1, sizeof *d);
        int r = d ? watch_table_new(&d->clients, sizeof(struct client), CLIENTS_MAX) : -ENOMEM;

        if (r >= 0)
                r = watch_table_new(&d->domains, sizeof(struct domain), DOMAINS_MAX);
        if (r < 0) {
                dns_tunnel_free(d);
                return r;
        }
        *ret_state = d;
        return 0;
}

/* What the sender of the fact has to do with who owns the data. */
static struct domain *domain_of(struct dns_tunnel *d, const struct fact *fact, const struct dns_owner *o) {
        uint64_t first = watch_key(&fact->ip, sizeof fact->ip, o->labels[0], o->lengths[0], 0);
        bool fresh;

        return watch_table_get(d->domains, watch_key(&first, sizeof first, o->labels[1], o->lengths[1], 0), &fresh);
}

static void note_name(struct domain *d, const struct fact *fact) {
        size_t length = dns_words_length(fact->value);
        uint32_t bit = (uint32_t) watch_key(fact->value, length, "", 0, 0) % NAME_BITS;

        if (d->names[bit / 8] >> bit % 8 & 1)
                return;
        d->names[bit / 8] |= (uint8_t) (1 << bit % 8);
        d->n++;
        d->bytes += (uint32_t) length;
        snprintf(d->sample, sizeof d->sample, "%s", fact->value);
}

static void report(struct detect_host *host, const struct fact *fact, const struct client *c, const struct domain *d) {
        struct report r;

        report_begin(&r, ALERT_DNS_TUNNEL, SEVERITY_WARNING, fact->ts, &fact->mac);
        r.finding.ip = fact->ip;
        strbuf_printf(&r.text, "sends data in DNS queries: %u different names within %u s that are no words, %u bytes.", d->n,
                      (unsigned) (detect_setting(host, DNS_TUNNEL_WINDOW) / NSEC_PER_SEC), d->bytes);
        report_number(&r, "names", d->n);
        report_number(&r, "threshold", detect_setting(host, DNS_TUNNEL_NAMES));
        report_number(&r, "bytes", d->bytes);
        report_number(&r, "queries", c->queries);
        report_seconds(&r, "window", detect_setting(host, DNS_TUNNEL_WINDOW));
        report_text(&r, "sample", d->sample);
        report_peer(&r, host, &fact->destination, 53, NULL);
        report_send(&r, host);
}

/* `owner`: of the data; NULL: there are none. */
static void take_query(struct dns_tunnel *t, struct detect_host *host, const struct fact *fact, const struct dns_owner *owner) {
        struct domain *d;
        struct client *c;
        bool fresh;

        c = watch_table_get(t->clients, watch_ip_key(&fact->ip, 0), &fresh);
        if (!c)
                return;
        if (fresh || (fact->ts > c->since && fact->ts - c->since > detect_setting(host, DNS_TUNNEL_WINDOW)))
                *c = (struct client) { .since = fact->ts };
        c->queries++;
        d = owner ? domain_of(t, fact, owner) : NULL;
        if (!d)
                return;
        if (d->since != c->since)
                *d = (struct domain) { .since = c->since, .resolver = d->resolver };
        note_name(d, fact);
        /* A quarter of all that it asks for, at least. */
        if (d->n >= detect_setting(host, DNS_TUNNEL_NAMES) && !d->resolver && d->n * 4 >= c->queries)
                report(host, fact, c, d);
}

static void dns_tunnel_fact(void *state, struct detect_host *host, const struct fact *fact) {
        struct dns_owner owner;
        bool data;

        if (!detect_setting(host, DNS_TUNNEL))
                return;
        data = dns_words_carry_data(fact->value, &owner) && !strstr(fact->value, ".arpa ");
        if (fact->kind == FACT_DNS_QUERY) {
                take_query(state, host, fact, data ? &owner : NULL);
        } else if (data) {
                struct domain *d = domain_of(state, fact, &owner);

                if (d)
                        d->resolver = true;
        }
}

static const enum fact_kind kinds[] = { FACT_DNS_QUERY, FACT_DNS_ANSWER };

const struct detector dns_tunnel_detector = {
        .name = "dns_tunnel",
        .init = dns_tunnel_init,
        .free = dns_tunnel_free,
        .fact = dns_tunnel_fact,
        FACT_KINDS_OF(kinds),
};
