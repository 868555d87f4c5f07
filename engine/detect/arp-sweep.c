/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* arp_sweep: one device that asks for address after address, to see who is there. What counts are addresses that no device
 * is known to have: whoever talks to many real devices is no scanner. A router asks for others, for every address that
 * somebody outside tries, and so does what has several addresses of its own on this link. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/detect/report.h"
#include "engine/detect/watch-table.h"

#define SENDERS_MAX 1024
#define TARGETS_MAX 512 /* of ArpSweepTargets= */

struct target {
        uint64_t ts;
        uint32_t hash;
};

struct sender {
        struct ip_address ip;
        uint64_t router_until;             /* it asked in the name of several addresses lately */
        struct target *targets;            /* a ring of different ones, as they came */
        uint16_t n, next;
        struct ip_address sample_first, sample_last;
};

#define ROUTER_MEMORY (600 * NSEC_PER_SEC)

static void arp_sweep_free(void *state) {
        watch_table_free(state);
}

static int arp_sweep_init(void **ret_state) {
        struct watch_table *t;
        /* Few ask for many: what is not written takes no memory. */
        int r = watch_table_new_beside(&t, sizeof(struct sender), SENDERS_MAX, TARGETS_MAX * sizeof(struct target));

        if (r >= 0)
                *ret_state = t;
        return r;
}

static bool is_gateway(const struct detect_host *host, const struct mac_address *mac) {
        const struct device *d = inventory_get_by_mac(host->inventory, mac);

        return d && d->flags & DEVICE_GATEWAY;
}

/* Different targets since `since`. */
static unsigned count_targets(const struct sender *s, uint64_t since) {
        unsigned n = 0;

        for (size_t i = 0; i < s->n; i++)
                n += s->targets[i].ts >= since;
        return n;
}

static void note_target(struct sender *s, const struct ip_address *ip, uint64_t now, uint64_t since) {
        uint32_t hash = (uint32_t) watch_ip_key(ip, 0);

        for (size_t i = 0; i < s->n; i++)
                if (s->targets[i].hash == hash && s->targets[i].ts >= since) {
                        s->targets[i].ts = now;
                        return;
                }
        s->targets[s->next] = (struct target) { now, hash };
        s->next = (uint16_t) ((s->next + 1) % TARGETS_MAX);
        s->n = (uint16_t) MIN(s->n + 1, TARGETS_MAX);
        if (count_targets(s, since) == 1)
                s->sample_first = *ip;
        s->sample_last = *ip;
}

static void report(struct detect_host *host, const struct fact *fact, const struct sender *s, unsigned n, uint64_t window) {
        char first[IP_STRING_MAX], last[IP_STRING_MAX];
        struct report r;

        report_begin(&r, ALERT_ARP_SWEEP, SEVERITY_WARNING, fact->ts, &fact->mac);
        r.finding.ip = s->ip;
        strbuf_printf(&r.text, "looks for devices: it asked for %u addresses that nobody has in %u s, from %s to %s.", n,
                      (unsigned) (window / NSEC_PER_SEC), ip_format(&s->sample_first, first), ip_format(&s->sample_last, last));
        report_number(&r, "targets", n);
        report_number(&r, "threshold", detect_setting(host, ARP_SWEEP_TARGETS));
        report_seconds(&r, "window", window);
        report_ip(&r, "first_target", &s->sample_first);
        report_ip(&r, "last_target", &s->sample_last);
        report_send(&r, host);
}

static void arp_sweep_fact(void *state, struct detect_host *host, const struct fact *fact) {
        uint64_t window = detect_setting(host, ARP_SWEEP_WINDOW), since;
        struct ip_address target;
        struct sender *s;
        unsigned n;
        bool fresh;

        if (!detect_setting(host, ARP_SWEEP) || !(fact->flags & FACT_HAS_MAC) || fact->flags & FACT_TUNNELLED || !fact_last_ip(fact, &target) ||
            inventory_get_by_ip(host->inventory, &target) || is_gateway(host, &fact->mac))
                return;
        s = watch_table_get(state, watch_mac_key(&fact->mac, target.family), &fresh);
        if (!s)
                return;
        if (fresh)
                s->targets = watch_table_beside(state, s);
        /* An IPv6 host has several addresses as a matter of course. */
        if (!fresh && !ip_equal(&s->ip, &fact->ip) && fact->kind == FACT_ARP_WHO_HAS && !ip_is_unspecified(&s->ip) &&
            !ip_is_unspecified(&fact->ip))
                s->router_until = fact->ts + ROUTER_MEMORY;
        s->ip = fact->ip;
        since = fact->ts > window ? fact->ts - window : 0;
        note_target(s, &target, fact->ts, since);
        n = count_targets(s, since);
        if (n >= detect_setting(host, ARP_SWEEP_TARGETS) && fact->ts >= s->router_until)
                report(host, fact, s, n, window);
}

static const enum fact_kind kinds[] = { FACT_ARP_WHO_HAS, FACT_NDP_WHO_HAS };

const struct detector arp_sweep_detector = {
        .name = "arp_sweep",
        .init = arp_sweep_init,
        .free = arp_sweep_free,
        .fact = arp_sweep_fact,
        FACT_KINDS_OF(kinds),
};
