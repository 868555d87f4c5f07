/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Devices as rows. A row holds what the columns show, and no more: there may be many thousands. */

#include "cli/top/top-device.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/top/top-record.h"
#include "cli/top/top-text.h"
#include "common/cleanup.h"

static const struct top_device *device_of(const struct top_row *row) {
        return (const struct top_device *) row;
}

static void device_free(struct top_row *row) {
        struct top_device *d = (struct top_device *) row;

        if (!d)
                return;
        free(d->row.id);
        free(d->text);
        free(d);
}

static int presence_rank(const struct top_device *d) {
        return strcmp(d->presence, "online") == 0 ? 2 : strcmp(d->presence, "idle") == 0;
}

static enum style presence_style(const struct top_device *d) {
        static const enum style styles[] = { STYLE_DIM, STYLE_NOTICE, STYLE_GOOD };

        return styles[presence_rank(d)];
}

static enum style format_mark(const struct top_row *row, uint64_t now _unused_, struct strbuf *b) {
        static const char *const marks[] = { "○", "◐", "●" };
        const struct top_device *d = device_of(row);

        strbuf_string(b, marks[presence_rank(d)]);
        return presence_style(d);
}

static enum style format_name(const struct top_row *row, uint64_t now _unused_, struct strbuf *b) {
        const struct top_device *d = device_of(row);

        strbuf_string(b, d->name);
        return d->self ? STYLE_BOLD : STYLE_NONE;
}

#define TEXT_COLUMN(field)                                                                                      \
        static enum style format_##field(const struct top_row *row, uint64_t now _unused_, struct strbuf *b) {  \
                strbuf_string(b, device_of(row)->field);                                                        \
                return STYLE_NONE;                                                                              \
        }                                                                                                       \
        static int compare_##field(const struct top_row *a, const struct top_row *b) {                          \
                return compare_texts(device_of(a)->field, device_of(b)->field);                                 \
        }

/* What has no value goes to the end. */
static int compare_texts(const char *a, const char *b) {
        int r = (*a == '\0') - (*b == '\0');

        return r != 0 ? r : strcasecmp(a, b);
}

TEXT_COLUMN(type)
TEXT_COLUMN(vendor)
TEXT_COLUMN(model)
TEXT_COLUMN(os)
TEXT_COLUMN(mac)
TEXT_COLUMN(presence)

static int compare_name(const struct top_row *a, const struct top_row *b) {
        return compare_texts(device_of(a)->name, device_of(b)->name);
}

static enum style format_ip(const struct top_row *row, uint64_t now _unused_, struct strbuf *b) {
        strbuf_string(b, device_of(row)->ip);
        return STYLE_NONE;
}

/* IPv4 as numbers, before IPv6, before none. */
static uint64_t ip_rank(const char *ip) {
        struct in_addr address;

        if (inet_pton(AF_INET, ip, &address) == 1)
                return ntohl(address.s_addr);
        return UINT64_C(1) << 32 | !*ip;
}

static int compare_ip(const struct top_row *a, const struct top_row *b) {
        int r = top_compare_numbers(ip_rank(device_of(a)->ip), ip_rank(device_of(b)->ip));

        return r != 0 ? r : strcmp(device_of(a)->ip, device_of(b)->ip);
}

static enum style format_rate(const struct top_row *row, uint64_t now _unused_, struct strbuf *b) {
        const struct top_device *d = device_of(row);

        if (d->bits_per_second == 0)
                return STYLE_NONE;
        top_format_rate(b, d->bits_per_second);
        return STYLE_BOLD;
}

/* Of devices that are silent now the one that said most before. */
static int compare_rate(const struct top_row *a, const struct top_row *b) {
        int r = top_compare_numbers(device_of(a)->bits_per_second, device_of(b)->bits_per_second);

        return r != 0 ? r : top_compare_numbers(device_of(a)->bytes, device_of(b)->bytes);
}

static enum style format_packets(const struct top_row *row, uint64_t now _unused_, struct strbuf *b) {
        if (device_of(row)->packets_per_second > 0)
                top_format_count(b, device_of(row)->packets_per_second);
        return STYLE_NONE;
}

static int compare_packets(const struct top_row *a, const struct top_row *b) {
        return top_compare_numbers(device_of(a)->packets_per_second, device_of(b)->packets_per_second);
}

static size_t values_of(const struct top_row *row, const uint32_t **ret) {
        *ret = device_of(row)->history;
        return device_of(row)->n_history;
}

static enum style format_total(const struct top_row *row, uint64_t now _unused_, struct strbuf *b) {
        top_format_bytes(b, device_of(row)->bytes);
        return STYLE_NONE;
}

static int compare_total(const struct top_row *a, const struct top_row *b) {
        return top_compare_numbers(device_of(a)->bytes, device_of(b)->bytes);
}

static enum style format_seen(const struct top_row *row, uint64_t now, struct strbuf *b) {
        top_format_age(b, device_of(row)->last_seen, now);
        return presence_style(device_of(row));
}

static int compare_seen(const struct top_row *a, const struct top_row *b) {
        return top_compare_numbers(device_of(a)->last_seen, device_of(b)->last_seen);
}

static void more(const struct top_row *row, struct strbuf *b) {
        const struct top_device *d = device_of(row);

        strbuf_printf(b, "%s\n%s\n%s%s%s", d->hostname, d->network, d->self ? "self\n" : "",
                      d->gateway ? "gateway\n" : "", d->trusted ? "trusted\n" : "");
}

static const struct top_column columns[] = {
        { "", 1, .format = format_mark },
        { "NAME", 12, 32, .letter = 'N', .format = format_name, .compare = compare_name },
        { "TYPE", 10, 22, 2, .letter = 'Y', .format = format_type, .compare = compare_type },
        { "VENDOR", 10, 20, 5, .letter = 'V', .format = format_vendor, .compare = compare_vendor },
        { "MODEL", 12, 24, 9, .format = format_model, .compare = compare_model },
        { "OS", 10, 20, 8, .format = format_os, .compare = compare_os },
        { "IP", 15, .letter = 'A', .format = format_ip, .compare = compare_ip },
        { "MAC", 17, .drop = 6, .format = format_mac, .compare = compare_mac },
        { "STATE", 7, .drop = 10, .letter = 'S', .greatest_first = true, .format = format_presence,
          .compare = compare_presence },
        { "SEEN", 5, 6, 3, true, true, 'T', format_seen, compare_seen },
        { "TOTAL", 8, 9, 1, true, true, 'M', format_total, compare_total },
        { "PKT/S", 5, 6, 7, true, true, 'K', format_packets, compare_packets },
        { "ACTIVITY", 16, TOP_DEVICE_HISTORY, 4, .values = values_of },
        { "RATE", 9, 10, 0, true, true, 'P', format_rate, compare_rate },
};

const struct top_kind top_devices = {
        .name = "Devices",
        .columns = columns,
        .n_columns = ELEMENTSOF(columns),
        .sort = ELEMENTSOF(columns) - 1,
        .more = more,
        .free = device_free,
};

/* All texts of a row in one piece of memory. */
static int take_texts(struct top_device *d, struct json_object *record) {
        const char *ipv4 = json_list_first(record, "ipv4"), *ipv6 = json_list_first(record, "ipv6");
        const char *type = json_text_at(record, "type");
        const struct {
                const char **field, *text;
        } texts[] = {
                { &d->name, json_text_at(record, "name") },
                { &d->type, strcmp(type, "unknown") == 0 ? "" : type },
                { &d->vendor, json_text_at(record, "vendor") },
                { &d->model, json_text_at(record, "model") },
                { &d->os, json_text_at(record, "os") },
                { &d->ip, *ipv4 ? ipv4 : ipv6 },
                { &d->mac, json_text_at(record, "mac") },
                { &d->network, json_text_at(record, "network") },
                { &d->hostname, json_text_at(record, "hostname") },
                { &d->presence, json_text_at(record, "presence") },
        };
        size_t size = 0;
        char *to;

        for (size_t i = 0; i < ELEMENTSOF(texts); i++)
                size += strlen(texts[i].text) + 1;
        to = d->text = malloc(size);
        for (size_t i = 0; to && i < ELEMENTSOF(texts); i++) {
                *texts[i].field = to;
                to = stpcpy(to, texts[i].text) + 1;
        }
        return d->text ? 0 : -ENOMEM;
}

static uint64_t number_at(struct json_object *o, const char *path) {
        return json_object_get_uint64(json_at(o, path));
}

static struct top_device *device_new(struct json_object *record) {
        struct top_device *d = calloc(1, sizeof *d);

        if (!d)
                return NULL;
        d->row.id = strdup(json_text_at(record, "id"));
        if (!d->row.id || take_texts(d, record) < 0) {
                device_free(&d->row);
                return NULL;
        }
        d->last_seen = json_time_usec(json_at(record, "last_seen"));
        d->bytes = number_at(record, "traffic.bytes_sent") + number_at(record, "traffic.bytes_received");
        d->packets = number_at(record, "traffic.packets_sent") + number_at(record, "traffic.packets_received");
        d->self = json_object_get_boolean(json_at(record, "self"));
        d->gateway = json_object_get_boolean(json_at(record, "gateway"));
        d->trusted = json_object_get_boolean(json_at(record, "trusted"));
        return d;
}

static uint64_t per_second(uint64_t before, uint64_t now, uint64_t elapsed) {
        if (elapsed == 0 || now < before)
                return 0;
        return (uint64_t) ((double) (now - before) * USEC_PER_SEC / (double) elapsed);
}

static void go_on(struct top_device *d, const struct top_device *before) {
        uint64_t elapsed = d->counted - before->counted;
        size_t kept = MIN(before->n_history, (size_t) TOP_DEVICE_HISTORY - 1);

        d->bits_per_second = 8 * per_second(before->bytes, d->bytes, elapsed);
        d->packets_per_second = per_second(before->packets, d->packets, elapsed);
        memcpy(d->history, before->history + before->n_history - kept, kept * sizeof *d->history);
        d->history[kept] = (uint32_t) MIN((d->bits_per_second + 999) / 1000, (uint64_t) UINT32_MAX);
        d->n_history = kept + 1;
}

static int compare_ids(const void *a, const void *b) {
        return strcmp((*(struct top_row *const *) a)->id, (*(struct top_row *const *) b)->id);
}

/* Both in the order of their ids. */
static void go_on_all(struct top_row **rows, size_t n, struct top_row **before, size_t n_before) {
        for (size_t i = 0, j = 0; i < n && j < n_before;) {
                int r = strcmp(rows[i]->id, before[j]->id);

                if (r == 0)
                        go_on((struct top_device *) rows[i], device_of(before[j]));
                i += r <= 0;
                j += r >= 0;
        }
}

int top_devices_from_records(struct json_object *records, struct top_list *before, uint64_t counted,
                             struct top_row ***ret, size_t *ret_n) {
        size_t n = json_object_array_length(records);
        struct top_row **rows = calloc(MAX(n, (size_t) 1), sizeof *rows);

        for (size_t i = 0; rows && i < n; i++) {
                struct top_device *d = device_new(json_object_array_get_idx(records, i));

                if (!d) {
                        while (i-- > 0)
                                device_free(rows[i]);
                        free(rows);
                        return -ENOMEM;
                }
                d->counted = counted;
                rows[i] = &d->row;
        }
        if (!rows)
                return -ENOMEM;
        qsort(rows, n, sizeof *rows, compare_ids);
        if (before->n_rows > 0)
                qsort(before->rows, before->n_rows, sizeof *before->rows, compare_ids);
        go_on_all(rows, n, before->rows, before->n_rows);
        *ret = rows;
        *ret_n = n;
        return 0;
}
