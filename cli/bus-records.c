/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Dictionaries from the bus as records: keys are spelled as in JSON, times become seconds, object paths ids. */

#include "cli/bus-records.h"

#include <errno.h>
#include <string.h>

#include "cli/bus.h"
#include "common/cleanup.h"
#include "dbus/lanscope-names.h"

enum conversion { AS_IS, AS_TIME, AS_ID, AS_DETAILS, AS_EVIDENCE, AS_FIRST };

struct mapping {
        const char *from, *to;
        enum conversion conversion;
};

static struct json_object *map(struct json_object *from, const struct mapping *mappings, size_t n);

static const struct mapping evidence_mappings[] = {
        { "Kind", "kind" },           { "Value", "value" },       { "Confidence", "confidence" },
        { "FirstSeen", "first_seen", AS_TIME }, { "LastSeen", "last_seen", AS_TIME },
        { "Count", "count" },         { "Asks", "asks" },
};

static const struct mapping reason_mappings[] = {
        { "Rule", "rule" }, { "Confidence", "confidence" }, { "Type", "type" }, { "Kind", "kind" }, { "Value", "value" },
};

static struct json_object *map_list(struct json_object *from, const struct mapping *mappings, size_t n) {
        _cleanup_(json_putp) struct json_object *list = json_object_new_array();

        if (!list || !json_object_is_type(from, json_type_array))
                return NULL;
        for (size_t i = 0; i < json_object_array_length(from); i++) {
                struct json_object *o = map(json_object_array_get_idx(from, i), mappings, n);

                if (!o || json_object_array_add(list, o) < 0) {
                        json_object_put(o);
                        return NULL;
                }
        }
        return TAKE_PTR(list);
}

/* "/org/lanscope1/device/x" or ".../network/x" -> "x"; "/" stands for none. */
static struct json_object *id_of_path(const char *path) {
        static const char *const prefixes[] = { LANSCOPE_DEVICE_PREFIX, LANSCOPE_NETWORK_PREFIX };
        struct json_object *o;

        for (size_t i = 0; i < ELEMENTSOF(prefixes); i++) {
                _cleanup_(freep) char *id = NULL;

                if (sd_bus_path_decode(path, prefixes[i], &id) > 0) {
                        o = json_object_new_string(id);
                        return o;
                }
        }
        return json_object_new_string("");
}

static struct json_object *parse_details(struct json_object *value) {
        struct json_object *parsed = json_tokener_parse(json_object_get_string(value));

        if (json_object_is_type(parsed, json_type_object))
                return parsed;
        json_object_put(parsed);
        return json_object_get(value);
}

static int map_one(struct json_object *to, const struct mapping *mapping, struct json_object *value) {
        switch (mapping->conversion) {
        case AS_IS:
                return json_add(to, mapping->to, json_object_get(value));
        case AS_TIME:
                return json_add_time(to, mapping->to, json_object_get_uint64(value));
        case AS_ID:
                return json_add(to, mapping->to, id_of_path(json_object_get_string(value)));
        case AS_DETAILS:
                return json_add(to, mapping->to, parse_details(value));
        case AS_EVIDENCE:
                return json_add(to, mapping->to, map_list(value, evidence_mappings, ELEMENTSOF(evidence_mappings)));
        case AS_FIRST:
                if (!json_object_is_type(value, json_type_array))
                        return -EBADMSG;
                value = json_object_array_length(value) > 0 ? json_object_array_get_idx(value, 0) : NULL;
                return json_add_text(to, mapping->to, value ? json_object_get_string(value) : "");
        }
        return 0;
}

static struct json_object *map(struct json_object *from, const struct mapping *mappings, size_t n) {
        _cleanup_(json_putp) struct json_object *to = json_object_new_object();
        struct json_object *value;

        if (!to)
                return NULL;
        for (size_t i = 0; i < n; i++)
                if (json_object_object_get_ex(from, mappings[i].from, &value) && map_one(to, &mappings[i], value) < 0)
                        return NULL;
        return TAKE_PTR(to);
}

/* In the order of the record. What begins with "traffic." goes into an object of that name; AS_FIRST is the first
 * of the list in the row behind it. */
static const struct mapping device_mappings[] = {
        { "Id", "id" },
        { "Name", "name" },
        { "", "mac", AS_FIRST },
        { "Addresses", "addresses" },
        { "Ipv4", "ipv4" },
        { "Ipv6", "ipv6" },
        { "Vendor", "vendor" },
        { "Hostname", "hostname" },
        { "Label", "label" },
        { "Notes", "notes" },
        { "Type", "type" },
        { "Category", "category" },
        { "TypeIsSet", "type_is_set" },
        { "Model", "model" },
        { "OperatingSystem", "os" },
        { "Confidence", "confidence" },
        { "Presence", "presence" },
        { "FirstSeen", "first_seen", AS_TIME },
        { "LastSeen", "last_seen", AS_TIME },
        { "Trusted", "trusted" },
        { "RandomizedAddress", "randomized" },
        { "Self", "self" },
        { "Gateway", "gateway" },
        { "Network", "network", AS_ID },
        { "Services", "services" },
        { "PacketsSent", "traffic.packets_sent" },
        { "BytesSent", "traffic.bytes_sent" },
        { "PacketsReceived", "traffic.packets_received" },
        { "BytesReceived", "traffic.bytes_received" },
        { "Evidence", "evidence", AS_EVIDENCE },
};

#define N_DEVICE_KEYS ELEMENTSOF(device_mappings)

struct device_values {
        struct json_object *values[N_DEVICE_KEYS];
};

static void device_values_done(struct device_values *v) {
        for (size_t i = 0; i < N_DEVICE_KEYS; i++)
                json_object_put(v->values[i]);
}

/* Properties come in one order mostly: the row behind the last one found is tried first. */
static size_t find_key(const char *key, size_t hint) {
        for (size_t n = 0; n < N_DEVICE_KEYS; n++) {
                size_t i = (hint + n) % N_DEVICE_KEYS;

                if (strcmp(device_mappings[i].from, key) == 0)
                        return i;
        }
        return N_DEVICE_KEYS;
}

static int read_device_values(sd_bus_message *m, struct device_values *v) {
        size_t hint = 0;
        const char *key;
        int r;

        while ((r = sd_bus_message_at_end(m, false)) == 0) {
                r = sd_bus_message_enter_container(m, SD_BUS_TYPE_DICT_ENTRY, "sv");
                if (r >= 0)
                        r = sd_bus_message_read_basic(m, SD_BUS_TYPE_STRING, &key);
                if (r < 0)
                        return r;
                hint = find_key(key, hint);
                if (hint < N_DEVICE_KEYS && !v->values[hint])
                        r = bus_read_json(m, &v->values[hint]);
                else
                        r = sd_bus_message_skip(m, "v");
                if (r >= 0)
                        r = sd_bus_message_exit_container(m);
                if (r < 0)
                        return r;
        }
        return r;
}

static int add_device_value(struct json_object *o, struct json_object **traffic, const struct mapping *mapping, struct json_object *value) {
        struct mapping inner = *mapping;

        if (strncmp(mapping->to, "traffic.", strlen("traffic.")) != 0)
                return map_one(o, mapping, value);
        inner.to += strlen("traffic.");
        if (!*traffic) {
                *traffic = json_object_new_object();
                if (json_add(o, "traffic", *traffic) < 0)
                        return -ENOMEM;
        }
        return map_one(*traffic, &inner, value);
}

static struct json_object *build_device(const struct device_values *v) {
        _cleanup_(json_putp) struct json_object *o = json_object_new_object();
        struct json_object *traffic = NULL;

        for (size_t i = 0; o && i < N_DEVICE_KEYS; i++) {
                struct json_object *value = device_mappings[i].conversion == AS_FIRST ? v->values[i + 1] : v->values[i];

                if (value && add_device_value(o, &traffic, &device_mappings[i], value) < 0)
                        return NULL;
        }
        return TAKE_PTR(o);
}

int device_from_message(sd_bus_message *m, struct json_object **ret) {
        _cleanup_(device_values_done) struct device_values values = { 0 };
        int r = sd_bus_message_enter_container(m, SD_BUS_TYPE_ARRAY, "{sv}");

        if (r <= 0)
                return r < 0 ? r : -EBADMSG;
        r = read_device_values(m, &values);
        if (r >= 0)
                r = sd_bus_message_exit_container(m);
        if (r < 0)
                return r;
        *ret = build_device(&values);
        return *ret ? 0 : -ENOMEM;
}

struct json_object *evidence_from_bus(struct json_object *evidence) {
        return map_list(evidence, evidence_mappings, ELEMENTSOF(evidence_mappings));
}

struct json_object *exception_from_bus(struct json_object *exception) {
        static const struct mapping mappings[] = {
                { "Id", "id" },     { "Kind", "kind" },   { "Device", "device", AS_ID },  { "Peer", "peer" },
                { "Note", "note" }, { "Created", "created", AS_TIME }, { "Expires", "expires", AS_TIME },
                { "Hits", "hits" }, { "LastHit", "last_hit", AS_TIME },
        };

        return map(exception, mappings, ELEMENTSOF(mappings));
}

struct json_object *alert_from_bus(struct json_object *alert) {
        static const struct mapping mappings[] = {
                { "Id", "id" },     { "Time", "ts", AS_TIME }, { "Kind", "kind" },       { "Severity", "severity" },
                { "Mac", "mac" },   { "Name", "name" },        { "Peer", "peer" },       { "Message", "message" },
                { "Details", "details", AS_DETAILS }, { "Device", "device", AS_ID }, { "Network", "network", AS_ID },
                { "Acknowledged", "acknowledged" },
                { "State", "state" }, { "Count", "count" },    { "First", "first", AS_TIME }, { "Last", "last", AS_TIME },
        };

        return map(alert, mappings, ELEMENTSOF(mappings));
}

struct json_object *network_from_bus(struct json_object *properties) {
        static const struct mapping mappings[] = {
                { "Id", "id" },             { "Name", "name" },       { "Interface", "interface" }, { "GatewayAddress", "gateway_mac" },
                { "GatewayIp", "gateway_ip" }, { "Prefixes", "prefixes" }, { "DeviceCount", "devices" },
                { "FirstSeen", "first_seen", AS_TIME }, { "LastSeen", "last_seen", AS_TIME },
        };

        return map(properties, mappings, ELEMENTSOF(mappings));
}

struct json_object *reasons_from_bus(struct json_object *reasons) {
        return map_list(reasons, reason_mappings, ELEMENTSOF(reason_mappings));
}
