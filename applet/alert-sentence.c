/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A table of sentences with places for what the alert says. Of the rows of a kind the first holds whose condition is met and all of
 * whose places can be filled. Details are those of engine/detect/; tests/golden/alert-sentences holds the table to them. */

#include "applet/alert-sentence.h"

#include <glib/gi18n.h>
#include <json-c/json.h>
#include <string.h>

#include "applet/alert-wording.h"
#include "applet/notice-text.h"
#include "applet/wording.h"

#define NOBODY "-"   /* condition: it is not known who */
#define REFUSED "?"  /* condition: details are not for this user, who has no right to inspect traffic */

/* Conditions, separated by spaces and all of them to be met: "key" is there, "key=value" is so, "key!other" differ, "!key" is not there. */
struct row {
        const char *kind, *condition, *text;
};

/* Translators: {words in braces} stand for names, addresses and numbers, and stay as they are. {who} is a device: "printer (192.0.2.7)".
 * Begin with a word of your own if you write from right to left, for the first one says which way the line goes. Numbers are greater
 * than one. */
static const struct row rows[] = {
        { "device_returned", "", N_("{who} is back after {days} days.") },
        { "device_returned", REFUSED, N_("{who} is back.") },
        { "identity_changed", "", N_("{who} is not what it was: its {trait} changed.") },
        { "identity_changed", REFUSED, N_("{who} is not what it was.") },
        { "address_conflict", "", N_("{who} uses {peer}, which {owner} has, too: neither will work well.") },
        { "address_conflict", REFUSED, N_("{who} uses an address that another device has, too: neither will work well.") },
        { "mac_cloned", "", N_("{who} is two machines with one hardware address: its {trait} went to and fro {changes} times within a minute.") },
        { "mac_cloned", REFUSED, N_("{who} is two machines with one hardware address.") },
        { "arp_spoofing", "gateway=yes",
          N_("{who} tells others that it is the gateway {peer}, which is {owner}: it can read and change their traffic.") },
        { "arp_spoofing", "gateway=yes", N_("{who} tells others that it is the gateway {peer}: it can read and change their traffic.") },
        { "arp_spoofing", "", N_("{who} tells others that it is {peer}, which belongs to {owner}: it can read and change their traffic.") },
        { "arp_spoofing", "claimed", N_("{who} tells others that it is {peer}: it can read and change their traffic.") },
        { "arp_spoofing", REFUSED, N_("{who} tells others that it is another device: it can read and change their traffic.") },
        { "gateway_changed", "",
          N_("{who} is the gateway {peer} now, in place of {before}. If you did not replace your router, somebody reads your traffic.") },
        { "gateway_changed", REFUSED, N_("{who} is the gateway now. If you did not replace your router, somebody reads your traffic.") },
        { "rogue_dhcp", "seen_in=answers router!first_router dns!first_dns",
          N_("{who} hands out addresses, beside the DHCP server {first_server}, and sends clients to another router, {router}, and to other DNS servers, {dns}.") },
        { "rogue_dhcp", "seen_in=answers router!first_router",
          N_("{who} hands out addresses, beside the DHCP server {first_server}, and sends clients to another router, {router}.") },
        { "rogue_dhcp", "seen_in=answers dns!first_dns",
          N_("{who} hands out addresses, beside the DHCP server {first_server}, and sends clients to other DNS servers, {dns}.") },
        { "rogue_dhcp", "seen_in=answers", N_("{who} hands out addresses, beside the DHCP server {first_server}.") },
        { "rogue_dhcp", "server dns !first_server",
          N_("{who} hands out IPv6 addresses or settings, which nobody did here before, and names the DNS servers {dns}.") },
        { "rogue_dhcp", "server !first_server", N_("{who} hands out IPv6 addresses or settings, which nobody did here before.") },
        { "rogue_dhcp", "", N_("{who} is asked for addresses, beside the DHCP server {first_server}.") },
        { "rogue_dhcp", REFUSED, N_("{who} hands out addresses, beside the DHCP server.") },
        { "dhcp_changed", "router!router_before dns!dns_before",
          N_("{who} tells DHCP clients to use router {router} instead of {router_before} and DNS {dns} instead of {dns_before}.") },
        { "dhcp_changed", "router!router_before", N_("{who} tells DHCP clients to use router {router} instead of {router_before}.") },
        { "dhcp_changed", "dns!dns_before", N_("{who} tells DHCP clients to use DNS {dns} instead of {dns_before}.") },
        { "dhcp_changed", REFUSED, N_("{who} tells DHCP clients to use another router, or other DNS servers.") },
        { "dhcp_flood", "", N_("{who} asks for addresses in the name of {clients} clients: the DHCP server may run out of them.") },
        { "dhcp_flood", REFUSED, N_("{who} asks for addresses in the name of many clients: the DHCP server may run out of them.") },
        { "rogue_ra", "owner lifetime=zero",
          N_("{who} sends router advertisements in the name of {router}, which is {owner}, and says that it routes no more.") },
        { "rogue_ra", "owner", N_("{who} sends router advertisements in the name of {router}, which is {owner}.") },
        { "rogue_ra", "prefix!first_prefix rdnss",
          N_("{who} offers itself as a router, beside {first_router}, with prefix {prefix}, and names DNS server {rdnss}.") },
        { "rogue_ra", "prefix!first_prefix", N_("{who} offers itself as a router, beside {first_router}, with prefix {prefix}.") },
        { "rogue_ra", "rdnss", N_("{who} offers itself as a router, beside {first_router}, and names DNS server {rdnss}.") },
        { "rogue_ra", "", N_("{who} offers itself as a router, beside {first_router}.") },
        { "rogue_ra", REFUSED, N_("{who} offers itself as a router, or speaks in the name of one.") },
        { "name_poisoning", "asked_for=wpad",
          N_("{who} answers for “wpad”, the name by which computers look for a proxy: it can read their web traffic.") },
        { "name_poisoning", "", N_("{who} answers for {names} names that are not all its own ({some}): it can catch log-ins.") },
        { "name_poisoning", REFUSED, N_("{who} answers for names that are not all its own: it can catch log-ins.") },
        { "arp_sweep", "",
          N_("{who} looks for devices: it asked for {targets} addresses that nobody has in {window} s, from {first_target} to {last_target}.") },
        { "arp_sweep", REFUSED, N_("{who} looks for devices: it asked for many addresses that nobody has.") },
        { "mac_flood", "interface",
          N_("Somebody made up {addresses} hardware addresses within {window} s on {interface}: switches may send everybody’s traffic everywhere.") },
        { "mac_flood", "", N_("Somebody made up {addresses} hardware addresses within {window} s: switches may send everybody’s traffic everywhere.") },
        { "mac_flood", REFUSED, N_("Somebody made up many hardware addresses: switches may send everybody’s traffic everywhere.") },
        { "port_scan", "protocol=IP",
          N_("{who} tries IP protocols of {peer}: {ports} of them between {lowest} and {highest} within {window} s.") },
        { "port_scan", "", N_("{who} scans ports of {peer}: {ports} {protocol} ports between {lowest} and {highest} within {window} s.") },
        { "port_scan", "",
          N_("{who} tries doors that are closed, {peer} port {port} the last of them: {balance} more first contacts failed than succeeded.") },
        { "port_scan", REFUSED, N_("{who} scans ports.") },
        { "host_scan", "protocol=ICMP", N_("{who} looks for hosts by ping: it tried {hosts} within {window} s.") },
        { "host_scan", "", N_("{who} looks for hosts with {protocol} port {port} open: it tried {hosts} within {window} s.") },
        { "host_scan", REFUSED, N_("{who} looks for hosts that can be reached.") },
        { "syn_flood", NOBODY,
          N_("Somebody floods {peer}: {requests} requests within {window} s in the name of some {sources} addresses.") },
        { "syn_flood", "", N_("{who} floods {peer}: {requests} requests within {window} s in the name of some {sources} addresses.") },
        { "syn_flood", NOBODY " " REFUSED, N_("Somebody floods a host with requests for connections.") },
        { "syn_flood", REFUSED, N_("{who} floods a host with requests for connections.") },
        { "connection_flood", NOBODY,
          N_("Somebody opens more connections than any program needs to {peer}: {requests} requests within {window} s.") },
        { "connection_flood", "",
          N_("{who} opens more connections than any program needs to {peer}: {requests} requests within {window} s.") },
        { "connection_flood", NOBODY " " REFUSED, N_("Somebody opens more connections than any program needs.") },
        { "connection_flood", REFUSED, N_("{who} opens more connections than any program needs.") },
        { "packet_flood", NOBODY,
          N_("Somebody floods {peer}: {packets} {protocol} packets within {window} s in the name of some {sources} addresses.") },
        { "packet_flood", NOBODY, N_("Somebody floods {peer}: {packets} {protocol} packets within {window} s.") },
        { "packet_flood", "", N_("{who} floods {peer}: {packets} {protocol} packets within {window} s in the name of some {sources} addresses.") },
        { "packet_flood", "", N_("{who} floods {peer}: {packets} {protocol} packets within {window} s.") },
        { "packet_flood", NOBODY " " REFUSED, N_("Somebody floods a host with packets.") },
        { "packet_flood", REFUSED, N_("{who} floods a host with packets.") },
        { "brute_force", "", N_("{who} tries to log in to {peer} again and again: {connections} {service} connections within {window} s.") },
        { "brute_force", REFUSED, N_("{who} tries to log in again and again.") },
        { "dns_tunnel", "", N_("{who} sends data in DNS queries: {names} different names within {window} s that are no words, {bytes} bytes.") },
        { "dns_tunnel", REFUSED, N_("{who} sends data in DNS queries.") },
        { "dga_names", "",
          N_("{who} looks for names that seem drawn by lot, as malicious programs do: {domains} domains within {window} s, {no_such_name} times there was no such name.") },
        { "dga_names", REFUSED, N_("{who} looks for names that seem drawn by lot, as malicious programs do.") },
        { "beaconing", "", N_("{who} calls {peer} every {interval} s, {calls} times without a pause.") },
        { "beaconing", REFUSED, N_("{who} calls the same place again and again, without a pause.") },
        { "volume_spike", "", N_("{who} moved {amount} this hour; usual at this time of day is {usual}.") },
        { "volume_spike", REFUSED, N_("{who} moves more this hour than is usual at this time of day.") },
        { "upload_anomaly", "", N_("{who} sent {amount} into the internet this hour; usual at this time of day is {usual}.") },
        { "upload_anomaly", REFUSED, N_("{who} sends more into the internet this hour than is usual at this time of day.") },
        { "new_service", "", N_("{who} accepts connections on port {port}, which it never did before.") },
        { "new_service", REFUSED, N_("{who} accepts connections on a port on which it never did before.") },
        { "unusual_contact", "places_known", N_("{who} contacts {peer}, where it never was before.") },
        { "unusual_contact", REFUSED, N_("{who} contacts a place where it never was before.") },
        { "model", "",
          N_("{who} behaves as the model has learned that it should not: {flows} flows, the latest with {peer}, rated up to {score_percent}%.") },
        { "model", REFUSED, N_("{who} behaves as the model has learned that it should not.") },
};

/* Details */

static const char *detail(struct json_object *details, const char *key) {
        struct json_object *value;

        return details && json_object_object_get_ex(details, key, &value) && value ? json_object_get_string(value) : NULL;
}

/* Is there and says something. */
static gboolean has(struct json_object *details, const char *key) {
        const char *value = detail(details, key);

        return value && *value;
}

static gboolean is_number(struct json_object *details, const char *key, double *ret) {
        struct json_object *value;

        if (!details || !json_object_object_get_ex(details, key, &value) ||
            (!json_object_is_type(value, json_type_int) && !json_object_is_type(value, json_type_double)))
                return FALSE;
        *ret = json_object_get_double(value);
        return *ret >= 0 && *ret < 1e18;
}

/* What stands in a place */

static char *in_days(double seconds) {
        return g_strdup_printf("%u", (unsigned) MIN(seconds / (24 * 3600), 1e6));
}

static char *in_whole(double number) {
        return g_strdup_printf("%.0f", number);
}

static char *in_seconds(double msec) {
        return g_strdup_printf("%.1f", msec / 1000);
}

/* Places that are measures; all others have the name of their detail. */
static const struct {
        const char *place, *key;
        char *(*format)(double number);
} measures[] = {
        { "days", "away", in_days },
        { "window", "window", in_whole },
        { "window", "window_seconds", in_whole },
        { "interval", "interval_ms", in_seconds },
        { "amount", "bytes", wording_size },
        { "usual", "mean", wording_size },
};

/* "printer (192.0.2.7)": where the frames came through a router the address says more than its name. */
static char *who(const LanscopeAlertInfo *alert, struct json_object *details) {
        const char *address = has(details, "source") ? detail(details, "source") : alert->mac;
        g_autofree char *name = NULL, *quoted = NULL;

        if (!*alert->name && !*address)
                return g_strdup(_("Somebody"));
        name = lanscope_quote(*alert->name ? alert->name : address, NOTICE_NAME_MAX);
        if (!*alert->name || !*address || strcmp(alert->name, address) == 0)
                return g_steal_pointer(&name);
        quoted = lanscope_quote(address, NOTICE_NAME_MAX);
        return g_strdup_printf("%s (%s)", name, quoted);
}

static char *measure(struct json_object *details, const char *place) {
        double number;

        for (gsize i = 0; i < G_N_ELEMENTS(measures); i++)
                if (strcmp(measures[i].place, place) == 0 && is_number(details, measures[i].key, &number))
                        return measures[i].format(number);
        return NULL;
}

/* NULL: the alert does not say it. */
static char *fill(const LanscopeAlertInfo *alert, struct json_object *details, const char *place) {
        char *text = measure(details, place);

        if (text)
                return text;
        if (strcmp(place, "who") == 0)
                return who(alert, details);
        if (strcmp(place, "peer") == 0)
                return *alert->peer ? lanscope_quote(alert->peer, 2 * NOTICE_NAME_MAX) : NULL;
        if (!has(details, place))
                return NULL;
        if (strcmp(place, "trait") == 0)
                return g_strdup(wording_alert_term(detail(details, place)));
        return lanscope_quote(detail(details, place), NOTICE_NAME_MAX);
}

/* Conditions */

static gboolean is_met(const LanscopeAlertInfo *alert, struct json_object *details, const char *word) {
        const char *equals = strchr(word, '='), *differs = strchr(word, '!');
        g_autofree char *key = g_strndup(word, strcspn(word, "=!"));

        if (strcmp(word, NOBODY) == 0)
                return !*alert->mac && !*alert->name;
        if (strcmp(word, REFUSED) == 0)
                return !details || json_object_object_length(details) == 0;
        if (differs == word)
                return !has(details, word + 1);
        if (equals)
                return g_strcmp0(detail(details, key), equals + 1) == 0;
        if (differs)
                return has(details, key) && has(details, differs + 1) && strcmp(detail(details, key), detail(details, differs + 1)) != 0;
        return has(details, key);
}

static gboolean holds(const LanscopeAlertInfo *alert, struct json_object *details, const char *condition) {
        g_auto(GStrv) words = g_strsplit(condition, " ", -1);

        for (char **word = words; *word; word++)
                if (**word && !is_met(alert, details, *word))
                        return FALSE;
        return TRUE;
}

/* NULL: a place cannot be filled, or a translation has one that is none. */
static char *sentence(const LanscopeAlertInfo *alert, struct json_object *details, const char *text) {
        g_autoptr(GString) out = g_string_new(NULL);

        for (const char *brace; (brace = strchr(text, '{')); text = strchr(brace, '}') + 1) {
                const char *end = strchr(brace, '}');
                g_autofree char *place = end ? g_strndup(brace + 1, (gsize) (end - brace - 1)) : NULL;
                g_autofree char *filling = place ? fill(alert, details, place) : NULL;

                if (!filling)
                        return NULL;
                g_string_append_len(out, text, brace - text);
                g_string_append(out, filling);
        }
        g_string_append(out, text);
        return g_string_free(g_steal_pointer(&out), FALSE);
}

static void add_item(GString *line, const char *text) {
        g_autofree char *quoted = lanscope_quote(text, NOTICE_NAME_MAX);

        if (*text)
                g_string_append_printf(line, "%s%s", line->len > 0 ? _(", ") : "", quoted);
}

/* "New device: printer, Printer, HP, 192.0.2.7, 3c:d9:…", as far as it is known. */
static char *new_device(const LanscopeAlertInfo *alert, struct json_object *details) {
        static const char *const keys[] = { "vendor", "model", "os" };
        g_autoptr(GString) line = g_string_new(NULL);
        struct json_object *addresses;

        add_item(line, *alert->name ? alert->name : alert->mac);
        if (has(details, "type"))
                add_item(line, wording_type(detail(details, "type")));
        for (gsize i = 0; i < G_N_ELEMENTS(keys); i++)
                if (has(details, keys[i]) && !g_str_has_prefix(alert->name, detail(details, keys[i])))
                        add_item(line, detail(details, keys[i]));
        if (json_object_object_get_ex(details, "addresses", &addresses) && json_object_is_type(addresses, json_type_array) &&
            json_object_array_length(addresses) > 0)
                add_item(line, json_object_get_string(json_object_array_get_idx(addresses, 0)) ?: "");
        if (strcmp(alert->mac, alert->name) != 0)
                add_item(line, alert->mac);
        /* Translators: what happened, and the device it is about: "New device: printer" */
        return g_strdup_printf(_("%s: %s"), wording_alert(alert->kind), line->str);
}

static const char *arp_for_ndp(const char *kind) {
        return strcmp(kind, "ndp_spoofing") == 0 ? "arp_spoofing" : kind;
}

static char *from_table(const LanscopeAlertInfo *alert, struct json_object *details) {
        const char *kind = arp_for_ndp(alert->kind);

        if (strcmp(alert->kind, "new_device") == 0)
                return new_device(alert, details);
        for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
                char *text;

                if (strcmp(rows[i].kind, kind) != 0 || !holds(alert, details, rows[i].condition))
                        continue;
                text = sentence(alert, details, _(rows[i].text));
                if (!text) /* the translation may ask for what there is not */
                        text = sentence(alert, details, rows[i].text);
                if (text)
                        return text;
        }
        return NULL;
}

char *alert_sentence(const LanscopeAlertInfo *alert) {
        struct json_object *details = json_tokener_parse(alert->details);
        char *text = NULL;

        if (!details || json_object_is_type(details, json_type_object))
                text = from_table(alert, details);
        json_object_put(details);
        if (text || !*alert->message)
                return text ?: g_strdup("");
        return lanscope_quote(alert->message, NOTICE_MESSAGE_MAX);
}
