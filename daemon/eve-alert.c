/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Alerts as Suricata tells them. Categories are the descriptions of its classification.config, so that dashboards put
 * them where they belong; 1 is the most severe. */

#include "daemon/eve-alert.h"

#include <stdlib.h>
#include <string.h>

#include "common/json-text.h"
#include "daemon/records.h"

#define SIGNATURE_BASE 8400000
#define GENERATOR 1

/* Numbers are for ever: what is new gets the next one. */
static const struct {
        unsigned number;
        const char *signature, *category;
} kinds[_ALERT_KIND_MAX] = {
        [ALERT_NEW_DEVICE] = { 1, "New device on the network", "Misc activity" },
        [ALERT_DEVICE_RETURNED] = { 2, "Device is back after a long time", "Misc activity" },
        [ALERT_IDENTITY_CHANGED] = { 3, "Device is not what it was", "Potentially Bad Traffic" },
        [ALERT_ADDRESS_CONFLICT] = { 4, "Two devices use one address", "Misc activity" },
        [ALERT_MAC_CLONED] = { 5, "Two devices use one MAC address", "Potentially Bad Traffic" },
        [ALERT_ARP_SPOOFING] = { 6, "ARP spoofing", "Potentially Bad Traffic" },
        [ALERT_NDP_SPOOFING] = { 7, "Neighbour Discovery spoofing", "Potentially Bad Traffic" },
        [ALERT_GATEWAY_CHANGED] = { 8, "Another gateway", "Potentially Bad Traffic" },
        [ALERT_ROGUE_DHCP] = { 9, "Rogue DHCP server", "Potentially Bad Traffic" },
        [ALERT_DHCP_CHANGED] = { 10, "DHCP server says something else", "Misc activity" },
        [ALERT_DHCP_FLOOD] = { 11, "DHCP requests in masses", "Attempted Denial of Service" },
        [ALERT_ROGUE_RA] = { 12, "Rogue router advertisement", "Potentially Bad Traffic" },
        [ALERT_NAME_POISONING] = { 13, "Answers to all names", "Potentially Bad Traffic" },
        [ALERT_ARP_SWEEP] = { 14, "ARP sweep", "Detection of a Network Scan" },
        [ALERT_MAC_FLOOD] = { 15, "MAC addresses in masses", "Attempted Denial of Service" },
        [ALERT_PORT_SCAN] = { 16, "Port scan", "Detection of a Network Scan" },
        [ALERT_HOST_SCAN] = { 17, "Host scan", "Detection of a Network Scan" },
        [ALERT_SYN_FLOOD] = { 18, "SYN flood", "Attempted Denial of Service" },
        [ALERT_CONNECTION_FLOOD] = { 19, "Connections in masses", "Attempted Denial of Service" },
        [ALERT_PACKET_FLOOD] = { 29, "Packets in masses", "Attempted Denial of Service" },
        [ALERT_BRUTE_FORCE] = { 20, "Log-in attempts in masses", "Attempted User Privilege Gain" },
        [ALERT_DNS_TUNNEL] = { 21, "DNS tunnel", "Potential Corporate Privacy Violation" },
        [ALERT_DGA_NAMES] = { 22, "Names made by an algorithm", "A Network Trojan was detected" },
        [ALERT_BEACONING] = { 23, "Calls at regular times", "A Network Trojan was detected" },
        [ALERT_VOLUME_SPIKE] = { 24, "Far more traffic than usual", "Misc activity" },
        [ALERT_UPLOAD_ANOMALY] = { 25, "Far more is sent than usual", "Potential Corporate Privacy Violation" },
        [ALERT_NEW_SERVICE] = { 26, "New service on a device", "Misc activity" },
        [ALERT_UNUSUAL_CONTACT] = { 27, "Contact that the device never had", "Potentially Bad Traffic" },
        [ALERT_MODEL] = { 28, "Flows that a model finds unusual", "Potentially Bad Traffic" },
};

static unsigned severity_of(const struct alert *a) {
        switch (a->severity) {
        case SEVERITY_CRITICAL:
                return 1;
        case SEVERITY_WARNING:
                return 2;
        case SEVERITY_INFO:
        case _SEVERITY_MAX:
        case _SEVERITY_INVALID:
                break;
        }
        return 3;
}

struct json_object *eve_alert_object(const struct alert *a) {
        struct json_object *o = json_object_new_object();

        if (o && json_add_text(o, "action", "allowed") >= 0 && json_add(o, "gid", json_object_new_int(GENERATOR)) >= 0 &&
            json_add(o, "signature_id", json_object_new_int(SIGNATURE_BASE + (int) kinds[a->kind].number)) >= 0 &&
            json_add(o, "rev", json_object_new_int(1)) >= 0 && json_add_text(o, "signature", kinds[a->kind].signature) >= 0 &&
            json_add_text(o, "category", kinds[a->kind].category) >= 0 &&
            json_add(o, "severity", json_object_new_int((int) severity_of(a))) >= 0)
                return o;
        json_object_put(o);
        return NULL;
}

static bool parse_ip(const char *text, size_t n, struct ip_address *ret) {
        char ip[IP_STRING_MAX];

        if (n >= sizeof ip)
                return false;
        memcpy(ip, text, n);
        ip[n] = '\0';
        return ip_parse(ip, ret) >= 0;
}

bool eve_alert_peer(const char *peer, struct ip_address *ret_ip, uint16_t *ret_port) {
        size_t n = strcspn(peer, " "), address = n;
        const char *begin = peer, *port = NULL;
        unsigned long number;

        if (*peer == '[') {
                begin++;
                address = strcspn(begin, "]");
                if (begin[address] == ']' && begin[address + 1] == ':')
                        port = begin + address + 2;
        } else if (memchr(peer, '.', n) && memchr(peer, ':', n)) {
                address = strcspn(peer, ":");
                port = peer + address + 1;
        }
        if (!parse_ip(begin, address, ret_ip))
                return false;
        number = port ? strtoul(port, NULL, 10) : 0;
        *ret_port = number <= UINT16_MAX ? (uint16_t) number : 0;
        return true;
}
