/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdlib.h>
#include <string.h>

#include "engine/packet/frame-index.h"
#include "tests/unit/flow-looked.h"

/* The two ways that a frame's packet takes into a flow table, side by side: read and taken in as fast as can be, many at
 * a time; and decoded, looked at, one by one. They must tell the same flows. */

struct told {
        struct flow_record *records;
        size_t n, room;
};

static inline void told_take(void *userdata, const struct flow_record *record) {
        struct told *told = userdata;

        if (told->n == told->room) {
                told->room = told->room * 2 + 64;
                told->records = realloc(told->records, told->room * sizeof *told->records);
                if (!told->records)
                        abort();
        }
        told->records[told->n++] = *record;
}

struct both {
        struct packet_decoder *decoders[2];
        struct flow_table *fast, *looked;
        struct told told[2];
        struct flow_intake intake;
        uint64_t older; /* frames */
        bool shared;    /* the next run is */
};

static inline void both_init(struct both *b, const struct flow_table_config *config) {
        struct flow_table_ops ops[] = { { told_take, &b->told[0] }, { told_take, &b->told[1] } };

        if (packet_decoder_new(&b->decoders[0]) < 0 || packet_decoder_new(&b->decoders[1]) < 0 ||
            flow_table_new(&b->fast, config, &ops[0]) < 0 || looked_table_new(&b->looked, config, &ops[1]) < 0)
                abort();
}

static inline void both_done(struct both *b) {
        flow_table_free(b->fast);
        looked_table_free(b->looked);
        for (unsigned i = 0; i < 2; i++) {
                packet_decoder_free(b->decoders[i]);
                free(b->told[i].records);
        }
}

/* Decoded, whatever the frame is. False: it has no flow. */
static inline bool both_decode(struct packet_decoder *decoder, const struct frame *frame, struct flow_observation *o) {
        struct packet packet;

        packet_decode(decoder, frame, &packet);
        return flow_observation_from_packet(&packet, o);
}

static inline void both_put32(uint8_t *p, uint64_t n) {
        for (unsigned i = 0; i < 4; i++)
                p[i] = (uint8_t) (n >> 8 * i);
}

/* Frames as they stand in a capture file, without a spare byte behind the last. Times are whole microseconds. */
struct both_run {
        struct frame_run run;
        struct frame_run_share share;
        sig_atomic_t lost;
        uint8_t *bytes;
        const uint8_t **starts;
};

/* `shared`: the memory might be somebody else's, too; what is copied of it goes where the next overwrites it. */
static inline void both_run(struct both_run *r, bool shared, const struct frame *frames, size_t n) {
        size_t size = 0, longest = 0;
        uint8_t *p;

        for (size_t i = 0; i < n; i++) {
                size += FRAME_RUN_HEADER + frames[i].captured;
                longest = MAX(longest, (size_t) frames[i].captured);
        }
        *r = (struct both_run) { .bytes = malloc(size ?: 1), .starts = calloc(FRAME_INDEX_ROOM(size), sizeof *r->starts) };
        r->share = (struct frame_run_share) { r->starts, r->starts + n, malloc(FRAME_RUN_HEADER + longest), &r->lost };
        if (!r->bytes || !r->starts || !r->share.copy)
                abort();
        p = r->bytes;
        for (size_t i = 0; i < n; i++) {
                both_put32(p, frames[i].ts / NSEC_PER_SEC);
                both_put32(p + 4, frames[i].ts % NSEC_PER_SEC / NSEC_PER_USEC);
                both_put32(p + 8, frames[i].captured);
                both_put32(p + 12, frames[i].length);
                memcpy(p + FRAME_RUN_HEADER, frames[i].data, frames[i].captured);
                p += FRAME_RUN_HEADER + frames[i].captured;
        }
        r->run = (struct frame_run) { .fraction = NSEC_PER_USEC, .linktype = 1 };
        if (shared) {
                if (frame_index_find(r->bytes, (uint32_t) size, FRAME_INDEX_SECTIONS_MAX, r->starts) != n)
                        abort();
                r->run.share = &r->share;
        } else {
                r->run.next = r->bytes;
                r->run.end = r->bytes + size;
        }
}

static inline bool both_run_ended(const struct both_run *r) {
        return r->run.share ? r->share.next == r->share.end : r->run.next == r->run.end;
}

static inline void both_run_done(struct both_run *r) {
        free(r->bytes);
        free(r->starts);
        free(r->share.copy);
}

/* As the engine does it that wants flows and nothing else. */
static inline void both_feed_fast(struct both *b, const struct frame *frames, size_t n) {
        struct both_run r;
        struct frame frame;

        both_run(&r, b->shared, frames, n);
        b->shared = !b->shared; /* now this way, now that */
        do {
                flow_table_add_run(b->fast, &r.run, &b->intake);
                if (!frame_run_next(&r.run, &frame))
                        break;
                b->older += frame.ts < b->intake.latest;
                b->intake.latest = MAX(b->intake.latest, frame.ts);
                if (both_decode(b->decoders[0], &frame, flow_table_next(b->fast)))
                        flow_table_add(b->fast);
        } while (true);
        if (!both_run_ended(&r))
                abort();
        both_run_done(&r);
}

static inline void both_feed(struct both *b, const struct frame *frames, size_t n) {
        both_feed_fast(b, frames, n);
        for (size_t i = 0; i < n; i++)
                if (both_decode(b->decoders[1], &frames[i], looked_table_next(b->looked)))
                        looked_table_add(b->looked);
}

/* Ends all flows. Have both told the same? */
static inline bool both_agree(struct both *b) {
        const struct told *fast = &b->told[0], *looked = &b->told[1];
        struct flow_counters c[2];

        flow_table_flush(b->fast);
        looked_table_flush(b->looked);
        flow_table_get_counters(b->fast, &c[0]);
        looked_table_get_counters(b->looked, &c[1]);
        if (memcmp(&c[0], &c[1], sizeof c[0]) != 0 || fast->n != looked->n)
                return false;
        return fast->n == 0 || memcmp(fast->records, looked->records, fast->n * sizeof *fast->records) == 0;
}
