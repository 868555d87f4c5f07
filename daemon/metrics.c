/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Metrics: most are the counters of statistics.c under names that follow
 * https://prometheus.io/docs/practices/naming/, by tables; the others are counted here when they are asked for. */

#include "daemon/metrics.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "config.h"
#include "daemon/exposition.h"
#include "daemon/statistics.h"

struct row {
        const char *statistic, *label; /* label: its value; NULL in families without one */
};

enum unit { PLAIN, MICROSECONDS };

#define ROWS_MAX 13

/* Families that are counters of statistics.c under another name. */
static const struct family {
        const char *name, *help;
        enum exposition_type type;
        const char *label; /* its name; NULL: none */
        enum unit unit;
        struct row rows[ROWS_MAX];
} families[] = {
        { "lanscope_capture_packets_total", "Packets that came by on the interfaces listened on.", EXPOSITION_COUNTER, NULL, PLAIN,
          { { "capture.packets", NULL } } },
        { "lanscope_capture_bytes_total", "Bytes of the packets that came by.", EXPOSITION_COUNTER, NULL, PLAIN,
          { { "capture.bytes", NULL } } },
        { "lanscope_capture_delivered_frames_total", "Frames that were handed to the service to be read.", EXPOSITION_COUNTER,
          NULL, PLAIN, { { "capture.delivered", NULL } } },
        { "lanscope_capture_truncated_frames_total", "Frames of which only the beginning was handed to the service.",
          EXPOSITION_COUNTER, NULL, PLAIN, { { "capture.truncated", NULL } } },
        { "lanscope_capture_dropped_total", "Frames, or addresses, that the service was not told of, by reason.",
          EXPOSITION_COUNTER, "reason", PLAIN,
          { { "capture.kernel_drops", "kernel_buffer" }, { "capture.interface_drops", "interface" },
            { "capture.rate_limited", "rate_limit" }, { "capture.worker_drops", "worker_queue" },
            { "capture.sightings_dropped", "address_table" }, { "engine.sightings_dropped", "address_interval" },
            { "duplicates.exact", "duplicate" }, { "duplicates.routed", "routed_duplicate" } } },
        { "lanscope_capture_apart_packets_total", "Packets that belong to no flow, counted in the kernel.", EXPOSITION_COUNTER,
          NULL, PLAIN, { { "capture.apart_packets", NULL } } },
        { "lanscope_capture_apart_bytes_total", "Bytes of packets that belong to no flow, counted in the kernel.",
          EXPOSITION_COUNTER, NULL, PLAIN, { { "capture.apart_bytes", NULL } } },
        { "lanscope_capture_evicted_packets_total", "Packets of flows that made room for others in the kernel, or found none.",
          EXPOSITION_COUNTER, NULL, PLAIN, { { "capture.evicted_packets", NULL } } },
        { "lanscope_capture_evicted_bytes_total", "Bytes of flows that made room for others in the kernel, or found none.",
          EXPOSITION_COUNTER, NULL, PLAIN, { { "capture.evicted_bytes", NULL } } },
        { "lanscope_capture_span_dropped_frames_total", "Mirrored frames that went no further (SpanDrop=).", EXPOSITION_COUNTER,
          NULL, PLAIN, { { "capture.span_dropped", NULL } } },
        { "lanscope_frames_total", "Frames that the service read.", EXPOSITION_COUNTER, NULL, PLAIN,
          { { "packet.frames", NULL } } },
        { "lanscope_frame_bytes_total", "Bytes of the frames that the service read, as long as they were on the wire.",
          EXPOSITION_COUNTER, NULL, PLAIN, { { "packet.bytes", NULL } } },
        { "lanscope_frames_incomplete_total", "Frames that could not be read to their end, by reason.", EXPOSITION_COUNTER,
          "reason", PLAIN,
          { { "packet.truncated", "truncated" }, { "packet.malformed", "malformed" },
            { "packet.unknown_link", "unknown_link" }, { "packet.too_deep", "too_deep" } } },
        { "lanscope_frames_tunnelled_total", "Packets that were carried by others.", EXPOSITION_COUNTER, NULL, PLAIN,
          { { "packet.tunnelled", NULL } } },
        { "lanscope_fragments_total", "Fragments of IP datagrams that were read.", EXPOSITION_COUNTER, NULL, PLAIN,
          { { "packet.fragments", NULL } } },
        { "lanscope_reassembled_datagrams_total", "IP datagrams that were put together of fragments.", EXPOSITION_COUNTER, NULL,
          PLAIN, { { "packet.reassembled", NULL } } },
        { "lanscope_fragments_dropped_total", "Fragmented datagrams that were given up, by reason.", EXPOSITION_COUNTER, "reason",
          PLAIN,
          { { "packet.fragments_overlapping", "overlapping" }, { "packet.fragments_timed_out", "timed_out" },
            { "packet.fragments_evicted", "evicted" }, { "packet.fragments_malformed", "malformed" } } },
        { "lanscope_sessions_total", "TCP connections that were followed.", EXPOSITION_COUNTER, NULL, PLAIN,
          { { "sessions.begun", NULL } } },
        { "lanscope_session_directions_ended_total", "Directions of TCP connections that need no reading any more, by reason.",
          EXPOSITION_COUNTER, "reason", PLAIN,
          { { "sessions.ended.done", "done" }, { "sessions.ended.malformed", "malformed" },
            { "sessions.ended.too_long", "too_long" }, { "sessions.ended.failed", "failed" },
            { "sessions.ended.unknown", "unknown" }, { "sessions.ended.limit", "limit" } } },
        { "lanscope_session_losses_total", "Pieces of TCP streams that could not be read, by reason.", EXPOSITION_COUNTER,
          "reason", PLAIN,
          { { "sessions.stream_full", "stream_full" }, { "sessions.holes", "hole" },
            { "sessions.buffer_refused", "buffer_full" } } },
        { "lanscope_session_buffer_bytes", "Bytes that wait for a hole in a TCP stream to be filled.", EXPOSITION_GAUGE, NULL,
          PLAIN, { { "sessions.buffered", NULL } } },
        { "lanscope_session_buffer_peak_bytes", "The most that ever waited.", EXPOSITION_GAUGE, NULL, PLAIN,
          { { "sessions.buffered_max", NULL } } },
        { "lanscope_session_buffer_max_bytes", "How much may wait.", EXPOSITION_GAUGE, NULL, PLAIN,
          { { "limit.session_bytes", NULL } } },
        { "lanscope_datagrams_followed_total", "UDP flows whose messages come in several datagrams.", EXPOSITION_COUNTER, NULL,
          PLAIN, { { "datagrams.begun", NULL } } },
        { "lanscope_datagrams_unfinished", "Messages of several datagrams that wait for the rest.", EXPOSITION_GAUGE, NULL,
          PLAIN, { { "datagrams.unfinished", NULL } } },
        { "lanscope_datagrams_unfinished_peak", "The most that ever waited.", EXPOSITION_GAUGE, NULL, PLAIN,
          { { "datagrams.unfinished_max", NULL } } },
        { "lanscope_datagrams_dropped_total", "Messages of several datagrams that were never whole.", EXPOSITION_COUNTER, NULL,
          PLAIN, { { "datagrams.dropped", NULL } } },
        { "lanscope_inventory_refused_total", "What the inventory did not take, by reason.", EXPOSITION_COUNTER, "reason", PLAIN,
          { { "inventory.refused", "refused" }, { "inventory.address_overflow", "too_many_addresses" },
            { "inventory.evidence_overflow", "too_much_evidence" }, { "inventory.unattributed", "unattributed" } } },
        { "lanscope_inventory_facts_total", "Facts that the inventory took.", EXPOSITION_COUNTER, NULL, PLAIN,
          { { "inventory.facts", NULL } } },
        { "lanscope_inventory_expired_devices_total", "Devices of which nothing but an address was known, removed after a day.",
          EXPOSITION_COUNTER, NULL, PLAIN, { { "inventory.expired", NULL } } },
        { "lanscope_inventory_os_signatures_total", "TCP signatures that speak for a device, by whether they have a name.",
          EXPOSITION_COUNTER, "known", PLAIN, { { "inventory.os_known", "yes" }, { "inventory.os_unknown", "no" } } },
        { "lanscope_inventory_os_searches_total", "TCP signatures that had to be looked up.", EXPOSITION_COUNTER, NULL, PLAIN,
          { { "inventory.os_searches", NULL } } },
        { "lanscope_flows_created_total", "Flows that began.", EXPOSITION_COUNTER, NULL, PLAIN, { { "flows.created", NULL } } },
        { "lanscope_flow_packets_total", "Packets of all flows.", EXPOSITION_COUNTER, NULL, PLAIN,
          { { "flows.packets", NULL } } },
        { "lanscope_flow_bytes_total", "Bytes of all flows.", EXPOSITION_COUNTER, NULL, PLAIN, { { "flows.bytes", NULL } } },
        { "lanscope_names_learned_total", "Names of addresses that were learned or changed.", EXPOSITION_COUNTER, NULL, PLAIN,
          { { "names.learned", NULL } } },
        { "lanscope_numbering_hosts_total", "Hosts whose numbering of packets was followed.", EXPOSITION_COUNTER, NULL, PLAIN,
          { { "numbering.hosts", NULL } } },
        { "lanscope_numbering_classes_total", "Ways of numbering that were found.", EXPOSITION_COUNTER, NULL, PLAIN,
          { { "numbering.classes", NULL } } },
        { "lanscope_clock_backwards_total", "Packets older than one before them, by who noticed.", EXPOSITION_COUNTER, "part",
          PLAIN, { { "engine.clock_backwards", "engine" }, { "flows.clock_backwards", "flows" } } },
        { "lanscope_findings_total", "What detectors found and no new alert was raised for, by reason.", EXPOSITION_COUNTER,
          "reason", PLAIN,
          { { "engine.alerts_repeated", "repeated" }, { "engine.alerts_muted", "muted" },
            { "engine.alerts_suppressed", "limit" }, { "engine.new_devices_suppressed", "new_devices_limit" } } },
        { "lanscope_alerts_dropped_total", "Alerts that could not be stored, and no more could wait.", EXPOSITION_COUNTER, NULL,
          PLAIN, { { "service.alerts_dropped", NULL } } },
        { "lanscope_alerts_unacknowledged", "Stored alerts that nobody has acknowledged.", EXPOSITION_GAUGE, NULL, PLAIN,
          { { "store.unacknowledged_alerts", NULL } } },
        { "lanscope_alert_signals_held_total", "Alerts of which no signal was sent: too many in one second.", EXPOSITION_COUNTER,
          NULL, PLAIN, { { "service.alert_signals_held", NULL } } },
        { "lanscope_table_entries", "Entries of each table now.", EXPOSITION_GAUGE, "table", PLAIN,
          { { "inventory.devices", "devices" }, { "store.networks", "networks" }, { "flows.active", "flows" },
            { "flows.recent", "recent_flows" }, { "sessions.live", "sessions" }, { "names.known", "names" },
            { "talkers.known", "talkers" }, { "store.alerts", "alerts" }, { "traffic.devices", "unsaved_traffic" },
            { "store.traffic", "traffic_history" }, { "store.peers", "peer_history" },
            { "store.lessons", "lessons" },
            { "service.changes_waiting", "changes" } } },
        { "lanscope_table_max_entries", "Entries that each table may have.", EXPOSITION_GAUGE, "table", PLAIN,
          { { "limit.devices", "devices" }, { "limit.networks", "networks" }, { "limit.flows", "flows" },
            { "limit.sessions", "sessions" }, { "limit.names", "names" }, { "limit.talkers", "talkers" },
            { "limit.alerts", "alerts" } } },
        { "lanscope_table_evictions_total", "Entries that made room for others.", EXPOSITION_COUNTER, "table", PLAIN,
          { { "inventory.evicted", "devices" }, { "flows.evicted", "flows" }, { "flows.unanswered_evicted", "unanswered_flows" },
            { "capture.evicted_flows", "kernel_flows" }, { "sessions.evicted", "sessions" },
            { "datagrams.evicted", "datagrams" }, { "names.evicted", "names" }, { "talkers.displaced", "talkers" },
            { "numbering.evicted", "numbering" }, { "duplicates.overflow", "duplicates" },
            { "links.overflow", "links" }, { "traffic.peers_dropped", "peers" } } },
        { "lanscope_sessions_peak", "The most TCP connections that were followed at one time.", EXPOSITION_GAUGE, NULL, PLAIN,
          { { "sessions.live_max", NULL } } },
        { "lanscope_links_malformed_total", "Messages of the kernel about interfaces that could not be read.",
          EXPOSITION_COUNTER, NULL, PLAIN, { { "links.malformed", NULL } } },
        { "lanscope_links_resyncs_total", "How often the interfaces had to be read anew.", EXPOSITION_COUNTER, NULL, PLAIN,
          { { "service.link_resyncs", NULL } } },
        { "lanscope_database_size_bytes", "Size of the database file.", EXPOSITION_GAUGE, NULL, PLAIN,
          { { "store.file_bytes", NULL } } },
        { "lanscope_database_free_bytes", "Part of the database file that holds nothing.", EXPOSITION_GAUGE, NULL, PLAIN,
          { { "store.free_bytes", NULL } } },
        { "lanscope_database_max_bytes", "Size that the database is kept below.", EXPOSITION_GAUGE, NULL, PLAIN,
          { { "limit.store_bytes", NULL } } },
        { "lanscope_database_pending_rows", "Devices and networks that wait to be written.", EXPOSITION_GAUGE, NULL, PLAIN,
          { { "store.dirty", NULL } } },
        { "lanscope_database_rows", "Devices in the database.", EXPOSITION_GAUGE, "table", PLAIN,
          { { "store.devices", "devices" } } },
        { "lanscope_database_transactions_total", "Transactions that were committed.", EXPOSITION_COUNTER, NULL, PLAIN,
          { { "store.transactions", NULL } } },
        { "lanscope_database_failures_total", "Operations on the database that failed.", EXPOSITION_COUNTER, NULL, PLAIN,
          { { "store.failures", NULL } } },
        { "lanscope_database_flushes_total", "How often what waited was written.", EXPOSITION_COUNTER, NULL, PLAIN,
          { { "store.flushes", NULL } } },
        { "lanscope_database_flushed_devices_total", "Devices that were written so.", EXPOSITION_COUNTER, NULL, PLAIN,
          { { "store.flushed_devices", NULL } } },
        { "lanscope_database_last_flush_seconds", "How long the last such writing took.", EXPOSITION_GAUGE, NULL, MICROSECONDS,
          { { "store.flush_usec_last", NULL } } },
        { "lanscope_database_longest_flush_seconds", "How long the longest took.", EXPOSITION_GAUGE, NULL, MICROSECONDS,
          { { "store.flush_usec_max", NULL } } },
        { "lanscope_database_skipped_rows_total", "Rows that could not be read, or were refused.", EXPOSITION_COUNTER, NULL,
          PLAIN, { { "store.skipped_rows", NULL } } },
        { "lanscope_database_pruned_rows_total", "Rows that were removed for their age, or to make room.", EXPOSITION_COUNTER,
          "table", PLAIN,
          { { "store.pruned_devices", "devices" }, { "store.pruned_alerts", "alerts" }, { "store.pruned_traffic", "traffic" } } },
        { "lanscope_traffic_lost_total", "Additions to the history of traffic that found no memory.", EXPOSITION_COUNTER, NULL,
          PLAIN, { { "traffic.lost", NULL } } },
        { "lanscope_traffic_merges_total", "Times of traffic that were joined with others for want of room.",
          EXPOSITION_COUNTER, NULL, PLAIN, { { "traffic.hours_joined", NULL } } },
        { "lanscope_output_lines_total", "Lines for the files of [Output], by what became of them.", EXPOSITION_COUNTER, "result",
          PLAIN, { { "output.lines_written", "written" }, { "output.lines_dropped", "dropped" } } },
        { "lanscope_output_files_rotated_total", "Files of [Output] that were full.", EXPOSITION_COUNTER, NULL, PLAIN,
          { { "output.files_rotated", NULL } } },
        { "lanscope_output_failures_total", "Attempts to write to them that failed.", EXPOSITION_COUNTER, NULL, PLAIN,
          { { "output.failures", NULL } } },
        { "lanscope_events_total", "Events that were told.", EXPOSITION_COUNTER, NULL, PLAIN,
          { { "events.told", NULL } } },
        { "lanscope_events_incomplete_total", "Events that do not hold all that was said, by reason.", EXPOSITION_COUNTER, "reason",
          PLAIN, { { "events.early", "table_full" }, { "events.cut", "too_long" }, { "events.failed", "no_memory" } } },
        { "lanscope_events_socket_lines_total", "Events for readers by a socket, by what became of them.",
          EXPOSITION_COUNTER, "result", PLAIN, { { "events.sent", "sent" }, { "events.dropped", "dropped" } } },
        { "lanscope_events_readers_total", "How often somebody began to read them by a socket.", EXPOSITION_COUNTER, NULL, PLAIN,
          { { "events.readers", NULL } } },
        { "lanscope_bus_hidden_objects_total", "Devices left out of an answer that would not fit a message.",
          EXPOSITION_COUNTER, NULL, PLAIN, { { "service.objects_hidden", NULL } } },
        { "lanscope_bus_pending_authorizations", "Calls that wait for polkit.", EXPOSITION_GAUGE, NULL, PLAIN,
          { { "service.authorizations_pending", NULL } } },
        { "lanscope_bus_streams", "Exports and captures that are being sent to clients.", EXPOSITION_GAUGE, NULL, PLAIN,
          { { "service.streams", NULL } } },
        { "lanscope_rules", "Classification rules.", EXPOSITION_GAUGE, NULL, PLAIN, { { "service.rules", NULL } } },
        { "lanscope_replayed_frames_total", "Frames read of a capture file (--replay).", EXPOSITION_COUNTER, NULL, PLAIN,
          { { "service.replayed_frames", NULL } } },
};

#define VALUES_MAX 256

struct value {
        const char *name;
        uint64_t value;
};

struct values {
        struct value list[VALUES_MAX];
        size_t n;
};

/* Names of dissectors' counters live no longer than this call; those have families of their own. */
static int take_value(void *userdata, const char *name, uint64_t value) {
        struct values *v = userdata;

        if (strncmp(name, "dissector.", strlen("dissector.")) != 0 && v->n < VALUES_MAX)
                v->list[v->n++] = (struct value) { name, value };
        return 0;
}

static int compare_values(const void *a, const void *b) {
        const struct value *x = a, *y = b;

        return strcmp(x->name, y->name);
}

static void write_row(struct exposition *e, const struct family *family, const struct row *row, const struct values *values) {
        const struct value key = { row->statistic, 0 };
        const struct value *found = bsearch(&key, values->list, values->n, sizeof key, compare_values);
        const struct exposition_label label = { family->label, row->label };

        if (!found)
                return;
        switch (family->unit) {
        case PLAIN:
                exposition_sample(e, &label, !!family->label, found->value);
                break;
        case MICROSECONDS:
                exposition_seconds(e, &label, !!family->label, found->value * NSEC_PER_USEC);
                break;
        }
}

static void write_statistics(struct exposition *e, const struct manager *m) {
        struct values values = {};

        (void) statistics_for_each(m, take_value, &values);
        qsort(values.list, values.n, sizeof values.list[0], compare_values);
        for (size_t i = 0; i < ELEMENTSOF(families); i++) {
                exposition_family(e, families[i].name, families[i].type, families[i].help);
                for (size_t j = 0; j < ROWS_MAX && families[i].rows[j].statistic; j++)
                        write_row(e, &families[i], &families[i].rows[j], &values);
        }
}

/* Devices: how many are what, and where. */

static void write_devices(struct exposition *e, const struct manager *m) {
        uint64_t counts[_PRESENCE_MAX][_CATEGORY_MAX] = {};
        size_t position = 0;

        for (const struct device *d; (d = inventory_next(manager_inventory(m), &position));)
                counts[d->presence][device_type_category(device_type(d))]++;
        exposition_family(e, "lanscope_devices", EXPOSITION_GAUGE, "Devices that are known, by presence and category.");
        for (enum presence p = 0; p < _PRESENCE_MAX; p++)
                for (enum device_category c = 0; c < _CATEGORY_MAX; c++) {
                        const struct exposition_label labels[] = {
                                { "presence", presence_to_string(p) },
                                { "category", device_category_to_string(c) },
                        };

                        exposition_sample(e, labels, ELEMENTSOF(labels), counts[p][c]);
                }
}

static void write_facts(struct exposition *e, const struct manager *m) {
        uint64_t sum = 0;

        exposition_family(e, "lanscope_facts_total", EXPOSITION_COUNTER, "What devices said, by the family of the fact.");
        /* Kinds of one family stand together in their table. */
        for (enum fact_kind k = 0; k < _FACT_KIND_MAX; k++) {
                const char *name = fact_kind_to_string(k), *next = k + 1 < _FACT_KIND_MAX ? fact_kind_to_string(k + 1) : "";
                size_t n = strcspn(name, ".");
                char family[32];

                sum += m->tally.facts[k];
                if (strncmp(name, next, n + 1) == 0)
                        continue;
                snprintf(family, sizeof family, "%.*s", (int) n, name);
                exposition_sample(e, &(struct exposition_label) { "family", family }, 1, sum);
                sum = 0;
        }
}

static void write_alerts(struct exposition *e, const struct manager *m) {
        exposition_family(e, "lanscope_alerts_total", EXPOSITION_COUNTER,
                          "Alerts that were raised, by kind and by how severe they were then.");
        for (enum alert_kind k = 0; k < _ALERT_KIND_MAX; k++)
                for (enum alert_severity s = 0; s < _SEVERITY_MAX; s++) {
                        const struct exposition_label labels[] = {
                                { "kind", alert_kind_to_string(k) },
                                { "severity", alert_severity_to_string(s) },
                        };

                        exposition_sample(e, labels, ELEMENTSOF(labels), m->tally.alerts[k][s]);
                }
}

static uint64_t protocol_packets(const struct dissector_counters *c) {
        return c->packets;
}

static uint64_t protocol_facts(const struct dissector_counters *c) {
        return c->facts;
}

static uint64_t protocol_malformed(const struct dissector_counters *c) {
        return c->malformed;
}

static void write_protocols(struct exposition *e, const struct engine_counters *counters) {
        static const struct {
                const char *name, *help;
                uint64_t (*get)(const struct dissector_counters *c);
        } columns[] = {
                { "lanscope_protocol_packets_total", "Packets, or directions of connections, that were of a protocol.", protocol_packets },
                { "lanscope_protocol_facts_total", "What was read of them.", protocol_facts },
                { "lanscope_protocol_malformed_total", "Those that could not be read.", protocol_malformed },
        };

        for (size_t i = 0; i < ELEMENTSOF(columns); i++) {
                struct protocol_total total;
                size_t position = 0;

                exposition_family(e, columns[i].name, EXPOSITION_COUNTER, columns[i].help);
                while (engine_counters_next_protocol(counters, &position, &total))
                        exposition_sample(e, &(struct exposition_label) { "protocol", total.name }, 1,
                                          columns[i].get(&total.counters));
        }
}

static void write_flow_ends(struct exposition *e, const struct engine_counters *counters) {
        exposition_family(e, "lanscope_flows_ended_total", EXPOSITION_COUNTER, "Flows that ended, by how.");
        for (enum flow_end end = 0; end < _FLOW_END_MAX; end++)
                exposition_sample(e, &(struct exposition_label) { "reason", flow_end_to_string(end) }, 1,
                                  counters->flows.ended[end]);
}

/* Where and how the service listens. */
static void write_interfaces(struct exposition *e, const struct manager *m) {
        const struct listener_interface *i;
        size_t position = 0;

        exposition_family(e, "lanscope_interface_capturing", EXPOSITION_GAUGE,
                          "Whether an interface is listened on, and by which means.");
        while (m->listener && (i = listener_next(m->listener, &position))) {
                const struct exposition_label labels[] = {
                        { "interface", i->name },
                        { "backend", listener_backend(i) },
                        { "method", i->capture ? capture_method(i->capture) : "" },
                };

                exposition_sample(e, labels, ELEMENTSOF(labels), i->state == LISTENER_CAPTURING);
        }
}

static void write_server(struct exposition *e, const struct manager *m) {
        struct metrics_server_counters c = {};

        if (m->metrics)
                metrics_server_get_counters(m->metrics, &c);
        exposition_family(e, "lanscope_metrics_requests_total", EXPOSITION_COUNTER, "Requests for metrics, by what they got.");
        exposition_sample(e, &(struct exposition_label) { "result", "answered" }, 1, c.answered);
        exposition_sample(e, &(struct exposition_label) { "result", "refused" }, 1, c.refused);
        exposition_family(e, "lanscope_metrics_connections_total", EXPOSITION_COUNTER, "Connections of those who ask for metrics.");
        exposition_sample(e, NULL, 0, c.connections);
        exposition_family(e, "lanscope_metrics_connections_expired_total", EXPOSITION_COUNTER,
                          "Those that were ended because they took too long.");
        exposition_sample(e, NULL, 0, c.expired);
}

static uint64_t timeval_ns(const struct timeval *t) {
        return (uint64_t) t->tv_sec * NSEC_PER_SEC + (uint64_t) t->tv_usec * NSEC_PER_USEC;
}

/* 0: not known. */
static uint64_t resident_bytes(void) {
        unsigned long long pages = 0;
        FILE *f = fopen("/proc/self/statm", "re");

        if (!f)
                return 0;
        if (fscanf(f, "%*u %llu", &pages) != 1)
                pages = 0;
        fclose(f);
        return pages * (uint64_t) sysconf(_SC_PAGESIZE);
}

static void write_process(struct exposition *e, const struct manager *m) {
        const struct exposition_label version = { "version", PACKAGE_VERSION }, service[] = {
                { "mode", capture_mode_to_string(m->config.capture.mode) },
                { "backend", manager_backend(m) },
        };
        struct rusage usage;

        exposition_family(e, "lanscope_build_info", EXPOSITION_GAUGE, "Always 1; which lanscope this is.");
        exposition_sample(e, &version, 1, 1);
        exposition_family(e, "lanscope_service_info", EXPOSITION_GAUGE, "Always 1; where the service stands, and how it listens.");
        exposition_sample(e, service, ELEMENTSOF(service), 1);
        exposition_family(e, "lanscope_loop_busy_seconds", EXPOSITION_HISTOGRAM,
                          "How long each event kept the loop to itself, and all others waiting.");
        exposition_histogram(e, &m->tally.busy);
        if (getrusage(RUSAGE_SELF, &usage) == 0) {
                exposition_family(e, "process_cpu_seconds_total", EXPOSITION_COUNTER, "Processor time that the service took.");
                exposition_seconds(e, NULL, 0, timeval_ns(&usage.ru_utime) + timeval_ns(&usage.ru_stime));
        }
        exposition_family(e, "process_resident_memory_bytes", EXPOSITION_GAUGE, "Memory that the service has.");
        exposition_sample(e, NULL, 0, resident_bytes());
        exposition_family(e, "process_start_time_seconds", EXPOSITION_GAUGE, "When the service started, since the epoch.");
        exposition_seconds(e, NULL, 0, m->started);
}

/* With PerDevice=: whose a device is and what it says is in the labels. */

struct device_text {
        char id[17], mac[MAC_STRING_MAX], name[DEVICE_USER_TEXT_MAX + 1];
};

static void write_device_info(struct exposition *e, const struct device *d) {
        struct device_text text = {};

        snprintf(text.id, sizeof text.id, "%016" PRIx64, d->id);
        if (d->n_macs > 0)
                mac_format(&d->macs[0].address, text.mac);
        const struct exposition_label labels[] = {
                { "device", text.id },
                { "mac", text.mac },
                { "name", device_display_name(d, text.name, sizeof text.name) },
                { "type", device_type_to_string(device_type(d)) },
        };

        exposition_sample(e, labels, ELEMENTSOF(labels), 1);
}

static uint64_t device_is_online(const struct device *d) {
        return d->presence == PRESENCE_ONLINE;
}

static uint64_t device_bytes_sent(const struct device *d) {
        return d->traffic.bytes_sent;
}

static uint64_t device_bytes_received(const struct device *d) {
        return d->traffic.bytes_received;
}

static uint64_t device_packets_sent(const struct device *d) {
        return d->traffic.packets_sent;
}

static uint64_t device_packets_received(const struct device *d) {
        return d->traffic.packets_received;
}

static void write_each_device(struct exposition *e, const struct manager *m) {
        static const struct {
                const char *name, *help;
                enum exposition_type type;
                uint64_t (*get)(const struct device *d);
        } columns[] = {
                { "lanscope_device_online", "Whether the device is there.", EXPOSITION_GAUGE, device_is_online },
                { "lanscope_device_sent_bytes_total", "Bytes that the device sent.", EXPOSITION_COUNTER, device_bytes_sent },
                { "lanscope_device_received_bytes_total", "Bytes that were sent to it.", EXPOSITION_COUNTER, device_bytes_received },
                { "lanscope_device_sent_packets_total", "Packets that the device sent.", EXPOSITION_COUNTER, device_packets_sent },
                { "lanscope_device_received_packets_total", "Packets that were sent to it.", EXPOSITION_COUNTER,
                  device_packets_received },
        };
        const struct inventory *inventory = manager_inventory(m);
        size_t position = 0;
        const struct device *d;

        exposition_family(e, "lanscope_device_info", EXPOSITION_GAUGE, "Always 1; what the device is.");
        while ((d = inventory_next(inventory, &position)))
                write_device_info(e, d);
        for (size_t i = 0; i < ELEMENTSOF(columns); i++) {
                exposition_family(e, columns[i].name, columns[i].type, columns[i].help);
                for (position = 0; (d = inventory_next(inventory, &position));) {
                        char id[17];

                        snprintf(id, sizeof id, "%016" PRIx64, d->id);
                        exposition_sample(e, &(struct exposition_label) { "device", id }, 1, columns[i].get(d));
                }
        }
}

void metrics_write(void *userdata, FILE *f) {
        const struct manager *m = userdata;
        struct exposition e = { f, "" };
        struct engine_counters counters;

        engine_get_counters(m->engine, &counters);
        write_process(&e, m);
        write_interfaces(&e, m);
        write_devices(&e, m);
        write_facts(&e, m);
        write_alerts(&e, m);
        write_flow_ends(&e, &counters);
        write_protocols(&e, &counters);
        write_statistics(&e, m);
        write_server(&e, m);
        if (m->config.metrics.per_device)
                write_each_device(&e, m);
}
