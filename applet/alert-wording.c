/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A table of words, and nothing else. It follows engine/detect/alert.h, which a test holds it to. */

#include "applet/alert-wording.h"

#include <glib/gi18n.h>
#include <string.h>

struct word {
        const char *spelling, *text;
};

static const struct word kinds[] = {
        { "new_device", N_("New device") },
        { "device_returned", N_("Device is back") },
        { "identity_changed", N_("Became another device") },
        { "address_conflict", N_("Two devices use one address") },
        { "mac_cloned", N_("Hardware address is used twice") },
        { "arp_spoofing", N_("Poses as another device (ARP)") },
        { "ndp_spoofing", N_("Poses as another device (IPv6)") },
        { "gateway_changed", N_("Router was exchanged") },
        { "rogue_dhcp", N_("Unexpected DHCP server") },
        { "dhcp_changed", N_("DHCP server says something else") },
        { "dhcp_flood", N_("Flood of DHCP requests") },
        { "rogue_ra", N_("Unexpected IPv6 router") },
        { "name_poisoning", N_("Answers for names of others") },
        { "arp_sweep", N_("Searches the network for devices") },
        { "mac_flood", N_("Flood of hardware addresses") },
        { "port_scan", N_("Tries many ports of a device") },
        { "host_scan", N_("Tries many devices") },
        { "syn_flood", N_("Flood of connection requests") },
        { "connection_flood", N_("Flood of connections") },
        { "packet_flood", N_("Flood of packets") },
        { "brute_force", N_("Guesses passwords") },
        { "dns_tunnel", N_("Smuggles data through DNS") },
        { "dga_names", N_("Looks for made-up names") },
        { "beaconing", N_("Calls somewhere at regular times") },
        { "volume_spike", N_("Unusual amount of traffic") },
        { "upload_anomaly", N_("Unusual upload") },
        { "new_service", N_("Offers something new") },
        { "unusual_contact", N_("Unusual contact") },
        { "model", N_("Unusual behavior") },
};

const char *wording_alert(const char *kind) {
        for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
                if (strcmp(kinds[i].spelling, kind) == 0)
                        return _(kinds[i].text);
        return kind;
}

static const struct word terms[] = {
        { "type", NC_("detail", "type") },
        { "SSH server", NC_("detail", "SSH server") },
        { "SSH host key", NC_("detail", "SSH host key") },
        { "certificate issuer", NC_("detail", "certificate issuer") },
        { "DHCP client", NC_("detail", "DHCP client") },
        { "DHCP vendor class", NC_("detail", "DHCP vendor class") },
        { "TCP stack", NC_("detail", "TCP stack") },
        { "yes", NC_("detail", "yes") },
        { "no", NC_("detail", "no") },
        { "true", NC_("detail", "yes") },
        { "false", NC_("detail", "no") },
        { "zero", NC_("detail", "zero") },
        { "more than zero", NC_("detail", "more than zero") },
        { "answers", NC_("detail", "answers") },
        { "requests of clients", NC_("detail", "requests of clients") },
};

const char *wording_alert_term(const char *term) {
        for (gsize i = 0; i < G_N_ELEMENTS(terms); i++)
                if (strcmp(terms[i].spelling, term) == 0)
                        return g_dpgettext2(NULL, "detail", terms[i].text);
        return term;
}

const char *wording_severity(LanscopeSeverity severity) {
        switch (severity) {
        case LANSCOPE_SEVERITY_INFO:
                return C_("severity", "Notice");
        case LANSCOPE_SEVERITY_WARNING:
                return C_("severity", "Warning");
        case LANSCOPE_SEVERITY_CRITICAL:
                return C_("severity", "Critical");
        }
        return "";
}

const char *const *wording_alert_kinds(void) {
        static const char *spellings[G_N_ELEMENTS(kinds) + 1];

        for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
                spellings[i] = kinds[i].spelling;
        return spellings;
}
