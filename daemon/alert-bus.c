/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Alerts as dictionaries, and the two signals about them. */

#include "daemon/alert-bus.h"

#include <string.h>

#include "daemon/append-bus.h"

static int append_whom(sd_bus_message *m, const struct alert *a) {
        char path[OBJECT_PATH_MAX], mac[MAC_STRING_MAX];
        int r;

        /* Object paths have no "none": an alert about no device names the root. */
        r = append_entry_path(m, "Device", a->device ? device_path(a->device, path) : "/");
        if (r >= 0)
                r = append_entry_path(m, "Network", a->network ? network_path(a->network, path) : "/");
        if (r >= 0)
                r = append_entry_text(m, "Mac", mac_is_zero(&a->mac) ? "" : mac_format(&a->mac, mac));
        if (r >= 0)
                r = append_entry_text(m, "Name", a->name);
        return r < 0 ? r : append_entry_text(m, "Peer", a->peer);
}

int alert_bus_append(sd_bus_message *m, const struct alert *a) {
        int r = sd_bus_message_open_container(m, 'a', "{sv}");

        if (r >= 0)
                r = append_entry_u64(m, "Id", a->id);
        if (r >= 0)
                r = append_entry_u64(m, "Time", a->ts / NSEC_PER_USEC);
        if (r >= 0)
                r = append_entry_text(m, "Kind", alert_kind_to_string(a->kind));
        if (r >= 0)
                r = append_entry_text(m, "Severity", alert_severity_to_string(a->severity));
        if (r >= 0)
                r = append_whom(m, a);
        if (r >= 0)
                r = append_entry_text(m, "Message", a->message);
        if (r >= 0)
                r = append_entry_text(m, "Details", a->details);
        if (r >= 0)
                r = append_entry_bool(m, "Acknowledged", a->acknowledged);
        if (r >= 0)
                r = append_entry_text(m, "State", alert_state_to_string(a->state));
        if (r >= 0)
                r = append_entry_u64(m, "Count", a->count);
        if (r >= 0)
                r = append_entry_u64(m, "First", a->first / NSEC_PER_USEC);
        if (r >= 0)
                r = append_entry_u64(m, "Last", a->last / NSEC_PER_USEC);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

size_t alert_bus_size(const struct alert *a) {
        return 800 + strlen(a->name) + strlen(a->peer) + strlen(a->message) + strlen(a->details);
}

static int emit(sd_bus *bus, const char *name, const struct alert *alert) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r = sd_bus_message_new_signal(bus, &m, LANSCOPE_PATH, LANSCOPE_MANAGER_INTERFACE, name);

        if (r >= 0)
                r = sd_bus_message_append(m, "t", alert->id);
        if (r >= 0)
                r = alert_bus_append(m, alert);
        return r < 0 ? r : sd_bus_send(bus, m, NULL);
}

int alert_bus_emit_raised(sd_bus *bus, const struct alert *alert) {
        return emit(bus, "AlertRaised", alert);
}

int alert_bus_emit_changed(sd_bus *bus, const struct alert *alert) {
        return emit(bus, "AlertChanged", alert);
}

int alert_bus_emit_acknowledged(sd_bus *bus, const uint64_t *ids, size_t n) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r = sd_bus_message_new_signal(bus, &m, LANSCOPE_PATH, LANSCOPE_MANAGER_INTERFACE, "AlertsAcknowledged");

        if (r >= 0)
                r = sd_bus_message_append_array(m, 't', ids, n * sizeof *ids);
        return r < 0 ? r : sd_bus_send(bus, m, NULL);
}
