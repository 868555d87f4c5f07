/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* syn_flood, connection_flood: one service that is asked for more connections than it can serve, from many addresses,
 * which may all be invented, or from one. Kept is one record a service, never one a source: a million invented sources
 * cost nothing. Sources are counted with a bit map (Whang, Vander-Zanden and Taylor, linear counting, 1990); who sends is
 * found by majority vote over link addresses (Boyer and Moore), which a sender of invented IP addresses cannot hide as
 * easily; where those are invented as well, nobody is named. A window is two halves, so that what begins in the middle of one counts as well. */

#include <errno.h>
#include <math.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "engine/detect/report.h"
#include "engine/detect/watch-table.h"

#define SERVICES_MAX 1024
#define SOURCE_BITS 4096

struct half {
        uint64_t begin;
        uint32_t syns;
        uint64_t sources[SOURCE_BITS / 64];
};

struct service {
        struct ip_address ip;
        uint16_t port;
        struct half halves[2]; /* [0] is now */
        struct mac_address mac;/* the majority's */
        uint32_t votes;
        struct ip_address source; /* the latest */
};

static void syn_flood_free(void *state) {
        watch_table_free(state);
}

static int syn_flood_init(void **ret_state) {
        struct watch_table *t;
        int r = watch_table_new(&t, sizeof(struct service), SERVICES_MAX);

        if (r >= 0)
                *ret_state = t;
        return r;
}

static void turn(struct service *s, uint64_t now, uint64_t half) {
        uint64_t age = now > s->halves[0].begin ? now - s->halves[0].begin : 0;

        if (age < half)
                return;
        if (age < 2 * half)
                s->halves[1] = s->halves[0];
        else
                memset(&s->halves[1], 0, sizeof s->halves[1]);
        memset(&s->halves[0], 0, sizeof s->halves[0]);
        s->halves[0].begin = now;
}

static unsigned count_sources(const struct service *s) {
        unsigned zeros = 0;

        for (size_t i = 0; i < SOURCE_BITS / 64; i++)
                zeros += 64 - (unsigned) __builtin_popcountll(s->halves[0].sources[i] | s->halves[1].sources[i]);
        return (unsigned) lround(-SOURCE_BITS * log((double) (zeros ?: 1) / SOURCE_BITS));
}

static void vote(struct service *s, const struct mac_address *mac) {
        if (s->votes == 0)
                s->mac = *mac;
        if (mac_equal(&s->mac, mac))
                s->votes = MIN(s->votes + 1, UINT32_C(1) << 30);
        else
                s->votes--;
}

static void note(struct service *s, const struct contact *c) {
        uint32_t bit = (uint32_t) watch_key(&c->source, sizeof c->source, "", 0, 0) % SOURCE_BITS;

        s->halves[0].syns++;
        s->halves[0].sources[bit / 64] |= UINT64_C(1) << bit % 64;
        s->source = c->source;
        vote(s, &c->source_mac);
}

static void report(struct detect_host *host, const struct service *s, uint64_t now, uint32_t syns, unsigned sources) {
        bool many = sources >= detect_setting(host, SYN_FLOOD_SOURCES);
        static const struct mac_address nobody;
        unsigned seconds = (unsigned) (detect_setting(host, SYN_FLOOD_WINDOW) / NSEC_PER_SEC);
        struct report r;

        report_begin(&r, many ? ALERT_SYN_FLOOD : ALERT_CONNECTION_FLOOD, many ? SEVERITY_CRITICAL : SEVERITY_WARNING, now,
                     s->votes >= syns / 8 ? &s->mac : &nobody);
        if (many)
                strbuf_string(&r.text, "floods ");
        else
                strbuf_string(&r.text, "opens more connections than any program needs to ");
        report_put_host(&r.text, host, &s->ip);
        strbuf_printf(&r.text, " port %u: %u requests within %u s", s->port, syns, seconds);
        if (many)
                strbuf_printf(&r.text, " in the name of some %u addresses", sources);
        strbuf_char(&r.text, '.');
        if (!many)
                r.finding.ip = s->source;
        report_number(&r, "requests", syns);
        report_number(&r, "threshold", detect_setting(host, SYN_FLOOD_REQUESTS));
        report_number(&r, "sources", sources);
        report_number(&r, "threshold_sources", detect_setting(host, SYN_FLOOD_SOURCES));
        report_seconds(&r, "window", detect_setting(host, SYN_FLOOD_WINDOW));
        report_peer(&r, host, &s->ip, s->port, NULL);
        report_key(&r, &s->ip, sizeof s->ip);
        report_send(&r, host);
}

static void syn_flood_contact(void *state, struct detect_host *host, const struct contact *c) {
        struct service *s;
        unsigned sources;
        uint32_t syns;
        bool fresh;

        if (!detect_setting(host, SYN_FLOOD))
                return;
        s = watch_table_get(state, watch_key(&c->destination, sizeof c->destination, &c->destination_port, 2, c->vlan), &fresh);
        if (!s)
                return;
        if (fresh) {
                s->ip = c->destination;
                s->port = c->destination_port;
                s->halves[0].begin = c->ts;
        }
        turn(s, c->ts, detect_setting(host, SYN_FLOOD_WINDOW) / 2);
        note(s, c);
        syns = s->halves[0].syns + s->halves[1].syns;
        /* Again when it has doubled. */
        if (syns < detect_setting(host, SYN_FLOOD_REQUESTS) || syns % (uint32_t) detect_setting(host, SYN_FLOOD_REQUESTS) != 0)
                return;
        sources = count_sources(s);
        /* Some clients, each with some connections, are a busy service. */
        if (sources >= detect_setting(host, SYN_FLOOD_SOURCES) || sources <= 2)
                report(host, s, c->ts, syns, sources);
}

const struct detector syn_flood_detector = {
        .name = "syn_flood",
        .init = syn_flood_init,
        .free = syn_flood_free,
        .contact_kinds = CONTACT_BIT(SYN),
        .contact = syn_flood_contact,
};
