/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The names of all counters. A counter that is not in one of these tables is not visible to anybody: whoever
 * adds one adds its row. */

#include "daemon/statistics.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

struct row {
        const char *name;
        size_t offset; /* of a uint64_t */
};

#define ROW(type, prefix, field) { prefix "." #field, offsetof(struct type, field) }
#define ROW_AS(type, name, field) { name, offsetof(struct type, field) }

static const struct row capture_rows[] = {
        ROW(capture_stats, "capture", packets),         ROW(capture_stats, "capture", bytes),
        ROW(capture_stats, "capture", delivered),       ROW(capture_stats, "capture", kernel_drops),
        ROW(capture_stats, "capture", interface_drops), ROW(capture_stats, "capture", rate_limited),
        ROW(capture_stats, "capture", truncated),       ROW(capture_stats, "capture", sightings_dropped),
        ROW(capture_stats, "capture", worker_drops),
        ROW(capture_stats, "capture", apart_packets),   ROW(capture_stats, "capture", apart_bytes),
        ROW(capture_stats, "capture", evicted_flows),   ROW(capture_stats, "capture", evicted_packets),
        ROW(capture_stats, "capture", evicted_bytes),   ROW(capture_stats, "capture", span_dropped),
};

static const struct row engine_rows[] = {
        ROW_AS(engine_counters, "packet.frames", packet.frames),
        ROW_AS(engine_counters, "packet.bytes", packet.bytes),
        ROW_AS(engine_counters, "packet.truncated", packet.truncated),
        ROW_AS(engine_counters, "packet.malformed", packet.malformed),
        ROW_AS(engine_counters, "packet.unknown_link", packet.unknown_link),
        ROW_AS(engine_counters, "packet.fragments", packet.fragments),
        ROW_AS(engine_counters, "packet.reassembled", packet.reassembled),
        ROW_AS(engine_counters, "packet.tunnelled", packet.tunnelled),
        ROW_AS(engine_counters, "packet.fragments_overlapping", packet.fragments_overlapping),
        ROW_AS(engine_counters, "packet.fragments_timed_out", packet.fragments_timed_out),
        ROW_AS(engine_counters, "packet.fragments_evicted", packet.fragments_evicted),
        ROW_AS(engine_counters, "packet.fragments_malformed", packet.fragments_malformed),
        ROW_AS(engine_counters, "packet.too_deep", packet.too_deep),
        ROW_AS(engine_counters, "sessions.begun", sessions.sessions),
        ROW_AS(engine_counters, "sessions.live", sessions.live),
        ROW_AS(engine_counters, "sessions.evicted", sessions.evicted),
        ROW_AS(engine_counters, "sessions.ended.done", sessions.ended[SESSION_END_DONE]),
        ROW_AS(engine_counters, "sessions.ended.malformed", sessions.ended[SESSION_END_MALFORMED]),
        ROW_AS(engine_counters, "sessions.ended.too_long", sessions.ended[SESSION_END_TOO_LONG]),
        ROW_AS(engine_counters, "sessions.ended.failed", sessions.ended[SESSION_END_FAILED]),
        ROW_AS(engine_counters, "sessions.ended.unknown", sessions.ended[SESSION_END_UNKNOWN]),
        ROW_AS(engine_counters, "sessions.ended.limit", sessions.ended[SESSION_END_LIMIT]),
        ROW_AS(engine_counters, "sessions.stream_full", sessions.stream_full),
        ROW_AS(engine_counters, "sessions.holes", sessions.holes),
        ROW_AS(engine_counters, "sessions.buffered", sessions.buffered),
        ROW_AS(engine_counters, "sessions.buffer_refused", sessions.buffer_refused),
        ROW_AS(engine_counters, "sessions.live_max", sessions.live_max),
        ROW_AS(engine_counters, "sessions.buffered_max", sessions.buffered_max),
        ROW_AS(engine_counters, "limit.sessions", sessions.live_limit),
        ROW_AS(engine_counters, "limit.session_bytes", sessions.buffered_limit),
        ROW_AS(engine_counters, "datagrams.begun", datagrams.states),
        ROW_AS(engine_counters, "datagrams.evicted", datagrams.evicted),
        ROW_AS(engine_counters, "datagrams.unfinished", datagrams.unfinished),
        ROW_AS(engine_counters, "datagrams.unfinished_max", datagrams.unfinished_max),
        ROW_AS(engine_counters, "datagrams.dropped", datagrams.dropped),
        ROW_AS(engine_counters, "inventory.facts", inventory.facts),
        ROW_AS(engine_counters, "inventory.devices", inventory.devices),
        ROW_AS(engine_counters, "inventory.evicted", inventory.evicted),
        ROW_AS(engine_counters, "inventory.refused", inventory.refused),
        ROW_AS(engine_counters, "inventory.address_overflow", inventory.address_overflow),
        ROW_AS(engine_counters, "inventory.evidence_overflow", inventory.evidence_overflow),
        ROW_AS(engine_counters, "inventory.unattributed", inventory.unattributed),
        ROW_AS(engine_counters, "inventory.os_known", inventory.os_known),
        ROW_AS(engine_counters, "inventory.os_unknown", inventory.os_unknown),
        ROW_AS(engine_counters, "inventory.os_searches", inventory.os_searches),
        ROW_AS(engine_counters, "inventory.expired", inventory.expired),
        ROW_AS(engine_counters, "flows.active", flows.active),
        ROW_AS(engine_counters, "flows.created", flows.created),
        ROW_AS(engine_counters, "flows.packets", flows.packets),
        ROW_AS(engine_counters, "flows.bytes", flows.bytes),
        ROW_AS(engine_counters, "flows.evicted", flows.ended[FLOW_END_EVICTED]),
        ROW_AS(engine_counters, "flows.unanswered_evicted", flows.unanswered_evicted),
        ROW_AS(engine_counters, "flows.clock_backwards", flows.clock_backwards),
        ROW_AS(engine_counters, "names.known", names.names),
        ROW_AS(engine_counters, "names.learned", names.learned),
        ROW_AS(engine_counters, "names.evicted", names.evicted),
        ROW_AS(engine_counters, "engine.facts", facts),
        ROW_AS(engine_counters, "engine.alerts", detection.alerts.raised),
        ROW_AS(engine_counters, "engine.alerts_repeated", detection.alerts.repeated),
        ROW_AS(engine_counters, "engine.alerts_muted", detection.alerts.muted),
        ROW_AS(engine_counters, "engine.alerts_suppressed", detection.alerts.suppressed),
        ROW_AS(engine_counters, "engine.new_devices_suppressed", detection.new_devices_suppressed),
        ROW_AS(engine_counters, "engine.sightings_dropped", sightings_dropped),
        ROW_AS(engine_counters, "engine.clock_backwards", clock_backwards),
        ROW_AS(engine_counters, "numbering.hosts", numbering.hosts),
        ROW_AS(engine_counters, "numbering.evicted", numbering.evicted),
        ROW_AS(engine_counters, "numbering.classes", numbering.classes),
        ROW_AS(engine_counters, "duplicates.exact", duplicates.exact),
        ROW_AS(engine_counters, "duplicates.routed", duplicates.routed),
        ROW_AS(engine_counters, "duplicates.overflow", duplicates.overflow),
};

static const struct row store_rows[] = {
        ROW(store_counters, "store", networks),        ROW(store_counters, "store", devices),
        ROW(store_counters, "store", alerts),          ROW(store_counters, "store", unacknowledged_alerts),
        ROW(store_counters, "store", file_bytes),      ROW(store_counters, "store", free_bytes),
        ROW(store_counters, "store", dirty),           ROW(store_counters, "store", transactions),
        ROW(store_counters, "store", failures),        ROW(store_counters, "store", flushes),
        ROW(store_counters, "store", flushed_devices), ROW(store_counters, "store", flush_usec_last),
        ROW(store_counters, "store", flush_usec_max),  ROW(store_counters, "store", skipped_rows),
        ROW(store_counters, "store", pruned_devices),  ROW(store_counters, "store", pruned_alerts),
        ROW(store_counters, "store", traffic),         ROW(store_counters, "store", peers),
        ROW(store_counters, "store", lessons),
        ROW(store_counters, "store", pruned_traffic),
};

static const struct row link_rows[] = {
        ROW(link_table_counters, "links", malformed),
        ROW(link_table_counters, "links", overflow),
};

static const struct row flows_rows[] = {
        ROW(flows_counters, "flows", recent),
};

static const struct row talkers_rows[] = {
        ROW(talkers_counters, "talkers", known),
        ROW(talkers_counters, "talkers", displaced),
};

static const struct row ledger_rows[] = {
        ROW(ledger_counters, "traffic", devices),
        ROW(ledger_counters, "traffic", lost),
        ROW(ledger_counters, "traffic", peers_dropped),
        ROW(ledger_counters, "traffic", hours_joined),
};

static const struct row output_rows[] = {
        ROW(output_counters, "output", lines_written),
        ROW(output_counters, "output", lines_dropped),
        ROW(output_counters, "output", files_rotated),
        ROW(output_counters, "output", failures),
        ROW_AS(output_counters, "events.told", events),
        ROW_AS(output_counters, "events.early", events_early),
        ROW_AS(output_counters, "events.cut", events_cut),
        ROW_AS(output_counters, "events.failed", events_failed),
        ROW_AS(output_counters, "events.sent", events_sent),
        ROW_AS(output_counters, "events.dropped", events_dropped),
        ROW_AS(output_counters, "events.readers", readers),
};

static const struct row manager_rows[] = {
        ROW(manager_counters, "service", alerts_dropped),
        ROW(manager_counters, "service", alert_signals_held),
        ROW(manager_counters, "service", objects_hidden),
};

/* The counters of the engine have lists of their own kind inside: there a missing row cannot be seen here. */
#define ALL_ROWS(rows, type) \
        _Static_assert(ELEMENTSOF(rows) * sizeof(uint64_t) == sizeof(struct type), "a counter of " #type " has no row")

ALL_ROWS(capture_rows, capture_stats);
ALL_ROWS(store_rows, store_counters);
ALL_ROWS(link_rows, link_table_counters);
ALL_ROWS(flows_rows, flows_counters);
ALL_ROWS(talkers_rows, talkers_counters);
ALL_ROWS(ledger_rows, ledger_counters);
ALL_ROWS(output_rows, output_counters);
ALL_ROWS(manager_rows, manager_counters);

typedef int (*take_fn)(void *userdata, const char *name, uint64_t value);

static int take_rows(const struct row *rows, size_t n, const void *counters, take_fn take, void *userdata) {
        for (size_t i = 0; i < n; i++) {
                int r = take(userdata, rows[i].name, *(const uint64_t *) ((const char *) counters + rows[i].offset));

                if (r < 0)
                        return r;
        }
        return 0;
}

static int take_protocols(const struct engine_counters *counters, take_fn take, void *userdata) {
        struct protocol_total total;
        size_t position = 0;

        while (engine_counters_next_protocol(counters, &position, &total)) {
                const struct {
                        const char *name;
                        uint64_t value;
                } rows[] = {
                        { "packets", total.counters.packets },
                        { "facts", total.counters.facts },
                        { "malformed", total.counters.malformed },
                };

                for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                        char name[64];
                        int r;

                        snprintf(name, sizeof name, "dissector.%s.%s", total.name, rows[i].name);
                        r = take(userdata, name, rows[i].value);
                        if (r < 0)
                                return r;
                }
        }
        return 0;
}

static int take_limits(const struct manager *m, take_fn take, void *userdata) {
        const struct {
                const char *name;
                uint64_t value;
        } limits[] = {
                { "limit.devices", m->config.inventory.devices_max },
                { "limit.networks", m->config.inventory.networks_max },
                { "limit.flows", m->config.flows ? m->config.flow_table.flows_max : 0 },
                { "limit.names", PEER_NAMES_MAX },
                { "limit.talkers", m->config.flows ? TALKERS_PLACES : 0 },
                { "limit.alerts", m->config.store.alerts_max },
                { "limit.store_bytes", m->config.store.size_max },
                { "service.changes_waiting", changes_waiting(m->changes) },
                { "service.authorizations_pending", polkit_pending(m->polkit) },
                { "service.streams", streams_count(m->streams) },
                { "service.rules", m->rules ? ruleset_count(m->rules) : 0 },
                { "service.link_resyncs", m->listener ? listener_resyncs(m->listener) : 0 },
                { "service.replayed_frames", m->replay ? replay_frames(m->replay) : 0 },
        };

        for (size_t i = 0; i < ELEMENTSOF(limits); i++) {
                int r = take(userdata, limits[i].name, limits[i].value);

                if (r < 0)
                        return r;
        }
        return 0;
}

int statistics_for_each(const struct manager *m, take_fn take, void *userdata) {
        struct capture_stats capture = {};
        struct link_table_counters links = {};
        struct flows_counters flows = {};
        struct talkers_counters talkers = {};
        struct engine_counters engine;
        struct ledger_counters ledger;
        struct output_counters output = {};
        struct store_counters store;
        int r;

        if (m->listener) {
                listener_get_stats(m->listener, &capture);
                listener_get_link_counters(m->listener, &links);
        }
        if (m->flows)
                flows_get_counters(m->flows, &flows);
        if (m->talkers)
                talkers_get_counters(m->talkers, &talkers);
        engine_get_counters(m->engine, &engine);
        ledger_get_counters(m->ledger, &ledger);
        if (m->output)
                output_get_counters(m->output, &output);
        store_get_counters(m->store, &store);
        r = take_rows(capture_rows, ELEMENTSOF(capture_rows), &capture, take, userdata);
        if (r >= 0)
                r = take_rows(link_rows, ELEMENTSOF(link_rows), &links, take, userdata);
        if (r >= 0)
                r = take_rows(engine_rows, ELEMENTSOF(engine_rows), &engine, take, userdata);
        if (r >= 0)
                r = take_protocols(&engine, take, userdata);
        if (r >= 0)
                r = take_rows(store_rows, ELEMENTSOF(store_rows), &store, take, userdata);
        if (r >= 0)
                r = take_rows(flows_rows, ELEMENTSOF(flows_rows), &flows, take, userdata);
        if (r >= 0)
                r = take_rows(talkers_rows, ELEMENTSOF(talkers_rows), &talkers, take, userdata);
        if (r >= 0)
                r = take_rows(ledger_rows, ELEMENTSOF(ledger_rows), &ledger, take, userdata);
        if (r >= 0)
                r = take_rows(output_rows, ELEMENTSOF(output_rows), &output, take, userdata);
        if (r >= 0)
                r = take_rows(manager_rows, ELEMENTSOF(manager_rows), &m->counters, take, userdata);
        return r < 0 ? r : take_limits(m, take, userdata);
}
