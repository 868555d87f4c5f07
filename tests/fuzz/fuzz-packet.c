/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Frames of any link type through the decoder and all dissectors. Input: link type (1 byte), then
 * records of length (2 bytes, big-endian) and frame. */

#include <stdint.h>
#include <stdlib.h>

#include "common/cursor.h"
#include "engine/proto/dissector.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take(void *userdata, const struct fact *fact) {
        /* Reads every byte that a value claims, and the NUL that must follow. */
        (void) userdata;
        if (strlen(fact->value) != fact->value_length)
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        struct cursor c = cursor_make(data, size), bytes;
        struct fact_sink sink = { take, NULL };
        struct packet_decoder *decoder = NULL;
        uint64_t number = 0;
        uint8_t linktype;
        uint16_t length;

        if (!cursor_u8(&c, &linktype) || packet_decoder_new(&decoder) < 0)
                return 0;
        while (cursor_be16(&c, &length) && cursor_take(&c, MIN((size_t) length, cursor_left(&c)), &bytes)) {
                struct frame frame = { .ts = ++number, .number = number, .linktype = linktype, .data = bytes.data };
                struct packet packet;

                frame.captured = frame.length = (uint32_t) cursor_left(&bytes);
                if (packet_decode(decoder, &frame, &packet) > 0)
                        dissectors_run(&packet, &sink, NULL);
        }
        packet_decoder_free(decoder);
        return 0;
}
