/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One TCP connection in segments of the fuzzer's choice through reassembly and all parsers of sessions. Input:
 * records of flags (bit 0 side, 1 behind a hole, 2 overlapping, 3 cut by the capture, 4 SYN), length (2 bytes,
 * big-endian) and data. */

#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "common/macro.h"
#include "engine/proto/session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take(void *userdata, const struct fact *fact) {
        (void) userdata;
        if (strlen(fact->value) != fact->value_length)
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        struct cursor c = cursor_make(data, size), bytes;
        struct fact_sink sink = { take, NULL };
        struct session_table *table = NULL;
        struct session_counters counters;
        uint32_t next[2] = { 1000, 1000 };
        uint64_t number = 0;
        uint16_t length;
        uint8_t flags;

        if (session_table_new(&table, 16, 256 * 1024, 0) < 0)
                return 0;
        while (cursor_u8(&c, &flags) && cursor_be16(&c, &length) && cursor_take(&c, MIN((size_t) length, cursor_left(&c)), &bytes)) {
                unsigned side = flags & 1;
                struct frame frame = { .linktype = 1 };
                struct packet packet = {
                        .frame = &frame, .layer = LAYER_TCP, .tcp_flags = flags & 16 ? TCP_SYN : TCP_ACK,
                        .source = { AF_INET, { side } }, .destination = { AF_INET, { !side } },
                        .source_port = side ? 53 : 40000, .destination_port = side ? 40000 : 53,
                        .tcp_sequence = next[side] + (flags & 2 ? 7 : 0) - (flags & 4 ? 5 : 0),
                        .tcp_acknowledgement = next[!side], .payload = bytes,
                        .payload_length = (uint32_t) cursor_left(&bytes) + (flags & 8 ? 9 : 0),
                };

                frame.number = frame.ts = ++number;
                next[side] = packet.tcp_sequence + packet.payload_length;
                session_table_feed(table, &packet, &sink);
        }
        session_table_finish(table, &sink);
        session_table_get_counters(table, &counters);
        if (counters.buffered > 256 * 1024)
                abort();
        session_table_free(table);
        return 0;
}
