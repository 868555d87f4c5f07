/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Why a device is what lanscope says it is, in words. */

#include <inttypes.h>
#include <string.h>

#include "cli/device-view.h"
#include "common/macro.h"

/* What a fact tells, to be followed by its value; the first row that fits the beginning of its kind. */
static const char *fact_in_words(const char *kind) {
        static const struct {
                const char *kind, *words;
        } phrases[] = {
                { "oui", "its address was given to" },
                { "arp.", "it uses the address" },
                { "ndp.router", "it announces itself as an IPv6 router" },
                { "ndp.", "it says by neighbour discovery" },
                { "dhcp.hostname", "it asked for an address under the name" },
                { "dhcp.fqdn", "it asked for an address under the name" },
                { "dhcp.vendor_class", "its DHCP client calls itself" },
                { "dhcp.param_request_list", "its DHCP client asks for the options" },
                { "dhcp.options", "its DHCP client sends the options" },
                { "dhcp.router", "it hands out leases with the router" },
                { "dhcp.server_id", "it is a DHCP server," },
                { "dhcp.", "it says by DHCP" },
                { "mdns.hostname", "it calls itself by mDNS" },
                { "mdns.service", "it announces the service" },
                { "mdns.instance", "it announces a service named" },
                { "mdns.txt", "its service description has" },
                { "mdns.query", "it looks for" },
                { "mdns.", "it says by mDNS" },
                { "ssdp.st", "it looks for" },
                { "ssdp.server", "its UPnP server calls itself" },
                { "ssdp.nt", "it announces by UPnP" },
                { "ssdp.usn", "it announces by UPnP" },
                { "ssdp.", "it says by SSDP" },
                { "upnp.", "its UPnP description says" },
                { "dhcp6.fqdn", "it asked for an IPv6 address under the name" },
                { "dhcp6.", "it says by DHCPv6" },
                { "nbns.", "it calls itself by NetBIOS" },
                { "browser.", "it announces itself to Windows networks as" },
                { "llmnr.", "it answers by LLMNR to" },
                { "wsd.", "it announces by WS-Discovery" },
                { "lldp.", "it announces itself by LLDP as" },
                { "cdp.", "it announces itself by CDP as" },
                { "http.server", "its web server calls itself" },
                { "http.user_agent", "its web client calls itself" },
                { "http.", "it says by HTTP" },
                { "dns.", "it asked by DNS for" },
                { "ssh.", "its SSH software calls itself" },
                { "host.", "it is this machine, which knows of itself" },
                { "tcp.", "its TCP connections begin like" },
        };

        for (size_t i = 0; i < ELEMENTSOF(phrases); i++)
                if (strncmp(kind, phrases[i].kind, strlen(phrases[i].kind)) == 0)
                        return phrases[i].words;
        return "it said";
}

static void print_verdict(const struct screen *s, struct json_object *d, size_t n_reasons) {
        const char *type = json_text_at(d, "type");

        printf("%s", screen_style(s, STYLE_BOLD));
        screen_print(s, json_text_at(d, "name"));
        printf("%s ", screen_style(s, STYLE_NONE));
        if (json_object_get_boolean(json_at(d, "type_is_set")))
                printf("is of type %s because you said so.%s\n", type, n_reasons > 0 ? " What it says of itself:" : "");
        else if (!*type || strcmp(type, "unknown") == 0)
                printf("is of unknown type: %s\n", n_reasons > 0 ? "no rule tells more than this." : "nothing that it said matches a rule.");
        else
                printf("is taken for: %s (%s), confidence %" PRIu64 "%%, because\n", type, json_text_at(d, "category"),
                       json_object_get_uint64(json_at(d, "confidence")));
}

static void print_reason(const struct screen *s, struct json_object *reason, size_t number) {
        const char *kind = json_text_at(reason, "kind"), *type = json_text_at(reason, "type");

        printf("%3zu. %s ", number, fact_in_words(kind));
        screen_print(s, json_text_at(reason, "value"));
        printf("\n     %s[%s; rule ", screen_style(s, STYLE_DIM), kind);
        screen_print(s, json_text_at(reason, "rule"));
        if (*type && strcmp(type, "unknown") != 0)
                printf(" says %s", type);
        printf(", confidence %s%%]%s\n", json_object_get_string(json_at(reason, "confidence")), screen_style(s, STYLE_NONE));
}

/* What else was concluded, and from which name. */
static void print_conclusions(const struct screen *s, struct json_object *d) {
        static const struct {
                const char *key, *title;
        } fields[] = { { "vendor", "Vendor" }, { "model", "Model" }, { "os", "Operating system" }, { "hostname", "Host name" } };
        bool any = false;

        for (size_t i = 0; i < ELEMENTSOF(fields); i++) {
                const char *value = json_text_at(d, fields[i].key);

                if (!*value)
                        continue;
                printf("%s%s: ", any ? "; " : "\n", fields[i].title);
                screen_print(s, value);
                any = true;
        }
        if (any)
                printf(".\n");
}

/* Does a question look for a kind of thing? Of mDNS's those for services do; the others are for one host, or for
 * whether a name of its own is still free (RFC 6762 §8.1). */
static bool is_search(const char *kind, const char *value) {
        const char *end;

        if (strcmp(kind, "mdns.query") != 0)
                return strcmp(kind, "ssdp.st") == 0;
        end = strrchr(value, ' ');
        return end && strcmp(end, " PTR") == 0 && value[0] == '_';
}

/* What it looks for is told, so that nobody wonders why it does not count. */
static void print_questions(const struct screen *s, struct json_object *d) {
        struct json_object *list = json_at(d, "evidence");
        size_t n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0, shown = 0;

        for (size_t i = 0; i < n && shown < 12; i++) {
                struct json_object *e = json_object_array_get_idx(list, i);

                if (!json_object_get_boolean(json_at(e, "asks")) || !is_search(json_text_at(e, "kind"), json_text_at(e, "value")))
                        continue;
                printf("%s", shown++ == 0 ? "\nIt looks for these, and so is not one of them itself: " : ", ");
                screen_print(s, json_text_at(e, "value"));
        }
        if (shown > 0)
                printf("\n");
}

void device_print_reasons(const struct screen *s, struct json_object *d, struct json_object *reasons) {
        size_t n = json_object_array_length(reasons);

        print_verdict(s, d, n);
        for (size_t i = 0; i < n; i++)
                print_reason(s, json_object_array_get_idx(reasons, i), i + 1);
        print_conclusions(s, d);
        print_questions(s, d);
}
