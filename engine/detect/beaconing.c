/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* beaconing: a device that calls the same far address at regular intervals, for long. Most that do are harmless: they ask
 * whether there is news. It is worth a warning only where the address was never looked up by a name, and a notice
 * otherwise. Regular is what differs little from its median: the mean deviation is at most BeaconingJitter= percent. */

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "engine/detect/locality.h"
#include "engine/detect/report.h"
#include "engine/detect/watch-table.h"

#define CALLS_MAX 4096
#define INTERVALS_MAX 64 /* of BeaconingCalls= */
#define INTERVAL_MIN (5 * NSEC_PER_SEC)
#define INTERVAL_MAX (6 * 3600 * NSEC_PER_SEC)

struct call { /* of one device to one service */
        uint64_t last;
        uint32_t *intervals; /* ms, a ring of INTERVALS_MAX */
        uint16_t n, next;
};

static void beaconing_free(void *state) {
        watch_table_free(state);
}

static int beaconing_init(void **ret_state) {
        struct watch_table *t;
        int r = watch_table_new_beside(&t, sizeof(struct call), CALLS_MAX, INTERVALS_MAX * sizeof(uint32_t));

        if (r >= 0)
                *ret_state = t;
        return r;
}

static int compare(const void *a, const void *b) {
        uint32_t x = *(const uint32_t *) a, y = *(const uint32_t *) b;

        return x < y ? -1 : x > y;
}

/* Median, and the mean deviation from it, of the latest `n`; ms. */
static void measure(const struct call *c, unsigned n, uint32_t *ret_median, uint32_t *ret_deviation) {
        uint32_t sorted[INTERVALS_MAX];
        uint64_t sum = 0;

        for (unsigned i = 0; i < n; i++)
                sorted[i] = c->intervals[(c->next + INTERVALS_MAX - 1 - i) % INTERVALS_MAX];
        qsort(sorted, n, sizeof *sorted, compare);
        for (unsigned i = 0; i < n; i++)
                sum += sorted[i] > sorted[n / 2] ? sorted[i] - sorted[n / 2] : sorted[n / 2] - sorted[i];
        *ret_median = sorted[n / 2];
        *ret_deviation = (uint32_t) (sum / n);
}

static void report(struct detect_host *host, const struct contact *c, unsigned n, uint32_t median, uint32_t deviation) {
        const char *name = peer_names_find(host->names, &c->source, &c->destination, c->ts);
        struct report r;

        report_begin(&r, ALERT_BEACONING, name ? SEVERITY_INFO : SEVERITY_WARNING, c->ts, &c->source_mac);
        r.finding.ip = c->source;
        r.finding.patience = 3 * (uint64_t) median * NSEC_PER_MSEC;
        report_peer(&r, host, &c->destination, c->destination_port, name);
        strbuf_printf(&r.text, "calls %s every %u.%u s, %u times without a pause.", r.peer, median / 1000, median % 1000 / 100, n);
        report_number(&r, "calls", n);
        report_number(&r, "threshold_calls", detect_setting(host, BEACONING_CALLS));
        report_number(&r, "interval_ms", median);
        report_number(&r, "deviation_ms", deviation);
        report_number(&r, "threshold_percent", detect_setting(host, BEACONING_JITTER));
        report_text(&r, "known_by_name", name ? "yes" : "no");
        report_key(&r, &c->destination, sizeof c->destination);
        report_key(&r, &c->destination_port, sizeof c->destination_port);
        report_send(&r, host);
}

static bool is_call(const struct detect_host *host, const struct contact *c) {
        /* Time, names and the finding of one's own address are asked for regularly by their nature. */
        if (c->kind == CONTACT_DATAGRAM && (c->destination_port == 123 || c->destination_port == 53 || c->destination_port == 3478))
                return false;
        return c->destination_port != 853 && ip_is_public(host, &c->destination) && !ip_is_public(host, &c->source);
}

static void beaconing_contact(void *state, struct detect_host *host, const struct contact *c) {
        unsigned calls = (unsigned) detect_setting(host, BEACONING_CALLS);
        uint32_t median, deviation;
        uint64_t key, interval;
        struct call *call;
        bool fresh;

        if (!detect_setting(host, BEACONING) || !is_call(host, c))
                return;
        key = watch_ip_key(&c->source, (uint32_t) c->protocol << 16 | c->destination_port);
        call = watch_table_get(state, watch_ip_key(&c->destination, key), &fresh);
        if (!call)
                return;
        if (fresh)
                call->intervals = watch_table_beside(state, call);
        interval = c->ts > call->last ? c->ts - call->last : 0;
        /* Several connections at once are one call. */
        if (!fresh && interval < INTERVAL_MIN)
                return;
        call->last = c->ts;
        if (fresh || interval > INTERVAL_MAX) {
                call->n = call->next = 0;
                return;
        }
        call->intervals[call->next] = (uint32_t) (interval / NSEC_PER_MSEC);
        call->next = (uint16_t) ((call->next + 1) % INTERVALS_MAX);
        call->n = (uint16_t) MIN(call->n + 1, INTERVALS_MAX);
        if (call->n < calls)
                return;
        measure(call, calls, &median, &deviation);
        if ((uint64_t) deviation * 100 <= (uint64_t) median * detect_setting(host, BEACONING_JITTER))
                report(host, c, calls, median, deviation);
}

const struct detector beaconing_detector = {
        .name = "beaconing",
        .init = beaconing_init,
        .free = beaconing_free,
        .contact_kinds = CONTACT_BIT(SYN) | CONTACT_BIT(DATAGRAM),
        .contact = beaconing_contact,
};
