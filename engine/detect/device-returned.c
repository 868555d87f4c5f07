/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* device_returned: a known device that was away for long. The inventory remembers when it was last seen, over restarts, and
 * tells how long that was when it is online again. */

#include "engine/detect/report.h"

static void device_returned_device_changed(void *state _unused_, struct detect_host *host, const struct device *device,
                                           uint64_t now _unused_) {
        struct report r;

        /* If this machine was away, so was whoever would have noticed. */
        if (device->presence != PRESENCE_ONLINE || !(device->flags & DEVICE_KNOWN) ||
            device->flags & DEVICE_SELF || device->away < detect_setting(host, ABSENCE) || !detect_setting(host, RETURNED))
                return;
        report_begin(&r, ALERT_DEVICE_RETURNED, SEVERITY_INFO, device->last_seen, &device->macs[0].address);
        strbuf_printf(&r.text, "is back after %u days.", (unsigned) (device->away / (24 * 3600 * NSEC_PER_SEC)));
        report_seconds(&r, "away", device->away);
        report_seconds(&r, "threshold", detect_setting(host, ABSENCE));
        report_send(&r, host);
}

const struct detector device_returned_detector = {
        .name = "device_returned",
        .device_changes = CHANGE_PRESENCE,
        .device_changed = device_returned_device_changed,
};
