/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the flow table costs by itself: a frame in memory to its flow, with 1000, 100,000 and a million of them, and
 * memory per flow. Prints figures and judges nothing. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "common/macro.h"
#include "engine/flow/flow-table.h"

enum { FRAMES = 1 << 20, STRIDE = 64, LENGTH = 54, ROUNDS = 7 };

static double now_ns(void) {
        struct timespec t;

        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
        return (double) t.tv_sec * 1e9 + (double) t.tv_nsec;
}

static long peak_kib(void) {
        struct rusage usage;

        getrusage(RUSAGE_SELF, &usage);
        return usage.ru_maxrss;
}

/* TCP segments of `flows` connections in random order. */
static uint8_t *make_frames(uint32_t flows) {
        uint8_t *frames = calloc(FRAMES, STRIDE);
        uint64_t x = 88172645463325252;

        for (uint32_t i = 0; frames && i < FRAMES; i++) {
                uint8_t *f = frames + (size_t) i * STRIDE;
                uint32_t flow;

                x ^= x << 13;
                x ^= x >> 7;
                x ^= x << 17;
                flow = i < flows ? i : (uint32_t) (x % flows);
                f[12] = 8;
                f[14] = 0x45;
                f[17] = 40;
                f[23] = 6;
                memcpy(f + 26, &flow, 4);
                f[30] = 10;
                f[34] = (uint8_t) (flow >> 4);
                f[37] = 80;
                f[46] = 0x50;
                f[47] = 0x10;
        }
        return frames;
}

static void feed_all(struct flow_table *table, const uint8_t *frames) {
        struct frame frame = { .linktype = 1, .captured = LENGTH, .length = LENGTH };

        for (uint32_t i = 0; i < FRAMES; i++) {
                frame.data = frames + (size_t) i * STRIDE;
                if (flow_observation_from_frame(&frame, flow_table_next(table)))
                        flow_table_add(table);
        }
        flow_table_advance(table, 0);
}

static int compare(const void *a, const void *b) {
        double x = *(const double *) a, y = *(const double *) b;

        return x < y ? -1 : x > y;
}

static int measure(uint32_t flows, bool analysis) {
        struct flow_table_ops ops = { 0 };
        struct flow_table_config config;
        struct flow_table *table;
        double times[ROUNDS], first;
        uint8_t *frames = make_frames(flows);
        long before = peak_kib();

        flow_table_config_default(&config);
        config.analysis = analysis;
        if (!frames || flow_table_new(&table, &config, &ops) < 0)
                return 1;
        first = now_ns();
        feed_all(table, frames);
        first = (now_ns() - first) / FRAMES;
        for (unsigned i = 0; i < ROUNDS; i++) {
                times[i] = now_ns();
                feed_all(table, frames);
                times[i] = (now_ns() - times[i]) / FRAMES;
        }
        qsort(times, ROUNDS, sizeof times[0], compare);
        printf("T6: %7u flows%s: %.1f ns, the first time %.1f ns", flows, analysis ? " with analysis" : "", times[ROUNDS / 2], first);
        if (flows >= 1000000)
                printf("; T7: %.0f bytes a flow", (double) (peak_kib() - before) * 1024 / flows);
        putchar('\n');
        flow_table_free(table);
        free(frames);
        return 0;
}

int main(void) {
        return measure(1000, false) | measure(100000, false) | measure(1000000, false) | measure(1000, true) |
               measure(100000, true) | measure(1000000, true);
}
