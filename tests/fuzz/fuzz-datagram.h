/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/escape.h"
#include "engine/proto/datagram.h"

/* What the fuzz targets of handshakes over UDP share: datagrams between two ends. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_check_fact(void *userdata, const struct fact *fact) {
        (void) userdata;
        if (!fact_kind_to_string(fact->kind) || fact->value_length > FACT_VALUE_MAX ||
            strlen(fact->value) != fact->value_length || !text_is_utf8(fact->value, fact->value_length))
                abort();
}

static inline void fuzz_datagram(struct datagram_table *table, uint64_t number, unsigned side, const void *data, size_t length) {
        struct fact_sink sink = { fuzz_check_fact, NULL };
        struct frame frame = { .linktype = 1, .ts = number, .number = number };
        struct packet packet = {
                .frame = &frame, .layer = LAYER_UDP, .source = { AF_INET, { side } }, .destination = { AF_INET, { !side } },
                .source_port = side ? 443 : 40000, .destination_port = side ? 40000 : 443, .payload = cursor_make(data, length),
                .payload_length = (uint32_t) length,
        };

        datagram_table_feed(table, &packet, &sink);
}
