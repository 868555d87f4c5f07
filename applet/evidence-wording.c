/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A table of sentences. The first row whose kind the fact's kind begins with says it; %s stands for the value. */

#include "applet/evidence-wording.h"

#include <glib/gi18n.h>
#include <string.h>

#include "applet/plain-text.h"

static const struct {
        const char *kind, *sentence;
} rows[] = {
        { "oui", N_("Its hardware address was given to %s") },
        { "arp.who_has", N_("It looks for the address %s") },
        { "arp.", N_("It uses the address %s") },
        { "ndp.who_has", N_("It looks for the address %s") },
        { "ndp.router_solicit", N_("It looks for an IPv6 router") },
        { "ndp.router", N_("It offers itself as an IPv6 router: %s") },
        { "ndp.prefix", N_("It announces the network %s") },
        { "ndp.", N_("It says by neighbor discovery: %s") },
        { "dhcp.hostname", N_("It asks for an address under the name “%s”") },
        { "dhcp.fqdn", N_("It asks for an address under the name “%s”") },
        { "dhcp.vendor_class", N_("The program with which it asks for an address is “%s”") },
        { "dhcp.user_class", N_("The program with which it asks for an address is of the class “%s”") },
        { "dhcp.param_request_list", N_("When it asks for an address it wants the options %s") },
        { "dhcp.options", N_("When it asks for an address it sends the options %s") },
        { "dhcp.requested_ip", N_("It asked for the address %s") },
        { "dhcp.server_id", N_("It gives out addresses, as %s") },
        { "dhcp.router", N_("It names the router %s to others") },
        { "dhcp.dns", N_("It names the name server %s to others") },
        { "dhcp.mud_url", N_("It describes what it needs at %s") },
        { "dhcp6.fqdn", N_("It asks for an IPv6 address under the name “%s”") },
        { "dhcp6.", N_("It says when it asks for an IPv6 address: %s") },
        { "dhcp.", N_("It says when it asks for an address: %s") },
        { "mdns.hostname", N_("It calls itself “%s” (Bonjour)") },
        { "mdns.service", N_("It offers the service %s") },
        { "mdns.instance", N_("It offers a service named “%s”") },
        { "mdns.txt", N_("It describes a service: %s") },
        { "mdns.query", N_("It looks for %s") },
        { "mdns.", N_("It says by Bonjour: %s") },
        { "ssdp.st", N_("It looks for %s") },
        { "ssdp.server", N_("Its UPnP software is “%s”") },
        { "ssdp.user_agent", N_("Its UPnP software is “%s”") },
        { "ssdp.location", N_("It describes itself at %s") },
        { "ssdp.", N_("It announces by UPnP: %s") },
        { "upnp.friendlyName", N_("It calls itself “%s” (UPnP)") },
        { "upnp.manufacturer", N_("It says that it was made by “%s”") },
        { "upnp.modelName", N_("It says that it is a “%s”") },
        { "upnp.modelNumber", N_("It says that its model number is “%s”") },
        { "upnp.serialNumber", N_("It says that its serial number is “%s”") },
        { "upnp.", N_("It describes itself by UPnP: %s") },
        { "nbns.query", N_("It looks for the Windows name “%s”") },
        { "nbns.", N_("It calls itself “%s” (NetBIOS)") },
        { "nbdgm.", N_("It calls itself “%s” (NetBIOS)") },
        { "browser.", N_("It announces itself to Windows networks: %s") },
        { "llmnr.query", N_("It looks for the name “%s”") },
        { "llmnr.", N_("It answers to the name “%s”") },
        { "wsd.types", N_("It announces itself to Windows as %s") },
        { "wsd.", N_("It says by WS-Discovery: %s") },
        { "lldp.system_name", N_("It calls itself “%s” (LLDP)") },
        { "lldp.system_desc", N_("It describes itself as “%s” (LLDP)") },
        { "lldp.", N_("It tells its neighbors by LLDP: %s") },
        { "cdp.platform", N_("It says that it is a “%s” (CDP)") },
        { "cdp.", N_("It tells its neighbors by CDP: %s") },
        { "http.server", N_("Its web server is “%s”") },
        { "http.user_agent", N_("Its web client is “%s”") },
        { "http.host", N_("It reads from the web site %s") },
        { "http.", N_("It says by HTTP: %s") },
        { "dns.query", N_("It asks for the name %s") },
        { "dns.", N_("It answers for names: %s") },
        { "ssh.banner", N_("Its SSH software is “%s”") },
        { "ssh.", N_("Its SSH connections have the fingerprint %s") },
        { "tls.sni", N_("It connects to %s") },
        { "quic.sni", N_("It connects to %s") },
        { "gquic.sni", N_("It connects to %s") },
        { "dtls.sni", N_("It connects to %s") },
        { "tls.cert_subject_cn", N_("Its certificate is made out to “%s”") },
        { "tls.cert_issuer_cn", N_("Its certificate was issued by “%s”") },
        { "tls.cert_san", N_("Its certificate is made out to “%s”") },
        { "tls.", N_("Its encrypted connections look like this: %s") },
        { "dtls.", N_("Its encrypted connections look like this: %s") },
        { "quic.", N_("Its encrypted connections look like this: %s") },
        { "gquic.", N_("Its encrypted connections look like this: %s") },
        { "tcp.os", N_("Its connections begin as those of %s do") },
        { "tcp.", N_("Its connections begin like this: %s") },
        { "ip.", N_("It numbers its packets like this: %s") },
        { "ip6.eui64", N_("Its IPv6 address holds the hardware address %s") },
        { "igmp.", N_("It listens to the group %s") },
        { "mld.", N_("It listens to the group %s") },
        { "host.", N_("It is this computer: %s") },
};

/* The value in place of %s, by hand: a translation is no format string that may ask for more. */
static char *insert(const char *sentence, const char *value) {
        const char *place = strstr(sentence, "%s");

        if (!place)
                return g_strdup(sentence);
        return g_strdup_printf("%.*s%s%s", (int) (place - sentence), sentence, value, place + 2);
}

char *evidence_in_words(const char *kind, const char *value) {
        g_autofree char *plain = plain_text(value);

        for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
                if (g_str_has_prefix(kind, rows[i].kind))
                        return insert(_(rows[i].sentence), plain);
        /* A newer service knows kinds that we do not. */
        return g_strdup_printf("%s: %s", kind, plain);
}
