/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <string.h>
#include <sys/socket.h>

#include "engine/proto/session.h"
#include "tests/unit/fact-log.h"

/* A TCP connection for tests: segments made of bytes, facts as lines. Side 0 is the client. */

struct tcp_talk {
        struct session_table *table;
        struct fact_log log;
        struct fact_sink sink;
        uint32_t next[2];
        uint64_t frame;
};

static inline void tcp_talk_begin(struct tcp_talk *t) {
        memset(t, 0, sizeof *t);
        t->sink = (struct fact_sink) { fact_log_take, &t->log };
        assert_int_equal(session_table_new(&t->table, 64, 1 << 20, 0), 0);
}

static inline void tcp_talk_end(struct tcp_talk *t) {
        session_table_finish(t->table, &t->sink);
        t->table = session_table_free(t->table);
}

/* A segment at an offset of the stream, from 0; `length` is what was sent, data may be cut short. */
static inline void tcp_talk_segment(struct tcp_talk *t, unsigned side, uint32_t offset, const void *data, size_t captured, size_t length) {
        struct frame frame = { .ts = ++t->frame, .linktype = 1 };
        struct packet packet = {
                .frame = &frame, .flags = PACKET_HAS_MAC | PACKET_HAS_IP | PACKET_HAS_TRANSPORT, .layer = LAYER_TCP,
                .source = { AF_INET, { 10, 0, 0, side ? 2 : 1 } }, .destination = { AF_INET, { 10, 0, 0, side ? 1 : 2 } },
                .source_port = side ? 80 : 40000, .destination_port = side ? 40000 : 80,
                .tcp_flags = TCP_ACK | TCP_PSH, .tcp_sequence = 1000 + offset, .tcp_acknowledgement = 1000 + t->next[!side],
                .payload = cursor_make(data, captured), .payload_length = (uint32_t) length,
        };

        frame.number = t->frame;
        packet.link_source.bytes[5] = (uint8_t) (1 + side);
        session_table_feed(t->table, &packet, &t->sink);
        if (offset + length > t->next[side])
                t->next[side] = (uint32_t) (offset + length);
}

static inline void tcp_talk_say(struct tcp_talk *t, unsigned side, const void *data, size_t n) {
        tcp_talk_segment(t, side, t->next[side], data, n, n);
}

/* The same in segments of `step` bytes. */
static inline void tcp_talk_say_by(struct tcp_talk *t, unsigned side, const void *data, size_t n, size_t step) {
        for (size_t at = 0; at < n; at += step)
                tcp_talk_say(t, side, (const uint8_t *) data + at, n - at < step ? n - at : step);
}

static inline void tcp_talk_open(struct tcp_talk *t) {
        struct frame frame = { .ts = ++t->frame, .linktype = 1 };
        struct packet syn = {
                .frame = &frame, .flags = PACKET_HAS_MAC | PACKET_HAS_IP | PACKET_HAS_TRANSPORT, .layer = LAYER_TCP,
                .source = { AF_INET, { 10, 0, 0, 1 } }, .destination = { AF_INET, { 10, 0, 0, 2 } },
                .source_port = 40000, .destination_port = 80, .tcp_flags = TCP_SYN, .tcp_sequence = 999,
        };
        struct packet answer = syn;

        answer.source = syn.destination;
        answer.destination = syn.source;
        answer.source_port = 80;
        answer.destination_port = 40000;
        answer.tcp_flags = TCP_SYN | TCP_ACK;
        session_table_feed(t->table, &syn, &t->sink);
        session_table_feed(t->table, &answer, &t->sink);
}
