/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* From rows back to networks and devices. Whoever can write the file may have put anything into it: a value
 * that cannot be makes its row skipped and counted, and never more than that. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/cleanup.h"
#include "daemon/store-internal.h"

/* One device being put together; its texts are copies, since a row's live only until the next. */
struct loader {
        struct store *store;
        struct device device;
        struct device_service services[DEVICE_SERVICES_MAX];
        struct evidence evidence[DEVICE_EVIDENCE_MAX];
};

static void loader_clear(struct loader *l) {
        for (size_t i = 0; i < l->device.n_services; i++)
                free(l->services[i].value);
        for (size_t i = 0; i < l->device.n_evidence; i++)
                free(l->evidence[i].value);
        free(l->device.user.label);
        free(l->device.user.notes);
        l->device = (struct device) {
                .user.type = _TYPE_INVALID,
                .services = l->services,
                .evidence = l->evidence,
        };
}

static struct loader *loader_free(struct loader *l) {
        if (l)
                loader_clear(l);
        free(l);
        return NULL;
}
DEFINE_CLEANUP(struct loader *, loader_free)

static int copy_text(const char *text, char **ret) {
        char *copy = NULL;

        if (text) {
                copy = strdup(text);
                if (!copy)
                        return -ENOMEM;
        }
        *ret = copy;
        return 0;
}

static bool column_mac(sqlite3_stmt *row, int column, struct mac_address *ret) {
        const char *text;

        return store_column_text(row, column, MAC_STRING_MAX, &text) && text && mac_parse(text, ret) >= 0;
}

static bool column_ip(sqlite3_stmt *row, int column, struct ip_address *ret) {
        const char *text;

        return store_column_text(row, column, IP_STRING_MAX, &text) && text && ip_parse(text, ret) >= 0;
}

static bool column_kind(sqlite3_stmt *row, int column, bool may_miss, enum fact_kind *ret) {
        const char *text;

        if (!store_column_text(row, column, 64, &text))
                return false;
        *ret = text ? fact_kind_from_string(text) : _FACT_KIND_INVALID;
        return *ret != _FACT_KIND_INVALID || (!text && may_miss);
}

static bool column_voice(sqlite3_stmt *row, int column, enum fact_voice *ret) {
        const char *text;

        if (!store_column_text(row, column, 16, &text) || !text)
                return false;
        for (int voice = 0; voice < _VOICE_MAX; voice++)
                if (strcmp(store_voice_to_string((enum fact_voice) voice), text) == 0) {
                        *ret = (enum fact_voice) voice;
                        return true;
                }
        return false;
}

static bool column_id(sqlite3_stmt *row, int column, uint64_t *ret) {
        *ret = (uint64_t) sqlite3_column_int64(row, column); /* all 64 bits are in use */
        return sqlite3_column_type(row, column) == SQLITE_INTEGER;
}

/* Runs `take` on every row of `statement` for one device or network. `take` answers 1: taken, 0: skip the
 * row, -ENOMEM. */
static int each_row(struct loader *l, enum store_statement statement, uint64_t id,
                    int (*take)(void *userdata, sqlite3_stmt *row), void *userdata) {
        const struct store_value value = NUMBER(id);
        sqlite3_stmt *rows = store_query(l->store, statement, &value, 1);
        int r;

        while ((r = store_next(l->store, rows)) > 0) {
                r = take(userdata, rows);
                if (r < 0) {
                        sqlite3_reset(rows);
                        return r;
                }
                if (r == 0)
                        l->store->counters.skipped_rows++;
        }
        return r;
}

static int take_mac(struct device *d, sqlite3_stmt *row) {
        struct device_mac mac = { 0 };

        if (d->n_macs >= DEVICE_MACS_MAX || !column_mac(row, 1, &mac.address) || mac_is_zero(&mac.address) ||
            mac_is_group(&mac.address) || !store_column_time(row, 3, &mac.first_seen) ||
            !store_column_time(row, 4, &mac.last_seen))
                return 0;
        d->macs[d->n_macs++] = mac;
        return 1;
}

static int take_ip(struct device_ip *ips, size_t *n, size_t max, uint8_t family, sqlite3_stmt *row) {
        struct device_ip ip = { 0 };

        if (*n >= max || !column_ip(row, 1, &ip.address) || ip.address.family != family || !ip_is_host(&ip.address) ||
            !column_kind(row, 2, true, &ip.source) || !store_column_time(row, 3, &ip.first_seen) ||
            !store_column_time(row, 4, &ip.last_seen))
                return 0;
        ips[(*n)++] = ip;
        return 1;
}

static int take_address(void *userdata, sqlite3_stmt *row) {
        struct device *d = userdata;
        const char *family;

        if (!store_column_text(row, 0, 16, &family) || !family)
                return 0;
        if (strcmp(family, "mac") == 0)
                return take_mac(d, row);
        if (strcmp(family, "ipv4") == 0)
                return take_ip(d->ipv4, &d->n_ipv4, DEVICE_IPV4_MAX, AF_INET, row);
        if (strcmp(family, "ipv6") == 0)
                return take_ip(d->ipv6, &d->n_ipv6, DEVICE_IPV6_MAX, AF_INET6, row);
        return 0;
}

static int take_service(void *userdata, sqlite3_stmt *row) {
        struct device *d = userdata;
        struct device_service service = { 0 };
        const char *value;
        int r;

        if (d->n_services >= DEVICE_SERVICES_MAX || !column_kind(row, 0, true, &service.source) ||
            !store_column_text(row, 1, FACT_VALUE_MAX, &value) || !value ||
            !store_column_time(row, 2, &service.first_seen) || !store_column_time(row, 3, &service.last_seen))
                return 0;
        r = copy_text(value, &service.value);
        if (r < 0)
                return r;
        d->services[d->n_services++] = service;
        return 1;
}

static int take_evidence(void *userdata, sqlite3_stmt *row) {
        struct device *d = userdata;
        struct evidence e = { 0 };
        uint64_t confidence, count;
        const char *value;
        int r;

        if (d->n_evidence >= DEVICE_EVIDENCE_MAX || !column_kind(row, 0, false, &e.kind) ||
            !column_voice(row, 1, &e.voice) || !store_column_text(row, 2, FACT_VALUE_MAX, &value) || !value ||
            !store_column_u64(row, 3, 100, &confidence) || !store_column_u64(row, 4, UINT32_MAX, &count) ||
            !store_column_time(row, 5, &e.first_seen) || !store_column_time(row, 6, &e.last_seen))
                return 0;
        e.confidence = (uint8_t) confidence;
        e.count = (uint32_t) count;
        r = copy_text(value, &e.value);
        if (r < 0)
                return r;
        d->evidence[d->n_evidence++] = e;
        return 1;
}

/* What the user set. A bad field costs that field alone. */
static int take_user(struct loader *l, sqlite3_stmt *row) {
        struct device_user *user = &l->device.user;
        const char *label = NULL, *notes = NULL, *type = NULL;
        bool good;
        int r;

        if (sqlite3_column_int(row, 13) == 0)
                return 0;
        good = store_column_text(row, 14, DEVICE_USER_TEXT_MAX, &label);
        good &= store_column_text(row, 15, DEVICE_NOTES_MAX, &notes);
        good &= store_column_text(row, 16, 64, &type);
        good &= store_column_bool(row, 17, &user->trusted);
        if (type)
                user->type = device_type_from_string(type);
        if (!good || (type && user->type == _TYPE_INVALID))
                l->store->counters.skipped_rows++;
        r = copy_text(label, &user->label);
        return r < 0 ? r : copy_text(notes, &user->notes);
}

static bool take_flags(struct device *d, sqlite3_stmt *row) {
        static const uint32_t flags[] = { DEVICE_SELF, DEVICE_GATEWAY, DEVICE_RANDOMIZED, DEVICE_KNOWN, DEVICE_CONFIRMED };

        for (size_t i = 0; i < ELEMENTSOF(flags); i++) {
                bool is_set;

                if (!store_column_bool(row, 4 + (int) i, &is_set))
                        return false;
                if (is_set)
                        d->flags |= flags[i];
        }
        return true;
}

static bool take_device_row(struct device *d, sqlite3_stmt *row) {
        return column_id(row, 0, &d->id) && d->id != 0 && column_id(row, 1, &d->network) &&
                store_column_time(row, 2, &d->first_seen) && store_column_time(row, 3, &d->last_seen) &&
                take_flags(d, row) && store_column_u64(row, 9, INT64_MAX, &d->traffic.packets_sent) &&
                store_column_u64(row, 10, INT64_MAX, &d->traffic.bytes_sent) &&
                store_column_u64(row, 11, INT64_MAX, &d->traffic.packets_received) &&
                store_column_u64(row, 12, INT64_MAX, &d->traffic.bytes_received);
}

/* 1: `l->device` is whole; 0: skip it. */
static int load_device(struct loader *l, sqlite3_stmt *row) {
        int r;

        loader_clear(l);
        if (!take_device_row(&l->device, row))
                return 0;
        r = take_user(l, row);
        if (r >= 0)
                r = each_row(l, SQL_ADDRESSES_LOAD, l->device.id, take_address, &l->device);
        if (r >= 0)
                r = each_row(l, SQL_SERVICES_LOAD, l->device.id, take_service, &l->device);
        if (r >= 0)
                r = each_row(l, SQL_EVIDENCE_LOAD, l->device.id, take_evidence, &l->device);
        return r < 0 ? r : 1;
}

static int take_prefix(void *userdata, sqlite3_stmt *row) {
        struct network *n = userdata;
        struct ip_address address;
        uint64_t length;

        if (n->n_prefixes >= ELEMENTSOF(n->prefixes) || !column_ip(row, 0, &address) ||
            !store_column_u64(row, 1, address.family == AF_INET ? 32 : 128, &length))
                return 0;
        n->prefixes[n->n_prefixes].address = address;
        n->prefixes[n->n_prefixes++].length = (uint8_t) length;
        return 1;
}

static bool take_network_row(struct network *n, const char **ret_name, sqlite3_stmt *row) {
        const char *interface;
        uint64_t vlan;

        if (!column_id(row, 0, &n->id) || n->id == 0 ||
            !store_column_text(row, 1, sizeof n->interface - 1, &interface) || !interface ||
            !store_column_u64(row, 2, 4095, &vlan) || /* 12 bits: IEEE 802.1Q §9.6 */
            (sqlite3_column_type(row, 3) != SQLITE_NULL && !column_mac(row, 3, &n->gateway_mac)) ||
            (sqlite3_column_type(row, 4) != SQLITE_NULL && !column_ip(row, 4, &n->gateway_ip)) ||
            !store_column_text(row, 5, FACT_VALUE_MAX, ret_name) || !store_column_time(row, 6, &n->first_seen) ||
            !store_column_time(row, 7, &n->last_seen))
                return false;
        n->vlan = (uint16_t) vlan;
        strcpy(n->interface, interface); /* its length was just checked */
        return true;
}

static int load_network(struct loader *l, sqlite3_stmt *row, const struct store_load_ops *ops) {
        _cleanup_(freep) char *name = NULL;
        struct network network = { 0 };
        const char *text = NULL;
        int r;

        if (!take_network_row(&network, &text, row))
                return 0;
        r = copy_text(text, &name);
        if (r < 0)
                return r;
        network.name = name;
        r = each_row(l, SQL_PREFIXES_LOAD, network.id, take_prefix, &network);
        if (r < 0)
                return r;
        return ops->network(ops->userdata, &network) >= 0;
}

static int load_networks(struct loader *l, const struct store_load_ops *ops) {
        sqlite3_stmt *rows = store_query(l->store, SQL_NETWORKS_LOAD, NULL, 0);
        int r;

        while ((r = store_next(l->store, rows)) > 0) {
                r = load_network(l, rows, ops);
                if (r < 0)
                        break;
                l->store->counters.skipped_rows += r == 0;
        }
        sqlite3_reset(rows);
        return r;
}

static int load_devices(struct loader *l, const struct store_load_ops *ops) {
        sqlite3_stmt *rows = store_query(l->store, SQL_DEVICES_LOAD, NULL, 0);
        int r;

        while ((r = store_next(l->store, rows)) > 0) {
                r = load_device(l, rows);
                if (r < 0)
                        break;
                if (r == 0 || ops->device(ops->userdata, &l->device) < 0)
                        l->store->counters.skipped_rows++;
        }
        sqlite3_reset(rows);
        return r;
}

int store_load(struct store *store, const struct store_load_ops *ops) {
        _cleanup_(loader_freep) struct loader *l = calloc(1, sizeof *l);
        int r;

        if (!l)
                return -ENOMEM;
        l->store = store;
        r = load_networks(l, ops);
        if (r >= 0)
                r = load_devices(l, ops);
        sqlite3_db_release_memory(store->db); /* the pages read will not be needed again soon */
        return r;
}
