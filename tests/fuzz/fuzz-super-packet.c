/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A frame split into segments. Input: MTU (2 bytes, big-endian), bytes on the wire beyond those captured (2), the frame. */

#include <stdint.h>
#include <stdlib.h>

#include "common/cursor.h"
#include "daemon/super-packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct sum {
        uint32_t mtu;
        uint64_t payload, captured;
};

static void take(void *userdata, const struct frame *segment) {
        struct sum *sum = userdata;

        if (segment->captured > segment->length || segment->captured > SUPER_PACKET_SCRATCH(sum->mtu))
                abort();
        sum->captured += segment->data[segment->captured - 1] != 0;
        sum->payload += segment->length;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static uint8_t scratch[SUPER_PACKET_SCRATCH(UINT16_MAX)];
        struct cursor c = cursor_make(data, size);
        struct frame frame = { .linktype = 1 };
        struct sum sum = { 0 };
        uint16_t mtu, missing;
        unsigned n;

        if (!cursor_be16(&c, &mtu) || !cursor_be16(&c, &missing))
                return 0;
        sum.mtu = mtu;
        frame.data = c.data;
        frame.captured = (uint32_t) cursor_left(&c);
        frame.length = frame.captured + missing;
        n = super_packet_split(&frame, mtu, scratch, take, &sum);
        if (n > 0 && (n < 2 || sum.payload < frame.length))
                abort();
        return 0;
}
