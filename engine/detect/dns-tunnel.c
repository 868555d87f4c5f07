/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* dns_tunnel: data in the names that are asked for. One such name is a content network's; a client that asks for one
 * after the other, each another, and for little else, has a tunnel. Resolvers ask for others, and are not meant. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/detect/dns-words.h"
#include "engine/detect/report.h"
#include "engine/detect/watch-table.h"

#define CLIENTS_MAX 1024
#define NAMES_MAX 256 /* of DnsTunnelNames= */
#define SAMPLE_MAX 160

struct client {
        uint64_t since;
        uint32_t queries;            /* in the window */
        uint32_t bytes;              /* of names with data */
        uint16_t n;
        uint32_t names[NAMES_MAX];   /* hashes of different names with data */
        char sample[SAMPLE_MAX];
        bool resolver;               /* it answers others */
};

static void dns_tunnel_free(void *state) {
        watch_table_free(state);
}

static int dns_tunnel_init(void **ret_state) {
        struct watch_table *t;
        int r = watch_table_new(&t, sizeof(struct client), CLIENTS_MAX);

        if (r >= 0)
                *ret_state = t;
        return r;
}

static void note_name(struct client *c, const struct fact *fact) {
        size_t length = dns_words_length(fact->value);
        uint32_t hash = (uint32_t) watch_key(fact->value, length, "", 0, 0);

        for (size_t i = 0; i < c->n; i++)
                if (c->names[i] == hash)
                        return;
        if (c->n < NAMES_MAX)
                c->names[c->n++] = hash;
        c->bytes += (uint32_t) length;
        snprintf(c->sample, sizeof c->sample, "%s", fact->value);
}

static void report(struct detect_host *host, const struct fact *fact, const struct client *c) {
        struct report r;

        report_begin(&r, ALERT_DNS_TUNNEL, SEVERITY_WARNING, fact->ts, &fact->mac);
        r.finding.ip = fact->ip;
        strbuf_printf(&r.text, "sends data in DNS queries: %u different names within %u s that are no words, %u bytes.", c->n,
                      (unsigned) (detect_setting(host, DNS_TUNNEL_WINDOW) / NSEC_PER_SEC), c->bytes);
        report_number(&r, "names", c->n);
        report_number(&r, "threshold", detect_setting(host, DNS_TUNNEL_NAMES));
        report_number(&r, "bytes", c->bytes);
        report_number(&r, "queries", c->queries);
        report_seconds(&r, "window", detect_setting(host, DNS_TUNNEL_WINDOW));
        report_text(&r, "sample", c->sample);
        report_peer(&r, host, &fact->destination, 53, NULL);
        report_send(&r, host);
}

static void dns_tunnel_fact(void *state, struct detect_host *host, const struct fact *fact) {
        struct client *c;
        bool fresh;

        if (!detect_setting(host, DNS_TUNNEL))
                return;
        c = watch_table_get(state, watch_key(&fact->ip, sizeof fact->ip, "", 0, 0), &fresh);
        if (!c)
                return;
        if (fact->kind == FACT_DNS_ANSWER) {
                c->resolver = true;
                return;
        }
        if (fresh || (fact->ts > c->since && fact->ts - c->since > detect_setting(host, DNS_TUNNEL_WINDOW)))
                *c = (struct client) { .since = fact->ts, .resolver = c->resolver };
        c->queries++;
        if (!dns_words_carry_data(fact->value) || strstr(fact->value, ".arpa "))
                return;
        note_name(c, fact);
        /* A quarter of all that it asks for, at least. */
        if (c->n >= detect_setting(host, DNS_TUNNEL_NAMES) && !c->resolver && c->n * 4 >= c->queries)
                report(host, fact, c);
}

static const enum fact_kind kinds[] = { FACT_DNS_QUERY, FACT_DNS_ANSWER };

const struct detector dns_tunnel_detector = {
        .name = "dns_tunnel",
        .init = dns_tunnel_init,
        .free = dns_tunnel_free,
        .fact = dns_tunnel_fact,
        FACT_KINDS_OF(kinds),
};
