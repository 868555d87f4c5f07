/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The engine's records as JSON objects. Every function builds all of its object or gives NULL. */

#include "daemon/records.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/json-text.h"
#include "common/macro.h"

const char *const device_columns[] = {
        "id", "name", "mac", "addresses", "ipv4", "ipv6", "vendor", "hostname", "label", "notes", "type", "category",
        "model", "os", "confidence", "presence", "first_seen", "last_seen", "trusted", "randomized", "self", "gateway",
        "network", "services", "traffic.packets_sent", "traffic.bytes_sent", "traffic.packets_received",
        "traffic.bytes_received", "evidence", NULL,
};

const char *const alert_columns[] = {
        "id", "ts", "kind", "severity", "mac", "name", "peer", "message", "details", "device", "network",
        "acknowledged", "state", "count", "first", "last", NULL,
};

static int add_id(struct json_object *o, const char *key, uint64_t id) {
        char text[17] = "";

        if (id != 0)
                snprintf(text, sizeof text, "%016" PRIx64, id);
        return json_add_text(o, key, text);
}

static int add_time(struct json_object *o, const char *key, uint64_t nsec) {
        return json_add_time(o, key, nsec / NSEC_PER_USEC);
}

static int add_number(struct json_object *o, const char *key, uint64_t n) {
        return json_add(o, key, json_object_new_uint64(n));
}

static int add_bool(struct json_object *o, const char *key, bool b) {
        return json_add(o, key, json_object_new_boolean(b));
}

/* Takes `value` over. */
static int append(struct json_object *array, struct json_object *value) {
        if (value && json_object_array_add(array, value) == 0)
                return 0;
        json_object_put(value);
        return -1;
}

/* An empty list below `key`, owned by `o`. */
static struct json_object *add_list(struct json_object *o, const char *key) {
        struct json_object *list = json_object_new_array();

        return json_add(o, key, list) < 0 ? NULL : list;
}

static int add_macs(struct json_object *o, const struct device *d) {
        struct json_object *list;
        char text[MAC_STRING_MAX] = "";
        int r;

        if (d->n_macs > 0)
                mac_format(&d->macs[0].address, text);
        r = json_add_text(o, "mac", text);
        list = add_list(o, "addresses");
        for (size_t i = 0; i < d->n_macs && list; i++)
                r |= append(list, json_object_new_string(mac_format(&d->macs[i].address, text)));
        return list ? r : -1;
}

static int add_ips(struct json_object *o, const char *key, const struct device_ip *ips, size_t n) {
        struct json_object *list = add_list(o, key);
        char text[IP_STRING_MAX];
        int r = 0;

        for (size_t i = 0; i < n && list; i++)
                r |= append(list, json_object_new_string(ip_format(&ips[i].address, text)));
        return list ? r : -1;
}

static int add_services(struct json_object *o, const struct device *d) {
        struct json_object *list = add_list(o, "services");
        int r = 0;

        for (size_t i = 0; i < d->n_services && list; i++)
                r |= append(list, json_object_new_string(d->services[i].value));
        return list ? r : -1;
}

static int add_traffic(struct json_object *o, const struct device_traffic *t) {
        struct json_object *traffic = json_object_new_object();

        if (json_add(o, "traffic", traffic) < 0)
                return -1;
        return add_number(traffic, "packets_sent", t->packets_sent) | add_number(traffic, "bytes_sent", t->bytes_sent) |
               add_number(traffic, "packets_received", t->packets_received) |
               add_number(traffic, "bytes_received", t->bytes_received);
}

static struct json_object *record_from_evidence(const struct evidence *e) {
        _cleanup_(json_putp) struct json_object *o = json_object_new_object();

        if (!o || json_add_text(o, "kind", fact_kind_to_string(e->kind)) < 0 || json_add_text(o, "value", e->value) < 0 ||
            add_number(o, "confidence", e->confidence) < 0 || add_time(o, "first_seen", e->first_seen) < 0 ||
            add_time(o, "last_seen", e->last_seen) < 0 || add_number(o, "count", e->count) < 0 ||
            add_bool(o, "asks", e->voice == VOICE_ASKS) < 0)
                return NULL;
        return TAKE_PTR(o);
}

static int compare_evidence(const void *a, const void *b) {
        const struct evidence *const *x = a, *const *y = b;

        if ((*x)->confidence != (*y)->confidence)
                return (*x)->confidence < (*y)->confidence ? 1 : -1;
        return *x < *y ? -1 : *x > *y;
}

size_t evidence_strongest_first(const struct device *d, const struct evidence *ret[static DEVICE_EVIDENCE_MAX]) {
        size_t n = MIN(d->n_evidence, (size_t) DEVICE_EVIDENCE_MAX);

        for (size_t i = 0; i < n; i++)
                ret[i] = &d->evidence[i];
        qsort(ret, n, sizeof *ret, compare_evidence);
        return n;
}

static int add_evidence(struct json_object *o, const struct device *d) {
        struct json_object *list = add_list(o, "evidence");
        const struct evidence *sorted[DEVICE_EVIDENCE_MAX];
        size_t n = evidence_strongest_first(d, sorted);
        int r = 0;

        for (size_t i = 0; i < n && list; i++)
                r |= append(list, record_from_evidence(sorted[i]));
        return list ? r : -1;
}

static int add_identity(struct json_object *o, const struct device *d) {
        char name[DEVICE_USER_TEXT_MAX + 1];

        return add_id(o, "id", d->id) | json_add_text(o, "name", device_display_name(d, name, sizeof name)) | add_macs(o, d) |
               add_ips(o, "ipv4", d->ipv4, d->n_ipv4) | add_ips(o, "ipv6", d->ipv6, d->n_ipv6) |
               json_add_text(o, "vendor", device_vendor(d)) | json_add_text(o, "hostname", device_hostname(d)) |
               json_add_text(o, "label", d->user.label ? d->user.label : "") |
               json_add_text(o, "notes", d->user.notes ? d->user.notes : "");
}

static int add_class(struct json_object *o, const struct device *d) {
        enum device_type type = device_type(d);

        return json_add_text(o, "type", device_type_to_string(type)) |
               json_add_text(o, "category", device_category_to_string(device_type_category(type))) |
               add_bool(o, "type_is_set", d->user.type != _TYPE_INVALID) | json_add_text(o, "model", device_model(d)) |
               json_add_text(o, "os", device_os(d)) | add_number(o, "confidence", device_confidence(d));
}

static int add_state(struct json_object *o, const struct device *d) {
        return json_add_text(o, "presence", presence_to_string(d->presence)) | add_time(o, "first_seen", d->first_seen) |
               add_time(o, "last_seen", d->last_seen) | add_bool(o, "trusted", d->user.trusted) |
               add_bool(o, "randomized", d->flags & DEVICE_RANDOMIZED) | add_bool(o, "self", d->flags & DEVICE_SELF) |
               add_bool(o, "gateway", d->flags & DEVICE_GATEWAY) | add_id(o, "network", d->network);
}

struct json_object *record_from_device(const struct device *d) {
        _cleanup_(json_putp) struct json_object *o = json_object_new_object();

        if (!o || add_identity(o, d) < 0 || add_class(o, d) < 0 || add_state(o, d) < 0 || add_services(o, d) < 0 ||
            add_traffic(o, &d->traffic) < 0 || add_evidence(o, d) < 0)
                return NULL;
        return TAKE_PTR(o);
}

static struct json_object *record_from_reason(const struct device *d, const struct classify_reason *reason) {
        _cleanup_(json_putp) struct json_object *o = json_object_new_object();
        const struct evidence *e = reason->evidence_index < d->n_evidence ? &d->evidence[reason->evidence_index] : NULL;

        /* Evidence beyond the kept facts is the vendor that the address was given to. */
        if (!o || json_add_text(o, "rule", reason->rule) < 0 || add_number(o, "confidence", reason->confidence) < 0 ||
            json_add_text(o, "type", device_type_to_string(reason->type)) < 0 ||
            json_add_text(o, "kind", e ? fact_kind_to_string(e->kind) : "oui") < 0 ||
            json_add_text(o, "value", e ? e->value : d->oui_vendor ? d->oui_vendor : "") < 0)
                return NULL;
        return TAKE_PTR(o);
}

struct json_object *record_from_reasons(const struct device *d) {
        _cleanup_(json_putp) struct json_object *list = json_object_new_array();
        size_t n = d->class ? d->class->n_reasons : 0;

        for (size_t i = 0; i < n && list; i++)
                if (append(list, record_from_reason(d, &d->class->reasons[i])) < 0)
                        return NULL;
        return TAKE_PTR(list);
}

static int add_prefixes(struct json_object *o, const struct network *n) {
        struct json_object *list = add_list(o, "prefixes");
        char ip[IP_STRING_MAX], text[IP_STRING_MAX + 4];
        int r = 0;

        for (size_t i = 0; i < n->n_prefixes && list; i++) {
                snprintf(text, sizeof text, "%s/%u", ip_format(&n->prefixes[i].address, ip), n->prefixes[i].length);
                r |= append(list, json_object_new_string(text));
        }
        return list ? r : -1;
}

struct json_object *record_from_network(const struct network *n) {
        _cleanup_(json_putp) struct json_object *o = json_object_new_object();
        char mac[MAC_STRING_MAX] = "", ip[IP_STRING_MAX];

        if (!mac_is_zero(&n->gateway_mac))
                mac_format(&n->gateway_mac, mac);
        if (!o || add_id(o, "id", n->id) < 0 || json_add_text(o, "name", n->name ? n->name : "") < 0 ||
            json_add_text(o, "interface", n->interface) < 0 || json_add_text(o, "gateway_mac", mac) < 0 ||
            json_add_text(o, "gateway_ip", ip_format(&n->gateway_ip, ip)) < 0 || add_prefixes(o, n) < 0 ||
            add_number(o, "devices", n->devices) < 0 || add_time(o, "first_seen", n->first_seen) < 0 ||
            add_time(o, "last_seen", n->last_seen) < 0)
                return NULL;
        return TAKE_PTR(o);
}

/* The details are JSON already; text that is not stays text. */
static int add_details(struct json_object *o, const char *details) {
        struct json_object *parsed = json_tokener_parse(details);

        if (json_object_is_type(parsed, json_type_object))
                return json_add(o, "details", parsed);
        json_object_put(parsed);
        return json_add_text(o, "details", details);
}

struct json_object *record_from_alert(const struct alert *a) {
        _cleanup_(json_putp) struct json_object *o = json_object_new_object();
        char mac[MAC_STRING_MAX] = "";

        if (!mac_is_zero(&a->mac))
                mac_format(&a->mac, mac);
        if (!o || add_number(o, "id", a->id) < 0 || add_time(o, "ts", a->ts) < 0 ||
            json_add_text(o, "kind", alert_kind_to_string(a->kind)) < 0 ||
            json_add_text(o, "severity", alert_severity_to_string(a->severity)) < 0 || json_add_text(o, "mac", mac) < 0 ||
            json_add_text(o, "name", a->name) < 0 || json_add_text(o, "peer", a->peer) < 0 ||
            json_add_text(o, "message", a->message) < 0 || add_details(o, a->details) < 0 ||
            add_id(o, "device", a->device) < 0 || add_id(o, "network", a->network) < 0 ||
            add_bool(o, "acknowledged", a->acknowledged) < 0 ||
            json_add_text(o, "state", alert_state_to_string(a->state)) < 0 || add_number(o, "count", a->count) < 0 ||
            add_time(o, "first", a->first) < 0 || add_time(o, "last", a->last) < 0)
                return NULL;
        return TAKE_PTR(o);
}
