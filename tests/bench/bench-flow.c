/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the way from a frame to its flow costs without a file: bench-flow. Beside each figure stands that of a bare table,
 * which knows TCP over IPv4, sums and nothing else, over the same frames in the same run. Lines of "name ours bare", in
 * CPU nanoseconds a packet, medians; and what a million flows take of memory, in bytes each. */

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/cursor.h"
#include "common/mix.h"
#include "engine/flow/flow-observation.h"
#include "engine/flow/flow-pool.h"
#include "engine/flow/flow-table.h"

enum { ROUNDS = 7, FRAME = 54, STRIDE = FRAME_RUN_HEADER + FRAME, BATCH = 32, MILLION = 1000000 };

struct traffic {
        uint8_t *frames;
        size_t n;
};

/* A flow of the bare table: one cache line, its key in place. */
struct bare {
        uint64_t addresses, rest, first, last, bytes[2];
        uint32_t packets[2];
        uint64_t flags;
};

struct bare_table {
        struct bare *flows;
        uint64_t mask;
};

static uint64_t state = 88172645463325252;

static uint64_t next(void) {
        uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15); /* splitmix64 */

        z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
        return z ^ z >> 31;
}

static double now(void) {
        struct timespec t;

        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
        return (double) t.tv_sec * 1e9 + (double) t.tv_nsec;
}

static void store(uint8_t *p, uint64_t value, unsigned n) {
        while (n-- > 0) {
                p[n] = (uint8_t) value;
                value >>= 8;
        }
}

/* As it stands in a capture file; its time is one unit of the run's. */
static void make_record(uint8_t *r, uint32_t flow, bool back) {
        uint8_t *f = r + FRAME_RUN_HEADER;
        uint32_t hash = (uint32_t) ((flow + 1) * UINT64_C(0x9e3779b97f4a7c15) >> 32);
        uint64_t client = (uint64_t) (0x0a000000 + flow) << 32, server = (uint64_t) (hash | 0x80000000);

        store(f, 0x020000000001, 6);
        store(f + 6, 0x020000000002, 6);
        store(f + 12, 0x0800, 2);
        f[14] = 0x45;
        store(f + 16, 40, 2);
        f[22] = 64;
        f[23] = IPPROTO_TCP;
        store(f + 26, back ? server << 32 | client >> 32 : client | server, 8);
        store(f + 34, back ? 443 : hash >> 16, 2);
        store(f + 36, back ? hash >> 16 : 443, 2);
        f[46] = 0x50;
        f[47] = 0x10;
        r[4] = 1;
        r[8] = r[12] = FRAME;
}

/* `n` frames of `flows` flows, either in random order or one of each. */
static struct traffic make_traffic(size_t n, uint32_t flows, bool each) {
        struct traffic t = { malloc(n * STRIDE), n };

        if (!t.frames)
                exit(1);
        memset(t.frames, 0, n * STRIDE);
        for (size_t i = 0; i < n; i++)
                make_record(t.frames + i * STRIDE, each ? (uint32_t) i : (uint32_t) (next() % flows), next() & 1);
        return t;
}

static void take_record(void *userdata, const struct flow_record *record) {
        (void) userdata;
        (void) record;
}

static struct flow_table *make_table(void) {
        struct flow_table_ops ops = { take_record, NULL };
        struct flow_table_config config;
        struct flow_table *table;

        flow_table_config_default(&config);
        config.analysis = false;
        if (flow_table_new(&table, &config, &ops) < 0)
                exit(1);
        return table;
}

/* Each time a nanosecond later. */
static void feed(struct flow_table *table, const struct traffic *t) {
        static struct flow_intake intake = { .latest = UINT64_C(1700000000000000000) };
        struct frame_run run = { .next = t->frames, .end = t->frames + t->n * STRIDE, .linktype = 1 };

        run.fraction = intake.latest + 1;
        flow_table_add_run(table, &run, &intake);
        if (run.next != run.end)
                exit(1);
}

static uint64_t mix(uint64_t a, uint64_t b) {
        return mix64(a ^ UINT64_C(0xa0761d6478bd642f), b ^ UINT64_C(0xe7037ed1a0b428db));
}

struct bare_packet {
        uint64_t addresses, rest, hash;
        uint32_t length;
        uint8_t direction, flags;
};

static bool bare_read(const uint8_t *f, uint32_t captured, struct bare_packet *p) {
        uint64_t a, b;

        if (captured < 54 || load_be16(f + 12) != 0x0800 || f[14] != 0x45 || f[23] != IPPROTO_TCP)
                return false;
        a = (uint64_t) load_be32(f + 26) << 16 | load_be16(f + 34);
        b = (uint64_t) load_be32(f + 30) << 16 | load_be16(f + 36);
        p->direction = a > b;
        p->addresses = (a < b ? a : b) >> 16 << 32 | (a < b ? b : a) >> 16;
        p->rest = (a < b ? a : b) << 48 | ((a < b ? b : a) & 0xffff) << 32 | IPPROTO_TCP;
        p->length = captured;
        p->flags = f[47];
        p->hash = mix(p->addresses, p->rest);
        return true;
}

static void bare_take(struct bare_table *t, const struct bare_packet *p, uint64_t ts) {
        struct bare *b;
        uint64_t i = p->hash & t->mask;

        while ((b = &t->flows[i])->rest != 0 && (b->addresses != p->addresses || b->rest != p->rest))
                i = (i + 1) & t->mask;
        if (b->rest == 0)
                *b = (struct bare) { .addresses = p->addresses, .rest = p->rest, .first = ts };
        b->last = ts;
        b->packets[p->direction]++;
        b->bytes[p->direction] += p->length;
        b->flags |= p->flags;
}

static void bare_feed(struct bare_table *table, const struct traffic *t) {
        for (size_t i = 0; i < t->n; i += BATCH) {
                struct bare_packet packets[BATCH];

                for (size_t j = 0; j < BATCH; j++)
                        if (bare_read(t->frames + (i + j) * STRIDE + FRAME_RUN_HEADER, FRAME, &packets[j]))
                                __builtin_prefetch(&table->flows[packets[j].hash & table->mask], 1);
                for (size_t j = 0; j < BATCH; j++)
                        bare_take(table, &packets[j], i + j);
        }
}

static struct bare_table bare_make(uint64_t flows) {
        uint64_t slots = 1;

        while (slots < flows * 3 / 2)
                slots *= 2;
        return (struct bare_table) { flow_memory_map_dense(slots * sizeof(struct bare)), slots - 1 };
}

static int compare(const void *a, const void *b) {
        const double *x = a, *y = b;

        return (*x > *y) - (*x < *y);
}

static double median(double *figures) {
        qsort(figures, ROUNDS, sizeof *figures, compare);
        return figures[ROUNDS / 2];
}

/* Packets of flows that are in the table already. */
static void bench_known(const char *name, uint32_t flows) {
        struct traffic first = make_traffic((flows + BATCH - 1) / BATCH * BATCH, flows, true);
        struct traffic t = make_traffic(1 << 20, flows, false);
        struct bare_table bare = bare_make(first.n);
        struct flow_table *table = make_table();
        double ours[ROUNDS], floor[ROUNDS];

        feed(table, &first);
        bare_feed(&bare, &first);
        for (unsigned i = 0; i < ROUNDS; i++) {
                double begun = now(), half;

                feed(table, &t);
                half = now();
                bare_feed(&bare, &t);
                floor[i] = (now() - half) / (double) t.n;
                ours[i] = (half - begun) / (double) t.n;
        }
        printf("%s %.1f %.1f\n", name, median(ours), median(floor));
        flow_table_free(table);
        flow_memory_unmap(bare.flows, (bare.mask + 1) * sizeof *bare.flows);
        free(first.frames);
        free(t.frames);
}

static long resident(void) {
        long size = 0, pages = 0;
        FILE *f = fopen("/proc/self/statm", "re");

        if (!f || fscanf(f, "%ld %ld", &size, &pages) != 2)
                exit(1);
        fclose(f);
        return pages * sysconf(_SC_PAGESIZE);
}

/* Each packet begins a flow, in memory that was never touched. */
static void bench_new(void) {
        struct traffic t = make_traffic(MILLION, MILLION, true);
        double ours[ROUNDS], floor[ROUNDS];
        long taken = 0;

        for (unsigned i = 0; i < ROUNDS; i++) {
                struct bare_table bare = bare_make(t.n);
                struct flow_table *table = make_table();
                long before = resident();
                double begun = now();

                feed(table, &t);
                ours[i] = (now() - begun) / (double) t.n;
                taken = resident() - before;
                begun = now();
                bare_feed(&bare, &t);
                floor[i] = (now() - begun) / (double) t.n;
                flow_table_free(table);
                flow_memory_unmap(bare.flows, (bare.mask + 1) * sizeof *bare.flows);
        }
        printf("new %.1f %.1f\n", median(ours), median(floor));
        printf("memory %.1f 0\n", (double) taken / (double) t.n);
        free(t.frames);
}

int main(void) {
        bench_known("1k", 1000);
        bench_known("100k", 100000);
        bench_known("1M", MILLION);
        bench_new();
        return 0;
}
