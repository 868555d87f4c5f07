/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/fuzz/fuzz-dissector.h"

/* The input is a TCP header, cut or whole, as decoding leaves it. */
static int dissect(const struct packet *packet, struct emitter *emitter) {
        static const uint8_t ip_header[20];
        struct packet segment = *packet;
        size_t header;

        if (cursor_left(&packet->payload) < 20)
                return 0;
        segment.ip_header = ip_header;
        segment.transport_header = packet->payload.data;
        segment.tcp_flags = packet->payload.data[13];
        segment.tcp_options = (struct cursor) { packet->payload.data + 20, packet->payload.end };
        header = (size_t) (packet->payload.data[12] >> 4) * 4;
        if (header < 20)
                return 0;
        if (header - 20 < cursor_left(&segment.tcp_options))
                segment.tcp_options.end = segment.tcp_options.data + header - 20;
        return syn_dissect(&segment, emitter);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        return fuzz_dissector(dissect, LAYER_TCP, data, size);
}
