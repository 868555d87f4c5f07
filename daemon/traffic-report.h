/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "daemon/ledger.h"

/* Traffic over some time: what the database has of it and what is on its way there, put together. */

struct traffic_row {
        uint64_t key; /* of spans their beginning, ns since the epoch; of devices their id */
        struct device_traffic traffic;
};

struct traffic_peer {
        struct ip_address address;
        char *name; /* NULL: none known */
        struct device_traffic traffic;
};

struct traffic_report {
        struct device_traffic total;
        struct traffic_row *spans, *devices; /* by time; the most bytes first */
        size_t n_spans, n_devices;
        struct traffic_peer *peers;          /* the most bytes first */
        size_t n_peers;
};

/* `peers_max`: as many as are kept. 0 or -errno with an empty report. */
int traffic_report_make(struct traffic_report *ret, struct store *store, const struct ledger *ledger,
                        const struct store_traffic_filter *filter, size_t peers_max);
void traffic_report_done(struct traffic_report *report);
