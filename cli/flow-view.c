/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What ListFlows() gives, with other names: "endpoint_a" is the initiator, and what was not measured is null. */

#include "cli/flow-view.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/output.h"
#include "cli/table.h"
#include "cli/top/top-text.h"
#include "common/cleanup.h"
#include "common/scale.h"
#include "dbus/lanscope-names.h"
#include "engine/flow/flow-query.h"

enum conversion { AS_IS, AS_TIME, AS_TEXT, AS_MS, AS_ID, AS_DEVICE_A, AS_DEVICE_B, AS_MEASURED };

/* AS_TEXT: "" is null. AS_MS: microseconds; 0 is null. AS_DEVICE_A: null where no device
 * stands there. AS_MEASURED: null where the flow was not analysed. */
static const struct mapping {
        const char *from, *to;
        enum conversion conversion;
} before_totals[] = {
        { "Protocol", "protocol", AS_IS },
        { "InitiatorAddress", "endpoint_a_ip", AS_IS },
        { "InitiatorPort", "endpoint_a_port", AS_IS },
        { "ResponderAddress", "endpoint_b_ip", AS_IS },
        { "ResponderPort", "endpoint_b_port", AS_IS },
        { "FirstSeen", "first_seen", AS_TIME },
        { "LastSeen", "last_seen", AS_TIME },
}, after_totals[] = {
        { "State", "tcp_state", AS_TEXT },
        { "Retransmissions", "retransmissions", AS_MEASURED },
        { "OutOfOrder", "out_of_order", AS_MEASURED },
        { "RttLast", "rtt_last_ms", AS_MS },
        { "RttMinimum", "rtt_min_ms", AS_MS },
        { "RttAverage", "rtt_ewma_ms", AS_MS },
        { "RttSamples", "rtt_samples", AS_MEASURED },
        { "RttHandshake", "rtt_handshake_ms", AS_MS },
        { "RttResponder", "rtt_responder_ms", AS_MS },
        { "RttInitiator", "rtt_initiator_ms", AS_MS },
        { "DuplicateAcks", "duplicate_acks", AS_MEASURED },
        { "ZeroWindows", "zero_windows", AS_MEASURED },
        { "History", "history", AS_TEXT },
        { "End", "end", AS_TEXT },
        { "Active", "active", AS_IS },
        { "Rate", "rate_bps", AS_IS },
        { "Vlan", "vlan", AS_IS },
        { "InnerVlan", "inner_vlan", AS_IS },
        { "CommunityId", "community_id", AS_IS },
        { "InitiatorMac", "mac_a", AS_TEXT },
        { "ResponderMac", "mac_b", AS_TEXT },
        { "InitiatorDevice", "device_a_id", AS_ID },
        { "ResponderDevice", "device_b_id", AS_ID },
        { "InitiatorName", "device_a", AS_DEVICE_A },
        { "ResponderName", "device_b", AS_DEVICE_B },
        { "ServerName", "name", AS_TEXT },
};

static int add_ms(struct json_object *o, const char *key, uint64_t usec) {
        char text[32];

        snprintf(text, sizeof text, "%" PRIu64 ".%03" PRIu64, usec / 1000, usec % 1000);
        return json_add(o, key, json_object_new_double_s((double) usec / 1000, text));
}

static int add_null(struct json_object *o, const char *key) {
        return json_object_object_add(o, key, NULL) < 0 ? -ENOMEM : 0;
}

static int add_id(struct json_object *o, const char *key, const char *path) {
        size_t n = strlen(LANSCOPE_DEVICE_PREFIX "/");

        if (strncmp(path, LANSCOPE_DEVICE_PREFIX "/", n) != 0)
                return add_null(o, key);
        return json_add_text(o, key, path + n);
}

static int map_one(struct json_object *to, const struct mapping *m, struct json_object *flow) {
        struct json_object *value = json_at(flow, m->from);

        switch (m->conversion) {
        case AS_IS:
                break;
        case AS_TIME:
                return json_add_time(to, m->to, json_object_get_uint64(value));
        case AS_TEXT:
                if (*json_text_at(flow, m->from) == '\0')
                        return add_null(to, m->to);
                break;
        case AS_MS:
                if (json_object_get_uint64(value) == 0)
                        return add_null(to, m->to);
                return add_ms(to, m->to, json_object_get_uint64(value));
        case AS_ID:
                return add_id(to, m->to, json_text_at(flow, m->from));
        case AS_DEVICE_A:
        case AS_DEVICE_B:
                if (strcmp(json_text_at(flow, m->conversion == AS_DEVICE_A ? "InitiatorDevice" : "ResponderDevice"),
                           "/") == 0)
                        return add_null(to, m->to);
                break;
        case AS_MEASURED:
                if (!json_object_get_boolean(json_at(flow, "Analysed")))
                        return add_null(to, m->to);
                break;
        }
        return value ? json_add(to, m->to, json_object_get(value)) : add_null(to, m->to);
}

static int map_all(struct json_object *to, const struct mapping *mappings, size_t n, struct json_object *flow) {
        int r = 0;

        for (size_t i = 0; r >= 0 && i < n; i++)
                r = map_one(to, &mappings[i], flow);
        return r;
}

static uint64_t number_at(struct json_object *o, const char *key) {
        return json_object_get_uint64(json_at(o, key));
}

static int add_number(struct json_object *o, const char *key, uint64_t n) {
        return json_add(o, key, json_object_new_uint64(n));
}

/* `n` tenths or millionths, exactly. */
static int add_fraction(struct json_object *o, const char *key, uint64_t n, uint64_t unit, int digits) {
        char text[48];

        snprintf(text, sizeof text, "%" PRIu64 ".%0*" PRIu64, n / unit, digits, n % unit);
        return json_add(o, key, json_object_new_double_s((double) n / (double) unit, text));
}

static int add_totals(struct json_object *o, struct json_object *flow) {
        uint64_t there = number_at(flow, "BytesSent"), back = number_at(flow, "BytesReceived");
        uint64_t first = number_at(flow, "FirstSeen"), last = number_at(flow, "LastSeen"),
                span = last > first ? last - first : 0;
        uint64_t rate = span == 0 ? 0 : scale_u64(there + back, 80 * USEC_PER_SEC, span);

        return add_fraction(o, "duration_secs", span, USEC_PER_SEC, 6) |
               add_number(o, "packets_a_to_b", number_at(flow, "PacketsSent")) |
               add_number(o, "packets_b_to_a", number_at(flow, "PacketsReceived")) |
               add_number(o, "bytes_a_to_b", there) |
               add_number(o, "bytes_b_to_a", back) |
               add_number(o, "packets_total", number_at(flow, "PacketsSent") + number_at(flow, "PacketsReceived")) |
               add_number(o, "bytes_total", there + back) | add_fraction(o, "avg_bps", rate, 10, 1) |
               (json_object_get_boolean(json_at(flow, "InitiatorKnown")) ? json_add_text(o, "client", "a_to_b") :
                                                                          add_null(o, "client"));
}

static struct json_object *flow_from_bus(struct json_object *flow) {
        _cleanup_(json_putp) struct json_object *o = json_object_new_object();

        if (!o || map_all(o, before_totals, ELEMENTSOF(before_totals), flow) < 0 || add_totals(o, flow) < 0 ||
            map_all(o, after_totals, ELEMENTSOF(after_totals), flow) < 0)
                return NULL;
        return TAKE_PTR(o);
}

static int append_text(sd_bus_message *m, const char *key, const char *type, const char *value) {
        return value ? sd_bus_message_append(m, "{sv}", key, type, value) : 0;
}

static int append_filter(sd_bus_message *m, const struct options *o, const char *device) {
        int r = sd_bus_message_open_container(m, 'a', "{sv}");

        if (r >= 0)
                r = append_text(m, "Device", "o", device);
        if (r >= 0)
                r = append_text(m, "Address", "s", o->address);
        if (r >= 0)
                r = append_text(m, "Protocol", "s", o->protocol);
        if (r >= 0)
                r = append_text(m, "State", "s", o->state);
        if (r >= 0)
                r = append_text(m, "Sort", "s", o->sort);
        if (r >= 0 && o->port > 0)
                r = sd_bus_message_append(m, "{sv}", "Port", "q", (uint16_t) o->port);
        if (r >= 0 && (o->active || o->ended))
                r = sd_bus_message_append(m, "{sv}", "Active", "b", (int) o->active);
        if (r >= 0 && o->limit > 0)
                r = sd_bus_message_append(m, "{sv}", "Limit", "u", o->limit);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int call_list(sd_bus *bus, const struct options *options, const char *device, sd_bus_message **ret) {
        static const struct bus_method method = { LANSCOPE_MANAGER_INTERFACE, "ListFlows",
                                                  LANSCOPE_ACTION_INSPECT_TRAFFIC };
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *message = NULL;
        int r = bus_new_call(bus, LANSCOPE_PATH, &method, &message);

        if (r < 0)
                return r;
        r = append_filter(message, options, device);
        if (r < 0) {
                fprintf(stderr, "The filter cannot be sent: %s\n", strerror(-r));
                return r;
        }
        return bus_call_message(bus, message, method.action, ret);
}

int bus_list_flows(sd_bus *bus, const struct options *options, struct json_object **ret) {
        _cleanup_(json_putp) struct json_object *flows = NULL, *records = json_object_new_array();
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_(freep) char *device = NULL;
        int r = options->device ? bus_find_device(bus, options->device, &device) : 0;

        if (r >= 0)
                r = call_list(bus, options, device, &reply);
        if (r >= 0)
                r = bus_read_reply(reply, &flows);
        if (r < 0)
                return r;
        for (size_t i = 0; i < json_object_array_length(flows); i++) {
                struct json_object *record = flow_from_bus(json_object_array_get_idx(flows, i));

                if (!records || !record || json_object_array_add(records, record) < 0) {
                        json_object_put(record);
                        output_no_memory();
                        return -ENOMEM;
                }
        }
        *ret = TAKE_PTR(records);
        return 0;
}

static const char *first_text(struct json_object *flow, const char *a, const char *b, const char *c) {
        const char *text = json_text_at(flow, a);

        if (!*text)
                text = json_text_at(flow, b);
        return *text || !c ? text : json_text_at(flow, c);
}

/* "443", or what ICMP has instead. */
static int add_port(struct table *t, struct json_object *flow) {
        if (strncmp(json_text_at(flow, "protocol"), "icmp", 4) == 0)
                return table_printf(t, STYLE_NONE, "type %u", (unsigned) number_at(flow, "endpoint_a_port"));
        return table_printf(t, STYLE_NONE, "%u", (unsigned) number_at(flow, "endpoint_b_port"));
}

static int add_bytes(struct table *t, uint64_t n) {
        char text[24];
        struct strbuf b = STRBUF(text);

        top_format_bytes(&b, n);
        return table_printf(t, STYLE_NONE, "%s", text);
}

static int add_rate(struct table *t, uint64_t rate) {
        char text[24];
        struct strbuf b = STRBUF(text);

        top_format_rate(&b, rate);
        return table_printf(t, STYLE_NONE, "%s", text);
}

static int add_rtt(struct table *t, const struct screen *s, struct json_object *flow) {
        struct json_object *rtt = json_at(flow, "rtt_ewma_ms") ?: json_at(flow, "rtt_handshake_ms");

        return rtt ? table_printf(t, STYLE_NONE, "%.1f ms", json_object_get_double(rtt)) :
                table_add(t, s, STYLE_NONE, "");
}

static int add_again(struct table *t, const struct screen *s, struct json_object *flow) {
        struct json_object *count = json_at(flow, "retransmissions");

        return count ? table_printf(t, STYLE_NONE, "%" PRIu64, json_object_get_uint64(count)) :
                table_add(t, s, STYLE_NONE, "");
}

static int add_age(struct table *t, struct json_object *flow, uint64_t now) {
        char text[24];
        struct strbuf b = STRBUF(text);

        top_format_age(&b, json_time_usec(json_at(flow, "last_seen")), now);
        return table_printf(t, STYLE_NONE, "%s", text);
}

static int add_flow(struct table *t, const struct screen *s, struct json_object *flow, uint64_t now) {
        bool active = json_object_get_boolean(json_at(flow, "active"));
        enum style style = active ? STYLE_NONE : STYLE_DIM;
        const char *state = first_text(flow, "tcp_state", "end", NULL);

        return table_add(t, s, style, json_text_at(flow, "protocol")) |
               table_add(t, s, style, first_text(flow, "device_a", "endpoint_a_ip", NULL)) |
               table_add(t, s, style, first_text(flow, "name", "device_b", "endpoint_b_ip")) | add_port(t, flow) |
               table_add(t, s, style, *state ? state : active ? "active" : "") |
               add_bytes(t, number_at(flow, "bytes_a_to_b")) |
               add_bytes(t, number_at(flow, "bytes_b_to_a")) | add_rate(t, number_at(flow, "rate_bps")) |
               add_rtt(t, s, flow) |
               add_again(t, s, flow) | add_age(t, flow, now) |
               table_add(t, s, STYLE_DIM, json_text_at(flow, "endpoint_a_ip")) |
               table_add(t, s, STYLE_DIM, json_text_at(flow, "endpoint_b_ip")) |
               table_add(t, s, STYLE_DIM, json_text_at(flow, "history"));
}

int flows_print(const struct screen *screen, const struct options *options, struct json_object *flows, uint64_t now) {
        static const struct table_column columns[] = {
                { "PROTO" },
                { "FROM", .min_width = 12 },
                { "TO", .min_width = 16 },
                { "PORT", .right = true },
                { "STATE", .drop = 1 },
                { "SENT", .right = true },
                { "RECEIVED", .right = true },
                { "RATE", .right = true, .drop = 2 },
                { "RTT", .right = true, .drop = 3 },
                { "AGAIN", .right = true, .drop = 4 },
                { "LAST", .right = true, .drop = 2 },
                { "FROM ADDRESS", .drop = 5 },
                { "TO ADDRESS", .drop = 5 },
                { "HISTORY", .drop = 6 },
        };
        _cleanup_(table_freep) struct table *t = NULL;
        int r = table_new(&t, columns, ELEMENTSOF(columns));

        for (size_t i = 0; r >= 0 && i < json_object_array_length(flows); i++)
                r = add_flow(t, screen, json_object_array_get_idx(flows, i), now);
        if (r < 0)
                return r;
        table_print(t, screen, !options->no_legend, 0);
        return 0;
}
