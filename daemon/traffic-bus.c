/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* History of traffic on the bus. */

#include "daemon/traffic-bus.h"

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "daemon/append-bus.h"
#include "daemon/traffic-report.h"

#define DEVICES_MAX 1000u
#define PEERS_DEFAULT 10u
#define PEERS_MAX 1000u
/* Spans that are told of unless a time is given. */
#define HOURS_DEFAULT 24
#define DAYS_DEFAULT 30

static int read_time(sd_bus_message *m, uint64_t *ret) {
        uint64_t usec;
        int r = method_read_variant(m, 't', &usec);

        return r < 0 ? r : __builtin_mul_overflow(usec, NSEC_PER_USEC, ret) ? -ERANGE : 0;
}

static int read_span(sd_bus_message *m, enum store_span *ret) {
        const char *text;
        int r = method_read_variant(m, 's', &text);

        if (r < 0)
                return r;
        if (strcmp(text, "hour") != 0 && strcmp(text, "day") != 0)
                return -EINVAL;
        *ret = strcmp(text, "day") == 0 ? SPAN_DAY : SPAN_HOUR;
        return 0;
}

static int take_option(void *userdata, const char *key, sd_bus_message *m) {
        struct method_call *call = userdata;
        struct store_traffic_filter *f = &call->arguments.traffic.filter;
        const char *path;
        int r;

        if (strcmp(key, "Device") == 0) {
                r = method_read_variant(m, 'o', &path);
                return r < 0 ? r : object_path_parse(path, LANSCOPE_DEVICE_PREFIX, &f->device);
        }
        if (strcmp(key, "Span") == 0)
                return read_span(m, &f->span);
        if (strcmp(key, "Since") == 0)
                return read_time(m, &f->since);
        if (strcmp(key, "Until") == 0)
                return read_time(m, &f->until);
        if (strcmp(key, "Peers") == 0)
                return method_read_variant(m, 'u', &call->arguments.traffic.peers);
        return -ENOENT;
}

int traffic_bus_parse(struct method_call *call, sd_bus_error *error) {
        struct store_traffic_filter *f = &call->arguments.traffic.filter;
        uint64_t span, now = manager_now(call->manager);
        int r;

        *f = (struct store_traffic_filter) { .since = UINT64_MAX, .until = UINT64_MAX };
        call->arguments.traffic.peers = PEERS_DEFAULT;
        r = method_read_options(call->message, take_option, call, error);
        if (r < 0)
                return r;
        span = SPAN_NSEC(f->span);
        f->until = MIN(f->until, now - now % span + span);
        if (f->since == UINT64_MAX) {
                uint64_t back = span * (f->span == SPAN_DAY ? DAYS_DEFAULT : HOURS_DEFAULT);

                f->since = f->until > back ? f->until - back : 0;
        }
        f->since -= f->since % span;
        call->arguments.traffic.peers = MIN(call->arguments.traffic.peers, PEERS_MAX);
        if (f->since > f->until)
                return sd_bus_error_set(error, SD_BUS_ERROR_INVALID_ARGS,
                                        f->since > now ? "The time asked for begins after the last packet that was heard" :
                                                         "The time asked for begins after its own end");
        return r;
}

static int append_traffic(sd_bus_message *m, const struct device_traffic *t) {
        int r = append_entry_u64(m, "PacketsSent", t->packets_sent);

        if (r >= 0)
                r = append_entry_u64(m, "BytesSent", t->bytes_sent);
        if (r >= 0)
                r = append_entry_u64(m, "PacketsReceived", t->packets_received);
        return r < 0 ? r : append_entry_u64(m, "BytesReceived", t->bytes_received);
}

static int append_span(sd_bus_message *m, const struct manager *manager _unused_, const struct traffic_report *report,
                       size_t i) {
        int r = append_entry_u64(m, "Time", report->spans[i].key / NSEC_PER_USEC);

        return r < 0 ? r : append_traffic(m, &report->spans[i].traffic);
}

static int append_device(sd_bus_message *m, const struct manager *manager, const struct traffic_report *report,
                         size_t i) {
        const struct device *device = inventory_get(manager_inventory(manager), report->devices[i].key);
        char path[OBJECT_PATH_MAX], name[DEVICE_USER_TEXT_MAX + 1];
        int r = append_entry_path(m, "Device", device_path(report->devices[i].key, path));

        if (r >= 0)
                r = append_entry_text(m, "Name", device ? device_display_name(device, name, sizeof name) : "");
        return r < 0 ? r : append_traffic(m, &report->devices[i].traffic);
}

static int append_peer(sd_bus_message *m, const struct manager *manager _unused_, const struct traffic_report *report,
                       size_t i) {
        const struct traffic_peer *peer = &report->peers[i];
        char ip[IP_STRING_MAX];
        int r = append_entry_text(m, "Address", ip_format(&peer->address, ip));

        if (r >= 0)
                r = append_entry_text(m, "Name", peer->name);
        return r < 0 ? r : append_traffic(m, &peer->traffic);
}

typedef int (*append_fn)(sd_bus_message *m, const struct manager *manager, const struct traffic_report *report,
                         size_t i);

/* An entry whose value is a list of dictionaries. */
static int append_list(sd_bus_message *m, const char *key, const struct manager *manager,
                       const struct traffic_report *report,
                       size_t n, append_fn append) {
        int r = sd_bus_message_open_container(m, 'e', "sv");

        if (r >= 0)
                r = sd_bus_message_append(m, "s", key);
        if (r >= 0)
                r = sd_bus_message_open_container(m, 'v', "aa{sv}");
        if (r >= 0)
                r = sd_bus_message_open_container(m, 'a', "a{sv}");
        for (size_t i = 0; r >= 0 && i < n; i++) {
                r = sd_bus_message_open_container(m, 'a', "{sv}");
                if (r >= 0)
                        r = append(m, manager, report, i);
                if (r >= 0)
                        r = sd_bus_message_close_container(m);
        }
        for (unsigned i = 0; r >= 0 && i < 3; i++) /* list, variant, entry */
                r = sd_bus_message_close_container(m);
        return r;
}

static int append_report(sd_bus_message *m, const struct method_call *call, const struct traffic_report *report) {
        const struct store_traffic_filter *f = &call->arguments.traffic.filter;
        int r = append_entry_text(m, "Span", f->span == SPAN_DAY ? "day" : "hour");

        if (r >= 0)
                r = append_entry_u64(m, "Since", f->since / NSEC_PER_USEC);
        if (r >= 0)
                r = append_entry_u64(m, "Until", f->until / NSEC_PER_USEC);
        if (r >= 0)
                r = append_traffic(m, &report->total);
        if (r >= 0)
                r = append_list(m, "Spans", call->manager, report, report->n_spans, append_span);
        if (r >= 0)
                r = append_list(m, "Devices", call->manager, report, MIN(report->n_devices, (size_t) DEVICES_MAX),
                                append_device);
        return r < 0 ? r : append_list(m, "Peers", call->manager, report, report->n_peers, append_peer);
}

int traffic_bus_get(struct method_call *call, sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        struct traffic_report report;
        int r;

        r = traffic_report_make(&report, call->manager->store, call->manager->ledger, &call->arguments.traffic.filter,
                                call->arguments.traffic.peers);
        if (r < 0)
                return sd_bus_error_setf(error, SD_BUS_ERROR_FAILED, "The history cannot be read: %s",
                                         store_last_error(call->manager->store));
        r = sd_bus_message_new_method_return(call->message, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "{sv}");
        if (r >= 0)
                r = append_report(reply, call, &report);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        traffic_report_done(&report);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}
