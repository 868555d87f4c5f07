/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/socket.h>

#include "engine/proto/datagram.h"
#include "tests/unit/fact-log.h"

/* Datagrams between two ends for tests, facts as lines. Side 0 is the client. */

struct datagram_log {
        struct datagram_table *table;
        struct fact_log log;
        struct fact_sink sink;
        uint64_t ts;
        uint16_t port; /* the client's */
};

static inline void datagram_log_begin(struct datagram_log *l) {
        memset(l, 0, sizeof *l);
        l->sink = (struct fact_sink) { fact_log_take, &l->log };
        l->port = 40000;
        assert_int_equal(datagram_table_new(&l->table, 1), 0);
}

static inline void datagram_log_end(struct datagram_log *l) {
        l->table = datagram_table_free(l->table);
}

static inline bool datagram_log_say(struct datagram_log *l, unsigned side, const void *data, size_t n) {
        struct frame frame = { .ts = l->ts, .linktype = 1 };
        struct packet packet = {
                .frame = &frame, .flags = PACKET_HAS_MAC | PACKET_HAS_IP | PACKET_HAS_TRANSPORT, .layer = LAYER_UDP,
                .source = { AF_INET, { 10, 0, 0, side ? 2 : 1 } }, .destination = { AF_INET, { 10, 0, 0, side ? 1 : 2 } },
                .source_port = side ? 443 : l->port, .destination_port = side ? l->port : 443,
                .payload = cursor_make(data, n), .payload_length = (uint32_t) n,
        };

        return datagram_table_feed(l->table, &packet, &l->sink);
}
