/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Ethernet frames through both ways to a flow and into a small flow table, with and without the analysis: the ways must
 * agree, and no packet may get lost. Input: records of length (2 bytes, big-endian; with the top bit, the capture cut 256
 * bytes off), seconds that pass (1 byte; 255 is 1000 s back) and frame. */

#include <stdint.h>
#include <stdlib.h>

#include "common/cursor.h"
#include "common/macro.h"
#include "tests/unit/flow-both.h"
#include "tests/unit/flow-same.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CUT_OFF = 0x8000, FRAMES_MAX = 64 };

/* Copies without a spare byte behind them show a read past a frame's end. */
static size_t read_frames(struct cursor *c, struct frame frames[static FRAMES_MAX], uint64_t *now) {
        struct cursor bytes;
        uint16_t length;
        uint8_t passed;
        size_t n = 0;

        while (n < FRAMES_MAX && cursor_be16(c, &length) && cursor_u8(c, &passed) &&
               cursor_take(c, MIN((size_t) length & (CUT_OFF - 1), cursor_left(c)), &bytes)) {
                struct frame *f = &frames[n++];
                uint8_t *copy = malloc(cursor_left(&bytes) ?: 1);

                *now = passed == 255 ? *now - MIN(*now, UINT64_C(1000)) : *now + passed;
                memcpy(copy, bytes.data, cursor_left(&bytes));
                *f = (struct frame) { .ts = *now * NSEC_PER_SEC, .linktype = 1, .data = copy,
                                      .captured = (uint32_t) cursor_left(&bytes) };
                f->length = f->captured + (length & CUT_OFF ? 256 : 0);
        }
        return n;
}

static void check_flows(const struct told *told, uint64_t packets) {
        for (size_t i = 0; i < told->n; i++) {
                const struct flow_record *r = &told->records[i];

                packets -= r->directions[0].packets + r->directions[1].packets;
                if (r->last < r->first || strlen(r->history) >= FLOW_HISTORY_MAX)
                        abort();
        }
        if (packets != 0)
                abort();
}

static void run(struct cursor c, bool analysis) {
        struct packet_decoder *decoder = NULL;
        struct frame frames[FRAMES_MAX];
        struct flow_table_config config;
        struct flow_counters counters;
        struct both b = { 0 };
        uint64_t now = 2000;
        size_t n;

        flow_table_config_default(&config);
        config.flows_max = 8;
        config.unanswered_max = 3;
        config.analysis = analysis;
        both_init(&b, &config);
        if (packet_decoder_new(&decoder) < 0)
                abort();
        while ((n = read_frames(&c, frames, &now)) > 0) {
                both_feed(&b, frames, n);
                for (size_t i = 0; i < n; i++) {
                        if (observation_check(decoder, &frames[i]) < 0)
                                abort();
                        free((void *) frames[i].data);
                }
        }
        if (!both_agree(&b))
                abort();
        flow_table_get_counters(b.fast, &counters);
        check_flows(&b.told[0], counters.packets);
        packet_decoder_free(decoder);
        both_done(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        run(cursor_make(data, size), true);
        run(cursor_make(data, size), false);
        return 0;
}
