/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* device_returned: a known device that was away for long. The inventory remembers when it was last seen, over restarts,
 * and is asked before it learns of the fact. */

#include <errno.h>
#include <stdlib.h>

#include "engine/detect/report.h"

/* Who was asked for last: messages tell several facts. */
struct device_returned {
        struct mac_address mac;
        uint64_t ts;
};

static int device_returned_init(void **ret_state) {
        struct device_returned *r = calloc(1, sizeof *r);

        if (!r)
                return -ENOMEM;
        *ret_state = r;
        return 0;
}

static void device_returned_free(void *state) {
        free(state);
}

static void report(struct detect_host *host, const struct fact *fact, uint64_t away) {
        struct report r;

        report_begin(&r, ALERT_DEVICE_RETURNED, SEVERITY_INFO, fact->ts, &fact->mac);
        strbuf_printf(&r.text, "is back after %u days.", (unsigned) (away / (24 * 3600 * NSEC_PER_SEC)));
        report_seconds(&r, "away", away);
        report_seconds(&r, "threshold", detect_setting(host, ABSENCE));
        report_send(&r, host);
}

static bool device_returned_wants(const struct detect_host *host, const struct fact *fact) {
        return !(fact->flags & (FACT_TUNNELLED | FACT_FOREIGN)) && detect_setting(host, RETURNED);
}

static void device_returned_fact(void *state, struct detect_host *host, const struct fact *fact) {
        struct device_returned *latest = state;
        const struct device *d;

        if (!device_returned_wants(host, fact))
                return;
        if (latest->ts == fact->ts && mac_equal(&latest->mac, &fact->mac))
                return;
        *latest = (struct device_returned) { fact->mac, fact->ts };
        d = inventory_get_by_mac(host->inventory, &fact->mac);
        if (d && d->flags & DEVICE_KNOWN && d->last_seen > 0 && fact->ts > d->last_seen &&
            fact->ts - d->last_seen >= detect_setting(host, ABSENCE))
                report(host, fact, fact->ts - d->last_seen);
}

const struct detector device_returned_detector = {
        .name = "device_returned",
        .init = device_returned_init,
        .free = device_returned_free,
        .fact = device_returned_fact,
        .fact_flags = FACT_HAS_MAC | FACT_LINK_SCOPED,
        .wants = device_returned_wants,
};
