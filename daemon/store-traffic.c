/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The history of traffic. Hours come in from memory and are added to what the file has of them and of their days. */

#include <errno.h>

#include "daemon/store-internal.h"

#define STEP 2000 /* rows that a prune takes */

const char *store_span_to_string(enum store_span span) {
        static const char *const names[_SPAN_MAX] = { [SPAN_HOUR] = "hour", [SPAN_DAY] = "day" };

        return names[span];
}

static int add_span(struct store *store, uint64_t device, enum store_span span, const struct store_hour *hour) {
        const struct store_value name = TEXT(store_span_to_string(span));
        const struct store_value time = NUMBER(hour->time - hour->time % SPAN_NSEC(span));
        const struct device_traffic *t = &hour->traffic;
        int r;

        r = store_run(store, SQL_TRAFFIC_ADD, NUMBER(device), name, time, NUMBER(t->packets_sent),
                      NUMBER(t->bytes_sent),
                      NUMBER(t->packets_received), NUMBER(t->bytes_received));
        for (size_t i = 0; r >= 0 && i < hour->n_peers; i++) {
                const struct store_peer *peer = &hour->peers[i];
                char address[IP_STRING_MAX];

                t = &peer->traffic;
                r = store_run(store, SQL_PEER_ADD, NUMBER(device), name, time, NUMBER(t->packets_sent),
                              NUMBER(t->bytes_sent),
                              NUMBER(t->packets_received), NUMBER(t->bytes_received),
                              TEXT(ip_format(&peer->address, address)),
                              TEXT(peer->name));
        }
        if (r >= 0 && hour->n_peers > 0)
                r = store_run(store, SQL_PEERS_TRIM, NUMBER(device), name, time, NUMBER(STORE_PEERS_MAX));
        return r;
}

int store_write_traffic(struct store *store, uint64_t device) {
        const struct store_hour *hours = NULL;
        size_t n = 0;
        int r = 0;

        if (store->source.traffic)
                hours = store->source.traffic(store->source.userdata, device, &n);
        for (size_t i = 0; r >= 0 && i < n; i++)
                for (int span = 0; r >= 0 && span < _SPAN_MAX; span++)
                        r = add_span(store, device, (enum store_span) span, &hours[i]);
        return r < 0 ? r : 0;
}

int store_move_traffic(struct store *store, uint64_t from, uint64_t to) {
        int r = store_run(store, SQL_TRAFFIC_MOVE, NUMBER(from), NUMBER(to));

        return r < 0 ? r : store_run(store, SQL_PEERS_MOVE, NUMBER(from), NUMBER(to));
}

static bool column_traffic(sqlite3_stmt *row, int column, struct device_traffic *ret) {
        return store_column_u64(row, column, INT64_MAX, &ret->packets_sent) &&
               store_column_u64(row, column + 1, INT64_MAX, &ret->bytes_sent) &&
               store_column_u64(row, column + 2, INT64_MAX, &ret->packets_received) &&
               store_column_u64(row, column + 3, INT64_MAX, &ret->bytes_received);
}

static int64_t sql_time(uint64_t time) {
        return (int64_t) MIN(time, (uint64_t) INT64_MAX);
}

int store_list_traffic(struct store *store, const struct store_traffic_filter *filter,
                       int (*take)(void *userdata, uint64_t device, uint64_t time,
                                   const struct device_traffic *traffic),
                       void *userdata) {
        const struct store_value values[] = { TEXT(store_span_to_string(filter->span)), NUMBER(sql_time(filter->since)),
                                              NUMBER(sql_time(filter->until)), NUMBER(filter->device) };
        bool all = filter->device == 0;
        sqlite3_stmt *rows = store_query(store, all ? SQL_TRAFFIC_LIST_ALL : SQL_TRAFFIC_LIST, values,
                                         ELEMENTSOF(values) - all);
        int r;

        while ((r = store_next(store, rows)) > 0) {
                struct device_traffic traffic;
                uint64_t time;

                if (!store_column_time(rows, 1, &time) || !column_traffic(rows, 2, &traffic)) {
                        store->counters.skipped_rows++;
                        continue;
                }
                r = take(userdata, (uint64_t) sqlite3_column_int64(rows, 0), time, &traffic);
                if (r < 0)
                        break;
        }
        sqlite3_reset(rows);
        return r;
}

int store_list_peers(struct store *store, const struct store_traffic_filter *filter, uint32_t limit,
                     int (*take)(void *userdata, const struct store_peer *peer), void *userdata) {
        const struct store_value values[] = { TEXT(store_span_to_string(filter->span)), NUMBER(sql_time(filter->since)),
                                              NUMBER(sql_time(filter->until)), NUMBER(filter->device), NUMBER(limit) };
        sqlite3_stmt *rows = store_query(store, filter->device == 0 ? SQL_PEERS_LIST_ALL : SQL_PEERS_LIST, values,
                                         ELEMENTSOF(values));
        int r;

        while ((r = store_next(store, rows)) > 0) {
                struct store_peer peer = {};
                const char *address;

                if (!store_column_text(rows, 0, IP_STRING_MAX, &address) || !address ||
                    ip_parse(address, &peer.address) < 0 ||
                    !store_column_text(rows, 1, STORE_ALERT_TEXT_MAX, &peer.name) ||
                    !column_traffic(rows, 2, &peer.traffic)) {
                        store->counters.skipped_rows++;
                        continue;
                }
                r = take(userdata, &peer);
                if (r < 0)
                        break;
        }
        sqlite3_reset(rows);
        return r;
}

int store_first_traffic(struct store *store, enum store_span span, uint64_t *ret) {
        const struct store_value name = TEXT(store_span_to_string(span));
        sqlite3_stmt *row = store_query(store, SQL_TRAFFIC_FIRST, &name, 1);
        int r = store_next(store, row);

        if (r > 0 && !store_column_time(row, 0, ret))
                r = 0;
        sqlite3_reset(row);
        return r;
}

int store_prune_traffic(struct store *store, enum store_span span, uint64_t limit) {
        static const enum store_statement statements[] = { SQL_PEERS_OLD_DELETE, SQL_TRAFFIC_OLD_DELETE };
        const struct store_value name = TEXT(store_span_to_string(span));
        uint64_t first;
        int r = store_first_traffic(store, span, &first);

        if (r <= 0 || first >= limit)
                return r < 0 ? r : 0;
        r = 0;
        for (size_t i = 0; r == 0 && i < ELEMENTSOF(statements); i++) {
                r = store_begin(store, false);
                if (r >= 0)
                        r = store_end(store, store_run(store, statements[i], name, NUMBER(sql_time(limit)),
                                                       NUMBER(STEP)));
        }
        if (r > 0)
                store->counters.pruned_traffic += (uint64_t) r;
        return r;
}
