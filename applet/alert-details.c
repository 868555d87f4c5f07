/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Flattened: what lies in lists stands behind its key, with commas; what lies in objects has the keys of both. Keys have words in a
 * table that a test holds to what engine/detect/ puts into details; a fraction is a time in seconds, for nothing else has one. */

#include "applet/alert-details.h"

#include <glib/gi18n.h>
#include <json-c/json.h>
#include <string.h>

#include "applet/alert-wording.h"
#include "applet/notice-text.h"
#include "applet/plain-text.h"
#include "applet/wording.h"

#define DEPTH_MAX 8
#define VALUE_MAX 200

static char *in_msec(double msec) {
        return wording_duration(msec / 1000);
}

static const struct {
        const char *key, *label;
        char *(*format)(double number); /* NULL: as it is */
} rows[] = {
        { "address", N_("Address"), NULL },
        { "addresses", N_("Addresses"), NULL },
        { "announced", N_("It was announced to all"), NULL },
        { "answers", N_("Answers"), NULL },
        { "asked_for", N_("Name that was asked for"), NULL },
        { "away", N_("Away for"), NULL },
        { "balance", N_("More failed than succeeded by"), NULL },
        { "before", N_("Before"), NULL },
        { "bytes", N_("Bytes"), wording_size },
        { "calls", N_("Calls"), NULL },
        { "changes", N_("Changes to and fro"), NULL },
        { "changes_of_hands", N_("Changes of hands"), NULL },
        { "claimed", N_("Address claimed"), NULL },
        { "claimed_as", N_("Claimed for"), NULL },
        { "clients", N_("Clients"), NULL },
        { "connections", N_("Connections"), NULL },
        { "contested", N_("Contested addresses"), NULL },
        { "days_learned", N_("Days learned"), NULL },
        { "deviation", N_("Deviation"), wording_size },
        { "deviation_ms", N_("Deviation"), in_msec },
        { "dns", N_("DNS server"), NULL },
        { "dns_before", N_("DNS server before"), NULL },
        { "domains", N_("Domains"), NULL },
        { "ended_large", N_("Connections with much data"), NULL },
        { "ended_small", N_("Connections with little data"), NULL },
        { "first_dns", N_("DNS server of the first one"), NULL },
        { "first_mac", N_("Hardware address of the first one"), NULL },
        { "first_prefix", N_("Prefix of the first one"), NULL },
        { "first_rdnss", N_("DNS server of the first one"), NULL },
        { "first_router", N_("Router of the first one"), NULL },
        { "first_server", N_("First server"), NULL },
        { "first_target", N_("First target"), NULL },
        { "flows", N_("Flows"), NULL },
        { "gateway", N_("Gateway"), NULL },
        { "highest", N_("Highest port"), NULL },
        { "host", N_("Target"), NULL },
        { "hostname", N_("Host name"), NULL },
        { "hosts", N_("Targets"), NULL },
        { "interface", N_("Interface"), NULL },
        { "interval_ms", N_("Interval"), in_msec },
        { "known_by_name", N_("It was looked up by name"), NULL },
        { "last_target", N_("Last target"), NULL },
        { "learned_for", N_("Learned for"), NULL },
        { "lifetime", N_("Lifetime"), NULL },
        { "lowest", N_("Lowest port"), NULL },
        { "mac", N_("Hardware address"), NULL },
        { "mean", N_("Usual"), wording_size },
        { "model", N_("Model"), NULL },
        { "names", N_("Names"), NULL },
        { "no_such_name", N_("Answers “no such name”"), NULL },
        { "now", N_("Now"), NULL },
        { "one", N_("The one"), NULL },
        { "one_of_them", N_("One of them"), NULL },
        { "os", N_("Operating system"), NULL },
        { "other", N_("The other"), NULL },
        { "owner", N_("Owner"), NULL },
        { "owner_heard_before", N_("Owner heard before"), NULL },
        { "packets", N_("Packets"), NULL },
        { "places_known", N_("Places known"), NULL },
        { "port", N_("Port"), NULL },
        { "ports", N_("Ports"), NULL },
        { "ports_before", N_("Ports before"), NULL },
        { "prefix", N_("Prefix"), NULL },
        { "protocol", N_("Protocol"), NULL },
        { "queries", N_("Queries"), NULL },
        { "randomized", N_("Random address"), NULL },
        { "rdnss", N_("DNS server"), NULL },
        { "replies_nobody_asked_for", N_("Replies that nobody asked for"), NULL },
        { "requests", N_("Requests"), NULL },
        { "router", N_("Router"), NULL },
        { "router_before", N_("Router before"), NULL },
        { "sample", N_("Sample"), NULL },
        { "score_percent", N_("Score in percent"), NULL },
        { "seen_in", N_("Seen in"), NULL },
        { "server", N_("Server"), NULL },
        { "server_before", N_("Server before"), NULL },
        { "service", N_("Service"), NULL },
        { "some", N_("Some of them"), NULL },
        { "source", N_("From"), NULL },
        { "sources", N_("Sources"), NULL },
        { "stable_for", N_("Stable for"), NULL },
        { "suppressed", N_("More that were not told"), NULL },
        { "targets", N_("Targets"), NULL },
        { "targets_in_all", N_("Targets in all"), NULL },
        { "threshold", N_("Threshold"), NULL },
        { "threshold_bytes", N_("Threshold"), wording_size },
        { "threshold_calls", N_("Threshold of calls"), NULL },
        { "threshold_changes", N_("Threshold of changes"), NULL },
        { "threshold_deviations", N_("Threshold in deviations"), NULL },
        { "threshold_flows", N_("Threshold of flows"), NULL },
        { "threshold_percent", N_("Threshold in percent"), NULL },
        { "threshold_replies", N_("Threshold of replies"), NULL },
        { "threshold_sources", N_("Threshold of sources"), NULL },
        { "trait", N_("Trait"), NULL },
        { "type", N_("Type"), NULL },
        { "vendor", N_("Vendor"), NULL },
        { "watched_for", N_("Watched for"), NULL },
        { "window", N_("Within"), NULL },
        { "window_seconds", N_("Within"), NULL },
};

static gsize row_of(const char *key) {
        gsize i = 0;

        while (i < G_N_ELEMENTS(rows) && strcmp(rows[i].key, key) != 0)
                i++;
        return i;
}

static void append_value(GString *out, const char *key, struct json_object *value) {
        gboolean fraction = json_object_is_type(value, json_type_double);
        double number = json_object_get_double(value);
        const char *text = json_object_get_string(value);
        gsize row = row_of(key);
        g_autofree char *words = NULL;

        if (!(number >= 0 && number < 1e18))
                number = 0;
        if (row < G_N_ELEMENTS(rows) && rows[row].format)
                words = rows[row].format(number);
        else if (fraction)
                words = wording_duration(number);
        else if (strcmp(key, "type") == 0)
                words = g_strdup(wording_type(text));
        else
                words = lanscope_quote(wording_alert_term(text), VALUE_MAX);
        g_string_append(out, words);
}

static void append_list(GString *out, const char *key, struct json_object *list) {
        for (size_t i = 0; i < json_object_array_length(list); i++) {
                if (i > 0)
                        g_string_append(out, _(", "));
                append_value(out, key, json_object_array_get_idx(list, i));
        }
}

/* A key that is not known is that of a newer service. */
static char *key_in_words(const char *prefix, const char *key) {
        gsize row = row_of(key);
        g_autofree char *words = row < G_N_ELEMENTS(rows) ? g_strdup(_(rows[row].label)) : g_strdelimit(plain_text(key), "_", ' ');

        return *prefix ? g_strdup_printf("%s %s", prefix, words) : g_steal_pointer(&words);
}

static void append_object(GString *out, struct json_object *object, const char *prefix, unsigned depth) {
        json_object_object_foreach(object, key, value) {
                g_autofree char *words = key_in_words(prefix, key);

                if (out->len >= ALERT_DETAILS_MAX || !value)
                        continue;
                if (json_object_is_type(value, json_type_object)) {
                        if (depth < DEPTH_MAX)
                                append_object(out, value, words, depth + 1);
                        continue;
                }
                if (json_object_is_type(value, json_type_array) && json_object_array_length(value) == 0)
                        continue;
                if (json_object_is_type(value, json_type_string) && json_object_get_string_len(value) == 0)
                        continue;
                g_string_append_printf(out, "%s%s: ", out->len > 0 ? "\n" : "", words);
                if (json_object_is_type(value, json_type_array))
                        append_list(out, key, value);
                else
                        append_value(out, key, value);
        }
}

char *alert_details_in_words(const char *json) {
        struct json_object *object = json_tokener_parse(json);
        GString *out = g_string_new(NULL);
        g_autofree char *all = NULL;

        if (json_object_is_type(object, json_type_object))
                append_object(out, object, "", 0);
        json_object_put(object);
        all = g_string_free(out, FALSE);
        return g_utf8_substring(all, 0, MIN(g_utf8_strlen(all, -1), ALERT_DETAILS_MAX));
}
