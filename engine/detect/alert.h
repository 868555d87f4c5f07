/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/address.h"

/* kind, spelling, whether it goes on: a condition that lasts and is over some time, or an event that happened */
#define ALERT_KINDS(X)                                      \
        X(NEW_DEVICE, "new_device", EVENT)                  \
        X(DEVICE_RETURNED, "device_returned", EVENT)        \
        X(IDENTITY_CHANGED, "identity_changed", EVENT)      \
        X(ADDRESS_CONFLICT, "address_conflict", ACTIVE)     \
        X(MAC_CLONED, "mac_cloned", ACTIVE)                 \
        X(ARP_SPOOFING, "arp_spoofing", ACTIVE)             \
        X(NDP_SPOOFING, "ndp_spoofing", ACTIVE)             \
        X(GATEWAY_CHANGED, "gateway_changed", EVENT)        \
        X(ROGUE_DHCP, "rogue_dhcp", ACTIVE)                 \
        X(DHCP_CHANGED, "dhcp_changed", EVENT)              \
        X(DHCP_FLOOD, "dhcp_flood", ACTIVE)                 \
        X(ROGUE_RA, "rogue_ra", ACTIVE)                     \
        X(NAME_POISONING, "name_poisoning", ACTIVE)         \
        X(ARP_SWEEP, "arp_sweep", ACTIVE)                   \
        X(MAC_FLOOD, "mac_flood", ACTIVE)                   \
        X(PORT_SCAN, "port_scan", ACTIVE)                   \
        X(HOST_SCAN, "host_scan", ACTIVE)                   \
        X(SYN_FLOOD, "syn_flood", ACTIVE)                   \
        X(CONNECTION_FLOOD, "connection_flood", ACTIVE)     \
        X(PACKET_FLOOD, "packet_flood", ACTIVE)             \
        X(BRUTE_FORCE, "brute_force", ACTIVE)               \
        X(DNS_TUNNEL, "dns_tunnel", ACTIVE)                 \
        X(DGA_NAMES, "dga_names", ACTIVE)                   \
        X(BEACONING, "beaconing", ACTIVE)                   \
        X(VOLUME_SPIKE, "volume_spike", ACTIVE)             \
        X(UPLOAD_ANOMALY, "upload_anomaly", ACTIVE)         \
        X(NEW_SERVICE, "new_service", EVENT)                \
        X(UNUSUAL_CONTACT, "unusual_contact", EVENT)        \
        X(MODEL, "model", ACTIVE)

enum alert_kind {
#define X(id, name, state) ALERT_##id,
        ALERT_KINDS(X)
#undef X
        _ALERT_KIND_MAX,
        _ALERT_KIND_INVALID = -1,
};

enum alert_severity { SEVERITY_INFO, SEVERITY_WARNING, SEVERITY_CRITICAL, _SEVERITY_MAX, _SEVERITY_INVALID = -1 };

/* Where an alert is in its life. Whether somebody acknowledged it is another matter. */
enum alert_state {
        ALERT_EVENT,    /* happened, and that is that */
        ALERT_ACTIVE,   /* goes on, as far as is known */
        ALERT_RESOLVED, /* nothing more of it was seen for the cool-down */
        _ALERT_STATE_MAX,
        _ALERT_STATE_INVALID = -1,
};

/* Plain data; strings live while the alert is handled and are not escaped (they hold what devices said). */
struct alert {
        uint64_t id;      /* from 1, rising, never used twice */
        uint64_t ts;      /* ns since the epoch, packet time: when it was raised */
        enum alert_kind kind;
        enum alert_severity severity;
        uint64_t device;  /* struct device; 0: none */
        uint64_t network;
        struct mac_address mac; /* of the offender, as on the wire */
        const char *name;    /* display name when it was raised */
        const char *peer;    /* "" where there is none */
        const char *message; /* a sentence for a person */
        const char *details; /* a JSON object */
        bool acknowledged;
        enum alert_state state;
        uint64_t count;       /* how often it was found, from 1; later findings are counted here and not told anew */
        uint64_t first, last; /* when it was found, ns since the epoch, packet time */
};

const char *alert_kind_to_string(enum alert_kind kind) __attribute__((const));
enum alert_kind alert_kind_from_string(const char *s);
const char *alert_severity_to_string(enum alert_severity severity) __attribute__((const));
enum alert_severity alert_severity_from_string(const char *s);
const char *alert_state_to_string(enum alert_state state) __attribute__((const));
enum alert_state alert_state_from_string(const char *s);
/* What alerts of this kind say without naming whom the device was in contact with, nor how much: the sentence without its
 * subject. NULL: their own message names nobody else. */
const char *alert_kind_to_gist(enum alert_kind kind) __attribute__((const));
/* The state in which alerts of this kind begin. */
enum alert_state alert_kind_state(enum alert_kind kind) __attribute__((const));
