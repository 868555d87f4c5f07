/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Devices for people: the table, the card. */

#include "cli/device-view.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/bus-records.h"
#include "cli/table.h"
#include "cli/when.h"
#include "common/cleanup.h"

/* What a device is sorted by, taken out once: first `rank`, then `text`; MAC and id make the order total. */
struct sort_key {
        struct json_object *device;
        uint64_t rank;
        const char *text, *mac, *id;
};

/* IPv4 addresses sort as numbers; devices without one come last. */
static uint64_t ip_rank(struct json_object *device) {
        struct in_addr address;

        if (inet_pton(AF_INET, json_list_first(device, "ipv4"), &address) != 1)
                return UINT64_MAX;
        return ntohl(address.s_addr);
}

static uint64_t presence_rank(struct json_object *device) {
        const char *presence = json_text_at(device, "presence");

        return strcmp(presence, "online") == 0 ? 0 : strcmp(presence, "idle") == 0 ? 1 : 2;
}

/* Latest and most first. */
static uint64_t last_seen_rank(struct json_object *device) {
        return UINT64_MAX - json_time_usec(json_at(device, "last_seen"));
}

static uint64_t first_seen_rank(struct json_object *device) {
        return UINT64_MAX - json_time_usec(json_at(device, "first_seen"));
}

static uint64_t traffic_rank(struct json_object *device) {
        return UINT64_MAX - json_object_get_uint64(json_at(device, "traffic.bytes_sent")) -
               json_object_get_uint64(json_at(device, "traffic.bytes_received"));
}

static const struct order {
        const char *name;
        uint64_t (*rank)(struct json_object *device); /* NULL: by the text below `key` */
        const char *key;
} orders[] = {
        { "ip", ip_rank, NULL },
        { "name", NULL, "name" },
        { "type", NULL, "type" },
        { "vendor", NULL, "vendor" },
        { "mac", NULL, "mac" },
        { "presence", presence_rank, NULL },
        { "last-seen", last_seen_rank, NULL },
        { "first-seen", first_seen_rank, NULL },
        { "traffic", traffic_rank, NULL },
};

static const struct order *find_order(const char *by) {
        for (size_t i = 0; by && i < ELEMENTSOF(orders); i++)
                if (strcmp(orders[i].name, by) == 0)
                        return &orders[i];
        return &orders[0];
}

static struct sort_key key_of(const struct order *order, struct json_object *device) {
        return (struct sort_key) {
                .device = device,
                .rank = order->rank ? order->rank(device) : 0,
                .text = order->key ? json_text_at(device, order->key) : "",
                .mac = json_text_at(device, "mac"),
                .id = json_text_at(device, "id"),
        };
}

static int compare_keys(const void *a, const void *b) {
        const struct sort_key *x = a, *y = b;
        int r = (x->rank > y->rank) - (x->rank < y->rank);

        /* What has no value goes to the end. */
        if (r == 0)
                r = (*x->text == '\0') - (*y->text == '\0');
        if (r == 0)
                r = strcasecmp(x->text, y->text);
        if (r == 0)
                r = strcmp(x->mac, y->mac);
        return r != 0 ? r : strcmp(x->id, y->id);
}

int devices_sort(struct json_object *devices, const char *by, bool reverse) {
        struct array_list *list = json_object_get_array(devices);
        const struct order *order = find_order(by);
        _cleanup_(freep) struct sort_key *keys = calloc(MAX(list->length, (size_t) 1), sizeof *keys);

        if (!keys)
                return -ENOMEM;
        for (size_t i = 0; i < list->length; i++)
                keys[i] = key_of(order, list->array[i]);
        qsort(keys, list->length, sizeof *keys, compare_keys);
        for (size_t i = 0; i < list->length; i++)
                list->array[i] = keys[reverse ? list->length - 1 - i : i].device;
        return 0;
}

static enum style presence_style(const char *presence) {
        if (strcmp(presence, "online") == 0)
                return STYLE_GOOD;
        return strcmp(presence, "idle") == 0 ? STYLE_NOTICE : STYLE_DIM;
}

static const char *best_ip(struct json_object *device) {
        const char *ip = json_list_first(device, "ipv4");

        return *ip ? ip : json_list_first(device, "ipv6");
}

static const char *type_of(struct json_object *device) {
        const char *type = json_text_at(device, "type");

        return strcmp(type, "unknown") == 0 ? "" : type;
}

static const char *network_name(struct json_object *networks, const char *id) {
        struct json_object *network;

        if (networks && json_object_object_get_ex(networks, id, &network) && *json_text_at(network, "name"))
                return json_text_at(network, "name");
        return id;
}

static int add_device(struct table *t, const struct screen *s, struct json_object *d, struct json_object *networks, uint64_t now) {
        const char *presence = json_text_at(d, "presence");
        char seen[64];
        struct strbuf b = STRBUF(seen);

        when_format_seen(&b, json_time_usec(json_at(d, "last_seen")), now, s->columns > 0);
        return table_add(t, s, json_object_get_boolean(json_at(d, "self")) ? STYLE_BOLD : STYLE_NONE, json_text_at(d, "name")) |
               table_add(t, s, STYLE_NONE, type_of(d)) | table_add(t, s, STYLE_NONE, json_text_at(d, "vendor")) |
               table_add(t, s, STYLE_NONE, json_text_at(d, "model")) | table_add(t, s, STYLE_NONE, json_text_at(d, "os")) |
               table_add(t, s, STYLE_NONE, best_ip(d)) | table_add(t, s, STYLE_NONE, json_text_at(d, "mac")) |
               table_add(t, s, STYLE_NONE, network_name(networks, json_text_at(d, "network"))) |
               table_add(t, s, presence_style(presence), presence) | table_add(t, s, STYLE_NONE, seen);
}

int devices_print(const struct screen *screen, const struct options *options, struct json_object *devices,
                  struct json_object *networks, uint64_t now) {
        static const struct table_column narrow[] = {
                { "NAME", .min_width = 11 },
                { "TYPE", .min_width = 7 },
                { "VENDOR", .min_width = 8, .drop = 1 },
                { "MODEL", .min_width = 8, .drop = 3 },
                { "OS", .min_width = 8, .drop = 2 },
                { "IP", .min_width = 15 },
                { "MAC" },
                { "NETWORK", .min_width = 6, .drop = 4 },
                { "PRESENCE" },
                { "LAST SEEN", .drop = 1 },
        };
        _cleanup_(table_freep) struct table *t = NULL;
        int r = table_new(&t, narrow, ELEMENTSOF(narrow));

        for (size_t i = 0; r >= 0 && i < json_object_array_length(devices); i++)
                r = add_device(t, screen, json_object_array_get_idx(devices, i), networks, now);
        if (r < 0)
                return r;
        table_print(t, screen, !options->no_legend, 0);
        return 0;
}

void devices_print_total(struct json_object *devices, size_t all) {
        size_t n = json_object_array_length(devices), online = 0;

        for (size_t i = 0; i < n; i++)
                online += presence_rank(json_object_array_get_idx(devices, i)) == 0;
        printf("\n%zu %s, %zu online", n, n == 1 ? "device" : "devices", online);
        if (all > n)
                printf(", the first of %zu; --limit tells how many", all);
        printf(".\n");
}

/* The card: a line a field, titles right-aligned as systemctl has them. */

static void print_title(const struct screen *s, const char *title) {
        printf("%s%13s:%s ", screen_style(s, STYLE_DIM), title, screen_style(s, STYLE_NONE));
}

static void print_field(const struct screen *s, const char *title, const char *value) {
        if (!*value)
                return;
        print_title(s, title);
        screen_print(s, value);
        putchar('\n');
}

/* One value a line, the title before the first. */
static void print_list(const struct screen *s, const char *title, struct json_object *list) {
        size_t n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;

        for (size_t i = 0; i < n; i++) {
                if (i == 0)
                        print_title(s, title);
                else
                        printf("%15s", "");
                screen_print(s, json_object_get_string(json_object_array_get_idx(list, i)));
                putchar('\n');
        }
}

static void print_time(const struct screen *s, const char *title, struct json_object *time, uint64_t now) {
        char text[128];
        struct strbuf b = STRBUF(text);

        when_format(&b, json_time_usec(time));
        if (now > 0) {
                strbuf_string(&b, "; ");
                when_format_relative(&b, json_time_usec(time), now);
        }
        print_field(s, title, text);
}

static void print_type(const struct screen *s, struct json_object *d) {
        print_title(s, "Type");
        if (!*type_of(d)) {
                printf("unknown\n");
                return;
        }
        screen_print(s, json_text_at(d, "type"));
        printf(" (%s), ", json_text_at(d, "category"));
        if (json_object_get_boolean(json_at(d, "type_is_set")))
                printf("set by the user\n");
        else
                printf("confidence %u%%\n", (unsigned) json_object_get_uint64(json_at(d, "confidence")));
}

static void format_bytes(struct strbuf *b, uint64_t n) {
        static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB" };
        double value = (double) n;
        size_t unit = 0;

        for (; value >= 1024 && unit + 1 < ELEMENTSOF(units); unit++)
                value /= 1024;
        strbuf_printf(b, unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
}

static void print_traffic(const struct screen *s, struct json_object *d) {
        uint64_t received = json_object_get_uint64(json_at(d, "traffic.packets_received"));
        char text[160];
        struct strbuf b = STRBUF(text);

        strbuf_string(&b, "sent ");
        format_bytes(&b, json_object_get_uint64(json_at(d, "traffic.bytes_sent")));
        strbuf_printf(&b, " in %s packets", json_object_get_string(json_at(d, "traffic.packets_sent")));
        if (received > 0) {
                strbuf_string(&b, ", received ");
                format_bytes(&b, json_object_get_uint64(json_at(d, "traffic.bytes_received")));
                strbuf_printf(&b, " in %s packets", json_object_get_string(json_at(d, "traffic.packets_received")));
        }
        print_field(s, "Traffic", text);
}

static void print_remarks(const struct screen *s, struct json_object *d) {
        static const struct {
                const char *key, *text;
        } remarks[] = {
                { "self", "this machine" },
                { "gateway", "gateway of the network" },
                { "trusted", "trusted" },
                { "randomized", "randomized address" },
        };
        char text[128];
        struct strbuf b = STRBUF(text);

        for (size_t i = 0; i < ELEMENTSOF(remarks); i++)
                if (json_object_get_boolean(json_at(d, remarks[i].key)))
                        strbuf_printf(&b, "%s%s", b.length > 0 ? ", " : "", remarks[i].text);
        print_field(s, "Remarks", text);
}

static int print_evidence(const struct screen *s, struct json_object *d, uint64_t now) {
        static const struct table_column columns[] = {
                { "EVIDENCE" }, { "VALUE", .min_width = 20 }, { "CONFIDENCE", .right = true, .drop = 1 },
                { "COUNT", .right = true, .drop = 2 }, { "LAST SEEN" },
        };
        _cleanup_(table_freep) struct table *t = NULL;
        struct json_object *list = json_at(d, "evidence");
        size_t n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
        int r = table_new(&t, columns, ELEMENTSOF(columns));

        for (size_t i = 0; r >= 0 && i < n; i++) {
                struct json_object *e = json_object_array_get_idx(list, i);
                bool asks = json_object_get_boolean(json_at(e, "asks"));
                enum style style = asks ? STYLE_DIM : STYLE_NONE;
                char seen[64];
                struct strbuf b = STRBUF(seen);

                when_format_seen(&b, json_time_usec(json_at(e, "last_seen")), now, s->columns > 0);
                r = table_add(t, s, style, json_text_at(e, "kind")) | table_add(t, s, style, json_text_at(e, "value")) |
                    (asks ? table_printf(t, style, "only asks") : table_printf(t, style, "%s%%", json_object_get_string(json_at(e, "confidence")))) |
                    table_printf(t, style, "%s", json_object_get_string(json_at(e, "count"))) | table_add(t, s, style, seen);
        }
        if (r < 0 || n == 0)
                return r;
        putchar('\n');
        table_print(t, s, true, 0);
        return 0;
}

int device_print_card(const struct screen *s, struct json_object *d, struct json_object *networks, uint64_t now) {
        const char *presence = json_text_at(d, "presence");

        printf("%s%s%s %s", screen_style(s, presence_style(presence)), s->utf8 ? "●" : "*", screen_style(s, STYLE_NONE),
               screen_style(s, STYLE_BOLD));
        screen_print(s, json_text_at(d, "name"));
        printf("%s\n", screen_style(s, STYLE_NONE));
        print_type(s, d);
        print_field(s, "Vendor", json_text_at(d, "vendor"));
        print_field(s, "Model", json_text_at(d, "model"));
        print_field(s, "OS", json_text_at(d, "os"));
        print_field(s, "Label", json_text_at(d, "label"));
        print_field(s, "Host name", json_text_at(d, "hostname"));
        print_remarks(s, d);
        print_list(s, "MAC", json_at(d, "addresses"));
        print_list(s, "IPv4", json_at(d, "ipv4"));
        print_list(s, "IPv6", json_at(d, "ipv6"));
        print_field(s, "Network", network_name(networks, json_text_at(d, "network")));
        print_field(s, "Presence", presence);
        print_time(s, "First seen", json_at(d, "first_seen"), now);
        print_time(s, "Last seen", json_at(d, "last_seen"), now);
        print_list(s, "Services", json_at(d, "services"));
        if (json_at(d, "traffic"))
                print_traffic(s, d);
        print_field(s, "Notes", json_text_at(d, "notes"));
        print_field(s, "Id", json_text_at(d, "id"));
        return print_evidence(s, d, now);
}
