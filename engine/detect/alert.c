/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Names of alert kinds, severities and states. */

#include "engine/detect/alert.h"

#include <stddef.h>
#include <string.h>

#include "common/macro.h"

static const struct {
        const char *name;
        enum alert_state state;
} kinds[_ALERT_KIND_MAX] = {
#define X(id, name, state) [ALERT_##id] = { name, ALERT_##state },
        ALERT_KINDS(X)
#undef X
};

static const char *const gists[_ALERT_KIND_MAX] = {
        [ALERT_ADDRESS_CONFLICT] = "uses an address that another device has, too: neither will work well.",
        [ALERT_ARP_SPOOFING] = "tells others that it is another device: it can read and change their traffic.",
        [ALERT_NDP_SPOOFING] = "tells others that it is another device: it can read and change their traffic.",
        [ALERT_GATEWAY_CHANGED] = "is the gateway now. If you did not replace your router, somebody reads your traffic.",
        [ALERT_ROGUE_DHCP] = "hands out addresses, beside the DHCP server.",
        [ALERT_DHCP_CHANGED] = "tells DHCP clients to use another router, or other DNS servers.",
        [ALERT_ROGUE_RA] = "offers itself as a router, or speaks in the name of one.",
        [ALERT_NAME_POISONING] = "answers for names that are not all its own: it can catch log-ins.",
        [ALERT_ARP_SWEEP] = "looks for devices: it asked for many addresses that nobody has.",
        [ALERT_PORT_SCAN] = "scans ports.",
        [ALERT_HOST_SCAN] = "looks for hosts that can be reached.",
        [ALERT_SYN_FLOOD] = "floods a host with requests for connections.",
        [ALERT_CONNECTION_FLOOD] = "opens more connections than any program needs.",
        [ALERT_PACKET_FLOOD] = "floods a host with packets.",
        [ALERT_BRUTE_FORCE] = "tries to log in again and again.",
        [ALERT_DNS_TUNNEL] = "sends data in DNS queries.",
        [ALERT_DGA_NAMES] = "looks for names that seem drawn by lot, as malicious programs do.",
        [ALERT_BEACONING] = "calls the same place again and again, without a pause.",
        [ALERT_VOLUME_SPIKE] = "moves more this hour than is usual at this time of day.",
        [ALERT_UPLOAD_ANOMALY] = "sends more into the internet this hour than is usual at this time of day.",
        [ALERT_UNUSUAL_CONTACT] = "contacts a place where it never was before.",
        [ALERT_MODEL] = "behaves as the model has learned that it should not.",
};

static const char *const severities[_SEVERITY_MAX] = {
        [SEVERITY_INFO] = "info",
        [SEVERITY_WARNING] = "warning",
        [SEVERITY_CRITICAL] = "critical",
};

static const char *const states[_ALERT_STATE_MAX] = {
        [ALERT_EVENT] = "event",
        [ALERT_ACTIVE] = "active",
        [ALERT_RESOLVED] = "resolved",
};

const char *alert_kind_to_string(enum alert_kind kind) {
        return kind >= 0 && kind < _ALERT_KIND_MAX ? kinds[kind].name : NULL;
}

enum alert_kind alert_kind_from_string(const char *s) {
        for (size_t i = 0; i < ELEMENTSOF(kinds); i++)
                if (strcmp(kinds[i].name, s) == 0)
                        return (enum alert_kind) i;
        return _ALERT_KIND_INVALID;
}

const char *alert_kind_to_gist(enum alert_kind kind) {
        return kind >= 0 && kind < _ALERT_KIND_MAX ? gists[kind] : NULL;
}

const char *alert_severity_to_string(enum alert_severity severity) {
        return severity >= 0 && severity < _SEVERITY_MAX ? severities[severity] : NULL;
}

enum alert_severity alert_severity_from_string(const char *s) {
        for (size_t i = 0; i < ELEMENTSOF(severities); i++)
                if (strcmp(severities[i], s) == 0)
                        return (enum alert_severity) i;
        return _SEVERITY_INVALID;
}

const char *alert_state_to_string(enum alert_state state) {
        return state >= 0 && state < _ALERT_STATE_MAX ? states[state] : NULL;
}

enum alert_state alert_state_from_string(const char *s) {
        for (size_t i = 0; i < ELEMENTSOF(states); i++)
                if (strcmp(states[i], s) == 0)
                        return (enum alert_state) i;
        return _ALERT_STATE_INVALID;
}

enum alert_state alert_kind_state(enum alert_kind kind) {
        return kinds[kind].state;
}
