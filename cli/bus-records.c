/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Dictionaries from the bus as records: keys are spelled as in JSON, times become seconds, object paths ids. */

#include "cli/bus-records.h"

#include <string.h>
#include <systemd/sd-bus.h>

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

struct json_object *device_from_bus(struct json_object *properties) {
        static const struct mapping before[] = {
                { "Id", "id" },             { "Name", "name" },         { "Addresses", "mac", AS_FIRST }, { "Addresses", "addresses" },
                { "Ipv4", "ipv4" },         { "Ipv6", "ipv6" },         { "Vendor", "vendor" },       { "Hostname", "hostname" },
                { "Label", "label" },       { "Notes", "notes" },       { "Type", "type" },           { "Category", "category" },
                { "TypeIsSet", "type_is_set" }, { "Model", "model" },   { "OperatingSystem", "os" },  { "Confidence", "confidence" },
                { "Presence", "presence" }, { "FirstSeen", "first_seen", AS_TIME }, { "LastSeen", "last_seen", AS_TIME },
                { "Trusted", "trusted" },   { "RandomizedAddress", "randomized" }, { "Self", "self" }, { "Gateway", "gateway" },
                { "Network", "network", AS_ID }, { "Services", "services" },
        };
        static const struct mapping traffic[] = {
                { "PacketsSent", "packets_sent" }, { "BytesSent", "bytes_sent" },
                { "PacketsReceived", "packets_received" }, { "BytesReceived", "bytes_received" },
        };
        static const struct mapping after[] = { { "Evidence", "evidence", AS_EVIDENCE } };
        _cleanup_(json_putp) struct json_object *o = map(properties, before, ELEMENTSOF(before));
        struct json_object *counters, *value;

        if (!o)
                return NULL;
        counters = map(properties, traffic, ELEMENTSOF(traffic));
        if (!counters)
                return NULL;
        if (json_object_object_length(counters) == 0)
                json_object_put(counters);
        else if (json_add(o, "traffic", counters) < 0)
                return NULL;
        if (json_object_object_get_ex(properties, after[0].from, &value) && map_one(o, &after[0], value) < 0)
                return NULL;
        return TAKE_PTR(o);
}

struct json_object *alert_from_bus(struct json_object *alert) {
        static const struct mapping mappings[] = {
                { "Id", "id" },     { "Time", "ts", AS_TIME }, { "Kind", "kind" },       { "Severity", "severity" },
                { "Mac", "mac" },   { "Name", "name" },        { "Peer", "peer" },       { "Message", "message" },
                { "Details", "details", AS_DETAILS }, { "Device", "device", AS_ID }, { "Network", "network", AS_ID },
                { "Acknowledged", "acknowledged" },
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

const char *json_list_first(struct json_object *o, const char *path) {
        struct json_object *list = json_at(o, path);

        if (!json_object_is_type(list, json_type_array) || json_object_array_length(list) == 0)
                return "";
        return json_object_get_string(json_object_array_get_idx(list, 0));
}
