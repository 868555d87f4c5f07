/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* mac_flood: more new link addresses than any number of guests brings, to overflow the switch's table so that it sends
 * everything everywhere. The addresses are made up, so nobody in particular can be blamed. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/detect/report.h"
#include "engine/detect/watch-table.h"

#define NETWORKS_MAX 64
#define SAMPLES 3

struct arrivals { /* of one network */
        uint64_t network;
        uint64_t since;
        uint32_t n;
        bool due; /* the threshold was passed; told when time passes, for the count */
        struct mac_address samples[SAMPLES];
};

static void mac_flood_free(void *state) {
        watch_table_free(state);
}

static int mac_flood_init(void **ret_state) {
        struct watch_table *t;
        int r = watch_table_new(&t, sizeof(struct arrivals), NETWORKS_MAX);

        if (r >= 0)
                *ret_state = t;
        return r;
}

static void mac_flood_device_changed(void *state, struct detect_host *host, const struct device *device, uint64_t now) {
        struct arrivals *a;
        bool fresh;

        /* New, and not when the whole network is. */
        if (device->flags & DEVICE_SELF || device->first_seen < host->learning_until ||
            !detect_setting(host, MAC_FLOOD))
                return;
        a = watch_table_get(state, watch_key(&device->network, sizeof device->network, "", 0, 0), &fresh);
        if (!a)
                return;
        if (fresh || (now > a->since && now - a->since > detect_setting(host, MAC_FLOOD_WINDOW)))
                *a = (struct arrivals) { .network = device->network, .since = now };
        if (a->n < SAMPLES)
                a->samples[a->n] = device->macs[0].address;
        a->n++;
        a->due |= a->n >= detect_setting(host, MAC_FLOOD_ADDRESSES);
}

static void report(struct detect_host *host, const struct arrivals *a, uint64_t now) {
        const struct network *network = inventory_get_network(host->inventory, a->network);
        static const struct mac_address nobody;
        struct report r;

        report_begin(&r, ALERT_MAC_FLOOD, SEVERITY_CRITICAL, now, &nobody);
        strbuf_printf(&r.text, "made up %u link addresses within %u s%s%s: switches may send everybody's traffic everywhere.", a->n,
                      (unsigned) (detect_setting(host, MAC_FLOOD_WINDOW) / NSEC_PER_SEC),
                      network && *network->interface ? " on " : "", network ? network->interface : "");
        report_number(&r, "addresses", a->n);
        report_number(&r, "threshold", detect_setting(host, MAC_FLOOD_ADDRESSES));
        report_seconds(&r, "window", detect_setting(host, MAC_FLOOD_WINDOW));
        report_mac(&r, "one_of_them", &a->samples[0]);
        if (network && *network->interface)
                report_text(&r, "interface", network->interface);
        report_key(&r, &a->network, sizeof a->network);
        report_send(&r, host);
}

static void mac_flood_advance(void *state, struct detect_host *host, uint64_t now, bool flush _unused_) {
        struct arrivals *a = NULL;

        while ((a = watch_table_next(state, a)))
                if (a->due) {
                        report(host, a, now);
                        a->due = false;
                }
}

const struct detector mac_flood_detector = {
        .name = "mac_flood",
        .init = mac_flood_init,
        .free = mac_flood_free,
        .device_changes = CHANGE_NEW,
        .device_changed = mac_flood_device_changed,
        .advance = mac_flood_advance,
};
