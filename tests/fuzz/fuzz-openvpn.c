/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What follows the reset of OpenVPN's client, over TCP and over UDP. Input: records of flags (bit 0 the side), length (2
 * bytes, big-endian) and a packet. */

#include "common/macro.h"
#include "tests/fuzz/fuzz-stream.h"

#include "engine/proto/datagram.h"

static void say(struct fuzz_stream *f, struct datagram_table *datagrams, unsigned side, struct cursor packet) {
        struct frame frame = { .linktype = 1, .ts = ++f->number, .number = f->number };
        struct packet datagram = {
                .frame = &frame, .layer = LAYER_UDP, .source = { AF_INET, { side } }, .destination = { AF_INET, { !side } },
                .source_port = side ? 1194 : 40000, .destination_port = side ? 40000 : 1194, .payload = packet,
                .payload_length = (uint32_t) cursor_left(&packet),
        };
        uint8_t length[2] = { (uint8_t) (cursor_left(&packet) >> 8), (uint8_t) cursor_left(&packet) };

        datagram_table_feed(datagrams, &datagram, &f->sink);
        fuzz_stream_say(f, side, length, sizeof length, sizeof length);
        fuzz_stream_say(f, side, packet.data, cursor_left(&packet), cursor_left(&packet));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static const uint8_t reset[14] = { 0x38 };
        struct cursor c = cursor_make(data, size), packet;
        struct datagram_table *datagrams = NULL;
        struct fuzz_stream f;
        uint16_t length;
        uint8_t flags;

        if (datagram_table_new(&datagrams, 0) < 0)
                return 0;
        if (fuzz_stream_begin(&f) >= 0) {
                say(&f, datagrams, 0, cursor_make(reset, sizeof reset));
                while (cursor_u8(&c, &flags) && cursor_be16(&c, &length) &&
                       cursor_take(&c, MIN((size_t) length, cursor_left(&c)), &packet))
                        say(&f, datagrams, flags & 1, packet);
                fuzz_stream_end(&f);
        }
        datagram_table_free(datagrams);
        return 0;
}
