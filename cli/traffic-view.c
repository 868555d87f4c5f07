/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What GetTraffic() gives: a line for each hour or day, each device, each peer, and what they come to. */

#include "cli/traffic-view.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "cli/output.h"
#include "cli/table.h"
#include "cli/top/top-text.h"
#include "dbus/lanscope-names.h"

/* What the service tells at most. */
#define DEVICES_MAX 1000

static uint64_t number_at(struct json_object *o, const char *key) {
        return json_object_get_uint64(json_at(o, key));
}

static int add_amounts(struct json_object *to, struct json_object *from) {
        static const struct {
                const char *from, *to;
        } amounts[] = {
                { "PacketsSent", "packets_sent" },
                { "BytesSent", "bytes_sent" },
                { "PacketsReceived", "packets_received" },
                { "BytesReceived", "bytes_received" },
        };
        int r = 0;

        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(amounts); i++)
                r = json_add(to, amounts[i].to, json_object_new_uint64(number_at(from, amounts[i].from)));
        return r;
}

static int add_span(struct json_object *to, struct json_object *from) {
        return json_add_time(to, "time", number_at(from, "Time"));
}

static int add_device(struct json_object *to, struct json_object *from) {
        const char *path = json_text_at(from, "Device"), *slash = strrchr(path, '/');

        return json_add_text(to, "device", slash ? slash + 1 : "") |
                json_add_text(to, "name", json_text_at(from, "Name"));
}

static int add_peer(struct json_object *to, struct json_object *from) {
        return json_add_text(to, "address", json_text_at(from, "Address")) |
               json_add_text(to, "name", json_text_at(from, "Name"));
}

static int add_list(struct json_object *to, const char *key, struct json_object *from,
                    int (*add)(struct json_object *to, struct json_object *from)) {
        struct json_object *list = json_object_new_array();
        size_t n = json_object_is_type(from, json_type_array) ? json_object_array_length(from) : 0;

        if (json_add(to, key, list) < 0)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                struct json_object *entry = json_object_array_get_idx(from, i);
                _cleanup_(json_putp) struct json_object *o = json_object_new_object();

                if (!o || add(o, entry) < 0 || add_amounts(o, entry) < 0 || json_object_array_add(list, o) < 0)
                        return -ENOMEM;
                TAKE_PTR(o);
        }
        return 0;
}

static struct json_object *traffic_from_bus(struct json_object *from) {
        _cleanup_(json_putp) struct json_object *o = json_object_new_object();

        if (!o || json_add_text(o, "span", json_text_at(from, "Span")) < 0 ||
            json_add_time(o, "since", number_at(from, "Since")) < 0 ||
            json_add_time(o, "until", number_at(from, "Until")) < 0 ||
            add_amounts(o, from) < 0 || add_list(o, "spans", json_at(from, "Spans"), add_span) < 0 ||
            add_list(o, "devices", json_at(from, "Devices"), add_device) < 0 ||
            add_list(o, "peers", json_at(from, "Peers"), add_peer) < 0)
                return NULL;
        return TAKE_PTR(o);
}

static int append_filter(sd_bus_message *m, const struct options *o, const char *path) {
        int r = sd_bus_message_open_container(m, 'a', "{sv}");

        if (r >= 0 && path)
                r = sd_bus_message_append(m, "{sv}", "Device", "o", path);
        if (r >= 0)
                r = sd_bus_message_append(m, "{sv}", "Span", "s", o->day ? "day" : "hour");
        if (r >= 0 && o->since > 0)
                r = sd_bus_message_append(m, "{sv}", "Since", "t", o->since);
        if (r >= 0 && o->limit > 0)
                r = sd_bus_message_append(m, "{sv}", "Peers", "u", o->limit);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

int bus_get_traffic(sd_bus *bus, const struct options *options, const char *path, struct json_object **ret) {
        static const struct bus_method method = { LANSCOPE_MANAGER_INTERFACE, "GetTraffic",
                                                  LANSCOPE_ACTION_INSPECT_TRAFFIC };
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *message = NULL, *reply = NULL;
        _cleanup_(json_putp) struct json_object *traffic = NULL;
        int r = bus_new_call(bus, LANSCOPE_PATH, &method, &message);

        if (r >= 0)
                r = append_filter(message, options, path);
        if (r >= 0)
                r = bus_call_message(bus, message, method.action, &reply);
        if (r >= 0)
                r = bus_read_reply(reply, &traffic);
        if (r < 0)
                return r;
        *ret = traffic_from_bus(traffic);
        if (!*ret)
                output_no_memory();
        return *ret ? 0 : -ENOMEM;
}

static int add_number(struct table *t, struct json_object *o, const char *key,
                      void (*format)(struct strbuf *b, uint64_t n)) {
        char text[32];
        struct strbuf b = STRBUF(text);

        format(&b, number_at(o, key));
        return table_printf(t, STYLE_NONE, "%s", text);
}

static int add_columns(struct table *t, struct json_object *o) {
        return add_number(t, o, "bytes_sent", top_format_bytes) | add_number(t, o, "bytes_received", top_format_bytes) |
               add_number(t, o, "packets_sent", top_format_count) |
               add_number(t, o, "packets_received", top_format_count);
}

/* Local time; days are those of UTC. */
static int add_time(struct table *t, struct json_object *o, bool day) {
        time_t seconds = (time_t) (json_time_usec(json_at(o, "time")) / USEC_PER_SEC);
        char text[64] = "";
        struct tm tm;

        if (day ? gmtime_r(&seconds, &tm) : localtime_r(&seconds, &tm))
                strftime(text, sizeof text, day ? "%a %Y-%m-%d" : "%a %Y-%m-%d %H:%M", &tm);
        return table_printf(t, STYLE_NONE, "%s", text);
}

enum list { LIST_SPANS, LIST_DEVICES, LIST_PEERS };

static int add_row(struct table *t, const struct screen *s, struct json_object *o, enum list list, bool day) {
        const char *name = json_text_at(o, "name");
        int r = 0;

        switch (list) {
        case LIST_SPANS:
                r = add_time(t, o, day);
                break;
        case LIST_DEVICES:
                r = table_add(t, s, STYLE_NONE, *name ? name : json_text_at(o, "device"));
                break;
        case LIST_PEERS:
                r = table_add(t, s, STYLE_NONE, *name ? name : json_text_at(o, "address"));
                break;
        }
        r |= add_columns(t, o);
        return list == LIST_PEERS ? r | table_add(t, s, STYLE_DIM, json_text_at(o, "address")) : r;
}

static int print_list(const struct screen *s, const struct options *options, struct json_object *traffic,
                      enum list list) {
        static const char *const keys[] = { "spans", "devices", "peers" };
        const char *titles[] = { options->day ? "DAY (UTC)" : "HOUR", "DEVICE", "PEER" };
        const struct table_column columns[] = {
                { titles[list], .min_width = 16 },
                { "SENT", .right = true },
                { "RECEIVED", .right = true },
                { "PACKETS SENT", .right = true, .drop = 1 },
                { "RECEIVED", .right = true, .drop = 1 },
                { "ADDRESS", .min_width = 15, .drop = 1 }, /* of peers: a name may have several */
        };
        struct json_object *rows = json_at(traffic, keys[list]);
        _cleanup_(table_freep) struct table *t = NULL;
        int r;

        if (json_object_array_length(rows) == 0)
                return 0;
        r = table_new(&t, columns, ELEMENTSOF(columns) - (list != LIST_PEERS));
        for (size_t i = 0; r >= 0 && i < json_object_array_length(rows); i++)
                r = add_row(t, s, json_object_array_get_idx(rows, i), list, options->day);
        if (r < 0)
                return r;
        table_print(t, s, !options->no_legend, 0);
        putchar('\n');
        return 0;
}

static void print_total(struct json_object *traffic) {
        char sent[32], received[32];
        struct strbuf s = STRBUF(sent), r = STRBUF(received);

        top_format_bytes(&s, number_at(traffic, "bytes_sent"));
        top_format_bytes(&r, number_at(traffic, "bytes_received"));
        if (json_object_array_length(json_at(traffic, "devices")) >= DEVICES_MAX)
                printf("Of the devices, the %d with the most are listed.\n", DEVICES_MAX);
        printf("In all %s in %" PRIu64 " packets sent, %s in %" PRIu64 " packets received.\n", sent,
               number_at(traffic, "packets_sent"), received, number_at(traffic, "packets_received"));
}

int traffic_print(const struct screen *screen, const struct options *options, struct json_object *traffic,
                  bool one_device) {
        int r = print_list(screen, options, traffic, LIST_SPANS);

        if (r >= 0 && !one_device)
                r = print_list(screen, options, traffic, LIST_DEVICES);
        if (r >= 0)
                r = print_list(screen, options, traffic, LIST_PEERS);
        if (r >= 0 && !options->no_legend)
                print_total(traffic);
        return r;
}
