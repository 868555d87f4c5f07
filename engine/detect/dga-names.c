/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* dga_names: malicious programs draw names by lot, most of which do not exist, to find the one that their master
 * registered. Both must come together: many different domains whose names look drawn, and many answers that there is no
 * such name. A browser that tests for a lying resolver asks for three names without a dot. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/detect/dns-words.h"
#include "engine/detect/report.h"
#include "engine/detect/watch-table.h"

#define CLIENTS_MAX 1024
#define NAMES_MAX 128 /* of DgaNames= */
#define SAMPLE_MAX 64

struct client {
        uint64_t since;
        uint32_t missing;          /* answers of NXDOMAIN in the window */
        uint16_t n;
        uint32_t names[NAMES_MAX]; /* hashes of different domains */
        struct mac_address mac;
        char sample[SAMPLE_MAX];
};

static void dga_names_free(void *state) {
        watch_table_free(state);
}

static int dga_names_init(void **ret_state) {
        struct watch_table *t;
        int r = watch_table_new(&t, sizeof(struct client), CLIENTS_MAX);

        if (r >= 0)
                *ret_state = t;
        return r;
}

static struct client *client_of(void *state, const struct detect_host *host, const struct ip_address *ip, uint64_t now) {
        struct client *c;
        bool fresh;

        c = watch_table_get(state, watch_ip_key(ip, 0), &fresh);
        if (c && (fresh || (now > c->since && now - c->since > detect_setting(host, DGA_WINDOW))))
                *c = (struct client) { .since = now, .mac = c->mac };
        return c;
}

static void note_name(struct client *c, const struct fact *fact, const char *label, size_t length) {
        uint32_t hash = (uint32_t) watch_key(label, length, "", 0, 0);

        c->mac = fact->mac;
        for (size_t i = 0; i < c->n; i++)
                if (c->names[i] == hash)
                        return;
        if (c->n < NAMES_MAX)
                c->names[c->n++] = hash;
        snprintf(c->sample, sizeof c->sample, "%.*s", (int) MIN(length, (size_t) SAMPLE_MAX - 1), label);
}

/* Who asks for words alone is not kept. */
static void take_query(void *state, const struct detect_host *host, const struct fact *fact) {
        size_t length;
        const char *label = dns_words_registered(fact->value, &length);
        struct client *c;

        if (!dns_words_are_random(label, length))
                return;
        c = client_of(state, host, &fact->ip, fact->ts);
        if (c)
                note_name(c, fact, label, length);
}

static void report(struct detect_host *host, const struct fact *fact, const struct client *c) {
        struct report r;

        report_begin(&r, ALERT_DGA_NAMES, SEVERITY_WARNING, fact->ts, &c->mac);
        r.finding.ip = fact->destination;
        strbuf_printf(&r.text, "looks for names that seem drawn by lot, as malicious programs do: %u domains within %u s, %u times "
                      "there was no such name.", c->n, (unsigned) (detect_setting(host, DGA_WINDOW) / NSEC_PER_SEC), c->missing);
        report_number(&r, "domains", c->n);
        report_number(&r, "no_such_name", c->missing);
        report_number(&r, "threshold", detect_setting(host, DGA_NAMES));
        report_seconds(&r, "window", detect_setting(host, DGA_WINDOW));
        report_text(&r, "sample", c->sample);
        report_peer(&r, host, &fact->ip, 53, NULL);
        report_send(&r, host);
}

static void dga_names_fact(void *state, struct detect_host *host, const struct fact *fact) {
        struct client *c;

        if (!detect_setting(host, DGA))
                return;
        if (fact->kind == FACT_DNS_QUERY) {
                take_query(state, host, fact);
                return;
        }
        /* RFC 1035 §4.1.1: 3 is "no such name". */
        if (strcmp(fact->value, "3") != 0)
                return;
        c = client_of(state, host, &fact->destination, fact->ts);
        if (!c)
                return;
        c->missing++;
        if (c->n >= detect_setting(host, DGA_NAMES) && c->missing >= detect_setting(host, DGA_NAMES))
                report(host, fact, c);
}

static const enum fact_kind kinds[] = { FACT_DNS_QUERY, FACT_DNS_RCODE };

const struct detector dga_names_detector = {
        .name = "dga_names",
        .init = dga_names_init,
        .free = dga_names_free,
        .fact = dga_names_fact,
        FACT_KINDS_OF(kinds),
};
