/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "engine/flow/flow-record.h"
#include "flow-feature-table.h"

/* What a model sees of a flow: numbers of a fixed order, as data/ml/features.table has them. */

struct flow_columns {
        double duration; /* seconds */
        double packets_sent, packets_received;
        double bytes_sent, bytes_received; /* from the IP header on */
        double protocol;
        double responder_port;
};

/* Of an Ethernet flow: frames without their header and tags. Padding of short frames counts as they do. */
void flow_columns_from_record(const struct flow_record *record, struct flow_columns *ret);

void flow_features_compute(const struct flow_columns *columns, float ret[static FLOW_FEATURES]);
