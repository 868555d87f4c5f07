/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/escape.h"
#include "engine/proto/session.h"

/* What the fuzz targets of parsers of TCP streams share: a connection whose sides say what the target tells, in
 * segments of `step` bytes. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzz_stream {
        struct session_table *table;
        struct fact_sink sink;
        uint32_t next[2];
        uint64_t number;
};

static void fuzz_check_fact(void *userdata, const struct fact *fact) {
        (void) userdata;
        if (!fact_kind_to_string(fact->kind) || fact->value_length > FACT_VALUE_MAX ||
            strlen(fact->value) != fact->value_length || !text_is_utf8(fact->value, fact->value_length))
                abort();
}

static inline int fuzz_stream_begin(struct fuzz_stream *f) {
        *f = (struct fuzz_stream) { .sink = { fuzz_check_fact, NULL } };
        return session_table_new(&f->table, 16, 256 * 1024, 0);
}

static inline void fuzz_stream_say(struct fuzz_stream *f, unsigned side, const void *data, size_t length, size_t step) {
        struct cursor rest = cursor_make(data, length), bytes;

        while (cursor_take(&rest, step < cursor_left(&rest) ? step : cursor_left(&rest), &bytes) && cursor_left(&bytes) > 0) {
                struct frame frame = { .linktype = 1, .ts = ++f->number, .number = f->number };
                struct packet packet = {
                        .frame = &frame, .layer = LAYER_TCP, .tcp_flags = TCP_ACK, .source = { AF_INET, { side } },
                        .destination = { AF_INET, { !side } }, .source_port = side ? 443 : 40000,
                        .destination_port = side ? 40000 : 443, .tcp_sequence = f->next[side],
                        .tcp_acknowledgement = f->next[!side], .payload = bytes, .payload_length = (uint32_t) cursor_left(&bytes),
                };

                f->next[side] += packet.payload_length;
                session_table_feed(f->table, &packet, &f->sink);
        }
}

static inline void fuzz_stream_end(struct fuzz_stream *f) {
        session_table_finish(f->table, &f->sink);
        session_table_free(f->table);
}
