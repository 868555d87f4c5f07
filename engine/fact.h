/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/address.h"

/* A fact is one thing that one frame told about one device. Facts are the only words that pass from
 * the half of the engine that reads hostile bytes to the half that holds knowledge. */

/* How a fact is meant. What a device says about itself is never mixed with what it asks for. */
enum fact_voice {
        VOICE_SELF,   /* the device describes itself: an announcement, an answer, its own request's options */
        VOICE_ASKS,   /* the device looks for something else: a query, a search */
        VOICE_SERVES, /* the device, as a server, tells others: a lease, a route, an address for a name */
        VOICE_CLAIMS, /* the device names an address or another party: an ARP reply, a relayed message */
        _VOICE_MAX,
};

/* kind, spelling (that of the conformance corpus), voice */
#define FACT_KINDS(X)                                                          \
        X(ARP_SENDER, "arp.sender", CLAIMS)                                    \
        X(ARP_WHO_HAS, "arp.who_has", ASKS)                                    \
        X(ARP_PROBE, "arp.probe", ASKS)                                        \
        X(ARP_GRATUITOUS, "arp.gratuitous", CLAIMS)                            \
        X(ARP_L2_MISMATCH, "arp.l2_mismatch", CLAIMS)                          \
        X(NDP_SOURCE, "ndp.source", CLAIMS)                                    \
        X(NDP_ROUTER, "ndp.router", SERVES)                                    \
        X(NDP_PREFIX, "ndp.prefix", SERVES)                                    \
        X(NDP_ROUTE, "ndp.route", SERVES)                                      \
        X(NDP_RDNSS, "ndp.rdnss", SERVES)                                      \
        X(NDP_DNSSL, "ndp.dnssl", SERVES)                                      \
        X(NDP_MTU, "ndp.mtu", SERVES)                                          \
        X(NDP_DAD, "ndp.dad", ASKS)                                            \
        X(NDP_WHO_HAS, "ndp.who_has", ASKS)                                    \
        X(NDP_ROUTER_SOLICIT, "ndp.router_solicit", ASKS)                      \
        X(NDP_NA_NO_LLADDR, "ndp.na_no_lladdr", CLAIMS)                        \
        X(DHCP_MSG_TYPE, "dhcp.msg_type", SELF)                                \
        X(DHCP_HOSTNAME, "dhcp.hostname", SELF)                                \
        X(DHCP_FQDN, "dhcp.fqdn", SELF)                                        \
        X(DHCP_VENDOR_CLASS, "dhcp.vendor_class", SELF)                        \
        X(DHCP_USER_CLASS, "dhcp.user_class", SELF)                            \
        X(DHCP_CLIENT_ID, "dhcp.client_id", SELF)                              \
        X(DHCP_PARAM_REQUEST_LIST, "dhcp.param_request_list", SELF)            \
        X(DHCP_OPTIONS, "dhcp.options", SELF)                                  \
        X(DHCP_MAX_MESSAGE_SIZE, "dhcp.max_message_size", SELF)                \
        X(DHCP_REQUESTED_IP, "dhcp.requested_ip", SELF)                        \
        X(DHCP_REQUESTED_SERVER, "dhcp.requested_server", CLAIMS)              \
        X(DHCP_CLIENT_IP, "dhcp.client_ip", SELF)                              \
        X(DHCP_MUD_URL, "dhcp.mud_url", SELF)                                  \
        X(DHCP_ASSIGNED_IP, "dhcp.assigned_ip", SERVES)                        \
        X(DHCP_OFFERED_IP, "dhcp.offered_ip", SERVES)                          \
        X(DHCP_SERVER_ID, "dhcp.server_id", SERVES)                            \
        X(DHCP_NETMASK, "dhcp.netmask", SERVES)                                \
        X(DHCP_ROUTER, "dhcp.router", SERVES)                                  \
        X(DHCP_DNS, "dhcp.dns", SERVES)                                        \
        X(DHCP_NTP, "dhcp.ntp", SERVES)                                        \
        X(DHCP_DOMAIN, "dhcp.domain", SERVES)                                  \
        X(DHCP_LEASE_TIME, "dhcp.lease_time", SERVES)                          \
        X(DHCP_RELAY, "dhcp.relay", CLAIMS)                                    \
        X(MDNS_HOSTNAME, "mdns.hostname", SELF)                                \
        X(MDNS_SERVICE, "mdns.service", SELF)                                  \
        X(MDNS_INSTANCE, "mdns.instance", SELF)                                \
        X(MDNS_SRV, "mdns.srv", SELF)                                          \
        X(MDNS_TXT, "mdns.txt", SELF)                                          \
        X(MDNS_REVERSE, "mdns.reverse", SELF)                                  \
        X(MDNS_HINFO, "mdns.hinfo", SELF)                                      \
        X(MDNS_QUERY, "mdns.query", ASKS)                                      \
        X(SSDP_METHOD, "ssdp.method", CLAIMS)                                  \
        X(SSDP_SERVER, "ssdp.server", SELF)                                    \
        X(SSDP_USN, "ssdp.usn", SELF)                                          \
        X(SSDP_NT, "ssdp.nt", SELF)                                            \
        X(SSDP_NTS, "ssdp.nts", SELF)                                          \
        X(SSDP_ST, "ssdp.st", ASKS)                                            \
        X(SSDP_LOCATION, "ssdp.location", SELF)                                \
        X(SSDP_USER_AGENT, "ssdp.user_agent", SELF)                            \
        X(SSDP_X_USER_AGENT, "ssdp.x_user_agent", SELF)                        \
        X(DNS_QUERY, "dns.query", ASKS)                                        \
        X(DNS_ANSWER, "dns.answer", SERVES)                                    \
        X(DNS_RCODE, "dns.rcode", SERVES)                                      \
        X(DHCP6_MSG_TYPE, "dhcp6.msg_type", SELF)                              \
        X(DHCP6_CLIENT_DUID, "dhcp6.client_duid", SELF)                        \
        X(DHCP6_SERVER_DUID, "dhcp6.server_duid", SERVES)                      \
        X(DHCP6_FQDN, "dhcp6.fqdn", SELF)                                      \
        X(DHCP6_VENDOR_CLASS, "dhcp6.vendor_class", SELF)                      \
        X(DHCP6_USER_CLASS, "dhcp6.user_class", SELF)                          \
        X(DHCP6_ORO, "dhcp6.oro", SELF)                                        \
        X(DHCP6_OPTIONS, "dhcp6.options", SELF)                                \
        X(DHCP6_IA_ADDR, "dhcp6.ia_addr", CLAIMS)                              \
        X(DHCP6_IA_PREFIX, "dhcp6.ia_prefix", CLAIMS)                          \
        X(DHCP6_MUD_URL, "dhcp6.mud_url", SELF)                                \
        X(DHCP6_DNS, "dhcp6.dns", SERVES)                                      \
        X(DHCP6_DOMAIN, "dhcp6.domain", SERVES)                                \
        X(DHCP6_RELAY_PEER, "dhcp6.relay_peer", CLAIMS)                        \
        X(LLDP_CHASSIS_ID, "lldp.chassis_id", SELF)                            \
        X(LLDP_PORT_ID, "lldp.port_id", SELF)                                  \
        X(LLDP_TTL, "lldp.ttl", SELF)                                          \
        X(LLDP_PORT_DESC, "lldp.port_desc", SELF)                              \
        X(LLDP_SYSTEM_NAME, "lldp.system_name", SELF)                          \
        X(LLDP_SYSTEM_DESC, "lldp.system_desc", SELF)                          \
        X(LLDP_SYSTEM_CAPS, "lldp.system_caps", SELF)                          \
        X(LLDP_ENABLED_CAPS, "lldp.enabled_caps", SELF)                        \
        X(LLDP_MGMT_ADDR, "lldp.mgmt_addr", SELF)                              \
        X(LLDP_PORT_VLAN, "lldp.port_vlan", SELF)                              \
        X(LLDP_MUD_URL, "lldp.mud_url", SELF)                                  \
        X(LLDP_MED_CLASS, "lldp.med_class", SELF)                              \
        X(LLDP_MED_HARDWARE_REVISION, "lldp.med_hardware_revision", SELF)      \
        X(LLDP_MED_FIRMWARE_REVISION, "lldp.med_firmware_revision", SELF)      \
        X(LLDP_MED_SOFTWARE_REVISION, "lldp.med_software_revision", SELF)      \
        X(LLDP_MED_SERIAL_NUMBER, "lldp.med_serial_number", SELF)              \
        X(LLDP_MED_MANUFACTURER, "lldp.med_manufacturer", SELF)                \
        X(LLDP_MED_MODEL, "lldp.med_model", SELF)                              \
        X(LLDP_MED_ASSET_ID, "lldp.med_asset_id", SELF)                        \
        X(CDP_DEVICE_ID, "cdp.device_id", SELF)                                \
        X(CDP_SYSTEM_NAME, "cdp.system_name", SELF)                            \
        X(CDP_PLATFORM, "cdp.platform", SELF)                                  \
        X(CDP_PORT_ID, "cdp.port_id", SELF)                                    \
        X(CDP_SOFTWARE_VERSION, "cdp.software_version", SELF)                  \
        X(CDP_CAPABILITIES, "cdp.capabilities", SELF)                          \
        X(CDP_ADDRESS, "cdp.address", SELF)                                    \
        X(CDP_NATIVE_VLAN, "cdp.native_vlan", SELF)                            \
        X(WSD_ACTION, "wsd.action", CLAIMS)                                    \
        X(WSD_ENDPOINT, "wsd.endpoint", ASKS)                                  \
        X(WSD_TYPES, "wsd.types", ASKS)                                        \
        X(WSD_SCOPE, "wsd.scope", ASKS)                                        \
        X(WSD_XADDR, "wsd.xaddr", SELF)                                        \
        X(WSD_METADATA_VERSION, "wsd.metadata_version", SELF)                  \
        X(TCP_SYN_SIG, "tcp.syn_sig", SELF)                                    \
        X(TCP_RAW_SIG, "tcp.raw_sig", SELF)                                    \
        X(TCP_OS, "tcp.os", SELF)                                              \
        X(TCP_ISN_CLASS, "tcp.isn_class", SELF)                                \
        X(IP_ID_CLASS, "ip.id_class", SELF)                                    \
        X(IP6_EUI64, "ip6.eui64", SELF)                                        \
        X(IGMP_GROUP, "igmp.group", SELF)                                      \
        X(MLD_GROUP, "mld.group", SELF)                                        \
        X(LLMNR_QUERY, "llmnr.query", ASKS)                                    \
        X(LLMNR_ANSWER, "llmnr.answer", SELF)                                  \
        X(NBNS_NAME, "nbns.name", SELF)                                        \
        X(NBNS_QUERY, "nbns.query", ASKS)                                      \
        X(NBNS_NBSTAT_QUERY, "nbns.nbstat_query", ASKS)                        \
        X(NBNS_UNIT_ID, "nbns.unit_id", SELF)                                  \
        X(NBDGM_SOURCE, "nbdgm.source", SELF)                                  \
        X(BROWSER_ANNOUNCEMENT, "browser.announcement", SELF)                  \
        X(BROWSER_OS_VERSION, "browser.os_version", SELF)                      \
        X(BROWSER_SERVER_TYPE, "browser.server_type", SELF)                    \
        X(BROWSER_COMMENT, "browser.comment", SELF)                            \
        /* Never on the wire: what this machine knows by itself: its name, its addresses, who routes for it. */ \
        X(HOST_NAME, "host.name", SELF)                                        \
        X(HOST_ADDRESS, "host.address", SELF)                                  \
        X(HOST_GATEWAY, "host.gateway", SERVES)                                  \
        X(HTTP_HOST, "http.host", ASKS)                                        \
        X(HTTP_REQUEST, "http.request", ASKS)                                  \
        X(HTTP_STATUS, "http.status", CLAIMS)                                  \
        X(HTTP_USER_AGENT, "http.user_agent", SELF)                            \
        X(HTTP_SERVER, "http.server", SELF)                                    \
        X(HTTP_X_POWERED_BY, "http.x_powered_by", SELF)                        \
        X(SSH_BANNER, "ssh.banner", SELF)                                      \
        X(SSH_HASSH, "ssh.hassh", SELF)                                        \
        X(SSH_HASSH_SERVER, "ssh.hassh_server", SELF)                          \
        X(SSH_HOSTKEY, "ssh.hostkey", SELF)                                    \
        X(TLS_SNI, "tls.sni", ASKS)                                            \
        X(TLS_ALPN, "tls.alpn", ASKS)                                          \
        X(TLS_JA3, "tls.ja3", SELF)                                            \
        X(TLS_JA4, "tls.ja4", SELF)                                            \
        X(TLS_JA3S, "tls.ja3s", SELF)                                          \
        X(TLS_SERVER_VERSION, "tls.server_version", SELF)                      \
        X(TLS_SERVER_CIPHER, "tls.server_cipher", SELF)                        \
        X(TLS_SERVER_ALPN, "tls.server_alpn", SELF)                            \
        X(TLS_CERT_SUBJECT_CN, "tls.cert_subject_cn", SELF)                    \
        X(TLS_CERT_ISSUER_CN, "tls.cert_issuer_cn", SELF)                      \
        X(TLS_CERT_SAN, "tls.cert_san", SELF)                                  \
        X(TLS_CERT_NOT_AFTER, "tls.cert_not_after", SELF)                      \
        X(TLS_CERT_SELF_SIGNED, "tls.cert_self_signed", SELF)                  \
        X(TLS_CERT_SHA256, "tls.cert_sha256", SELF)                            \
        X(TLS_CERT_UNPARSABLE, "tls.cert_unparsable", SELF)                    \
        X(DTLS_SNI, "dtls.sni", ASKS)                                          \
        X(DTLS_ALPN, "dtls.alpn", ASKS)                                        \
        X(DTLS_JA3, "dtls.ja3", SELF)                                          \
        X(DTLS_JA4, "dtls.ja4", SELF)                                          \
        X(DTLS_JA3S, "dtls.ja3s", SELF)                                        \
        X(DTLS_SERVER_VERSION, "dtls.server_version", SELF)                    \
        X(DTLS_SERVER_CIPHER, "dtls.server_cipher", SELF)                      \
        X(DTLS_SERVER_ALPN, "dtls.server_alpn", SELF)                          \
        X(QUIC_VERSION, "quic.version", SELF)                                  \
        X(QUIC_SNI, "quic.sni", ASKS)                                          \
        X(QUIC_ALPN, "quic.alpn", ASKS)                                        \
        X(QUIC_USER_AGENT, "quic.user_agent", SELF)                            \
        X(QUIC_JA3, "quic.ja3", SELF)                                          \
        X(QUIC_JA4, "quic.ja4", SELF)                                          \
        X(QUIC_JA3S, "quic.ja3s", SELF)                                        \
        X(QUIC_SERVER_VERSION, "quic.server_version", SELF)                    \
        X(QUIC_SERVER_CIPHER, "quic.server_cipher", SELF)                      \
        X(GQUIC_SNI, "gquic.sni", ASKS)                                        \
        X(GQUIC_USER_AGENT, "gquic.user_agent", SELF)                          \
        X(UPNP_FRIENDLY_NAME, "upnp.friendlyName", SELF)                       \
        X(UPNP_MANUFACTURER, "upnp.manufacturer", SELF)                        \
        X(UPNP_MANUFACTURER_URL, "upnp.manufacturerURL", SELF)                 \
        X(UPNP_MODEL_DESCRIPTION, "upnp.modelDescription", SELF)               \
        X(UPNP_MODEL_NAME, "upnp.modelName", SELF)                             \
        X(UPNP_MODEL_NUMBER, "upnp.modelNumber", SELF)                         \
        X(UPNP_SERIAL_NUMBER, "upnp.serialNumber", SELF)                       \
        X(UPNP_UDN, "upnp.UDN", SELF)                                          \
        X(UPNP_DEVICE_TYPE, "upnp.deviceType", SELF)

enum fact_kind {
#define X(kind, name, voice) FACT_##kind,
        FACT_KINDS(X)
#undef X
        _FACT_KIND_MAX,
        _FACT_KIND_INVALID = -1,
};

/* Longest value, in bytes. Longer ones are cut at a character and marked. The longest that the field
 * knows are certificate name lists; a DNS name is at most 1010 bytes when escaped. */
#define FACT_VALUE_MAX 8192

enum fact_flags {
        FACT_HAS_MAC = 1 << 0,      /* `mac` is set; some link types carry none */
        FACT_TUNNELLED = 1 << 1,    /* read inside a tunnel: the frame's MAC is the tunnel's, not the device's */
        FACT_VALUE_CUT = 1 << 2,    /* value was longer than FACT_VALUE_MAX */
        FACT_GOODBYE = 1 << 3,      /* the device takes it back: mDNS TTL 0, ssdp:byebye, DHCP release */
        FACT_RESPONSE = 1 << 4,     /* ssdp.st and the like in an answer: then it is SELF after all */
        FACT_LINK_SCOPED = 1 << 5,  /* the protocol cannot have crossed a router: ARP, NDP, mDNS, LLDP, DHCP broadcast */
        FACT_HAS_SUBJECT = 1 << 6,  /* `subject` is set */
        FACT_REPLY = 1 << 7,        /* ARP reply, NA that is solicited or sent to one, SYN-ACK: an answer and not a request */
        FACT_AGREED = 1 << 8,       /* dhcp.requested_ip: it was offered, and the client takes it */
        FACT_FOREIGN = 1 << 9,      /* about somebody else: a group, the client that a server tells, a name that is served */
};

/* Of the DNS message that a fact is from, beside what it says. */
struct fact_dns {
        uint16_t id, flags; /* as in its header, in host order */
        uint32_t ttl;       /* s; of an answer */
};

struct fact {
        uint64_t ts;      /* ns since the epoch, as captured */
        uint64_t frame;   /* number of the frame in the capture, from 1; 0 when live */
        uint32_t ifindex; /* interface it was captured on; 0 in files without one */
        uint16_t vlan;    /* outermost VLAN id, 0 for none */
        uint16_t flags;   /* enum fact_flags */
        enum fact_kind kind;
        uint8_t hop_limit;           /* innermost IP TTL / hop limit, 0 where there is no IP */
        struct mac_address mac;      /* whom the fact is about */
        struct mac_address source;   /* source of the frame; differs from `mac` behind a relay */
        struct mac_address subject;  /* DHCP server facts: the client that they were told to */
        struct ip_address ip;        /* innermost source address */
        struct ip_address destination;
        uint16_t source_port, destination_port; /* of TCP and UDP, in host order; 0: there are none */
        uint8_t protocol;            /* innermost IP protocol; 0 where there is no IP */
        uint32_t value_length;       /* bytes, without the NUL that follows them */
        const char *value;           /* valid UTF-8, or "hex:…"; valid while the fact is handled */
        struct ip_address value_ip;  /* the address that is the last word of the value, where its dissector knows; else none */
        struct fact_dns dns;         /* of dns.query, dns.answer and dns.rcode alone */
};

const char *fact_kind_to_string(enum fact_kind kind) __attribute__((const));
enum fact_kind fact_kind_from_string(const char *s);
enum fact_voice fact_kind_voice(enum fact_kind kind) __attribute__((const));
/* Does a kind whose voice is ASKS also come in answers, where it describes? */
bool fact_kind_is_answered(enum fact_kind kind) __attribute__((const));
/* The voice of this very fact: an ssdp.st in an answer is what the device is, in a search what it wants; what is foreign
 * is claimed. */
enum fact_voice fact_voice(const struct fact *fact);
/* The address that the last word of its value is; false: it is none. */
bool fact_last_ip(const struct fact *fact, struct ip_address *ret);
/* Of "NAME ADDRESS" or "NAME TYPE" how long the name is, which may have blanks in it. */
size_t fact_name_length(const char *value);
/* The same of "NAME TYPE DATA", where a name that has an address may have blanks. */
size_t fact_owner_length(const char *value);

/* Whoever takes facts. The fact and its value live only during the call. */
struct fact_sink {
        void (*take)(void *userdata, const struct fact *fact);
        void *userdata;
};
