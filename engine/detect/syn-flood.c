/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* syn_flood, connection_flood: one service that is asked for more connections than it can serve, from many addresses,
 * which may all be invented, or from one. Kept is one record a service, never one a source: a million invented sources
 * cost nothing. Sources are counted with a bit map (linear-counting.h); who sends is found by majority vote over link
 * addresses (majority-vote.h), which a sender of invented IP addresses cannot hide as easily; where those are invented as
 * well, nobody is named. A window is two halves, so that what begins in the middle of one
 * counts as well.
 *
 * A browser opens hundreds of connections to one server, too, and uses them. So what one source does is judged a little
 * later: connections that are not granted, or given up at once, are a flood, as are more than any page has. */

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "engine/detect/linear-counting.h"
#include "engine/detect/majority-vote.h"
#include "engine/detect/report.h"
#include "engine/detect/watch-table.h"

#define SERVICES_MAX 1024
#define SOURCE_BITS 4096
/* A scan makes a service of each port: as long as there are so few sources, their bits are listed. */
#define FEW 5
/* Of one source: how long answers and resets are waited for, and how many times as many are a flood even if used. */
#define PATIENCE (NSEC_PER_SEC + NSEC_PER_SEC / 2)
#define USED_FACTOR 5

struct half {
        uint64_t begin;
        uint32_t syns, granted, resets; /* resets by either end */
        uint16_t n_bits;    /* that its sources set */
        uint16_t bits[FEW]; /* which; of more than these the map says */
};

struct source_map {
        uint64_t words[SOURCE_BITS / 64];
};

struct service {
        struct ip_address ip;
        uint16_t port;
        struct half halves[2]; /* [0] is now */
        uint32_t source_bits;  /* that are set in either half */
        struct source_map *maps; /* of each half */
        struct majority_vote sender;
        struct ip_address source; /* the latest */
        uint64_t due;          /* when one source is judged; 0: not */
        uint64_t last;         /* SYN */
};

struct syn_flood {
        struct watch_table *services; /* two maps beside each; written when there are more than a FEW */
        uint64_t due;                 /* of any service the next, or earlier */
};

static void syn_flood_free(void *state) {
        struct syn_flood *f = state;

        if (!f)
                return;
        watch_table_free(f->services);
        free(f);
}

static int syn_flood_init(void **ret_state) {
        struct syn_flood *f = calloc(1, sizeof *f);
        int r = f ? watch_table_new_beside(&f->services, sizeof(struct service), SERVICES_MAX, 2 * sizeof(struct source_map)) : -ENOMEM;

        if (r < 0) {
                syn_flood_free(f);
                return r;
        }
        f->due = UINT64_MAX;
        *ret_state = f;
        return 0;
}

static bool has_bit(const struct half *h, const struct source_map *map, uint16_t bit) {
        if (h->n_bits > FEW)
                return map->words[bit / 64] >> bit % 64 & 1;
        for (size_t i = 0; i < h->n_bits; i++)
                if (h->bits[i] == bit)
                        return true;
        return false;
}

static void map_bit(struct source_map *map, uint16_t bit) {
        map->words[bit / 64] |= UINT64_C(1) << bit % 64;
}

static void add_bit(struct half *h, struct source_map *map, uint16_t bit) {
        if (h->n_bits < FEW) {
                h->bits[h->n_bits] = bit;
        } else {
                if (h->n_bits == FEW) {
                        memset(map, 0, sizeof *map);
                        for (size_t i = 0; i < FEW; i++)
                                map_bit(map, h->bits[i]);
                }
                map_bit(map, bit);
        }
        h->n_bits++;
}

static void turn(struct service *s, uint64_t now, uint64_t half) {
        uint64_t age = now > s->halves[0].begin ? now - s->halves[0].begin : 0;

        if (age < half)
                return;
        s->halves[1] = (struct half) { 0 };
        if (age < 2 * half) {
                s->halves[1] = s->halves[0];
                if (s->halves[1].n_bits > FEW)
                        s->maps[1] = s->maps[0];
        }
        s->halves[0] = (struct half) { .begin = now };
        s->source_bits = s->halves[1].n_bits;
}

static void note_source(struct service *s, const struct ip_address *source) {
        uint16_t bit = linear_counting_bit(source, SOURCE_BITS);

        if (has_bit(&s->halves[0], &s->maps[0], bit))
                return;
        s->source_bits += !has_bit(&s->halves[1], &s->maps[1], bit);
        add_bit(&s->halves[0], &s->maps[0], bit);
}

static unsigned count_sources(const struct service *s) {
        return linear_counting_estimate(SOURCE_BITS, s->source_bits);
}

static void note(struct service *s, const struct contact *c) {
        s->halves[0].syns++;
        s->last = c->ts;
        note_source(s, &c->source);
        s->source = c->source;
        majority_vote_take(&s->sender, &c->source_mac);
}

static uint32_t count_syns(const struct service *s) {
        return s->halves[0].syns + s->halves[1].syns;
}

static void report(struct detect_host *host, const struct service *s, bool many, enum alert_severity severity, unsigned sources) {
        static const struct mac_address nobody;
        unsigned seconds = (unsigned) (detect_setting(host, SYN_FLOOD_WINDOW) / NSEC_PER_SEC);
        uint32_t syns = count_syns(s);
        struct report r;

        report_begin(&r, many ? ALERT_SYN_FLOOD : ALERT_CONNECTION_FLOOD, severity, s->last, s->sender.lead >= syns / 8 ? &s->sender.mac : &nobody);
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

/* Granted, and not given up at once. */
static bool are_used(const struct service *s, uint32_t syns) {
        uint32_t granted = s->halves[0].granted + s->halves[1].granted, resets = s->halves[0].resets + s->halves[1].resets;

        return granted >= syns / 2 && resets <= syns / 2;
}

static void judge_one_source(struct detect_host *host, struct service *s) {
        uint32_t syns = count_syns(s);
        bool used = are_used(s, syns) && syns < USED_FACTOR * detect_setting(host, SYN_FLOOD_REQUESTS);

        s->due = 0;
        report(host, s, false, used ? SEVERITY_INFO : SEVERITY_WARNING, count_sources(s));
}

static struct service *service_of(struct syn_flood *f, const struct ip_address *ip, uint16_t port, uint16_t vlan, bool *ret_fresh) {
        uint64_t key = watch_ip_key(ip, (uint32_t) port << 16 | vlan);

        if (ret_fresh)
                return watch_table_get(f->services, key, ret_fresh);
        return watch_table_find(f->services, key);
}

static void take_answer(struct syn_flood *f, const struct contact *c) {
        struct service *s = service_of(f, &c->source, c->source_port, c->vlan, NULL);

        if (!s && c->kind == CONTACT_RESET)
                s = service_of(f, &c->destination, c->destination_port, c->vlan, NULL);
        if (!s)
                return;
        s->halves[0].granted += c->kind == CONTACT_SYN_ACK;
        s->halves[0].resets += c->kind == CONTACT_RESET;
}

static void take_syn(struct syn_flood *f, struct detect_host *host, const struct contact *c) {
        uint64_t requests = detect_setting(host, SYN_FLOOD_REQUESTS);
        struct service *s;
        unsigned sources;
        uint32_t syns;
        bool fresh;

        s = service_of(f, &c->destination, c->destination_port, c->vlan, &fresh);
        if (!s)
                return;
        if (fresh) {
                s->maps = watch_table_beside(f->services, s);
                s->ip = c->destination;
                s->port = c->destination_port;
                s->halves[0].begin = c->ts;
        }
        /* What is to be judged stays together until it is. */
        if (s->due == 0)
                turn(s, c->ts, detect_setting(host, SYN_FLOOD_WINDOW) / 2);
        note(s, c);
        syns = count_syns(s);
        /* Again when it has doubled. */
        if (syns < requests || syns % (uint32_t) requests != 0)
                return;
        sources = count_sources(s);
        /* Some clients, each with some connections, are a busy service. */
        if (sources >= detect_setting(host, SYN_FLOOD_SOURCES)) {
                report(host, s, true, SEVERITY_CRITICAL, sources);
        } else if (sources <= 2 && s->due == 0) {
                s->due = c->ts + PATIENCE;
                f->due = MIN(f->due, s->due);
        }
}

static void syn_flood_contact(void *state, struct detect_host *host, const struct contact *c) {
        if (!detect_setting(host, SYN_FLOOD))
                return;
        if (c->kind == CONTACT_SYN)
                take_syn(state, host, c);
        else
                take_answer(state, c);
}

static void syn_flood_advance(void *state, struct detect_host *host, uint64_t now, bool flush) {
        struct syn_flood *f = state;

        if (f->due > now && !flush)
                return;
        f->due = UINT64_MAX;
        for (struct service *s = NULL; (s = watch_table_next(f->services, s));) {
                if (s->due == 0)
                        continue;
                if (s->due <= now || flush)
                        judge_one_source(host, s);
                else
                        f->due = MIN(f->due, s->due);
        }
}

static uint64_t syn_flood_next_deadline(const void *state) {
        return ((const struct syn_flood *) state)->due;
}

const struct detector syn_flood_detector = {
        .name = "syn_flood",
        .init = syn_flood_init,
        .free = syn_flood_free,
        .contact_kinds = CONTACT_BIT(SYN) | CONTACT_BIT(SYN_ACK) | CONTACT_BIT(RESET),
        .contact = syn_flood_contact,
        .advance = syn_flood_advance,
        .next_deadline = syn_flood_next_deadline,
};
