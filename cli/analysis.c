/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What one capture file holds: the records, and the report for people. */

#include "cli/analysis.h"

#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <string.h>

#include "cli/alert-view.h"
#include "cli/device-view.h"
#include "cli/table.h"
#include "cli/when.h"
#include "daemon/records.h"

static struct json_object *device_with_reasons(const struct device *device) {
        _cleanup_(json_putp) struct json_object *o = record_from_device(device);

        if (!o || json_add(o, "reasons", record_from_reasons(device)) < 0)
                return NULL;
        return TAKE_PTR(o);
}

struct json_object *analysis_devices(const struct analysis *a) {
        _cleanup_(json_putp) struct json_object *list = json_object_new_array();
        const struct device *device;
        size_t position = 0;

        while (list && (device = inventory_next(engine_inventory(a->engine), &position))) {
                struct json_object *o = device_with_reasons(device);

                if (!o || json_object_array_add(list, o) < 0) {
                        json_object_put(o);
                        return NULL;
                }
        }
        return TAKE_PTR(list);
}

static struct json_object *networks_by_id(const struct analysis *a) {
        _cleanup_(json_putp) struct json_object *networks = json_object_new_object();
        const struct network *network;
        size_t position = 0;

        while (networks && (network = inventory_next_network(engine_inventory(a->engine), &position))) {
                _cleanup_(json_putp) struct json_object *o = record_from_network(network);

                if (!o || json_add(networks, json_text_at(o, "id"), json_object_get(o)) < 0)
                        return NULL;
        }
        return TAKE_PTR(networks);
}

static int add_number(struct json_object *o, const char *key, uint64_t n) {
        return json_add(o, key, json_object_new_uint64(n));
}

static struct json_object *protocol_stats(const struct engine_counters *counters) {
        _cleanup_(json_putp) struct json_object *protocols = json_object_new_object();
        struct protocol_total total;
        size_t position = 0;

        while (protocols && engine_counters_next_protocol(counters, &position, &total)) {
                struct json_object *o;

                if (total.counters.packets == 0)
                        continue;
                o = json_object_new_object();
                if (json_add(protocols, total.name, o) < 0 || add_number(o, "packets", total.counters.packets) < 0 ||
                    add_number(o, "facts", total.counters.facts) < 0 ||
                    add_number(o, "malformed", total.counters.malformed) < 0)
                        return NULL;
        }
        return TAKE_PTR(protocols);
}

static struct json_object *flow_ends(const struct flow_counters *c) {
        _cleanup_(json_putp) struct json_object *o = json_object_new_object();

        for (int i = 0; o && i < _FLOW_END_MAX; i++)
                if (add_number(o, flow_end_to_string((enum flow_end) i), c->ended[i]) < 0)
                        return NULL;
        return TAKE_PTR(o);
}

static struct json_object *flow_stats(const struct flow_counters *c) {
        _cleanup_(json_putp) struct json_object *o = json_object_new_object();

        if (!o || add_number(o, "flows", c->created) < 0 || add_number(o, "packets", c->packets) < 0 ||
            add_number(o, "bytes", c->bytes) < 0 || add_number(o, "unanswered_evicted", c->unanswered_evicted) < 0 ||
            json_add(o, "ended", flow_ends(c)) < 0)
                return NULL;
        return TAKE_PTR(o);
}

static struct json_object *session_ends(const struct session_counters *c) {
        _cleanup_(json_putp) struct json_object *o = json_object_new_object();

        for (int i = 0; o && i < _SESSION_END_MAX; i++)
                if (add_number(o, session_end_to_string((enum session_end) i), c->ended[i]) < 0)
                        return NULL;
        return TAKE_PTR(o);
}

/* TCP connections as far as they were read, with the limits that hold. */
static struct json_object *session_stats(const struct session_counters *c) {
        const struct {
                const char *key;
                uint64_t value;
        } numbers[] = {
                { "begun", c->sessions },
                { "evicted", c->evicted },
                { "live_max", c->live_max },
                { "live_limit", c->live_limit },
                { "buffered_max", c->buffered_max },
                { "buffered_limit", c->buffered_limit },
                { "buffer_refused", c->buffer_refused },
                { "stream_full", c->stream_full },
                { "holes", c->holes },
        };
        _cleanup_(json_putp) struct json_object *o = json_object_new_object();

        for (size_t i = 0; o && i < ELEMENTSOF(numbers); i++)
                if (add_number(o, numbers[i].key, numbers[i].value) < 0)
                        return NULL;
        if (!o || json_add(o, "ended", session_ends(c)) < 0)
                return NULL;
        return TAKE_PTR(o);
}

static struct json_object *datagram_stats(const struct datagram_counters *c) {
        _cleanup_(json_putp) struct json_object *o = json_object_new_object();

        if (!o || add_number(o, "begun", c->states) < 0 || add_number(o, "evicted", c->evicted) < 0 ||
            add_number(o, "unfinished_max", c->unfinished_max) < 0 || add_number(o, "dropped", c->dropped) < 0)
                return NULL;
        return TAKE_PTR(o);
}

struct json_object *analysis_stats(const struct analysis *a) {
        _cleanup_(json_putp) struct json_object *o = json_object_new_object();
        struct engine_counters c;
        const struct {
                const char *key;
                const uint64_t *value;
        } numbers[] = {
                { "frames", &c.packet.frames },
                { "bytes", &c.packet.bytes },
                { "truncated", &c.packet.truncated },
                { "malformed", &c.packet.malformed },
                { "unknown_link", &c.packet.unknown_link },
                { "fragments", &c.packet.fragments },
                { "reassembled", &c.packet.reassembled },
                { "fragments_overlapping", &c.packet.fragments_overlapping },
                { "fragments_timed_out", &c.packet.fragments_timed_out },
                { "fragments_evicted", &c.packet.fragments_evicted },
                { "fragments_malformed", &c.packet.fragments_malformed },
                { "tunnelled", &c.packet.tunnelled },
                { "too_deep", &c.packet.too_deep },
                { "clock_backwards", &c.clock_backwards },
                { "duplicates", &c.duplicates.exact },
                { "duplicates_routed", &c.duplicates.routed },
                { "duplicates_overflow", &c.duplicates.overflow },
                { "facts", &c.facts },
                { "devices", &c.inventory.devices },
                { "evicted", &c.inventory.evicted },
                { "alerts", &c.detection.alerts.raised },
        };

        engine_get_counters(a->engine, &c);
        if (!o || json_add_text(o, "file", a->path) < 0 || json_add_time(o, "first", a->first / NSEC_PER_USEC) < 0 ||
            json_add_time(o, "last", a->last / NSEC_PER_USEC) < 0)
                return NULL;
        for (size_t i = 0; i < ELEMENTSOF(numbers); i++)
                if (add_number(o, numbers[i].key, *numbers[i].value) < 0)
                        return NULL;
        if (json_add(o, "sessions", session_stats(&c.sessions)) < 0 ||
            json_add(o, "datagrams", datagram_stats(&c.datagrams)) < 0 ||
            json_add(o, "protocols", protocol_stats(&c)) < 0 || json_add(o, "flows", flow_stats(&c.flows)) < 0 ||
            (a->complaint ? json_add_text(o, "error", a->complaint) : json_object_object_add(o, "error", NULL)) < 0)
                return NULL;
        return TAKE_PTR(o);
}

static void print_styled(const struct analysis *a, enum style style, const char *title, const char *value) {
        printf("%s%10s:%s ", screen_style(a->screen, style), title, screen_style(a->screen, STYLE_NONE));
        screen_wrap(a->screen, 12, value);
        putchar('\n');
}

static void print_line(const struct analysis *a, const char *title, const char *value) {
        print_styled(a, STYLE_DIM, title, value);
}

static void print_summary(const struct analysis *a, const struct engine_counters *c) {
        char text[256];
        struct strbuf b = STRBUF(text);

        printf("%s", screen_style(a->screen, STYLE_BOLD));
        screen_print(a->screen, a->path);
        printf("%s\n", screen_style(a->screen, STYLE_NONE));
        strbuf_printf(&b, "%" PRIu64 " (%" PRIu64 " bytes)", c->packet.frames, c->packet.bytes);
        print_line(a, "Frames", text);
        if (a->first > 0) {
                strbuf_reset(&b);
                when_format(&b, a->first / NSEC_PER_USEC);
                strbuf_string(&b, ", for ");
                when_format_span(&b, (a->last - a->first) / NSEC_PER_USEC);
                print_line(a, "Time", text);
        }
        strbuf_reset(&b);
        strbuf_printf(&b, "%" PRIu64 " from %" PRIu64 " devices", c->facts, c->inventory.devices);
        print_line(a, "Facts", text);
        strbuf_reset(&b);
        strbuf_printf(&b, "%" PRIu64, c->flows.created);
        print_line(a, "Flows", text);
}

/* What could not be read, and what that means. */
static void print_warnings(const struct analysis *a, const struct engine_counters *c) {
        const struct {
                uint64_t n;
                const char *text;
        } warnings[] = {
                { c->packet.truncated, "frames were not captured whole; what was cut off is not seen" },
                { c->packet.malformed, "frames have headers that lie about themselves" },
                { c->packet.unknown_link, "frames are of a kind that cannot be read" },
                { c->packet.fragments_overlapping + c->packet.fragments_timed_out + c->packet.fragments_evicted,
                  "fragmented datagrams could not be put together" },
                { c->packet.too_deep, "frames have more nested headers than are followed" },
                { c->clock_backwards, "frames are older than one before them" },
                { c->duplicates.exact + c->duplicates.routed, "frames are copies of others, and count once" },
                { c->inventory.evicted, "devices were dropped to make room for others" },
                { c->flows.ended[FLOW_END_EVICTED], "flows were cut short to make room for others" },
        };
        char text[160];

        if (a->complaint)
                print_styled(a, STYLE_NOTICE, "Damaged", a->complaint);
        for (size_t i = 0; i < ELEMENTSOF(warnings); i++)
                if (warnings[i].n > 0) {
                        snprintf(text, sizeof text, "%" PRIu64 " %s", warnings[i].n, warnings[i].text);
                        print_line(a, "Note", text);
                }
}

static int print_protocols(const struct analysis *a, const struct engine_counters *c) {
        static const struct table_column columns[] = {
                { "PROTOCOL" }, { "PACKETS", .right = true }, { "FACTS", .right = true }, { "MALFORMED", .right = true },
        };
        _cleanup_(table_freep) struct table *t = NULL;
        struct protocol_total total;
        size_t position = 0;
        bool any = false;
        int r = table_new(&t, columns, ELEMENTSOF(columns));

        while (r >= 0 && engine_counters_next_protocol(c, &position, &total)) {
                const struct dissector_counters *n = &total.counters;

                if (n->packets == 0)
                        continue;
                any = true;
                r = table_add(t, a->screen, STYLE_NONE, total.name) | table_printf(t, STYLE_NONE, "%" PRIu64, n->packets) |
                    table_printf(t, STYLE_NONE, "%" PRIu64, n->facts) |
                    table_printf(t, n->malformed > 0 ? STYLE_NOTICE : STYLE_NONE, "%" PRIu64, n->malformed);
        }
        if (r < 0 || !any)
                return r;
        putchar('\n');
        table_print(t, a->screen, !a->options->no_legend, 0);
        return 0;
}

static int print_devices(const struct analysis *a) {
        _cleanup_(json_putp) struct json_object *devices = analysis_devices(a), *networks = networks_by_id(a);

        if (!devices || !networks || devices_sort(devices, NULL, false) < 0)
                return -ENOMEM;
        if (json_object_array_length(devices) == 0)
                return 0;
        putchar('\n');
        return devices_print(a->screen, a->options, devices, networks, 0);
}

/* As --flows prints them. */
static struct json_object *top_flows(const struct analysis *a) {
        _cleanup_(json_putp) struct json_object *list = json_object_new_array();

        for (size_t i = 0; list && i < a->top.n; i++) {
                char line[FLOW_LINE_MAX];
                struct json_object *flow;
                size_t n;

                if (flow_lines_format(a->lines, &a->top.items[i].record, line, &n) < 0)
                        return NULL;
                flow = json_tokener_parse(line);
                if (!flow || json_object_array_add(list, flow) < 0) {
                        json_object_put(flow);
                        return NULL;
                }
        }
        return TAKE_PTR(list);
}

static int add_endpoint(struct table *t, const struct analysis *a, const struct flow_record *flow, unsigned i) {
        char ip[IP_STRING_MAX];

        ip_format(&flow->endpoints[i].ip, ip);
        if (flow->protocol == IPPROTO_ICMP || flow->protocol == IPPROTO_ICMPV6)
                return table_add(t, a->screen, STYLE_NONE, ip);
        return table_printf(t, STYLE_NONE, flow->endpoints[i].ip.family == AF_INET ? "%s:%u" : "[%s]:%u", ip,
                            flow->endpoints[i].port);
}

static int add_flow(struct table *t, const struct analysis *a, const struct flow_record *flow) {
        uint64_t span = flow->last - flow->first, retransmissions = 0;
        char protocol[4];
        int r;

        for (unsigned i = 0; i < 2; i++)
                retransmissions += flow->directions[i].retransmissions + flow->directions[i].out_of_order;
        r = table_add(t, a->screen, STYLE_NONE, flow_protocol_to_string(flow->protocol, protocol)) |
            add_endpoint(t, a, flow, 0) | add_endpoint(t, a, flow, 1) |
            table_printf(t, STYLE_NONE, "%" PRIu64, flow->directions[0].bytes) |
            table_printf(t, STYLE_NONE, "%" PRIu64, flow->directions[1].bytes) |
            table_printf(t, STYLE_NONE, "%" PRIu64 ".%" PRIu64, span / NSEC_PER_SEC, span % NSEC_PER_SEC / (100 * NSEC_PER_MSEC)) |
            table_add(t, a->screen, STYLE_NONE, flow_state_to_string(flow->state) ?: "");
        if (flow->rtt.samples > 0)
                r |= table_printf(t, STYLE_NONE, "%.1f", (double) flow->rtt.average / NSEC_PER_MSEC);
        else
                r |= table_add(t, a->screen, STYLE_NONE, "");
        if (flow->analysed)
                r |= table_printf(t, STYLE_NONE, "%" PRIu64, retransmissions);
        else
                r |= table_add(t, a->screen, STYLE_NONE, "");
        return r;
}

static int print_flows(const struct analysis *a) {
        static const struct table_column columns[] = {
                { "PROTOCOL" }, { "FROM", .min_width = 13 }, { "TO", .min_width = 13 },
                { "SENT", .right = true }, { "RECEIVED", .right = true },
                { "SECONDS", .right = true, .drop = 3 }, { "STATE", .drop = 2 },
                { "RTT MS", .right = true, .drop = 4 }, { "RESENT", .right = true, .drop = 5 },
        };
        _cleanup_(table_freep) struct table *t = NULL;
        int r;

        if (a->top.n == 0)
                return 0;
        r = table_new(&t, columns, ELEMENTSOF(columns));
        for (size_t i = 0; r >= 0 && i < a->top.n; i++)
                r = add_flow(t, a, &a->top.items[i].record);
        if (r < 0)
                return r;
        putchar('\n');
        table_print(t, a->screen, !a->options->no_legend, 0);
        return 0;
}

struct json_object *analysis_all(const struct analysis *a) {
        _cleanup_(json_putp) struct json_object *o = json_object_new_object();

        if (!o || json_add(o, "stats", analysis_stats(a)) < 0 || json_add(o, "devices", analysis_devices(a)) < 0 ||
            json_add(o, "alerts", json_object_get(a->alerts)) < 0 || json_add(o, "top_flows", top_flows(a)) < 0)
                return NULL;
        return TAKE_PTR(o);
}

int analysis_print_report(const struct analysis *a) {
        struct engine_counters counters;
        int r;

        engine_get_counters(a->engine, &counters);
        print_summary(a, &counters);
        print_warnings(a, &counters);
        r = print_devices(a);
        if (r >= 0 && json_object_array_length(a->alerts) > 0) {
                putchar('\n');
                r = alerts_print(a->screen, a->options, a->alerts, 0);
        }
        if (r >= 0)
                r = print_flows(a);
        return r < 0 ? r : print_protocols(a, &counters);
}
