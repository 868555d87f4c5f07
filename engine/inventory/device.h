/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/address.h"
#include "engine/classify/classify.h"
#include "engine/fact.h"

/* A device as the inventory keeps it. Daemon and CLI read these fields; only the inventory writes them.
 * All times are ns since the epoch. All lists are bounded, newest first, the one not heard for longest leaves. */

#define DEVICE_MACS_MAX 8
#define DEVICE_IPV4_MAX 8
#define DEVICE_IPV6_MAX 16
#define DEVICE_NAMES_MAX 12
#define DEVICE_SERVICES_MAX 48
#define DEVICE_EVIDENCE_MAX 96
#define DEVICE_USER_TEXT_MAX 256 /* label; notes may be DEVICE_NOTES_MAX */
#define DEVICE_NOTES_MAX 4096

struct device_mac {
        struct mac_address address;
        uint64_t first_seen, last_seen;
};

struct device_ip {
        struct ip_address address;
        uint64_t first_seen, last_seen;
        enum fact_kind source; /* how it was learned */
};

/* One kept fact. */
struct evidence {
        enum fact_kind kind;
        enum fact_voice voice;
        uint8_t confidence; /* how far this kind is to be trusted, 0..100 */
        bool unknown;       /* certainly to all rules: makes no difference to the class */
        uint32_t count;
        uint64_t first_seen, last_seen;
        char *value; /* owned by the device */
};

/* A name and who said so: evidence cooked for display, best first. */
struct device_name {
        enum fact_kind source;
        uint8_t confidence;
        uint64_t first_seen, last_seen;
        char *value; /* without ".local" and padding; not escaped */
};

struct device_service {
        enum fact_kind source;
        uint64_t first_seen, last_seen;
        char *value; /* "_ipp._tcp" or "urn:…:device:MediaRenderer:1" */
};

enum presence { PRESENCE_OFFLINE, PRESENCE_IDLE, PRESENCE_ONLINE, _PRESENCE_MAX };

const char *presence_to_string(enum presence presence) __attribute__((const));

enum device_flags {
        DEVICE_SELF = 1 << 0,       /* this machine */
        DEVICE_GATEWAY = 1 << 1,    /* routes for the network */
        DEVICE_RANDOMIZED = 1 << 2, /* all its addresses are locally administered, by nobody known for it */
        DEVICE_KNOWN = 1 << 3,      /* was there in the learning period, or its alert was raised */
        DEVICE_CONFIRMED = 1 << 4,  /* said at least one fact; without it only a source address was seen */
};

/* Set by the user; never overwritten by what is heard. */
struct device_user {
        char *label; /* NULL: none */
        char *notes; /* NULL: none */
        enum device_type type; /* _TYPE_INVALID: none */
        bool trusted;
};

struct device_traffic {
        uint64_t packets_sent, bytes_sent, packets_received, bytes_received;
};

struct device {
        uint64_t id;      /* opaque, stable across restarts */
        uint64_t network; /* struct network */
        uint32_t flags;   /* enum device_flags */
        enum presence presence;
        uint64_t first_seen, last_seen;
        uint64_t away; /* ns of silence before it was online again; not kept over restarts */

        struct device_mac macs[DEVICE_MACS_MAX];
        size_t n_macs;
        struct device_ip ipv4[DEVICE_IPV4_MAX];
        size_t n_ipv4;
        struct device_ip ipv6[DEVICE_IPV6_MAX];
        size_t n_ipv6;

        struct device_name *names; /* best first; up to DEVICE_NAMES_MAX */
        size_t n_names;
        struct device_service *services;
        size_t n_services;
        struct evidence *evidence;
        size_t n_evidence;

        struct device_user user;
        struct device_traffic traffic;

        char *oui_vendor; /* of the first globally unique MAC, from sd-hwdb; NULL unknown */
        /* NULL: nothing known yet. Its reasons' evidence_index counts in `evidence`; n_evidence stands for oui_vendor. */
        struct classification *class;
};

/* The best of what is known, never NULL ("" when unknown), owned by the device. */
const char *device_hostname(const struct device *device);
const char *device_vendor(const struct device *device);   /* rules, else OUI */
const char *device_model(const struct device *device);
const char *device_os(const struct device *device);
/* The user's, else the classifier's. */
static inline enum device_type device_type(const struct device *device) {
        if (device->user.type != _TYPE_INVALID)
                return device->user.type;
        return device->class ? device->class->type : TYPE_UNKNOWN;
}
/* Of the type; 100 where the user set it. */
static inline uint8_t device_confidence(const struct device *device) {
        if (device->user.type != _TYPE_INVALID)
                return 100;
        return device->class ? device->class->type_confidence : 0;
}
/* What to call it: label, host name, model, vendor and end of the MAC, MAC. Writes into `buffer`. */
const char *device_display_name(const struct device *device, char *buffer, size_t size);

/* A layer-2 neighbourhood: what one gateway serves on one interface. */
struct network {
        uint64_t id; /* opaque, stable across restarts */
        char interface[16];
        uint16_t vlan; /* outermost VLAN id, 0 for none */
        struct mac_address gateway_mac; /* zero until known */
        struct ip_address gateway_ip;
        struct {
                struct ip_address address;
                uint8_t length;
        } prefixes[8];
        size_t n_prefixes;
        char *name; /* domain name heard by DHCP, or the interface's; owned */
        uint64_t first_seen, last_seen;
        uint32_t devices;
};
