/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Ethernet frames through both ways to a flow and a small flow table: the ways must agree, and no packet may get lost.
 * Input: records of length (2 bytes, big-endian; with the top bit, the capture cut 256 bytes off), seconds that pass
 * (1 byte; 255 is 1000 s back) and frame. */

#include <stdint.h>
#include <stdlib.h>

#include "common/cursor.h"
#include "common/macro.h"
#include "engine/flow/flow-table.h"
#include "tests/unit/flow-same.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CUT_OFF = 0x8000 };

static void take_flow(void *userdata, const struct flow_record *record) {
        uint64_t *packets = userdata;

        for (unsigned i = 0; i < 2; i++)
                *packets += record->directions[i].packets;
        if (record->last < record->first || strlen(record->history) >= FLOW_HISTORY_MAX)
                abort();
}

/* Returns packets that belong to a flow: 0 or 1. */
static unsigned feed(struct flow_table *table, struct packet_decoder *decoder, const struct frame *frame) {
        struct packet packet;

        if (observation_check(decoder, frame) < 0)
                abort();
        if (!flow_observation_from_frame(frame, flow_table_next(table))) {
                packet_decode(decoder, frame, &packet);
                if (!flow_observation_from_packet(&packet, flow_table_next(table)))
                        return 0;
        }
        flow_table_add(table);
        return 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        struct cursor c = cursor_make(data, size), bytes;
        struct packet_decoder *decoder = NULL;
        struct flow_table *table = NULL;
        uint64_t recorded = 0, fed = 0, now = 2000;
        struct flow_table_ops ops = { take_flow, &recorded };
        struct flow_table_config config;
        uint16_t length;
        uint8_t passed;

        flow_table_config_default(&config);
        config.flows_max = 8;
        config.unanswered_max = 3;
        if (packet_decoder_new(&decoder) < 0 || flow_table_new(&table, &config, &ops) < 0)
                abort();
        while (cursor_be16(&c, &length) && cursor_u8(&c, &passed) &&
               cursor_take(&c, MIN((size_t) length & (CUT_OFF - 1), cursor_left(&c)), &bytes)) {
                struct frame frame = { .linktype = 1, .captured = (uint32_t) cursor_left(&bytes) };
                uint8_t *copy = malloc(frame.captured ?: 1);

                now = passed == 255 ? now - MIN(now, UINT64_C(1000)) : now + passed;
                memcpy(copy, bytes.data, frame.captured);
                frame.data = copy;
                frame.ts = now * NSEC_PER_SEC;
                frame.length = frame.captured + (length & CUT_OFF ? 256 : 0);
                fed += feed(table, decoder, &frame);
                free(copy);
        }
        flow_table_flush(table);
        if (fed != recorded)
                abort();
        flow_table_free(table);
        packet_decoder_free(decoder);
        return 0;
}
