/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/escape.h"
#include "engine/proto/dissector.h"

/* What the fuzz targets of the dissectors share: the input is the payload, behind one byte that says what the
 * headers in front of it were like. Each target defines LLVMFuzzerTestOneInput() as one call of this. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What everybody behind the dissectors relies on. */
static void fuzz_check_fact(void *userdata, const struct fact *fact) {
        (void) userdata;
        if (!fact_kind_to_string(fact->kind) || fact->value_length > FACT_VALUE_MAX ||
            strlen(fact->value) != fact->value_length || !text_is_utf8(fact->value, fact->value_length))
                abort();
}

static inline int fuzz_dissector(int (*dissect)(const struct packet *packet, struct emitter *emitter),
                                 enum packet_layer layer, const uint8_t *data, size_t size) {
        struct fact_sink sink = { fuzz_check_fact, NULL };
        struct frame frame = { .ts = 1, .number = 1, .linktype = 1 };
        struct packet packet = { .frame = &frame, .layer = layer, .source = { .family = AF_INET },
                                 .destination = { .family = AF_INET } };
        struct cursor c = cursor_make(data, size);
        struct emitter emitter;
        uint8_t headers;
        int r;

        if (!cursor_u8(&c, &headers))
                return 0;
        packet.flags = headers & 1 ? PACKET_HAS_MAC : 0;
        packet.source.bytes[0] = headers & 2 ? 10 : 0;
        packet.destination.bytes[0] = headers & 4 ? 224 : 10;
        packet.hop_limit = headers & 8 ? 255 : 64;
        packet.payload = c;
        packet.payload_length = (uint32_t) cursor_left(&c);
        emitter_begin(&emitter, &packet, &sink);
        r = dissect(&packet, &emitter);
        if (r > 1)
                abort();
        return 0;
}
