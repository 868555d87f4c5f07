/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdint.h>

#include "engine/fact.h"

/* The event_type of each event. Those that Suricata has too are called as there. */
#define EVE_TYPES(X)       \
        X(ALERT, "alert")  \
        X(FLOW, "flow")    \
        X(DNS, "dns")      \
        X(TLS, "tls")      \
        X(HTTP, "http")    \
        X(SSH, "ssh")      \
        X(QUIC, "quic")    \
        X(DHCP, "dhcp")    \
        X(MDNS, "mdns")    \
        X(DTLS, "dtls")    \
        X(DHCP6, "dhcp6")  \
        X(SSDP, "ssdp")    \
        X(UPNP, "upnp")    \
        X(NBNS, "nbns")    \
        X(LLMNR, "llmnr")  \
        X(WSD, "wsd")      \
        X(BROWSER, "browser") \
        X(LLDP, "lldp")    \
        X(CDP, "cdp")      \
        X(ARP, "arp")      \
        X(NDP, "ndp")      \
        X(IGMP, "igmp")    \
        X(MLD, "mld")      \
        X(LANSCOPE, "lanscope")

enum eve_type {
#define X(id, name) EVE_##id,
        EVE_TYPES(X)
#undef X
        _EVE_TYPE_MAX,
        _EVE_TYPE_INVALID = -1,
};

#define EVE_MASK(type) (UINT32_C(1) << (type))
#define EVE_ALL ((UINT32_C(1) << _EVE_TYPE_MAX) - 1)
/* Not what every host says all the time only to find the others. */
#define EVE_USUAL (EVE_ALL & ~(EVE_MASK(EVE_ARP) | EVE_MASK(EVE_NDP) | EVE_MASK(EVE_IGMP) | EVE_MASK(EVE_MLD)))

const char *eve_type_to_string(enum eve_type type) __attribute__((const));
enum eve_type eve_type_from_string(const char *s); /* _EVE_TYPE_INVALID for a word that is none */
/* In which event a fact is told; _EVE_TYPE_INVALID: in none, as it is no message of its own. */
enum eve_type eve_type_of_fact(enum fact_kind kind);
