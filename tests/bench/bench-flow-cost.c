/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the kernel program costs a packet (BPF_PROG_TEST_RUN): everything that it does to one, against a plain LRU hash
 * of flows, both net of an empty program. A line each:
 *     NAME FLOWS NANOSECONDS-OF-LANSCOPE NANOSECONDS-OF-THE-PLAIN-ONE RATIO
 * usage: bench-flow-cost [ROUNDS] */

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/macro.h"
#include "flow-cost.skel.h"
#include "lanscope.skel.h"

enum { ROUNDS_MAX = 99, REPEAT = 1000000, SKIP = 77, FRAME = 64 };

struct programs {
        struct lanscope_bpf *own;
        struct flow_cost_bpf *peers;
};

/* What comes, from 10.x.x.x, which is varied, to 192.0.2.2. */
static const struct variant {
        const char *name;
        unsigned advance; /* bytes of TCP */
        uint8_t frame[FRAME];
} variants[] = {
#define IPV4(length, protocol)                                                                                 \
        2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0, 0, length, 0, 1, 0, 0, 64, protocol, 0, 0, 10, 0, 0, 1, \
        192, 0, 2, 2
#define TCP(port, flags) 0x9c, port, 0x01, 0xbb, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, flags, 0xff, 0xff
        { "udp", 0, { IPV4(50, 17), 0x9c, 0x40, 0xc3, 0x50, 0, 30 } },
        /* A segment of ten bytes in the middle of a connection; the next one is behind it. */
        { "tcp", 10, { IPV4(50, 6), TCP(0x40, 0x10) } },
        /* The same, sent over and over. */
        { "tcp-again", 0, { IPV4(50, 6), TCP(0x41, 0x10) } },
        /* It acknowledges, and no more: a duplicate. */
        { "tcp-ack", 0, { IPV4(40, 6), TCP(0x42, 0x10) } },
        { "tcp-syn", 0, { IPV4(40, 6), TCP(0x43, 0x02) } },
};

static int run(const struct programs *p, const struct bpf_program *tested, const uint8_t *frame, unsigned repeat, unsigned *ret) {
        uint32_t zero = 0, fd = (uint32_t) bpf_program__fd(tested);
        uint8_t out[FRAME];
        LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_size_in = FRAME, .data_out = out,
                    .data_size_out = sizeof out, .repeat = (int) repeat);
        int r;

        r = bpf_map_update_elem(bpf_map__fd(p->peers->maps.tested), &zero, &fd, BPF_ANY);
        if (r >= 0)
                r = bpf_prog_test_run_opts(bpf_program__fd(p->peers->progs.vary), &options);
        if (r >= 0 && options.retval != 2 /* XDP_PASS */)
                r = -EPROTO;
        *ret = options.duration;
        return r;
}

static int compare_numbers(const void *a, const void *b) {
        unsigned x = *(const unsigned *) a, y = *(const unsigned *) b;

        return (x > y) - (x < y);
}

static unsigned median(unsigned *values, unsigned n) {
        qsort(values, n, sizeof *values, compare_numbers);
        return values[n / 2];
}

/* All three in turn, so that noise meets them alike. */
static int measure(const struct programs *p, const struct variant *v, unsigned flows, unsigned rounds) {
        const struct bpf_program *tested[] = { p->peers->progs.empty, p->peers->progs.plain, p->own->progs.lanscope_xdp };
        unsigned ns[3][ROUNDS_MAX], net[3];

        p->peers->data->flows_max = flows;
        p->peers->bss->advance = v->advance;
        /* As the daemon does it every second. */
        p->own->data->flow_generation++;
        for (unsigned round = 0; round <= rounds; round++) {
                for (unsigned i = 0; i < ELEMENTSOF(tested); i++) {
                        /* The first round only fills. */
                        int r = run(p, tested[i], v->frame, REPEAT, &ns[i][round > 0 ? round - 1 : 0]);

                        if (r < 0)
                                return r;
                }
        }
        for (unsigned i = 0; i < ELEMENTSOF(tested); i++)
                net[i] = median(ns[i], rounds);
        printf("%-12s %7u %5u %5u   %.2f\n", v->name, flows, net[2] - net[0], net[1] - net[0],
               (double) (net[2] - net[0]) / (net[1] - net[0]));
        return 0;
}

static int measure_all(const struct programs *p, unsigned rounds) {
        const unsigned flows[] = { 10000, 10 * p->own->rodata->flow_records_max };

        p->own->data->daemon_awake = 1;
        for (size_t i = 0; i < ELEMENTSOF(flows); i++) {
                for (size_t j = 0; j < ELEMENTSOF(variants); j++) {
                        int r = measure(p, &variants[j], flows[i], rounds);

                        if (r < 0)
                                return r;
                }
        }
        return 0;
}

int main(int argc, char *argv[]) {
        unsigned rounds = argc > 1 ? (unsigned) atoi(argv[1]) : 7;
        struct programs p;
        int r;

        if (rounds < 1 || rounds > ROUNDS_MAX) {
                fprintf(stderr, "usage: bench-flow-cost [ROUNDS]\n");
                return 2;
        }
        libbpf_set_print(NULL);
        p.own = lanscope_bpf__open_and_load();
        p.peers = flow_cost_bpf__open_and_load();
        if (!p.own || !p.peers) {
                puts("needs the right to load BPF programs");
                return SKIP;
        }
        r = measure_all(&p, rounds);
        if (r < 0)
                fprintf(stderr, "cannot run the programs: %s\n", strerror(-r));
        flow_cost_bpf__destroy(p.peers);
        lanscope_bpf__destroy(p.own);
        return r < 0;
}
