/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "engine/detect/flow-features.h"

#include <math.h>
#include <netinet/in.h>
#include <stddef.h>

#include "common/macro.h"

#define ETHERNET_HEADER 14
#define TAG 4

enum operation { OPERATION_LOG, OPERATION_MEAN, OPERATION_SHARE, OPERATION_IS, OPERATION_BELOW };

#define COLUMN_DURATION offsetof(struct flow_columns, duration)
#define COLUMN_PACKETS_SENT offsetof(struct flow_columns, packets_sent)
#define COLUMN_PACKETS_RECEIVED offsetof(struct flow_columns, packets_received)
#define COLUMN_BYTES_SENT offsetof(struct flow_columns, bytes_sent)
#define COLUMN_BYTES_RECEIVED offsetof(struct flow_columns, bytes_received)
#define COLUMN_PROTOCOL offsetof(struct flow_columns, protocol)
#define COLUMN_RESPONDER_PORT offsetof(struct flow_columns, responder_port)
#define COLUMN_NONE 0

static const struct feature {
        enum operation operation;
        size_t column, other;
        double number;
} features[FLOW_FEATURES] = {
#define X(name, operation, column, other, number) { OPERATION_##operation, COLUMN_##column, COLUMN_##other, number },
        FLOW_FEATURE_TABLE(X)
#undef X
};

static double column(const struct flow_columns *columns, size_t offset) {
        return *(const double *) ((const char *) columns + offset);
}

static double compute(const struct feature *f, double a, double b) {
        switch (f->operation) {
        case OPERATION_LOG:
                return log1p(a);
        case OPERATION_MEAN:
                return b > 0 ? log1p(a / b) : 0;
        case OPERATION_SHARE:
                return a + b > 0 ? a / (a + b) : 0;
        case OPERATION_IS:
                return a == f->number;
        case OPERATION_BELOW:
                return a < f->number;
        }
        return 0;
}

void flow_features_compute(const struct flow_columns *columns, float ret[static FLOW_FEATURES]) {
        for (size_t i = 0; i < FLOW_FEATURES; i++)
                ret[i] = (float) compute(&features[i], column(columns, features[i].column), column(columns, features[i].other));
}

static double bytes_of(const struct flow_direction *d, unsigned header) {
        uint64_t headers = d->packets * header;

        return d->bytes > headers ? (double) (d->bytes - headers) : 0;
}

void flow_columns_from_record(const struct flow_record *r, struct flow_columns *ret) {
        unsigned header = ETHERNET_HEADER + (r->vlan ? TAG : 0) + (r->inner_vlan ? TAG : 0);
        bool ports = r->protocol == IPPROTO_TCP || r->protocol == IPPROTO_UDP;

        *ret = (struct flow_columns) {
                .duration = r->last > r->first ? (double) (r->last - r->first) / NSEC_PER_SEC : 0,
                .packets_sent = (double) r->directions[0].packets,
                .packets_received = (double) r->directions[1].packets,
                .bytes_sent = bytes_of(&r->directions[0], header),
                .bytes_received = bytes_of(&r->directions[1], header),
                .protocol = r->protocol,
                .responder_port = ports ? r->endpoints[1].port : 0,
        };
}
